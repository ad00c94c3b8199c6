"""Which counts of additive tables must be hidden, so that no small one can be computed from those that stay.

Belongs here: cells, margins, the choice of what to hide, the proof that it is enough. Does not belong here: rows,
columns, contracts (`small_numbers`), another table that agrees with what is published (`readers_system`).

Two steps, repeated until nothing changes. The rule of the margins, usual in official statistics (Insee, CASD): where
something is hidden of a sum, two cells at least are, and together they count as many persons as the threshold. Then
the proof, because that rule is not enough when margins cross: the reader who knows every rule of this file, and that
persons are whole, computes no hidden value, and cannot even prove that a hidden cell is under the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from orchestration.publication.readers_system import System

if TYPE_CHECKING:
    import numpy as np

# How many hidden cells are looked at together around one: first, and for the last word. The others are taken to be what
# they are. A table that is found so is one of the whole; where none is, the cell is taken to be weak, and more is
# hidden. Cells, not seconds, so that the same rows always hide the same cells.
_NEAR, _FAR = 2_000, 20_000
_RINGS = (1, 10, 100)  # cells around a weak one, whose margins are searched for another to hide before going on


@dataclass(frozen=True)
class Cell:
    """A count of persons. weight: what is lost by hiding it. published: False for a difference that no table gives.
    is_sensitive: False when nobody is harmed by what it counts, were it few."""

    value: int
    weight: int = 0
    published: bool = True
    is_sensitive: bool = True


@dataclass(frozen=True)
class Margin:
    """A total and its parts. They may differ a little (a person counted in two territories); readers are taken to
    know by how much.

    remainder: what is left of the total without its parts, which no table gives. It is protected as any count, and
    protects none of the others: somebody may know that there is nobody in it.
    """

    total: int
    parts: tuple[int, ...]
    remainder: int | None = None

    @cached_property
    def tied(self) -> tuple[int, ...]:
        """Everything that the sum ties, its total first."""
        return (self.total, *self.parts, *(() if self.remainder is None else (self.remainder,)))


class NotProtectable(RuntimeError):
    """The tables cannot be protected as they are."""


def suppress(
    cells: Sequence[Cell],
    margins: Sequence[Margin],
    threshold: int,
    with_it: Mapping[int, Sequence[int]] | None = None,
    *,
    hidden: Iterable[int] = (),
    told: Iterable[int] = (),
) -> frozenset[int]:
    """The published cells to hide. A cell from 1 to threshold − 1 always is; zero never is.

    with_it: cell -> those that go with it, zero or not. hidden: cells that the publication before hid, which its own
    proof protects (docs/adr/0045 says why it still does). told: cells that it told, as they are: hiding one would
    protect nothing.

    Raises NotProtectable: a cell that only the hiding of what was told would protect.
    """
    work = _Work(cells, margins, threshold, with_it or {}, frozenset(told))
    work.proven_before(hidden)
    work.hide(i for i, cell in enumerate(cells) if cell.published and work.is_small(i))
    work.keep_margins(range(len(margins)))
    while weak := work.weak_cells():
        for cell in weak:
            for reach in (_NEAR, _FAR):
                while work.is_weak(cell, reach) and (cover := work.cover_of(cell, reach)):
                    work.keep_margins(work.margins_with(work.hide(cover)))
    return frozenset(i for i in work.hidden if cells[i].published)


@dataclass
class _Work:
    """What is hidden so far. Cells that nothing publishes are hidden from the start."""

    cells: Sequence[Cell]
    margins: Sequence[Margin]
    threshold: int
    with_it: Mapping[int, Sequence[int]]
    told: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        self.hidden = {i for i, cell in enumerate(self.cells) if not cell.published}
        # Shown by a table that gives the same published figures: as large as the threshold, other than it is.
        self._maybe_large: set[int] = set()
        self._maybe_other: set[int] = set()
        self._closed: set[int] = set()  # margins of which nothing more can be hidden
        self._goes_with: dict[int, list[int]] = {}
        for base, others in self.with_it.items():
            for i in others:
                self._goes_with.setdefault(i, []).append(base)

    def proven_before(self, cells: Iterable[int]) -> None:
        """Hides cells of which the publication before proved that readers do not know them."""
        for i in cells:
            self.hidden.add(i)
            self._maybe_large.add(i)
            self._maybe_other.add(i)

    @cached_property
    def margins_of(self) -> list[list[int]]:
        places: list[list[int]] = [[] for _ in self.cells]
        for place, margin in enumerate(self.margins):
            for i in margin.tied:
                places[i].append(place)
        return places

    def is_small(self, i: int) -> bool:
        return self.cells[i].is_sensitive and 1 <= self.cells[i].value < self.threshold

    def matters(self, i: int) -> bool:
        """Whether it harms that a hidden cell is known: not when it counts nobody and only went with another."""
        return self.is_small(i) or (self.cells[i].published and self.cells[i].value > 0)

    def lowest(self, i: int) -> int:
        """The least that readers admit of a hidden cell: somebody, since zeros are shown, unless a rule hid it whatever
        it counts."""
        may_be_nobody = not self.cells[i].published or any(base in self.hidden for base in self._goes_with.get(i, ()))
        return 0 if may_be_nobody else 1

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
                chosen = self._cheapest(self._choices(margin), margin)
                waiting += self.margins_with(self.hide([chosen]))

    def _is_broken(self, margin: Margin) -> bool:
        parts = [i for i in margin.parts if i in self.hidden]
        hidden = parts if margin.total not in self.hidden else [*parts, margin.total]
        if not any(self.matters(i) for i in hidden) and not self._leaves_few(margin):
            return False
        if not self._choices(margin):
            return False  # nothing of it is published but zeros
        if len(hidden) < 2:
            return True
        if margin.total in self.hidden:
            return False
        seen = self.cells[margin.total].value - sum(self.cells[i].value for i in margin.parts if i not in self.hidden)
        # One of them may be as large as the threshold only if the others, of somebody each, leave it so many.
        left = 1 + sum(self.cells[i].value - self.lowest(i) for i in parts)
        return left < self.threshold or 1 <= seen < self.threshold

    def _leaves_few(self, margin: Margin) -> bool:
        return margin.remainder is not None and self.is_small(margin.remainder)

    def _choices(self, margin: Margin) -> list[int]:
        return [*self._open_parts(margin), *self._open_total(margin)]

    def _open_parts(self, margin: Margin) -> list[int]:
        """Visible parts that would protect: a zero would not, for nobody is in it."""
        return [i for i in margin.parts if self._can_be_hidden(i) and self.cells[i].value > 0]

    def _open_total(self, margin: Margin) -> list[int]:
        return [margin.total] if self._can_be_hidden(margin.total) else []

    def _can_be_hidden(self, i: int) -> bool:
        return i not in self.hidden and i not in self.told

    def _cheapest(self, choices: list[int], margin: Margin | None = None) -> int:
        """What costs readers least: a part before a total of several, a low weight, no other margin to break, few
        persons."""
        several = margin is not None and sum(self.cells[i].published for i in margin.parts) > 1

        def cost(i: int) -> tuple[bool, int, int, int, int]:
            fresh = sum(
                not any(self.matters(j) for j in self.margins[m].tied if j in self.hidden) for m in self.margins_of[i]
            )
            is_total = several and margin is not None and i == margin.total
            return is_total, self.cells[i].weight, fresh, self.cells[i].value, i

        return min(choices, key=cost)

    def cover_of(self, weak: int, reach: int) -> list[int]:
        """One more cell to hide, so that a weak one is no longer known: in its margins, else around them.

        None near it; or none at all, when all that they publish is hidden: nothing is known then of what they tie.
        """
        parts: list[int] = []
        totals: list[int] = []
        around, seen = {weak: None}, set[int]()
        for rank, cell in enumerate(waiting := [weak]):
            if rank in _RINGS and (parts or totals):
                break
            if rank == reach < _FAR:
                return []
            for place in self.margins_of[cell]:
                if place in seen:
                    continue
                seen.add(place)
                margin = self.margins[place]
                if place not in self._closed:
                    open_parts, open_total = self._open_parts(margin), self._open_total(margin)
                    parts += open_parts
                    totals += [i for i in open_total if self.cells[i].published]
                    if not open_parts and not open_total:
                        self._closed.add(place)
                fresh = [i for i in margin.tied if i in self.hidden and i not in around]
                around.update(dict.fromkeys(fresh))
                waiting += fresh
        if parts or totals:
            return [self._cheapest(parts or totals)]
        if any(i in self.told and self.cells[i].value for place in seen for i in self.margins[place].tied):
            raise NotProtectable("ce qui a été publié avant donnerait un effectif retiré")
        self._maybe_large.update(around)
        self._maybe_other.update(around)
        return []

    def _around(self, start: int, most: int) -> list[int]:
        """Hidden cells that margins tie to one of them, directly or not, the nearest first."""
        reached, seen = {start: None}, set[int]()
        for cell in (waiting := [start]):
            for place in self.margins_of[cell]:
                if place in seen:
                    continue
                seen.add(place)
                for i in self.margins[place].tied:
                    if len(reached) == most:
                        return list(reached)
                    if i in self.hidden and i not in reached:
                        reached[i] = None
                        waiting.append(i)
        return list(reached)

    def weak_cells(self) -> list[int]:
        """The hidden cells that can be computed, or proven small, from what is published, as far as the search goes.

        What is shown of a cell stays shown: hiding more only leaves more to choose from.
        """
        weak: list[int] = []
        seen: set[int] = set()
        for start in sorted(self.hidden):
            if start not in seen and self._is_open(start):
                component = self._around(start, len(self.cells))
                seen.update(component)
                weak += self._weak_in(sorted(component))
        return weak

    def _is_small_to_readers(self, i: int) -> bool:
        return self.is_small(i) and i not in self._maybe_large

    def _is_known(self, i: int) -> bool:
        return self.cells[i].published and self.matters(i) and i not in self._maybe_other

    def _is_open(self, i: int) -> bool:
        """Whether nothing shows yet that a hidden cell may be large, or other than it is."""
        return self._is_small_to_readers(i) or self._is_known(i)

    def is_weak(self, i: int, furthest: int) -> bool:
        """Whether a hidden cell can be computed, or proven small: no other table was found, as far as that."""
        for reach in dict.fromkeys((_NEAR, furthest)):
            if not self._is_open(i):
                return False
            near = sorted(self._around(i, reach))
            system = self._system(near)
            if not self._proven_by_bounds(near, system)[i]:
                self._look_for(near, system, near.index(i))
            if len(near) < reach:
                break
        return self._is_open(i)

    def _weak_in(self, component: list[int]) -> list[int]:
        """The cells of a component, all that margins tie, of which no other table is found."""
        whole = self._system(component)
        proven = self._proven_by_bounds(component, whole)
        tried = {i for i in component if proven[i]}
        for i in component:
            if i not in tried and self._is_open(i):
                near = component if len(component) <= _FAR else sorted(self._around(i, _FAR))
                wanted = [k for k, j in enumerate(near) if not proven[j]]
                self._look_everywhere(near, whole if near is component else self._system(near), wanted)
                tried.update(near)
        return [i for i in component if self._is_open(i) and (proven[i] or self.is_weak(i, _FAR))]

    def _look_everywhere(self, near: list[int], system: System, wanted: list[int]) -> None:
        """Looks for whole tables that give the same published figures with many other hidden ones."""
        import numpy as np

        def left() -> list[int]:
            return [k for k in wanted if self._is_open(near[k])]

        chance = np.random.default_rng(len(near))
        while waiting := left():
            for share in (1.0, 0.5, 0.25):  # all at once pull against each other: fewer at a time, then alone
                direction = np.zeros(len(near))
                direction[waiting] = chance.random(len(waiting)) < share
                self._note(near, system, system.furthest(direction))
                if not left():
                    return
            if len(left()) == len(waiting):
                return

    def _look_for(self, near: list[int], system: System, k: int) -> None:
        """Looks for a table that shows one cell of a system to be large, or other than it is."""
        value = self.cells[near[k]].value
        wanted = [(self.threshold, None)] if self.is_small(near[k]) else [(value + 1, None), (None, value - 1)]
        for least, most in wanted:
            if self._is_open(near[k]):
                self._note(near, system, system.with_one(k, least, most))

    def _proven_by_bounds(self, near: list[int], system: System) -> dict[int, bool]:
        """The cells of a system that the bounds of their sums prove to be small, or give."""
        low, high = system.bounds()
        return {
            i: high[k] < self.threshold if self.is_small(i) else low[k] == high[k]
            for k, i in enumerate(near)
        }  # fmt: skip

    def _note(self, near: list[int], system: System, values: np.ndarray | None) -> None:
        """What a table shows of the cells."""
        if values is not None:
            self._maybe_large.update(near[k] for k in (values >= self.threshold).nonzero()[0])
            self._maybe_other.update(near[k] for k in (values != system.truth).nonzero()[0])

    def _system(self, near: Sequence[int]) -> System:
        """What readers know of some hidden cells, the others being what they are."""
        column = {i: k for k, i in enumerate(near)}
        places = sorted(set(self.margins_with(near)))
        terms = [
            (row, column[i], -1.0 if i == self.margins[place].total else 1.0)
            for row, place in enumerate(places)
            for i in self.margins[place].tied
            if i in column
        ]
        truth, lowest = [self.cells[i].value for i in near], [self.lowest(i) for i in near]
        return System(truth, lowest, terms, 2 * self.threshold)
