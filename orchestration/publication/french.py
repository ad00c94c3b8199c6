"""How numbers and dates are written for French readers.

Belongs here: formatting. Does not belong here: the wording of rules (`rules`) and of pages (`templates/`).
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from data_contracts.figures import NARROW, trimmed, written


def number(value: float | int | None, decimals: int = 2) -> str:
    """1234567.5 -> « 1 234 567,5 »; None -> « inconnu »."""
    if value is None or not math.isfinite(value):
        return "inconnu"
    return trimmed(written(value, decimals if isinstance(value, float) else 0))


def percent(share: float | None) -> str:
    """0.125 -> « 12,5 % »."""
    return "inconnu" if share is None else f"{number(share * 100, 1)}{NARROW}%"


def moment(value: datetime) -> str:
    """A UTC instant: « 21/11/2026 à 01:30 UTC »."""
    return f"{value:%d/%m/%Y à %H:%M} UTC"


def cell(value: Any) -> str:
    """A value of the data in readable form: dates as day/month/year, « vide » for a missing value."""
    if value is None or value != value:  # NaN and NaT are the only values different from themselves
        return "vide"
    if isinstance(value, datetime) and (value.hour, value.minute) != (0, 0):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):  # a datetime is a date
        return f"{value:%d/%m/%Y}"
    if isinstance(value, (list, tuple)):
        return " ; ".join(cell(v) for v in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
