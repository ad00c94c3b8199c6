"""A delivery that touches one département redoes its units only, and gives what a run from nothing gives."""

from __future__ import annotations

from datetime import date
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
from tests.instants import now
from tests.shared import read_project, with_dbt_read
from witness.generate import generate

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
    monkeypatch.setattr(changes, "MAX_SHARE", 1.0)  # two small départements: one of them is half of the units
    generate(tmp_path / "genere", departements=("2A", "48"))
    first, later = tmp_path / "genere" / "livraisons", tmp_path / "genere" / "suite"
    builds: list[layer_build.Build] = []
    choose = layer_build.to_do

    def spied(home: Home, declarations: str, today: date, *, whole_graph: bool) -> layer_build.Build:
        builds.append(choose(home, declarations, today, whole_graph=whole_graph))
        return builds[-1]

    monkeypatch.setattr(layer_build, "to_do", spied)

    read = read_project(tmp_path_factory)
    patient = with_dbt_read(Home(tmp_path / "patient"), read)
    contents = []
    for delivered in (first, later):
        deliver([delivered], patient, now=now())
        assert run(patient, now=now()).published
        contents.append((published(patient), known(patient)))
    assert ["--full-refresh" in build.command for build in builds] == [True, False]
    assert contents[0] != contents[1]

    hurried = with_dbt_read(Home(tmp_path / "hurried"), read)
    deliver([first, later], hurried, now=now())
    run(hurried, now=now())
    assert "--full-refresh" in builds[-1].command
    assert contents[-1] == (published(hurried), known(hurried))
    assert all(known(hurried).values())
