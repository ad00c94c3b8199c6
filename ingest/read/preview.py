"""The first lines of a table as they stand, for a file whose first line is not the header of anything.

Belongs here: lines, cut into cells in every way that the sender may have meant. Does not belong here: what is concluded
from them (`ingest.receive.refusals`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingest.read import workbook
from ingest.read.delimited import SEPARATORS
from ingest.read.encoding import lines_of
from ingest.read.frames import Document

LINES = 400  # as many as the columns of the widest collection: a table may have been turned on its side
OTHER_SEPARATORS = ("~", "^", "¤", ":", "#", " ")
_LONGEST = 100_000


@dataclass(frozen=True)
class Line:
    """One line of a file: its number, and its cells when `separator` cuts it (None: a row of a workbook)."""

    number: int
    cells: tuple[str, ...]
    separator: str | None = None


def lines(path: Path, document: Document) -> Iterator[Line]:
    """The first lines that hold something. A line of a text file comes once for every separator that it holds."""
    if document.family == "csv" and document.encoding:
        with lines_of(path, document.encoding) as text:
            for number, line in enumerate(islice(text, LINES), start=1):
                yield from _cut(number, line[:_LONGEST].rstrip("\r\n").lstrip("\ufeff"))
    elif document.family == "xlsx":
        yield from _rows(path)


def _cut(number: int, line: str) -> Iterator[Line]:
    if not line.strip():
        return
    separators = [s for s in (*SEPARATORS, *OTHER_SEPARATORS) if s in line]
    for separator in separators or SEPARATORS[:1]:
        cells: list[str] = []
        with suppress(csv.Error):
            cells = next(csv.reader([line], delimiter=separator), [])
        if cells:
            yield Line(number, tuple(cells), separator)


def _rows(path: Path) -> Iterator[Line]:
    """The rows of the first visible sheet that holds something."""
    with workbook.opened(path) as sheets:
        for sheet in sheets:
            rows = list(islice(sheet.rows(), LINES)) if sheet.visible else []
            yield from (Line(row.number, tuple(text or "" for text in row.texts)) for row in rows)
            if rows:
                return
