"""What stands in the file of a table without being one of its rows: repeated titles, notes, another table below.

Belongs here: recognising it in frames of text, whatever the family of the file. Does not belong here: rules about
values (the contracts). A line of totals is a row, which the contract judges.

Titles that come again (several files put end to end, a page break) are left out, because they say nothing. Anything
else that is not a row becomes a defective row, so that it is counted and its sender is told. A line is never judged by
its place alone: it is no row when each of its filled cells is a word, in columns of figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from ingest.read.frames import BLANKS, DEFAUT, LIGNE, REMEDY

_SAMPLE = 200  # rows from which a column is said to be of figures
_WORD = r"\p{L}{3}"  # not « 2A0000012 », nor « NC »
_FIGURES = r"^\P{L}*\d\P{L}*$"  # a number, a code, a day: a figure, and no letter
_NOTE = f"ligne hors du tableau (note, titre ou intertitre).{REMEDY}La retirer du fichier si elle n'est pas une donnée."
_OTHER = (
    f"ligne d'un autre tableau, sous le premier : elle n'est pas lue.{REMEDY}Livrer cet autre tableau dans son propre "
    "fichier, ou lui donner les titres du premier."
)


class Outside:
    """Goes through the chunks of one table: leaves out titles that come again, and marks what is no row."""

    def __init__(self, titles: Sequence[str]) -> None:
        """titles: of the columns, in order, as delivered; an absent title is empty."""
        self._titles = [title.strip(BLANKS) for title in titles]
        self._figures: list[int] | None = None  # the columns of figures
        self._last = 0  # line of the last row seen
        self._below = False  # in another table

    def marked(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without the titles that come again, and with a defect on every line that is no row."""
        if not frame.height or not any(self._titles):
            return frame
        names = frame.columns[: len(self._titles)]
        titles, shuffled = self._titles_again(frame, names)
        reasons = self._reasons(frame, names, titles, shuffled)
        if reasons is not None:
            frame = frame.with_columns(pl.coalesce(DEFAUT, reasons).alias(DEFAUT))
        return frame.filter(~titles) if titles.any() else frame

    def _titles_again(self, frame: pl.DataFrame, names: list[str]) -> tuple[pl.Series, pl.Series]:
        """The rows that hold the titles again, and those that hold them in another order, as masks."""
        first = next(i for i, title in enumerate(self._titles) if title)
        maybe = _bare(frame[names[first]]).is_in(sorted({title for title in self._titles if title}))
        if not maybe.any():
            return maybe, maybe
        cells = frame.filter(maybe).select(_bare(pl.col(n)) for n in names)
        alike, same = cells.select(
            alike=pl.concat_list(names).list.sort().list.join("\0") == "\0".join(sorted(self._titles)),
            same=pl.all_horizontal(pl.col(n) == t for n, t in zip(names, self._titles, strict=True)),
        )
        ranks = pl.int_range(frame.height, eager=True)
        places = ranks.filter(maybe)
        return ranks.is_in(places.filter(same).implode()), ranks.is_in(places.filter(alike & ~same).implode())

    def _reasons(
        self, frame: pl.DataFrame, names: list[str], titles: pl.Series, shuffled: pl.Series
    ) -> pl.Series | None:
        after_blank = frame[LIGNE].diff().fill_null(frame[LIGNE][0] - (self._last or frame[LIGNE][0])) > 1
        self._last = int(frame[LIGNE][-1])
        filled = frame.select(pl.sum_horizontal(_filled(n) for n in names)).to_series()
        lone = (filled == 1) & (len(names) > 1)
        worded = (after_blank | lone) & ~titles & frame[DEFAUT].is_null()
        if worded.any():
            words = [~_filled(n) | pl.col(n).str.contains(_WORD) for n in names]
            worded = worded & frame.select(pl.all_horizontal(words)).to_series()
        if self._figures is None:
            self._figures = _of_figures(frame.filter(~worded & ~titles & frame[DEFAUT].is_null()), names)
        if not (worded.any() or shuffled.any() or self._below):
            return None
        strange = frame.select(
            pl.sum_horizontal(pl.repeat(0, pl.len()), *(_filled(names[i]) for i in self._figures or ()))
        ).to_series()
        note = worded & lone & (strange > 0)
        other = shuffled | (worded & ~lone & (strange > 1) & _all_different(frame, names, filled))
        below = frame.select(
            pl.when(other).then(True).when(titles).then(False).forward_fill().fill_null(self._below)
        ).to_series()
        self._below = bool(below[-1])
        return frame.select(pl.when(below).then(pl.lit(_OTHER)).when(note).then(pl.lit(_NOTE))).to_series()


def _all_different(frame: pl.DataFrame, names: list[str], filled: pl.Series) -> pl.Series:
    """Whether the filled cells of a row all differ, as titles do; those of « secret ; secret » do not."""
    cells = pl.concat_list(_bare(pl.col(n)) for n in names).list.unique()
    return frame.select(cells.list.len() - cells.list.contains("").cast(pl.UInt32)).to_series() == filled


def _bare(text: Any) -> Any:
    return text.fill_null("").str.strip_chars(BLANKS)


def _filled(name: str) -> pl.Expr:
    return pl.col(name).fill_null("") != ""


def _of_figures(rows: pl.DataFrame, names: list[str]) -> list[int] | None:
    """The columns in which most cells of the first rows are figures; None when there is no row to judge by."""
    if not rows.height:
        return None
    sample = rows.head(_SAMPLE)
    mostly_figures = sample.select(
        (2 * pl.col(n).fill_null("").str.contains(_FIGURES).sum() > _filled(n).sum()).alias(n) for n in names
    ).row(0)
    return [i for i, of_figures in enumerate(mostly_figures) if of_figures]
