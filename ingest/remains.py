"""What processes that died were writing, when a kill or a power cut ended them: temporary files that nothing reads.

Belongs here: their names, removing them. Does not belong here: how files are written (each room: a temporary file
beside, then one replacement).

A home may be on a disk that several machines share, or be copied to another one: a process number says nothing there.
The name of a temporary file therefore also says the machine, or the container, and when that machine was started.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ingest import clock

# Of whom no sign comes: what another machine has not written in for so long is left by a process that died.
FORGOTTEN_S = 24 * 3600
_NAMED = re.compile(r"\..+\.(?P<process>\d+)(?:-(?P<machine>[0-9a-f]{8})-(?P<start>[0-9a-f]{8}))?\.tmp")


@dataclass(frozen=True)
class Place:
    """Where a process number means something: a machine or a container, since it was last started."""

    machine: str
    start: str


@lru_cache(maxsize=1)
def here() -> Place:
    """That of this process. A system that does not tell when it was started is taken to be always the same one."""
    return Place(
        _short(socket.gethostname(), _told("/proc/self/ns/pid")), _short(_told("/proc/sys/kernel/random/boot_id"))
    )


def temporary(path: Path) -> Path:
    """Where this process writes a file, beside its place, until it is whole."""
    place = here()
    return path.with_name(f".{path.name}.{os.getpid()}-{place.machine}-{place.start}.tmp")


def sweep(folder: Path, names: str = "") -> None:
    """Removes, anywhere under a folder, the temporary files of processes that live no more.

    names: of those files alone whose name begins so.
    """
    for path in folder.rglob(f".{glob.escape(names)}*.tmp"):
        if (named := _NAMED.fullmatch(path.name)) and _is_left(path, named):
            path.unlink(missing_ok=True)


def _is_left(path: Path, named: re.Match[str]) -> bool:
    machine, start = named["machine"], named["start"]
    if machine is not None and machine != here().machine:
        try:
            return path.stat().st_mtime < clock.seconds() - FORGOTTEN_S
        except FileNotFoundError:
            return False  # it has just taken its place
    # Those of before have no machine in their name: they are taken to be of this one, as they were.
    return (start is not None and start != here().start) or not _lives(int(named["process"]))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _told(place: str) -> str:
    """What the kernel says there, as a link or a text; nothing where it says nothing."""
    try:
        return os.readlink(place)
    except OSError:
        pass
    try:
        return Path(place).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _short(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
