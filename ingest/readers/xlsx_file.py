"""Excel workbooks: the first visible sheet that holds something, as text, with the sheet's row numbers.

Belongs here: cells to text. openpyxl and not fastexcel: in a column of mixed types fastexcel keeps 9 decimals and turns
`#N/A` into an empty cell; a reader must lose nothing.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ingest.readers.model import Document, LayoutLike, Rows, Table, UnreadableFile, column_names
from ingest.readers.opening import on_disk

Cells = tuple[Any, ...]


def sniff(path: Path) -> Document:
    with _rows(path) as (sheet, rows):
        _, cells = next(rows)
        names, _ = _header(cells)
        return Document("xlsx", None, names, {"feuille": sheet})


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """The rows under the titles; rows without any value are left out."""
    with _rows(path) as (_, rows):
        _, cells = next(rows)
        names, start = _header(cells)
        stop = start + len(names)
        collected = Rows(entities[0], names)
        for number, cells in rows:
            texts = [cell_text(c) for c in cells]
            beyond = any(texts[:start]) or any(texts[stop:])
            collected.add(
                dict(zip(names, texts[start:stop], strict=False)),
                ligne=number,
                defaut="valeur hors des colonnes titrées" if beyond else None,
            )
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
def _rows(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, Cells]]]]:
    """Name of the sheet, and its rows that hold something, with their numbers."""
    try:
        with on_disk(path) as plain, plain.open("rb") as stream:
            with warnings.catch_warnings(action="ignore"):  # openpyxl warns of styles it drops: no concern of a reader
                book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    sheet.reset_dimensions()  # some exporters declare a wrong extent
                    rows = ((n, cells) for n, cells in enumerate(sheet.iter_rows(values_only=True), 1) if _holds(cells))
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


def _holds(cells: Cells) -> bool:
    return any(c is not None and str(c).strip() for c in cells)


def _chained(first: tuple[int, Cells], rest: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    yield first
    yield from rest


def _header(cells: Cells) -> tuple[tuple[str, ...], int]:
    """Names of the columns between the first and the last title, and where the first stands."""
    titles = [(cell_text(c) or "").strip() for c in cells]
    filled = [i for i, title in enumerate(titles) if title]
    return column_names(titles[filled[0] : filled[-1] + 1]), filled[0]
