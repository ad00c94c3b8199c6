"""What is hidden of additive tables, against a reader who knows the rules: zeros are shown, and persons are whole.

Belongs here: readers who enumerate, or solve in whole numbers, apart from the program that hides. Does not belong here:
the rows and declarations of products (`test_secret`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from orchestration.publication import readers_system, suppression
from orchestration.publication.suppression import Cell, Margin, suppress

MINIMUM = 11


@dataclass(frozen=True)
class Grid:
    """Counts in rows and columns, with the totals of both and of all. names: where each cell stands."""

    cells: list[Cell]
    margins: list[Margin]
    names: list[tuple[int | str, int | str]]

    @property
    def values(self) -> np.ndarray:
        return np.array([cell.value for cell in self.cells])


def grid(rows: Sequence[Sequence[int]]) -> Grid:
    whole = [[*row, sum(row)] for row in rows]
    whole.append([sum(column) for column in zip(*whole, strict=True)])
    high, wide = len(whole), len(whole[0])
    at = {(i, j): i * wide + j for i in range(high) for j in range(wide)}
    weights = {(i, j): 10 * (i == high - 1) + 10 * (j == wide - 1) for i, j in at}
    cells = [Cell(whole[i][j], weights[i, j]) for i, j in at]
    margins = [Margin(at[i, wide - 1], tuple(at[i, j] for j in range(wide - 1))) for i in range(high)]
    margins += [Margin(at[high - 1, j], tuple(at[i, j] for i in range(high - 1))) for j in range(wide)]
    return Grid(cells, margins, list(at))


def equations(table: Grid, hidden: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """What the published cells say of the hidden ones: matrix, sums."""
    matrix = np.zeros((len(table.margins), len(table.cells)), dtype=int)
    for line, margin in enumerate(table.margins):
        matrix[line, list(margin.parts)], matrix[line, margin.total] = 1, -1
    shown = np.setdiff1d(np.arange(len(table.cells)), hidden)
    return matrix[:, hidden], -matrix[:, shown] @ table.values[shown]


def proven_small(table: Grid, hidden: Sequence[int], minimum: int, among: Sequence[int] | None = None) -> list[int]:
    """The small hidden cells, or some of them, that no table of whole counts, all of them at least 1, makes as large as
    the threshold."""
    matrix, sums = equations(table, hidden)
    places = range(len(hidden))
    proven = []
    for k, i in enumerate(hidden):
        if 1 <= table.values[i] < minimum and (among is None or i in among):
            lowest = [minimum if j == k else 1 for j in places]
            bounds = (lowest, np.inf)
            found = milp(np.zeros(len(hidden)), constraints=(matrix, sums, sums), bounds=bounds, integrality=1)
            assert found.status in (0, 2), found.message
            proven += [i] if found.status == 2 else []
    return proven


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([[1, 11, 0], [10, 10, 14], [60, 60, 0]], id="de onze et une, dix passent"),
        pytest.param([[10, 1, 40], [1, 10, 40], [50, 50, 60]], id="quatre petites en carré"),
        pytest.param([[1, 1, 9], [9, 50, 50], [50, 50, 50]], id="une ligne de onze personnes"),
        pytest.param([[1, 1, 1], [1, 1, 1], [1, 1, 1]], id="neuf personnes"),
        pytest.param([[5, 0, 0], [0, 6, 0], [0, 0, 7]], id="chacun sa ligne et sa colonne"),
    ],
)
def test_a_hidden_cell_is_not_proven_small_by_who_knows_that_zeros_are_shown(rows: list[list[int]]) -> None:
    table = grid(rows)
    assert proven_small(table, sorted(suppress(table.cells, table.margins, MINIMUM)), MINIMUM) == []


def test_a_cell_that_real_numbers_leave_open_and_somebody_in_each_does_not() -> None:
    """1 and 11 in a row, 10 and 10 under them: were the four hidden alone, 1 could become 10, never 11."""
    table = grid([[1, 11, 0], [10, 10, 14], [60, 60, 0]])
    square = [table.names.index(place) for place in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    assert proven_small(table, square, MINIMUM) != []
    assert suppress(table.cells, table.margins, MINIMUM) > set(square)


def test_random_tables_have_no_hidden_cell_that_is_proven_small() -> None:
    """Départements and components, of which a few are small: the shape of what is published."""
    chance = np.random.default_rng(4)
    small = 0
    for _ in range(10):
        high, wide = chance.integers(3, 8, 2)
        rows = chance.choice([0, *range(1, 15), 20, 30, 50, 80], size=(high, wide))
        table = grid(rows.tolist())
        hidden = sorted(suppress(table.cells, table.margins, MINIMUM))
        small += sum(1 <= table.values[i] < MINIMUM for i in hidden)
        assert proven_small(table, hidden, MINIMUM) == []
    assert small > 60


def wide(seed: int, high: int = 40, across: int = 40) -> Grid:
    """Départements and components of which nearly all are small: one sum leads to every other."""
    chance = np.random.default_rng(seed)
    return grid(chance.choice([0, *range(1, 13), 20, 60], size=(high, across)).tolist())


def test_what_is_looked_at_together_is_bounded_however_many_cells_are_tied(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is how many searches there are, so that the counts of a country end."""
    looked_at: list[int] = []
    search = readers_system.System._table

    def counted(self: readers_system.System, *args: np.ndarray) -> np.ndarray | None:
        looked_at.append(len(self.truth))
        return search(self, *args)

    monkeypatch.setattr(readers_system.System, "_table", counted)
    monkeypatch.setattr(suppression, "_NEAR", 200)
    monkeypatch.setattr(suppression, "_FAR", 600)
    table = wide(6)
    hidden = sorted(suppress(table.cells, table.margins, MINIMUM))
    assert len(hidden) > suppression._FAR
    assert max(looked_at) <= suppression._FAR
    assert len(looked_at) < len(hidden)
    sample = hidden[:: len(hidden) // 12]
    small = [i for i in sample if table.values[i] < MINIMUM]
    assert len(small) > 6
    assert proven_small(table, hidden, MINIMUM, among=small) == []


def test_a_search_that_goes_less_far_hides_more_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [wide(seed, 7, 6) for seed in range(6)]
    first = [suppress(t.cells, t.margins, MINIMUM) for t in tables]
    monkeypatch.setattr(suppression, "_NEAR", 2)
    monkeypatch.setattr(suppression, "_FAR", 3)
    nearer = [suppress(t.cells, t.margins, MINIMUM) for t in tables]
    assert sum(map(len, nearer)) > sum(map(len, first))
    assert [proven_small(t, sorted(hidden), MINIMUM) for t, hidden in zip(tables, nearer, strict=True)] == [[]] * 6


FEW = 3  # a threshold that leaves few enough tables to enumerate


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=2, max_size=3))
def test_whoever_enumerates_every_table_proves_no_hidden_cell_small(rows: list[list[int]]) -> None:
    """Every table of the inner cells, tried one by one: those that publish the same figures."""
    table = grid(rows)
    hidden = suppress(table.cells, table.margins, FEW)
    inner = [i for i, (row, column) in enumerate(table.names) if row != len(rows) and column != 2]
    tried = np.indices([12 if i in hidden else 1 for i in inner]).reshape(len(inner), -1)
    for k, i in enumerate(inner):
        tried[k] += 0 if i in hidden else table.values[i]
    possible = np.zeros((len(table.cells), tried.shape[1]), dtype=int)
    possible[inner] = tried
    for margin in [*table.margins[: len(rows)], *table.margins[len(rows) + 1 :], table.margins[len(rows)]]:
        possible[margin.total] = possible[list(margin.parts)].sum(axis=0)
    same = np.all([possible[i] > 0 if i in hidden else possible[i] == n for i, n in enumerate(table.values)], axis=0)
    assert same.any()
    for i in hidden:
        if table.values[i] < FEW:
            assert possible[i, same].max() >= FEW, f"{table.names[i]} est petite, et on le sait"
        assert np.unique(possible[i, same]).size > 1, f"{table.names[i]} est connue"


def test_what_is_left_of_a_whole_is_a_count_that_no_cell_gives() -> None:
    """52 over 20 and 30: two persons are nowhere. One hidden cell would do for them, and be had if nobody were."""
    cells = [Cell(52, 10), Cell(20), Cell(30), Cell(2, published=False)]
    assert len(suppress(cells, [Margin(0, (1, 2), remainder=3)], MINIMUM)) == 2
    assert suppress(cells[:3], [Margin(0, (1, 2))], MINIMUM) == frozenset()


def test_what_is_left_of_a_whole_protects_no_other_count() -> None:
    """50 persons nowhere: whoever knows them would have 5 by subtraction."""
    cells = [Cell(150, 10), Cell(5), Cell(95), Cell(50, published=False)]
    assert suppress(cells, [Margin(0, (1, 2), remainder=3)], MINIMUM) == {1, 2}


def test_a_zero_over_which_all_are_hidden_is_not_asked_to_hide() -> None:
    """Two persons nowhere, and nobody elsewhere: the whole alone is hidden, and no zero with it."""
    cells = [Cell(2, 10), Cell(0), Cell(0), Cell(2, published=False)]
    assert suppress(cells, [Margin(0, (1, 2), remainder=3)], MINIMUM) == {0}


def test_what_goes_with_a_count_may_be_nobody() -> None:
    """Files of 5 persons, none of them on paper: that none is hidden says nothing, for it was not hidden for itself."""
    cells = [Cell(90, 10), Cell(5), Cell(85), Cell(40, 10), Cell(0), Cell(40)]
    margins = [Margin(0, (1, 2)), Margin(3, (4, 5))]
    assert suppress(cells, margins, MINIMUM, {1: [4], 2: [5]}) == {1, 2, 4, 5}
