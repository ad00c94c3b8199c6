"""From delivered files to accepted and rejected Parquet: deliver, process what is new, load the warehouse.

Belongs here: the order of the steps and what is kept when one fails. Does not belong here: any rule about data.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl

from data_contracts import model, nomenclatures
from data_contracts.dictionary import FOLDER as DICTIONARY
from data_contracts.model import Contract, Entity, Layout
from ingest import lake, landing, readers
from ingest.home import PROJECT, Home
from ingest.lake import Result
from ingest.landing import Manifest
from ingest.mesures import etape, pendant
from ingest.readers import UnreadableFile
from ingest.recognise import Recognised, Refused, recognise
from ingest.spool import Spool
from ingest.titles import title_key
from ingest.validate import FLAG_SCHEMA, TECHNICAL, DeliveryFacts, settle_duplicates, validate_chunk

Progress = Callable[[str, int, int], None]  # what is being done, done so far, total


@dataclass(frozen=True)
class Receipt:
    """What was answered to the sender of a file."""

    path: str
    source: str | None
    delivery_id: str | None
    status: str  # received | known | refused
    reason: str | None


def deliver(
    paths: Iterable[Path],
    home: Home,
    *,
    source: str | None = None,
    millesime: int | None = None,
    reinstate: bool = False,
    progress: Progress | None = None,
) -> list[Receipt]:
    """Receives files, or every file of folders: one receipt a file, in order; a refused one stops no other.

    reinstate: bytes already received become the latest version again (a sender who takes a correction back).
    """
    contracts = model.load_contracts()
    files = [f for p in paths for f in _files_under(Path(p))]
    receipts: list[Receipt] = []
    for done, path in enumerate(files):
        if progress:
            progress(path.name, done, len(files))
        receipts.append(_deliver_one(path, home, contracts, source, millesime, reinstate))
    return receipts


def _files_under(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        f for f in path.rglob("*") if f.is_file() and not any(p.startswith(".") for p in f.relative_to(path).parts)
    )


def _deliver_one(
    path: Path, home: Home, contracts: dict[str, Contract], source: str | None, millesime: int | None, reinstate: bool
) -> Receipt:
    try:
        size = path.stat().st_size
        sha256 = landing.sha256_of(path)
    except OSError as error:
        return Receipt(str(path), source, None, "refused", f"Fichier « {path} » illisible : {error.strerror}.")
    known = landing.find(home, sha256)
    try:
        found = recognise(path, contracts, source=source, millesime=millesime)
    except (Refused, UnreadableFile) as refusal:
        if known and source is None:  # the same bytes under another name: what they are is already known
            return _known(home, path, known[0], reinstate)
        landing.refuse(home, filename=path.name, sha256=sha256, size=size, source=source, reason=str(refusal))
        return Receipt(str(path), source, None, "refused", str(refusal))
    if found.contract.personal:
        reason = (
            f"« {found.contract.name} » porte des données de personnes : leur pseudonymisation n'existe pas encore, "
            "le fichier n'est pas conservé."
        )
        landing.refuse(home, filename=path.name, sha256=sha256, size=size, source=found.contract.id, reason=reason)
        return Receipt(str(path), found.contract.id, None, "refused", reason)
    same = [m for m in known if (m.source, m.millesime) == (found.contract.id, found.millesime)]
    if same:
        return _known(home, path, same[0], reinstate)
    manifest = _manifest(path, sha256, size, found, again=bool(known))
    landing.store(home, path, manifest)
    others = ", ".join(f"{m.source} {m.millesime or ''}".strip() for m in known)
    reason = f"Les mêmes octets ont aussi été reçus pour : {others}." if known else None
    return Receipt(str(path), manifest.source, manifest.delivery_id, "received", reason)


def _known(home: Home, path: Path, manifest: Manifest, reinstate: bool) -> Receipt:
    """Bytes already received: nothing changes, unless the sender wants this version back over a later one."""
    if not reinstate:
        reason = f"Déjà reçu le {manifest.received_on:%d/%m/%Y} ; rien ne change."
        return Receipt(str(path), manifest.source, manifest.delivery_id, "known", reason)
    landing.receive_again(home, manifest)
    reason = "Déjà reçu ; cette version est remise en vigueur."
    return Receipt(str(path), manifest.source, manifest.delivery_id, "received", reason)


def _manifest(path: Path, sha256: str, size: int, found: Recognised, *, again: bool) -> Manifest:
    """A delivery is its bytes; the same bytes for another year are another delivery."""
    return Manifest(
        delivery_id=f"{found.contract.id}-{sha256[:16]}" + (f"-{found.millesime}" if again else ""),
        source=found.contract.id,
        layout=found.layout.code,
        reader=found.layout.reader,
        contract_version=found.layout.version,
        filename=path.name,
        sha256=sha256,
        size=size,
        received_at=landing.now(),
        millesime=found.millesime,
        collecte_le=found.collecte_le.isoformat() if found.collecte_le else None,
    )


def pending(home: Home, *, source: str | None = None, millesime: int | None = None) -> list[Manifest]:
    """Deliveries that are not processed, or were under another version of their contract, in the order of reception."""
    contracts = model.load_contracts()
    done = {r.delivery_id: r.digest for r in lake.results(home)}
    return [
        m
        for m in landing.manifests(home)
        if m.source in contracts
        and (source is None or m.source == source)
        and (millesime is None or m.millesime in (None, millesime))
        and done.get(m.delivery_id) != digest(contracts[m.source])
    ]


def digest(contract: Contract) -> str:
    """What a result depends on beside the bytes: the contract, its code lists, the code that reads and validates."""
    lists = sorted({f.nomenclature for e in contract.entities for f in e.fields if f.nomenclature})
    content = [repr(contract), _code_digest(), *(landing.sha256_of(nomenclatures.path_of(name)) for name in lists)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """Changes with the code that decides what is accepted."""
    here = Path(__file__).parent
    files = [here / name for name in ("validate.py", "values.py", "identifiers.py", "titles.py")]
    files += sorted((here / "readers").glob("*.py"))
    return hashlib.sha256("".join(landing.sha256_of(path) for path in files).encode()).hexdigest()


def process_pending(
    home: Home, *, source: str | None = None, millesime: int | None = None, progress: Progress | None = None
) -> list[Result]:
    """Reads and validates what is new; every delivery ends accepted (with its rejected rows) or refused as a whole."""
    contracts = model.load_contracts()
    todo = pending(home, source=source, millesime=millesime)
    found: list[Result] = []
    shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    for done, manifest in enumerate(todo):
        if progress:
            progress(manifest.filename, done, len(todo))
        found.append(_process_or_refuse(home, manifest, contracts[manifest.source]))
        shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    return found


def _process_or_refuse(home: Home, manifest: Manifest, contract: Contract) -> Result:
    """One delivery never stops the others: what nobody foresaw refuses it, with the error, until the code changes."""
    try:
        return process(home, manifest, contract)
    except Exception as error:  # reported: the delivery is refused with this reason, and the others go on
        reason = f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {type(error).__name__} : {error}"
        result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=digest(contract))
        lake.write_result(home, result)
        return result


@etape("validation")
def process(home: Home, manifest: Manifest, contract: Contract) -> Result:
    """Reads and validates one delivery, writes its Parquet, then its result; running it again gives the same files."""
    result = Result(manifest.delivery_id, manifest.source, lake.ACCEPTED, digest=digest(contract))
    layout = replace(contract.layout(manifest.layout), reader=manifest.reader)
    facts = DeliveryFacts(
        manifest.delivery_id,
        manifest.source,
        manifest.millesime,
        date.fromisoformat(manifest.collecte_le) if manifest.collecte_le else manifest.received_on,
    )
    spools = {n: Spool(lake.spool_folder(home) / manifest.delivery_id / n, contract.entity(n)) for n in layout.entities}
    try:
        rejects, flags, read = _validated(landing.bytes_of(home, manifest), contract, layout, facts, spools)
    except (Refused, UnreadableFile) as refusal:
        result.statut, result.motif = lake.REFUSED, str(refusal)
        lake.write_result(home, result)
        return result
    result.files = {"rejects": [], "signalements": []}
    for name, spool in spools.items():
        entity = contract.entity(name)
        copies = settle_duplicates(spool.same_keys(), entity, spool.key, facts)
        rejected = pl.concat([*rejects[name], copies])
        signalled = pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *flags[name]])
        signalled = signalled.filter(~pl.col("ligne").is_in(copies["ligne"].implode()))
        result.files[name], kept = lake.write_accepted(
            home, contract.id, entity, manifest.delivery_id, spool.chunks(without=copies["ligne"])
        )
        for kind, rows in (("rejects", rejected), ("signalements", signalled)):
            result.files[kind] += lake.write_findings(home, kind, contract.id, name, manifest.delivery_id, rows)
        counts = {"lues": read[name], "acceptees": kept, "rejetees": rejected["ligne"].n_unique()}
        result.entities[name] = counts
        result.lues += counts["lues"]
        result.acceptees += counts["acceptees"]
        result.rejetees += counts["rejetees"]
        result.signalements += signalled.height
    years = {int(part.removeprefix("millesime=")) for n in spools for f in result.files[n] for part in Path(f).parts
             if part.startswith("millesime=")}  # fmt: skip
    result.millesimes = sorted(years)
    if not result.balances:
        raise RuntimeError(f"{manifest.delivery_id} : lignes lues ≠ acceptées + rejetées ({result.entities})")
    lake.write_result(home, result)
    return result


Findings = dict[str, list[pl.DataFrame]]


def _validated(
    path: Path, contract: Contract, layout: Layout, facts: DeliveryFacts, spools: dict[str, Spool]
) -> tuple[Findings, Findings, dict[str, int]]:
    """Reads the whole file: accepted rows go to the spools; returns rejects, signalements and rows read, by entity."""
    rejects: Findings = {name: [] for name in layout.entities}
    flags: Findings = {name: [] for name in layout.entities}
    read = dict.fromkeys(layout.entities, 0)
    for table in pendant("lecture", readers.read(path, layout, list(layout.entities))):
        entity = contract.entity(table.entity)
        _refuse_unknown_columns(table.frame, contract, layout, entity)
        checked = validate_chunk(table.frame, contract, layout, entity, facts)
        read[table.entity] += table.frame.height
        spools[table.entity].add(checked.accepted)
        rejects[table.entity].append(checked.rejects)
        flags[table.entity].append(checked.flags)
    if not sum(read.values()):
        raise Refused("Le fichier ne contient aucune ligne. Le renvoyer complet, ou dire qu'il n'y a rien à déclarer.")
    return rejects, flags, read


def _refuse_unknown_columns(frame: pl.DataFrame, contract: Contract, layout: Layout, entity: Entity) -> None:
    """A path that appears deep in a JSON or XML file is seen only when reading: the header is checked again here."""
    carried = contract.fields_in(layout, entity)
    if any(isinstance(column, int) for column in carried.values()):
        return
    known = {title_key(str(c)) for c in carried.values()} | {
        title_key(a) for f in entity.fields if f.name in carried for a in f.aliases
    }
    unknown = [c for c in frame.columns if c not in TECHNICAL and title_key(c) not in known]
    if unknown:
        raise Refused(
            f"{contract.name} ({layout.code}), table {entity.name} : colonnes que le contrat ne connaît pas : "
            + ", ".join(unknown)
            + ". Remède : les déclarer dans le contrat, puis renvoyer ou relancer."
        )


@etape("chargement")
def load_warehouse(home: Home) -> None:
    """(Re)creates the `raw` schema of the warehouse from the lake; idempotent."""
    lake.load(home, model.load_contracts())


def inputs_fingerprint(home: Home) -> str:
    """What a publication depends on: processed deliveries, refusals, declarations, and the SQL of the project."""
    hasher = hashlib.sha256()
    for manifest in landing.manifests(home):
        hasher.update(f"{manifest.delivery_id} {manifest.received_at}\n".encode())
    for result in lake.results(home):
        hasher.update(f"{result.delivery_id} {result.digest} {result.statut}\n".encode())
    for refusal in landing.refusals(home):
        hasher.update(f"{refusal['sha256']} {refusal['received_at']}\n".encode())
    hasher.update(declarations_digest().encode())
    return hasher.hexdigest()


def declarations_digest() -> str:
    """Changes with what the layer is built with, whatever was delivered: contracts, dictionary, code lists, SQL."""
    hasher = hashlib.sha256()
    folders = (DICTIONARY, model.PRODUCTS, model.SOURCES, PROJECT / "data_contracts" / "nomenclatures")
    declared = [path for folder in folders for path in folder.glob("*.*")]
    sql = [p for folder in ("models", "macros", "seeds") for p in (PROJECT / "dbt_project" / folder).rglob("*.*")]
    for path in sorted({*declared, *sql, PROJECT / "dbt_project" / "dbt_project.yml"}):
        if path.is_file() and "__pycache__" not in path.parts:
            hasher.update(f"{path.relative_to(PROJECT)} {landing.sha256_of(path)}\n".encode())
    return hasher.hexdigest()
