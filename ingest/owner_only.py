"""Files that only the account which writes them may read: whole files, and journals that are only added to.

Belongs here: how they are written and read back. Does not belong here: what stands in them.
"""

from __future__ import annotations

import csv
import fcntl
import getpass
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from ingest import clock, remains
from ingest.spreadsheet_text import harmless


class JournalDamaged(OSError):
    """A line of a journal is not what was written."""


def write(path: Path, content: bytes) -> None:
    """Writes a file that is 0600 from its first byte. A reader sees either the old file or the whole new one.

    Accounts that could read the old file cannot read the new one.
    """
    with opened(path) as file:
        file.write(content)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The same, for what is written part by part: the file is there once everything is, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = remains.temporary(path)
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, mark: bool = True) -> bytes:
    """A French CSV (semicolons, UTF-8), in which no text is a formula for a spreadsheet.

    mark: begin with the byte-order mark by which spreadsheets recognise UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def account() -> str:
    """The account that acts, as the machine knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def append(path: Path, event: Mapping[str, Any], now: datetime) -> None:
    """Adds a line to a journal, dated and signed with the account. It is on the disk when this returns."""
    line = json.dumps({"le": clock.written(now), "compte": account(), **event}, ensure_ascii=False, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        whole = journal.read().rfind(b"\n") + 1  # a line that a power cut left half written never happened
        journal.seek(whole)
        journal.truncate()
        journal.write(line.encode() + b"\n")
        journal.flush()
        os.fsync(journal.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """Every line of a journal, in order. A last line that a power cut left half written is ignored.

    Raises:
        JournalDamaged: naming the line.
    """
    if not path.exists():
        return []
    events: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            raise JournalDamaged(
                f"Journal abîmé : {path}, ligne {number}. Remède : le reprendre d'une sauvegarde."
            ) from error
    return events
