"""What time it is, and what day: the one module that reads the machine's clock (ADR 17).

Belongs here: reading the clock, the one rule that makes a day of an instant, how instants are written and shown. Does
not belong here: what is done at a time, nor a default for whoever forgot to say it.

An operation has one instant. Its entry (a command, a run or a tick of Dagster) reads it once, and hands it down as an
argument: `now`, an aware instant, or `today`, its day. So nothing is ever decided on two days of one operation, and a
test says which day it is. `tests/contract/test_horloge.py` holds who may read the clock, and that nobody else does.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

# The day that counts is that of legal time in metropolitan France, whatever the machine's zone and the ESMS's: an
# opposition, an approval, a duration of conservation begin and end on one day for the whole country.
ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)


def now() -> datetime:
    """This instant, aware, UTC: for the entry of an operation, which hands it down."""
    return datetime.now(UTC)


def seconds() -> float:
    """Seconds since 1970, only to compare with times that other processes keep (dbt's, samples): never made a date."""
    return time.time()


def day(moment: datetime) -> date:
    """The day of an aware instant."""
    return _aware(moment).astimezone(PARIS).date()


def written(moment: datetime) -> str:
    """ISO 8601, UTC, to the microsecond: such texts sort as the instants do."""
    return _aware(moment).astimezone(UTC).isoformat(timespec="microseconds")


def day_written(text: str) -> date:
    """The day of an instant that was `written`."""
    return day(datetime.fromisoformat(text))


def shown(moment: datetime) -> str:
    """« 21/11/2026 06:30:00, heure de Paris »."""
    return f"{_aware(moment).astimezone(PARIS):%d/%m/%Y %H:%M:%S}, heure de Paris"


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} ne dit pas son fuseau : un instant se donne avec le sien (UTC)")
    return moment
