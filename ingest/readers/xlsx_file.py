"""Excel workbooks: the first visible sheet that holds something, as text, with the sheet's row numbers.

Belongs here: cells to text. openpyxl and not fastexcel: in a column of mixed types fastexcel keeps 9 decimals and turns
`#N/A` into an empty cell; a reader must lose nothing. Nor does it calculate: a formula that the workbook holds without
its result makes its row defective.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from ingest.readers.model import Document, LayoutLike, Rows, Table, UnreadableFile, column_names, is_blank
from ingest.readers.opening import on_disk

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_ROW, _CELL, _F, _V = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("row", "c", "f", "v"))
_SHOWN = 5  # cells named in a defect


class Row(NamedTuple):
    """A row of the sheet that holds something: its number, its cells from column A, its formulas without a result."""

    number: int
    texts: list[str | None]
    uncomputed: list[str]

    @property
    def defect(self) -> str | None:
        if not self.uncomputed:
            return None
        places = ", ".join(self.uncomputed[:_SHOWN]) + ("…" if len(self.uncomputed) > _SHOWN else "")
        several = len(self.uncomputed) > 1
        return f"formules non calculées (cellules {places})" if several else f"formule non calculée (cellule {places})"


def sniff(path: Path) -> Document:
    with _rows(path) as (sheet, rows):
        titles = _titles(path, next(rows))
        return Document("xlsx", None, column_names(titles), {"feuille": sheet}, titles)


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """The rows under the titles; rows without any value are left out."""
    with _rows(path) as (_, rows):
        names = column_names(_titles(path, next(rows)))
        collected = Rows(entities[0], names)
        for row in rows:
            beyond = "valeur hors des colonnes titrées" if any(row.texts[len(names) :]) else None
            defects = [defect for defect in (beyond, row.defect) if defect]
            values = dict(zip(names, row.texts, strict=False))
            collected.add(values, ligne=row.number, defaut=" ; ".join(defects) or None)
            if collected.full:
                yield collected.take()
        if not collected.empty or not collected.count:
            yield collected.take()


def cell_text(value: Any) -> str | None:
    """A cell as a person reads it in the formula bar: whole numbers without point, ISO dates, VRAI and FAUX."""
    match value:
        case None | str():
            return value
        case bool():
            return "VRAI" if value else "FAUX"
        case float():
            return format(Decimal(repr(value)), "f")
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


@contextmanager
def _rows(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """Name of the sheet, and its rows that hold something."""
    try:
        with on_disk(path) as plain, plain.open("rb") as stream:
            with warnings.catch_warnings(action="ignore"):  # openpyxl warns of styles it drops: no concern of a reader
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    rows = _filled(sheet)
                    first = next(rows, None) if sheet.sheet_state == "visible" else None
                    if first:
                        yield sheet.title, _chained(first, rows)
                        return
            finally:
                book.close()
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, ParseError, InvalidFileException) as error:
        raise UnreadableFile(
            path, "classeur Excel tronqué ou abîmé", "l'enregistrer de nouveau au format .xlsx, puis le redéposer"
        ) from error
    raise UnreadableFile(
        path, "classeur sans aucune feuille visible remplie", "vérifier l'export, puis redéposer le classeur"
    )


def _filled(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # some exporters declare a wrong extent
    uncomputed = _uncomputed(sheet) if _has_formulas(sheet) else iter(())
    ahead, places = next(uncomputed, (0, []))
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        while ahead < number and (following := next(uncomputed, None)):
            ahead, places = following
        row = Row(number, [cell_text(c) for c in cells], places if ahead == number else [])
        if row.uncomputed or not is_blank(row.texts):
            yield row


def _has_formulas(sheet: Any) -> bool:
    with sheet._get_source() as xml:
        end = b""
        while block := xml.read(1 << 20):
            if _FORMULA.search(end + block):
                return True
            end = block[-32:]
    return False


def _uncomputed(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Numbers of the rows with formulas that have no result, and the cells of these formulas, in sheet order.

    openpyxl alone cannot tell: it gives None as well for a formula whose result is an empty text, which the workbook
    holds as `t="str"` with an empty `<v>`. The formula of a matrix stands in its first cell, for all its rows.
    """
    number = 0
    matrices: list[tuple[int, str]] = []  # last row, cell of the formula
    with sheet._get_source() as xml:
        for _, row in iterparse(xml):
            if row.tag != _ROW:
                continue
            number = int(float(row.get("r", number + 1)))
            matrices = [(last, place) for last, place in matrices if number <= last]
            places = [place for _, place in matrices]
            for column, cell in enumerate(row.iter(_CELL), start=1):
                place = cell.get("r") or f"{get_column_letter(column)}{number}"
                formula, result = cell.find(_F), cell.find(_V)
                if formula is None or (result is not None and (result.text or cell.get("t") == "str")):
                    continue
                places.append(place)
                if formula.get("t") == "array":
                    matrices.append((range_boundaries(formula.get("ref", place))[3] or number, place))
            row.clear()
            if places:
                yield number, places


def _chained(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _titles(path: Path, header: Row) -> tuple[str, ...]:
    """Titles of the columns from A to the last titled one, so that a column keeps its position."""
    if header.defect:
        raise UnreadableFile(
            path,
            f"ligne de titres illisible (ligne {header.number}, {header.defect})",
            "ouvrir le classeur dans un tableur, qui calcule ses formules, l'enregistrer, puis le redéposer",
        )
    titles = [text or "" for text in header.texts]
    while is_blank(titles[-1:]):
        titles.pop()
    return tuple(titles)
