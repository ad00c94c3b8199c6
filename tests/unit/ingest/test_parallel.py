"""Work done by several processes gives what one process gives, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest import parallel, stages
from ingest.home import Home
from tests.patience import PATIENCE_S

MB = 2**20


def doubled(number: int) -> int:
    with stages.stage("validation"):
        return 2 * number


def process_of(_number: int) -> int:
    return os.getpid()


def broken(number: int) -> int:
    if number == 1:
        raise ValueError("le deuxième")
    return number


def asleep(folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    time.sleep(PATIENCE_S)


@pytest.mark.parametrize(
    ("sizes", "several"),
    [
        pytest.param([], False, id="nothing to read"),
        pytest.param([400 * MB], False, id="one file"),
        pytest.param([MB] * 20, False, id="little to read"),
        pytest.param([20 * MB] * 20, True, id="much to read"),
    ],
)
def test_processes_are_started_when_it_pays(sizes: list[int], several: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert parallel.processes(sizes) == (2 if several else 1)


@pytest.mark.parametrize("n", [1, 2])
def test_results_come_in_the_order_of_the_items_with_the_times_they_took(n: int, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with stages.journal(home):
        assert list(parallel.each(doubled, range(5), n)) == [0, 2, 4, 6, 8]
    assert stages.path_of(home).read_text(encoding="utf-8").count('"validation"') == 5


def test_several_processes_work_when_several_are_asked_for() -> None:
    assert os.getpid() in set(parallel.each(process_of, range(4), 1))
    assert os.getpid() not in set(parallel.each(process_of, range(4), 2))


@pytest.mark.parametrize("n", [1, 2])
def test_an_error_is_that_of_the_work(n: int) -> None:
    with pytest.raises(ValueError, match="le deuxième"):
        list(parallel.each(broken, range(4), n))


def test_who_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    program = (
        "from ingest import parallel\nfrom tests.unit.ingest.test_parallel import asleep\n"
        f"if __name__ == '__main__':\n    list(parallel.each(asleep, [{str(tmp_path)!r}] * 2, 2))\n"
    )
    script = tmp_path / "endormi.py"
    script.write_text(program, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": os.getcwd()})
    try:
        children = _written(tmp_path, 2)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while any(_lives(child) for child in children):
        assert time.monotonic() < deadline, "un processus continue après la mort de celui qui l'a lancé"
        time.sleep(0.05)


def _written(folder: Path, n: int) -> list[int]:
    deadline = time.monotonic() + PATIENCE_S
    while len(found := [int(p.name) for p in folder.iterdir() if p.name.isdigit()]) < n:
        assert time.monotonic() < deadline, "les processus n'ont pas commencé"
        time.sleep(0.05)
    return found


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
