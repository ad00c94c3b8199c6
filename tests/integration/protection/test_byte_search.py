"""The search itself sees: every way in which a person could be written is found where it is hidden."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from tests.integration.protection.byte_search import Identity, in_text, traces

ANNE = Identity("Zorglubéllin", "Ysmérile", "199129999900168", date(1937, 11, 23), "12 impasse Farfadet", "DOS-ZORG-1")
ESCAPED = json.dumps({"nom": ANNE.nom})  # « \\u00e9 »


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _workbook() -> bytes:
    out = io.BytesIO()
    book = Workbook()
    book.create_sheet().append([ANNE.nom])
    book.save(out)
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"a": [ANNE.nom] * 3}).write_parquet(out)
    return out.getvalue()


HIDDEN = {
    "JSON lines": ("a.jsonl", f"{ESCAPED}\n{ESCAPED}\n".encode()),
    "JSON cut short": ("a.json", ESCAPED[:-1].encode()),
    "JSON in a string of JSON": ("a.log", json.dumps(ESCAPED).encode()),
    "a member of a zip": ("a.zip", _zip("a.txt", ANNE.nom.encode())),
    "the name of a member": ("a.zip", _zip(f"{ANNE.nom}.txt", b"")),
    "a zip in a zip": ("a.zip", _zip("b.zip", _zip("a.txt", ANNE.nom.encode()))),
    "a workbook": ("a.xlsx", _workbook()),
    "a gzip cut short": ("a.gz", gzip.compress(ANNE.nom.encode() * 99)[:-6]),
    "Parquet in a gzip": ("a.gz", gzip.compress(_parquet())),
    "another encoding": ("a.txt", ANNE.nom.encode("utf-16-le")),
    "the name of a file": (f"{ANNE.nom}.txt", b""),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_a_person_is_found_where_hidden(tmp_path: Path, case: str) -> None:
    name, content = HIDDEN[case]
    (tmp_path / name).write_bytes(content)
    assert traces(tmp_path, [ANNE]) != []


@pytest.mark.parametrize("text", ["23111937", "19371123", "né le 231137", "23/11/37", "1937-11-23", "23.11.1937"])
def test_a_birth_date_is_found_however_written(text: str) -> None:
    assert in_text(text, [ANNE]) != []


@pytest.mark.parametrize("text", ["a231137b", "0.231137", "2026-11-21T08:00:00.231137+00:00", "1231137"])
def test_six_digits_among_others_are_no_date(text: str) -> None:
    assert in_text(text, [ANNE]) == []
