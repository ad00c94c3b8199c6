"""The inbox: `<home>/inbox/<source>/`, where anyone drops a file.

Belongs here: noticing what is new, delivering it, and clearing the inbox. Does not belong here: the Dagster sensor that
calls this (`automation`).

A received file is removed, because the landing holds its bytes. A refused one goes to `inbox/refuses/`, with its reason
beside it in a .txt. Only the reason is kept there, under a neutral name, unless the header is nearly that of a source
of open data.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_contracts.loading import load_contracts
from ingest.home import Home
from ingest.protect import keyrings
from ingest.receive import chronology, landing
from ingest.receive.delivery import Receipt, deliver
from orchestration.lock import finish_upkeep

REFUSED = "refuses"
UNKNOWN = "a-reconnaitre"  # files of a source that the sender does not know: recognised by their content
ASK_AGAIN = "Le fichier n'est pas gardé ici, il peut porter des données de personnes : le redemander à son expéditeur."
_SECRET = os.urandom(32)  # of this process: the next one looks twice again, and Dagster keeps nothing to guess with
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class Dropped:
    """A file in the inbox: its source when the folder says it, and what tells whether it changed."""

    path: Path
    source: str | None
    mark: str  # keyed hash of its name (it may be somebody's), modification time and size


def scan(home: Home) -> list[Dropped]:
    """The files that wait in the inbox, in the order of their names; pipes and links too, which `deliver` may refuse.

    Hidden and unfinished files, and what systems leave in folders, are left alone.
    """
    dropped = []
    for path in sorted(home.inbox.rglob("*")):
        parts = path.relative_to(home.inbox).parts
        is_folder = path.is_dir() and not path.is_symlink()
        if is_folder or parts[0] == REFUSED or any(part.startswith(".") for part in parts):
            continue
        if path.suffix.lower() in _UNFINISHED or landing.is_left_by_system(path):
            continue
        source = parts[0] if len(parts) > 1 and parts[0] != UNKNOWN else None
        facts = path.lstat()
        seen = f"{'/'.join(parts)}|{facts.st_mtime_ns}|{facts.st_size}"
        dropped.append(Dropped(path, source, hashlib.blake2b(seen.encode(), digest_size=16, key=_SECRET).hexdigest()))
    return dropped


def settled(dropped: Sequence[Dropped], cursor: str | None) -> list[Dropped]:
    """The files that had the same time and size at the previous look, so that none is taken while it is copied."""
    seen = set(json.loads(cursor)) if cursor else set()
    return [file for file in dropped if file.mark in seen]


def cursor(dropped: Sequence[Dropped]) -> str:
    """What to remember of this look until the next one."""
    return json.dumps(sorted(file.mark for file in dropped), ensure_ascii=False)


def take(home: Home, dropped: Sequence[Dropped], now: datetime) -> list[Receipt]:
    """Deliver these files and clear them from the inbox; one refused file stops no other.

    Raises ClockWentBack, HomeBusy: nothing is taken.
    """
    chronology.check(home, now)
    finish_upkeep(home)
    receipts: list[Receipt] = []
    for source in sorted({file.source or "" for file in dropped}):
        paths = [file.path for file in dropped if (file.source or "") == source]
        answered = deliver(paths, home, now=now, source=source or None, within=home.inbox)
        for path, receipt in zip(paths, answered, strict=True):
            put_away(home, path, receipt)
        receipts += answered
    return receipts


def put_away(home: Home, path: Path, receipt: Receipt) -> None:
    """Remove a received file from the inbox, or set a refused one aside with its reason.

    Neither the content nor the name of a refused file that may be about persons is kept in the clear: its sender has
    the file, and the reason says what to do. A file dropped for a source about persons waits in the inbox as long as
    there is no key to receive it with.
    """
    if receipt.status != "refused":
        path.unlink(missing_ok=True)
        return
    if _is_personal(receipt.source) and keyrings.if_any(home) is None:
        return
    folder = home.inbox / REFUSED
    folder.mkdir(parents=True, exist_ok=True)
    target = free = folder / Path(receipt.logged).name
    count = 1
    while free.exists() or free.with_name(free.name + ".txt").exists():
        count += 1
        free = target.with_name(f"{target.stem} ({count}){target.suffix}")
    text = f"{receipt.reason}\n"
    if receipt.name or path.is_symlink():
        path.unlink(missing_ok=True)
        text += f"{ASK_AGAIN}\n"
    else:
        path.replace(free)
    free.with_name(free.name + ".txt").write_text(text, encoding="utf-8")


def _is_personal(source: str | None) -> bool:
    contract = load_contracts().get(source or "")
    return contract is not None and contract.personal
