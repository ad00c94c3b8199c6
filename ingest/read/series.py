"""Workbooks of series, as the Drees publishes them: a sheet a figure, a territory a row, a year a column.

Belongs here: from such sheets to one row a figure, as the layout declares. Does not belong here: opening, cells to text
(`workbook`), tables whose titles stand over several rows and are all fields (`crosstab`).

A sheet is told by its title, the first text that it holds, never by its name alone: names are numbers that move from an
edition to the next. Options of the layout (a pattern must match a whole text, capitals aside):

- `sheets`: for each sheet of data, `title`, and either `mesure` (its columns are years) or `columns` (pattern of a
  title -> mesure, or null of one that is left; the year is then the group `annee` of `title`); `name`, of the sheet,
  where titles are alike
- `years`: pattern of the title of a column that is a year, with its group `annee`; `corner`: title of the first column
- `rows`: the forms of a row of figures: `maille`, and for each cell on the left `field: pattern` (a field whose name
  begins with « _ » is not kept)
- `says`: what the rows above the titles must say, such as the unit of the figures
- `ignored_sheets`: pattern of the name of a sheet that is known and left -> why

A sheet holds several tables, each under its titles, numbered by `partie`. Beside them, a row of words is a note. Any
other row, and any figure that is in no declared place, becomes a defective row with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from data_contracts.titles import normalise_title
from ingest.read import figure_sheets
from ingest.read.figure_sheets import HIDDEN, HIDDEN_ROW, Figure, unread
from ingest.read.frames import REMEDY, Document, LayoutLike, Table, is_blank
from ingest.read.workbook import Row, Sheet

COLUMNS = ("mesure", "annee", "partie", "maille")  # of every figure, before the fields on the left and `valeur`
_FIGURE = re.compile(r"[+-]?\d[\d\s.,]*%?")
_OTHER = (
    f"feuille « {{}} » dont le titre n'est pas de ceux que l'on attend : elle n'est pas lue.{REMEDY}La retirer du "
    "classeur, ou la déclarer dans le contrat."
)
_STRAY = f"ligne de chiffres hors des tableaux de la feuille.{REMEDY}La retirer, ou la déclarer dans le contrat (rows)."
_COLUMN = (
    f"valeur dans une colonne qui n'est pas de celles que l'on attend (« {{}} »).{REMEDY}La déclarer dans le contrat."
)
_SAYS = (
    f"les lignes au-dessus des titres ne disent pas « {{}} » : l'unité des chiffres n'est pas sûre.{REMEDY}"
    "Reprendre le classeur publié."
)


@dataclass(frozen=True)
class _RowForm:
    """What the cells on the left of a row of figures look like."""

    maille: str
    cells: tuple[tuple[str, re.Pattern[str]], ...]

    def fields(self, texts: Sequence[str | None]) -> dict[str, str | None] | None:
        """What they say, when they are those of this form."""
        padded = [*texts, *[None] * len(self.cells)]
        for (_, pattern), text in zip(self.cells, padded, strict=False):
            if not pattern.fullmatch(normalise_title(text or "")):
                return None
        said = zip(self.cells, padded, strict=False)
        return {name: text for (name, _), text in said if not name.startswith("_")}


@dataclass(frozen=True)
class _SheetForm:
    """A sheet of data: its title, and which figure or which columns it holds."""

    title: re.Pattern[str]
    name: re.Pattern[str]
    mesure: str | None
    columns: tuple[tuple[re.Pattern[str], str | None], ...]


@dataclass(frozen=True)
class _Column:
    """What a column of figures holds. mesure: None of a column that is known and left."""

    mesure: str | None
    annee: str


@dataclass(frozen=True)
class Shape:
    """The options of a layout."""

    options: Mapping[str, Any]

    @cached_property
    def sheets(self) -> list[_SheetForm]:
        return [
            _SheetForm(
                _pattern(said["title"]),
                _pattern(said.get("name", ".*")),
                said.get("mesure"),
                tuple((_pattern(title), code) for title, code in (said.get("columns") or {}).items()),
            )
            for said in self.options["sheets"]
        ]

    @cached_property
    def rows(self) -> list[_RowForm]:
        return [
            _RowForm(said["maille"], tuple((name, _pattern(cell)) for name, cell in said["cells"].items()))
            for said in self.options["rows"]
        ]

    @cached_property
    def corner(self) -> re.Pattern[str]:
        return _pattern(self.options["corner"])

    @cached_property
    def left(self) -> int:
        """How many columns stand on the left of the figures."""
        return max(len(form.cells) for form in self.rows)

    @cached_property
    def columns(self) -> list[str]:
        """The fields of a figure, in order."""
        kept = [name for form in self.rows for name, _ in form.cells if not name.startswith("_")]
        return [*COLUMNS, *dict.fromkeys(kept), "valeur"]

    @property
    def left_names(self) -> list[str]:
        """What the cells of a row are called when it is not read."""
        return self.columns[len(COLUMNS) :]

    def sheet(self, name: str, rows: Sequence[Sequence[str | None]]) -> tuple[_SheetForm, dict[str, str]] | None:
        """The sheet of data that has this name and these first rows, and what its title says."""
        title = next((normalise_title(text) for row in rows[:1] for text in row if text), "")
        for form in self.sheets:
            if form.name.fullmatch(name.strip()) and (match := form.title.fullmatch(title)):
                return form, match.groupdict()
        return None

    def is_titles(self, texts: Sequence[str | None]) -> bool:
        return bool(texts) and self.corner.fullmatch(normalise_title(texts[0] or "")) is not None

    def figures(self, form: _SheetForm, told: Mapping[str, str], titles: Sequence[str]) -> list[_Column | None]:
        """For each column on the right, what it holds; None when it is not declared."""
        if form.mesure is None:
            return [
                next((_Column(code, told["annee"]) for title, code in form.columns if title.fullmatch(text)), None)
                for text in titles
            ]
        years = [_pattern(self.options["years"]).fullmatch(text) for text in titles]
        return [_Column(form.mesure, year["annee"]) if year else None for year in years]

    def row(self, texts: Sequence[str | None]) -> tuple[str, dict[str, str | None]] | None:
        """The maille and the fields of a row of figures; None of another row."""
        for form in self.rows:
            if (fields := form.fields(texts)) is not None:
                return form.maille, fields
        return None

    def unsaid(self, notes: Sequence[str]) -> str | None:
        """What the notes above a table should say, and do not."""
        says = self.options.get("says")
        return None if says is None or any(_pattern(says).fullmatch(note) for note in notes) else says


def knows(document: Document, options: Mapping[str, Any]) -> bool:
    """Whether a workbook has a sheet of that shape: its title, then the corner of a table."""
    shape = Shape(options)
    return any(
        head.visible and shape.sheet(head.name, head.rows) is not None and any(map(shape.is_titles, head.rows))
        for head in document.sheets
    )


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """One row a figure (`figure_sheets.read`)."""
    shape = Shape(layout.options)
    return figure_sheets.read(path, layout, entities[0], shape.columns, lambda sheet: _figures(sheet, shape))


def _figures(sheet: Sheet, shape: Shape) -> Iterator[Figure]:
    known = shape.sheet(sheet.name, [row.texts for row in _first(sheet)])
    if known is None or not sheet.visible:
        reason = (HIDDEN if known is not None else _OTHER).format(sheet.name)
        yield from (unread(row, shape.left_names, reason) for row in sheet.rows())
        return
    form, told = known
    table: _TableBelow | None = None
    notes: list[str] = []  # of the rows of words since the last table
    rows = sheet.rows()
    pending = next(rows, None)
    while (row := pending) is not None:
        pending = next(rows, None)
        if shape.is_titles(row.texts):
            under = pending if pending is not None and _is_under(pending, shape) else None
            titles = _titles(row, under, shape)
            if under is not None:
                pending = next(rows, None)
            partie = (table.partie if table else 0) + 1
            table = _TableBelow(partie, titles, shape.figures(form, told, titles), shape.unsaid(notes))
            notes = []
        elif (said := shape.row(row.texts)) is not None and table is not None:
            yield from _of_row(row, *said, table, shape)
        elif row.defect or any(_FIGURE.fullmatch(normalise_title(text or "")) for text in row.texts):
            yield unread(row, shape.left_names, row.defect or _STRAY)
        else:
            notes += [normalise_title(text) for text in row.texts if text]


@dataclass(frozen=True)
class _TableBelow:
    """The columns under which rows stand. unsaid: what the rows above it should have said, and did not."""

    partie: int
    titles: Sequence[str]
    figures: Sequence[_Column | None]
    unsaid: str | None


def _of_row(
    row: Row, maille: str, fields: Mapping[str, str | None], table: _TableBelow, shape: Shape
) -> Iterator[Figure]:
    if row.defect or table.unsaid:
        yield unread(row, shape.left_names, row.defect or _SAYS.format(table.unsaid))
        return
    right = row.texts[shape.left :]
    remark = HIDDEN_ROW if row.hidden else None  # once for the row
    of_row = {"partie": str(table.partie), "maille": maille, **fields}
    for rank in range(max(len(table.titles), len(right))):
        text = right[rank] if rank < len(right) else None
        place = f"{get_column_letter(shape.left + rank + 1)}{row.number}"
        if rank < len(table.figures) and (figure := table.figures[rank]) is not None:
            if figure.mesure is not None:
                yield {"mesure": figure.mesure, "annee": figure.annee, **of_row, "valeur": text}, place, None, remark
                remark = None
        elif not is_blank([text]):
            title = table.titles[rank] if rank < len(table.titles) else ""
            yield {**of_row, "valeur": text}, place, _COLUMN.format(title or "sans titre"), None


def _first(sheet: Sheet) -> list[Row]:
    """The first row of a sheet that holds something, if any."""
    first = next(sheet.rows(), None)
    return [] if first is None else [first]


def _is_under(row: Row, shape: Shape) -> bool:
    """Whether a row holds titles under those of the row above: nothing on the left, words on the right."""
    right = [normalise_title(text) for text in row.texts[shape.left :] if text]
    return is_blank(row.texts[: shape.left]) and bool(right) and not any(map(_FIGURE.fullmatch, right))


def _titles(row: Row, under: Row | None, shape: Shape) -> list[str]:
    """The titles of the columns on the right. A title over several columns comes before those under it."""
    tops = [normalise_title(text or "") for text in row.texts[shape.left :]]
    if under is None:
        return tops
    lows = [normalise_title(text or "") for text in under.texts[shape.left :]]
    width = max(len(tops), len(lows))
    tops, lows = tops + [""] * (width - len(tops)), lows + [""] * (width - len(lows))
    for rank in range(1, width):
        tops[rank] = tops[rank] or tops[rank - 1]
    return [" ".join(filter(None, pair)) for pair in zip(tops, lows, strict=True)]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
