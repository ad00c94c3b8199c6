"""What readers know of some hidden cells of additive tables, and the tables of whole numbers that agree with it.

Belongs here: one set of hidden cells, their sums with what is shown, the search for another table. Does not belong
here: which cells are hidden, which are looked at together (`suppression`).

Cells that are not in the set are taken to be what they are. A table that is found agrees with everything published,
whatever the set; that none is found says something of this set alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_EXACT = 1e-6
# How far the search for whole tables goes before none is said to be found: nodes and passes, not seconds, so that the
# same rows always hide the same cells.
_NODES, _GAP = 500, 0.1  # of a thousand cells; fewer nodes of more cells, each of which takes longer
_PASSES = 30  # of the bounds that sums give one another; the linear programme sees what is further


class System:
    """Sums that tie some hidden cells: `terms` of them, (sum, cell, sign), by their places.

    truth: what the cells are. lowest: the least that readers admit of each. spare: how far above all of them together
    one may be, so that a direction always ends.
    """

    def __init__(
        self, truth: Sequence[int], lowest: Sequence[int], terms: Sequence[tuple[int, int, float]], spare: int
    ) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.truth = np.array(truth, dtype=float)
        rows, columns, signs = zip(*terms, strict=True) if terms else ((), (), ())
        self._rows, self._columns, self._signs = np.array(rows, int), np.array(columns, int), np.array(signs, float)
        n_sums = int(self._rows.max()) + 1 if terms else 0
        self._matrix = csr_array((self._signs, (self._rows, self._columns)), shape=(n_sums, len(self.truth)))
        self._sums = self._matrix @ self.truth
        self._lowest = np.array(lowest, dtype=float)
        self._highest = np.full(len(self.truth), self.truth.sum() + spare)

    def furthest(self, direction: np.ndarray) -> np.ndarray | None:
        """A whole table, the furthest in a direction, or nearly; None when the search found none."""
        return self._table(direction, self._lowest, self._highest)

    def with_one(self, k: int, least: int | None, most: int | None) -> np.ndarray | None:
        """A whole table in which one cell is at least, or at most, so much; None when the search found none."""
        import numpy as np

        lowest, highest = self._lowest.copy(), self._highest.copy()
        lowest[k], highest[k] = max(lowest[k], least or 0), highest[k] if most is None else most
        return self._table(np.zeros(len(lowest)), lowest, highest) if lowest[k] <= highest[k] else None

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Between what each cell must be, by the bounds of the others in each sum, again and again.

        No table leaves them; there may be none within them.
        """
        import numpy as np

        low, high = self._lowest.copy(), self._highest.copy()
        rows, columns, signs = self._rows, self._columns, self._signs
        if not len(rows):
            return low, high
        added = signs > 0
        given, n_sums = self._sums[rows], len(self._sums)
        for _ in range(_PASSES):
            least = np.where(added, low[columns], -high[columns])
            most = np.where(added, high[columns], -low[columns])
            # What is left of a sum for a term, without the others at their most, or at their least.
            under = given - (np.bincount(rows, most, n_sums)[rows] - most)
            over = given - (np.bincount(rows, least, n_sums)[rows] - least)
            lower, upper = low.copy(), high.copy()
            np.maximum.at(lower, columns, np.where(added, under, -over))
            np.minimum.at(upper, columns, np.where(added, over, -under))
            if (lower == low).all() and (upper == high).all():
                break
            low, high = lower, upper
        return low, high

    def _table(self, direction: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray | None:
        """The relaxation comes first: sums of tables most often end on whole numbers, at a fraction of the cost."""
        import numpy as np
        from scipy.optimize import milp

        given = (self._matrix, self._sums, self._sums)
        for whole in (0, 1):
            nodes = _NODES // (1 + len(self.truth) // 1_000)
            options = {"node_limit": nodes, "mip_rel_gap": _GAP} if whole else {}
            found = milp(-direction, constraints=given, bounds=(lowest, highest), integrality=whole, options=options)
            if found.x is None:
                return None
            rounded = np.round(found.x)
            if abs(found.x - rounded).max() < _EXACT and (self._matrix @ rounded == self._sums).all():
                return rounded
        return None
