"""From delivered files to accepted and rejected Parquet: deliver, process what is new, load the warehouse.

Belongs here: the order of the steps and what is kept when one fails. Does not belong here: any rule about data.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

import polars as pl

from data_contracts import loading, nomenclatures, non_answers, privacy, territoires
from data_contracts.derive import schemas
from data_contracts.dictionary import FOLDER as DICTIONARY
from data_contracts.loading import Contract, Entity, Layout
from data_contracts.value_domains import domains
from ingest import clock, parallel
from ingest.home import PROJECT, Home
from ingest.protect import encryption, keyrings, masks, pseudonyms, vocabulary
from ingest.protect.birth_dates import Births
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.read import Table, UnreadableFile, tables_of
from ingest.read.opening import LostKey
from ingest.read.titles import title_key
from ingest.receive import headers, landing, refusals
from ingest.receive.landing import Manifest
from ingest.receive.recognise import Recognised, Refused, recognise
from ingest.retain import exclusions
from ingest.stages import etape, pendant
from ingest.store import lake
from ingest.store.lake import Result
from ingest.validate.chunk import FLAG_SCHEMA, TECHNICAL, DeliveryFacts, Validated, validate_chunk
from ingest.validate.duplicates import settle_duplicates
from ingest.validate.separators import Separators
from ingest.validate.spool import Spool

UNKNOWN = "inconnu"  # how the neutral name of a file of no known source begins
NO_KEY = "sans-cle"  # digest of a result that only waits for its key
_OPPOSITIONS = "consentements"
_REGISTER = "registre"  # its table
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
        reason = _without_content(reason, path, name, contracts.values())
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


def _without_content(reason: str, path: Path, filename: str, contracts: Iterable[Contract]) -> str:
    """A refusal that quotes nothing of the file, which is called by its neutral name."""
    known = list(contracts)
    parts = reason.split(f"« {path.name} »")
    return f"« {filename} »".join(masks.message(part, known) for part in parts)


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


def pending(home: Home, *, source: str | None = None, millesime: int | None = None) -> list[Manifest]:
    """Deliveries that are not processed, or were under other declarations, in the order of reception.

    An opposition holds for every year: the register waits whatever the year asked for.
    """
    contracts = loading.load_contracts()
    keyring = keyrings.if_any(home)
    done = {r.delivery_id: r for r in lake.results(home)}
    digests: dict[str, str] = {}

    def waits(manifest: Manifest) -> bool:
        contract, result = contracts[manifest.source], done.get(manifest.delivery_id)
        if result is None:
            return True
        if result.detruite_le:
            return False
        if result.digest == NO_KEY:
            return keyring is not None and _has_key(home, manifest, keyring)
        if contract.personal and keyring is None:
            return False  # what was made while the key was there stays, until it is back
        if contract.id not in digests:
            digests[contract.id] = digest(contract, keyring)
        return result.digest != digests[contract.id]

    return [
        m
        for m in landing.manifests(home)
        if m.source in contracts
        and (source is None or m.source == source)
        and (millesime is None or m.millesime in (None, millesime) or m.source == _OPPOSITIONS)
        and waits(m)
    ]


def _has_key(home: Home, manifest: Manifest, keyring: Keyring) -> bool:
    try:
        needed = encryption.header_of(landing.bytes_of(home, manifest)).fingerprint
    except (encryption.Damaged, OSError):
        return True  # there is something else to say of it
    return keyring.with_fingerprint(needed) is not None


def digest(contract: Contract, keyring: Keyring | None = None) -> str:
    """What a result depends on beside the bytes: the contract, its code lists, the code that reads and validates.

    Of a contract about persons, also the secret of pseudonyms: renewing it makes everything be read again. The keys
    that encrypt files are not part of it: a result does not depend on them.
    """
    fields = [f for e in contract.entities for f in e.fields]
    lists = {f.nomenclature for f in fields} | {f.privacy.nomenclature for f in fields if f.privacy}
    content = [repr(contract), _code_digest()]
    content += [landing.sha256_of(nomenclatures.path_of(name)) for name in sorted(filter(None, lists))]
    if contract.personal:
        content.append(keyring.pseudonyms.fingerprint if keyring else "")
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """Changes with the code that decides what is accepted."""
    here = Path(__file__).parent
    files = sorted(path for room in ("read", "validate", "protect") for path in (here / room).rglob("*.py"))
    files += [here / "receive" / "headers.py", *(Path(str(m.__file__)) for m in (privacy, non_answers, schemas))]
    files += [territoires.FOLDER / "__init__.py", *sorted(territoires.FOLDER.glob("*.csv"))]
    files += [nomenclatures.path_of(name) for name in territoires.LISTS]
    files.append(DICTIONARY / non_answers.FILE)
    return hashlib.sha256("".join(landing.sha256_of(path) for path in files).encode()).hexdigest()


def process_pending(
    home: Home, *, source: str | None = None, millesime: int | None = None, progress: Progress | None = None
) -> list[Result]:
    """Reads and validates what is new; every delivery ends accepted (with its rejected rows) or refused as a whole.

    One delivery after the other, or several at once when there is much to read: the results are the same.
    """
    contracts = loading.load_contracts()
    todo = pending(home, source=source, millesime=millesime)
    found: list[Result] = []
    shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    together = parallel.processes([manifest.size for manifest in todo])
    results = parallel.each(_one, [(home, m, contracts[m.source]) for m in todo], together)
    for done, manifest in enumerate(todo):
        if progress:
            progress(manifest.filename, done, len(todo))
        found.append(next(results))
    shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    return found


def _one(delivery: tuple[Home, Manifest, Contract]) -> Result:
    home, manifest, contract = delivery
    try:
        return _process_or_refuse(home, manifest, contract)
    finally:
        shutil.rmtree(lake.spool_folder(home) / manifest.delivery_id, ignore_errors=True)


def _process_or_refuse(home: Home, manifest: Manifest, contract: Contract) -> Result:
    """One delivery never stops the others: what nobody foresaw refuses it, with the error, until the code changes."""
    try:
        return process(home, manifest, contract)
    except Exception as error:  # reported: the delivery is refused with this reason, and the others go on
        reason = f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {type(error).__name__} : {error}"
        if contract.personal:
            reason = masks.unexpected(error)
        current = digest(contract, keyrings.if_any(home) if contract.personal else None)
        result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=current)
        lake.write_result(home, result)
        return result


@etape("validation")
def process(home: Home, manifest: Manifest, contract: Contract) -> Result:
    """Reads and validates one delivery, writes its Parquet, then its result; running it again gives the same files.

    Rows about persons are protected as soon as they are validated: nothing after that step, here or later, sees a name.
    """
    keyring: Keyring | None = None
    if contract.personal:
        try:
            keyring = keyrings.load(home)
        except KeyringProblem as problem:
            return _without_key(home, manifest, str(problem), None)
    result = Result(manifest.delivery_id, manifest.source, lake.ACCEPTED, digest=digest(contract, keyring))
    result.pseudonymes = keyring.pseudonyms.fingerprint if keyring else None
    layout = replace(contract.layout(manifest.layout), reader=manifest.reader)
    facts = DeliveryFacts(
        manifest.delivery_id,
        manifest.source,
        manifest.millesime,
        date.fromisoformat(manifest.collecte_le) if manifest.collecte_le else manifest.received_on,
    )
    folder = lake.spool_folder(home) / manifest.delivery_id
    path = landing.bytes_of(home, manifest)
    marks = Separators(typed=layout.reader in ("xlsx", "crosstab"))
    try:
        found = _validated(path, contract, layout, facts, folder, keyring, marks)
        if not marks.settled:  # a number was ambiguous before its column showed, further down, what it is
            marks.begin_again()
            found = _validated(path, contract, layout, facts, folder, keyring, marks)
    except LostKey as lost:
        return _without_key(home, manifest, str(lost).replace(path.name, manifest.filename), keyring)
    except (Refused, UnreadableFile) as refusal:
        said = str(refusal)
        if contract.personal:
            said = _without_content(said, path, manifest.filename, [contract])
        result.statut, result.motif = lake.REFUSED, said
        lake.write_result(home, result)
        return result
    result.absentes = found.absent
    result.files = {"rejects": [], "signalements": []}
    for name, spool in found.spools.items():
        entity = contract.entity(name)
        copies = settle_duplicates(spool.same_keys(), entity, spool.key, facts, personal=contract.personal)
        rejected = pl.concat([*found.rejects[name], copies])
        signalled = pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *found.flags[name]])
        signalled = signalled.filter(~pl.col("ligne").is_in(rejected["ligne"].implode()))
        result.files[name], kept = lake.write_accepted(
            home, contract.id, entity.stored, manifest.delivery_id, spool.chunks(without=copies["ligne"])
        )
        for kind, rows in (("rejects", rejected), ("signalements", signalled)):
            result.files[kind] += lake.write_findings(home, kind, contract.id, name, manifest.delivery_id, rows)
        counts = {"lues": found.read[name], "acceptees": kept, "rejetees": rejected["ligne"].n_unique()}
        result.entities[name] = counts
        result.lues += counts["lues"]
        result.acceptees += counts["acceptees"]
        result.rejetees += counts["rejetees"]
        result.signalements += signalled.height
    parts = {part for name in found.spools for file in result.files[name] for part in Path(file).parts}
    years = {int(part.removeprefix("millesime=")) for part in parts if part.startswith("millesime=")}
    result.millesimes = sorted(years)
    if not result.balances:
        raise RuntimeError(f"{manifest.delivery_id} : lignes lues ≠ acceptées + rejetées ({result.entities})")
    exclusions.keep_out(home, result)
    lake.write_result(home, result)
    return result


def _without_key(home: Home, manifest: Manifest, reason: str, keyring: Keyring | None) -> Result:
    """A delivery whose key is not there: refused, and read again once the key is back.

    What was made of it before stays in the lake, unless its pseudonyms are those of a secret that was renewed since.
    """
    result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=NO_KEY)
    before = next((r for r in lake.results(home) if r.delivery_id == manifest.delivery_id), None)
    usable = before is not None and before.statut == lake.ACCEPTED
    if before is None or not usable or (keyring and before.pseudonymes != keyring.pseudonyms.fingerprint):
        lake.write_result(home, result)
    return result


@dataclass(frozen=True)
class _Reading:
    """What a whole file gave, by entity: rejects, signalements, rows read, accepted rows; and the titles it lacks."""

    rejects: dict[str, list[pl.DataFrame]]
    flags: dict[str, list[pl.DataFrame]]
    read: dict[str, int]
    spools: dict[str, Spool]
    absent: list[str]


def _validated(
    path: Path,
    contract: Contract,
    layout: Layout,
    facts: DeliveryFacts,
    folder: Path,
    keyring: Keyring | None,
    marks: Separators,
) -> _Reading:
    """Reads the whole file. marks: what the file shows of the separators of its numbers; it grows."""
    spools = {n: Spool(folder / n, contract.entity(n).stored) for n in layout.entities}
    rejects: dict[str, list[pl.DataFrame]] = {name: [] for name in layout.entities}
    flags: dict[str, list[pl.DataFrame]] = {name: [] for name in layout.entities}
    read = dict.fromkeys(layout.entities, 0)
    absent: dict[str, None] = {}
    births = Births(facts, keyring.pseudonyms) if keyring else None

    def without_births(rows: pl.DataFrame, name: str) -> pl.DataFrame:
        if births is None:
            return rows
        checked = births.taken_out(rows, contract.entity(name))
        rejects[name].append(checked.rejects)
        flags[name].append(checked.flags)
        return checked.accepted

    knows = partial(headers.known, contract, layout)
    for table in pendant("lecture", tables_of(path, layout, list(layout.entities), knows)):
        entity = contract.entity(table.entity)
        absent |= dict.fromkeys(_absent(table, contract, layout, entity))
        checked = validate_chunk(table.frame, contract, layout, entity, facts, marks)
        if keyring and births:
            births.learn(checked.births, entity)
            checked = _protected(checked, contract, entity, keyring)
        read[table.entity] += table.frame.height
        spools[table.entity].add(without_births(checked.accepted, table.entity))
        rejects[table.entity].append(checked.rejects)
        flags[table.entity].append(checked.flags)
    for name, spool in spools.items():  # a person may come after the rows that name them
        if births and births.concerns(contract.entity(name)):
            spool.look_again(partial(without_births, name=name))
    if not sum(read.values()):
        raise Refused("Le fichier ne contient aucune ligne. Le renvoyer complet, ou dire qu'il n'y a rien à déclarer.")
    return _Reading(rejects, flags, read, spools, list(absent))


def _protected(checked: Validated, contract: Contract, entity: Entity, keyring: Keyring) -> Validated:
    return Validated(
        pseudonyms.protected(checked.accepted, entity, keyring.pseudonyms),
        masks.rejects(checked.rejects, contract, entity),
        masks.flags(checked.flags, contract, entity),
    )


def _absent(table: Table, contract: Contract, layout: Layout, entity: Entity) -> tuple[str, ...]:
    """The titles that a table lacks. The header is compared again here: the contract may have changed since, and a path
    that appears deep in a JSON or XML file is seen only when reading.

    Raises:
        Refused: a column that no title declares, or none where one is needed.
    """
    columns = [c for c in table.frame.columns if c not in TECHNICAL]
    if layout.reader == "csv_produit":
        found = headers.judged(contract, layout, headers.Difference(missing=table.absent))
    elif refusals.has_header(layout):
        found = headers.difference(contract, layout, columns)
    elif layout.options.get("header") is False:
        return ()
    else:  # a tree: what an object does not say is not a column that is missing
        carried = contract.fields_in(layout, entity)
        known = {title_key(str(c)) for c in carried.values()}
        known |= {title_key(a) for f in entity.fields if f.name in carried for a in f.aliases}
        found = headers.Difference(unknown=tuple(c for c in columns if title_key(c) not in known))
    filled = [columns[rank - 1] for rank in found.untitled]
    filled = [c for c in filled if table.frame[c].str.strip_chars().replace("", None).count()]
    if found.unknown or found.needed or found.repeated or found.doubtful or filled:
        raise refusals.of_columns(contract, layout, entity, replace(found, untitled=tuple(map(columns.index, filled))))
    return found.missing


@etape("chargement")
def load_warehouse(home: Home) -> None:
    """(Re)creates the `raw` schema of the warehouse from the lake; idempotent."""
    lake.load(home, loading.load_contracts())


def inputs_fingerprint(home: Home, today: date) -> str:
    """What a publication depends on: processed deliveries, refusals, declarations, and the SQL of the project.

    today: the day that the layer is built for. Oppositions and consents begin and end on their day, without any
    delivery; the fingerprint changes on those days only.
    """
    hasher = hashlib.sha256()
    for manifest in landing.manifests(home):
        hasher.update(f"{manifest.delivery_id} {manifest.received_at}\n".encode())
    results = list(lake.results(home))
    for result in results:
        hasher.update(f"{result.delivery_id} {result.digest} {result.statut} {result.eliminees}\n".encode())
    for refusal in landing.refusals(home):
        hasher.update(f"{refusal['sha256']} {refusal['received_at']}\n".encode())
    begun, ended = _in_force(home, results, today)
    hasher.update(f"registre {begun} {ended}\n".encode())
    hasher.update(declarations_digest().encode())
    return hasher.hexdigest()


def _in_force(home: Home, results: Iterable[Result], today: date) -> tuple[int, int]:
    """Rows of the register of oppositions and consents that took effect, and that were withdrawn, at a day."""
    files = [home.lake / f for r in results if r.statut == lake.ACCEPTED for f in r.files.get(_REGISTER, ())
             if r.source == _OPPOSITIONS]  # fmt: skip
    if not files:
        return 0, 0
    rows = pl.scan_parquet(files).select((pl.col(c) <= today).sum() for c in ("date_effet", "retire_le")).collect()
    return rows.row(0)


def declarations_digest() -> str:
    """Changes with what the layer is built with, whatever was delivered: contracts, dictionary, code lists, SQL."""
    hasher = hashlib.sha256()
    folders = (DICTIONARY, loading.PRODUCTS, loading.SOURCES, PROJECT / "data_contracts" / "nomenclatures")
    declared = [path for folder in folders for path in folder.glob("*.*")]
    sql = [p for folder in ("models", "macros", "seeds") for p in (PROJECT / "dbt_project" / folder).rglob("*.*")]
    for path in sorted({*declared, *sql, PROJECT / "dbt_project" / "dbt_project.yml"}):
        if path.is_file() and "__pycache__" not in path.parts:
            hasher.update(f"{path.relative_to(PROJECT)} {landing.sha256_of(path)}\n".encode())
    return hasher.hexdigest()
