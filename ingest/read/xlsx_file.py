"""Excel workbooks: which sheets and rows are the table, and what becomes of the others.

Belongs here: choosing the sheets, their titles, numbering the rows. Does not belong here: opening, cells to text
(`workbook`), tables of two entries (`crosstab`), notes and titles that come again (`outside`).

Every row that holds something is either read or reported. The table is the first visible sheet whose titles are known,
and every other visible sheet with the same titles. A row of another sheet, or above the titles, is a defective row
whose reason says so, unless the layout declares the sheet among its `ignored_sheets`, or the row of the titles
(`titles_row`): what a publisher writes above them there is known, and left. Hidden rows are read like the others,
because filters hide them; they carry a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.titles import title_key
from ingest.read import form_sheets, workbook
from ingest.read.frames import (
    REMARQUE,
    REMEDY,
    Document,
    LayoutLike,
    Rows,
    SheetHead,
    Table,
    UnreadableFile,
    column_names,
    without_end,
)
from ingest.read.outside import Outside
from ingest.read.workbook import Row, Sheet

Knows = Callable[[tuple[str, ...]], bool]
HEAD = 20  # rows among which titles are looked for
# Line numbers are unique over a workbook: row 7 of its third sheet is line 30 000 007, of the first sheet read, line 7.
_SHEET = 10_000_000
_BEYOND = "valeur hors des colonnes titrées"
_ABOVE = f"ligne au-dessus des titres, qui n'est pas lue.{REMEDY}La supprimer : les titres viennent en premier."
_OTHER = (
    f"feuille « {{}} » sans les titres du tableau : elle n'est pas lue.{REMEDY}Retirer cette feuille du classeur ; si "
    "elle est à lire, lui donner les titres du tableau."
)
_HIDDEN = (
    f"feuille « {{}} » masquée : elle n'est pas lue.{REMEDY}La retirer du classeur ; si elle est à lire, l'afficher."
)
_HIDDEN_ROWS = "ligne masquée dans le classeur, lue comme les autres ("
_UNHIDE = f").{REMEDY}Vérifier qu'elle est à déclarer ; sinon la supprimer, car un filtre ne la retire pas."


def sniff(path: Path) -> Document:
    """The titles of the first sheet that looks like a table, and the first rows of every sheet."""
    with workbook.opened(path) as sheets:
        heads = [(s, rows) for s, rows in _heads(sheets) if not _is_of_form(s, sheets)]
        main, row = _main(path, heads, None)
        titles = _titles(path, row)
        beginnings = tuple(
            SheetHead(s.name, s.visible, tuple(tuple(t or "" for t in row.texts) for row in rows)) for s, rows in heads
        )
        return Document("xlsx", None, column_names(titles), {"feuille": main.name}, titles, beginnings)


def read(path: Path, layout: LayoutLike, entities: Sequence[str], knows: Knows | None = None) -> Iterator[Table]:
    """The rows under the titles, of every sheet that has them; then, as defective rows, what is not read.

    knows: whether titles are those of the table. By default, the titles of the first sheet that looks like a table are.
    """
    with workbook.opened(path) as sheets:
        heads = [
            (s, rows)
            for s, rows in _heads(sheets)
            if not is_left(s.name, layout.options) and not _is_of_form(s, sheets)
        ]
        main, row = _main(path, heads, knows)
        titles = _titles(path, row)
        wanted = sorted(map(title_key, titles))
        alike = lambda given: sorted(map(title_key, given)) == wanted  # noqa: E731 - one comparison, named where it is
        titled = {s.name: _known(rows, alike) for s, rows in heads if s.visible} | {main.name: row}
        several = len(heads) > 1
        nothing = True
        for sheet, _ in sorted(heads, key=lambda head: titled.get(head[0].name) is None):
            header = titled.get(sheet.name)
            first = header.number if header and header.number == layout.options.get("titles_row") else 1
            table = _Sheet(path, entities[0], sheet, header, titles, first=first)
            for frame in table.frames(offset=0 if sheet is main else _SHEET * (sheet.position + 1), placed=several):
                nothing = False
                yield Table(entities[0], frame)
        if nothing:
            yield Rows(entities[0], column_names(titles)).take()


def is_left(name: str, options: Mapping[str, Any]) -> bool:
    """Whether the layout says to ignore a sheet (`ignored_sheets`: patterns of whole names)."""
    return any(re.fullmatch(str(pattern), name.strip()) for pattern in options.get("ignored_sheets") or ())


def _is_of_form(sheet: Sheet, sheets: Sequence[Sheet]) -> bool:
    """Whether a sheet is what stands beside the table of a form that was given out filled."""
    return sheet.name in form_sheets.OURS and any(each.name == form_sheets.STATE for each in sheets)


def is_lone(row: Row) -> bool:
    """Whether a single cell of a row holds something: a title above a table, a note, a sentence."""
    return sum(1 for text in row.texts if text and text.strip()) <= 1


class _Sheet:
    """The rows of one sheet, from the first that is neither known nor left.

    header: the row of its titles; None when they are not those of the table.
    """

    def __init__(
        self, path: Path, entity: str, sheet: Sheet, header: Row | None, titles: tuple[str, ...], *, first: int
    ) -> None:
        self._entity, self._sheet, self._header, self._first = entity, sheet, header, first
        self._titles = titles if header is None else _titles(path, header)
        self._outside = Outside(self._titles)

    def frames(self, *, offset: int, placed: bool) -> Iterator[pl.DataFrame]:
        """The rows as text frames. offset: added to the row numbers. placed: whether paths name the sheet."""
        names = column_names(self._titles)
        collected = Rows(self._entity, names)
        for row in self._sheet.rows():
            if row.number < self._first or (self._header and row.number == self._header.number):
                continue
            collected.add(
                dict(zip(names, row.texts, strict=False)),
                line=offset + row.number,
                path=f"{self._sheet.name}!{row.number}" if placed else None,
                defect=self._defect(row, len(names)),
                remark=_HIDDEN_ROWS if row.hidden else None,
            )
            if collected.full:
                yield self._framed(collected)
        if not collected.empty:
            yield self._framed(collected)

    def _defect(self, row: Row, width: int) -> str | None:
        if self._header is None:
            return (_OTHER if self._sheet.visible else _HIDDEN).format(self._sheet.name)
        if row.number < self._header.number:
            return _ABOVE
        beyond = _BEYOND if any(text and text.strip() for text in row.texts[width:]) else None
        return " ; ".join(defect for defect in (beyond, row.defect) if defect) or None

    def _framed(self, collected: Rows) -> pl.DataFrame:
        frame = collected.take().frame
        if self._header:
            frame = self._outside.marked(frame)
        return _runs_of_hidden(frame) if REMARQUE in frame.columns else frame


def _heads(sheets: Sequence[Sheet]) -> list[tuple[Sheet, list[Row]]]:
    """The first rows of each sheet that holds something."""
    return [(sheet, rows) for sheet in sheets if (rows := list(islice(sheet.rows(), HEAD)))]


def _main(path: Path, heads: Sequence[tuple[Sheet, list[Row]]], knows: Knows | None) -> tuple[Sheet, Row]:
    """The first visible sheet whose titles are known, else that looks like a table, else that holds something.

    It comes with the row of its titles.
    """
    visible = [(sheet, rows) for sheet, rows in heads if sheet.visible]
    if knows:
        for sheet, rows in visible:
            if row := _known(rows, knows):
                return sheet, row
    for sheet, rows in visible:
        if row := next((row for row in rows if not is_lone(row)), None):
            return sheet, row
    if visible:
        return visible[0][0], visible[0][1][0]
    raise UnreadableFile(
        path, "classeur sans aucune feuille visible remplie", "vérifier l'export, puis redéposer le classeur"
    )


def _known(rows: Sequence[Row], knows: Knows) -> Row | None:
    return next((row for row in rows if knows(without_end(row.texts))), None)


def _titles(path: Path, header: Row) -> tuple[str, ...]:
    """Titles of the columns from A to the last titled one, so that a column keeps its position."""
    if header.defect:
        raise UnreadableFile(
            path,
            f"ligne de titres illisible (ligne {header.number}, {header.defect})",
            "ouvrir le classeur dans un tableur, qui calcule ses formules, l'enregistrer, puis le redéposer",
        )
    return without_end(header.texts)


def _runs_of_hidden(frame: pl.DataFrame) -> pl.DataFrame:
    """One remark for each run of hidden rows, on its first row."""
    run = frame[REMARQUE].is_not_null().rle_id()
    count = pl.len().over(run).cast(pl.String)
    first = run.diff().fill_null(1) != 0
    remark = pl.concat_str(pl.col(REMARQUE), count, pl.lit(" à la suite"), pl.lit(_UNHIDE))
    return frame.with_columns(pl.when(pl.col(REMARQUE).is_not_null() & first).then(remark).alias(REMARQUE))
