"""Partitions by millésime (the year that the data are about), and how a selection of them is handed to the pipeline.

Belongs here: which years there are on a given day. Does not belong here: the partitions of Dagster, which grow in the
same way (`definitions`), assets (`assets`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

FIRST_MILLESIME = 2015  # first campaign of the tableau de bord in its generalised form; older deliveries go with "all"
AHEAD = 1

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def years(today: date) -> list[str]:
    """The years from the first campaign to next year, which some campaigns (EPRD, prix) are about."""
    return [str(year) for year in range(FIRST_MILLESIME, today.year + AHEAD + 1)]


def wanted(selected: Sequence[str], today: date) -> list[int | None]:
    """The years to process one by one; `[None]`, for any year, known or not, when all the years begun are selected.

    The years ahead need not be selected: a selection of all partitions made on 31 December lacks one the day after.
    """
    if set(selected) >= set(years(today)[:-AHEAD]):
        return [None]
    return [int(year) for year in sorted(selected)]


def all_years_tags(today: date) -> dict[str, str]:
    """Run tags that select every partition in a single run."""
    keys = years(today)
    return {RANGE_START: keys[0], RANGE_END: keys[-1]}
