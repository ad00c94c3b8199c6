"""One writer at a time in a home: an advisory lock between processes.

Belongs here: taking, waiting for and describing that lock. Does not belong here: what is done while it is held.

The kernel releases the lock when the process ends, so that a `kill -9` leaves nothing to clean. The file only says who
holds the lock, and its date says since when.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ingest import clock, home_format
from ingest.home import Home


class HomeBusy(RuntimeError):
    """Another process writes in this home."""


_held: set[Path] = set()


@contextmanager
def writing(home: Home, *, wait_s: float = 0) -> Iterator[None]:
    """Holds the lock of a home, after waiting for it up to `wait_s` seconds.

    A process that holds the lock can take it again: a run holds it around its steps, which take it too. Whoever takes
    it first finds the landing in its present form (`ingest.receive.upkeep`).

    Raises HomeBusy, naming the process that holds it; HomeTooNew.
    """
    path = home.root / "verrou"
    if path in _held:
        yield
        return
    from ingest.receive import upkeep

    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _take(path, wait_s)
    _held.add(path)
    try:
        home_format.declare(home)
        upkeep.bring_up_to_date(home)
        yield
    finally:
        _held.discard(path)
        os.ftruncate(handle, 0)
        os.close(handle)


def _take(path: Path, wait_s: float) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    limit = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() < limit:
                time.sleep(0.2)
                continue
            holder = ""
            with suppress(OSError):
                since = clock.shown(datetime.fromtimestamp(os.fstat(handle).st_mtime, UTC))
                if written := os.pread(handle, 200, 0).decode("utf-8", "replace").strip():
                    holder = f" ({written}, depuis le {since})"
            os.close(handle)
            raise HomeBusy(
                f"Un autre traitement écrit déjà dans ce dossier{holder}. "
                "Attendez qu'il se termine, puis relancez la commande."
            ) from None
        with suppress(OSError):  # on a full disk, the lock is held all the same
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"processus {os.getpid()}".encode(), 0)
        return handle


def finish_upkeep(home: Home, *, wait_s: float = 60) -> None:
    """Brings the landing to its present form, unless somebody who writes in the home did so before.

    Whoever receives does so first: the marks of a renewal that was killed, or is under way, would not be known again; a
    delivery would be received twice, or come back after its bytes were destroyed. While another process holds the home,
    what waits is the marks alone, up to `wait_s` seconds.

    Raises HomeTooNew; HomeBusy: the marks are not made again yet.
    """
    from ingest.receive import upkeep

    limit = time.monotonic() + wait_s
    while True:
        try:
            with writing(home):
                return
        except HomeBusy:
            if not upkeep.is_behind(home):
                return
            if time.monotonic() >= limit:
                raise
        time.sleep(0.2)


def is_held(home: Home) -> bool:
    """Whether a process writes in a home at this moment."""
    return is_locked(home.root / "verrou")


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock of this file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
