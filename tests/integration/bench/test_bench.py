"""The bench by the command, on the smallest département: what it says has its shape, and pandas retains the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from witness.bench.stage_costs import REST, STAGES

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, Path]:
    """What the command said, its report, its temporary folder."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "tmp").mkdir()
    report = folder / "rapport.md"
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dlnuf")), "bench", "--scale", "petit", "--repeats", "1", "--json",
         "--out", str(report)],
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "DLNUF_HOME": str(folder / "ailleurs")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), report, folder


def test_what_it_says_has_its_shape(measured: tuple[dict[str, Any], Path, Path]) -> None:
    told = measured[0]
    assert {"floor_ratio", "pandas_ratio", "incremental_share", "growth_exponent", "dashboard_query_ms"} <= told.keys()
    assert told["machine"]["cores"] <= 2
    (scale,) = told["scales"]
    assert 0.001 < scale["share"] < 0.0015
    assert scale["observations"] == scale["retained"] + scale["losers"] > 10_000
    assert scale["wall_s"] > 0
    assert scale["cpu_s"] > 0
    assert 300 < scale["peak_mb"] < 6_000
    assert set(scale["stages"]) == {"reception", *STAGES, REST}
    assert all(cost["wall_s"] > 0 and cost["peak_mb"] > 0 for cost in scale["stages"].values())
    assert max(cost["peak_mb"] for cost in scale["stages"].values()) == scale["peak_mb"]
    assert sum(cost["cpu_s"] for cost in scale["stages"].values()) == pytest.approx(scale["cpu_s"], rel=0.02)
    assert scale["generation"]["wall_s"] > 0
    assert len(scale["heaviest"]) == 10


def test_the_comparisons_compare_the_same_thing(measured: tuple[dict[str, Any], Path, Path]) -> None:
    (scale,) = measured[0]["scales"]
    assert scale["pandas"]["differences"] == 0
    assert scale["pandas_single_first"]["differences"] == 0
    assert measured[0]["pandas_ratio"] == pytest.approx(
        scale["pandas"]["wall_s"] / scale["stages"]["resolution"]["wall_s"]
    )
    assert measured[0]["floor_ratio"] == pytest.approx(scale["wall_s"] / scale["floor"]["wall_s"])
    assert scale["floor"]["rows"] > 2_000
    assert measured[0]["incremental_share"] == pytest.approx(scale["incremental"]["wall_s"] / scale["wall_s"])
    assert scale["incremental"]["stages"]["snapshot"]["wall_s"] > 0  # it did publish


def test_the_forms_are_given_out_and_measured(measured: tuple[dict[str, Any], Path, Path]) -> None:
    forms = measured[0]["scales"][0]["forms"]
    assert 20 < forms["forms"] < 200
    assert forms["cpu_s"] > 0
    assert max(forms["thirds_mb"]) == pytest.approx(forms["peak_mb"], abs=0.1)


def test_the_report_is_written_and_nothing_else_is_left(measured: tuple[dict[str, Any], Path, Path]) -> None:
    told, report, folder = measured
    assert json.loads(report.with_suffix(".json").read_text(encoding="utf-8")) == told
    assert "## Aims" in report.read_text(encoding="utf-8")
    assert [path for path in (folder / "tmp").iterdir() if path.name.startswith("dlnuf-bench")] == []
    assert not (folder / "ailleurs").exists()
