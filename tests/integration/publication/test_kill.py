"""`kill -9` at any step leaves the last good publication current, and the next publication succeeds."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.home import PROJECT, Home
from orchestration.publication import read_current
from orchestration.publication.acceptance import RuleOutcome
from orchestration.publication.lost_manifest import manifest_of
from orchestration.publication.manifest import damage
from orchestration.publication.non_regression import VOLUMES
from orchestration.publication.publisher import STEPS
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from orchestration.publication.store import versions
from tests.integration.publication.trial_warehouse import (
    FICHE,
    LATER,
    RETENUES,
    accept_all,
    build_warehouse,
    publish_trial,
    tree_digest,
    trial_declarations,
    trial_rows,
)


def kill_at(home: Home, step: str) -> None:
    command = [sys.executable, "-m", "tests.integration.publication.killed_publication", str(home.root), step]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture(scope="module")
def expected_content(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the second publication holds when nobody kills it."""
    home = Home(tmp_path_factory.mktemp("reference") / "var")
    build_warehouse(home, trial_declarations().products, trial_rows(15))
    return publish_trial(home, "empreinte-2", now=LATER).manifest.contenu_sha256


@pytest.mark.parametrize("step", [f"table:{FICHE}", *STEPS])
def test_killed_at_any_step_the_current_version_is_whole_and_the_next_succeeds(
    home: Home, step: str, expected_content: str
) -> None:
    first = publish_trial(home)
    pointer = (home.publication / "current.json").read_bytes()
    files = tree_digest(first.path)
    build_warehouse(home, trial_declarations().products, trial_rows(15))

    kill_at(home, step)

    current = read_current(home)
    assert current is not None
    assert damage(current.path, current.manifest) == []
    assert tree_digest(first.path) == files
    moved = step == "pointeur"  # the only step after the pointer changed
    assert ((home.publication / "current.json").read_bytes() != pointer) is moved

    after = publish_trial(home, "empreinte-2", now=LATER + timedelta(hours=1))

    assert after.published is not moved
    assert after.manifest.contenu_sha256 == expected_content
    assert after.manifest.previous_version == first.version
    assert damage(after.path, after.manifest) == []
    assert len(versions(home.publication)) == 2  # a version whose pointer never moved is taken up, not written twice
    assert not [p for p in home.publication.iterdir() if p.name.startswith(".")]


def test_killed_during_the_very_first_publication_nothing_is_current(home: Home) -> None:
    kill_at(home, "dossier")
    assert read_current(home) is None
    assert publish_trial(home, "empreinte-2", now=LATER).published


def test_an_interrupted_version_of_other_inputs_is_not_taken_up(home: Home) -> None:
    kill_at(home, "dossier")
    waiting = versions(home.publication)
    build_warehouse(home, trial_declarations().products, trial_rows(15))
    after = publish_trial(home, "empreinte-3", now=LATER + timedelta(hours=1))
    assert after.version not in waiting


def test_an_interrupted_version_that_was_damaged_is_not_taken_up(home: Home) -> None:
    kill_at(home, "dossier")
    (name,) = versions(home.publication)
    _flip(home.publication / name / "marts" / f"{FICHE}.parquet")
    after = publish_trial(home, "empreinte-2", now=LATER + timedelta(hours=1))
    assert after.version != name
    assert damage(after.path, after.manifest) == []


def _flip(path: Path) -> None:
    path.chmod(0o644)
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 2] ^= 0xFF
    path.write_bytes(spoilt)


def test_a_publication_that_lost_its_manifest_is_published_again_and_compared_with_what_is_left(home: Home) -> None:
    first = publish_trial(home)
    known = first.manifest
    (first.path / "manifest.json").unlink()
    reread = manifest_of(first)
    assert {(f.path, f.sha256, f.bytes, f.rows, f.columns) for f in reread.files} == {
        (f.path, f.sha256, f.bytes, f.rows, f.columns) for f in known.files
    }
    assert reread.key_figures == known.key_figures
    after = publish_trial(home, now=LATER)
    assert (after.published, after.manifest.previous_version) == (True, first.version)
    assert after.manifest.contenu_sha256 == known.contenu_sha256


def test_without_its_manifest_a_publication_still_holds_back_one_that_shrinks(home: Home) -> None:
    first = publish_trial(home)
    (first.path / "manifest.json").write_text("{", encoding="utf-8")
    lost = first.path / "marts" / f"{RETENUES}.parquet"
    lost.chmod(0o644)
    lost.write_bytes(b"")  # what cannot be read is not compared
    build_warehouse(home, trial_declarations().products, trial_rows(3))
    compared: dict[str, float] = {}

    def gate(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> list[RuleOutcome]:
        volumes: Any = frames[VOLUMES].origin
        compared.update({row["nom"]: row["precedent"] for row in volumes.to_pylist()})
        return accept_all(rules, frames)

    publish_trial(home, "empreinte-2", now=LATER, gate=gate)
    assert compared[f"marts/{FICHE}.parquet"] == 12
    assert f"marts/{RETENUES}.parquet" not in compared
