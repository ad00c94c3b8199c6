"""The seal of a file: its size and the SHA-256 of its bytes, noted when it was written, so that damage is seen.

Belongs here: sealing, and what a file differs by from its seal. Does not belong here: what is done with a file that is
damaged (`ingest.pipeline`, `orchestration.publication`).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TypedDict


class Seal(TypedDict):
    """Of a file as it was written, in the shape that JSON keeps."""

    bytes: int
    sha256: str


def seal(path: Path) -> Seal:
    """The seal of a file that was just written."""
    return Seal(bytes=path.stat().st_size, sha256=_digest(path))


def damage(path: Path, sealed: Seal | None) -> str | None:
    """What differs between a file and its seal, in French; None when it is whole, or there without ever being sealed.

    A run asks several times. A file is read again only when its date, size or place on the disk changed.
    """
    if not path.is_file():
        return "fichier absent"
    if sealed is None:
        return None
    facts = path.stat()
    if facts.st_size != sealed["bytes"]:
        return f"{facts.st_size} octets lus, {sealed['bytes']} écrits"
    if _digest_once(path, facts.st_size, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns) != sealed["sha256"]:
        return "le contenu relu n'est pas celui qui a été écrit (SHA-256 différent)"
    return None


@lru_cache(maxsize=1 << 16)
def _digest_once(path: Path, *_facts: int) -> str:
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
