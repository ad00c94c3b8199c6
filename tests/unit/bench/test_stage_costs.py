"""Sharing what was seen among the stages that were at work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest import stages
from ingest.home import PROJECT, Home
from witness.bench.process_tree import Execution, Sample
from witness.bench.stage_costs import REST, STAGES, Interval, costs, covered_s, intervals, nodes, stage_of
from witness.installation import Installation

MB = 1_000_000


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 0),
        ([(0, 2), (3, 4)], 3),
        ([(0, 3), (1, 2)], 3),
        ([(1, 4), (0, 2), (2, 3)], 4),
    ],
)
def test_what_overlaps_counts_once(spans: list[tuple[float, float]], expected: float) -> None:
    assert covered_s(spans) == expected


def execution(*samples: tuple[float, int, float], end: float = 10.0, cpu_s: float = 12.0) -> Execution:
    """From 0 to `end`; samples are (at, MB, CPU)."""
    return Execution(0.0, end, cpu_s, [Sample(at, megabytes * MB, cpu) for at, megabytes, cpu in samples])


def test_each_sample_goes_to_the_stage_at_work() -> None:
    seen = execution((1, 100, 1.0), (2, 300, 2.0), (3, 500, 4.0), (4, 200, 5.0), end=5, cpu_s=6.0)
    found = costs([Interval("read", 1, 2), Interval("validate", 2, 4)], seen)
    assert (found["read"].wall_s, found["read"].cpu_s, found["read"].peak_mb) == (1, 1.0, 300)
    assert (found["validate"].wall_s, found["validate"].cpu_s, found["validate"].peak_mb) == (2, 3.0, 500)
    assert found[REST].wall_s == 2
    assert found[REST].cpu_s == pytest.approx(2.0)
    assert found[REST].peak_mb == 100


def test_stages_that_overlap_share_the_cpu_and_have_the_same_peak() -> None:
    found = costs([Interval("marts", 0, 4), Interval("tests", 2, 4)], execution((2, 10, 2.0), (4, 40, 6.0), end=4))
    assert found["marts"].wall_s == 4
    assert found["tests"].wall_s == 2
    assert found["marts"].cpu_s == pytest.approx(2.0 + 2.0)
    assert found["tests"].cpu_s == pytest.approx(2.0)
    assert found["marts"].peak_mb == found["tests"].peak_mb == 40


def test_a_stage_shorter_than_the_period_has_its_share() -> None:
    found = costs([Interval("load", 1.2, 1.4)], execution((1, 10, 0.0), (2, 70, 1.0), end=2, cpu_s=1.0))
    assert found["load"].cpu_s == pytest.approx(0.2)
    assert found["load"].peak_mb == 70


def test_what_happened_in_another_execution_is_left_out() -> None:
    found = costs([Interval("read", -5, -1), Interval("load", 11, 12)], execution((1, 10, 1.0)))
    assert set(found) == {REST}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"resource_type": "test", "path": "x.sql"}, "tests"),
        ({"resource_type": "seed", "path": "elements.csv"}, "load"),
        ({"resource_type": "model", "path": "staging/finess/stg_finess__et.sql"}, "staging"),
        ({"resource_type": "model", "path": "intermediate/observations/int_observations.sql"}, "observations"),
        ({"resource_type": "model", "path": "intermediate/finess/int_finess__historique.sql"}, "observations"),
        ({"resource_type": "model", "path": "intermediate/resolution/int_reponses_classees.sql"}, "resolution"),
        ({"resource_type": "model", "path": "dlnuf/dlnuf_valeurs.sql"}, "resolution"),
        ({"resource_type": "model", "path": "marts/dlnuf/mart_dlnuf__conflits.sql"}, "marts"),
        ({"resource_type": "model", "path": "marts/indicateurs/calcul/int_indicateurs__gmp.sql"}, "marts"),
    ],
)
def test_the_stage_of_a_node(node: dict[str, str], expected: str) -> None:
    assert stage_of(node) == expected


def test_every_model_of_the_project_has_a_stage() -> None:
    models = PROJECT / "dbt_project" / "models"
    paths = [path.relative_to(models).as_posix() for path in models.rglob("*.sql")]
    assert len(paths) > 40
    found = {stage_of({"resource_type": "model", "path": path}) for path in paths}
    assert found == {"staging", "matching", "observations", "resolution", "marts"}


def test_the_journal_and_dbt_are_read_together(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with stages.journal(home):
        for stage in ("lecture", "validation", "chargement", "publication"):
            with stages.stage(stage):
                pass
    target = home.dbt / "target"
    target.mkdir(parents=True)
    known = {"resource_type": "model", "path": "dlnuf/dlnuf_valeurs.sql", "name": "dlnuf_valeurs"}
    (target / "manifest.json").write_text(json.dumps({"nodes": {"model.dlnuf.dlnuf_valeurs": known}}))
    times = [
        {"name": "compile", "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:01Z"},
        {"name": "execute", "started_at": "2026-01-01T00:00:01Z", "completed_at": "2026-01-01T00:00:03.5Z"},
    ]
    results = [
        {"unique_id": "model.dlnuf.dlnuf_valeurs", "timing": times},
        {"unique_id": "operation.dlnuf.hook", "timing": times},
        {"unique_id": "model.dlnuf.dlnuf_valeurs", "timing": []},  # skipped
    ]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    found = Installation(home.root)
    assert [(node.name, node.stage, node.wall_s) for node in nodes(found)] == [("dlnuf_valeurs", "resolution", 2.5)]
    assert [each.stage for each in intervals(found)] == [
        "read",
        "validate",
        "load",
        "snapshot",
        "resolution",
    ]
    assert {each.stage for each in intervals(found)} <= set(STAGES)
