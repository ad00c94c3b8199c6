"""From received deliveries to accepted and rejected rows in Parquet: processes what is new, loads the warehouse.

Belongs here: which deliveries wait, the order of the steps, and what is kept when one fails. Does not belong here:
receiving files (`ingest.receive`), any rule about data (`judging`, `ingest.validate`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from data_contracts import limits, loading
from data_contracts.loading import Contract
from data_contracts.person_entities import person_entities
from ingest import remains, returned_forms
from ingest.fingerprint import digest
from ingest.guard import guarded, shortages
from ingest.guard.guarded import Stopped, Work
from ingest.home import Home
from ingest.judging import as_received, judge
from ingest.protect import encryption, keyrings, masks
from ingest.protect.keyrings import Keyring, KeyringProblem
from ingest.read import UnreadableFile
from ingest.read.frames import OverLimit
from ingest.read.opening import LostKey
from ingest.receive import landing
from ingest.receive.landing import Manifest
from ingest.receive.refusals import DeliveryRefused, without_content
from ingest.retain import exclusions
from ingest.stages import stage
from ingest.store import lake
from ingest.store.lake import Result

NO_KEY = "sans-cle"  # digest of a result that only waits for its key
Progress = Callable[[str, int, int], None]  # what is being done, done so far, total


def pending(home: Home, *, source: str | None = None, millesime: int | None = None) -> list[Manifest]:
    """Deliveries that were not processed, or were under other declarations, or are damaged in the lake, or whose files
    have no seal (an earlier version wrote them), in the order of reception.

    When a year is asked for, the register of oppositions is included all the same: an opposition holds for every year.
    So is what is damaged, without which no year can be loaded.
    """
    contracts = loading.load_contracts()
    keyring = keyrings.if_any(home)
    done = {r.delivery_id: r for r in lake.results(home)}
    damaged = lake.damage(home)
    digests: dict[str, str] = {}

    def waits(manifest: Manifest) -> bool:
        contract, result = contracts[manifest.source], done.get(manifest.delivery_id)
        if result is None:
            return True
        if result.detruite_le:
            return False
        if manifest.delivery_id in damaged:
            return True
        if result.digest == NO_KEY:
            return keyring is not None and _has_key(home, manifest, keyring)
        if contract.personal and keyring is None:
            return False  # what was made while the key was there stays, until it is back
        if result.named and not result.sceaux and not exclusions.batches(home, result.delivery_id):
            return True  # without its exclusions: an elimination that was interrupted leaves files without seal too
        if contract.id not in digests:
            digests[contract.id] = digest(contract, keyring)
        return result.digest != digests[contract.id] or result.limites not in (None, limits.in_force())

    registers = {register.contract.id for register in person_entities(contracts, "register")}
    return [
        m
        for m in landing.manifests(home)
        if m.source in contracts
        and (source is None or m.source == source)
        and (millesime is None or m.millesime in (None, millesime) or m.source in registers or m.delivery_id in damaged)
        and waits(m)
    ]


def damaged(home: Home, *, source: str | None = None) -> list[str]:
    """What the lake holds damaged, in French, a sentence a delivery: the next reading makes it again."""
    found = lake.damage(home)
    if not found:
        return []
    contracts = loading.load_contracts()
    gone = {r.delivery_id for r in lake.results(home) if r.detruite_le}
    return [
        f"{m.filename} ({m.source}) est abîmé dans le lac ({found[m.delivery_id]}) : relu depuis ce qui a été reçu."
        for m in landing.manifests(home)
        if m.delivery_id in found
        and m.delivery_id not in gone
        and m.source in contracts
        and (source is None or m.source == source)
    ]


def _has_key(home: Home, manifest: Manifest, keyring: Keyring) -> bool:
    try:
        needed = encryption.header_of(landing.bytes_of(home, manifest)).fingerprint
    except (encryption.Damaged, OSError):
        return True  # processing it will say what is wrong with it
    return keyring.with_fingerprint(needed) is not None


def process_pending(
    home: Home, *, source: str | None = None, millesime: int | None = None, progress: Progress | None = None
) -> list[Result]:
    """Reads and validates what is new; every delivery ends accepted (with its rejected rows) or refused as a whole.

    Each is read by a process apart (`guarded`). One that killed it is refused, and the others go on. When there is much
    to read, several deliveries are read at once. The results are the same.
    """
    contracts = loading.load_contracts()
    _seal_what_stays(home)
    todo = pending(home, source=source, millesime=millesime)
    processed: list[Result] = []
    shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    remains.sweep(home.lake)
    for spoilt in lake.damage(home).keys() & {m.delivery_id for m in todo}:
        lake.forget_result(home, spoilt)
    keyring = keyrings.if_any(home)
    digests = {m.source: digest(contracts[m.source], keyring) for m in todo}  # found here once, not in each process
    work = Work(_one, contracts, Result, lambda delivery: delivery[1].size)
    together = guarded.processes([manifest.size for manifest in todo])
    with closing(guarded.each(work, [(home, m, digests[m.source]) for m in todo], together)) as results:
        for done, manifest in enumerate(todo):
            if progress:
                progress(manifest.filename, done, len(todo))
            result = next(results)
            if isinstance(result, Stopped):
                result = _quarantined(home, manifest, digests[manifest.source], result)
            processed.append(result)
    shutil.rmtree(lake.spool_folder(home), ignore_errors=True)
    return processed


def _seal_what_stays(home: Home) -> None:
    """Seals, as they stand, the files of an earlier version that nothing can make again."""
    for result in lake.results(home):
        if result.detruite_le and result.named - result.sceaux.keys():
            with suppress(FileNotFoundError):  # an absent one is told by `lake.damage`
                lake.seal(home, result)
                lake.write_result(home, result)


def _one(contracts: dict[str, Contract], delivery: tuple[Home, Manifest, str]) -> Result:
    home, manifest, depends_on = delivery
    try:
        return _process_or_refuse(home, manifest, contracts[manifest.source], depends_on)
    finally:
        shutil.rmtree(lake.spool_folder(home) / manifest.delivery_id, ignore_errors=True)


def _quarantined(home: Home, manifest: Manifest, depends_on: str, stopped: Stopped) -> Result:
    """Refuses a delivery that killed its reader, until somebody asks or until the software or a limit changes."""
    reason = stopped.reason(manifest.filename)
    result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=depends_on)
    result.quarantaine, result.limites = stopped.cause, limits.in_force()
    lake.drop_unfinished(home, manifest.delivery_id)
    lake.write_result(home, result)
    return result


def ask_again(home: Home) -> list[Manifest]:
    """Forgets what became of the deliveries in quarantine, so that they wait to be read again."""
    stopped = {result.delivery_id for result in lake.results(home) if result.quarantaine}
    for delivery in stopped:
        lake.forget_result(home, delivery)
    return [manifest for manifest in landing.manifests(home) if manifest.delivery_id in stopped]


def forget(home: Home, delivery: str | None = None) -> list[Manifest]:
    """Forgets what was made of a delivery, or of all of them, so that they wait to be read again.

    What could not be read again stays: its bytes were destroyed, or its key is not there. So do, unless they are named,
    those in quarantine, which would stop their reader again.
    """
    done = {result.delivery_id: result for result in lake.results(home)}
    keyring, contracts = keyrings.if_any(home), loading.load_contracts()

    def readable(manifest: Manifest) -> bool:
        result = done.get(manifest.delivery_id)
        if manifest.source not in contracts or not landing.bytes_of(home, manifest).exists():
            return False
        if result and result.detruite_le:
            return False
        if delivery is None and result and result.quarantaine:
            return False
        return manifest.cle is None or (keyring is not None and _has_key(home, manifest, keyring))

    forgotten = [m for m in landing.manifests(home) if delivery in (None, m.delivery_id) and readable(m)]
    for manifest in forgotten:
        lake.forget_result(home, manifest.delivery_id)
    return forgotten


def _process_or_refuse(home: Home, manifest: Manifest, contract: Contract, depends_on: str) -> Result:
    """Processes one delivery, which never stops the others: an unforeseen error refuses it until the code changes."""
    try:
        return process(home, manifest, contract, depends_on)
    except MemoryError:  # of the process, which is over: its parent says so
        raise
    except Exception as error:  # reported: the delivery is refused with this reason, and the others go on
        if shortages.cause(error) is not None:
            raise
        reason = f"Erreur inattendue à la lecture, à signaler aux mainteneurs : {type(error).__name__} : {error}"
        if contract.personal:
            reason = masks.unexpected(error)
        result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=depends_on)
        lake.write_result(home, result)
        return result


@stage("validation")
def process(home: Home, manifest: Manifest, contract: Contract, depends_on: str) -> Result:
    """Reads and validates one delivery, writes its Parquet, then its result. Running it again gives the same files.

    depends_on: digest of what the result depends on besides the bytes.

    Rows about persons are protected as soon as they are validated: no later step sees a name.
    """
    keyring: Keyring | None = None
    if contract.personal:
        try:
            keyring = keyrings.load(home)
        except KeyringProblem as problem:
            return _without_key(home, manifest, str(problem), None)
    result = Result(manifest.delivery_id, manifest.source, lake.ACCEPTED, digest=depends_on)
    result.pseudonymes = keyring.pseudonyms.fingerprint if keyring else None
    read_as = as_received(manifest, contract)
    if read_as is None:
        result.statut = lake.REFUSED
        result.motif = (
            f"La forme « {manifest.layout} », sous laquelle ce fichier a été reçu, n'est plus déclarée par le contrat "
            f"« {contract.id} ». Remède : si elle a changé de nom, l'ancien se déclare dans la forme qui l'a remplacée "
            f"(formerly: [{manifest.layout}])."
        )
        lake.write_result(home, result)
        return result
    layout, facts = read_as
    folder = lake.spool_folder(home) / manifest.delivery_id
    path = landing.bytes_of(home, manifest)
    if not path.exists():
        result.statut = lake.REFUSED
        result.motif = (
            f"Ce qui a été reçu de « {manifest.filename} » n'est plus là (détruit au terme de sa conservation, ou "
            "perdu) : rien ne peut en être relu. Remède : le livrer de nouveau, s'il doit encore l'être."
        )
        lake.write_result(home, result)
        return result
    try:
        form = returned_forms.state_of(path, returned_forms.key(home)) if manifest.formulaire else None
        judged = judge(path, contract, layout, facts, folder, keyring, form)
    except LostKey as lost:
        return _without_key(home, manifest, str(lost).replace(path.name, manifest.filename), keyring)
    except returned_forms.WrongForm as wrong:
        result.statut, result.motif = lake.REFUSED, f"Fichier « {manifest.filename} » : {wrong}"
        lake.write_result(home, result)
        return result
    except (DeliveryRefused, UnreadableFile) as refusal:
        if shortages.cause(refusal) is not None:
            raise
        reason = str(refusal)
        if isinstance(refusal, OverLimit):  # it quotes nothing of the file
            reason = reason.replace(path.name, manifest.filename)
        elif contract.personal:
            reason = without_content(reason, path, manifest.filename, [contract])
        result.statut, result.motif = lake.REFUSED, reason
        result.limites = limits.in_force() if isinstance(refusal, OverLimit) else None
        lake.write_result(home, result)
        return result
    result.absentes = judged.absent
    result.files = {"rejects": [], "signalements": [], "retours": []}
    for name, table in judged.tables.items():
        entity = contract.entity(name)
        result.files[name], kept = lake.write_accepted(
            home, contract.id, entity.stored, manifest.delivery_id, table.accepted
        )
        for kind, rows in (("rejects", table.rejects), ("signalements", table.flags), ("retours", table.returned)):
            result.files[kind] += lake.write_findings(home, kind, contract.id, name, manifest.delivery_id, rows)
        counts = {"lues": table.read, "acceptees": kept, "rejetees": table.rejects["ligne"].n_unique()}
        result.entities[name] = counts
        result.lues += counts["lues"]
        result.acceptees += counts["acceptees"]
        result.rejetees += counts["rejetees"]
        result.signalements += table.flags.height
    parts = {part for name in judged.tables for file in result.files[name] for part in Path(file).parts}
    years = {int(part.removeprefix("millesime=")) for part in parts if part.startswith("millesime=")}
    result.millesimes = sorted(years)
    if not result.balances:
        raise RuntimeError(f"{manifest.delivery_id} : lignes lues ≠ acceptées + rejetées ({result.entities})")
    exclusions.keep_out(home, result)
    lake.seal(home, result)
    lake.write_result(home, result)
    return result


def _without_key(home: Home, manifest: Manifest, reason: str, keyring: Keyring | None) -> Result:
    """Refuses a delivery whose key is not there; it is read again once the key is back.

    Rows that it gave before stay in the lake, unless the secret that made their pseudonyms was renewed since.
    """
    result = Result(manifest.delivery_id, manifest.source, lake.REFUSED, reason, digest=NO_KEY)
    before = next((r for r in lake.results(home) if r.delivery_id == manifest.delivery_id), None)
    usable = before is not None and before.statut == lake.ACCEPTED
    if before is None or not usable or (keyring and before.pseudonymes != keyring.pseudonyms.fingerprint):
        lake.write_result(home, result)
    return result


@stage("chargement")
def load_warehouse(home: Home) -> None:
    """(Re)creates the `raw` schema of the warehouse from the lake; idempotent."""
    lake.load(home, loading.load_contracts())
