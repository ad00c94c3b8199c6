"""Which counts of additive tables must be hidden, so that no small one can be computed from those that stay.

Belongs here: cells, margins, the choice of what to hide, the proof that it is enough. Does not belong here: rows,
columns, contracts (`small_numbers`).

Two steps, repeated until nothing changes. The rule of the margins, usual in official statistics (Insee, CASD): where
something is hidden of a sum, two cells at least are, and together they count as many persons as the threshold. Then
the proof, because that rule is not enough when margins cross: whoever solves the system of everything published finds
no hidden value, and cannot even prove that a hidden cell is under the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_EXACT = 1e-6


@dataclass(frozen=True)
class Cell:
    """A count of persons. weight: what is lost by hiding it. published: False for a difference that no table gives."""

    value: int
    weight: int = 0
    published: bool = True


@dataclass(frozen=True)
class Margin:
    """A total and its parts. They may differ a little (a person counted in two territories); readers are taken to
    know by how much."""

    total: int
    parts: tuple[int, ...]


class NotProtectable(RuntimeError):
    """Everything that could be hidden is, and a small count is still known: the tables contradict themselves."""


def suppress(
    cells: Sequence[Cell],
    margins: Sequence[Margin],
    threshold: int,
    with_it: Mapping[int, Sequence[int]] | None = None,
) -> frozenset[int]:
    """The published cells to hide. A cell from 1 to threshold − 1 always is; zero never is.

    with_it: cell -> those that go with it.

    Raises NotProtectable.
    """
    work = _Work(cells, margins, threshold, with_it or {})
    work.hide(i for i, cell in enumerate(cells) if cell.published and work.is_small(i))
    work.keep_margins(range(len(margins)))
    while (weak := work.weak_cell()) is not None:
        work.keep_margins(work.margins_with(work.hide([work.cover_of(weak)])))
    return frozenset(i for i in work.hidden if cells[i].published)


@dataclass
class _Work:
    """What is hidden so far. Cells that nothing publishes are hidden from the start."""

    cells: Sequence[Cell]
    margins: Sequence[Margin]
    threshold: int
    with_it: Mapping[int, Sequence[int]]

    def __post_init__(self) -> None:
        self.hidden = {i for i, cell in enumerate(self.cells) if not cell.published}
        # Shown by a table that gives the same published figures: as large as the threshold, other than it is.
        self._maybe_large: set[int] = set()
        self._maybe_other: set[int] = set()

    @cached_property
    def margins_of(self) -> list[list[int]]:
        places: list[list[int]] = [[] for _ in self.cells]
        for place, margin in enumerate(self.margins):
            for i in (margin.total, *margin.parts):
                places[i].append(place)
        return places

    def is_small(self, i: int) -> bool:
        return 1 <= self.cells[i].value < self.threshold

    def matters(self, i: int) -> bool:
        """Whether it harms that a hidden cell is known: not when it counts nobody and only went with another."""
        return self.is_small(i) or (self.cells[i].published and self.cells[i].value > 0)

    def hide(self, chosen: Iterable[int]) -> list[int]:
        """Hides cells and those that go with them; what was not hidden yet."""
        waiting, fresh = list(chosen), []
        while waiting:
            i = waiting.pop()
            if i not in self.hidden:
                self.hidden.add(i)
                fresh.append(i)
                waiting += self.with_it.get(i, ())
        return fresh

    def margins_with(self, cells: Iterable[int]) -> list[int]:
        return [place for i in cells for place in self.margins_of[i]]

    def keep_margins(self, places: Iterable[int]) -> None:
        """Hide until every margin keeps the rule."""
        waiting = list(places)
        while waiting:
            margin = self.margins[waiting.pop()]
            while self._is_broken(margin):
                chosen = self._cheapest([*self._open_parts(margin), *self._open_total(margin)], margin)
                waiting += self.margins_with(self.hide([chosen]))

    def _is_broken(self, margin: Margin) -> bool:
        parts = [i for i in margin.parts if i in self.hidden]
        hidden = parts if margin.total not in self.hidden else [*parts, margin.total]
        if not any(self.matters(i) for i in hidden):
            return False
        if len(hidden) == 1:
            return True
        if margin.total in self.hidden:
            return False
        seen = self.cells[margin.total].value - sum(self.cells[i].value for i in margin.parts if i not in self.hidden)
        return sum(self.cells[i].value for i in parts) < self.threshold or 1 <= seen < self.threshold

    def _open_parts(self, margin: Margin) -> list[int]:
        """Visible parts that would protect: a zero would not, for nobody is in it."""
        return [i for i in margin.parts if i not in self.hidden and self.cells[i].value > 0]

    def _open_total(self, margin: Margin) -> list[int]:
        return [margin.total] if margin.total not in self.hidden else []

    def _cheapest(self, choices: list[int], margin: Margin | None = None) -> int:
        """What costs readers least: a part before a total, a low weight, no other margin to break, few persons."""

        def cost(i: int) -> tuple[bool, int, int, int, int]:
            fresh = sum(
                not any(self.matters(j) for j in (self.margins[m].total, *self.margins[m].parts) if j in self.hidden)
                for m in self.margins_of[i]
            )
            is_total = margin is not None and i == margin.total
            return is_total, self.cells[i].weight, fresh, self.cells[i].value, i

        if not choices:
            raise NotProtectable("tout ce qui peut être masqué l'est, et un petit effectif se calcule encore")
        return min(choices, key=cost)

    def cover_of(self, weak: int) -> int:
        """One more cell to hide, so that a weak one is no longer known: in its margins, else around them."""
        near = [self.margins[m] for m in self.margins_of[weak]]
        around = [self.margins[m] for i in self._component(weak) for m in self.margins_of[i]]
        for margins in (near, around):
            parts = [i for margin in margins for i in self._open_parts(margin)]
            totals = [i for margin in margins for i in self._open_total(margin) if self.cells[i].published]
            if parts or totals:
                return self._cheapest(parts or totals)
        return self._cheapest([])

    def _component(self, start: int) -> frozenset[int]:
        """Hidden cells that margins tie to one of them."""
        reached, waiting = {start}, [start]
        while waiting:
            for place in self.margins_of[waiting.pop()]:
                margin = self.margins[place]
                tied = [i for i in (margin.total, *margin.parts) if i in self.hidden and i not in reached]
                reached.update(tied)
                waiting += tied
        return frozenset(reached)

    def weak_cell(self) -> int | None:
        """A hidden cell that can be computed, or proven small, from what is published; None when there is none.

        What is shown of a cell stays shown: hiding more only leaves more to choose from.
        """
        for start in sorted(self.hidden):
            if self._is_small_to_readers(start) or self._is_known(start):
                weak = self._weak_in(sorted(self._component(start)))
                if weak is not None:
                    return weak
        return None

    def _is_small_to_readers(self, i: int) -> bool:
        return self.is_small(i) and i not in self._maybe_large

    def _is_known(self, i: int) -> bool:
        return self.cells[i].published and self.matters(i) and i not in self._maybe_other

    def _weak_in(self, component: list[int]) -> int | None:
        """Looks for tables that give the same published figures with other hidden ones, by linear programming."""
        import numpy as np

        system = _System(component, self)
        places = np.arange(len(component))

        def look(direction: np.ndarray) -> None:
            values = system.furthest(direction)
            large = places[values >= self.threshold - _EXACT]
            other = places[abs(values - system.truth) >= 1 - _EXACT]
            self._maybe_large.update(component[k] for k in large)
            self._maybe_other.update(component[k] for k in other)

        def left() -> list[int]:
            return [k for k, i in enumerate(component) if self._is_small_to_readers(i) or self._is_known(i)]

        chance = np.random.default_rng(len(component))
        while waiting := left():
            for share in (1.0, 0.5, 0.25):  # all at once pull against each other: fewer at a time, then alone
                direction = np.zeros(len(component))
                direction[waiting] = chance.random(len(waiting)) < share
                look(direction)
                if not left():
                    return None
            if len(left()) == len(waiting):
                break
        for k in left():
            for sign in (1.0, -1.0):
                alone = np.zeros(len(component))
                alone[k] = sign
                if k in left():
                    look(alone)
            if k in left():
                return component[k]
        return None


class _System:
    """Everything published that speaks of some hidden cells: their sums, and that no count is negative."""

    def __init__(self, component: list[int], work: _Work) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        column = {i: k for k, i in enumerate(component)}
        self.truth = np.array([work.cells[i].value for i in component], dtype=float)
        rows: list[int] = []
        columns: list[int] = []
        signs: list[float] = []
        places = sorted({m for i in component for m in work.margins_of[i]})
        for row, place in enumerate(places):
            margin = work.margins[place]
            tied = [(i, 1.0) for i in margin.parts] + [(margin.total, -1.0)]
            for i, sign in tied:
                if i in column:
                    rows.append(row)
                    columns.append(column[i])
                    signs.append(sign)
        shape = (len(places), len(component))
        self.matrix = csr_array((signs, (rows, columns)), shape=shape)
        self.sums = self.matrix @ self.truth
        self.highest = float(self.truth.sum()) + 2 * work.threshold  # so that a direction always ends

    def furthest(self, direction):
        """The possible values of the cells, the furthest in a direction. Raises NotProtectable."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        # No integer is asked for: this is the solver of `linprog`, with half of its ceremony.
        given = LinearConstraint(self.matrix, self.sums, self.sums)
        solution = milp(-direction, constraints=given, bounds=Bounds(0, self.highest))
        if solution.x is None:
            raise NotProtectable(f"le contrôle des cellules masquées n'aboutit pas ({solution.message})")
        return solution.x
