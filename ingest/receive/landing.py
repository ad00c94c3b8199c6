"""Landing: the bytes of a delivery, stored once under their SHA-256, with what is known of them.

Belongs here: bytes and manifests of deliveries, received or refused. Does not belong here: reading rows
(`ingest.read`), the format of encrypted files (`ingest.protect.encryption`).

    landing/<source>/<sha256>  +  <sha256>.json      a delivery that was recognised
    landing/<source>/<sha256>.enc  +  <sha256>.json  the same, of a source about persons: encrypted, its name neutral
    landing/<source>/<sha256>.<millesime>.json       the same bytes, delivered for another year
    landing/refusees/<sha256>.json                   a file that was refused: the reason is kept, the bytes are not
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_contracts.limits import limits
from ingest import clock
from ingest.home import Home
from ingest.protect import encryption
from ingest.protect.keyrings import Keyring

REFUSED = "refusees"
# What systems and office software leave in folders, and what comes with files to say what they are.
_LEFT_BY_SYSTEMS = re.compile(r"(?i)thumbs\.db|ehthumbs.*\.db|desktop\.ini|icon\r|~\$.*|\.~lock\..*#|\.ds_store|\._.*")
_NOTICE = re.compile(
    r"(?i)(readme|read_me|lisez[-_ ]?moi|lisezmoi|a[-_ ]lire|licen[cs]e|copying)(\.(txt|md|rst|html?|pdf))?"
)
_SUFFIXES = {".csv", ".txt", ".json", ".xml", ".xlsx", ".parquet", ".gz", ".zip"}


@dataclass(frozen=True)
class Manifest:
    """What is known of a delivery before any row of it is read."""

    delivery_id: str
    source: str
    layout: str
    reader: str  # the layout's, or the one of the workbook that holds the same table
    contract_version: str
    filename: str
    sha256: str
    size: int
    received_at: str  # as `clock.written`: the order of reception depends on it
    millesime: int | None
    collecte_le: str | None
    cle: str | None = None  # version of the key that encrypts the bytes; None: they are as delivered
    absentes: tuple[str, ...] = ()  # titles of the layout that the file lacks, and can do without
    guide: str | None = None  # the guide that it follows, and its version, when the file says so (FHIR)
    formulaire: str | None = None  # the number of the form that it is, when it was given out filled

    @property
    def received_on(self) -> date:
        return clock.day_written(self.received_at)


def is_left_by_system(path: Path) -> bool:
    """Whether a file is one that a system, or an office program, leaves beside those of its user."""
    return _LEFT_BY_SYSTEMS.fullmatch(path.name) is not None


def is_notice(path: Path) -> bool:
    """Whether a file is, by its name, a notice about those beside it."""
    return _NOTICE.fullmatch(path.name) is not None


class Special(Exception):
    """What is not a file to be received. The message follows « Fichier … »: what, remedy."""


# How each kind of file that is none is called, by what `stat` says of it.
_SPECIAL = (
    (stat.S_ISFIFO, "est un tube (FIFO)"),
    (stat.S_ISSOCK, "est une prise (socket)"),
    (stat.S_ISCHR, "est un périphérique"),
    (stat.S_ISBLK, "est un périphérique"),
    (stat.S_ISDIR, "est un dossier"),
)


def refuse_special(path: Path, folder: Path | None) -> None:
    """Checks, without opening it, that a path leads to a regular file of a size that may be read, and not out of
    `folder` when there is one.

    Raises:
        Special: a pipe, a device, a file that is too large, a link that leads out of the folder.
        OSError: nothing is there.
    """
    if folder is not None and not path.resolve().is_relative_to(folder.resolve()):
        raise Special(
            ": c'est un lien qui mène hors du dossier, il n'est pas suivi. Remède : y déposer le fichier même."
        )
    facts = path.stat()
    mode, largest = facts.st_mode, limits()["decompresse"]
    if facts.st_size > largest.value << 20:
        raise Special(f": taille au-delà de ce qui est admis ({largest.said}). Remède : {largest.remedy}.")
    if not stat.S_ISREG(mode):
        what = next((what for is_one, what in _SPECIAL if is_one(mode)), "est d'une nature inconnue")
        raise Special(f"{what}, et non un fichier : il n'est pas ouvert. Remède : déposer le fichier de données.")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file so that a reader sees the old one or the whole new one, even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as handle:
        json.dump(content, handle, ensure_ascii=False, indent=2, sort_keys=True)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)


def bytes_of(home: Home, manifest: Manifest) -> Path:
    """Where the bytes of a delivery are, encrypted or not."""
    return home.landing / manifest.source / (f"{manifest.sha256}.enc" if manifest.cle else manifest.sha256)


def neutral_name(source: str, path: Path, mark: str, stated_on: str | None = None) -> str:
    """What a file about persons is called here, because its own name may be that of somebody.

    mark: what distinguishes it from the others (`pseudonyms.of_delivery`); empty when there is no keyring.
    """
    suffixes = "".join(s for s in path.suffixes if s.lower() in _SUFFIXES)
    return "_".join(filter(None, (source, stated_on, mark[:8]))) + suffixes.lower()


def find(home: Home, sha256: str) -> list[Manifest]:
    """The deliveries that already have these bytes, whatever their source: one, or one for each year."""
    same = [_read(p) for p in home.landing.glob(f"*/{sha256}*.json") if p.parent.name != REFUSED]
    return sorted(same, key=lambda m: (m.received_at, m.delivery_id))


def store(home: Home, path: Path, manifest: Manifest, keyring: Keyring | None = None) -> None:
    """Stores the bytes, then the manifest: when the manifest of a delivery is there, its bytes are whole.

    keyring: when given, it encrypts the bytes, and the manifest says with which version of the key.

    Raises:
        encryption.Altered: the file changed since its SHA-256 was taken.
    """
    target = bytes_of(home, manifest)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with path.open("rb") as source, temporary.open("wb") as copy:
            if keyring:
                encryption.encrypt(source, copy, keyring, manifest.sha256)
            else:
                shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _record(home, manifest)
    (home.landing / REFUSED / f"{manifest.sha256}.json").unlink(missing_ok=True)


def _record(home: Home, manifest: Manifest) -> None:
    """Writes a manifest where it was, else at the first free place of these bytes."""
    folder = home.landing / manifest.source
    for path in folder.glob(f"{manifest.sha256}*.json"):
        if _read(path).delivery_id == manifest.delivery_id:
            write_json(path, asdict(manifest))
            return
    first = folder / f"{manifest.sha256}.json"
    write_json(folder / f"{manifest.sha256}.{manifest.millesime}.json" if first.exists() else first, asdict(manifest))


def recovered(home: Home, manifest: Manifest, keyring: Keyring) -> Manifest:
    """Puts encrypted bytes under the current version of the key, and returns the manifest that says so.

    Raises:
        encryption.Damaged, encryption.WrongKey: the bytes are left as they were.
    """
    target = bytes_of(home, manifest)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with target.open("rb") as source, temporary.open("wb") as copy:
            encryption.rewrap(source, copy, keyring)
            copy.flush()
            os.fsync(copy.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    rewrapped = replace(manifest, cle=keyring.current.version)
    _record(home, rewrapped)
    return rewrapped


def receive_again(home: Home, manifest: Manifest, now: datetime) -> None:
    """Records that the same bytes were received once more: they become the latest version of what they say."""
    _record(home, replace(manifest, received_at=clock.written(now)))


def refuse(
    home: Home, *, filename: str, sha256: str, size: int, source: str | None, reason: str, now: datetime
) -> None:
    """Keeps the trace of a file that could not be taken, with the date of its first refusal."""
    path = home.landing / REFUSED / f"{sha256}.json"
    first = json.loads(path.read_text(encoding="utf-8"))["received_at"] if path.exists() else clock.written(now)
    write_json(
        path,
        {
            "filename": filename,
            "sha256": sha256,
            "size": size,
            "source": source,
            "reason": reason,
            "received_at": first,
        },
    )


def manifests(home: Home) -> Iterator[Manifest]:
    """Every recognised delivery, in the order of reception."""
    kept = [_read(p) for p in home.landing.glob("*/*.json") if p.parent.name != REFUSED and not p.name.startswith(".")]
    yield from sorted(kept, key=lambda m: (m.received_at, m.delivery_id))


def refusals(home: Home) -> list[dict[str, Any]]:
    """Every file that could not be taken, in the order of reception."""
    kept = [json.loads(p.read_text(encoding="utf-8")) for p in (home.landing / REFUSED).glob("[!.]*.json")]
    return sorted(kept, key=lambda r: (r["received_at"], r["sha256"]))


def _read(path: Path) -> Manifest:
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Manifest(**{**kept, "absentes": tuple(kept.get("absentes", ()))})
