"""Runs of the Dagster service whose process died with it, and which would hold back every later run for ever.

Belongs here: which run has a living process, ending those that have none. Does not belong here: starting the service
(`service`), one writer at a time (`lock`).

Dagster writes that a run has started, and leaves it so when the run and the service are killed together: as the pool
lets one run work at a time, those that follow wait in the queue without end. The process of a run holds a lock of the
kernel, which no kill leaves behind: a run said to work, and whose lock nobody holds, is dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from ingest.home import Home
from orchestration.lock import is_locked

AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
ENDED = "Traitement interrompu avec le service : son processus n'existe plus. Rien de publié n'a changé ; relancez-le."


@contextmanager
def working(home: Home, run_id: str) -> Iterator[None]:
    """Says that this process does a run, for as long as it lives."""
    path = _lock_of(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def end(instance: dg.DagsterInstance, home: Home) -> list[str]:
    """Fails every run said to work whose process is dead, and frees what it held; returns their identifiers.

    To be called while no service starts runs. Runs in the queue stay there: the service takes them.
    """
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=AT_WORK)):
        path = _lock_of(home, run.run_id)
        if is_locked(path):
            continue
        instance.report_run_failed(run, ENDED)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        path.unlink(missing_ok=True)
        ended.append(run.run_id)
    return ended


def _lock_of(home: Home, run_id: str) -> Path:
    return home.dagster / "en_cours" / run_id
