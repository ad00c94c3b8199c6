"""The counts of persons of several products that speak of the same persons, and every sum that ties them.

Belongs here: tables put together, what their links tell again, the counts to hide of all of them, the sums that hold.
Does not belong here: the counts of one product (`product_counts`), which cells to choose (`suppression`), the rows as
they may be published (`small_numbers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from data_contracts.disclosure import Disclosure, Link
from orchestration.publication.product_counts import Count, Counts, Sum
from orchestration.publication.suppression import Cell, Margin, suppress


@dataclass(frozen=True)
class Table:
    """The rows of a product, what it declares about the persons that they count, and its primary key."""

    frame: pl.DataFrame
    declared: Disclosure
    key: tuple[str, ...]


@dataclass(frozen=True)
class KnownCount:
    """A count of a product, for who has the rows. rows: those that tell it; none for what no column gives."""

    product: str
    rows: tuple[int, ...]
    column: str
    value: int
    is_total: bool = False


@dataclass(frozen=True)
class Tie:
    """A sum that holds: the places of its terms, which make zero with their signs."""

    terms: tuple[tuple[int, float], ...]

    @property
    def places(self) -> set[int]:
        return {place for place, _ in self.terms}


class Joined:
    """The counts of several tables, one after the other, with the sums that tie them."""

    def __init__(self, tables: Mapping[str, Counts]) -> None:
        self._tables = tables
        self._first: dict[str, int] = {}
        self.counts: list[Count] = []
        self._sums: list[Sum] = []
        self._with_it: list[tuple[int, int]] = []
        for name, table in tables.items():
            first = self._first[name] = len(self.counts)
            self.counts += table.counts
            self._sums += [s.moved(lambda i, first=first: first + i) for s in table.sums]
            self._with_it += [(first + base, first + value) for base, value in table.together()]
        for name, table in tables.items():
            for link in table.declared.links:
                if link.product in tables:
                    self._link(name, link)

    def _link(self, name: str, link: Link) -> None:
        other = self._tables[link.product]
        is_mean = link.column in {mean for mean, _ in other.declared.means}
        for row, theirs, own in self._tables[name].linked(link, other):
            total, parts = self._first[link.product] + theirs, tuple(self._first[name] + i for i in own)
            if is_mean:
                self._with_it += [(part, total) for part in parts]
            else:
                self._told_again(row, total, parts)

    def _told_again(self, row: int, total: int, parts: tuple[int, ...]) -> None:
        """Adds the sum of counts that another table tells, less those of whom this one does not know something."""
        big, values = self.counts[total].value, [self.counts[i].value for i in parts]
        unknown = 0 if big is None or None in values else big - sum(value or 0 for value in values)
        if unknown < 0:
            return  # they contradict each other, and nothing can be computed
        if unknown:
            self.counts.append(Count((), "", unknown, derived=True, is_sensitive=False))
            parts = (*parts, len(self.counts) - 1)
        self._sums.append(Sum("", row, total, parts, is_loose=True))

    def to_hide(self, minimum: int) -> dict[str, list[Count]]:
        """The counts to hide in each table, besides those that are hidden already. Raises NotProtectable."""
        known = [i for i, count in enumerate(self.counts) if count.value is not None]
        place = {i: k for k, i in enumerate(known)}
        cells = [
            Cell(c.value or 0, c.weight, published=bool(c.rows), is_sensitive=c.is_sensitive)
            for c in (self.counts[i] for i in known)
        ]
        sums = [
            s.moved(place.__getitem__)
            for s in self._sums
            if s.tied <= place.keys()  # where something is hidden already, enough was hidden
            if not s.is_loose or self._holds(s)
        ]
        margins = [Margin(s.total, s.parts, s.remainder) for s in sums]
        with_it: dict[int, list[int]] = {}
        for base, value in self._with_it:
            if base in place and value in place:
                with_it.setdefault(place[base], []).append(place[value])
        chosen: dict[str, list[Count]] = {name: [] for name in self._tables}
        starts = sorted((first, name) for name, first in self._first.items())
        before = [k for k, i in enumerate(known) if self.counts[i].was_hidden]
        told = [k for k, i in enumerate(known) if self.counts[i].was_told]
        for k in suppress(cells, margins, minimum, with_it, hidden=before, told=told):
            chosen[max(s for s in starts if s[0] <= known[k])[1]].append(self.counts[known[k]])
        return chosen

    def ties(self) -> tuple[list[KnownCount], list[Tie]]:
        """What is known, and the sums that hold of it."""
        known = [i for i, count in enumerate(self.counts) if count.value is not None]
        place = {i: k for k, i in enumerate(known)}
        starts = sorted((first, name) for name, first in self._first.items())
        counts = [
            KnownCount(max(s for s in starts if s[0] <= i)[1], c.rows, c.column, c.value or 0, c.is_total)
            for i, c in ((i, self.counts[i]) for i in known)
        ]
        sums = [
            Tie(((place[s.total], -1.0), *((place[i], 1.0) for i in (*s.parts, *s.left))))
            for s in self._sums
            if s.tied <= place.keys() and self._holds(s)
        ]
        return counts, sums

    def hidden_together(self) -> list[set[tuple[str, int, str]]]:
        """The counts that were hidden, each set with what no column gives taken away: those that sums tie."""
        group: dict[int, int] = {}

        def root(i: int) -> int:
            while group.setdefault(i, i) != i:
                i = group[i]
            return i

        out_of_sight = {i for i, c in enumerate(self.counts) if c.was_hidden or not c.rows}
        for s in self._sums:
            first, *others = sorted(s.tied & out_of_sight) or [None]
            for other in others:
                group[root(other)] = root(first)  # type: ignore[arg-type]  there is a first when there are others
        for base, value in self._with_it:
            if {base, value} <= out_of_sight:
                group[root(base)] = root(value)
        starts = sorted((first, name) for name, first in self._first.items())
        found: dict[int, set[tuple[str, int, str]]] = {}
        for i, count in enumerate(self.counts):
            if count.was_hidden and not count.is_total:
                name = max(s for s in starts if s[0] <= i)[1]
                found.setdefault(root(i), set()).add((name, count.rows[0], count.column))
        return list(found.values())

    def _holds(self, supposed: Sum) -> bool:
        total, *parts = (self.counts[i].value for i in (supposed.total, *supposed.parts, *supposed.left))
        return total == sum(n or 0 for n in parts)


def ties(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> tuple[list[KnownCount], list[Tie]]:
    """Every count of several tables in which nothing is hidden, and every sum of them that holds."""
    return join(tables, parent_of).ties()


def hidden_together(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> list[set[tuple[str, int, str]]]:
    """The counts that `secret` names in tables that keep their values, each with those that hide it: product, row,
    column."""
    return join(tables, parent_of).hidden_together()


def join(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> Joined:
    """The counts of several tables. Raises NotProtectable: a territory that is not known."""
    return Joined({name: Counts(t.frame.to_dicts(), t.declared, t.key, parent_of) for name, t in tables.items()})
