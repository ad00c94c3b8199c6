"""The instants of tests: fixed, whatever the day they run on (no test reads the clock).

Belongs here: `NOW`, and instants that follow one another. A test of the day itself writes its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)
_steps = count(1)


def now() -> datetime:
    """A later instant of that day at each call: what is received after something else says so."""
    return NOW + timedelta(milliseconds=next(_steps))
