"""The day of a build: what its SQL is given, what the publication of its layer is of."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingest import fingerprint
from ingest.home import Home
from orchestration import dbt_runtime, layer_build
from orchestration.publication import publish, publisher

EVE, NEW_YEAR = date(2026, 12, 31), date(2027, 1, 1)


def built(home: Home, day: date) -> None:
    home.root.mkdir(parents=True, exist_ok=True)
    layer_build.to_do(home, "v1", day)
    layer_build.built(home, "v1")


def test_a_publication_is_of_the_day_that_its_layer_was_built_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that midnight cuts in two: what its layer holds in force is that of the eve."""
    asked: list[Any] = []
    monkeypatch.setattr(fingerprint, "inputs_fingerprint", lambda _home, today: today.isoformat())
    monkeypatch.setattr(publisher, "run", lambda _home, _declared, fingerprint, **_: asked.append(fingerprint))
    publish(home, now=datetime(2026, 12, 31, 23, 5, tzinfo=UTC))  # no layer yet
    built(home, EVE)
    publish(home, now=datetime(2026, 12, 31, 23, 5, tzinfo=UTC))
    assert asked == ["2027-01-01", "2026-12-31"]


def test_a_build_that_did_not_end_is_of_no_day(home: Home) -> None:
    built(home, EVE)
    assert layer_build.day(home) == EVE
    layer_build.failed(home)
    assert layer_build.day(home) is None
    home.warehouse.write_bytes(b"ceci n'est pas une base" * 1000)
    assert layer_build.day(home) is None


def test_the_sql_of_a_run_is_given_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(dbt_runtime.DAY, "2020-01-01")
    dbt_runtime.export_day(NEW_YEAR)
    assert os.environ[dbt_runtime.DAY] == "2027-01-01"
    macro = (dbt_runtime.DBT_PROJECT / "macros" / "rapprochement" / "run_day.sql").read_text(encoding="utf-8")
    assert f'env_var("{dbt_runtime.DAY}")' in macro  # without a default
