"""Delivering: each file is recognised and its bytes are kept, or it is refused with a reason; one receipt a file.

Belongs here: what the sender of a file is answered, and in which order that is decided. Does not belong here: opening
the file and recognising it (`examined`, in a process apart), wording refusals (`refusals`), keeping bytes (`landing`),
reading rows (`ingest.pipeline`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from data_contracts import loading
from data_contracts.loading import Contract
from data_contracts.system_errors import said
from ingest import clock, home_format, remains, returned_forms, supplies
from ingest.guard import guarded
from ingest.guard.guarded import Stopped, Work
from ingest.home import Home
from ingest.protect import encryption, keyrings, marks, vocabulary
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.receive import chronology, examined, landing, refusals
from ingest.receive.examined import Asked, Examined, Refused
from ingest.receive.landing import Manifest
from ingest.receive.refusals import without_content
from ingest.store import lake

UNKNOWN = "inconnu"  # how the neutral name of a file of no known source begins
Progress = Callable[[str, int, int], None]  # what is being done, done so far, total


@dataclass(frozen=True)
class Receipt:
    """What is answered to the sender of a file. path: as given, or a neutral name when the file is about persons."""

    path: str
    source: str | None
    delivery_id: str | None
    status: str  # received | known | refused | ignored
    reason: str | None
    name: str | None = None  # what a file that may be about persons is called in all that is kept; None: `path` is
    guide: str | None = None  # the guide that it follows, and its version, when the file says so

    @property
    def logged(self) -> str:
        """What the file is called everywhere, except in what its sender reads."""
        return self.name or self.path

    @property
    def reason_for_sender(self) -> str | None:
        """The reason with the file under its own name, for the terminal on which the sender typed that name."""
        if self.reason is None or self.name is None:
            return self.reason
        return self.reason.replace(f"« {self.name} »", f"« {Path(self.path).name} »")


def deliver(
    paths: Iterable[Path],
    home: Home,
    *,
    now: datetime,
    source: str | None = None,
    millesime: int | None = None,
    reinstate: bool = False,
    within: Path | None = None,
    progress: Progress | None = None,
) -> list[Receipt]:
    """Receives files, or every file of folders: one receipt a file, in order. A refused file stops no other.

    now: when the first file is received; each of the next ones is a microsecond later, so that their order is kept, as
    is that of what was received before, when the clock went back a little since.
    reinstate: bytes already received become the latest version again, for a sender who takes a correction back.
    within: the folder out of which no link is followed, for paths that nobody chose, each of one file. Out of a folder
    that is delivered, none is followed either.

    Hidden files of a folder are not looked at. What systems leave in folders, and notices, are ignored; their receipts
    say so. What is not a regular file (a pipe, a device) is refused without being opened.

    Raises HomeTooNew.
    """
    home_format.declare(home)
    remains.sweep(home.landing)
    now = chronology.after_the_last(home, now)
    contracts = loading.load_contracts()
    given = [Path(p) for p in paths]
    if within is not None:
        files = [(p, within) for p in given]
    else:
        files = [(f, p if p.is_dir() else None) for p in given for f in _files_under(p)]
    receipts: list[Receipt] = []
    asked = set(given)
    with guarded.readers():
        for done, (path, folder) in enumerate(files):
            if progress:
                progress(path.name, done, len(files))
            if path not in asked and (reason := _of_no_delivery(path)):
                name = landing.neutral_name(UNKNOWN, path, "")
                receipts.append(Receipt(str(path), None, None, "ignored", reason, name=name))
                continue
            at = now + timedelta(microseconds=done)
            receipts.append(_deliver_one(path, folder, home, contracts, source, millesime, reinstate, at))
    return receipts


def _files_under(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        f
        for f in path.rglob("*")
        if (f.is_symlink() or not f.is_dir()) and not any(p.startswith(".") for p in f.relative_to(path).parts)
    )


def _of_no_delivery(path: Path) -> str | None:
    """Why a file of a folder is not one that its sender meant to deliver; None when it may be."""
    if landing.is_left_by_system(path):
        return "Fichier laissé par le système ou par un logiciel ouvert : ce n'est pas une livraison."
    if landing.is_notice(path):
        return "Notice qui accompagne les fichiers : ce n'est pas une livraison."
    return None


def _deliver_one(
    path: Path,
    folder: Path | None,
    home: Home,
    contracts: dict[str, Contract],
    source: str | None,
    millesime: int | None,
    reinstate: bool,
    now: datetime,
) -> Receipt:
    try:
        landing.refuse_special(path, folder)
        size = path.stat().st_size
        sha256 = landing.sha256_of(path)
    except (OSError, landing.Special) as error:
        name = landing.neutral_name(UNKNOWN, path, "")
        what = str(error) if isinstance(error, landing.Special) else f"illisible : {said(error)}."
        return Receipt(str(path), None, None, "refused", f"Fichier « {name} » {what}", name=name)
    if landing.is_left_by_system(path):
        reason = (
            f"Fichier « {path.name} » : laissé par le système ou par un logiciel ouvert, ce n'est pas une livraison. "
            "Remède : déposer le fichier de données lui-même, le logiciel qui l'a ouvert une fois fermé."
        )
        return _refused(home, path, contracts, source, sha256, size, now, reason, ours=True)
    if why := supplies.why_not(home, path, sha256):
        return _refused(home, path, contracts, source, sha256, size, now, f"Fichier « {path.name} » : {why}", ours=True)
    keyring = keyrings.if_any(home)
    known = landing.find(home, sha256, keyring)
    work = Work(examined.examine, contracts, Examined | Refused, lambda _: size)
    seen = guarded.one(work, Asked(path, source, millesime, clock.day(now), returned_forms.key(home)))
    if isinstance(seen, Stopped):
        return _refused(home, path, contracts, source, sha256, size, now, seen.reason(path.name), ours=True)
    if isinstance(seen, Refused):
        if known and source is None and seen.is_verdict:  # the same bytes, renamed: what they are is already known
            return _known(home, path, known[0], reinstate, now)
        nearest = contracts.get(seen.nearest or "")
        return _refused(home, path, contracts, source, sha256, size, now, seen.reason, nearest, ours=seen.is_ours)
    contract = contracts[seen.source]
    # A file that says no year, and whose bytes were already received, keeps the year that it was received under.
    of_no_year = millesime is None and seen.collecte_le is None and seen.needs_no_year
    same = [m for m in known if m.source == contract.id and (of_no_year or m.millesime == seen.millesime)]
    key = keyring if contract.personal else None
    if contract.personal and key is None:
        try:
            key = keyrings.load(home)
        except KeyringProblem as problem:
            reason = (
                f"« {contract.name} » porte des données de personnes, qui ne sont jamais conservées en clair"
                f" : le fichier n'est pas conservé. {problem}"
            )
            return _refused(home, path, contracts, contract.id, sha256, size, now, reason, contract, ours=True)
    if same and (gone := lake.destroyed_on(home, same[0].delivery_id)):
        reason = f"Octets éliminés le {gone:%d/%m/%Y}, au terme de leur conservation : ils ne sont pas repris."
        return Receipt(same[0].filename, same[0].source, same[0].delivery_id, "known", reason)
    if same and (key is None or _opens(home, same[0], sha256, key)):
        return _known(home, path, same[0], reinstate, now)
    manifest = _manifest(path, sha256, size, contract, seen, now, again=bool(known), keyring=key)
    if key is None:
        landing.store(home, path, manifest)
    else:
        former = same[0] if same else None
        if former:
            manifest = replace(former, received_at=manifest.received_at if reinstate else former.received_at)
        beside = next((m.octets for m in known if m.source == contract.id), None)  # the same bytes, of another year
        manifest = landing.marked(replace(manifest, octets=manifest.octets or beside), sha256, size, key)
        try:
            landing.store_encrypted(home, path, manifest, sha256, size, key, former)
        except encryption.Altered:
            reason = (
                "Le fichier a changé pendant sa réception. Remède : attendre la fin de la copie, puis le redéposer."
            )
            return _refused(home, path, contracts, manifest.source, sha256, size, now, reason, contract, ours=True)
    landing.lift(home, path, sha256, contract.id, keyring)
    shown = manifest.filename if key else str(path)
    if same:
        lake.forget_result(home, manifest.delivery_id)
        reason = (
            "Déjà reçu, mais illisible ici (clé perdue ou fichier abîmé) : conservé de nouveau, sous la clé courante."
        )
        return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason, guide=manifest.guide)
    others = ", ".join(f"{m.source} {m.millesime or ''}".strip() for m in known)
    remarks = [f"Les mêmes octets ont aussi été reçus pour : {others}."] if known else []
    if seen.absent:
        remarks.append(f"Reçu ; {refusals.absent(seen.absent)}.")
    reason = " ".join(remarks) or None
    return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason, guide=manifest.guide)


def _refused(
    home: Home,
    path: Path,
    contracts: dict[str, Contract],
    source: str | None,
    sha256: str,
    size: int,
    now: datetime,
    reason: str,
    nearest: Contract | None = None,
    *,
    ours: bool = False,
) -> Receipt:
    """Keeps the trace of a file that is not taken: never its bytes, and neither its name nor its titles when it may be
    about persons.

    Any file may be about persons, unless its header is nearly that of a source of open data. The name of such a file
    is kept only when all its words are usual ones.

    nearest: the source whose header this one is, or nearly is. ours: the reason is made of our own words, but for the
    name of the file; otherwise it may quote the file.
    """
    known = source if source in contracts else None
    keyring = keyrings.if_any(home)
    keep = partial(landing.refuse, home, sha256=sha256, size=size, now=now, keyring=keyring)
    if nearest is not None and not nearest.personal:
        keep(filename=path.name, source=known, reason=reason, is_open=True)
        return Receipt(str(path), known, None, "refused", reason)
    persons = nearest.id if nearest else _source_of_persons(path, contracts, source)
    name = landing.neutral_name(persons or UNKNOWN, path, _mark(sha256, keyring))
    if not persons and vocabulary.names_nobody(path, contracts.values()):
        name = path.name
    if ours:
        reason = reason.replace(f"« {path.name} »", f"« {name} »")
    else:
        reason = without_content(reason, path, name, contracts.values())
    keep(filename=name, source=known or persons, reason=reason, is_open=False)
    return Receipt(name if persons else str(path), known or persons, None, "refused", reason, name=name)


def _source_of_persons(path: Path, contracts: dict[str, Contract], source: str | None) -> str | None:
    """The source about persons that the sender gave, or that the name of the file suggests."""
    if source in contracts and contracts[source].personal:
        return source
    named = (
        contract.id
        for contract in contracts.values()
        if contract.personal
        for layout in contract.layouts
        if layout.filename and re.search(layout.filename, path.name)
    )
    return next(named, None)


def _opens(home: Home, manifest: Manifest, sha256: str, keyring: Keyring) -> bool:
    """Whether the encrypted bytes of a delivery are whole, and their key is here."""
    try:
        encryption.check(landing.bytes_of(home, manifest), keyring, sha256)
    except (encryption.Damaged, encryption.WrongKey, OSError):
        return False
    return True


def _known(home: Home, path: Path, manifest: Manifest, reinstate: bool, now: datetime) -> Receipt:
    """Bytes already received: nothing changes, unless the sender wants this version back over a later one."""
    shown = manifest.filename if manifest.cle else str(path)
    if not reinstate:
        reason = f"Déjà reçu le {manifest.received_on:%d/%m/%Y} ; rien ne change."
        return Receipt(shown, manifest.source, manifest.delivery_id, "known", reason)
    landing.receive_again(home, manifest, now)
    reason = "Déjà reçu ; cette version est remise en vigueur."
    return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason, guide=manifest.guide)


def _manifest(
    path: Path,
    sha256: str,
    size: int,
    contract: Contract,
    seen: Examined,
    now: datetime,
    *,
    again: bool,
    keyring: Keyring | None,
) -> Manifest:
    """A delivery is its bytes; the same bytes for another year are another delivery."""
    stated_on = seen.collecte_le.isoformat() if seen.collecte_le else None
    mark = _mark(sha256, keyring)
    return Manifest(
        delivery_id=f"{contract.id}-{(mark or sha256)[:16]}" + (f"-{seen.millesime}" if again else ""),
        source=contract.id,
        layout=seen.layout,
        reader=seen.reader,
        contract_version=seen.version,
        filename=landing.neutral_name(contract.id, path, mark, stated_on) if keyring else path.name,
        sha256=sha256,
        size=size,
        received_at=clock.written(now),
        millesime=seen.millesime,
        collecte_le=stated_on,
        cle=keyring.current.version if keyring else None,
        absentes=seen.absent,
        guide=seen.guide,
        formulaire=seen.form,
    )


def _mark(sha256: str, keyring: Keyring | None) -> str:
    """What stands for the SHA-256 of a file about persons; nothing without a keyring."""
    return marks.mark(sha256, keyring) if keyring else ""
