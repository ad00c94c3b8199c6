"""A delivery that touches one département redoes its units only, and gives what a run from nothing gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import modifications
from ingest.home import Home
from ingest.pipeline import deliver
from ingest.synthetic import generate
from orchestration import construction
from orchestration.publication import read_current
from orchestration.run import run

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

DATED = "marts/mart_qualite__livraisons.parquet"  # carries the hour of each reception


def published(home: Home) -> dict[str, str]:
    """SHA-256 of each table of the current publication."""
    current = read_current(home)
    assert current is not None
    return {f.path: f.sha256 for f in current.manifest.files if f.path != DATED}


def test_redoing_what_changed_gives_what_redoing_everything_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modifications, "MAX_SHARE", 1.0)  # two small départements: one of them is half of the units
    generate(tmp_path / "genere", departements=("2A", "48"))
    first, later = tmp_path / "genere" / "livraisons", tmp_path / "genere" / "suite"
    commands: list[list[str]] = []
    choose = construction.build_command

    def spied(home: Home, declarations: str, *, whole_graph: bool) -> list[str]:
        commands.append(choose(home, declarations, whole_graph=whole_graph))
        return commands[-1]

    monkeypatch.setattr(construction, "build_command", spied)

    patient = Home(tmp_path / "patient")
    deliver([first], patient)
    run(patient)
    before = published(patient)
    deliver([later], patient)
    run(patient)
    assert ["--full-refresh" in command for command in commands] == [True, False]
    assert published(patient) != before

    hurried = Home(tmp_path / "hurried")
    deliver([first, later], hurried)
    run(hurried)
    assert "--full-refresh" in commands[-1]
    assert published(patient) == published(hurried)
