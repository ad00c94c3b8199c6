"""The main job on an invented département, by the command: it balances, then has nothing to do, survives `kill -9`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.home import Home
from ingest.store.lake import results
from orchestration.publication import read_current
from tests import shared
from tests.patience import PATIENCE_S
from witness.generate import to_be_refused

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


def dlnuf(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, in another process."""
    return subprocess.run(command(*arguments), env=environment(home), capture_output=True, text=True, check=False)


def command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("dlnuf")), *arguments]


def environment(home: Home) -> dict[str, str]:
    return {**os.environ, "DLNUF_HOME": str(home.root)}


def told(home: Home, *arguments: str) -> Any:
    """What a command says in JSON, with nothing else on standard output."""
    done = dlnuf(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> shared.Played:
    """A demo on a département."""
    return shared.played(tmp_path_factory)


@pytest.fixture(scope="module")
def played(done: shared.Played) -> tuple[Home, str]:
    """The home, and what the demo said."""
    return done.home, done.said


def test_it_says_what_it_takes_then_each_step(done: shared.Played) -> None:
    said = done.progress.splitlines()
    assert said[0].startswith("Démonstration : Ain, environ 330 établissements")
    steps = [line.split(" s  ", 1)[1].split(" : ")[0].split(" (")[0] for line in said[2:]]
    assert list(dict.fromkeys(steps)) == [
        "Génération", "Réception des fichiers", "Préparation", "Lecture et validation", "Chargement de l'entrepôt",
        "Résolution et indicateurs", "Contrôle et publication", "Comparaison avec la vérité",
    ]  # fmt: skip


def test_the_refusal_that_was_planned_is_told_as_planned(done: shared.Played) -> None:
    (expected,) = to_be_refused(done.generation)
    assert [line for line in done.said.splitlines() if expected.livraison in line] == [
        f"Comme prévu : 1 fichier incomplet à dessein a été refusé : {expected}."
    ]
    assert told(done.home, "status")["deliveries"]["refused"] == 1


def test_the_page_of_accuracy_has_its_figures(played: tuple[Home, str]) -> None:
    home = played[0]
    current = read_current(home)
    assert current is not None
    assert json.loads((home.scores / f"{current.version}.json").read_text(encoding="utf-8"))["retained_right"] > 0.99


def test_the_summary_says_everything_in_a_few_lines(played: tuple[Home, str]) -> None:
    home, said = played
    for name in ("Livraisons", "Lignes", "Observations", "Conflits", "Saisies évitées", "Publication", "Dossier"):
        assert any(line.startswith(name) for line in said.splitlines()), said
    current = read_current(home)
    assert current is not None
    assert current.version in said
    assert "make dashboard" in said


def test_a_second_demo_generates_nothing_and_publishes_nothing(played: tuple[Home, str]) -> None:
    home = played[0]
    before = (home.publication / "current.json").read_bytes()
    again = dlnuf(home, *shared.DEMO)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("Rien de nouveau")
    sent = told(home, "status")["deliveries"]["received"]
    assert [line.split(" s  ", 1)[1] for line in again.stderr.splitlines()] == [f"Réception des fichiers ({sent})"]
    assert (home.publication / "current.json").read_bytes() == before


def test_the_status_balances(played: tuple[Home, str]) -> None:
    status = told(played[0], "status")
    deliveries, rows = status["deliveries"], status["rows"]
    assert deliveries["received"] == deliveries["accepted"] + deliveries["refused"] > 0
    assert rows["read"] == rows["accepted"] + rows["rejected"] > 0
    assert status["observations"] == status["retained"] + status["losers"] > 0
    assert status["conflicts"] > 0
    assert status["entries_avoided"] > 0
    assert sum(source["read"] for source in status["sources"].values()) == rows["read"]


def test_a_conflict_is_explained_to_the_end(played: tuple[Home, str]) -> None:
    home = played[0]
    current = read_current(home)
    assert current is not None
    row = duckdb.execute(
        """SELECT unite_id, element_id, millesime, source_retenue, source_ecartee FROM read_parquet(?)
           WHERE perimetre = 'site' AND composante = '' ORDER BY ALL LIMIT 1""",
        [str(current.path / "marts" / "mart_dlnuf__conflits.parquet")],
    ).fetchone()
    assert row is not None
    unit, element, year, winner, loser = row
    story = told(home, "explain", unit, element, "--millesime", str(year))
    divergent = next(value for value in story["values"] if value["retained"]["status"] == "divergent")
    assert divergent["retained"]["source"] == winner
    assert divergent["answers"][0]["lost_because"] is None
    lost = [answer for answer in divergent["answers"][1:] if answer["source"] == loser]
    assert lost
    assert all(answer["lost_because"] for answer in lost)
    assert {answer["delivery_id"] for answer in divergent["answers"]} <= {
        result.delivery_id for result in results(home)
    }


def test_no_zero_that_is_published_has_a_sign(played: tuple[Home, str]) -> None:
    """An expense that is zero, told with the other sign: two runs would write it each in its way."""
    current = read_current(played[0])
    assert current is not None
    signed: list[str] = []
    for path in sorted(current.path.glob("*/*.parquet")):
        figures = pl.read_parquet(path).select(pl.col(pl.Float64))
        signed += [f"{path.name} {each.name}" for each in figures if (each.eq(0) & (1 / each).lt(0)).any()]
    assert signed == []


def test_a_second_run_says_that_nothing_is_new_and_publishes_nothing(played: tuple[Home, str]) -> None:
    home = played[0]
    before = (home.publication / "current.json").read_bytes()
    done = dlnuf(home, "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Rien de nouveau")
    assert (home.publication / "current.json").read_bytes() == before


def test_the_second_run_imports_neither_dbt_nor_dagster(played: tuple[Home, str]) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom ingest import clock\nfrom ingest.home import Home\n"
        "from orchestration.run import run\n"
        f"assert run(Home(Path({str(played[0].root)!r})), now=clock.now()).nothing_new\n"
        "print([name for name in ('dagster', 'dbt', 'great_expectations') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def started(home: Home, path: str) -> Callable[[], bool]:
    """A file or folder that the run makes on its way exists."""
    return lambda: any(home.root.glob(path))


# Where a run over what was read is stopped, and how. While files are read: `faults/test_kills.py`.
STOPS = [
    ("dbt/target/run/dlnuf/models/dlnuf/dlnuf_valeurs.sql", signal.SIGKILL),  # while dbt resolves
    ("publication/.staging-*/marts/*.parquet", signal.SIGINT),  # while the snapshot is written
]
INTERRUPTED = "Interrompu. Rien de publié n'a changé ; relancez la même commande pour reprendre."


def test_a_run_stopped_at_any_moment_then_run_again_publishes_the_same(
    played: tuple[Home, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reference = read_current(played[0])
    assert reference is not None
    home = shared.with_dbt_read(Home(tmp_path / "var"), shared.read_project(tmp_path_factory))
    for folder in ("landing", "lake"):
        shutil.copytree(played[0].root / folder, home.root / folder)
    for path, how in STOPS:
        code, said = stopped(home, how, started(home, path), path)
        if how == signal.SIGKILL:
            assert code == -how
        else:
            assert (code, said[-1]) == (130, INTERRUPTED), path
        assert read_current(home) is None
    done = dlnuf(home, "run")
    assert done.returncode == 0, done.stderr
    current = read_current(home)
    assert current is not None
    assert current.manifest.contenu_sha256 == reference.manifest.contenu_sha256
    assert list(home.publication.glob(".staging-*")) == []


def stopped(home: Home, how: signal.Signals, reached: Callable[[], bool], what: str) -> tuple[int, list[str]]:
    """Starts a run and stops it, alone, once it has come that far: its exit code, and the lines that it said."""
    with subprocess.Popen(
        command("run"), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as run:
        limit = time.monotonic() + PATIENCE_S
        while not reached():
            assert run.poll() is None, f"le traitement s'est terminé avant : {what}"
            assert time.monotonic() < limit, what
            time.sleep(0.02)
        os.kill(run.pid, how)
        _, said = run.communicate()
        return run.returncode, said.splitlines()
