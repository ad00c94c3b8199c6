"""How long each stage of a run takes: what the code says of itself while it works.

Belongs here: naming the stage that runs, and the journal of a run (`<home>/journaux/mesures.json`).
Does not belong here: what is made of these figures (`witness.bench`), the stages of dbt, which keeps its own
times (`run_results.json`).

A stage met inside another one suspends it: reading stands apart from the validation that asks for the next chunk, and
the times add up. Outside a journal nothing is kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from ingest import clock
from ingest.home import Home

T = TypeVar("T")


@dataclass
class Intervalle:
    """A stage at work: from, to (seconds since 1970), CPU of this process meanwhile."""

    etape: str
    debut: float
    fin: float
    cpu_s: float


_stages: list[str] = []
_done: list[Intervalle] | None = None
_since = (0.0, 0.0)


def path_of(home: Home) -> Path:
    return home.root / "journaux" / "mesures.json"


def _turn() -> None:
    """Ends what ran until now; what follows belongs to the stage on top."""
    global _since
    now = (clock.seconds(), time.process_time())
    if _done is not None and _stages:
        _done.append(Intervalle(_stages[-1], _since[0], now[0], now[1] - _since[1]))
    _since = now


@contextmanager
def etape(nom: str) -> Iterator[None]:
    """The stage of what runs inside; also a decorator."""
    _turn()
    _stages.append(nom)
    try:
        yield
    finally:
        _turn()
        _stages.pop()


def pendant(nom: str, items: Iterable[T]) -> Iterator[T]:
    """The same items; making each of them belongs to the stage."""
    each = iter(items)
    while True:
        with etape(nom):
            try:
                item = next(each)
            except StopIteration:
                return
        yield item


@contextmanager
def recueillies() -> Iterator[list[Intervalle]]:
    """What the stages of this process do meanwhile, for whoever keeps the journal (`ajouter`)."""
    global _done
    _done = found = []
    try:
        yield found
    finally:
        _done = None


def ajouter(intervalles: Iterable[Intervalle]) -> None:
    """Stages that another process went through."""
    if _done is not None:
        _done.extend(intervalles)


@contextmanager
def journal(home: Home) -> Iterator[None]:
    """Keeps what the stages did and leaves it in the home, whatever happened; nothing is written when none ran."""
    global _done
    _done, start = [], clock.seconds()
    try:
        yield
    finally:
        kept, _done = _done, None
        if kept:
            path = path_of(home)
            path.parent.mkdir(parents=True, exist_ok=True)
            content = {"debut": start, "fin": clock.seconds(), "intervalles": [asdict(each) for each in kept]}
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
