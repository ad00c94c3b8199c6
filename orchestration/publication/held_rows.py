"""The rows of a product about persons, by their key, and every count that they tell.

Belongs here: how a count is named from a publication to the next, what rows tell and hide. Does not belong here: what
may move of it (`held_counts`), the rows that are published (`held_frames`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.disclosure import Disclosure
from orchestration.publication.product_counts import Row, hidden_of

SCOPE = ("domaine", "annee")  # of the key: a public and a year that were not published yet are published as they are
TOTAL = "ensemble de "  # before a share: the cell of the total that this share tells, when the parts do not add up

Rest = tuple[tuple[str, Any], ...]  # the key of a row without its territory
Stratum = tuple[str, str, Rest]  # product, column, the same in every territory
Cell = tuple[Stratum, str]  # and the territory, as `niveau/code`


@dataclass
class Rows:
    """The rows of a product by their key, and every count that they tell."""

    name: str
    rows: Sequence[Row]
    declared: Disclosure
    key: tuple[str, ...]
    at: dict[tuple[Any, ...], int] = field(init=False)

    def __post_init__(self) -> None:
        self.at = {tuple(row[c] for c in self.key): i for i, row in enumerate(self.rows)}

    def place(self, row: Row) -> str:
        level, territory = self.declared.level, self.declared.territory
        return f"{row[level]}/{row[territory]}" if level and territory else ""

    def rest(self, row: Row, columns: Iterable[str] | None = None) -> Rest:
        apart = (self.declared.level, self.declared.territory)
        return tuple((c, row[c]) for c in columns or self.key if c not in apart)

    def cell(self, row: Row, column: str) -> Cell:
        return (self.name, column, self.rest(row)), self.place(row)

    def counts(self) -> dict[Cell, int]:
        """Every count that a column or a share tells."""
        found: dict[Cell, int] = {}
        for row in self.rows:
            for column in self.declared.counts:
                if row[column] is not None:
                    found[self.cell(row, column)] = row[column]
            for share, base in self.declared.shares:
                if row[share] is not None and row[base] is not None:
                    found[self.cell(row, share)] = round(row[share] * row[base] / 100)
        for cell, rows in self.totals().items():
            told = [(r[g.count], r[g.share]) for r in rows for g in self.declared.groups if r[g.count] and r[g.share]]
            if told:
                count, share = max(told)
                found[cell] = round(count * 100 / share)
        return found

    def unknown(self) -> Iterator[Cell]:
        """The counts of the rows that are there, and of which nobody knows."""
        told = (*self.declared.counts, *(share for share, _ in self.declared.shares))
        return (self.cell(row, column) for row in self.rows for column in told if row[column] is None)

    def totals(self) -> dict[Cell, list[Row]]:
        """The totals of distributions whose answers do not add up, and their rows."""
        found: dict[Cell, list[Row]] = defaultdict(list)
        for group in self.declared.groups:
            for row in self.rows:
                if group.is_multiple(row):
                    cell = (self.name, TOTAL + group.share, self.rest(row, group.by)), self.place(row)
                    found[cell].append(row)
        return found

    def hidden(self) -> set[Cell]:
        """The counts that were hidden."""
        cells = {self.cell(row, c) for row in self.rows for c in hidden_of(row) if c in self.declared.protected}
        for group in self.declared.groups:
            cells |= {
                cell for cell, rows in self.totals().items()
                if cell[0][1] == TOTAL + group.share and all(group.share in hidden_of(r) for r in rows)
            }  # fmt: skip
        return cells

    def scopes(self) -> set[tuple[str, Rest]]:
        return {(self.name, scope_of(self.rest(row))) for row in self.rows}


def scope_of(rest: Rest) -> Rest:
    """The public and the year of a key."""
    return tuple(pair for pair in rest if pair[0] in SCOPE)
