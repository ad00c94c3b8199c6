"""How far the work is: what the steps report, whoever listens.

Belongs here: the shape of these reports. Does not belong here: showing them (`orchestration.cli.console`).
"""

from __future__ import annotations

from collections.abc import Callable

# Called with: step, units done, units in all (None when unknown).
Progress = Callable[[str, int, int | None], None]


def silent(step: str, done: int, total: int | None) -> None:
    """Reports to nobody."""


def as_one(progress: Progress, step: str) -> Progress:
    """Reports files, which come one by one, as the units of one step."""
    return lambda _name, done, total: progress(step, done, total)
