"""Delivering: each file is recognised and its bytes kept, or it is refused with a reason; one receipt a file.

Belongs here: what a file is answered, and in which order that is decided. Does not belong here: recognising it
(`recognise`), wording refusals (`refusals`), keeping bytes (`landing`), reading rows (`ingest.pipeline`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from data_contracts import loading
from data_contracts.loading import Contract
from data_contracts.value_domains import domains
from ingest import clock
from ingest.home import Home
from ingest.protect import encryption, keyrings, masks, pseudonyms, vocabulary
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.read import UnreadableFile
from ingest.receive import landing, refusals
from ingest.receive.landing import Manifest
from ingest.receive.recognise import Recognised, recognise
from ingest.receive.refusals import Refused, without_content
from ingest.store import lake

UNKNOWN = "inconnu"  # how the neutral name of a file of no known source begins
Progress = Callable[[str, int, int], None]  # what is being done, done so far, total


@dataclass(frozen=True)
class Receipt:
    """What was answered to the sender of a file. path: its own, or the neutral name of a file about persons."""

    path: str
    source: str | None
    delivery_id: str | None
    status: str  # received | known | refused | ignored
    reason: str | None
    name: str | None = None  # for whatever is kept or logged of a file that may be about persons; None: open

    @property
    def logged(self) -> str:
        """What the file is called anywhere but before its sender."""
        return self.name or self.path

    @property
    def told(self) -> str | None:
        """The reason as its sender reads it, on the terminal where the path was typed: the file under its own name."""
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
    progress: Progress | None = None,
) -> list[Receipt]:
    """Receives files, or every file of folders: one receipt a file, in order; a refused one stops no other.

    now: when they are received. Each file is, a microsecond after the one before: their order is that of reception.
    Of a folder, hidden files are not looked at, and what systems leave there, or a notice, is ignored with a word.
    reinstate: bytes already received become the latest version again (a sender who takes a correction back).
    """
    contracts = loading.load_contracts()
    paths = [Path(p) for p in paths]
    files = [f for p in paths for f in _files_under(p)]
    receipts: list[Receipt] = []
    asked = set(paths)
    for done, path in enumerate(files):
        if progress:
            progress(path.name, done, len(files))
        if path not in asked and (reason := _of_no_delivery(path)):
            receipts.append(Receipt(str(path), None, None, "ignored", reason, landing.neutral_name(UNKNOWN, path, "")))
            continue
        at = now + timedelta(microseconds=done)
        receipts.append(_deliver_one(path, home, contracts, source, millesime, reinstate, at))
    return receipts


def _files_under(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        f for f in path.rglob("*") if f.is_file() and not any(p.startswith(".") for p in f.relative_to(path).parts)
    )


def _of_no_delivery(path: Path) -> str | None:
    """Why a file of a folder is not one that its sender meant to deliver; None when it may be."""
    if landing.is_left_by_system(path):
        return "Fichier laissé par le système ou par un logiciel ouvert : ce n'est pas une livraison."
    if landing.is_notice(path):
        return "Notice qui accompagne les fichiers : ce n'est pas une livraison."
    return None


def _refuse_other_years(path: Path, found: Recognised) -> None:
    """A year that no product may be about is refused here, as it is of a row."""
    domain = domains()["millesime"]
    if found.millesime is not None and not (domain.minimum or 0) <= found.millesime <= (domain.maximum or 9999):
        raise Refused(
            f"Fichier « {path.name} » : {found.millesime} n'est pas {domain.shape}."
            " Corriger le nom du fichier, ou --millesime.",
            nearest=found.contract,
        )


def _deliver_one(
    path: Path,
    home: Home,
    contracts: dict[str, Contract],
    source: str | None,
    millesime: int | None,
    reinstate: bool,
    now: datetime,
) -> Receipt:
    try:
        size = path.stat().st_size
        sha256 = landing.sha256_of(path)
    except OSError as error:
        name = landing.neutral_name(UNKNOWN, path, "")
        return Receipt(str(path), None, None, "refused", f"Fichier « {name} » illisible : {error.strerror}.", name)
    if landing.is_left_by_system(path):
        reason = (
            f"Fichier « {path.name} » : laissé par le système ou par un logiciel ouvert, ce n'est pas une livraison. "
            "Remède : déposer le fichier de données lui-même, le logiciel qui l'a ouvert une fois fermé."
        )
        return _refused(home, path, contracts, source, sha256, size, now, reason, ours=True)
    known = landing.find(home, sha256)
    try:
        found = recognise(path, contracts, source=source, millesime=millesime, today=clock.day(now))
        _refuse_other_years(path, found)
    except (Refused, UnreadableFile) as refusal:
        if known and source is None:  # the same bytes under another name: what they are is already known
            return _known(home, path, known[0], reinstate, now)
        nearest, ours = (refusal.nearest, refusal.is_quoted) if isinstance(refusal, Refused) else (None, False)
        return _refused(home, path, contracts, source, sha256, size, now, str(refusal), nearest, ours=ours)
    except Exception as error:  # reported: one file never stops the others, and what it holds is told to nobody
        return _refused(home, path, contracts, source, sha256, size, now, masks.unexpected(error), ours=True)
    # A file that says of no year, when its bytes were already received under a year, is not of today.
    of_no_year = millesime is None and found.collecte_le is None and bool(found.layout.millesime.get("none"))
    same = [m for m in known if m.source == found.contract.id and (of_no_year or m.millesime == found.millesime)]
    keyring = None
    if found.contract.personal:
        try:
            keyring = keyrings.load(home)
        except KeyringProblem as problem:
            if same:
                return _known(home, path, same[0], reinstate, now)
            reason = (
                f"« {found.contract.name} » porte des données de personnes, qui ne sont jamais conservées en clair : "
                f"le fichier n'est pas conservé. {problem}"
            )
            return _refused(
                home, path, contracts, found.contract.id, sha256, size, now, reason, found.contract, ours=True
            )
    if same and (gone := lake.destroyed_on(home, same[0].delivery_id)):
        reason = f"Octets éliminés le {gone:%d/%m/%Y}, au terme de leur conservation : ils ne sont pas repris."
        return Receipt(same[0].filename, same[0].source, same[0].delivery_id, "known", reason)
    if same and (keyring is None or _opens(home, same[0], keyring)):
        return _known(home, path, same[0], reinstate, now)
    manifest = _manifest(path, sha256, size, found, now, again=bool(known), keyring=keyring)
    if same and keyring:
        received_at = manifest.received_at if reinstate else same[0].received_at
        manifest = replace(same[0], cle=keyring.current.version, received_at=received_at)
    try:
        landing.store(home, path, manifest, keyring)
    except encryption.Altered:
        reason = "Le fichier a changé pendant sa réception. Remède : attendre la fin de la copie, puis le redéposer."
        return _refused(home, path, contracts, manifest.source, sha256, size, now, reason, found.contract, ours=True)
    shown = manifest.filename if keyring else str(path)
    if same:
        lake.forget_result(home, manifest.delivery_id)
        reason = (
            "Déjà reçu, mais illisible ici (clé perdue ou fichier abîmé) : conservé de nouveau, sous la clé courante."
        )
        return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason)
    others = ", ".join(f"{m.source} {m.millesime or ''}".strip() for m in known)
    said = [f"Les mêmes octets ont aussi été reçus pour : {others}."] if known else []
    if found.absent:
        said.append(f"Reçu ; {refusals.absent(found.absent)}.")
    reason = " ".join(said) or None
    return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason)


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
    """The trace of a file that is not taken: no bytes, and neither its name nor its titles when persons may be in it.

    They may be in any file but those whose header is nearly that of a source of open data; then a name is kept when all
    its words are usual ones. nearest: the source whose header this one is, or nearly. ours: the reason is made of our
    own words, the file's name apart; else it may quote the file.
    """
    known = source if source in contracts else None
    if nearest is not None and not nearest.personal:
        landing.refuse(home, filename=path.name, sha256=sha256, size=size, source=known, reason=reason, now=now)
        return Receipt(str(path), known, None, "refused", reason)
    persons = nearest.id if nearest else _source_of_persons(path, contracts, source)
    name = landing.neutral_name(persons or UNKNOWN, path, _mark(sha256, keyrings.if_any(home)))
    if not persons and vocabulary.names_nobody(path, contracts.values()):
        name = path.name
    if ours:
        reason = reason.replace(f"« {path.name} »", f"« {name} »")
    else:
        reason = without_content(reason, path, name, contracts.values())
    landing.refuse(home, filename=name, sha256=sha256, size=size, source=known or persons, reason=reason, now=now)
    return Receipt(name if persons else str(path), known or persons, None, "refused", reason, name)


def _source_of_persons(path: Path, contracts: dict[str, Contract], source: str | None) -> str | None:
    """The source about persons that a file is said to be of, or is named like."""
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


def _opens(home: Home, manifest: Manifest, keyring: Keyring) -> bool:
    """Whether the encrypted bytes of a delivery are whole, and their key here."""
    try:
        encryption.check(landing.bytes_of(home, manifest), keyring, manifest.sha256)
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
    return Receipt(shown, manifest.source, manifest.delivery_id, "received", reason)


def _manifest(
    path: Path, sha256: str, size: int, found: Recognised, now: datetime, *, again: bool, keyring: Keyring | None
) -> Manifest:
    """A delivery is its bytes; the same bytes for another year are another delivery."""
    stated_on = found.collecte_le.isoformat() if found.collecte_le else None
    mark = _mark(sha256, keyring)
    return Manifest(
        delivery_id=f"{found.contract.id}-{(mark or sha256)[:16]}" + (f"-{found.millesime}" if again else ""),
        source=found.contract.id,
        layout=found.layout.code,
        reader=found.layout.reader,
        contract_version=found.layout.version,
        filename=landing.neutral_name(found.contract.id, path, mark, stated_on) if keyring else path.name,
        sha256=sha256,
        size=size,
        received_at=clock.written(now),
        millesime=found.millesime,
        collecte_le=stated_on,
        cle=keyring.current.version if keyring else None,
        absentes=found.absent,
    )


def _mark(sha256: str, keyring: Keyring | None) -> str:
    """What stands for the SHA-256 of a file about persons, which a guess would confirm; nothing without a keyring."""
    return pseudonyms.of_delivery(sha256, keyring.pseudonyms) if keyring else ""
