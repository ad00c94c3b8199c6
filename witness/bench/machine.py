"""What the figures were measured on.

Belongs here: reading it. Does not belong here: any measure.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

CORES = 2  # the aims are stated on two cores
PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "pyarrow", "dagster")


@contextmanager
def on_cores(count: int = CORES) -> Iterator[int]:
    """Keep this process, and those that it starts, on at most `count` cores; yields how many there are."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield len(os.sched_getaffinity(0))
    finally:
        os.sched_setaffinity(0, allowed)


def describe() -> dict[str, Any]:
    """The machine, its load at this moment, and the versions of the packages that matter."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "cores_of_the_machine": os.cpu_count(),
        "memory_gb": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) * 1024 / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _field(path: str, name: str) -> str:
    with open(path, encoding="utf-8") as lines:
        return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
