"""The Dagster service, killed with its run: the next one starts clean, and takes what waited."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
import pytest

from ingest.home import Home
from orchestration import instance, orphan_runs, service
from tests.patience import wait_until

# A job of two looks: it says that it works, and ends when it may.
LOCATION = """
import os, time
from pathlib import Path
import dagster as dg
from ingest.home import Home
from orchestration.resources import served

home = Home.from_env()

@dg.op(required_resource_keys={"warehouse"}, pool="warehouse")
def work(context):
    (home.root / f"commence-{context.run_id}").touch()
    while not (home.root / "fini").exists():
        time.sleep(0.1)

@dg.job(resource_defs={"warehouse": served(home)})
def looks():
    work()

defs = dg.Definitions(jobs=[looks])
"""
LAUNCH = """
mutation { launchRun(executionParams: {
  selector: {repositoryLocationName: "travail.py", repositoryName: "__repository__", jobName: "looks"}
}) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""


@contextmanager
def served(home: Home, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service, and its address; killed with all its descendants."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.service", "-h", "127.0.0.1", "-p", str(port), "-f", "travail.py"],
        cwd=folder, env={**os.environ, "DLNUF_HOME": str(home.root)}, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=(folder / "dit.txt").open("w"),
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}/graphql"
    finally:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """Kills a process and all that it started, at once, as a power cut would."""
    while members := [
        pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _session(pid) == process.pid
    ]:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.poll()  # takes note of its death: until then, it would stay in the list


def _session(pid: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(pid)
    return None


def launched(address: str) -> str:
    """Asks the service for a run, once it answers; gives its identifier."""

    def asked() -> str | None:
        request = urllib.request.Request(
            address, json.dumps({"query": LAUNCH}).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)["data"]["launchRun"]
        except OSError:
            return None
        return answer["run"]["runId"] if answer["__typename"] == "LaunchRunSuccess" else None

    return wait_until(asked)


def status(home: Home, run_id: str) -> dg.DagsterRunStatus:
    with dg.DagsterInstance.from_config(str(home.dagster)) as opened:
        run = opened.get_run_by_id(run_id)
    assert run is not None
    return run.status


@pytest.mark.lent
def test_a_service_killed_during_a_run_starts_again_and_works(tmp_path: Path) -> None:
    (tmp_path / "travail.py").write_text(LOCATION, encoding="utf-8")
    home = Home(tmp_path / "var")
    with served(home, tmp_path) as (_, address):
        first = launched(address)
        wait_until((home.root / f"commence-{first}").exists)
        waiting = launched(address)
    assert status(home, first) == dg.DagsterRunStatus.STARTED
    (home.root / "fini").touch()
    with served(home, tmp_path) as (_, address):
        wait_until(lambda: status(home, waiting) == dg.DagsterRunStatus.SUCCESS)
        said = (tmp_path / "dit.txt").read_text(encoding="utf-8")
        assert f"Traitement {first} : interrompu avec le service précédent" in said
        assert status(home, first) == dg.DagsterRunStatus.FAILURE


def test_a_run_whose_process_lives_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    instance.prepare(home)
    with dg.DagsterInstance.from_config(str(home.dagster)) as opened:
        dead, alive = (
            opened.create_run_for_job(dg.GraphDefinition(name).to_job(), status=dg.DagsterRunStatus.STARTED)
            for name in ("mort", "vivant")
        )
        with orphan_runs.working(home, alive.run_id):
            assert orphan_runs.end(opened, home) == [dead.run_id]
        assert service.ready(home) == [alive.run_id]
