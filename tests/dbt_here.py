"""dbt in this process, over the project that was read once: only what is asked is paid for.

Belongs here: calling it, and giving the warehouse back. Does not belong here: `dlnuf-dbt`, which the product starts
(a process ends with all it held), and what is asked.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ingest.home import PROJECT, Home
from orchestration.dbt_child import read_once_for_any_warehouse
from orchestration.dbt_runtime import DAY, environment
from tests.shared import read_project, with_dbt_read


def dbt(home: Home, arguments: Sequence[str], today: date, factory: pytest.TempPathFactory) -> None:
    """Raises AssertionError when dbt fails, with what it says."""
    done = _invoke(home, arguments, today, pickle.loads(_manifest(read_project(factory))))
    said = [f"{r.node.name} : {r.message}" for r in getattr(done.result, "results", ()) if r.status not in _GOOD]
    assert done.success, "\n".join([*said, str(done.exception or "")])


_GOOD = ("success", "pass", "skipped")


@cache
def _manifest(read: Path) -> bytes:
    """What dbt read of the project. Pickled: dbt writes in it, and each call needs it as it was."""
    read_once_for_any_warehouse()
    with TemporaryDirectory() as folder:
        done = _invoke(with_dbt_read(Home(Path(folder) / "var"), read), ["parse"], date(2000, 1, 1), None)
    assert done.success, done.exception
    return pickle.dumps(done.result, pickle.HIGHEST_PROTOCOL)


def _invoke(home: Home, arguments: Sequence[str], today: date, manifest: Any) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = PROJECT / "dbt_project"
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(project):
        for name, value in {**environment(home), DAY: today.isoformat()}.items():
            patch.setenv(name, value)
        try:
            return dbtRunner(manifest).invoke(
                [
                    "--quiet",
                    "--no-use-colors",
                    *arguments,
                    "--project-dir",
                    str(project),
                    "--profiles-dir",
                    str(project),
                ]
            )
        finally:
            if DuckDBConnectionManager._ENV is not None:
                DuckDBConnectionManager._ENV.close()
                DuckDBConnectionManager._ENV = None
