"""Workbooks: every row that holds something is read, or said."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils.datetime import MAC_EPOCH

from ingest.read import UnreadableFile, sniff, tables_of
from tests.unit.readers.conftest import FakeLayout

Write = Callable[..., Path]
Rows = Callable[..., dict[str, pl.DataFrame]]
TITLES = ("FINESS", "Places", "Taux")


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = (), mac: bool = False) -> bytes:
    """A workbook with these sheets, row by row from the first one."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    if mac:
        book.epoch = MAC_EPOCH
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def said(frame: pl.DataFrame) -> list[tuple]:
    """Line, first cell, and what is said of it up to its remedy."""
    reason = pl.col("_defaut").str.split(" Remède : ").list.first()
    return frame.select("_ligne", pl.nth(0), reason).rows()


DATA = [TITLES, ("010000024", 80, 0.5), ("010000032", 60, 1.25)]


def test_every_sheet_with_the_same_titles_is_read(write: Write, rows_of: Rows) -> None:
    again = [("FINESS", "Taux", "Places"), ("020000015", 0.25, 12)]  # in another order
    frame = rows_of(write(workbook(("Ain", DATA), ("Aisne", again)), "c.xlsx"), "xlsx")["table"]
    assert frame.select(*TITLES, "_ligne", "_chemin", "_defaut").rows() == [
        ("010000024", "80", "0.5", 2, "Ain!2", None),
        ("010000032", "60", "1.25", 3, "Ain!3", None),
        ("020000015", "12", "0.25", 20_000_002, "Aisne!2", None),
    ]


def test_a_sheet_alone_needs_no_path(write: Write, rows_of: Rows) -> None:
    frame = rows_of(write(workbook(("Ain", DATA), ("vide", [])), "c.xlsx"), "xlsx")["table"]
    assert frame["_chemin"].to_list() == [None, None]


def test_what_another_sheet_holds_is_counted_and_said(write: Write, rows_of: Rows) -> None:
    book = workbook(
        ("Lisez-moi", [["Notice"], [], ["Deux lignes par établissement"]]),
        ("Ain", DATA),
        ("Codes", [("code", "libellé"), ("1", "EHPAD")]),
        ("Ancien", DATA),
        hidden=["Ancien"],
    )
    frame = rows_of(write(book, "c.xlsx"), "xlsx")["table"]
    other, masked = "feuille « {} » sans les titres du tableau : elle n'est pas lue.", "feuille « Ancien » masquée : "
    assert said(frame)[:6] == [
        (2, "010000024", None),
        (3, "010000032", None),
        (10_000_001, "Notice", other.format("Lisez-moi")),
        (10_000_003, "Deux lignes par établissement", other.format("Lisez-moi")),
        (30_000_001, "code", other.format("Codes")),
        (30_000_002, "1", other.format("Codes")),
    ]
    assert all(reason.startswith(masked) for _, _, reason in said(frame)[6:])
    assert frame.height == 9
    assert frame["_ligne"].is_unique().all()


def test_a_layout_leaves_the_sheets_that_it_knows(write: Write, rows_of: Rows) -> None:
    path = write(workbook(("Notice 2024", [["Notice"]]), ("Ain", DATA)), "c.xlsx")
    frame = rows_of(path, "xlsx", ignored_sheets=["Notice.*"])["table"]
    assert said(frame) == [(2, "010000024", None), (3, "010000032", None)]


def test_the_contract_tells_the_table_among_the_sheets(write: Write) -> None:
    dictionary = [("champ", "sens", "type"), ("FINESS", "numéro", "texte")]
    path = write(workbook(("Dictionnaire", dictionary), ("Données", [["Export 2024"], [], *DATA])), "c.xlsx")
    assert TITLES in sniff(path).headers
    tables = list(tables_of(path, FakeLayout("xlsx"), None, lambda titles: titles == TITLES))
    frame = pl.concat([table.frame for table in tables], how="diagonal")
    assert [(line, reason is None) for line, _, reason in said(frame)] == [
        (1, False), (4, True), (5, True), (10_000_001, False), (10_000_002, False),
    ]  # fmt: skip


def test_what_a_publisher_writes_above_its_titles_is_left_where_the_layout_says(write: Write) -> None:
    """Five rows, as in the workbooks of Insee: a title, a date, an empty row, what each title says in full."""
    above = [["Composition communale"], ["Géographie au 01/01/2024"], ["Source"], [], ["Numéro", "Places en tout", "x"]]
    path = write(workbook(("Ain", [*above, *DATA])), "c.xlsx")
    read = {
        row: pl.concat(t.frame for t in tables_of(path, FakeLayout("xlsx", {"titles_row": row}), None, TITLES.__eq__))
        for row in (6, 5)
    }
    assert said(read[6]) == [(7, "010000024", None), (8, "010000032", None)]
    # Elsewhere than on that row, nobody knows what stands above.
    assert [reason is None for *_, reason in said(read[5])] == [False, False, False, False, True, True]


def test_lines_above_the_titles_are_said(write: Write, rows_of: Rows) -> None:
    book = workbook(("Données", [["Tableau de bord 2024"], [], ["Source : ANAP"], *DATA]))
    path = write(book, "c.xlsx")
    assert sniff(path).header == TITLES
    above = "ligne au-dessus des titres, qui n'est pas lue."
    assert said(rows_of(path, "xlsx")["table"]) == [
        (1, "Tableau de bord 2024", above), (3, "Source : ANAP", above), (5, "010000024", None), (6, "010000032", None),
    ]  # fmt: skip


OTHER = "ligne d'un autre tableau, sous le premier : elle n'est pas lue."
NOTE = "ligne hors du tableau (note, titre ou intertitre)."
BELOW = {
    "another table": (
        [[], ("Région", "Total"), ("84", 140), [], ("11", 3)],
        [(5, "Région", OTHER), (6, "84", OTHER), (8, "11", OTHER)],
    ),
    "the same titles again": ([[], TITLES, ("020000015", 12, 0.5)], [(6, "020000015", None)]),
    "another table, then the same titles": (
        [[], ("Région", "Total"), ("84", 140), TITLES, ("020000015", 12, 0.5)],
        [(5, "Région", OTHER), (6, "84", OTHER), (8, "020000015", None)],
    ),
    "a note, right below or not": (
        [["Source : CNSA"], [], ["(*) estimation"], ("020000015", 12, 0.5)],
        [(4, "Source : CNSA", NOTE), (6, "(*) estimation", NOTE), (7, "020000015", None)],
    ),
    "blank rows between rows": (
        [[], ("020000015", 12, 0.5), [], ("2A0000012", None, None)],
        [(5, "020000015", None), (7, "2A0000012", None)],
    ),
    "a row that knows little": ([[], ("2A0000012", "NC", "nd")], [(5, "2A0000012", None)]),
    "a note after a line of totals": (
        [("Total", 140, None), ["Source : CNSA"]],
        [(4, "Total", None), (5, "Source : CNSA", NOTE)],
    ),
    "a line of totals is the contract's business": ([("Total", 140, None)], [(4, "Total", None)]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), BELOW.values(), ids=BELOW.keys())
def test_what_stands_below_the_table(write: Write, rows_of: Rows, rows: list, expected: list[tuple]) -> None:
    frame = rows_of(write(workbook(("Données", [*DATA, *rows])), "c.xlsx"), "xlsx")["table"]
    assert said(frame)[2:] == expected


def test_a_table_of_words_has_no_strange_rows(write: Write, rows_of: Rows) -> None:
    rows = [("Département", "Nom"), ("Ain", "Bourg"), [], ("Aisne", "Laon"), ["Allier"]]
    frame = rows_of(write(workbook(("Données", rows)), "c.xlsx"), "xlsx")["table"]
    assert [reason for _, _, reason in said(frame)] == [None, None, None]


def test_hidden_rows_are_rows_and_are_said(write: Write, rows_of: Rows) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(workbook(("Données", [*DATA, *[(f"0200000{i}", i, i) for i in range(4)]])))
    )
    for number in (3, 4, 6):
        book["Données"].row_dimensions[number].hidden = True
    out = io.BytesIO()
    book.save(out)
    frame = rows_of(write(out.getvalue(), "c.xlsx"), "xlsx")["table"]
    assert frame["_defaut"].null_count() == frame.height == 6
    told = dict(frame.select("_ligne", "_remarque").drop_nulls().rows())
    assert told.keys() == {3, 6}
    assert "ligne masquée dans le classeur, lue comme les autres (2 à la suite)" in told[3]
    assert " Remède : " in told[6]


def test_cells_say_what_their_format_says(write: Write, rows_of: Rows) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    cells = [(10000024, "000000000"), (0.975, "0.0%"), (datetime(2024, 1, 31), "dd/mm/yyyy"), (1.234, "General"),
             ("1.234", "General"), (True, "General"), ("#DIV/0!", "General"), ("e\u0301te\u0301", "@")]  # fmt: skip
    sheet.append(["finess", "taux", "jour", "n", "t", "b", "e", "s"])
    for column, (value, code) in enumerate(cells, start=1):
        sheet.cell(2, column, value).number_format = code
    out = io.BytesIO()
    book.save(out)
    frame = rows_of(write(out.getvalue(), "c.xlsx"), "xlsx")["table"]
    assert frame.row(0)[:8] == (
        "010000024", "97.5 %", "2024-01-31", "1.2340", "1.234", "VRAI", "#DIV/0!", "été",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('t="inlineStr"><is><t>deux_x000D_\nlignes</t></is>', "deux\r\nlignes"),
        ('t="inlineStr"><is><r><t>en </t></r><r><t>morceaux</t></r><rPh><t>lu</t></rPh></is>', "en morceaux"),
        ('t="d"><v>2024-01-31T00:00:00</v>', "2024-01-31"),
        ('t="d"><v>hier</v>', "hier"),
        ("><v>n.s.</v>", "n.s."),
        ('t="e"><v>#N/A</v>', "#N/A"),
        ('s="999"><v>12.5</v>', "12.5"),
    ],
)
def test_cells_as_other_programs_write_them(write: Write, rows_of: Rows, cell: str, text: str) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(("D", [("a", "b"), (7, 8)])))) as source,
        zipfile.ZipFile(out, "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                assert '<c r="B2" t="n"><v>8</v>' in content
                content = content.replace('<c r="B2" t="n"><v>8</v>', f'<c r="B2" {cell}')
            target.writestr(name, content)
    assert rows_of(write(out.getvalue(), "c.xlsx"), "xlsx")["table"]["b"].to_list() == [text]


def test_days_of_a_workbook_that_counts_from_1904(write: Write, rows_of: Rows) -> None:
    path = write(workbook(("D", [("jour", "x"), (datetime(2024, 1, 31), 1)]), mac=True), "c.xlsx")
    assert rows_of(path, "xlsx")["table"]["jour"].to_list() == ["2024-01-31"]


STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/": "http://purl.oclc.org/ooxml/spreadsheetml/",
    "http://schemas.openxmlformats.org/officeDocument/2006/": "http://purl.oclc.org/ooxml/officeDocument/",
    "http://schemas.openxmlformats.org/drawingml/2006/": "http://purl.oclc.org/ooxml/drawingml/",
}


def strict(book: bytes) -> bytes:
    """The same workbook in the Strict form of ISO 29500."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            for transitional, name_in_strict in STRICT.items():
                content = content.replace(transitional, name_in_strict)
            target.writestr(name, content)
    return out.getvalue()


def test_a_strict_workbook_reads_like_the_other_form(write: Write, rows_of: Rows) -> None:
    long = [(f"{i:09d}", i, "x" * (i % 97)) for i in range(3_000)]  # over several blocks
    book = workbook(("Données", [*DATA, *long]))
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(strict(book))).read("xl/workbook.xml")
    expected = rows_of(write(book, "c.xlsx"), "xlsx")["table"]
    assert rows_of(write(strict(book), "s.xlsx"), "xlsx")["table"].equals(expected)
    assert expected.height == 3_002


def test_charts_and_properties_stop_no_reading(write: Write, rows_of: Rows) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(("Données", DATA))))
    book.create_chartsheet("Graphique", 0)
    out, spoilt = io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(spoilt, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<x>" if name == "docProps/core.xml" else source.read(name))
    assert rows_of(write(spoilt.getvalue(), "c.xlsx"), "xlsx")["table"].height == 2


def test_a_workbook_of_hidden_sheets_is_refused(write: Write) -> None:
    path = write(workbook(("vide", []), ("Ancien", DATA), hidden=["Ancien"]), "c.xlsx")
    with pytest.raises(UnreadableFile, match="aucune feuille visible remplie"):
        sniff(path)


def test_a_sheet_with_fewer_columns_is_another_table(write: Write) -> None:
    """An extract beside the whole: its rows would contradict those of the table by what they lack."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["a", "b"])
    book.worksheets[0].append([1, 2])
    extract = book.create_sheet("Extrait")
    extract.append(["a"])
    extract.append([1])
    content = io.BytesIO()
    book.save(content)
    path = write(content.getvalue(), "classeur.xlsx")
    tables = tables_of(path, FakeLayout("xlsx", {}, ["table"]), ["table"], lambda titles: set(titles) <= {"a", "b"})
    assert pl.concat(table.frame for table in tables)["_defaut"].is_null().to_list() == [True, False, False]
