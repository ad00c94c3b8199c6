"""Dagster's own home, under ours: its settings and its local storage.

Belongs here: dagster.yaml. Does not belong here: starting the service (`service`), what it serves
(`definitions`).
"""

from __future__ import annotations

from pathlib import Path

from ingest.home import Home

# Sqlite storage under DAGSTER_HOME is Dagster's default: nothing to declare.
SETTINGS = """\
# Written by orchestration/instance.py at each start: change it there.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: run
"""


def prepare(home: Home) -> Path:
    """Write dagster.yaml in the home and return the folder to give as DAGSTER_HOME."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    path = home.dagster / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != SETTINGS:
        path.write_text(SETTINGS, encoding="utf-8")
    return home.dagster
