"""Small numbers of persons: what is hidden, case by case, and what a reader who computes can still find.

Threshold of 11: CASD, rules of confidentiality of the health data (no cell under 11 patients or stays), and Insee for
households. At least two hidden cells a margin: Insee's manual of table protection. Both in standards §5.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, milp

from data_contracts.disclosure import WITNESS, Disclosure, Grouping, Link, Term
from orchestration.publication import small_numbers, tied_counts
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.suppression import Cell, Margin, NotProtectable, suppress

MINIMUM = 11
PARENTS = {
    "departement/59": "region/32", "departement/62": "region/32", "departement/02": "region/32",
    "departement/67": "region/44", "departement/68": "region/44", "departement/2A": "region/94",
    "region/32": "france/FR", "region/44": "france/FR", "region/94": "france/FR",
}  # fmt: skip
KEY = ("niveau", "territoire_code")
TERRITORIES: Any = {"level": "niveau", "territory": "territoire_code"}

Table = list[dict[str, Any]]


def hide(frame: pl.DataFrame, declared: Disclosure, key: Sequence[str], minimum: int = MINIMUM) -> pl.DataFrame:
    """One table alone."""
    return small_numbers.hide({"t": tied_counts.Table(frame, declared, tuple(key))}, minimum, PARENTS)["t"]


def hidden_cells(rows: Table, declared: Disclosure, key: Sequence[str], minimum: int = MINIMUM) -> set[tuple[str, str]]:
    """(what the row is, column) of every hidden value; whatever stays is as it was."""
    return cells_between(rows, hide(pl.DataFrame(rows, infer_schema_length=None), declared, key, minimum), key)


def cells_between(rows: Table, found: pl.DataFrame, key: Sequence[str]) -> set[tuple[str, str]]:
    """(what the row is, column) of every value that is hidden in `found`; whatever stays is as it was."""
    cells: set[tuple[str, str]] = set()
    for before, after in zip(rows, found.to_dicts(), strict=True):
        named = [c for c in (after.pop(WITNESS) or "").split(", ") if c]
        for column, value in after.items():
            if column in named:
                assert value is None
                assert before[column] is not None
                cells.add(("/".join(str(before[k]) for k in key), column))
            else:
                assert value == before[column]
    return cells


# --- one distribution, whose total anyone has from any share

DISTRIBUTION = Disclosure(counts=("n",), supports=(("part", "n"),), groups=(Grouping(("ou",), "n", "part"),))
SEVERAL_ANSWERS = Disclosure(
    counts=("n",), supports=(("part", "n"),), groups=(Grouping(("ou",), "n", "part", (("ou", ("besoins",)),)),)
)


def distribution(counts: Sequence[int | None], where: str = "ici", base: int | None = None) -> Table:
    whole = sum(n or 0 for n in counts) if base is None else base
    return [
        {"ou": where, "quoi": f"c{i}", "n": n, "part": None if n is None or not whole else 100 * n / whole}
        for i, n in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param([11, 40, 60], set(), id="onze personnes se publient"),
        pytest.param([0, 40, 60], set(), id="zéro se publie"),
        pytest.param([10, 40, 60], {0, 1}, id="dix non, et une autre composante avec elles : sinon 110 - 40 - 60"),
        pytest.param([1, 60, 40], {0, 2}, id="celle de moins de personnes"),
        pytest.param([5, 95], {0, 1}, id="les deux d'une répartition en deux"),
        pytest.param([5, 7, 80], {0, 1}, id="deux petites qui font douze se cachent l'une l'autre"),
        pytest.param([5, 6, 80], {0, 1, 2}, id="onze non : chacune compte quelqu'un, aucune n'en compte donc onze"),
        pytest.param([3, 4, 80, 90], {0, 1, 2}, id="deux qui font sept non : 177 - 80 - 90 les dirait ensemble"),
        pytest.param([7, 0, 0], {0}, id="seule avec des zéros : le total part aussi, les parts le donneraient"),
        pytest.param([4, 3, 2], {0, 1, 2}, id="une répartition de neuf personnes"),
        pytest.param([None, 40, 60], set(), id="inconnu n'est pas secret"),
    ],
)
def test_a_distribution(counts: list[int | None], hidden: set[int]) -> None:
    found = hidden_cells(distribution(counts), DISTRIBUTION, ("ou", "quoi"))
    assert {where for where, column in found if column == "n"} == {f"ici/c{i}" for i in hidden}
    assert {where for where, column in found if column == "part"} >= {f"ici/c{i}" for i in hidden}


def test_the_total_of_a_small_distribution_is_not_told_by_its_shares() -> None:
    shares = {where for where, column in hidden_cells(distribution([7, 0, 0]), DISTRIBUTION, ("ou", "quoi"))
              if column == "part"}  # fmt: skip
    assert shares == {"ici/c0", "ici/c1", "ici/c2"}


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param([50, 40, 30], set(), id="une personne a plusieurs besoins : rien ne s'additionne"),
        pytest.param([50, 6, 30], {1}, id="un petit effectif n'en cache pas d'autre"),
        pytest.param([96, 40, 30], {0}, id="96 sur 100 dit que 4 n'ont pas ce besoin"),
        pytest.param([100, 40, 30], set(), id="tous l'ont"),
    ],
)
def test_answers_that_do_not_add_up(counts: list[int], hidden: set[int]) -> None:
    found = hidden_cells(distribution(counts, "besoins", base=100), SEVERAL_ANSWERS, ("ou", "quoi"))
    assert {where for where, column in found if column == "n"} == {f"besoins/c{i}" for i in hidden}


# --- territories: a region is the sum of its départements, France of its regions

COUNT = Disclosure(counts=("n",), **TERRITORIES)


def territories(**counts: int) -> Table:
    """Rows of départements (d59=…), with those of their regions and of France."""
    rows: Table = []
    regions: dict[str, int] = {}
    for name, n in counts.items():
        code = name.removeprefix("d")
        rows.append({"niveau": "departement", "territoire_code": code, "n": n})
        region = PARENTS[f"departement/{code}"].removeprefix("region/")
        regions[region] = regions.get(region, 0) + n
    rows += [{"niveau": "region", "territoire_code": code, "n": n} for code, n in regions.items()]
    return [*rows, {"niveau": "france", "territoire_code": "FR", "n": sum(regions.values())}]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param({"d59": 90, "d62": 30, "d02": 20, "d67": 50}, set(), id="tout est grand"),
        pytest.param({"d59": 90, "d62": 30, "d02": 5, "d67": 50}, {"02", "62"}, id="la région moins les autres"),
        pytest.param({"d59": 90, "d62": 7, "d02": 5, "d67": 50}, {"02", "62"}, id="deux petits qui font douze"),
        pytest.param({"d59": 90, "d62": 6, "d02": 5, "d67": 50}, {"59", "02", "62"}, id="deux qui font onze"),
        pytest.param({"d59": 90, "d62": 3, "d02": 4, "d67": 50}, {"59", "02", "62"}, id="deux qui font sept"),
        pytest.param({"d59": 90, "d62": 0, "d02": 4, "d67": 50}, {"59", "02"}, id="un zéro ne cache personne"),
        pytest.param({"d67": 50, "d2A": 5, "d59": 90}, {"2A", "94", "67", "44"},
                     id="seul dans sa région : la région aussi, puis une autre région et son département"),
        pytest.param({"d59": 5}, {"59", "32", "FR"}, id="seul au monde : rien n'est publié"),
        pytest.param({"d59": 90, "d62": 5}, {"59", "62"}, id="deux départements"),
    ],
)  # fmt: skip
def test_territories(counts: dict[str, int], hidden: set[str]) -> None:
    found = hidden_cells(territories(**counts), COUNT, KEY)
    assert {where.split("/")[1] for where, _ in found} == hidden


def test_a_territory_whose_region_is_not_there_is_part_of_the_country() -> None:
    rows = [r for r in territories(d59=5, d67=30, d68=40) if r["niveau"] != "region"]
    assert {where.split("/")[1] for where, _ in hidden_cells(rows, COUNT, KEY)} == {"59", "67"}


def test_those_whose_territory_is_unknown_are_a_part_of_the_country() -> None:
    """Two persons of an ESMS whose commune could not be read: nobody in any region, and still two in France."""
    rows = [{**r, "n": 2} if r["niveau"] == "france" else r for r in territories(d59=0, d67=0)]
    assert {where.split("/")[1] for where, _ in hidden_cells(rows, COUNT, KEY)} == {"FR"}


def test_those_whose_territory_is_unknown_are_not_had_from_the_others() -> None:
    """52 in France over 20 and 30: two persons of an ESMS whose commune could not be read."""
    rows = [{**r, "n": 52} if r["niveau"] == "france" else r for r in territories(d59=20, d67=30)]
    found = {where.split("/")[1] for where, _ in hidden_cells(rows, COUNT, KEY)}
    assert len(found & {"FR", "32", "44"}) == 2
    assert found & {"32", "44"} == {region_of(code) for code in found & {"59", "67"}}
    many = [{**r, "n": 75} if r["niveau"] == "france" else r for r in territories(d59=20, d67=30)]
    assert hidden_cells(many, COUNT, KEY) == set()


def region_of(departement: str) -> str:
    return PARENTS[f"departement/{departement}"].removeprefix("region/")


def test_years_and_publics_are_not_added_up() -> None:
    declared = Disclosure(counts=("n",), **TERRITORIES)
    rows = [{**r, "annee": 2023} for r in territories(d59=5, d62=30)]
    rows += [{**r, "annee": 2024} for r in territories(d59=50, d62=30)]
    found = hidden_cells(rows, declared, (*KEY, "annee"))
    assert {where.split("/")[2] for where, _ in found} == {"2023"}


def test_what_a_person_counted_twice_takes_from_the_sum_is_taken_into_account() -> None:
    """8 persons are in both 62 and 02, once in their region: 90 - 80 leaves ten, so a third département goes."""
    rows = [{**r, "n": 90} if r["niveau"] != "departement" else r for r in territories(d59=80, d62=12, d02=6)]
    rows = [r for r in rows if r["niveau"] != "france"]
    assert {where.split("/")[1] for where, _ in hidden_cells(rows, COUNT, KEY)} == {"59", "62", "02"}


def test_a_territory_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NotProtectable, match="departement/99"):
        hide(pl.DataFrame([{"niveau": "departement", "territoire_code": "99", "n": 50}]), COUNT, KEY)


# --- counts that are parts of one another, and what they bear

PARTS = Disclosure(
    counts=("n", "k"),
    supports=(("moyenne", "n"), ("duree", "k"), ("part", "n")),
    parts=(("k", "n"),),
    shares=(("part", "n"),),
)


def row(**values: Any) -> Table:
    return [{"ou": "ici", "n": 100, "k": 50, "moyenne": 80.5, "duree": 12.0, "part": 30.0, **values}]


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        pytest.param({}, set(), id="rien"),
        pytest.param({"k": 4}, {"k", "duree"}, id="une moyenne part avec l'effectif qui la porte"),
        pytest.param({"k": 96}, {"k", "duree"}, id="96 sur 100 dit que 4 n'en sont pas"),
        pytest.param({"k": 0}, set(), id="aucun"),
        pytest.param({"k": 100}, set(), id="tous"),
        pytest.param({"n": 7, "k": 2}, {"n", "k", "moyenne", "duree", "part"}, id="trop peu de personnes : rien"),
        pytest.param({"part": 4.0}, {"part"}, id="4 % de 100 sont 4 personnes"),
        pytest.param({"part": 97.0}, {"part"}, id="97 % de 100 : 3 n'en sont pas"),
        pytest.param({"part": 0.0}, set(), id="0 %"),
        pytest.param({"moyenne": None}, set(), id="inconnu n'est pas secret"),
        pytest.param({"n": None}, {"moyenne", "part"}, id="sans effectif connu, ce qu'il porte ne sort pas"),
        pytest.param({"n": 40, "k": 50}, set(), id="une partie plus grande que le tout : rien ne s'en déduit"),
    ],
)
def test_parts_and_what_they_bear(values: dict[str, Any], hidden: set[str]) -> None:
    assert {column for _, column in hidden_cells(row(**values), PARTS, ("ou",))} == hidden


@pytest.mark.parametrize(
    ("known", "hidden"),
    [
        pytest.param(96, set(), id="de quatre personnes on ne sait pas : c'est du dossier"),
        pytest.param(8, {"k", "duree"}, id="de huit seulement on sait"),
    ],
)
def test_those_of_whom_something_is_not_known_are_not_hidden(known: int, hidden: set[str]) -> None:
    declared = Disclosure(counts=("n", "k"), supports=(("duree", "k"),), missing=(("k", "n"),))
    rows = [{"ou": "ici", "n": 100, "k": known, "duree": 12.0}]
    assert {column for _, column in hidden_cells(rows, declared, ("ou",))} == hidden


def test_what_is_missing_does_not_tell_what_a_whole_leaves() -> None:
    """95 present of 100, and the GIR of 94: were the 95 hidden alone, those who are gone would be 6 at most."""
    declared = Disclosure(counts=("k", "n", "f"), parts=(("n", "f"),), missing=(("k", "n"),))
    hidden = {c for _, c in hidden_cells([{"ou": "ici", "k": 94, "n": 95, "f": 100}], declared, ("ou",))}
    assert hidden & {"n", "f"}
    assert len(hidden) >= 2


def test_a_mean_is_not_had_from_that_of_the_region() -> None:
    """The mean of 5 persons is that of the region less those of the others: one more goes with it."""
    declared = Disclosure(counts=("n",), supports=(("age", "n"),), **TERRITORIES)
    rows = [{**r, "age": 80.0} for r in territories(d59=90, d62=30, d02=5)]
    found = {(where.split("/")[1], column) for where, column in hidden_cells(rows, declared, KEY)}
    assert found == {("02", "n"), ("02", "age"), ("62", "n"), ("62", "age")}


def test_the_threshold_may_be_lower() -> None:
    assert hidden_cells(distribution([5, 95]), DISTRIBUTION, ("ou", "quoi"), minimum=5) == set()
    assert hidden_cells(distribution([4, 95]), DISTRIBUTION, ("ou", "quoi"), minimum=5) != set()


# --- two hidden cells a margin are not always enough


def crossed(hidden: Sequence[tuple[int, int]], size: int = 4) -> tuple[list[Cell], list[Margin], dict[Any, int]]:
    """A table of `size` rows and columns: 9 persons in the cells named, 50 in the others, totals published."""
    cells: list[Cell] = []
    at: dict[Any, int] = {}

    def add(name: Any, value: int, weight: int) -> None:
        at[name] = len(cells)
        cells.append(Cell(value, weight))

    values = {(i, j): 9 if (i, j) in hidden else 50 for i in range(size) for j in range(size)}
    for place, n in values.items():
        add(place, n, 0)
    for i in range(size):
        add(("ligne", i), sum(values[i, j] for j in range(size)), 10)
        add(("colonne", i), sum(values[j, i] for j in range(size)), 10)
    margins = [Margin(at["ligne", i], tuple(at[i, j] for j in range(size))) for i in range(size)]
    margins += [Margin(at["colonne", j], tuple(at[i, j] for i in range(size))) for j in range(size)]
    return cells, margins, at


SQUARE = [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_four_cells_in_a_square_hide_one_another() -> None:
    cells, margins, at = crossed(SQUARE)
    assert suppress(cells, margins, MINIMUM) == {at[place] for place in SQUARE}


def test_a_cell_that_alone_ties_two_squares_is_had_by_subtraction_though_each_margin_has_two() -> None:
    """Rows 0 and 1 less columns 0 and 1 give it: the rule of the margins holds, and is not enough."""
    bridge = (1, 2)
    small = [*SQUARE, bridge, *((i + 2, j + 2) for i, j in SQUARE)]
    cells, margins, at = crossed(small)
    kept = {at[place] for place in small}
    for margin in margins:
        assert len(kept & set(margin.parts)) != 1
    found = suppress(cells, margins, MINIMUM)
    assert found > kept
    assert bounds(cells, margins, found, at[bridge])[1] >= MINIMUM


def bounds(cells: Sequence[Cell], margins: Sequence[Margin], hidden: frozenset[int], i: int) -> tuple[float, float]:
    """What a reader can say of a cell, knowing every cell that is not hidden."""
    unknown = sorted(hidden)
    matrix, sums = [], []
    for margin in margins:
        signs = {**dict.fromkeys(margin.parts, 1), margin.total: -1}
        matrix.append([signs.get(j, 0) for j in unknown])
        sums.append(-sum(sign * cells[j].value for j, sign in signs.items() if j not in hidden))
    return extremes(np.array(matrix), np.array(sums), unknown.index(i))


def extremes(matrix: np.ndarray, sums: np.ndarray, k: int) -> tuple[float, float]:
    direction = np.eye(matrix.shape[1])[k]
    low, high = (linprog(sign * direction, A_eq=matrix, b_eq=sums, method="highs") for sign in (1, -1))
    assert low.status in (0, 3)
    return (low.fun if low.status == 0 else 0.0), (-high.fun if high.status == 0 else np.inf)


# --- whoever computes: another program than the one that hides, which sees the published rows only

PUBLISHED = Disclosure(
    counts=("n", "k"),
    supports=(("part", "n"), ("duree", "k")),
    parts=(("k", "n"),),
    groups=(Grouping((*KEY, "quoi"), "n", "part", (("quoi", ("besoins",)),)),),
    **TERRITORIES,
)
FULL_KEY = (*KEY, "quoi", "composante")
few = st.one_of(st.integers(0, 14), st.integers(0, 60))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Two distributions, one of which adds up, over some départements; some of their persons are of a kind `k`."""
    départements = draw(st.lists(st.sampled_from(["59", "62", "02", "67", "68", "2A"]), min_size=1, max_size=4,
                                 unique=True))  # fmt: skip
    width = draw(st.integers(2, 4))
    leaves: dict[tuple[str, int], tuple[int, int]] = {}
    for code in départements:
        for component in range(width):
            n = draw(few)
            leaves[code, component] = (n, draw(st.integers(0, n)))
    return [*_built(leaves, "gir", width, {}), *_built(leaves, "besoins", width, dict.fromkeys(départements, 70))]


def _built(leaves: Mapping[tuple[str, int], tuple[int, int]], what: str, width: int, base: Mapping[str, int]) -> Table:
    held: dict[tuple[str, str], list[str]] = {}
    for code in dict.fromkeys(code for code, _ in leaves):
        region = PARENTS[f"departement/{code}"].removeprefix("region/")
        for place in (("departement", code), ("region", region), ("france", "FR")):
            held.setdefault(place, []).append(code)
    rows: Table = []
    for (level, territory), codes in held.items():
        counts = [[sum(leaves[code, c][x] for code in codes) for c in range(width)] for x in (0, 1)]
        whole = sum(base[code] for code in codes) if base else sum(counts[0])
        for c in range(width):
            n, k = counts[0][c], counts[1][c]
            rows.append(
                {"niveau": level, "territoire_code": territory, "quoi": what, "composante": str(c), "n": n, "k": k,
                 "part": 100 * n / whole if whole else None, "duree": 3.5 if k else None}
            )  # fmt: skip
    return rows


class Reader:
    """Everything that a reader of the published rows may write down: unknowns, and the equations between them."""

    def __init__(self, published: Table) -> None:
        self.unknown: dict[Any, int] = {}
        self.equations: list[tuple[dict[int, float], float]] = []
        by_place = {tuple(r[c] for c in FULL_KEY): r for r in published}
        totals: dict[Any, float] = {}
        for place, line in by_place.items():
            if line["n"] and line["part"]:
                totals[place[:3]] = round(100 * line["n"] / line["part"])
        for column in ("n", "k"):
            for place in by_place:
                self.add({(column, child): 1.0 for child in self._held(place, by_place)}, (column, place), by_place)
                if column == "k":
                    self.add({("k", place): 1.0, ("reste", place): 1.0}, ("n", place), by_place)
        for group in dict.fromkeys(place[:3] for place in by_place):
            own = [place for place in by_place if place[:3] == group]
            if group in totals and group[2] == "gir":
                self.add({("n", place): 1.0 for place in own}, totals[group], by_place)
            elif group in totals:
                for place in own:
                    self.add({("n", place): 1.0, ("sans", place): 1.0}, totals[group], by_place)

    def _held(self, place: tuple[Any, ...], by_place: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
        level, code, *others = place
        below = {"france": "region", "region": "departement"}.get(level)
        found = [(below, x, *others) for x in ("32", "44", "94", "59", "62", "02", "67", "68", "2A")
                 if PARENTS.get(f"{below}/{x}") == f"{level}/{code}"]  # fmt: skip
        return [p for p in found if p in by_place]

    def add(self, parts: Mapping[Any, float], total: Any, by_place: Mapping[Any, Any]) -> None:
        if not parts:
            return
        terms: dict[int, float] = {}
        constant = 0.0
        signed = [*parts.items(), *([(total, -1.0)] if isinstance(total, tuple) else [])]
        constant += 0.0 if isinstance(total, tuple) else float(total)
        for (column, place), sign in signed:
            value = by_place[place].get(column) if column in ("n", "k") else None
            if value is None:
                terms[self.unknown.setdefault((column, place), len(self.unknown))] = sign
            else:
                constant -= sign * value
        if terms:
            self.equations.append((terms, constant))

    @cached_property
    def possible(self) -> Possible:
        """The tables that give the same published rows."""
        matrix = np.zeros((len(self.equations), len(self.unknown)))
        for line, (terms, _) in enumerate(self.equations):
            for k, sign in terms.items():
                matrix[line, k] = sign
        # A column of the table that is hidden counts somebody: zeros are shown.
        lowest = np.array([float(column in ("n", "k")) for column, _ in self.unknown])
        return Possible(matrix, np.array([constant for _, constant in self.equations]), lowest)


class Possible:
    """What unknown counts, whole, may be. A table found for one of them shows much of the others: few are looked for
    alone."""

    def __init__(self, matrix: np.ndarray, sums: np.ndarray, lowest: np.ndarray) -> None:
        self.given, self.lowest = (matrix, sums, sums), lowest
        self.low, self.high = np.full(matrix.shape[1], np.inf), np.full(matrix.shape[1], -np.inf)

    def look(self, direction: np.ndarray) -> None:
        """One table, the furthest in a direction. A ceiling that no count of these tables reaches ends every search."""
        found = milp(-direction, constraints=self.given, bounds=(self.lowest, 10_000), integrality=1)
        assert found.status == 0, found.message
        self.low, self.high = np.minimum(self.low, found.x), np.maximum(self.high, found.x)

    def shows(self, told: Callable[[float, float], bool], k: int) -> bool:
        """Whether two possible values of a count tell so: those seen, else the extremes."""
        alone = np.eye(len(self.low))[k]
        for direction in (None, alone, -alone):
            if direction is not None:
                self.look(direction)
            if told(self.low[k], self.high[k]):
                return True
        return False


@settings(max_examples=60, deadline=None)
@given(tables())
def test_a_reader_who_computes_finds_no_hidden_count(rows: Table) -> None:
    published = hide(pl.DataFrame(rows, infer_schema_length=None), PUBLISHED, FULL_KEY)
    reader = Reader(published.to_dicts())
    for before, after in zip(rows, published.to_dicts(), strict=True):
        for column in ("n", "k"):
            if after[column] is not None:
                assert not 1 <= after[column] < MINIMUM
            elif (k := reader.unknown.get((column, tuple(before[c] for c in FULL_KEY)))) is not None:
                assert reader.possible.shows(lambda low, high: high - low >= 1 - 1e-6, k), "calculé exactement"
                if 1 <= before[column] < MINIMUM:
                    assert reader.possible.shows(lambda _, high: high >= MINIMUM - 1e-6, k), (
                        "un reader sait que c'est petit"
                    )
        if after["n"] is not None and after["k"] is not None:
            assert not 1 <= after["n"] - after["k"] < MINIMUM


@settings(max_examples=60, deadline=None)
@given(tables())
def test_hiding_never_changes_what_stays_names_what_goes_and_does_it_once(rows: Table) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    once = hide(frame, PUBLISHED, FULL_KEY)
    cells_between(rows, once, FULL_KEY)  # asserts it of every value
    assert hide(once, PUBLISHED, FULL_KEY).equals(once)
    assert hide(frame, PUBLISHED, FULL_KEY).equals(once)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(30, 500), min_size=6, max_size=6), st.integers(2, 4))
def test_nothing_is_hidden_where_everything_is_large(counts: list[int], width: int) -> None:
    leaves = {(code, c): (n, n // 2) for code, n in zip(("59", "62", "67"), counts, strict=False) for c in range(width)}
    rows = _built(leaves, "gir", width, {})
    assert hidden_cells(rows, PUBLISHED, FULL_KEY) == set()


# --- what several tables tell of the same persons

WEIGHTS = (1000, 840, 660, 420, 250, 70)  # of a GIR in the GMP
SYNTHESIS = Disclosure(
    counts=("n", "sortis", "file_active"),
    supports=(("gmp", "n"), ("part_12", "n")),
    parts=(("n", "file_active"), ("sortis", "file_active")),
    shares=(("part_12", "n"),),
    means=(("gmp", "n"),),
    sums=(("file_active", (Term("n"), Term("sortis"))),),
    **TERRITORIES,
)
GIR = Disclosure(
    counts=("n",),
    supports=(("part", "n"),),
    groups=(Grouping(KEY, "n", "part"),),
    links=(
        Link("n", (), "synthese", "n"),
        Link("n", (), "synthese", "gmp"),
        Link("n", (("composante", ("1", "2")),), "synthese", "part_12"),
    ),
    **TERRITORIES,
)
GIR_KEY = (*KEY, "composante")


def two_tables(leaves: Mapping[str, tuple[Sequence[int], int]]) -> tuple[Table, Table]:
    """A synthesis and the GIR of the same persons. leaves: département -> (persons of each GIR, gone in the year)."""
    held: dict[tuple[str, str], list[str]] = {}
    for code in leaves:
        region = PARENTS[f"departement/{code}"].removeprefix("region/")
        for place in (("departement", code), ("region", region), ("france", "FR")):
            held.setdefault(place, []).append(code)
    synthesis: Table = []
    distribution: Table = []
    for (level, territory), codes in held.items():
        gir = [sum(column) for column in zip(*(leaves[c][0] for c in codes), strict=True)]
        n, gone = sum(gir), sum(leaves[c][1] for c in codes)
        points = sum(w * x for w, x in zip(WEIGHTS, gir, strict=True))
        key = {"niveau": level, "territoire_code": territory}
        synthesis.append({**key, "n": n, "sortis": gone, "file_active": n + gone, "gmp": points / n if n else None,
                          "part_12": 100 * sum(gir[:2]) / n if n else None})  # fmt: skip
        distribution += [
            {**key, "composante": str(g), "n": x, "part": 100 * x / n if n else None} for g, x in enumerate(gir, 1)
        ]
    return synthesis, distribution


def hide_both(synthesis: Table, distribution: Table) -> tuple[Table, Table]:
    tables = {
        "synthese": tied_counts.Table(pl.DataFrame(synthesis, infer_schema_length=None), SYNTHESIS, KEY),
        "gir": tied_counts.Table(pl.DataFrame(distribution, infer_schema_length=None), GIR, GIR_KEY),
    }
    found = small_numbers.hide(tables, MINIMUM, PARENTS)
    return found["synthese"].to_dicts(), found["gir"].to_dicts()


LARGE = (300, 250, 200, 150, 80, 40)


def test_a_mean_that_its_components_would_complete_goes_with_any_of_them() -> None:
    """GIR 5 and 6 are hidden, 38 together; the GMP would be the second equation of these two unknowns."""
    synthesis, _ = hide_both(*two_tables({"59": (LARGE, 90), "62": (LARGE, 80), "02": ((90, 80, 70, 60, 33, 5), 40)}))
    gmp = {row["territoire_code"]: row["gmp"] for row in synthesis}
    assert gmp["02"] is None
    assert [gmp["59"], gmp["62"]].count(None) >= 1, "la GMP de la région, moins celle des autres"
    assert gmp["32"] is not None
    assert all(row["n"] is not None for row in synthesis)


def test_what_a_table_hides_another_does_not_tell() -> None:
    """The persons of 02 are those of the region less those of 59 and 62, in either table."""
    synthesis, distribution = hide_both(
        *two_tables({"59": (LARGE, 90), "62": (LARGE, 80), "02": ((3, 2, 0, 0, 0, 0), 40)})
    )
    hidden = {row["territoire_code"] for row in synthesis if row["n"] is None}
    told = {row["territoire_code"] for row in distribution if row["n"] and row["part"]}
    assert hidden - told == hidden
    assert "02" in hidden
    assert len(hidden) >= 2


def test_a_share_of_nobody_that_goes_with_a_small_count_harms_nobody() -> None:
    """5 persons, all in GIR 4: that none is in GIR 1 or 2 is published, and says nothing of the 5."""
    synthesis, distribution = hide_both(*two_tables({"62": ((0, 0, 0, 5, 0, 0), 3)}))
    assert all(row[column] is None for row in synthesis for column in ("n", "sortis", "gmp", "part_12"))
    assert {row["n"] for row in distribution} == {0, None}


def test_a_sum_of_the_same_row_is_taken_into_account() -> None:
    """The file active less the present gives those who left: hidden in 02 and 62, they are not had from it in 62."""
    synthesis, _ = hide_both(*two_tables({"59": (LARGE, 90), "62": (LARGE, 80), "02": (LARGE, 4)}))
    hidden = [row for row in synthesis if row["sortis"] is None]
    assert {"02", "62"} & {row["territoire_code"] for row in hidden}
    assert [row for row in hidden if row["n"] is not None and row["file_active"] is not None] == []


def test_a_sum_that_does_not_hold_teaches_nothing() -> None:
    """Persons who came back are in both: nobody finds those who left by subtraction."""
    synthesis, distribution = two_tables({"59": (LARGE, 90), "62": (LARGE, 80), "02": (LARGE, 4)})
    came_back = [{**row, "file_active": row["file_active"] - 30} for row in synthesis]
    found, _ = hide_both(came_back, distribution)
    assert all(row["n"] is not None and row["file_active"] is not None for row in found)


def test_a_total_that_lacks_some_does_not_tell_what_the_whole_leaves() -> None:
    """95 present of 100, and 94 in the GIR: were the 95 hidden alone, those who are gone would be 6 at most."""
    declared = Disclosure(counts=("n", "f"), parts=(("n", "f"),))
    gir = Disclosure(
        counts=("n",), supports=(("part", "n"),), groups=(Grouping(("ou",), "n", "part"),),
        links=(Link("n", (), "synthese", "n"),),
    )  # fmt: skip
    tables = {
        "synthese": tied_counts.Table(pl.DataFrame([{"ou": "ici", "n": 95, "f": 100}]), declared, ("ou",)),
        "gir": tied_counts.Table(pl.DataFrame(distribution([50, 44])), gir, ("ou", "quoi")),
    }
    found = small_numbers.hide(tables, MINIMUM, PARENTS)
    told = [found["synthese"]["f"][0], sum(n or 0 for n in found["gir"]["n"])]
    assert found["synthese"]["n"][0] is None or found["synthese"]["f"][0] is None
    assert told != [100, 94]


def test_a_sum_of_another_year_is_taken_into_account() -> None:
    """File active of a year: those present at the end of the one before, and those who entered."""
    declared = Disclosure(
        counts=("n", "entres", "file_active"),
        parts=(("entres", "file_active"),),
        sums=(("file_active", (Term("entres"), Term("n", "annee", 1))),),
        **TERRITORIES,
    )
    rows: Table = []
    for year, entered in ((2023, {"59": 50, "62": 40, "02": 30}), (2024, {"59": 50, "62": 40, "02": 4})):
        for line in territories(**{f"d{code}": n for code, n in entered.items()}):
            n = 900 if line["niveau"] == "departement" else 2700
            rows.append({**line, "annee": year, "n": n, "entres": line["n"], "file_active": n + line["n"]})
    hidden = hidden_cells(rows, declared, (*KEY, "annee"))
    for where, column in hidden:
        level, code, _ = where.split("/")
        if column == "entres":
            assert {(f"{level}/{code}/2023", "n"), (f"{level}/{code}/2024", "file_active")} & hidden


@st.composite
def linked(draw: st.DrawFn) -> tuple[Table, Table]:
    codes = draw(st.lists(st.sampled_from(["59", "62", "02", "67", "68", "2A"]), min_size=1, max_size=5, unique=True))
    return two_tables({code: (draw(st.lists(few, min_size=6, max_size=6)), draw(few)) for code in codes})


class ReaderOfBoth:
    """Everything that the two published tables say together: every equation, be it between tables, or of a mean."""

    def __init__(self, synthesis: Table, distribution: Table) -> None:
        self.unknown: dict[Any, int] = {}
        self.equations: list[tuple[dict[int, float], float]] = []
        self.published: dict[Any, float | None] = {}
        for row in synthesis:
            place = (row["niveau"], row["territoire_code"])
            self.published |= {(c, place): row[c] for c in ("n", "sortis", "file_active")}
        for row in distribution:
            place = (row["niveau"], row["territoire_code"])
            self.published[row["composante"], place] = row["n"]
            if row["n"] and row["part"]:
                self.say({("n", place): 1}, 100 * row["n"] / row["part"])
        girs = [str(g) for g in range(1, 7)]
        for row in synthesis:
            place = (row["niveau"], row["territoire_code"])
            self.say({("n", place): 1, ("sortis", place): 1, ("file_active", place): -1}, 0)
            self.say({**{(g, place): 1 for g in girs}, ("n", place): -1}, 0)
            self.say({("points", place): 1, **{(g, place): -w for g, w in zip(girs, WEIGHTS, strict=True)}}, 0)
            self.say({("douze", place): 1, ("1", place): -1, ("2", place): -1}, 0)
            for value, column, of in ((row["gmp"], "points", 1), (row["part_12"], "douze", 100)):
                if value is not None and row["n"] is not None:
                    self.say({(column, place): 1}, value * row["n"] / of)
            below = [(r["niveau"], r["territoire_code"]) for r in synthesis
                     if PARENTS.get(f"{r['niveau']}/{r['territoire_code']}") == "/".join(place)]  # fmt: skip
            for column in ("n", "sortis", "file_active", *girs, "points"):
                if below:
                    self.say({**{(column, b): 1 for b in below}, (column, place): -1}, 0)

    def say(self, terms: Mapping[Any, float], total: float) -> None:
        found: dict[int, float] = {}
        for name, sign in terms.items():
            value = self.published.get(name)
            if value is None:
                found[self.unknown.setdefault(name, len(self.unknown))] = sign
            else:
                total -= sign * value
        if found:
            self.equations.append((found, total))

    def known(self) -> set[Any]:
        """Unknowns that the equations leave no choice of: those that no solution of the homogeneous system moves."""
        matrix = np.zeros((len(self.equations), len(self.unknown)))
        for line, (terms, _) in enumerate(self.equations):
            for k, sign in terms.items():
                matrix[line, k] = sign / 1000 if abs(sign) > 1 else sign
        _, values, base = np.linalg.svd(matrix)
        free = base[int((values > 1e-9).sum()) :]
        return {name for name, k in self.unknown.items() if not len(free) or np.abs(free[:, k]).max() < 1e-9}


@settings(max_examples=40, deadline=None)
@given(linked())
def test_a_reader_of_several_tables_finds_no_hidden_count(tables: tuple[Table, Table]) -> None:
    published = hide_both(*tables)
    found = ReaderOfBoth(*published).known()
    hidden = {
        (column, (row["niveau"], row["territoire_code"]))
        for row in published[0]
        for column in ("n", "sortis", "file_active")
        if row[column] is None
    }
    hidden |= {(r["composante"], (r["niveau"], r["territoire_code"])) for r in published[1] if r["n"] is None}
    assert not found & hidden


# --- the setting


@pytest.mark.parametrize(("given_value", "found"), [(None, 11), ("", 11), ("5", 5), ("20", 20)])
def test_the_threshold_is_a_setting(monkeypatch: pytest.MonkeyPatch, given_value: str | None, found: int) -> None:
    monkeypatch.delenv(small_numbers.SETTING, raising=False)
    if given_value is not None:
        monkeypatch.setenv(small_numbers.SETTING, given_value)
    assert small_numbers.threshold() == found


@pytest.mark.parametrize("given_value", ["4", "0", "-1", "onze", "11,5"])
def test_a_threshold_that_protects_nobody_is_refused(monkeypatch: pytest.MonkeyPatch, given_value: str) -> None:
    monkeypatch.setenv(small_numbers.SETTING, given_value)
    with pytest.raises(PublicationBlocked, match="au moins 5"):
        small_numbers.threshold()


def test_every_departement_and_region_has_its_place_in_the_country() -> None:
    held = small_numbers.parents()
    assert held["departement/59"] == "region/32"
    assert held["departement/2A"] == "region/94"
    assert set(held.values()) >= {"france/FR", "region/11"}
    assert all(above == "france/FR" or above in held for above in held.values())
