"""Deliveries that are received, read and loaded by a process that dies at a named place. Run as a module by the tests.

Belongs here: the places, and the deliveries. Does not belong here: what must remain (`test_kills`).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import pipeline
from ingest.home import Home
from ingest.receive import landing
from ingest.receive.delivery import deliver
from ingest.store import changes, lake
from orchestration import warehouse_state
from tests.instants import now
from tests.shared import read_in_this_process

HEADER = "FINESS;TAUX_OCC_TRIMESTRE3;NB_LITS_AUTORISES_INSTALLES;NB_LITS_OCC_2022;TAUX_OCC_2022"
# Module, function, and at which call of it the process dies, before the call or after it.
PLACES: dict[str, tuple[Any, str, int, bool]] = {
    "réception : octets, sans manifeste": (landing, "record", 2, False),
    "réception : manifeste": (landing, "record", 2, True),
    "lecture : lignes, sans rejets": (lake, "write_findings", 3, False),
    "lecture : fichiers, sans résultat": (lake, "write_result", 2, False),
    "lecture : résultat": (lake, "write_result", 2, True),
    "chargement : tables sans trace": (changes, "record", 1, False),
    "chargement : trace": (changes, "record", 1, True),
    "chargement : livraisons": (lake, "_load_deliveries", 1, False),
}


def sent(folder: Path) -> list[Path]:
    """Three deliveries, each with a row that is rejected."""
    folder.mkdir(exist_ok=True)
    paths = []
    for year, rate in ((2021, "91,5"), (2022, "97,5"), (2023, "88,25")):
        path = folder / f"cnsa_occupation_{year}.csv"
        path.write_text(f"{HEADER}\n010002228;{rate};80;78;96,2\n01000;88,1;60;53;87,9\n", encoding="utf-8")
        paths.append(path)
    return paths


def take_in(home: Home, folder: Path) -> None:
    """All that a run does before dbt, without the processes apart that read: they cost more than what is tried here."""
    with pytest.MonkeyPatch.context() as patch:
        read_in_this_process(patch)
        deliver(sent(folder), home, now=now())
        pipeline.process_pending(home)
    warehouse_state.wait(home)
    pipeline.load_warehouse(home)


def dying(function: Callable[..., Any], at: int, after: bool, number: int) -> Callable[..., Any]:
    """The function, and the death of the process at one of its calls."""
    calls = 0

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and not after:
            os.kill(os.getpid(), number)
        answer = function(*arguments, **named)
        if calls == at:
            os.kill(os.getpid(), number)
        return answer

    return called


def main(root: str, folder: str, place: str, number: str) -> None:
    """Dies of this signal; SIGTERM, as in the command, is said, and gives 130."""
    from orchestration import interruption

    module, name, at, after = PLACES[place]
    interruption.listen()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, dying(getattr(module, name), at, after, int(number)))
        try:
            take_in(Home(Path(root)), Path(folder))
        except BaseException:
            if not interruption.asked():
                raise
            print(interruption.said(), file=sys.stderr)
            sys.exit(interruption.EXIT_CODE)


if __name__ == "__main__":
    signal.alarm(600)
    main(*sys.argv[1:])
