"""Workbooks, Parquet and JSON records: typed cells given back as text, without loss."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ijson
import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from ingest.read import UnreadableFile, sniff


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
        ("(colonne 1 sans titre)", "FINESS", "Taux", "FINESS (2)"),
        {"feuille": "Données"},
    )
    assert document.raw_header == ("", "FINESS", "Taux", "FINESS")
    frame = rows_of(path, "xlsx")["table"]
    assert frame.rows()[:2] == [
        (None, "10000024", "0.5", "x", 5, "Données!5", None),
        (None, "020000015", None, None, 8, "Données!8", "valeur hors des colonnes titrées"),
    ]
    assert frame.rows()[2][:6] == ("non", None, None, None, 20_000_001, "cachée!1")
    assert frame.rows()[2][6].startswith("feuille « cachée » masquée : elle n'est pas lue")


def test_titles_stand_at_their_position_from_column_a(write: Callable[..., Path], rows_of: Callable) -> None:
    cells = {
        "B1": "Région",
        "D1": " Région",
        "E1": " ",
        "A2": 1,
        "B2": "x",
        "C2": "y",
        "A3": 2,
        "A4": " ",
        "D4": "\u00a0",
    }
    path = write(_workbook(("Feuil1", "visible", cells)), "classeur.xlsx")
    names = ("(colonne 1 sans titre)", "Région", "(colonne 3 sans titre)", " Région (2)")
    assert sniff(path).header == names
    assert rows_of(path, "xlsx")["table"].rows() == [
        ("1", "x", "y", None, 2, None, None),
        ("2", None, None, None, 3, None, None),
    ]


REAL_HEADERS = [
    "diamant_2019_tdb_extract",
    "diamant_2019_tdb_extract_2",
    "export-tdbesms-2020-region-agg",
    "export-tdbesms-2021-region-agg",
    "export-tdbesms-2022-region-agg",
]


@pytest.mark.parametrize("name", REAL_HEADERS)
def test_a_real_export_reads_alike_from_a_workbook_and_from_a_text_file(
    write: Callable[..., Path], rows_of: Callable, shared_data: Path, name: str
) -> None:
    listed = shared_data / "tdb_ms_headers" / f"{name}.header.csv"
    if not listed.exists():
        pytest.skip(f"no {listed}")
    with listed.open(encoding="utf-8-sig", newline="") as file:
        titles = [row["column_name_verbatim"] for row in csv.DictReader(file, delimiter=";")]
    table = [titles, *([f"v{line}.{i}" for i in range(len(titles))] for line in (2, 3))]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(table)
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in table:
        book.active.append([cell or None for cell in row])
    out = io.BytesIO()
    book.save(out)
    as_text, as_book = write(text.getvalue(), "export.csv"), write(out.getvalue(), "export.xlsx")
    assert sniff(as_book).header == sniff(as_text).header
    assert sniff(as_book).raw_header == sniff(as_text).raw_header == tuple(titles)
    assert rows_of(as_book, "xlsx")["table"].equals(rows_of(as_text)["table"])
    assert rows_of(as_book, "xlsx")["table"].row(0)[: len(titles)] == tuple(table[1])


def _with_cells(book: bytes, **cells: str) -> bytes:
    """The workbook with some cells of its sheet written otherwise, as spreadsheet programs do."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                for place, cell in cells.items():
                    content, found = re.subn(rf'<c r="{place}"[^>]*?(/>|>.*?</c>)', cell, content)
                    assert found == 1, place
            target.writestr(name, content)
    return out.getvalue()


def test_a_formula_without_its_result_makes_its_row_defective(write: Callable[..., Path], rows_of: Callable) -> None:
    cells = {
        "A1": "finess", "B1": "taux", "C1": "nom",
        "A2": "010000024", "B2": 1, "C2": "=un texte calculé",
        "A3": "010000032", "B3": "=1/2", "C3": "non calculé",
        "A4": "010000040", "B4": 4, "C4": 4,
        "A5": "010000057", "B5": "=1+1", "C5": "=2+2",
        "B7": "=3+3",
        "A8": "010000065", "B8": 5, "C8": "=texte",
    }  # fmt: skip
    book = _with_cells(
        _workbook(("Données", "visible", cells)),
        C2='<c r="C2" t="str"><f>"a"</f><v>a</v></c>',
        B4='<c r="B4"><f>1/2</f><v>0.5</v></c>',
        C4='<c r="C4" t="str"><f>IF(TRUE,"","x")</f><v></v></c>',  # calculated, and its result is an empty text
        B5='<c r="B5"><f>1+1</f></c>',
        C8='<c r="C8" t="inlineStr"><is><t>=texte</t></is></c>',  # no formula
    )
    frame = rows_of(write(book, "classeur.xlsx"), "xlsx")["table"]
    assert frame.drop("_chemin").rows() == [
        ("010000024", "1", "a", 2, None),
        ("010000032", None, "non calculé", 3, "formule non calculée (cellule B3)"),
        ("010000040", "0.5", None, 4, None),
        ("010000057", None, None, 5, "formules non calculées (cellules B5, C5)"),
        (None, None, None, 7, "formule non calculée (cellule B7)"),
        ("010000065", "5", "=texte", 8, None),
    ]


def test_a_matrix_formula_without_its_result_reaches_all_its_rows(
    write: Callable[..., Path], rows_of: Callable
) -> None:
    cells = {"A1": "a", "B1": "b", "A2": 1, "B2": ArrayFormula("B2:B3", "=A2:A3*2"), "A3": 2, "A4": 3}
    frame = rows_of(write(_workbook(("Données", "visible", cells)), "classeur.xlsx"), "xlsx")["table"]
    assert frame["_defaut"].to_list() == ["formule non calculée (cellule B2)"] * 2 + [None]


def test_a_title_that_is_a_formula_without_its_result_is_refused(write: Callable[..., Path], rows_of: Callable) -> None:
    path = write(_workbook(("Données", "visible", {"A1": "a", "B1": '="b"', "A2": 1})), "classeur.xlsx")
    for reading in (sniff, lambda p: rows_of(p, "xlsx")):
        with pytest.raises(UnreadableFile, match=r"titre.*formule non calculée \(cellule B1\)"):
            reading(path)


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


def test_a_list_of_objects_is_a_row_each(rows_of: Callable[..., dict], write: Callable[..., Path]) -> None:
    """The EPCI of Etalab hold their communes. One that holds none is a row too, so that it can be said."""
    epci = [
        {
            "code": "200000172",
            "nom": "Faucigny",
            "membres": [{"code": "74042", "siren": "217400423"}, {"code": "74024"}],
        },
        {"code": "200000438", "nom": "Pont du Gard", "membres": []},
        {"code": "200000545", "membres": "illisible"},
    ]
    (frame,) = rows_of(write(json.dumps(epci), "epci.json"), "json_records", each="membres").values()
    names = ["code", "nom", "membres.code", "membres.siren"]
    assert frame.select(names).rows() == [
        ("200000172", "Faucigny", "74042", "217400423"), ("200000172", "Faucigny", "74024", None),
        ("200000438", "Pont du Gard", None, None), ("200000545", None, None, None),
    ]  # fmt: skip
    assert frame["membres"].to_list() == [None, None, None, "illisible"]
