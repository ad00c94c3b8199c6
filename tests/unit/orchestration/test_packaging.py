"""The switches that keep the tools silent, and the command light. The lock: tests/installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orchestration
from ingest.home import PROJECT, Home
from orchestration import instance


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
        "import sys, orchestration.cli.command as cli\n"
        "sys.argv = ['dlnuf', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOURD', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert "LOURD []" in done.stdout
