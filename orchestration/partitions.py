"""Partitions by millésime (the year that the data are about), and how a selection of them is handed to the pipeline.

Belongs here: years as partitions. Does not belong here: assets, Dagster.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

FIRST_MILLESIME = 2015  # first campaign of the tableau de bord in its generalised form; older deliveries go with "all"

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def years(today: date | None = None) -> list[str]:
    """From the first campaign to next year: some campaigns (EPRD, prix) speak of the year to come."""
    last = (today or date.today()).year + 1
    return [str(year) for year in range(FIRST_MILLESIME, last + 1)]


def wanted(selected: Sequence[str], every: Sequence[str]) -> list[int | None]:
    """Years to process one by one; `[None]` (whatever the year, known or not) when all partitions are selected."""
    if set(selected) >= set(every):
        return [None]
    return [int(year) for year in sorted(selected)]


def all_years_tags(today: date | None = None) -> dict[str, str]:
    """Run tags that select every partition in a single run."""
    keys = years(today)
    return {RANGE_START: keys[0], RANGE_END: keys[-1]}
