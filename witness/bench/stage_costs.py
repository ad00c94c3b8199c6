"""Which stage a run was at, and what each one cost.

Belongs here: the intervals of the stages (the journal of the run, the results of dbt), and the sharing of samples among
them. Does not belong here: taking the samples (`process_tree`).

dbt builds two models at once, so that stages overlap: their times add up to more than that of the run. CPU is shared
among them in proportion to the time that each spent between two samples. `orchestration` has what no stage claims:
starting Python, Dagster and dbt, and the checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from witness.bench.process_tree import Execution, Sample
from witness.installation import Installation

STAGES = ("read", "validate", "load", "staging", "matching", "observations", "resolution", "marts", "tests", "snapshot")
REST = "orchestration"
_JOURNAL = {"lecture": "read", "validation": "validate", "chargement": "load", "publication": "snapshot"}
# Stage by folder of a model; the most precise folders come first.
_FOLDERS = {
    "intermediate/resolution": "resolution",
    "intermediate/personnes": "matching",
    "intermediate/sejours": "matching",
    "intermediate/evenements": "matching",
    "dlnuf": "resolution",
    "intermediate": "observations",
    "staging": "staging",
    "marts": "marts",
}


@dataclass(frozen=True)
class Interval:
    """A stage at work, from a time to another, in seconds since 1970."""

    stage: str
    start: float
    end: float


@dataclass(frozen=True)
class Node:
    """A model, test or seed that dbt built."""

    name: str
    stage: str
    start: float
    end: float

    @property
    def wall_s(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Cost:
    """What a stage cost: time, CPU, peak memory of the process tree while it was at work."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def stage_of(node: dict[str, Any]) -> str:
    """The stage of a node of dbt's manifest."""
    if node["resource_type"] in ("test", "unit_test"):
        return "tests"
    if node["resource_type"] == "seed":
        return "load"
    folder = Path(node["path"]).parent.as_posix()
    return next(stage for prefix, stage in _FOLDERS.items() if f"{folder}/".startswith(f"{prefix}/"))


def nodes(home: Installation) -> list[Node]:
    """The nodes that dbt executed in the last run, in no particular order."""
    known = json.loads((home.dbt_target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((home.dbt_target / "run_results.json").read_text(encoding="utf-8"))["results"]
    found: list[Node] = []
    for result in results:
        node = known.get(result["unique_id"])
        times = [step for step in result["timing"] if step["name"] == "execute"]
        if node and times and times[0]["completed_at"]:
            start, end = (datetime.fromisoformat(times[0][k]).timestamp() for k in ("started_at", "completed_at"))
            found.append(Node(node["name"], stage_of(node), start, end))
    return found


def intervals(home: Installation) -> list[Interval]:
    """When each stage of the last run was at work."""
    journal = json.loads(home.journal.read_text(encoding="utf-8"))["intervalles"]
    found = [Interval(_JOURNAL[each["etape"]], each["debut"], each["fin"]) for each in journal]
    return found + [Interval(node.stage, node.start, node.end) for node in nodes(home)]


def covered_s(spans: Sequence[tuple[float, float]]) -> float:
    """Length in seconds of the union of spans: what overlaps counts once."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def costs(found: Sequence[Interval], execution: Execution) -> dict[str, Cost]:
    """Time, CPU and peak memory of each stage of an execution, and of the rest of it."""
    inside = [i for i in found if i.end > execution.start and i.start < execution.end]
    cpu: dict[str, float] = {}
    peak: dict[str, int] = {}
    for before, sample, active in _steps(execution, sorted(inside, key=lambda i: i.start)):
        spent = {i: min(i.end, sample.at) - max(i.start, before.at) for i in active}
        whole = max(sample.at - before.at, sum(spent.values()))
        delta = sample.cpu_s - before.cpu_s
        for interval, seconds in spent.items():
            cpu[interval.stage] = cpu.get(interval.stage, 0.0) + (delta * seconds / whole if whole else 0.0)
        for stage in {i.stage for i in active} or {REST}:
            peak[stage] = max(peak.get(stage, 0), sample.memory)
    by_stage = {s: [(i.start, i.end) for i in inside if i.stage == s] for s in STAGES}
    told = {s: Cost(covered_s(spans), cpu.get(s, 0.0), peak.get(s, 0) / 1e6) for s, spans in by_stage.items() if spans}
    idle = execution.wall_s - covered_s([span for spans in by_stage.values() for span in spans])
    rest = Cost(idle, max(0.0, execution.cpu_s - sum(cpu.values())), peak.get(REST, 0) / 1e6)
    return {**told, REST: rest}


def _steps(execution: Execution, ordered: Sequence[Interval]) -> Iterator[tuple[Sample, Sample, list[Interval]]]:
    """Each sample with the one before it, and the intervals that were at work between the two."""
    before, waiting, active = Sample(execution.start, 0, 0.0), 0, list[Interval]()
    for sample in execution.samples:
        while waiting < len(ordered) and ordered[waiting].start < sample.at:
            active.append(ordered[waiting])
            waiting += 1
        active = [i for i in active if i.end > before.at]
        yield before, sample, active
        before = sample
