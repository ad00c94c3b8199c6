"""The figures of the bench, and its report, from figures invented here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from witness.bench import bench_report, forms_cost, measuring
from witness.bench.process_tree import BenchFailed, Execution, Sample
from witness.bench.stage_costs import REST, STAGES
from witness.generate.structures import ESMS_FRANCE


def cost(wall: float) -> dict[str, float]:
    return {"wall_s": wall, "cpu_s": 1.5 * wall, "peak_mb": 100 * wall}


def scale(name: str, factor: float) -> dict[str, Any]:
    """A scale that takes 4 s a unit of volume, ten times the floor."""
    wall = 4 * factor
    query = {"query": "search", "arguments": {"typed": "ehpad"}, "median_ms": 12.0, "max_ms": 15.0}
    pandas = {"wall_s": 20.0 * factor, "peak_mb": 900.0, "differences": 0, "ratio": 10.0}
    return {
        "scale": name,
        "open_et": int(360 * factor),
        "files": 23,
        "bytes": int(1e6 * factor),
        "rows": {"read": 10_000, "accepted": 9_990, "rejected": 10},
        "observations": int(100_000 * factor),
        "retained": int(90_000 * factor),
        "losers": int(10_000 * factor),
        "conflicts": 12,
        **cost(wall),
        "stages": {stage: cost(wall / 10) for stage in ("reception", *STAGES, REST)},
        "generation": cost(1.0),
        "noise": {m: measuring.spread([wall, 2 * wall, wall / 2]) for m in ("wall_s", "cpu_s", "peak_mb")},
        "heaviest": [{"name": "int_reponses_classees", "stage": "resolution", "wall_s": 2.0}],
        "memory": [(0.0, 10.0), (1.0, 20.0)],
        "floor": {"wall_s": wall / 10, "bytes": 1, "rows": 1, "ratio": 10.0},
        "pandas": dict(pandas),
        "pandas_single_first": dict(pandas),
        "bundle": {**cost(wall / 200), "share": 0.005, "stages": {"reception": cost(0.1), "load": cost(0.2)}},
        "incremental": {**cost(wall / 100), "share": 0.01, "stages": {"reception": cost(0.1), "load": cost(0.2)}},
        "forms": {
            "collection": "tdb_esms",
            "departement": None,
            "forms": int(360 * factor),
            "bytes": int(1e5 * factor),
            **cost(9 * factor),
            "thirds_mb": [400.0, 500.0, 500.0],
        },
        "dashboard": {"open_ms": 100.0, "median_ms": 12.0, "queries": [query]},
    }


def figures(*names: str) -> dict[str, Any]:
    factors = {"departement": 1.0, "region": 10.0, "national": 100.0}
    machine = dict.fromkeys(("python", *measuring.machine.PACKAGES), "1.0")
    machine |= {"cpu": "Essai", "cores": "2", "cores_of_the_machine": "4", "memory_gb": "25", "system": "Linux 6"}
    summary = measuring.summary([scale(name, factors[name]) for name in names])
    return {"date": "2026-01-01", "seed": 1, "machine": {**machine, "load_before": [0.1, 0.2, 0.3]}, **summary}


# --- figures


@pytest.mark.parametrize(("power", "points"), [(1.0, 3), (0.5, 2), (1.2, 4)])
def test_the_exponent_is_the_slope_on_logarithms(power: float, points: int) -> None:
    volumes = [100.0 * 10**k for k in range(points)]
    assert measuring.exponent([(v, 3 * v**power) for v in volumes]) == pytest.approx(power)


def test_one_scale_has_no_exponent() -> None:
    assert measuring.exponent([(1000.0, 60.0)]) is None


def test_the_summary_speaks_of_the_largest_scale_and_shares_of_the_country() -> None:
    found = figures("departement", "region", "national")
    assert [each["share"] for each in found["scales"]] == [0.01, 0.1, 1.0]
    assert found["growth_exponent"] == pytest.approx(1.0)
    keys = ("floor_ratio", "pandas_ratio", "incremental_share", "dashboard_query_ms")
    assert [found[key] for key in keys] == [10.0, 10.0, 0.01, 12.0]


def test_without_the_country_shares_are_of_the_esms_of_france() -> None:
    assert figures("departement")["scales"][0]["share"] == pytest.approx(0.01)


@pytest.mark.parametrize(("other", "expected"), [(30.0, 15.0), (1.0, 0.5), (None, None)])
def test_a_comparison_that_did_not_end_has_no_ratio(other: float | None, expected: float | None) -> None:
    assert measuring.ratio(other, 2.0) == expected


def test_the_noise_of_repeats() -> None:
    assert measuring.spread([3.0, 1.0, 2.0]) == {"n": 3, "min": 1.0, "median": 2.0, "max": 3.0}
    assert measuring.spread([3.0, 1.0])["median"] == 1.0


def test_the_profile_keeps_the_highest_of_each_period() -> None:
    samples = [Sample(at, memory * 1_000_000, 0.0) for at, memory in ((0.1, 5), (0.4, 9), (0.6, 2), (1.9, 7))]
    assert measuring.profile(Execution(0.0, 2.0, 0.0, samples), points=4) == [(0.0, 9.0), (0.5, 2.0), (1.5, 7.0)]


def test_memory_is_that_of_each_third_of_the_time() -> None:
    samples = [Sample(at, memory * 1_000_000, 0.0) for at, memory in ((0.1, 5), (0.9, 9), (2.5, 7), (3.0, 6))]
    assert forms_cost.thirds(Execution(0.0, 3.0, 0.0, samples)) == [9.0, 9.0, 7.0]


# --- report


def test_what_forms_cost_is_said_and_multiplied_for_the_country() -> None:
    told = bench_report.text(figures("departement", "region"), "essai")
    assert "| region | everyone | 3\u202f600 | 1.0 | 90.0 | 135 | 38 | 400 – 500 – 500 |" in told
    assert f"take {135 / 3600 * ESMS_FRANCE / 60:.0f} minutes of CPU" in told


def aims(text: str) -> dict[str, str]:
    rows = [
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("|") and ("≤" in line or "≥" in line)
    ]
    return {row[0]: row[3].strip() for row in rows}


def test_each_aim_is_said_met_or_not() -> None:
    found = figures("departement", "region", "national")
    told = aims(bench_report.text(found, "essai"))
    assert len(told) == len(bench_report.AIMS) == 9
    assert told["files to published snapshot: wall time"] == "met"  # 400 s
    assert told["files to published snapshot: peak memory"] == "**not met**"  # 40 000 MB
    assert told["times the floor (DuckDB reads the bytes, writes Parquet)"] == "**not met**"  # 10
    assert told["resolution: times faster than pandas"] == "met"  # 10, and 10 is enough
    assert told["growth exponent (wall time on observations)"] == "met"


def test_no_verdict_without_the_country() -> None:
    told = bench_report.text(figures("departement"), "essai")
    assert set(aims(told).values()) == {"–"}
    assert "no verdict" in told


def test_pandas_that_did_not_end_is_said() -> None:
    found = figures("departement", "national")
    failed = {"wall_s": None, "peak_mb": None, "differences": None, "ratio": None, "failed": "…\nMemoryError"}
    found["scales"][-1]["pandas"] = failed
    found["pandas_ratio"] = None
    told = bench_report.text(found, "essai")
    assert "pandas did not end at scale `national`: MemoryError" in told
    assert "did not end" in told
    assert aims(told)["resolution: times faster than pandas"] == "–"


def test_the_report_holds_every_stage_and_its_charts_exist(tmp_path: Path) -> None:
    found = figures("departement", "region", "national")
    written = bench_report.write(found, tmp_path / "docs" / "essai.md")
    assert {path.name for path in written} == {
        "essai.md", "essai.json", "essai-growth.svg", "essai-stages.svg", "essai-memory.svg"
    }  # fmt: skip
    text = written[0].read_text(encoding="utf-8")
    for name in ("reception", *STAGES, REST):
        assert f"\n| {name} |" in text
    for path in written[2:]:
        assert f"]({path.name})" in text
        assert path.read_text(encoding="utf-8").startswith("<svg")
    again = json.loads(written[1].read_text(encoding="utf-8"))
    assert bench_report.text(again, "essai") == text


def test_the_short_version_is_in_french() -> None:
    told = bench_report.summarise(figures("departement", "region", "national"))
    assert "400 s" in told
    assert "40\u202f000 Mo" in told
    assert told.count("non atteint") == 2
    assert len(told.splitlines()) == 3 + 2 + len(bench_report.AIMS)


def test_charts_that_cannot_be_written_are_known_before_the_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    bench_report.require_drawing()
    monkeypatch.setattr(bench_report, "find_spec", lambda name: None)
    with pytest.raises(BenchFailed, match="make install"):
        bench_report.require_drawing()


def test_columns_of_figures_stand_on_the_right() -> None:
    lines = bench_report.table(("a", "b"), [("x", "1"), ("y", "–")]).splitlines()
    assert lines == ["| a | b |", "| --- | --: |", "| x | 1 |", "| y | – |"]
