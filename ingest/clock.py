"""What time it is, and what day: the one module that reads the machine's clock (ADR 17).

Belongs here: reading the clock, the one rule that makes a day of an instant, how instants are written and shown. Does
not belong here: what is done at a given time, nor a default time for callers that do not give one.

An operation has one instant. Its entry point (a command, a run or a tick of Dagster) reads the clock once and hands
that instant down as an argument: `now`, an aware instant, or `today`, its day. No operation therefore decides anything
on two different days, and a test chooses its day. `tests/contract/test_clock.py` lists who may read the clock.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

# Days are those of legal time in metropolitan France, whatever the zone of the machine and of the ESMS: an opposition,
# an approval or a duration of conservation begins and ends on the same day for the whole country.
ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)


def now() -> datetime:
    """This instant, aware, in UTC. Only the entry point of an operation calls it, and hands the instant down."""
    return datetime.now(UTC)


def seconds() -> float:
    """Seconds since 1970, to be compared with times that other processes keep (dbt's). They never become a date."""
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
