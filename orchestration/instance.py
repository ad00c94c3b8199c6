"""Where Dagster writes what happened: its own home under ours for the service, nowhere for a run by the command.

Belongs here: dagster.yaml, the instance of a run that leaves no history. Does not belong here: starting the service
(`service`), what it serves (`definitions`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.home import Home

if TYPE_CHECKING:
    import dagster as dg

# Sqlite storage under DAGSTER_HOME is Dagster's default: nothing to declare.
SETTINGS = """\
# Written by orchestration/instance.py at each start: change it there.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: run
"""


def prepare(home: Home) -> Path:
    """Write dagster.yaml in the home and return the folder to give as DAGSTER_HOME."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    path = home.dagster / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != SETTINGS:
        path.write_text(SETTINGS, encoding="utf-8")
    return home.dagster


def without_history() -> dg.DagsterInstance:
    """An instance for one run in this process, which reads its result from what the run returns.

    Dagster's own (`DagsterInstance.ephemeral`) keeps each event of a run in several tables of an SQLite in memory:
    about a tenth of the processor of a small run, for a history that nobody can ask for once the run has ended.
    """
    from dagster import DagsterInstance
    from dagster._core.instance import InstanceType
    from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
    from dagster._core.run_coordinator import DefaultRunCoordinator
    from dagster._core.storage.event_log import InMemoryEventLogStorage
    from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
    from dagster._core.storage.root import TemporaryLocalArtifactStorage
    from dagster._core.storage.runs import InMemoryRunStorage

    class Unkept(InMemoryEventLogStorage):
        """Stores no event: those who ask later are told that nothing happened before this run."""

        def store_event(self, event: dg.EventLogEntry) -> None:
            pass

    return DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),
        run_storage=InMemoryRunStorage(),
        event_storage=Unkept(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
