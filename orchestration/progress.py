"""How far the work is: what the steps tell, whoever listens.

Belongs here: the shape of that telling. Does not belong here: showing it (`console`).
"""

from __future__ import annotations

from collections.abc import Callable

# Told (step, units done, units in all or None when unknown).
Progress = Callable[[str, int, int | None], None]


def silent(step: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def as_one(progress: Progress, step: str) -> Progress:
    """Files told one by one, as the units of one step."""
    return lambda _name, done, total: progress(step, done, total)
