"""The rows of products about persons as they may be published, once it is known what each count is held as.

Belongs here: writing held counts in rows, what they bear (means, shares), since when a row is so. Does not belong here:
what a count is held as (`held_counts`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from data_contracts.disclosure import HELD, WITNESS
from data_contracts.figures import rounded
from orchestration.publication.held_rows import TOTAL, Cell, Rest, Rows, Stratum, scope_of
from orchestration.publication.product_counts import TOLD, Row, hidden_of

_DECIMALS = 1  # of a mean that is told again: its decimals would give how many persons bear it


@dataclass(frozen=True)
class Frames:
    """now, before: the rows of the warehouse, and those held, by product. known: what the warehouse counts; value: what
    each count may be published as; held: what it was. opened: what was hidden and is shown again. is_old: whether the
    publication before told of this public and year.
    """

    now: Mapping[str, Rows]
    before: Mapping[str, Rows]
    known: Mapping[Cell, int]
    value: Mapping[Cell, int]
    held: Mapping[Cell, int]
    opened: Set[Cell]
    is_old: Callable[[Stratum], bool]

    @cached_property
    def _present(self) -> set[tuple[str, Rest]]:
        """The publics and years that the warehouse tells of, by product."""
        return {scope for rows in self.now.values() for scope in rows.scopes()}

    @staticmethod
    def _rest_of(rows: Rows, key: tuple[Any, ...]) -> Rest:
        return tuple(zip(rows.key, key, strict=True))

    def frame(self, name: str, like: pl.DataFrame, today: date) -> pl.DataFrame:
        """The rows of a product as they may be published, with what is said of them."""
        now, before = self.now[name], self.before.get(name)
        keys = dict.fromkeys((*now.at, *(before.at if before else ())))
        rows = [row for key in keys if (row := self._row(now, before, key, today)) is not None]
        self._share_out(now, before, rows)
        schema = {**like.schema, HELD: pl.Date, WITNESS: pl.String, TOLD: pl.String}
        return pl.DataFrame([{c: r.get(c) for c in schema} for r in rows], schema=schema)

    def _row(self, now: Rows, before: Rows | None, key: tuple[Any, ...], today: date) -> Row | None:
        mine = now.rows[now.at[key]] if key in now.at else None
        if mine is None and (now.name, scope_of(self._rest_of(now, key))) not in self._present:
            return None  # a public and a year of which nothing is known any more
        theirs = before.rows[before.at[key]] if before is not None and key in before.at else None
        row: Row = dict(mine if mine is not None else theirs or {})
        declared = now.declared
        if before is None or not self.is_old((now.name, "", now.rest(row))):
            return {**row, HELD: today, WITNESS: self._would_tell(now, row)}
        for column in declared.counts:
            if row[column] is not None or (theirs is not None and theirs[column] is not None and mine is None):
                row[column] = self.value[now.cell(row, column)]
        if theirs is None and not any(row[c] for c in declared.counts):
            return None
        for column, base in declared.supports:
            if column in declared.counts or column in dict(declared.shares):
                continue
            if theirs is not None and row[base] == theirs[base]:
                row[column] = theirs[column]
            elif row[column] is not None:
                row[column] = rounded(row[column], _DECIMALS)
        for share, base in declared.shares:
            cell = now.cell(row, share)
            if theirs is not None and row[base] == theirs[base] and self.value.get(cell) == self.held.get(cell):
                row[share] = theirs[share]
            elif row[share] is not None:
                row[share] = min(100.0, 100.0 * self.value[cell] / row[base]) if row[base] else None
        bases = {**dict(declared.supports), **{c: c for c in declared.counts}}
        hidden = [c for c in (hidden_of(theirs) if theirs else ()) if now.cell(row, bases.get(c, c)) not in self.opened]
        row[WITNESS] = ", ".join(c for c in hidden if row[c] is not None) or None
        return {**row, HELD: today}

    def _would_tell(self, now: Rows, row: Row) -> str | None:
        """What of a row that was never published would tell a count which is held: rows of a product that comes after
        those about the same persons, and that add up to one of theirs."""
        for link in now.declared.links:
            other = self.now.get(link.product)
            if other is None or not link.holds(row) or not set(other.key) <= set(now.key):
                continue
            cell = (other.name, link.column, other.rest(row)), now.place(row)
            if cell in self.value and self.is_old(cell[0]) and self.value[cell] != self.known.get(cell, 0):
                return ", ".join(c for c in now.declared.protected if row[c] is not None) or None
        return None

    def _share_out(self, now: Rows, before: Rows | None, rows: list[Row]) -> None:
        """The shares of distributions, of what is held; then what readers have already, and since when it is so."""
        for group in now.declared.groups:
            members: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
            for row in rows:
                members[tuple(row[c] for c in group.by)].append(row)
            for together in members.values():
                self._share_one(
                    now, before, together, group.count, group.share, group.is_multiple(together[0]), group.by
                )
        for row in rows:
            key = tuple(row[c] for c in now.key)
            theirs = before.rows[before.at[key]] if before is not None and key in before.at else None
            if theirs is None:
                continue
            protected = now.declared.protected
            told = [c for c in protected if row[c] is not None and row[c] == theirs[c] and c not in hidden_of(theirs)]
            row[TOLD] = ", ".join(told) or None
            if all(row[c] == theirs[c] for c in protected) and row[WITNESS] == theirs[WITNESS]:
                row[HELD] = theirs[HELD]

    def _share_one(
        self,
        now: Rows,
        before: Rows | None,
        rows: list[Row],
        count: str,
        share: str,
        is_multiple: bool,
        by: Sequence[str],
    ) -> None:
        if before is None or not self.is_old((now.name, "", now.rest(rows[0]))):
            return
        former = [before.rows[before.at[k]] if (k := tuple(r[c] for c in now.key)) in before.at else None for r in rows]
        total_cell = (now.name, TOTAL + share, now.rest(rows[0], by)), now.place(rows[0])
        same_total = not is_multiple or self.value.get(total_cell) == self.held.get(total_cell)
        if same_total and all(f is not None and f[count] == r[count] for f, r in zip(former, rows, strict=True)):
            for f, r in zip(former, rows, strict=True):
                r[share] = f[share] if f is not None else None
            return
        total = self.value.get(total_cell, 0) if is_multiple else sum(r[count] or 0 for r in rows)
        for r in rows:
            r[share] = None if r[count] is None or not total else min(100.0, 100.0 * r[count] / total)
