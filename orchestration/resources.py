"""What the assets are given: the home they work in, the instant of the run, whom to report progress to.

Belongs here: Dagster resources. Does not belong here: what is done with them (`assets`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from ingest import clock
from ingest.guard import shortages
from ingest.home import Home
from orchestration import dbt_runtime
from orchestration.lock import writing
from orchestration.orphan_runs import working
from orchestration.progress import Progress, silent

# A step of a Dagster run waits this long for a `dlnuf run` started by hand to end, and gives up with the reason.
WAIT_FOR_WRITER_S = 1800.0


@dataclass(frozen=True)
class Warehouse:
    """One installation, for one run or one look at the inbox, which began at `now`."""

    home: Home
    now: datetime
    progress: Progress = silent
    allow_shrink: bool = False  # let a publication hold much less than the previous one
    to_refuse: frozenset[str] = frozenset()  # digests of deliveries whose refusal is wanted: nobody is warned of it

    @property
    def today(self) -> date:
        """The day of the run."""
        return clock.day(self.now)

    @contextmanager
    def writing(self) -> Iterator[Home]:
        """The home, held for writing. What the machine lacks, whoever met it, fails the step in words."""
        try:
            with writing(self.home, wait_s=WAIT_FOR_WRITER_S):
                yield self.home
        except dg.Failure as failure:
            # Its words are ours; what it comes from may be of the machine.
            if failure.__cause__ is None or (told := shortages.told(failure.__cause__)) is None:
                raise
            raise dg.Failure(told, allow_retries=False) from failure
        except Exception as error:
            if (told := shortages.told(error)) is None:
                raise
            raise dg.Failure(told, allow_retries=False) from error


def served(home: Home) -> dg.ResourceDefinition:
    """The resource of the code location. It is made again for each run and each tick: each has its own instant."""

    def made(context: dg.InitResourceContext) -> Iterator[Warehouse]:
        with working(home, context.run.run_id) if context.run else nullcontext():
            yield Warehouse(home, clock.now())

    return dg.ResourceDefinition(made)


class Dbt(DbtCliResource):
    """dagster-dbt's resource without two things it does before each command, seven seconds in all."""

    @property
    def _cli_version(self) -> Version:
        """The version of dbt, read from its package: `dbt --version` would ask the package index for a newer one."""
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        """No adapter: it only serves to fetch row counts and columns, and would import dbt in this process."""
        return None


def dbt() -> Dbt:
    """dbt over the project, with the executable of this environment."""
    return Dbt(
        project_dir=str(dbt_runtime.DBT_PROJECT),
        profiles_dir=str(dbt_runtime.DBT_PROJECT),
        dbt_executable=str(dbt_runtime.DBT_EXECUTABLE),
    )
