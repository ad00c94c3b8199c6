"""Killed anywhere between the reception of a file and the warehouse, the next run comes to the same end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingest.home import PROJECT, Home
from ingest.receive import landing
from orchestration.interruption import EXIT_CODE
from tests.integration.faults.dying import PLACES, sent, take_in
from tests.same_end import end_of, faults_of

Rows = list[tuple[str, ...]]
INTERRUPTED = "Interrompu. Rien de publié n'a changé ; relancez la même commande pour reprendre.\n"
ASKED = ("réception : octets, sans manifeste", "chargement : trace")  # where SIGTERM is tried too
RECEIVE = """
import sys
from pathlib import Path
from ingest.home import Home
from ingest.receive.delivery import deliver
from tests.instants import now
deliver([Path(path) for path in sys.argv[2:]], Home(Path(sys.argv[1])), now=now())
"""
DEATHS = [
    *(pytest.param(place, signal.SIGKILL, id=f"{place}, kill -9") for place in PLACES if place != ASKED[-1]),
    *(pytest.param(place, signal.SIGTERM, id=f"{place}, SIGTERM") for place in ASKED),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Three deliveries taken in by a process that nobody kills."""
    folder = tmp_path_factory.mktemp("tranquille")
    home = Home(folder / "var")
    take_in(home, folder / "envoi")
    return home


def loaded(home: Home) -> Rows:
    """What the warehouse holds, without the instants of reception."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw'").fetchall()
        rows: Rows = []
        for (table,) in sorted(tables):
            if table.startswith("_") or table == "modifications":
                continue
            found = connection.execute(f"SELECT COLUMNS(c -> c NOT LIKE '%recu_le') FROM raw.\"{table}\"").fetchall()
            rows += sorted((table, *map(str, row)) for row in found)
    return rows


@pytest.mark.parametrize(("place", "number"), DEATHS)
def test_killed_there_and_run_again_nothing_is_lost_nor_counted_twice(
    place: str, number: signal.Signals, undisturbed: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "var")
    command = [sys.executable, "-m", "tests.integration.faults.dying"]
    argv = [*command, str(home.root), str(tmp_path / "envoi"), place, str(int(number))]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    if number == signal.SIGTERM:
        assert (done.returncode, done.stderr) == (EXIT_CODE, INTERRUPTED)
    else:
        assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    received = list(landing.manifests(home))
    assert all(landing.bytes_of(home, manifest).exists() for manifest in received)
    take_in(home, tmp_path / "envoi")
    assert faults_of(home) == []
    assert end_of(home) == end_of(undisturbed)
    assert loaded(home) == loaded(undisturbed)


def test_two_processes_that_receive_the_same_files_at_once_receive_them_once(undisturbed: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    argv = [sys.executable, "-c", RECEIVE, str(home.root), *map(str, sent(tmp_path / "envoi"))]
    both = [subprocess.Popen(argv, cwd=PROJECT) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    take_in(home, tmp_path / "envoi")
    assert faults_of(home) == []
    assert end_of(home) == end_of(undisturbed)
