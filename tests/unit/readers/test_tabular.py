"""Workbooks, Parquet and JSON records: typed cells given back as text, without loss."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ijson
import openpyxl
import polars as pl
import pytest

from ingest.readers import UnreadableFile, sniff
from ingest.readers.xlsx_file import cell_text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, None),
        ("010000024", "010000024"),
        (" espaces gardés ", " espaces gardés "),
        ("#N/A", "#N/A"),
        (10000024, "10000024"),
        (0.1, "0.1"),
        (1 / 3, "0.3333333333333333"),
        (1e-7, "0.0000001"),
        (1e21, "1000000000000000000000"),
        (True, "VRAI"),
        (False, "FAUX"),
        (datetime(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 12, 5), "2024-01-31 12:05:00"),
        (date(2024, 1, 31), "2024-01-31"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
    ],
)
def test_a_cell_as_text(cell: Any, text: str | None) -> None:
    assert cell_text(cell) == text


def _workbook(*sheets: tuple[str, str, dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, state, cells in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for place, value in cells.items():
            sheet[place] = value
    if not any(state == "visible" for _, state, _ in sheets):
        book.create_sheet("vide")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CELLS = {
    "B3": "FINESS",
    "C3": "Taux",
    "D3": "FINESS",
    "B5": 10000024,
    "C5": 0.5,
    "D5": "x",
    "B8": "020000015",
    "F8": "égaré",
}


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_the_first_visible_sheet_that_holds_something(
    write: Callable[..., Path], rows_of: Callable, wrap: Callable[[bytes], bytes]
) -> None:
    book = _workbook(("vide", "visible", {}), ("cachée", "hidden", {"A1": "non"}), ("Données", "visible", CELLS))
    path = write(wrap(book), "classeur.bin")
    document = sniff(path)
    assert (document.family, document.header, document.facts) == (
        "xlsx",
        ("FINESS", "Taux", "FINESS (2)"),
        {"feuille": "Données"},
    )
    frame = rows_of(path, "xlsx")["table"]
    assert frame.rows() == [
        ("10000024", "0.5", "x", 5, None, None),
        ("020000015", None, None, 8, None, "valeur hors des colonnes titrées"),
    ]


def test_a_workbook_without_any_visible_content_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(UnreadableFile, match="aucune feuille visible remplie"):
        sniff(write(_workbook(("cachée", "hidden", {"A1": "non"})), "classeur.xlsx"))


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_parquet_values_as_text(write: Callable[..., Path], rows_of: Callable, wrap: Callable[[bytes], bytes]) -> None:
    out = io.BytesIO()
    pl.DataFrame(
        {
            "finess": ["010000024", None],
            "entier": [9_007_199_254_740_993, None],
            "taux": [65.25, float("nan")],
            "decimal": [Decimal("1.50"), None],
            "jour": [date(2023, 12, 31), None],
            "vrai": [True, None],
            "liste": [["a", "b"], None],
            "objet": [{"x": 1, "y": "é"}, {"x": None, "y": None}],
        }
    ).write_parquet(out)
    path = write(wrap(out.getvalue()), "prix.parquet")
    assert sniff(path).family == "parquet"
    frame = rows_of(path, "parquet")["table"]
    assert frame.row(0) == (
        "010000024", "9007199254740993", "65.25", "1.50", "2023-12-31", "true",
        '["a", "b"]', '{"x": 1, "y": "é"}', 1, None, None,
    )  # fmt: skip
    assert frame.row(1)[:7] == (None,) * 7
    assert frame.row(1)[8] == 2


def test_records_take_every_key_of_the_file(write: Callable[..., Path], rows_of: Callable) -> None:
    records = [
        {"code": "01001", "population": 860, "codesPostaux": ["01400"], "part": 1.5},
        {"code": "01002", "chefLieu": True, "nom": None},
    ]
    path = write("\ufeff" + json.dumps(records, ensure_ascii=False), "communes.json")
    assert sniff(path).header == ("code", "population", "codesPostaux", "part", "chefLieu", "nom")
    frame = rows_of(path, "json_records")["table"]
    assert frame.rows() == [
        ("01001", "860", '["01400"]', "1.5", None, None, 1, "[0]", None),
        ("01002", None, None, None, "true", None, 2, "[1]", None),
    ]


def test_ijson_runs_on_its_c_backend_here() -> None:
    assert ijson.backend == "yajl2_c"
