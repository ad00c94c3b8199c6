"""Landing: the bytes of a delivery, stored once under their SHA-256, with what is known of them.

Belongs here: bytes and manifests of deliveries, received or refused. Does not belong here: reading rows
(`ingest.read`), the format of encrypted files (`ingest.protect.encryption`), former forms of this one (`upkeep`).

    landing/<source>/<sha256>  +  <sha256>.json    a delivery that was recognised
    landing/<source>/<octets>.enc  +  <mark>.json  the same, of a source about persons: encrypted, its name neutral
    landing/<source>/<digest>.<millesime>.json     the same bytes, delivered for another year
    landing/refusees/<digest>.json                 a file that was refused: the reason is kept, the bytes are not

The digest of a file about persons is a mark (`ingest.protect.marks`), and its size is that of what encryption made of
it: neither confirms a guess at what it holds. Its bytes keep for life the name that was its first mark. ADR 34.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from data_contracts.limits import limits
from ingest import clock, remains
from ingest.home import Home
from ingest.protect import encryption, marks
from ingest.protect.keyrings import Keyring

T = TypeVar("T")
REFUSED = "refusees"
_WITHOUT_KEYRING = "sans-trousseau"  # how the name of a refusal begins, when nothing could key it
_HEADER = 4096  # more than the header of an encrypted file, where its own key is
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
    sha256: str | None  # None: of a delivery about persons, `mark` stands for it
    size: int  # of one about persons, that of its bytes once filled with zeros
    received_at: str  # as `clock.written`: the order of reception depends on it
    millesime: int | None
    collecte_le: str | None
    cle: str | None = None  # version of the key that encrypts the bytes; None: they are as delivered
    absentes: tuple[str, ...] = ()  # titles of the layout that the file lacks, and can do without
    guide: str | None = None  # the guide that it follows, and its version, when the file says so (FHIR)
    mark: str | None = None  # `marks.mark`, under the secret of pseudonyms in force
    octets: str | None = None  # the name of its bytes, for life
    sceau: str | None = None  # its SHA-256, sealed (`marks.sealed`)
    formulaire: str | None = None  # the number of the form that it is, when it was given out filled

    @property
    def digest(self) -> str:
        """What its bytes are recognised by: their mark, else their SHA-256."""
        return self.mark or self.sha256 or ""

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
    temporary = remains.temporary(path)
    try:
        with temporary.open("w", encoding="utf-8") as handle:
            json.dump(content, handle, ensure_ascii=False, indent=2, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def bytes_of(home: Home, manifest: Manifest) -> Path:
    """Where the bytes of a delivery are, encrypted or not."""
    name = manifest.octets or manifest.sha256 or ""
    return home.landing / manifest.source / (f"{name}.enc" if manifest.cle else name)


def neutral_name(source: str, path: Path, mark: str, stated_on: str | None = None) -> str:
    """What a file about persons is called here, because its own name may be that of somebody.

    mark: what distinguishes it from the others; empty when there is no keyring.
    """
    suffixes = "".join(s for s in path.suffixes if s.lower() in _SUFFIXES)
    return "_".join(filter(None, (source, stated_on, mark[:8]))) + suffixes.lower()


def digests(sha256: str, keyring: Keyring | None) -> list[str]:
    """What a file of this SHA-256 is recognised by: it, or its mark when it may be about persons."""
    return [sha256, marks.mark(sha256, keyring)] if keyring else [sha256]


def find(home: Home, sha256: str, keyring: Keyring | None) -> list[Manifest]:
    """The deliveries that already have these bytes, whatever their source: one, or one for each year.

    Without a keyring, those about persons are not known again.
    """
    begin = tuple(digests(sha256, keyring))
    same = _all_read(lambda: [path for path in _manifests(home) if path.name.startswith(begin)], _read)
    return _each_once(same.values())


def marked(manifest: Manifest, sha256: str, size: int, keyring: Keyring) -> Manifest:
    """The manifest of a delivery about persons, of so many bytes, under their mark and the current keys."""
    mark = marks.mark(sha256, keyring)
    return replace(
        manifest,
        sha256=None,
        size=encryption.padded(size),
        cle=keyring.current.version,
        mark=mark,
        octets=manifest.octets or mark,
        sceau=marks.sealed(sha256, keyring),
    )


def store(home: Home, path: Path, manifest: Manifest) -> None:
    """Stores the bytes of a delivery about nobody, then the manifest: when the manifest of a delivery is there, its
    bytes are whole."""
    with _whole(bytes_of(home, manifest)) as copy, path.open("rb") as source:
        shutil.copyfileobj(source, copy, 1 << 20)
    record(home, manifest)


def store_encrypted(
    home: Home, path: Path, manifest: Manifest, sha256: str, size: int, keyring: Keyring, formerly: Manifest | None
) -> None:
    """Stores the same of a delivery about persons, whose manifest is `marked`.

    sha256, size: of the bytes at `path`, which are written nowhere. formerly: the manifest that this one replaces.

    Raises:
        encryption.Altered: the file changed since these were taken.
    """
    with path.open("rb") as source:
        encrypt(home, manifest, source, sha256, size, keyring)
    supersede(home, manifest, formerly or manifest)


def encrypt(home: Home, manifest: Manifest, plain: BinaryIO, sha256: str, size: int, keyring: Keyring) -> None:
    """Writes the bytes of a delivery about persons. Raises Altered."""
    with _whole(bytes_of(home, manifest)) as copy:
        encryption.encrypt(plain, copy, keyring, sha256, size, manifest.octets or "")


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    """A file to write, that takes its place only once it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = remains.temporary(target)
    try:
        with temporary.open("wb") as copy:
            yield copy
            copy.flush()
            os.fsync(copy.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def supersede(home: Home, manifest: Manifest, former: Manifest) -> None:
    """Writes a manifest, then removes those of the same delivery that stand elsewhere, and bytes that no manifest names
    any more. Interrupted, it is done again: until the end, the former manifest is there to say so."""
    target = record(home, manifest)
    sharing = {path: kept for path, kept in _of_digest(home, former).items() if path != target}
    stale = [path for path, kept in sharing.items() if kept.delivery_id == former.delivery_id]
    named = {bytes_of(home, kept) for path, kept in sharing.items() if path not in stale} | {bytes_of(home, manifest)}
    for path in {bytes_of(home, sharing[path]) for path in stale} - named:
        if path.exists():
            erase(path)
    for path in stale:
        path.unlink(missing_ok=True)


def record(home: Home, manifest: Manifest) -> Path:
    """Writes a manifest where it was, else at the first free place of these bytes; returns where."""
    known = _places(home, manifest)
    first = home.landing / manifest.source / f"{manifest.digest}.json"
    free = first.with_name(f"{manifest.digest}.{manifest.millesime}.json") if first.exists() else first
    target = known[0] if known else free
    write_json(target, asdict(manifest))
    return target


def _places(home: Home, manifest: Manifest) -> list[Path]:
    """Where the manifest of a delivery stands, among those of its bytes."""
    return [path for path, kept in _of_digest(home, manifest).items() if kept.delivery_id == manifest.delivery_id]


def _of_digest(home: Home, manifest: Manifest) -> dict[Path, Manifest]:
    """The manifests of a source whose bytes are recognised by the same digest: those that may name the same file."""
    return _all_read(lambda: (home.landing / manifest.source).glob(f"{manifest.digest}*.json"), _read)


def erase(path: Path) -> None:
    """Destroys encrypted bytes, their key first: what a disk still holds of them can no longer be read."""
    with path.open("r+b") as file:
        file.write(os.urandom(min(_HEADER, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def recovered(home: Home, manifest: Manifest, keyring: Keyring) -> Manifest:
    """Puts encrypted bytes (unless they were destroyed) and the seal of their SHA-256 under the current version of the
    key, and returns the manifest that says so.

    Raises:
        encryption.Damaged, encryption.WrongKey: the bytes are left as they were.
    """
    target = bytes_of(home, manifest)
    if target.exists():
        with target.open("rb") as source, _whole(target) as copy:
            encryption.rewrap(source, copy, keyring)
    sceau = marks.sealed(marks.unsealed(manifest.sceau, keyring), keyring) if manifest.sceau else None
    rewrapped = replace(manifest, cle=keyring.current.version, sceau=sceau)
    record(home, rewrapped)
    return rewrapped


def receive_again(home: Home, manifest: Manifest, now: datetime) -> None:
    """Records that the same bytes were received once more: they become the latest version of what they say."""
    record(home, replace(manifest, received_at=clock.written(now)))


def refuse(
    home: Home,
    *,
    filename: str,
    sha256: str,
    size: int,
    source: str | None,
    reason: str,
    now: datetime,
    is_open: bool,
    keyring: Keyring | None,
) -> None:
    """Keeps the trace of a file that could not be taken, with the date of its first refusal.

    is_open: it is surely about nobody. Of any other, the trace has a mark; without keyring nothing tells two files
    apart, and refusals of a source that say the same are one.
    """
    said: dict[str, Any] = {"filename": filename, "source": source, "reason": reason}
    if is_open:
        digest, kept = sha256, {"sha256": sha256, "size": size, "sceau": None}
    elif keyring is not None:
        digest = marks.mark(sha256, keyring)
        kept = {"sha256": None, "size": encryption.padded(size), "sceau": marks.sealed(sha256, keyring)}
    else:
        told = hashlib.sha256(f"{source}\n{filename}\n{reason}".encode()).hexdigest()[:16]
        digest, kept = f"{_WITHOUT_KEYRING}-{told}", {"sha256": None, "size": None, "sceau": None}
    folder = home.landing / REFUSED
    # A file that is surely about nobody was perhaps taken for one about persons, or the reverse: one trace is left.
    others = digests(sha256, keyring) if is_open or keyring is not None else []
    paths = [folder / f"{each}.json" for each in dict.fromkeys((digest, *others))]
    dates = [json.loads(path.read_text(encoding="utf-8"))["received_at"] for path in paths if path.exists()]
    write_json(paths[0], {**said, **kept, "received_at": min((*dates, clock.written(now)))})
    for other in paths[1:]:
        other.unlink(missing_ok=True)


def lift(home: Home, path: Path, sha256: str, source: str, keyring: Keyring | None) -> None:
    """Removes the trace of the refusal of a file that is received at last. Without a mark, it is that of its source, or
    of its name."""
    folder = home.landing / REFUSED
    for digest in digests(sha256, keyring):
        (folder / f"{digest}.json").unlink(missing_ok=True)
    for unmarked in folder.glob(f"{_WITHOUT_KEYRING}-*.json"):
        said = json.loads(unmarked.read_text(encoding="utf-8"))
        if said["source"] == source or said["filename"] == path.name:
            unmarked.unlink(missing_ok=True)


def refusal_marked(home: Home, refusal: dict[str, Any], sha256: str, size: int, sceau: str, keyring: Keyring) -> None:
    """Puts the trace of a refused file under its mark, wherever it stood."""
    folder, mark = home.landing / REFUSED, marks.mark(sha256, keyring)
    kept = {name: value for name, value in refusal.items() if name != "digest"}
    write_json(folder / f"{mark}.json", {**kept, "sha256": None, "size": size, "sceau": sceau})
    if refusal["digest"] != mark:
        (folder / f"{refusal['digest']}.json").unlink(missing_ok=True)


def refusal_recovered(home: Home, refusal: dict[str, Any], keyring: Keyring) -> None:
    """Seals the SHA-256 of a refused file by the current version of the key. Raises WrongKey, Damaged."""
    sceau = refusal.get("sceau")
    if sceau and marks.fingerprint_of(sceau) != keyring.current.fingerprint:
        sha256 = marks.unsealed(sceau, keyring)
        refusal_marked(home, refusal, sha256, refusal["size"], marks.sealed(sha256, keyring), keyring)


def manifests(home: Home) -> Iterator[Manifest]:
    """Every recognised delivery, in the order of reception. One whose manifest is being replaced is seen once."""
    yield from _each_once(every_manifest(home))


def _each_once(found: Iterable[Manifest]) -> list[Manifest]:
    """Deliveries in the order of reception, each by its manifest of the present form when it has two."""
    kept = {m.delivery_id: m for m in sorted(found, key=lambda m: m.sceau is not None)}
    return sorted(kept.values(), key=lambda m: (m.received_at, m.delivery_id))


def every_manifest(home: Home) -> list[Manifest]:
    """Every manifest, two of them for a delivery whose manifest is being replaced."""
    return list(_all_read(lambda: _manifests(home), _read).values())


def _manifests(home: Home) -> list[Path]:
    return [path for path in home.landing.glob("*/[!.]*.json") if path.parent.name != REFUSED]


def refusals(home: Home) -> list[dict[str, Any]]:
    """Every file that could not be taken, in the order of reception; `digest` is what its bytes are recognised by."""
    kept = _all_read(
        lambda: (home.landing / REFUSED).glob("[!.]*.json"),
        lambda path: {**json.loads(path.read_text(encoding="utf-8")), "digest": path.stem},
    )
    return sorted(kept.values(), key=lambda r: (r["received_at"], r["digest"]))


def _read(path: Path) -> Manifest:
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Manifest(**{**kept, "absentes": tuple(kept.get("absentes", ()))})


def _all_read(listed: Callable[[], Iterable[Path]], read: Callable[[Path], T]) -> dict[Path, T]:
    """Files that another process may be replacing by others: those that are there once nothing is left to be read."""
    found: dict[Path, T] = {}
    before: list[Path] = []
    paths = list(listed())
    while (left := [path for path in paths if path not in found]) and left != before:
        for path in left:
            with suppress(FileNotFoundError):  # it was replaced meanwhile: the next look finds the other
                found[path] = read(path)
        before, paths = left, list(listed())
    return {path: found[path] for path in paths if path in found}
