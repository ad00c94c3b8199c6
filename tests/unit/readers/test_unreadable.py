"""Files that cannot be read at all: one clear French message each, never a traceback of a library."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.read import UnreadableFile, opening, sniff, tables_of
from tests.unit.readers.conftest import FakeLayout

CSV = "FINESS;Année\n010000024;2023\n" * 400
RECORDS = '[{"code":"01","nom":"Ain"},{"code":"02","nom":"Aisne"}]'
STRUCTURES = (
    '{"schemaVersion":"v1.0.0","generatedAt":"2026-08-13T02:07:30Z","gco":[],"gcc":[],"pmej":['
    '{"informationsGeneralesPMEJ":{"numFinessPm":"010000016"},"ege":[]},'
    '{"informationsGeneralesPMEJ":{"numFinessPm":"010000024"},"ege":[]}]}'
)
XML = "<fluxfiness><structureej><nofiness>010008407</nofiness><siren>1</siren></structureej></fluxfiness>"


def _parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"a": list(range(1000))}).write_parquet(out)
    return out.getvalue()


def _workbook() -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    assert book.active is not None
    for i in range(200):
        book.active.append([f"titre {i}", i])
    book.save(out)
    return out.getvalue()


def _package(**parts: str) -> bytes:
    """An archive with these members; `__` stands for `/`, and a final `_` for no extension."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.rstrip("_").replace("__", "/").replace("_", "."), content)
    return out.getvalue()


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("occupation_2022.csv", CSV)
    return out.getvalue()


def _shifted() -> bytes:
    """A workbook whose directory says that it stands 1 MiB further: its parts begin before the file."""
    book = bytearray(_workbook())
    end = book.rindex(b"PK\5\6") + 16
    book[end : end + 4] = (int.from_bytes(book[end : end + 4], "little") + 2**20).to_bytes(4, "little")
    return bytes(book)


SEEN_AT_ONCE = {
    "empty": (b"", "est vide"),
    "whitespace only": (b" \r\n\t\n  ", "vide"),
    "blank beyond the first 64 kB": (b"\n" * 70_000, "vide"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "est vide"),
    "gzip of nothing": (gzip.compress(b"", mtime=0), "est vide"),
    "truncated gzip": (gzip.compress(CSV.encode() * 50, mtime=0)[:-20], "gzip tronquée"),
    "gzip cut in its header": (gzip.compress(CSV.encode(), mtime=0)[:6], "gzip tronquée"),
    "gzip with a damaged middle": (
        gzip.compress(CSV.encode(), mtime=0)[:40] + b"\xff" * 8 + gzip.compress(CSV.encode(), mtime=0)[48:],
        "gzip tronquée",
    ),
    "gzip in gzip": (gzip.compress(gzip.compress(CSV.encode()), mtime=0), "gzip dans une archive gzip"),
    "web page": (b"<!DOCTYPE html>\n<html><head><title>Connexion</title>", "c'est une page web enregistrée"),
    "web page after blanks and a mark": (b"\xef\xbb\xbf\n \n<html lang='fr'>", "page web"),
    "web page as XHTML": (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN">', "page web"),
    "web page after comments": (b"<!-- a -->" * 200 + b"<html><body>", "page web"),
    "web page in gzip": (gzip.compress(b"<html><body>503 Service Unavailable</body></html>", mtime=0), "page web"),
    "zip that is not a workbook": (_archive(), "archive zip qui n'est pas"),
    "truncated zip": (_archive()[:-30], "tronqué ou abîmé"),
    "truncated workbook": (_workbook()[:3000], "tronqué ou abîmé"),
    "workbook whose directory is elsewhere": (_shifted(), "tronqué ou abîmé"),
    "package without a workbook part": (
        _package(xl__workbook_xml="<workbook/>", docProps__app_xml="<x/>"),
        "tronqué ou abîmé",
    ),
    "binary workbook": (_package(xl__workbook_bin="\x83"), "Excel binaire (.xlsb)"),
    "LibreOffice sheet": (
        _package(mimetype_="application/vnd.oasis.opendocument.spreadsheet", content_xml="<x/>"),
        "LibreOffice (.ods)",
    ),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
    "truncated parquet": (_parquet()[:-9], "Parquet tronqué"),
    "parquet with a damaged footer": (_parquet()[:-60] + b"\xff" * 50 + _parquet()[-10:], "Parquet tronqué ou abîmé"),
    "truncated JSON array": (RECORDS[:-8].encode(), "JSON tronqué"),
    "truncated JSON object": (STRUCTURES[:-30].encode(), "JSON tronqué"),
    "malformed JSON array": (b'[{"a": 1} {"a": 2}]', "JSON tronqué ou mal form"),
    "array of anything but objects": (b"[[1, 2], [3]]", "n'est pas un objet"),
    "empty JSON array": (b"[ ]", "vide"),
    "JSON of another shape": (b'{"type": "Topology", "objects": {}}', "type, objects"),
    "a map of nothing": (b'{"type": "FeatureCollection", "features": []}', "ne dessine rien"),
    "FINESS+ without a legal entity": (b'{"schemaVersion": "v1.0.0", "pmej": []}', "schemaVersion, pmej"),
    "truncated XML": (XML[:-20].encode(), "XML tronqué"),
    "XML cut between two blocks": (b"<fluxfiness><horodatage><datemaj>2021</datemaj></horodatage>", "XML tronqué"),
    "XML of another root": (b"<catalogue><livre/></catalogue>", "racine « catalogue »"),
    "undefined in cp1252": (b"nom;ville\nx;y\n\xe9t\xe9;\x81\n", "octet 0x81 à la ligne 3, octet n° 19"),
    "undefined in cp1252, beyond a block": (b"nom;v\n" + b"\xe9;y\r\n" * 300_000 + b"\x9d;y\n", "ligne 300002"),
    "announced as UTF-8 and is not": (b"\xef\xbb\xbfnom;ville\n\xe9t\xe9;y\n", "octet 0xE9 à la ligne 2, octet n° 14"),
    "UTF-16 cut in a character": ("nom;ville\nété;y\n".encode("utf-16")[:-1], "annoncé en UTF-16 par sa marque"),
    "binary": (bytes(range(256)) * 10, "binaire"),
    "header never closed": (b'"nom;ville\nx;y\n', "ligne de titres illisible"),
}


@pytest.mark.parametrize(("content", "said"), SEEN_AT_ONCE.values(), ids=SEEN_AT_ONCE.keys())
def test_sniff_refuses_with_what_where_and_remedy(write: Callable[..., Path], content: bytes, said: str) -> None:
    path = write(content, "depot.dat")
    with pytest.raises(UnreadableFile) as refusal:
        sniff(path)
    message = refusal.value.message
    assert said in message
    assert message.startswith("Fichier « depot.dat » : ")
    assert " Remède : " in message
    assert "\n" not in message
    assert not any(quoted in message.casefold() for quoted in ("connexion", "503", "occupation_2022"))


SEEN_WHEN_READING = {
    "JSON broken after its first record": ("json_records", RECORDS.replace("},{", "},,{"), "JSON tronqué ou mal form"),
    "FINESS+ broken after its first entity": ("finess_json", STRUCTURES.replace("},{", "} {"), "JSON tronqué"),
    "XML with a tag never closed": ("finess_xml", XML.replace("</structureej>", ""), "ligne 1"),
    "XML not in its encoding": ("finess_xml", XML.replace("<siren>1", "<siren>\udce9"), "XML tronqué ou mal form"),
    "XML with a DOCTYPE": ("finess_xml", f'<!DOCTYPE x [<!ENTITY a "b">]>{XML}', "DOCTYPE"),
    "CSV where XML is expected": ("finess_xml", CSV, "attend xml"),
}


@pytest.mark.parametrize(("reader", "content", "said"), SEEN_WHEN_READING.values(), ids=SEEN_WHEN_READING.keys())
def test_read_refuses_what_breaks_on_the_way(
    write: Callable[..., Path], layout: type, reader: str, content: str, said: str
) -> None:
    path = write(content.encode("utf-8", "surrogateescape"), "depot.dat")
    with pytest.raises(UnreadableFile, match=said):
        list(tables_of(path, layout(reader, {}, ("ej",))))


def test_entities_of_a_billion_laughs_are_never_expanded(write: Callable[..., Path], layout: type) -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><fluxfiness><a><b>&l11;</b></a></fluxfiness>'
    )
    with pytest.raises(UnreadableFile, match="DOCTYPE"):
        list(tables_of(write(bomb, "bombe.xml"), layout("finess_xml", {}, ("ej",))))


def test_a_missing_file_and_a_folder_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="introuvable"):
        sniff(tmp_path / "absent.csv")
    with pytest.raises(UnreadableFile, match="dossier"):
        sniff(tmp_path)


def test_a_parquet_whose_texts_are_no_utf8_is_refused(tmp_path: Path) -> None:
    content = pa.array([b"\xff\xfe", b"b"], pa.binary()).view(pa.string())
    path = tmp_path / "depot.parquet"
    pq.write_table(pa.table({"a": content}), path)
    with pytest.raises(UnreadableFile, match="Parquet tronqué ou abîmé"):
        list(tables_of(path, FakeLayout("parquet")))


def test_comments_that_lead_to_no_page_are_gone_through_once(tmp_path: Path) -> None:
    """By trying every way to cut the comments, 22 of them took half a second, and two more four times that."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"<!---->" * 5_000 + b"<x/>")
    assert opening.family(path) == "xml"
