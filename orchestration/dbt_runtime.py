"""How dbt is called: its environment, its executable, and the manifest that the asset graph is drawn from.

Belongs here: everything about dbt for which neither Dagster nor dbt has to be imported. Does not belong here: assets
(`assets`). dbt always runs as a subprocess, so that it releases the DuckDB file when it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from ingest.guard import shortages
from ingest.home import PROJECT, Home
from orchestration import dbt_kept
from orchestration.dbt_child import PARENT

DBT_PROJECT = PROJECT / "dbt_project"
DBT_EXECUTABLE = Path(sys.executable).with_name("dlnuf-dbt")
DAY = "DLNUF_JOUR"  # the day of the run, for its SQL (macro `run_day`)
_PARSED = {".sql", ".yml", ".yaml", ".csv", ".md"}


class DbtFailed(RuntimeError):
    """dbt refused the project or a model or test failed. The message names them."""


def environment(home: Home) -> dict[str, str]:
    """The variables that the dbt project reads; nothing is written outside the home."""
    return {
        "DLNUF_WAREHOUSE": str(home.warehouse),
        "DBT_TARGET_PATH": str(home.dbt / "target"),
        "DBT_LOG_PATH": str(home.dbt / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",  # logging every query would take dbt a tenth of its time
        PARENT: str(os.getpid()),
    }


def export(home: Home) -> None:
    """Sets these variables in this process too: dagster-dbt reads the profile before it starts dbt."""
    os.environ.update(environment(home))
    home.root.mkdir(parents=True, exist_ok=True)


def export_day(today: date) -> None:
    """Gives the day of the run to dbt, by a variable: with `--vars`, dbt would read the project again every day."""
    os.environ[DAY] = today.isoformat()


def project_digest(project: Path) -> str:
    """Changes with any file that dbt parses."""
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        parts = path.relative_to(project).parts
        if path.suffix in _PARSED and parts[0] not in ("target", "logs", "dbt_packages"):
            digest.update("/".join(parts).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def prepare_manifest(home: Home, project: Path | None = None) -> Path:
    """Path of the manifest of the project as it is now; runs `dbt parse` (some seconds) only when a file changed, or
    when what it made is damaged.

    Raises DbtFailed with what dbt says.
    """
    project = project or DBT_PROJECT
    digest = project_digest(project)
    if (path := dbt_kept.manifest(home, digest)) is not None:
        return path
    home.dbt.mkdir(parents=True, exist_ok=True)
    with dbt_kept.in_use(home):
        done = subprocess.run(
            [str(DBT_EXECUTABLE), "--quiet", "--no-use-colors", "parse", "--profiles-dir", str(project)],
            cwd=project,
            env={**os.environ, **environment(home)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        told = (done.stdout + done.stderr).strip()
        lacks = shortages.told_by_library(told)
        raise DbtFailed(lacks or f"dbt ne peut pas lire le projet {project.name} :\n{told}")
    return dbt_kept.keep_manifest(home, digest, home.dbt / "target" / "manifest.json")


def test_descriptions(home: Home) -> dict[str, str]:
    """Name of a dbt test -> what it verifies, in words. Tests without a description are left out."""
    nodes = json.loads(prepare_manifest(home).read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]: node["description"] for node in nodes if node["resource_type"] == "test" and node["description"]
    }


def failures(home: Home) -> list[str]:
    """The nodes that failed in the last execution of dbt, one readable line each. Skipped nodes are not causes."""
    path = home.dbt / "target" / "run_results.json"
    try:
        results: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["results"]
    except (FileNotFoundError, ValueError):  # dbt was stopped before it told them, or while it did
        return []
    return [describe(result) for result in results if result["status"] in ("error", "fail", "runtime error")]


def describe(result: dict[str, Any]) -> str:
    """One line for a failed node of run_results.json."""
    kind, *_, name = result["unique_id"].split(".")
    if kind == "test":  # test.<project>.<name>.<hash>, but a singular test has no hash
        name = result["unique_id"].split(".")[2]
    label = {"test": "contrôle", "unit_test": "test unitaire", "seed": "table de référence"}.get(kind, "modèle")
    message = " ".join((result.get("message") or "").split())
    return f"{label} {name} : {message}" if message else f"{label} {name}"
