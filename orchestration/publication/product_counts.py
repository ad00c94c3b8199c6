"""The counts of persons of one product, and the sums that tie them.

Belongs here: every count that the rows of a product tell, those that a share or a mean reveals included, and every sum
that readers could make of them. Does not belong here: sums of several products (`tied_counts`), which counts are hidden
(`small_numbers`, `suppression`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data_contracts.disclosure import WITNESS, Disclosure, Grouping, Link, Term
from orchestration.publication.suppression import NotProtectable

TOLD = "_dit"  # column that names the columns which the publication before told, and that are as they were
_WEIGHT = {"departement": 0, "region": 10, "france": 100}  # how much readers lose when a cell of this level is hidden
_TOTAL_WEIGHT = 2  # hiding the total of a distribution hides all of its shares

Row = dict[str, Any]


def hidden_of(row: Row) -> list[str]:
    """The columns that were hidden of a row."""
    return names_of(row, WITNESS)


def names_of(row: Row, column: str) -> list[str]:
    """The columns that one of a row names."""
    return [name for name in (row.get(column) or "").split(", ") if name]


@dataclass(frozen=True)
class Count:
    """A count, where it stands, and how much is lost by hiding it. value: None when it is hidden already.

    rows: the rows whose `column` is hidden with it; none when no column publishes it. derived: no column gives it, but
    anyone can compute it from one. is_total: it is the total of a distribution. is_sensitive: False for those of whom
    something is not known, be they few.
    """

    rows: tuple[int, ...]
    column: str
    value: int | None
    weight: int = 0
    derived: bool = False
    is_total: bool = False
    is_sensitive: bool = True
    was_hidden: bool = False
    was_told: bool = False


@dataclass(frozen=True)
class Sum:
    """A total and its parts, by their places among the counts.

    remainder: what no part has, and no column gives.
    is_loose: the sum may not hold, because a person who came back is in two of the parts. Readers can only suppose that
    it holds, and find nothing where it does not.
    """

    control: str
    row: int
    total: int
    parts: tuple[int, ...]
    remainder: int | None = None
    is_loose: bool = False

    @property
    def left(self) -> tuple[int, ...]:
        """The remainder, when there is one."""
        return () if self.remainder is None else (self.remainder,)

    @property
    def tied(self) -> set[int]:
        """Everything that the sum ties."""
        return {self.total, *self.parts, *self.left}

    def moved(self, place: Callable[[int], int]) -> Sum:
        """The same sum, of counts that have other places."""
        total, parts, left = place(self.total), tuple(map(place, self.parts)), [place(i) for i in self.left]
        return replace(self, total=total, parts=parts, remainder=left[0] if left else None)


class Counts:
    """Every count of a product, including those that a share reveals, and every sum that readers could make of them."""

    def __init__(
        self, rows: Sequence[Row], declared: Disclosure, key: Sequence[str], parent_of: Mapping[str, str]
    ) -> None:
        self._rows, self.declared, self._key, self._parent_of = rows, declared, tuple(key), parent_of
        self.counts: list[Count] = []
        self.sums: list[Sum] = []
        self._at: dict[tuple[int, str], int] = {}  # (row, column) -> its count
        self._total_of: dict[frozenset[int], int] = {}  # rows of a distribution -> its total
        for row in range(len(rows)):
            self._read(row)
        for column in dict.fromkeys(column for _, column in self._at):
            of_column = {row: i for (row, c), i in self._at.items() if c == column}
            self._territories(column, of_column, self._key)
        for row in range(len(rows)):
            for part, whole in (*declared.parts, *declared.shares, *declared.missing):
                both = self._at.get((row, whole)), self._at.get((row, part))
                self._rest(f"{whole} sans {part}", row, *both, is_sensitive=(part, whole) not in declared.missing)
        self._add_up()
        for group in declared.groups:
            self._distributions(group)

    def together(self) -> Iterator[tuple[int, int]]:
        """Pairs of counts: when the first is hidden, the second must be hidden too, because it rests on the first."""
        for value, base in (*self.declared.supports, *self.declared.shares):
            for row in range(len(self._rows)):
                both = self._at.get((row, base)), self._at.get((row, value))
                if both[0] is not None and both[1] is not None:
                    yield both[0], both[1]

    def controls(self) -> list[tuple[str, str, int, int | None]]:
        """What readers can compute from a published table.

        Each control gives its name, its place, how many cells of a sum are hidden, and what is left of the sum.
        """
        computed: list[tuple[str, str, int, int | None]] = []
        for count in self.counts:
            if count.derived and count.value is not None and count.rows:
                computed.append((f"personnes d'après {count.column}", self._where(count.rows[0]), 0, count.value))
        for tied in (s for s in self.sums if not s.is_loose):
            total, parts = self.counts[tied.total], [self.counts[i] for i in (*tied.parts, *tied.left)]
            hidden = [c for c in (total, *parts) if c.value is None]
            rest = [c for c in parts if not c.rows]
            if rest:  # a difference that no column gives
                computed += [(tied.control, self._where(tied.row), 0, c.value) for c in rest if c.is_sensitive]
                continue
            left = None
            if hidden and total.value is not None:
                left = total.value - sum(c.value for c in parts if c.value is not None)
            # A distribution that shows no share gives no total, which does not mean that the total was hidden: only
            # what is left of it matters.
            of_totals = all(c.is_total for c in (total, *parts))
            computed.append((tied.control, self._where(tied.row), 0 if of_totals else len(hidden), left))
        return computed

    def _where(self, row: int) -> str:
        return " · ".join(str(self._rows[row][c]) for c in self._key)

    def _read(self, row: int) -> None:
        """The counts of a row: those of its columns, and the numerators of its shares."""
        values, declared = self._rows[row], self.declared
        for column in declared.counts:
            weight = sum(column == base for _, base in (*declared.supports, *declared.parts))
            self._add(row, column, values[column], weight)
        for column, base in declared.shares:
            share, whole = values[column], values[base]
            value = None if share is None or whole is None else round(share * whole / 100)
            self._add(row, column, value, derived=True)
        for column, base in declared.means:  # a mean gives a sum, which adds up from territory to territory
            mean, whole = values[column], values[base]
            value = None if mean is None or whole is None else round(mean * whole)
            self._add(row, column, value, derived=True)

    def _add(self, row: int, column: str, value: int | None, weight: int = 0, *, derived: bool = False) -> None:
        was_hidden, was_told = column in hidden_of(self._rows[row]), column in names_of(self._rows[row], TOLD)
        if value is not None or was_hidden:  # an unknown value is in no sum
            level = weight + self._level(row)
            count = Count((row,), column, value, level, derived, was_hidden=was_hidden, was_told=was_told)
            self._at[row, column] = self._append(count)

    def _append(self, count: Count) -> int:
        self.counts.append(count)
        return len(self.counts) - 1

    def _level(self, row: int) -> int:
        return _WEIGHT.get(self._rows[row][self.declared.level], 0) if self.declared.level else 0

    def _territories(self, column: str, counts: Mapping[int, int], key: Sequence[str]) -> None:
        """Adds the sums of territories: each is the sum of those that it holds. counts: row -> count."""
        level, territory = self.declared.level, self.declared.territory
        if not level or not territory:
            return
        strata: dict[tuple[Any, ...], dict[str, int]] = {}
        for row, count in counts.items():
            values = self._rows[row]
            stratum = tuple(values[c] for c in key if c not in (level, territory))
            strata.setdefault(stratum, {})[f"{values[level]}/{values[territory]}"] = count
        for by_place in strata.values():
            held: dict[str, list[int]] = {}
            for place, count in by_place.items():
                if (holder := self._holder(place, by_place)) is not None:
                    held.setdefault(holder, []).append(count)
            for holder, parts in held.items():
                row = self.counts[by_place[holder]].rows[0]
                control = f"{column}, par territoire"
                left = self._nowhere(control, by_place[holder], parts)
                self.sums.append(Sum(control, row, by_place[holder], tuple(parts), remainder=left))

    def _nowhere(self, control: str, whole: int, parts: Sequence[int]) -> int | None:
        """The persons of ESMS without known territory: what is left of the whole without its parts; None for nobody.

        Where something is hidden, nobody is taken to be there, unless the whole is hidden over parts that all are zero:
        a zero is never hidden, so that it counts somebody.
        """
        big, values = self.counts[whole].value, [self.counts[part].value for part in parts]
        if big is None:
            return None if any(values) or None in values else self._append(Count((), control, None, derived=True))
        if None in values or (rest := big - sum(value or 0 for value in values)) <= 0:
            return None
        return self._append(Count((), control, rest, derived=True))

    def _holder(self, place: str, by_place: Mapping[str, int]) -> str | None:
        """The nearest territory that holds another one, and has a count too; None when there is none."""
        if place not in self._parent_of and not place.startswith("france/"):
            raise NotProtectable(f"le territoire « {place} » n'est pas connu")
        holder = self._parent_of.get(place)
        while holder is not None and holder not in by_place:
            holder = self._parent_of.get(holder)
        return holder

    def _rest(self, control: str, row: int, whole: int | None, part: int | None, *, is_sensitive: bool = True) -> None:
        """Adds the difference between a whole and a part, which counts persons too, though no column gives it."""
        if whole is None or part is None:
            return
        big, small = self.counts[whole].value, self.counts[part].value
        rest = None if big is None or small is None else big - small
        if rest is None or rest >= 0:  # under zero, the two contradict each other and nothing can be computed
            left = self._append(Count((), control, rest, derived=True, is_sensitive=is_sensitive))
            self.sums.append(Sum(control, row, whole, (part, left)))

    def _add_up(self) -> None:
        """Adds the declared sums of counts of one row, or of a row and that of an earlier year."""
        if not self.declared.sums:
            return
        by_key = {self._key_of(row): row for row in range(len(self._rows))}
        for total, terms in self.declared.sums:
            for row in range(len(self._rows)):
                parts = [self._at.get((self._row_of(row, term, by_key), term.column)) for term in terms]
                whole = self._at.get((row, total))
                if whole is not None and None not in parts:
                    self.sums.append(Sum("", row, whole, tuple(i for i in parts if i is not None), is_loose=True))

    def _key_of(self, row: int, columns: Sequence[str] | None = None) -> tuple[Any, ...]:
        return tuple(self._rows[row][c] for c in columns or self._key)

    def _row_of(self, row: int, term: Term, by_key: Mapping[tuple[Any, ...], int]) -> int:
        """The row where a term stands; -1 when there is none."""
        if term.key is None:
            return row
        values = self._rows[row]
        return by_key.get(tuple(values[c] - term.less if c == term.key else values[c] for c in self._key), -1)

    def linked(self, link: Link, other: Counts) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """(row, count of the other product, counts of this one that give the same number).

        For a distribution, the count of this product is its total.
        """
        theirs = {other._key_of(row): i for (row, column), i in other._at.items() if column == link.column}
        members: dict[tuple[Any, ...], list[int]] = {}
        for row, values in enumerate(self._rows):
            if link.holds(values):
                members.setdefault(self._key_of(row, other._key), []).append(row)
        for key, rows in members.items():
            total = self._total_of.get(frozenset(rows))
            is_sum = link.column not in {mean for mean, _ in other.declared.means}
            own = [total] if total is not None and is_sum else [self._at.get((row, link.count)) for row in rows]
            if key in theirs and None not in own:
                yield rows[0], theirs[key], tuple(i for i in own if i is not None)

    def _distributions(self, group: Grouping) -> None:
        """Adds the sums of distributions: components add up to a total, which any of their shares reveals."""
        members: dict[tuple[Any, ...], list[int]] = {}
        for row, values in enumerate(self._rows):
            if (row, group.count) in self._at:
                members.setdefault(tuple(values[c] for c in group.by), []).append(row)
        totals: dict[int, int] = {}
        for rows in members.values():
            parts = tuple(self._at[row, group.count] for row in rows)
            multiple = group.is_multiple(self._rows[rows[0]])
            value = self._total(group, rows, parts, multiple)
            weight = _TOTAL_WEIGHT + self._level(rows[0])
            named = [hidden_of(self._rows[row]) for row in rows]
            # Hidden itself, when the shares left without their counts; else they left with them.
            hidden = all(group.share in names for names in named) and any(group.count not in names for names in named)
            told = any({group.count, group.share} <= {*names_of(self._rows[row], TOLD)} for row in rows)
            total = self._append(
                Count(
                    tuple(rows), group.share, value, weight,
                    derived=True, is_total=True, was_hidden=hidden, was_told=told,
                )
            )  # fmt: skip
            totals[rows[0]] = total
            self._total_of[frozenset(rows)] = total
            if multiple:
                for row, part in zip(rows, parts, strict=True):
                    self._rest(f"{group.count}, ensemble sans la réponse", row, total, part)
            else:
                self.sums.append(Sum(f"{group.count}, répartition", rows[0], total, parts))
        self._territories(f"{group.count}, ensemble", totals, group.by)

    def _total(self, group: Grouping, rows: Sequence[int], parts: Sequence[int], multiple: bool) -> int | None:
        """The total of a distribution, from its most precise share, else from its parts; None when it is hidden."""
        shared = [(values[group.count], values[group.share]) for values in (self._rows[row] for row in rows)]
        shared = [(count, share) for count, share in shared if count and share]
        if shared:
            count, share = max(shared)
            return round(count * 100 / share)
        known = [self.counts[i].value for i in parts]
        return None if multiple or None in known else sum(value or 0 for value in known)
