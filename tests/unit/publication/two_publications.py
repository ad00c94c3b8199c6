"""Invented persons, what two publications tell of them, and a reader who kept both, knows every rule, and solves.

Belongs here: persons, their tables, the reader's equations. Does not belong here: assertions (`test_held_counts`); the
reader imports nothing of what holds or hides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.optimize import milp
from scipy.sparse import csr_array

from data_contracts.disclosure import Disclosure, Grouping, Link, Term
from orchestration.publication.tied_counts import Table

FEW = 11
REGIONS = {"59": "32", "62": "32", "02": "32", "67": "44", "68": "44"}
PARENTS = {f"departement/{d}": f"region/{r}" for d, r in REGIONS.items()} | {
    f"region/{r}": "france/FR" for r in REGIONS.values()
}
KEY = ("niveau", "territoire_code", "domaine", "annee")
LONG_KEY = (*KEY, "dimension", "composante")
_TERRITORIES: Any = {"level": "niveau", "territory": "territoire_code"}
SYNTHESIS = Disclosure(
    counts=("presents", "file_active", "sortis", "permanents"),
    parts=(("presents", "file_active"), ("sortis", "file_active"), ("permanents", "presents")),
    sums=(("file_active", (Term("presents"), Term("sortis"))),),
    supports=(("age_moyen", "presents"),),
    **_TERRITORIES,
)
DISTRIBUTION = Disclosure(
    counts=("n",),
    supports=(("part", "n"),),
    groups=(Grouping((*KEY, "dimension"), "n", "part"),),
    links=tuple(Link("n", (("dimension", (d,)),), "synthese", "presents") for d in ("gir", "sexe")),
    **_TERRITORIES,
)

Key = tuple[Any, ...]
Cell = tuple[str, str, Key]  # table, column, key of the row
Frames = Mapping[str, pl.DataFrame]


class Person(NamedTuple):
    departement: str
    annee: int
    est_present: bool
    est_permanent: bool
    gir: int
    sexe: str
    age: int


def of_an_esms(chance: np.random.Generator, departement: str, n: int, annee: int = 2024) -> list[Person]:
    """Some persons of one ESMS, where each GIR has its own share."""
    shares = chance.dirichlet([3, 5, 4, 4, 1, 1])
    return [
        Person(
            departement,
            annee,
            bool(chance.random() < 0.75),
            bool(chance.random() < 0.85),
            int(chance.choice(6, p=shares)) + 1,
            "F" if chance.random() < 0.7 else "M",
            int(chance.integers(65, 100)),
        )
        for _ in range(n)
    ]


def some_departements(chance: np.random.Generator) -> list[Person]:
    """Five départements of two regions, the last of one ESMS."""
    several = {"59": 6, "62": 4, "02": 2, "67": 3, "68": 1}
    return [
        p for d, n in several.items() for _ in range(n) for p in of_an_esms(chance, d, int(chance.integers(15, 90)))
    ]


def tables(persons: Iterable[Person]) -> dict[str, Table]:
    """What a warehouse counts of some persons."""
    whole: dict[Key, list[Person]] = defaultdict(list)
    for p in persons:
        for place in (
            ("departement", p.departement),
            ("region", REGIONS[p.departement]),
            ("france", "FR"),
        ):
            whole[(*place, "PA", p.annee)].append(p)
    synthesis: list[dict[str, Any]] = []
    spread: list[dict[str, Any]] = []
    for key, all_of_it in whole.items():
        present = [p for p in all_of_it if p.est_present]
        synthesis.append(
            {
                **dict(zip(KEY, key, strict=True)),
                "presents": len(present),
                "file_active": len(all_of_it),
                "sortis": len(all_of_it) - len(present),
                "permanents": sum(p.est_permanent for p in present),
                "age_moyen": sum(p.age for p in present) / len(present) if present else None,
            }
        )
        for dimension in ("gir", "sexe"):
            values = [str(getattr(p, dimension)) for p in present]
            spread += [
                {
                    **dict(zip(LONG_KEY, (*key, dimension, value), strict=True)),
                    "n": values.count(value),
                    "part": 100.0 * values.count(value) / len(present),
                }
                for value in sorted(set(values))
            ]
    return {
        "synthese": Table(pl.DataFrame(synthesis, infer_schema_length=None), SYNTHESIS, KEY),
        "repartition": Table(pl.DataFrame(spread, infer_schema_length=None), DISTRIBUTION, LONG_KEY),
    }


class Told(NamedTuple):
    """A count as it is published: hidden, or not; and what it is, which the reader has only when it is not hidden."""

    value: int
    is_hidden: bool


def cells(shown: Frames, kept: Frames) -> dict[Cell, Told]:
    """Every count of a publication."""
    found: dict[Cell, Told] = {}
    for name, key, columns in (("synthese", KEY, SYNTHESIS.counts), ("repartition", LONG_KEY, DISTRIBUTION.counts)):
        for row, whole in zip(shown[name].to_dicts(), kept[name].to_dicts(), strict=True):
            for c in columns:
                is_hidden = c in (row["secret"] or "").split(", ")
                assert (row[c] is None) == is_hidden
                found[name, c, tuple(row[k] for k in key)] = Told(whole[c], is_hidden)
    return found


@dataclass
class Solver:
    """Whole unknowns between bounds, and equations between them."""

    places: dict[Any, int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    equations: list[tuple[dict[int, float], float]] = field(default_factory=list)

    def unknown(self, name: Any, low: float = 0, high: float = np.inf) -> int:
        if name not in self.places:
            self.places[name] = len(self.low)
            self.low.append(low)
            self.high.append(high)
        return self.places[name]

    def may_be(self, between: Mapping[Any, tuple[float, float]]) -> bool:
        """Whether some unknowns may lie between bounds of their own."""
        low, high = np.array(self.low, dtype=float), np.array(self.high, dtype=float)
        for name, (least, most) in between.items():
            i = self.places[name]
            low[i], high[i] = max(low[i], least), min(high[i], most)
        if (low > high).any():
            return False
        lines = [(line, i, sign) for line, (terms, _) in enumerate(self.equations) for i, sign in terms.items()]
        rows, columns, signs = zip(*lines, strict=True)
        matrix = csr_array((signs, (rows, columns)), shape=(len(self.equations), len(low)))
        sums = np.array([total for _, total in self.equations], dtype=float)
        found = milp(np.zeros(len(low)), constraints=(matrix, sums, sums), bounds=(low, high), integrality=1)
        assert found.status in (0, 2), found.message
        return found.status == 0


def proven_hidden(publications: list[tuple[Frames, Frames]]) -> tuple[int, list[tuple[int, Cell, int]]]:
    """How many hidden counts there are in some publications, each (shown, kept), and those that all together give, or
    prove to be small.

    More than a reader has: he is told by how much each hidden count of a département moved from one publication to the
    next, unless it is shown there.
    """
    told = [cells(*publication) for publication in publications]
    solver = Solver()

    def term(rank: int, cell: Cell) -> tuple[int | None, float]:
        """The unknown of a count, if any, and what is added to it."""
        mine = told[rank][cell]
        if not mine.is_hidden:
            return None, mine.value
        before = told[rank - 1].get(cell) if rank else None
        if before is not None and cell[2][0] == "departement":
            if before.is_hidden:
                place, shift = term(rank - 1, cell)
                return place, shift + mine.value - before.value
            if before.value == mine.value:
                return None, mine.value
        return solver.unknown((rank, cell), 1), 0

    def say(rank: int, terms: list[tuple[Cell, float]], total: float = 0) -> None:
        known: dict[int, float] = defaultdict(float)
        for cell, sign in terms:
            place, shift = term(rank, cell)
            total -= sign * shift
            if place is not None:
                known[place] += sign
        left = {i: sign for i, sign in known.items() if sign}
        if left:
            solver.equations.append((left, total))
        else:
            assert total == 0

    for rank, (shown, _) in enumerate(publications):
        held: dict[Cell, list[Cell]] = defaultdict(list)
        for name, column, key in told[rank]:
            above = PARENTS.get(f"{key[0]}/{key[1]}")
            if above is not None:
                held[name, column, (*above.split("/"), *key[2:])].append((name, column, key))
        for whole, parts in held.items():
            say(rank, [*((c, 1.0) for c in parts), (whole, -1.0)])
        spread: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        for row in shown["repartition"].to_dicts():
            spread[tuple(row[k] for k in LONG_KEY[:-1])].append(row)
        for by, rows in spread.items():
            parts = [("repartition", "n", tuple(r[k] for k in LONG_KEY)) for r in rows]
            total = next((round(100 * r["n"] / r["part"]) for r in rows if r["n"] and r["part"]), None)
            if total is not None:
                say(rank, [(c, 1.0) for c in parts], total)
            if rank == 0:  # only the first one is of persons as they were known
                say(rank, [*((c, 1.0) for c in parts), (("synthese", "presents", by[: len(KEY)]), -1.0)])
        for row in shown["synthese"].to_dicts() if rank == 0 else ():
            key = tuple(row[k] for k in KEY)
            terms = [(("synthese", "presents", key), 1.0), (("synthese", "sortis", key), 1.0)]
            say(rank, [*terms, (("synthese", "file_active", key), -1.0)])
    found: list[tuple[int, Cell, int]] = []
    for rank, cell in solver.places:
        value = told[rank][cell].value
        wanted = [(FEW, np.inf)] if 0 < value < FEW else [(value + 1, np.inf), (0, value - 1)]
        if not any(solver.may_be({(rank, cell): each}) for each in wanted):
            found.append((rank, cell, value))
    return len(solver.places), found


def proven_changes(
    first: Mapping[str, Table], now: Mapping[str, Table], published: tuple[dict[Cell, Told], dict[Cell, Told]]
) -> tuple[int, list[tuple[Any, int]]]:
    """How many counts of départements changed by few persons between two publications, of which the first told all that
    was known, and those of which the second proves it.

    The reader knows the sums that tie persons, and that what is published is less than the threshold from what is
    known.
    """
    before, after = published
    known = {
        (name, c, tuple(row[k] for k in table.key)): row[c]
        for name, table in now.items()
        for row in table.frame.to_dicts()
        for c in table.declared.counts
    }
    was = {
        (name, c, tuple(row[k] for k in table.key)): row[c]
        for name, table in first.items()
        for row in table.frame.to_dicts()
        for c in table.declared.counts
    }
    every = sorted(c for c in {*before, *after, *known} if c[2][0] == "departement")
    solver = Solver()
    for cell in every:
        told, true = after.get(cell, Told(0, False)), known.get(cell, 0)
        if told.is_hidden:
            solver.unknown(cell)
        else:  # where it is further, he is told how far
            solver.unknown(cell, max(0, min(told.value - FEW + 1, true)), max(told.value + FEW - 1, true))
    for key in {cell[2][: len(KEY)] for cell in every}:
        present, gone, active, permanent = (
            solver.unknown(("synthese", c, key)) for c in ("presents", "sortis", "file_active", "permanents")
        )
        for dimension in ("gir", "sexe"):
            parts = [c for c in every if c[0] == "repartition" and c[2][: len(KEY) + 1] == (*key, dimension)]
            solver.equations.append(({**{solver.places[c]: 1.0 for c in parts}, present: -1.0}, 0))
        solver.equations.append(({present: 1.0, gone: 1.0, active: -1.0}, 0))
        solver.equations.append(({permanent: 1.0, solver.unknown(("autres", key)): 1.0, present: -1.0}, 0))
    assert solver.may_be({c: (known.get(c, 0), known.get(c, 0)) for c in every})
    found: list[tuple[Any, int]] = []
    looked_at = 0
    for cell in every:
        then, told = before.get(cell, Told(0, False)), after.get(cell, Told(0, False))
        change = known.get(cell, 0) - was.get(cell, 0)
        if then.is_hidden or told.is_hidden or not 0 < abs(change) < FEW:
            continue
        looked_at += 1
        if not _may_be_none_or_many(solver, cell, then.value):
            found.append((cell, change))
    for key in {cell[2][: len(KEY)] for cell in every}:
        whole, part = ("synthese", "presents", key), ("synthese", "permanents", key)
        if whole in before and part in before and not (before[whole].is_hidden or before[part].is_hidden):
            rest = before[whole].value - before[part].value
            change = known[whole] - known[part] - rest
            if 0 < abs(change) < FEW:
                looked_at += 1
                if not _may_be_none_or_many(solver, ("autres", key), rest):
                    found.append((("autres", key), change))
    return looked_at, found


def _may_be_none_or_many(solver: Solver, name: Any, was: int) -> bool:
    """Whether nobody changed, or at least the threshold."""
    return any(solver.may_be({name: each}) for each in ((was, was), (was + FEW, np.inf), (0, was - FEW)))
