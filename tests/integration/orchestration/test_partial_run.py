"""A delivery that touches some units redoes these only, and gives what a run from nothing gives."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from ingest.receive.delivery import deliver
from ingest.store import changes
from orchestration import layer_build
from orchestration.publication import read_current
from orchestration.publication.declared import Declarations
from orchestration.run import run
from tests import shared

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

HELD = [product.id for product in Declarations.load().products.values() if product.disclosure is not None]
DATED = "marts/mart_qualite__livraisons.parquet"  # carries the hour of each reception


def published(home: Home) -> dict[str, str]:
    """SHA-256 of each table of the current publication, less those whose counts publications hold (ADR 45)."""
    current = read_current(home)
    assert current is not None
    return {f.path: f.sha256 for f in current.manifest.files if f.path != DATED and f.table not in HELD}


def known(home: Home) -> dict[str, list[str]]:
    """What the warehouse knows in the tables whose counts publications hold."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return {
            table: sorted(str(row) for row in connection.execute(f"SELECT * FROM marts.{table}").fetchall())
            for table in HELD
        }


def test_redoing_what_changed_gives_what_redoing_everything_gives(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_SHARE", 1.0)  # in a small département, what comes later is of half of the units
    played = shared.played(tmp_path_factory)
    first, later = played.generation / "livraisons", played.generation / "suite"
    builds: list[layer_build.Build] = []
    choose = layer_build.to_do

    def spied(home: Home, declarations: str, today: date, *, whole_graph: bool) -> layer_build.Build:
        builds.append(choose(home, declarations, today, whole_graph=whole_graph))
        return builds[-1]

    monkeypatch.setattr(layer_build, "to_do", spied)
    patient = Home(tmp_path / "patient")
    shutil.copytree(played.home.root, patient.root, ignore=shutil.ignore_patterns("demo"))
    current = read_current(patient)
    assert current is not None
    on = datetime.fromisoformat(current.manifest.created_at) + timedelta(seconds=1)  # the day that SQL was told
    before = (published(patient), known(patient))
    deliver([later], patient, now=on)
    assert run(patient, now=on).published
    after = (published(patient), known(patient))
    assert before != after

    hurried = shared.with_dbt_read(Home(tmp_path / "hurried"), shared.read_project(tmp_path_factory))
    deliver([first, later], hurried, now=on)
    run(hurried, now=on)
    assert ["--full-refresh" in build.command for build in builds] == [False, True]
    assert after == (published(hurried), known(hurried))
    assert all(after[1].values())
