"""dbt's environment, manifest and failures, without starting dbt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.home import Home
from orchestration import dbt_runtime


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "projet"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "a.sql").write_text("select 1", encoding="utf-8")
    return folder


def fake_dbt(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Replaces dbt by a shell script."""
    script = folder / "dbt"
    script.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(dbt_runtime, "DBT_EXECUTABLE", script)


def test_everything_dbt_writes_is_in_the_home(home: Home) -> None:
    told = dbt_runtime.environment(home)
    for name in ("DLNUF_WAREHOUSE", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        assert Path(told[name]).is_relative_to(home.root)


def test_the_digest_follows_what_dbt_parses_and_nothing_else(project: Path) -> None:
    before = dbt_runtime.project_digest(project)
    (project / "target").mkdir()
    (project / "target" / "manifest.yml").write_text("x", encoding="utf-8")
    (project / "note.txt").write_text("x", encoding="utf-8")
    assert dbt_runtime.project_digest(project) == before
    (project / "models" / "a.sql").write_text("select 2", encoding="utf-8")
    changed = dbt_runtime.project_digest(project)
    (project / "models" / "a.sql").rename(project / "models" / "b.sql")
    assert len({before, changed, dbt_runtime.project_digest(project)}) == 3


def test_dbt_parses_only_when_the_project_changed(
    home: Home, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "appels"
    body = f'echo un >> {calls}; mkdir -p "$DBT_TARGET_PATH"; echo "{{}}" > "$DBT_TARGET_PATH/manifest.json"'
    fake_dbt(monkeypatch, tmp_path, body)
    first = dbt_runtime.prepare_manifest(home, project)
    assert dbt_runtime.prepare_manifest(home, project) == first
    (project / "models" / "a.sql").write_text("select 2", encoding="utf-8")
    second = dbt_runtime.prepare_manifest(home, project)
    assert calls.read_text(encoding="utf-8") == "un\nun\n"
    assert second.exists()
    assert not first.exists()


def test_dbt_parses_again_when_its_manifest_was_cut(
    home: Home, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = 'mkdir -p "$DBT_TARGET_PATH"; echo "{}" > "$DBT_TARGET_PATH/manifest.json"'
    fake_dbt(monkeypatch, tmp_path, body)
    path = dbt_runtime.prepare_manifest(home, project)
    path.write_bytes(b"{")
    assert dbt_runtime.prepare_manifest(home, project) == path
    assert path.read_bytes() == b"{}\n"


def test_a_project_that_dbt_cannot_read_is_said_in_words(
    home: Home, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dbt(monkeypatch, tmp_path, 'echo "Compilation Error: a.sql"; exit 2')
    with pytest.raises(dbt_runtime.DbtFailed, match=r"projet projet[^T]*Compilation Error: a.sql"):
        dbt_runtime.prepare_manifest(home, project)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            {
                "unique_id": "test.dlnuf.not_null_dlnuf_valeurs_unite.1a2b",
                "message": "Got 3 results,\n to fail",
            },
            "contrôle not_null_dlnuf_valeurs_unite : Got 3 results, to fail",
        ),
        ({"unique_id": "test.dlnuf.bilan", "message": None}, "contrôle bilan"),
        ({"unique_id": "model.dlnuf.mart_a", "message": "boom"}, "modèle mart_a : boom"),
        ({"unique_id": "seed.dlnuf.elements", "message": "boom"}, "table de référence elements : boom"),
        ({"unique_id": "unit_test.dlnuf.mart_a.taux", "message": ""}, "test unitaire taux"),
    ],
)
def test_a_failed_node_is_one_line(result: dict[str, Any], expected: str) -> None:
    assert dbt_runtime.describe(result) == expected


def test_results_that_were_cut_tell_no_cause(home: Home) -> None:
    path = Path(dbt_runtime.environment(home)["DBT_TARGET_PATH"]) / "run_results.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"results": [', encoding="utf-8")
    assert dbt_runtime.failures(home) == []


def test_only_causes_are_listed(home: Home) -> None:
    assert dbt_runtime.failures(home) == []
    target = Path(dbt_runtime.environment(home)["DBT_TARGET_PATH"])
    target.mkdir(parents=True)
    statuses = [("a", "success"), ("b", "error"), ("c", "skipped"), ("d", "pass"), ("e", "warn")]
    results = [{"unique_id": f"model.dlnuf.{name}", "status": status, "message": "x"} for name, status in statuses]
    (target / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    assert dbt_runtime.failures(home) == ["modèle b : x"]
