"""Workbooks of tables of two entries, as statisticians publish them: a sheet a year, titles over several rows.

Belongs here: from such sheets to one row a figure, as the layout declares. Does not belong here: opening, cells to text
(`workbook`), which workbook is of which source (`ingest.receive.recognise`, which calls `knows`).

Options of the layout (a pattern must match a whole text):

- `sheets`: names of the sheets of data; the named groups of the pattern are fields (`(?P<annee>\\d{4})`)
- `lines`: fields of the columns on the left; `corner`: the title above them
- `header`: fields of the rows of titles, from the top; a merged title holds for the columns on its right
- `value`: the field of the figures; `ignored_columns`: last titles of columns that are left (sums)
- `ignored_sheets`, `ignored_rows`: what stands beside the tables and is known (notes, sources); a text of a row is that
  of its cells, put end to end
- `about`: what the rows above the first titles say; `refused`: other corners, and what to say of such a workbook

A sheet may hold several tables, each under its titles. Anything else that it holds becomes a defective row, with the
reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from data_contracts.titles import normalise_title
from ingest.read import figure_sheets
from ingest.read.figure_sheets import HIDDEN, HIDDEN_ROW, Figure, unread
from ingest.read.frames import REMEDY, Document, LayoutLike, Table, is_blank, without_end
from ingest.read.workbook import Row, Sheet

_LETTER = re.compile(r"[^\W\d_]")
_OTHER = (
    f"feuille « {{}} » qui n'est pas de celles que l'on attend : elle n'est pas lue.{REMEDY}La retirer du classeur."
)
_STRAY = f"ligne hors des tableaux de la feuille.{REMEDY}La retirer, ou la déclarer dans le contrat (ignored_rows)."
_UNTITLED = f"valeur dans une colonne sans titre.{REMEDY}Donner un titre à la colonne, ou vider la cellule."


@dataclass(frozen=True)
class Shape:
    """The options of a layout."""

    options: Mapping[str, Any]

    @property
    def lines(self) -> list[str]:
        return list(self.options["lines"])

    @property
    def header(self) -> list[str]:
        return list(self.options["header"])

    @property
    def columns(self) -> list[str]:
        """The fields of a figure, in order."""
        groups = re.compile(self.options["sheets"]).groupindex
        return [*groups, *self.lines, *self.header, self.options["value"]]

    def sheet(self, name: str) -> dict[str, str] | None:
        """What the name of a sheet of data says; None of another sheet."""
        match = re.fullmatch(self.options["sheets"], name.strip())
        return match.groupdict() if match else None

    def is_titles(self, texts: Sequence[str | None], *, under: bool = False) -> bool:
        """Whether a row holds titles: nothing on the left but the corner, words on the right, figures nowhere.

        under: whether the row is another than the first of its table, so that the corner is above it.
        """
        left, right = texts[: len(self.lines)], without_end(texts[len(self.lines) :])
        corner = "" if is_blank(left) else normalise_title(left[0] or "")
        is_corner = not corner or (not under and self._is(corner, "corner") and is_blank(left[1:]))
        return is_corner and bool(right) and all(is_blank([text]) or _LETTER.search(text) for text in right)

    def begins(self, rows: Sequence[Sequence[str | None]]) -> bool:
        """Whether the first rows of a sheet lead to titles of this shape, under what they are about."""
        for rank, texts in enumerate(rows):
            if self.is_titles(texts) and self._is(normalise_title(texts[0] or ""), "corner"):
                under = [self.is_titles(t, under=True) for t in rows[rank + 1 : rank + len(self.header)]]
                about = re.search(self.options.get("about", ""), " ".join(map(_text, rows[:rank])))
                return about is not None and len(under) == len(self.header) - 1 and all(under)
        return False

    def is_known(self, texts: Sequence[str | None]) -> bool:
        """Whether a row beside the tables is one that the layout says to ignore."""
        return any(re.fullmatch(pattern, _text(texts)) for pattern in self.options.get("ignored_rows") or ())

    def is_left(self, title: str) -> bool:
        """Whether a column is one that the layout says to ignore."""
        return any(re.fullmatch(str(pattern), title) for pattern in self.options.get("ignored_columns") or ())

    def _is(self, title: str, option: str) -> bool:
        return re.fullmatch(self.options[option], title) is not None


def knows(document: Document, options: Mapping[str, Any]) -> bool:
    """Whether a workbook has a sheet of that shape."""
    shape = Shape(options)
    return any(
        head.visible and shape.sheet(head.name) is not None and shape.begins(head.rows) for head in document.sheets
    )


def refusal(document: Document, options: Mapping[str, Any]) -> str | None:
    """Why a workbook of the same kind about something else is refused (option `refused`: corner -> reason)."""
    lines = options["lines"]
    for corner, reason in (options.get("refused") or {}).items():
        for width in range(1, len(lines) + 1):  # such a table may have fewer columns on the left
            if knows(document, {**options, "corner": corner, "lines": lines[:width]}):
                return str(reason)
    return None


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """One row a figure (`figure_sheets.read`)."""
    shape = Shape(layout.options)
    return figure_sheets.read(path, layout, entities[0], shape.columns, lambda sheet: _figures(sheet, shape))


def _figures(sheet: Sheet, shape: Shape) -> Iterator[Figure]:
    of_sheet = shape.sheet(sheet.name)
    if of_sheet is None or not sheet.visible:
        reason = (HIDDEN if of_sheet is not None else _OTHER).format(sheet.name)
        for row in sheet.rows():
            yield unread(row, shape.columns, reason)
        return
    titles: list[tuple[str, ...]] = []  # of each column, from the first on the right, from the top
    pending: list[Row] = []  # the rows of titles of a table, until they are all there
    for row in sheet.rows():
        if shape.is_titles(row.texts, under=bool(pending)):
            pending.append(row)
            if len(pending) == len(shape.header):
                titles, pending = _titles(pending, shape), []
            continue
        for alone in pending:
            yield from _beside(alone, shape)
        pending = []
        right = row.texts[len(shape.lines) :]
        if titles and not is_blank(row.texts[:1]) and not is_blank(right):
            yield from _of_row(row, of_sheet, titles, shape)
        else:
            yield from _beside(row, shape)
    for alone in pending:
        yield from _beside(alone, shape)


def _of_row(row: Row, of_sheet: Mapping[str, str], titles: Sequence[tuple[str, ...]], shape: Shape) -> Iterator[Figure]:
    left = len(shape.lines)
    untitled = [text for text, title in zip(row.texts[left:], titles, strict=False) if not title]
    if row.defect or not is_blank([*untitled, *row.texts[left + len(titles) :]]):
        yield unread(row, shape.columns, row.defect or _UNTITLED)
        return
    of_line = dict(zip(shape.lines, row.texts, strict=False))
    remark = HIDDEN_ROW if row.hidden else None  # once for the row
    for column, title in enumerate(titles, start=left):
        if title and not shape.is_left(title[-1]):
            text = row.texts[column] if column < len(row.texts) else None
            values = {
                **of_sheet,
                **of_line,
                **dict(zip(shape.header, title, strict=True)),
                shape.options["value"]: text,
            }
            yield values, f"{get_column_letter(column + 1)}{row.number}", None, remark
            remark = None


def _titles(rows: Sequence[Row], shape: Shape) -> list[tuple[str, ...]]:
    """The titles of each column; none for a column whose last title is absent."""
    left = len(shape.lines)
    width = max(len(row.texts) for row in rows)
    levels = [
        [normalise_title(text or "") for text in row.texts[left:]] + [""] * (width - len(row.texts)) for row in rows
    ]
    for level in levels[:-1]:
        for column in range(1, len(level)):
            level[column] = level[column] or level[column - 1]
    return [title if all(title) else () for title in zip(*levels, strict=True)]


def _beside(row: Row, shape: Shape) -> Iterator[Figure]:
    """A row that is in no table, as a defective one, unless the layout says to ignore it."""
    if not shape.is_known(row.texts):
        yield unread(row, shape.columns, _STRAY)


def _text(texts: Iterable[str | None]) -> str:
    return normalise_title(" ".join(text for text in texts if text))
