"""The lock, the pins and the switches that keep the tools silent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import orchestration
from ingest.home import PROJECT, Home
from orchestration import instance

LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [*DECLARED["dependencies"], *DECLARED["optional-dependencies"]["dev"]]


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "--index-url" not in LOCK


def test_every_locked_package_is_pinned_and_hashed() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    packages = [block for block in blocks if not block.startswith("#")]
    assert len(packages) > 100
    for block in packages:
        assert re.match(r"[a-z0-9._-]+==\S+(?: ; [^\n]+)? \\\n\s+--hash=sha256:[0-9a-f]{64}", block), block[:80]


@pytest.mark.parametrize("requirement", DIRECT)
def test_direct_dependencies_are_pinned_to_what_the_lock_has(requirement: str) -> None:
    wanted = Requirement(requirement)
    (pin,) = wanted.specifier
    assert pin.operator == "==", "a direct dependency is pinned"
    locked = [Requirement(found) for found in re.findall(r"^([a-z0-9._-]+==[^\\\n]+)", LOCK, re.M)]
    assert [found for found in locked if found.name == wanted.name and found.specifier == wanted.specifier], "make lock"


def test_no_tool_reports_home() -> None:
    assert orchestration.__name__ == "orchestration"
    for name, value in {
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }.items():
        assert os.environ[name] == value


def test_dagster_keeps_to_itself_and_runs_one_at_a_time(tmp_path: Path) -> None:
    import yaml

    folder = instance.prepare(Home(tmp_path))
    settings = yaml.safe_load((folder / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["telemetry"] == {"enabled": False}
    assert settings["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}


def test_help_is_immediate_because_nothing_heavy_is_imported() -> None:
    heavy = ("dagster", "dbt", "polars", "duckdb", "great_expectations", "streamlit", "pandas", "structlog")
    code = (
        "import sys, orchestration.cli as cli\n"
        "sys.argv = ['dlnuf', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOURD', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert "LOURD []" in done.stdout
