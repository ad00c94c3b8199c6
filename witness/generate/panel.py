"""The panel: one row for each ET and year, a plain bag of named arrays that each subject fills.

Belongs here: the rows (who exists at 31/12 of which year) and access to them. Does not belong here: the rule of any
subject.

A value is NaN, or None for a text, when it does not apply or when nobody knows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import YEARS
from witness.generate.streams import Floats, Integers


@dataclass
class Panel:
    """Rows sorted by year then ET. `v` holds the numbers by name, `t` the texts, `d` the dates."""

    et: Integers
    year_rank: Integers
    table_et: pl.DataFrame
    v: dict[str, Floats] = field(default_factory=dict)
    t: dict[str, np.ndarray] = field(default_factory=dict)
    d: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.et)

    @property
    def year(self) -> Integers:
        """Millésime of each row."""
        return np.array(YEARS)[self.year_rank]

    @cached_property
    def ej(self) -> Integers:
        """EJ that runs the ET at 31/12 of the year."""
        end = np.array([np.datetime64(f"{a}-12-31") for a in YEARS])[self.year_rank]
        change = self.by_et(self.table_et["date_changement_ej"].to_numpy().astype("datetime64[D]"))
        before = self.by_et(self.table_et["ej_id_avant"].to_numpy())
        return np.where(change > end, before, self.by_et(self.table_et["ej_id"].to_numpy()))

    @property
    def profil(self) -> Integers:
        """Operating profile of each row, as an index in `facts.profils()`."""
        return self.table_et["profil_id"].to_numpy()[self.et]

    def is_a(self, *profils: str) -> np.ndarray:
        """Mask of the rows whose profile is one of these."""
        ranks = [facts.profils().index(p) for p in profils]
        return np.isin(self.profil, ranks)

    def fact(self, column: str) -> Floats:
        """A number of `faits/profils.csv`, for the profile of each row."""
        return facts.numbers("profils", column)[self.profil]

    def by_et(self, values: np.ndarray) -> np.ndarray:
        """The values of an array (n_et, …) for the ET of each row."""
        return values[self.et]

    def by_et_and_year(self, values: Floats) -> Floats:
        """The values of an array (n_et, years) for the ET and the year of each row."""
        return values[self.et, self.year_rank]

    def year_before(self) -> Integers:
        """Rank of the row of the same ET a year before, -1 when there is none."""
        position = np.full((len(self.table_et), len(YEARS)), -1, dtype=np.int64)
        position[self.et, self.year_rank] = np.arange(len(self))
        return np.where(self.year_rank > 0, position[self.et, np.maximum(self.year_rank - 1, 0)], -1)


def build(table_et: pl.DataFrame) -> Panel:
    """Rows of the ET that are open at 31/12 of each year."""
    et_pieces: list[Integers] = []
    year_pieces: list[Integers] = []
    opening, closure = table_et["date_ouverture"], table_et["date_fermeture"]
    for rank, year in enumerate(YEARS):
        end = date(year, 12, 31)
        is_open = ((opening <= end) & (closure.is_null() | (closure > end))).to_numpy()
        ids = np.flatnonzero(is_open)
        et_pieces.append(ids)
        year_pieces.append(np.full(len(ids), rank))
    return Panel(np.concatenate(et_pieces), np.concatenate(year_pieces), table_et)
