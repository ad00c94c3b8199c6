"""Who has what is published, and knows the sums that hold of what is known.

Belongs here: whether some counts may be so many, in whole numbers between bounds. Does not belong here: what the bounds
are, what is done when they may not (`held_counts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.publication.tied_counts import Tie


class Reader:
    """Who has what is published, and knows the sums that hold of what is known: whole numbers between bounds."""

    def __init__(self, sums: Sequence[Tie], bounds: Sequence[tuple[float, float]]) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        lines = [(line, place, sign) for line, tie in enumerate(sums) for place, sign in tie.terms]
        rows, columns, signs = zip(*lines, strict=True) if lines else ((), (), ())
        self._n_sums = len(sums)
        self._matrix = csr_array((signs, (rows, columns)), shape=(len(sums), len(bounds)))
        self._lowest = np.array([low for low, _ in bounds])
        self._highest = np.array([high for _, high in bounds])

    def admits(self, values: Mapping[int, int]) -> bool:
        """Whether some counts may be so many."""
        import numpy as np
        from scipy.optimize import milp

        lowest, highest = self._lowest.copy(), self._highest.copy()
        for place, value in values.items():
            lowest[place] = highest[place] = value
        if not self._n_sums:
            return True
        zero = np.zeros(self._n_sums)
        found = milp(
            np.zeros(len(lowest)), constraints=(self._matrix, zero, zero), bounds=(lowest, highest), integrality=1
        )
        return found.status == 0
