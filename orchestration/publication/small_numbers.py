"""Small numbers of persons, hidden when a product leaves the warehouse, as its contract declares (`disclosure`).

Belongs here: the threshold, the counts of a product and the sums that tie them, its rows as they may be published, the
controls of what was written. Does not belong here: which cells to choose (`suppression`), the shape of the declaration
(`data_contracts.disclosure`).

docs/secret.md says what is protected, what is not, and where the rules come from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from data_contracts import nomenclatures
from data_contracts.disclosure import LOWEST, SETTING, THRESHOLD, WITNESS, Disclosure, Grouping, Link, Term, pointing
from data_contracts.loading import Product
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from orchestration.publication.suppression import Cell, Margin, NotProtectable, suppress

SCOPE = "secret"
_WEIGHT = {"departement": 0, "region": 10, "france": 100}  # how much readers lose when a cell of this level is hidden
_TOTAL_WEIGHT = 2  # hiding the total of a distribution hides all of its shares

_FORMER = "_avant"  # of the columns of the publication before
TOLD = "_dit"  # column that names the columns which the publication before told, and that are as they were

_PSEUDONYM = r"\b[0-9a-f]{32}\b"

Row = dict[str, Any]


def threshold() -> int:
    """Under how many persons a count is hidden: the setting of the warehouse, else that of the project.

    Raises PublicationBlocked when the setting is not a whole number, or is under the lowest threshold of the sector.
    """
    given = os.environ.get(SETTING, "").strip()
    if not given:
        return THRESHOLD
    if not given.isdecimal() or int(given) < LOWEST:
        raise PublicationBlocked(
            f"le seuil de diffusion {SETTING} = « {given} » n'est pas admis.",
            [f"Attendu : un entier d'au moins {LOWEST}. Remède : le corriger, ou le retirer ({THRESHOLD} par défaut)."],
        )
    return int(given)


def threshold_of(declared: Disclosure, setting: int) -> int:
    """The threshold of a product: its own, else the setting."""
    return setting if declared.threshold is None else declared.threshold


def check(products: Iterable[Product]) -> None:
    """Raises PublicationBlocked when a column of a product identifies persons, or when a product counts persons without
    declaring how small numbers are hidden.
    """
    products = list(products)
    wrong = [f"{p.id}.{c}" for p in products for c in pointing((f.name for f in p.fields), personal=p.personal)]
    if wrong:
        remedy = "désigne une personne, sous son nom ou un pseudonyme. Retirez la colonne du contrat et du modèle."
        raise PublicationBlocked("un produit désigne des personnes.", [f"{x} : {remedy}" for x in wrong])
    silent = [p.id for p in products if p.personal and p.disclosure is None]
    if silent:
        remedy = "compte des personnes sans dire ce qui est masqué. Déclarez « disclosure » dans son contrat."
        raise PublicationBlocked("un produit sur des personnes n'est pas protégé.", [f"{x} : {remedy}" for x in silent])


@lru_cache(maxsize=1)
def parents() -> Mapping[str, str]:
    """Territory -> the one that holds it, as `niveau/code`: département -> region (COG), region -> France."""
    holders: dict[str, str] = {}
    for row in nomenclatures.read_list("insee_departements"):
        holders[f"departement/{row['code']}"] = f"region/{row['region_code']}"
        holders[f"region/{row['region_code']}"] = "france/FR"
    return holders


@dataclass(frozen=True)
class Table:
    """The rows of a product, what it declares about the persons that they count, and its primary key."""

    frame: pl.DataFrame
    declared: Disclosure
    key: tuple[str, ...]


def hide(tables: Mapping[str, Table], minimum: int, parent_of: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """The rows of several tables as they may be published together.

    Small counts, and the counts that would give them away, are null, and the column `secret` names them. What was
    hidden already (null, or a value that `secret` names) stays so; what TOLD names hides nothing, for readers have it.

    minimum: the threshold. parent_of: `niveau/code` -> the territory that holds it.

    Raises NotProtectable: a territory that is not known, margins that contradict themselves.
    """
    chosen = _join(tables, parent_of).to_hide(minimum)
    return {name: _without(table, chosen[name]) for name, table in tables.items()}


def _without(table: Table, chosen: Iterable[_Count]) -> pl.DataFrame:
    """A table in which some counts are hidden, with the values that depend on them."""
    frame, declared = table.frame, table.declared
    rows = frame.to_dicts()
    hidden = [set(_hidden(row)) for row in rows]
    for count in chosen:
        for place in count.rows:
            hidden[place].add(count.column)
    borne = (*declared.supports, *((g.share, g.count) for g in declared.groups))
    for row, names in zip(rows, hidden, strict=True):
        # A value whose count is not known may rest on too few persons: it is not published either.
        names.update(value for value, base in borne if base in names or row[base] is None)
        names.difference_update([name for name in names if row[name] is None and name not in _hidden(row)])
    order = [c for c in frame.columns if c in declared.protected]
    witness = [", ".join(c for c in order if c in names) or None for names in hidden]
    masks = {c: pl.Series(f"_{c}", [c in names for names in hidden], pl.Boolean) for c in order}
    return frame.with_columns(
        *(pl.when(masks[c]).then(None).otherwise(pl.col(c)).alias(c) for c in order),
        pl.Series(WITNESS, witness, pl.String),
    )


def protected(products: Iterable[Product], frames: Mapping[str, pl.DataFrame], setting: int) -> dict[str, pl.DataFrame]:
    """The rows of the products of the project as they may be published (`hide`).

    Products about the same persons are protected together, with the highest of their thresholds. frames: by product, as
    built. Raises PublicationBlocked.
    """
    if spoilt := [f"{name}.{c}" for name, frame in frames.items() for c in _with_pseudonyms(frame)]:
        remedy = "des valeurs ont la forme d'un pseudonyme (32 caractères hexadécimaux). Retirez-les du modèle."
        raise PublicationBlocked("un produit désigne des personnes.", [f"{x} : {remedy}" for x in spoilt])
    safe: dict[str, pl.DataFrame] = {}
    for group in together(products):
        declared = {p.id: p.disclosure for p in group if p.disclosure is not None}
        tables = {p.id: Table(frames[p.id], declared[p.id], p.primary_key) for p in group}
        minimum = max(threshold_of(each, setting) for each in declared.values())
        try:
            safe |= hide(tables, minimum, parents())
        except NotProtectable as error:
            raise PublicationBlocked(
                "un produit ne peut pas être protégé.",
                [f"{', '.join(tables)} : {error}. Corrigez le modèle ou sa déclaration « disclosure »."],
            ) from error
    return safe


def _with_pseudonyms(frame: pl.DataFrame) -> list[str]:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return [name for name in texts if frame[name].str.contains(_PSEUDONYM).any()]


def together(products: Iterable[Product]) -> list[list[Product]]:
    """The products about persons in groups: those that declared links tie, directly or not, are in one group."""
    groups: list[list[Product]] = []
    for product in (p for p in products if p.disclosure is not None):
        links = {link.product for link in product.disclosure.links} if product.disclosure else set()
        tied = [
            g
            for g in groups
            if any(p.id in links or (p.disclosure and product.id in {x.product for x in p.disclosure.links}) for p in g)
        ]
        groups = [g for g in groups if g not in tied] + [[*(p for g in tied for p in g), product]]
    return groups


def _hidden(row: Row) -> list[str]:
    return _names(row, WITNESS)


def _names(row: Row, column: str) -> list[str]:
    return [name for name in (row.get(column) or "").split(", ") if name]


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


def ties(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> tuple[list[KnownCount], list[Tie]]:
    """Every count of several tables in which nothing is hidden, and every sum of them that holds."""
    return _join(tables, parent_of).ties()


def hidden_together(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> list[set[tuple[str, int, str]]]:
    """The counts that `secret` names in tables that keep their values, each with those that hide it: product, row,
    column."""
    return _join(tables, parent_of).hidden_together()


def _join(tables: Mapping[str, Table], parent_of: Mapping[str, str]) -> _Joined:
    return _Joined({name: _Counts(t.frame.to_dicts(), t.declared, t.key, parent_of) for name, t in tables.items()})


# --- the counts of a product, and the sums that tie them


@dataclass(frozen=True)
class _Count:
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
class _Sum:
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

    def moved(self, place: Callable[[int], int]) -> _Sum:
        """The same sum, of counts that have other places."""
        total, parts, left = place(self.total), tuple(map(place, self.parts)), [place(i) for i in self.left]
        return replace(self, total=total, parts=parts, remainder=left[0] if left else None)


class _Counts:
    """Every count of a product, including those that a share reveals, and every sum that readers could make of them."""

    def __init__(
        self, rows: Sequence[Row], declared: Disclosure, key: Sequence[str], parent_of: Mapping[str, str]
    ) -> None:
        self._rows, self.declared, self._key, self._parent_of = rows, declared, tuple(key), parent_of
        self.counts: list[_Count] = []
        self.sums: list[_Sum] = []
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
        was_hidden, was_told = column in _hidden(self._rows[row]), column in _names(self._rows[row], TOLD)
        if value is not None or was_hidden:  # an unknown value is in no sum
            level = weight + self._level(row)
            count = _Count((row,), column, value, level, derived, was_hidden=was_hidden, was_told=was_told)
            self._at[row, column] = self._append(count)

    def _append(self, count: _Count) -> int:
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
                self.sums.append(_Sum(control, row, by_place[holder], tuple(parts), remainder=left))

    def _nowhere(self, control: str, whole: int, parts: Sequence[int]) -> int | None:
        """The persons of ESMS without known territory: what is left of the whole without its parts; None for nobody.

        Where something is hidden, nobody is taken to be there, unless the whole is hidden over parts that all are zero:
        a zero is never hidden, so that it counts somebody.
        """
        big, values = self.counts[whole].value, [self.counts[part].value for part in parts]
        if big is None:
            return None if any(values) or None in values else self._append(_Count((), control, None, derived=True))
        if None in values or (rest := big - sum(value or 0 for value in values)) <= 0:
            return None
        return self._append(_Count((), control, rest, derived=True))

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
            left = self._append(_Count((), control, rest, derived=True, is_sensitive=is_sensitive))
            self.sums.append(_Sum(control, row, whole, (part, left)))

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
                    self.sums.append(_Sum("", row, whole, tuple(i for i in parts if i is not None), is_loose=True))

    def _key_of(self, row: int, columns: Sequence[str] | None = None) -> tuple[Any, ...]:
        return tuple(self._rows[row][c] for c in columns or self._key)

    def _row_of(self, row: int, term: Term, by_key: Mapping[tuple[Any, ...], int]) -> int:
        """The row where a term stands; -1 when there is none."""
        if term.key is None:
            return row
        values = self._rows[row]
        return by_key.get(tuple(values[c] - term.less if c == term.key else values[c] for c in self._key), -1)

    def linked(self, link: Link, other: _Counts) -> Iterator[tuple[int, int, tuple[int, ...]]]:
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
            named = [_hidden(self._rows[row]) for row in rows]
            # Hidden itself, when the shares left without their counts; else they left with them.
            hidden = all(group.share in names for names in named) and any(group.count not in names for names in named)
            told = any({group.count, group.share} <= {*_names(self._rows[row], TOLD)} for row in rows)
            total = self._append(
                _Count(
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
                self.sums.append(_Sum(f"{group.count}, répartition", rows[0], total, parts))
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


class _Joined:
    """The counts of several tables, one after the other, with the sums that tie them."""

    def __init__(self, tables: Mapping[str, _Counts]) -> None:
        self._tables = tables
        self._first: dict[str, int] = {}
        self.counts: list[_Count] = []
        self._sums: list[_Sum] = []
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
            self.counts.append(_Count((), "", unknown, derived=True, is_sensitive=False))
            parts = (*parts, len(self.counts) - 1)
        self._sums.append(_Sum("", row, total, parts, is_loose=True))

    def to_hide(self, minimum: int) -> dict[str, list[_Count]]:
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
        chosen: dict[str, list[_Count]] = {name: [] for name in self._tables}
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

    def _holds(self, supposed: _Sum) -> bool:
        total, *parts = (self.counts[i].value for i in (supposed.total, *supposed.parts, *supposed.left))
        return total == sum(n or 0 for n in parts)


# --- what was written, as a reader sees it


@dataclass(frozen=True)
class Control:
    """Rules on a frame derived from a published file."""

    frame: Frame
    rules: tuple[Rule, ...]


def rules(product: Product, setting: int) -> list[Rule]:
    """The rules that no published count of persons is small. They check the file, not the code that hid the counts."""
    if product.disclosure is None:
        return []
    minimum = threshold_of(product.disclosure, setting)
    return [
        Rule(
            product.id,
            column,
            "expect_column_values_to_not_be_in_set",
            {"column": column, "value_set": list(range(1, minimum))},
            f"Aucun effectif publié de « {column} » ne compte de 1 à {minimum - 1} personnes",
            "Ne publiez pas : déclarez la colonne dans counts de « disclosure », ou signalez le défaut.",
        )
        for column in product.disclosure.counts
    ]


def control(product: Product, path: Path, setting: int) -> Control | None:
    """The control of a written file: its sums reveal nothing small, and no hidden count stands alone in a sum."""
    declared = product.disclosure
    if declared is None:
        return None
    minimum = threshold_of(declared, setting)
    rows = pl.read_parquet(path).to_dicts()
    try:
        computed = _Counts(rows, declared, product.primary_key, parents()).controls()
    except NotProtectable as error:
        raise PublicationBlocked("le secret ne peut pas être contrôlé.", [f"{product.id} : {error}."]) from error
    scope = f"{SCOPE}/{product.id}"
    columns = ("controle", "lieu", "n_retires", "reste")
    types = (pa.string(), pa.string(), pa.int64(), pa.int64())
    arrays = [pa.array([line[i] for line in computed], kind) for i, kind in enumerate(types)]
    remedy = "Ne publiez pas : ce qui reste visible donne un effectif retiré. Signalez le défaut (docs/secret.md)."

    def rule(column: str, values: list[int], text: str) -> Rule:
        kwargs = {"column": column, "value_set": values}
        return Rule(scope, column, "expect_column_values_to_not_be_in_set", kwargs, text, remedy)

    return Control(
        Frame(scope, columns, ("controle", "lieu"), pa.table(arrays, names=list(columns))),
        (
            rule(
                "reste",
                list(range(1, minimum)),
                f"Aucune différence entre ce qui est publié ne compte de 1 à {minimum - 1} personnes",
            ),
            rule("n_retires", [1], "Aucun effectif retiré n'est seul dans une somme dont le reste est publié"),
        ),
    )


def changes(product: Product, path: Path, former: Path, setting: int) -> Control | None:
    """What a reader who kept the former publication subtracts: the counts that changed by few persons since.

    Counts are held so that there are none (`held_counts`); where the publication before kept nothing, it is said, not
    blocked.
    """
    declared = product.disclosure
    if declared is None or not former.exists():
        return None
    minimum = threshold_of(declared, setting)
    now, before = pl.read_parquet(path), pl.read_parquet(former)
    told = [c for c in declared.counts if c in before.columns and {*product.primary_key} <= {*before.columns}]
    both = now.join(before, on=list(product.primary_key), suffix=_FORMER) if told else now.head(0)
    columns = {"controle": pl.String, "lieu": pl.String, "ecart": pl.Int64}
    place = pl.concat_str([pl.col(c).cast(pl.String) for c in product.primary_key], separator=" · ", ignore_nulls=True)
    found = [
        both.select(
            pl.lit(c).alias("controle"), place.alias("lieu"), (pl.col(c) - pl.col(c + _FORMER)).abs().alias("ecart")
        ).cast(columns)  # type: ignore[arg-type]  a dict of types, which polars takes
        for c in told
    ]
    lines = pl.concat([pl.DataFrame(schema=columns), *found]).drop_nulls()
    scope = f"{SCOPE}/{product.id}/precedente"
    rule = Rule(
        scope,
        "ecart",
        "expect_column_values_to_not_be_in_set",
        {"column": "ecart", "value_set": list(range(1, minimum))},
        f"Aucun effectif publié n'a changé de 1 à {minimum - 1} personnes depuis la publication précédente",
        "Ne remettez pas les deux publications à un même destinataire sans les avoir comparées (docs/secret.md).",
        blocking=False,
    )
    return Control(Frame(scope, tuple(columns), ("controle", "lieu"), lines.to_arrow()), (rule,))
