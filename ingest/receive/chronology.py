"""The order of reception, which decides between two versions of a row, on a machine whose clock goes back.

Belongs here: the instant that a reception may have, after those that came before. Does not belong here: reading the
clock (entries of operations, ADR 17).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest import clock
from ingest.home import Home
from ingest.receive import landing

# What a clock may lose when it is set right. Further back, either it is wrong now, or it was.
TOLERATED = timedelta(hours=1)


class ClockWentBack(RuntimeError):
    """The clock says a time long before the last reception of this home. The message says what to do."""


def after_the_last(home: Home, now: datetime) -> datetime:
    """This instant, or the one that follows the last reception when the clock went back a little since."""
    last = _last(home)
    return last + timedelta(microseconds=1) if last is not None and now <= last <= now + TOLERATED else now


def check(home: Home, now: datetime) -> None:
    """Refuses to receive what would pass for older than what it corrects.

    Raises ClockWentBack.
    """
    last = _last(home)
    if last is not None and last > now + TOLERATED:
        raise ClockWentBack(
            f"L'horloge de la machine ({clock.shown(now)}) retarde sur la dernière réception de ce dossier "
            f"({clock.shown(last)}) : ce qui arrive passerait pour plus ancien que ce qu'il corrige. Rien n'est reçu. "
            "Remède : remettre l'horloge à l'heure, puis relancer ; si c'est cette réception qui est mal datée, livrer "
            "de nouveau les mêmes fichiers avec --reinstate, qui les redate."
        )


def _last(home: Home) -> datetime | None:
    return max((datetime.fromisoformat(m.received_at) for m in landing.manifests(home)), default=None)
