"""Counts of persons that were published, held: no publication tells what few persons changed since the one before.

Belongs here: from the rows that the warehouse has now and those held by the publication before, the rows that may be
published. Does not belong here: how rows are read and written (`held_rows`, `held_frames`), which
cells are hidden (`small_numbers`), where what is held is kept (`held_store`).

A count is held at the finest territory that publishes it, and moves by whole steps (2 × threshold − 1): what is
published is then at most threshold − 1 from what is known, and moves only when what is known moved by the threshold.
Totals of territories are the sums of what is held. What was hidden stays hidden, and is held too, until all that is
hidden with it can be shown. docs/adr/0045 says why so, what it costs, and what it does not cover.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from data_contracts.disclosure import HELD, WITNESS
from orchestration.publication.held_frames import Frames
from orchestration.publication.held_reader import Reader
from orchestration.publication.held_rows import SCOPE, Cell, Rows, Stratum, scope_of
from orchestration.publication.product_counts import TOLD, Row
from orchestration.publication.tied_counts import KnownCount, Table, hidden_together, ties


def step_of(minimum: int) -> int:
    """By how much a held count moves: what is published is then less than the threshold from what is known."""
    return 2 * minimum - 1


def moved(former: int, now: int, minimum: int) -> int:
    """What is published of a count of which `former` was, when it is now so many."""
    step = step_of(minimum)
    if abs(now - former) < minimum:
        return former
    nearest = former + step * round((now - former) / step)
    if nearest >= minimum:
        return nearest
    if now == 0:
        return 0  # it moved by the threshold or more: there were as many
    return minimum if former >= 2 * minimum else former  # a count that is shown never becomes a small one


def hold(
    now: Mapping[str, Table],
    former: Mapping[str, pl.DataFrame],
    minimum: int,
    parent_of: Mapping[str, str],
    today: date,
    *,
    still: bool = False,
) -> dict[str, pl.DataFrame]:
    """The rows of tables about the same persons, as they may be published after those of `former`.

    former: by product, what was held: nothing is null for being hidden, and `secret` names what was. In what is found,
    the column HELD says when a figure of the row was last set, `secret` what must stay hidden, TOLD what readers have
    from the publication before.
    still: nothing that was published moves.
    """
    known = {name: frame for name, frame in former.items() if name in now}
    if not known:
        added = (
            pl.lit(today).alias(HELD), pl.lit(None, pl.String).alias(WITNESS), pl.lit(None, pl.String).alias(TOLD)
        )  # fmt: skip
        return {name: table.frame.with_columns(*added) for name, table in now.items()}
    work = _Holding(
        {name: Rows(name, t.frame.to_dicts(), t.declared, t.key) for name, t in now.items()},
        {name: Rows(name, known[name].to_dicts(), now[name].declared, now[name].key) for name in known},
        minimum,
        parent_of,
    )
    work.settle(still=still)
    frames = work.frames()
    return {name: frames.frame(name, table.frame, today) for name, table in now.items()}


@dataclass
class _Holding:
    """What may move, and what everything is worth then."""

    now: Mapping[str, Rows]
    before: Mapping[str, Rows]
    minimum: int
    parent_of: Mapping[str, str]
    known: dict[Cell, int] = field(init=False)  # what the warehouse counts
    held: dict[Cell, int] = field(init=False)  # what the publication before counted
    value: dict[Cell, int] = field(init=False)  # what may be published
    hidden: set[Cell] = field(init=False)  # hidden by the publication before
    opened: set[Cell] = field(default_factory=set)  # of those, what is shown again
    stopped: set[Cell] = field(default_factory=set)  # of a territory's own persons: what may not move this time
    cleared: set[tuple[str, Any]] = field(default_factory=set)  # territories and publics in which nothing is proven

    def __post_init__(self) -> None:
        self.known = {c: n for rows in self.now.values() for c, n in rows.counts().items()}
        self.held = {c: n for rows in self.before.values() for c, n in rows.counts().items()}
        self.hidden = {c for rows in self.before.values() for c in rows.hidden()}
        self._unknown = {c for rows in self.now.values() for c in rows.unknown()}
        self._old = {s for rows in self.before.values() for s in rows.scopes()}
        self._tree = {stratum: self._children(places) for stratum, places in self._strata().items()}
        self._own_now, self._own_before = self._own(self.known), self._own(self.held)
        self._build()

    def is_old(self, stratum: Stratum) -> bool:
        """Whether the publication before told of this public and year: what is in no row of it counted nobody."""
        return (stratum[0], scope_of(stratum[2])) in self._old

    def _strata(self) -> dict[Stratum, set[str]]:
        places: dict[Stratum, set[str]] = defaultdict(set)
        for stratum, place in (*self.known, *self.held):
            places[stratum].add(place)
        return places

    def _children(self, places: set[str]) -> dict[str, list[str]]:
        """Each territory, and those that it holds, the smallest first."""
        held: dict[str, list[str]] = {place: [] for place in places}
        depth: dict[str, int] = {}
        for place in sorted(places):
            holder, above = self.parent_of.get(place), 0
            nearest = None
            while holder is not None:
                above += 1
                nearest = holder if nearest is None and holder in places else nearest
                holder = self.parent_of.get(holder)
            depth[place] = above
            if nearest is not None:
                held[nearest].append(place)
        return {place: held[place] for place in sorted(places, key=lambda p: (-depth[p], p))}

    def _own(self, counts: Mapping[Cell, int]) -> dict[Cell, int]:
        """What of each territory none of those that it holds counts."""
        return {
            (stratum, place): counts.get((stratum, place), 0) - sum(counts.get((stratum, c), 0) for c in children)
            for stratum, tree in self._tree.items()
            for place, children in tree.items()
        }

    def _next(self, cell: Cell) -> int:
        """What a territory's own persons are published as."""
        stratum, place = cell
        former, now = self._own_before[cell], self._own_now[cell]
        if not self.is_old(stratum):
            return now
        if cell in self.stopped or cell in self._unknown:
            return former
        if self._tree[stratum][place]:  # nearly nobody: whose commune is not known, less those of two territories
            tied = any((stratum, p) in self.hidden for p in (place, *self._tree[stratum][place]))
            step = step_of(self.minimum)
            # Persons of two territories are counted twice: what is left is under zero, and counts nobody.
            is_count = former > 0 or now > 0
            return former if tied and is_count else former + step * round((now - former) / step)
        if cell in self.opened:
            step = step_of(self.minimum)
            return 0 if now == 0 else max(step, step * round(now / step))
        if cell in self.hidden:  # upwards: whatever else it might have been before, it may be as many more now
            step = step_of(self.minimum)
            return former + step * max(0, round((now - former) / step)) if now - former >= self.minimum else former
        return moved(former, now, self.minimum)

    def _build(self) -> None:
        self.value = {}
        for stratum, tree in self._tree.items():
            for place, children in tree.items():
                own = self._next((stratum, place))
                self.value[stratum, place] = own + sum(self.value[stratum, child] for child in children)

    def settle(self, *, still: bool) -> None:
        """Stops what would tell of few persons, until nothing does."""
        leaves = {(s, p) for s, tree in self._tree.items() if self.is_old(s) for p in tree}
        if still:
            self.stopped = leaves
        else:
            self.opened = {cell for part in self._open() for cell in part}
            self._build()
            while wrong := self._wrong() or self._proven():
                self.stopped |= wrong
                places = {place for _, place in wrong}
                self.cleared = {block for block in self.cleared if block[0] not in places}
                self.opened -= {c for part in self._parts if part & self.stopped for c in part}
                self._build()
        self._build()

    def _open(self) -> list[set[Cell]]:
        """Hidden counts, with all that is hidden with them, of which none is small now."""
        tables = {
            name: Table(pl.DataFrame(r.rows, infer_schema_length=None), r.declared, r.key)
            for name, r in self.before.items()
        }
        self._parts: list[set[Cell]] = []
        for part in hidden_together(tables, self.parent_of):
            cells = {self.before[name].cell(self.before[name].rows[row], column) for name, row, column in part}
            self._parts.append(cells)
        return [
            part
            for part in self._parts
            if all(self.known.get(c, 0) == 0 or self.known.get(c, 0) >= self.minimum for c in part)
            and any(self.known.get(c, 0) for c in part)
        ]

    # --- what a reader would conclude

    def _moving(self, cells: Iterable[Cell]) -> set[Cell]:
        """Of these counts, and of those that they are the sums of, what moves and can be stopped."""
        found: set[Cell] = set()
        waiting = list(cells)
        while waiting:
            cell = waiting.pop()
            stratum, place = cell
            if place in self._tree.get(stratum, {}):
                if self.is_old(stratum) and cell not in self.stopped and self._next(cell) != self._own_before[cell]:
                    found.add(cell)
                waiting += [(stratum, child) for child in self._tree[stratum][place]]
        return found

    def _wrong(self) -> set[Cell]:
        """What moves of a count that would be under zero, or tell of few, of a part that would outnumber its whole, or
        leave few of it."""
        found: set[Cell] = set()
        for cell, n in self.value.items():
            was = self.held.get(cell, 0)
            told_little = 0 < abs(n - was) < self.minimum and cell not in self.hidden and self.is_old(cell[0])
            if (n < 0 <= was) or told_little:
                found |= self._moving([cell])
        for rows in self.now.values():
            declared = rows.declared
            pairs = [(p, w, True) for p, w in (*declared.parts, *declared.shares)]
            pairs += [(p, w, False) for p, w in declared.missing]
            for row in rows.rows:
                for part, whole, is_sensitive in pairs:
                    found |= self._wrong_pair(rows.cell(row, part), rows.cell(row, whole), is_sensitive)
        for rows in self.now.values():
            for total, members in rows.totals().items():
                for group in rows.declared.groups:
                    for row in members:
                        found |= self._wrong_pair(rows.cell(row, group.count), total, is_sensitive=True)
        return found

    def _wrong_pair(self, part: Cell, whole: Cell, is_sensitive: bool) -> set[Cell]:
        if part not in self.value or whole not in self.value or not self.is_old(part[0]):
            return set()
        left, was = self.value[whole] - self.value[part], self.held.get(whole, 0) - self.held.get(part, 0)
        masked = any(cell in self.hidden and cell not in self.opened for cell in (part, whole))
        few = is_sensitive and 0 < left < self.minimum
        if left == was or (left >= 0 and not few and (not masked or left > was)):
            return set()
        return self._moving([part, whole])

    def _proven(self) -> set[Cell]:
        """What moves beside a count that did not, when the sums of what is known would prove that it changed."""
        found: set[Cell] = set()
        blocks: dict[tuple[str, Any], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for name, rows in self.now.items():
            for row in rows.rows:
                blocks[rows.place(row), row.get(SCOPE[0])][name].append(row)
        holders = {place for tree in self._tree.values() for place, children in tree.items() if children}
        for block, parts in blocks.items():
            if block in self.cleared or block[0] in holders:
                continue  # a region tells nothing that its départements do not
            cells = {self.now[n].cell(r, c) for n, rs in parts.items() for r in rs for c in self.now[n].declared.counts}
            proven = self._proven_in(parts) if self._moving(cells) else set[Cell]()
            found |= proven
            if not proven:
                self.cleared.add(block)
        return found

    def _proven_in(self, parts: Mapping[str, list[Row]]) -> set[Cell]:
        tables = {
            n: Table(pl.DataFrame(rs, infer_schema_length=None), self.now[n].declared, self.now[n].key)
            for n, rs in parts.items()
        }
        counts, sums = ties(tables, self.parent_of)
        cells = [self._cell_of(c, parts) for c in counts]
        reader = Reader(sums, [self._bounds(c, n.value) for c, n in zip(cells, counts, strict=True)])
        changed = [
            k
            for k, cell in enumerate(cells)
            if cell is not None and self.is_old(cell[0]) and cell not in self.hidden
            if self.value[cell] == self.held.get(cell, 0) != self.known.get(cell, 0)
        ]
        was = {k: self.held.get(cells[k], 0) for k in changed}  # type: ignore[arg-type]  those of `changed` are cells
        if not changed or reader.admits(was):
            return set()
        for k in changed:
            if not reader.admits({k: was[k]}):
                near = [cells[j] for tie in sums if k in tie.places for j in tie.places]
                return self._moving(c for c in near if c) or self._moving(c for c in cells if c)
        return set()

    def _cell_of(self, count: KnownCount, parts: Mapping[str, list[Row]]) -> Cell | None:
        """The count of a column or of a share; None for the others, which sums alone give."""
        if len(count.rows) != 1 or count.is_total:
            return None
        cell = self.now[count.product].cell(parts[count.product][count.rows[0]], count.column)
        return cell if cell in self.value else None

    def _bounds(self, cell: Cell | None, known: int) -> tuple[float, float]:
        """What readers know of a count from what is published of it; what they do not know of is taken to hold."""
        if cell is None or cell not in self.value or (cell in self.hidden and cell not in self.opened):
            return 0.0, float("inf")
        if not self.is_old(cell[0]):
            return float(known), float(known)
        far = self.minimum - 1
        return float(max(0, min(self.value[cell] - far, known))), float(max(self.value[cell] + far, known))

    def frames(self) -> Frames:
        """What everything is worth, to be written in rows."""
        return Frames(self.now, self.before, self.known, self.value, self.held, self.opened, self.is_old)
