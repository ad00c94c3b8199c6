"""How long each stage of a run takes: the code names the stage that it is in, and the times are kept.

Belongs here: naming the stage that runs, and the journal of a run (`<home>/journaux/mesures.json`).
Does not belong here: what is made of these figures (`witness.bench`), nor the times of dbt, which keeps its own
(`run_results.json`).

A stage that begins inside another one suspends it. Reading is therefore not counted in the validation that asks for the
next chunk, and the times of all stages add up to the time that passed. Outside a journal, nothing is kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ingest import clock
from ingest.home import Home

T = TypeVar("T")


@dataclass(frozen=True)
class Interval:
    """A stage at work: when it began and ended (seconds since 1970), and the CPU that this process took meanwhile."""

    stage: str
    began: float
    ended: float
    cpu_s: float

    def as_written(self) -> dict[str, str | float]:
        """The interval as the journal holds it."""
        return {"etape": self.stage, "debut": self.began, "fin": self.ended, "cpu_s": self.cpu_s}


_stages: list[str] = []  # those that are open, the one that runs last
_kept: list[Interval] | None = None  # None: nobody keeps them
_since = (0.0, 0.0)  # when the stage that runs last began to run: clock, CPU


def path_of(home: Home) -> Path:
    """The journal of the last run of a home."""
    return home.root / "journaux" / "mesures.json"


def _turn() -> None:
    """Ends the interval of the stage that ran until now; the next one is of the stage on top."""
    global _since
    now = (clock.seconds(), time.process_time())
    if _kept is not None and _stages:
        _kept.append(Interval(_stages[-1], _since[0], now[0], now[1] - _since[1]))
    _since = now


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What runs inside belongs to this stage. It is also a decorator."""
    _turn()
    _stages.append(name)
    try:
        yield
    finally:
        _turn()
        _stages.pop()


def during(name: str, items: Iterable[T]) -> Iterator[T]:
    """The same items; the time that each takes to be made belongs to this stage."""
    each = iter(items)
    while True:
        with stage(name):
            try:
                item = next(each)
            except StopIteration:
                return
        yield item


@contextmanager
def collected() -> Iterator[list[Interval]]:
    """The intervals of this process, for the process that keeps the journal: it adds them with `add`."""
    global _kept
    _kept = intervals = []
    try:
        yield intervals
    finally:
        _kept = None


def add(intervals: Iterable[Interval]) -> None:
    """Adds to the journal the intervals of another process."""
    if _kept is not None:
        _kept.extend(intervals)


@contextmanager
def journal(home: Home) -> Iterator[None]:
    """Keeps the intervals and writes them in the home, whatever happened; writes nothing when no stage ran."""
    global _kept
    _kept, start = [], clock.seconds()
    try:
        yield
    finally:
        intervals, _kept = _kept, None
        if intervals:
            path = path_of(home)
            content = {"debut": start, "fin": clock.seconds(), "intervalles": [each.as_written() for each in intervals]}
            with suppress(OSError):  # what was done is done, whether or not its times can be kept
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
