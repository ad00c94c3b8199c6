"""The bench from end to end: each scale generated, delivered, run and compared in a temporary home.

Belongs here: the order of the measures, and the shape of the figures. Does not belong here: how a measure is taken (the
other modules), the report (`bench_report`).

MB are millions of bytes. The times of a scale are those of the repeat whose wall time is the median.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from witness.bench import comparisons, forms_cost, machine, process_tree, stage_costs
from witness.bench.process_tree import DLNUF, BenchFailed, Execution
from witness.generate.structures import ESMS_FRANCE
from witness.installation import Installation

Progress = Callable[[str, int, int | None], None]  # what is being done, done so far, total

SCALES = ("petit", "departement", "demonstration", "region", "national")
BY_DEFAULT = ("departement", "region", "national")
REPEATS = {"petit": 3, "departement": 3, "demonstration": 3, "region": 3, "national": 1}
HEAVIEST = 10  # models listed in the profile


@dataclass(frozen=True)
class Run:
    """A run from files to publication: the deliveries are received, then processed and published."""

    reception: Execution
    execution: Execution
    stages: dict[str, stage_costs.Cost]
    nodes: list[stage_costs.Node]

    @property
    def wall_s(self) -> float:
        return self.reception.wall_s + self.execution.wall_s

    @property
    def cpu_s(self) -> float:
        return self.reception.cpu_s + self.execution.cpu_s

    @property
    def peak_mb(self) -> float:
        return max(self.reception.peak_mb, self.execution.peak_mb)


def bench(
    scales: Sequence[str] = BY_DEFAULT,
    *,
    today: date,
    seed: int = 1,
    repeats: int | None = None,
    progress: Progress = lambda step, done, total: None,
) -> dict[str, Any]:
    """Everything that is measured, as `dlnuf bench --json` prints it.

    The figures outside `scales` are those of the largest scale. At national scale, some 10 GB of disk are needed in the
    temporary folder (TMPDIR). Raises BenchFailed.
    """
    ordered = [name for name in SCALES if name in scales]
    with machine.on_cores(), tempfile.TemporaryDirectory(prefix="dlnuf-bench-") as folder:
        described = machine.describe()
        measured = [_scale(name, seed, repeats or REPEATS[name], Path(folder) / name, progress) for name in ordered]
    return {"date": today.isoformat(), "seed": seed, "machine": described, **summary(measured)}


def summary(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """The scales with their shares of the country, and the figures that the aims are about."""
    largest = measured[-1]
    country = next((s["open_et"] for s in measured if s["scale"] == "national"), ESMS_FRANCE)
    for each in measured:
        each["share"] = each["open_et"] / country
    return {
        "scales": measured,
        "floor_ratio": largest["floor"]["ratio"],
        "pandas_ratio": largest["pandas"]["ratio"],
        "incremental_share": largest["incremental"]["share"],
        "growth_exponent": exponent([(each["observations"], each["wall_s"]) for each in measured]),
        "dashboard_query_ms": largest["dashboard"]["median_ms"],
    }


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Slope of log(time) on log(volume) by least squares; None when there is one volume only."""
    logs = [(math.log(volume), math.log(seconds)) for volume, seconds in points]
    x, y = (sum(each) / len(logs) for each in zip(*logs, strict=True))
    spread = sum((a - x) ** 2 for a, _ in logs)
    return sum((a - x) * (b - y) for a, b in logs) / spread if spread else None


def _scale(name: str, seed: int, repeats: int, folder: Path, progress: Progress) -> dict[str, Any]:
    """The figures of one scale, whose folder is removed at the end."""
    made, home = folder / "generation", Installation(folder / "home")
    steps = 4 + repeats

    def tell(done: int) -> None:
        progress(f"Mesures : {name}", done, steps)

    tell(0)
    words = [*DLNUF, "generate", made, "--scale", name, "--seed", str(seed)]
    generation = process_tree.run(words, folder / "generation.log")
    runs: list[Run] = []
    for repeat in range(repeats):
        tell(1 + repeat)
        shutil.rmtree(home.root, ignore_errors=True)
        runs.append(_run(home, made / "livraisons", folder))
    run = sorted(runs, key=lambda each: each.wall_s)[(len(runs) - 1) // 2]
    tell(1 + repeats)
    counted, open_et = _asked([*DLNUF, "status", "--json"], home), open_establishments(made)
    dashboard = _asked([sys.executable, "-m", "dashboards.timing"], home)
    forms = forms_cost.measured(home, folder, forms_cost.OF_THE_COUNTRY if name == SCALES[-1] else None)
    compared = _compared(home, made, folder, run)
    tell(steps)
    shutil.rmtree(folder)
    return {
        "scale": name,
        "open_et": open_et,
        "files": counted["deliveries"]["received"],
        "bytes": compared["floor"]["bytes"],
        "rows": counted["rows"],
        **{key: counted[key] for key in ("observations", "retained", "losers", "conflicts")},
        **_told(run),
        "generation": asdict(_cost(generation)),
        "noise": {
            measure: spread([getattr(each, measure) for each in runs]) for measure in ("wall_s", "cpu_s", "peak_mb")
        },
        "heaviest": [
            {"name": node.name, "stage": node.stage, "wall_s": node.wall_s}
            for node in sorted(run.nodes, key=lambda node: -node.wall_s)[:HEAVIEST]
        ],
        "memory": profile(run.execution),
        **compared,
        "dashboard": dashboard,
        "forms": forms,
    }


def _run(home: Installation, deliveries: Path, folder: Path) -> Run:
    environment = {"DLNUF_HOME": str(home.root), "DLNUF_CLES": str(folder / "cles.json")}
    if not (folder / "cles.json").exists():
        process_tree.run([*DLNUF, "keys", "create"], folder / "cles.log", environment)
    # Code 1: a delivery is refused, as some must be.
    words = [*DLNUF, "deliver", deliveries]
    reception = process_tree.run(words, folder / "reception.log", environment, codes=(0, 1))
    execution = process_tree.run([*DLNUF, "run"], folder / "run.log", environment)
    return Run(reception, execution, stage_costs.costs(stage_costs.intervals(home), execution), stage_costs.nodes(home))


def _asked(command: Sequence[str], home: Installation) -> dict[str, Any]:
    """The JSON object that a command prints about a home. Raises BenchFailed."""
    environment = {**os.environ, "DLNUF_HOME": str(home.root)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchFailed(f"« {' '.join(command)} » s'est arrêtée avec le code {done.returncode} :\n{done.stderr}")
    return json.loads(done.stdout)


def _cost(execution: Execution) -> stage_costs.Cost:
    return stage_costs.Cost(execution.wall_s, execution.cpu_s, execution.peak_mb)


def _told(run: Run) -> dict[str, Any]:
    """What a run cost, in all and stage by stage."""
    stages = {"reception": _cost(run.reception), **run.stages}
    return {
        **asdict(stage_costs.Cost(run.wall_s, run.cpu_s, run.peak_mb)),
        "stages": {stage: asdict(cost) for stage, cost in stages.items()},
    }


def _compared(home: Installation, made: Path, folder: Path, run: Run) -> dict[str, Any]:
    """The comparisons, on the same deliveries and on the home that they made.

    The reruns come last, since they change the home.
    """
    floor = comparisons.floor(made / "livraisons", folder)
    resolution = run.stages["resolution"].wall_s
    plain, single = (comparisons.pandas(home, folder, single_first=single) for single in (False, True))
    bundle = _run(home, made / "suite" / "personnes", folder)
    rerun = _run(home, made / "suite", folder)
    return {
        "floor": {**floor, "ratio": run.wall_s / floor["wall_s"]},
        "pandas": {**plain, "ratio": ratio(plain["wall_s"], resolution)},
        "pandas_single_first": {**single, "ratio": ratio(single["wall_s"], resolution)},
        "bundle": {**_told(bundle), "share": bundle.wall_s / run.wall_s},
        "incremental": {**_told(rerun), "share": rerun.wall_s / run.wall_s},
    }


def ratio(other_s: float | None, ours_s: float) -> float | None:
    """How many times longer the other took; None when it did not end."""
    return None if other_s is None else other_s / ours_s


def spread(figures: Sequence[float]) -> dict[str, Any]:
    """How much the repeats differ."""
    ordered = sorted(figures)
    return {"n": len(ordered), "min": ordered[0], "median": ordered[(len(ordered) - 1) // 2], "max": ordered[-1]}


def profile(execution: Execution, points: int = 200) -> list[tuple[float, float]]:
    """Pairs (seconds since the start, MB): the highest memory of each of so many periods."""
    step = execution.wall_s / points
    highest: dict[int, float] = {}
    for sample in execution.samples:
        period = int((sample.at - execution.start) / step)
        highest[period] = max(highest.get(period, 0.0), sample.memory / 1e6)
    return [(round(period * step, 2), round(megabytes, 1)) for period, megabytes in sorted(highest.items())]


def open_establishments(made: Path) -> int:
    """Number of open ET of a generation."""
    return pl.scan_parquet(made / "verite" / "et.parquet").filter(pl.col("date_fermeture").is_null()).collect().height


def write(measured: dict[str, Any], path: Path) -> None:
    """The figures as JSON, from which the report can be written again."""
    path.write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
