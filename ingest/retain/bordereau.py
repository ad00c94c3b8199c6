"""The list of what may go at a date: made from the warehouse, written in the home, submitted to an approval.

Belongs here: making, writing and reading a list, and recording its approval. Does not belong here: eliminating
(`elimination`), the durations (`data_contracts.retention`).

    conservation/bordereaux/<number>.csv    one line a person and class, to be read and signed
    conservation/bordereaux/<number>.json   the same list, the rows it stands for, and the SHA-256 of the CSV

The number comes from what is listed: listing the same thing again gives the same list.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from data_contracts import loading
from data_contracts.retention import DELIVERIES, Conservation
from ingest import clock, owner_only, pipeline
from ingest.home import Home
from ingest.receive import landing
from ingest.retain import inventory, register
from ingest.retain.due_dates import due_dates
from ingest.retain.exclusions import in_ranges
from ingest.retain.inventory import Inventory
from ingest.store import lake
from ingest.store.lake import Result

HEADER = (
    "Établissement (FINESS)", "Personne (pseudonyme)", "Classe", "Dernier contact", "Éliminable depuis le", "Règle",
    "Source juridique", "Sort final", "Collectes", "Lignes", "Livraisons",
)  # fmt: skip


class NotApplicable(RuntimeError):
    """What is asked cannot be done; the message says why, and the remedy. Nothing was eliminated."""


class WrongList(ValueError):
    """No such list, or not one that can be approved like this."""


@dataclass(frozen=True)
class Kept:
    """A delivery whose bytes stay, and why."""

    delivery_id: str
    rows: int
    reason: str


@dataclass(frozen=True)
class Due:
    """What may go at a date.

    persons: finess_et, personne, classe, debut, fin, and counts. contacts: the last contact of those of whom something
    stays, to be noted before the rows that tell it go. kept: why others stay -> their number, class by class.
    """

    on: date
    persons: pl.DataFrame
    contacts: pl.DataFrame
    lines: dict[tuple[str, str, str], list[int]]
    destroyed: list[str]
    staying: list[Kept]
    kept: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(map(len, self.lines.values()))

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.destroyed


def due(home: Home, rules: Conservation, on: date) -> Due:
    """What may go on that day, from everything delivered so far. The caller holds the home's lock.

    Raises:
        NotApplicable: deliveries about persons wait to be processed: they may tell of a later contact.
    """
    contracts = loading.load_contracts()
    waiting = [m for m in pipeline.pending(home) if contracts[m.source].personal]
    if waiting:
        raise NotApplicable(
            f"{len(waiting)} livraison(s) sur des personnes attendent d'être traitées : elles peuvent dire un contact "
            "plus récent. Remède : dlnuf run, puis relancer."
        )
    pipeline.load_warehouse(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found = inventory.inventory(connection, rules, _noted(home))
        ends = due_dates(found.contacts, found.parts, rules, _suspensions(home, rules, connection), on)
        gone = ends.filter(pl.col("fin") <= on)
        lines = inventory.lines(connection, rules, gone)
    destroyed, staying = _deliveries(home, rules, found, gone, on)
    kept = Counter(ends.filter(pl.col("raison").is_not_null())["raison"].to_list())
    return Due(on, _counted(gone, found), _to_note(home, found, ends, gone), lines, destroyed, staying, dict(kept))


def _suspensions(home: Home, rules: Conservation, connection: duckdb.DuckDBPyConnection) -> list[register.Suspension]:
    """The suspensions, of the persons of today: a usager may have been found to be another one since.

    Raises:
        NotApplicable: one names a pseudonym of a secret that was renewed: nobody knows any more whom it protects.
    """
    secrets = {r.pseudonymes for r in lake.results(home) if r.pseudonymes and r.statut == lake.ACCEPTED}
    found: list[register.Suspension] = []
    for held in register.suspensions(home):
        if held.person == register.ALL_PERSONS:
            found.append(held)
            continue
        if held.until is None and held.pseudonyms and secrets and held.pseudonyms not in secrets:
            raise NotApplicable(
                f"La suspension « {held.reference} » désigne une personne par un pseudonyme renouvelé depuis : rien "
                "n'est listé ni éliminé. Remède : la lever, puis suspendre de nouveau avec le n° de dossier."
            )
        person = inventory.person_of(connection, rules, held.finess_et, held.person)
        found.append(replace(held, person=person or held.person))
    return found


def _to_note(home: Home, found: Inventory, ends: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """The last contact of the persons of whom rows went, or are about to go, and of whom something stays."""
    person = ("finess_et", "personne")
    staying = ends.join(gone, on=(*person, "classe"), how="anti").select(person).unique()
    concerned = pl.concat([gone.select(person), _noted(home).select(person)]).unique()
    rows = found.contacts.join(staying, on=person, how="semi").join(concerned, on=person, how="semi")
    return rows.select(*person, "dernier_contact").drop_nulls().sort(person)


def note(home: Home, contacts: pl.DataFrame) -> None:
    """Keeps these last contacts, and no other: pseudonyms of usagers and dates, readable by this account alone."""
    content = io.BytesIO()
    contacts.write_parquet(content)
    owner_only.write(_contacts_path(home), content.getvalue())


def _noted(home: Home) -> pl.DataFrame:
    path = _contacts_path(home)
    schema = {"finess_et": pl.String, "personne": pl.String, "dernier_contact": pl.Date}
    return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=schema)


def _contacts_path(home: Home) -> Path:
    return home.root / "conservation" / "derniers_contacts.parquet"


def _counted(gone: pl.DataFrame, found: Inventory) -> pl.DataFrame:
    """The persons and classes that may go, with the collections, rows and deliveries that they stand for."""
    counts = found.parts.group_by("finess_et", "personne", "classe").agg(
        pl.col("source").unique().sort().str.join(", ").alias("collectes"),
        pl.col("n_lignes").sum(),
        pl.col("delivery_id").n_unique().alias("n_livraisons"),
    )
    return (
        gone.drop("raison").join(counts, on=("finess_et", "personne", "classe")).sort("finess_et", "personne", "classe")
    )


def _deliveries(
    home: Home, rules: Conservation, found: Inventory, gone: pl.DataFrame, on: date
) -> tuple[list[str], list[Kept]]:
    """Deliveries about persons whose bytes may go, and those whose bytes stay though some of their rows go."""
    contracts = loading.load_contracts()
    key = ("finess_et", "personne", "classe")
    parts = found.parts.join(gone.select(*key).with_columns(due=pl.lit(True)), on=key, how="left")
    counts = {
        delivery: (rows, going)
        for delivery, rows, going in parts.group_by("delivery_id")
        .agg(pl.col("n_lignes").sum(), pl.col("n_lignes").filter(pl.col("due").fill_null(False)).sum().alias("going"))
        .iter_rows()
    }
    results = {r.delivery_id: r for r in lake.results(home)}
    by_bytes: dict[str, list[landing.Manifest]] = {}
    for manifest in landing.manifests(home):
        if manifest.source in contracts and contracts[manifest.source].personal:
            by_bytes.setdefault(manifest.digest, []).append(manifest)
    destroyed: list[str] = []
    staying: list[Kept] = []
    for same in by_bytes.values():
        alive = [m for m in same if (r := results.get(m.delivery_id)) is None or r.detruite_le is None]
        reasons = [_why_bytes_stay(m, results.get(m.delivery_id), counts, rules, on) for m in alive]
        for manifest, (left, reason) in zip(alive, reasons, strict=True):
            if not any(text for _, text in reasons):
                destroyed.append(manifest.delivery_id)
            elif counts.get(manifest.delivery_id, (0, 0))[1]:
                staying.append(Kept(manifest.delivery_id, left, reason or "mêmes octets qu'une livraison conservée"))
    return sorted(destroyed), sorted(staying, key=lambda k: k.delivery_id)


def _why_bytes_stay(
    manifest: landing.Manifest,
    result: Result | None,
    counts: Mapping[str, tuple[int, int]],
    rules: Conservation,
    on: date,
) -> tuple[int, str | None]:
    """Rows that stay in the lake, and why the bytes do; None: they may go."""
    rows, going = counts.get(manifest.delivery_id, (0, 0))
    if rows > going:
        return rows - going, "d'autres personnes ou d'autres classes y sont encore conservées"
    if result is None or result.statut != lake.ACCEPTED or result.rejetees or not rows:
        since = pl.Series([manifest.received_on]).dt.offset_by(rules.rules[DELIVERIES].active.offset)[0]
        if since > on:
            return 0, f"des lignes rejetées ou refusées n'ont pas de personne connue : jusqu'au {since:%d/%m/%Y}"
    return 0, None


def write(home: Home, rules: Conservation, found: Due, *, now: datetime) -> str:
    """Writes the list and registers it; returns its number. The same list is written once."""
    table = _csv(rules, found)
    digests = {r.delivery_id: r.digest for r in lake.results(home)}
    rows: dict[str, Any] = {}
    for (source, entity, delivery), numbers in sorted(found.lines.items()):
        of_delivery = rows.setdefault(delivery, {"source": source, "empreinte": digests.get(delivery), "tables": {}})
        of_delivery["tables"][entity] = in_ranges(numbers)
    content = {
        "au": found.on.isoformat(),
        "regles": rules.version,
        "csv_sha256": hashlib.sha256(table).hexdigest(),
        "totaux": {
            "personnes_et_classes": found.persons.height,
            "personnes": found.persons.select("finess_et", "personne").n_unique(),
            "lignes": found.rows,
            "livraisons_a_detruire": len(found.destroyed),
        },
        "non_eliminables": found.kept,
        "livraisons_a_detruire": found.destroyed,
        "livraisons_conservees": [vars(kept) for kept in found.staying],
        "lignes": rows,
    }
    number = f"{found.on:%Y%m%d}-{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]}"
    document = json.dumps({"bordereau": number, **content}, ensure_ascii=False, indent=1, sort_keys=True).encode()
    owner_only.write(path_of(home, number).with_suffix(".csv"), table)
    owner_only.write(path_of(home, number), document)
    if not register.events(home, register.ISSUED, number):
        sha256 = hashlib.sha256(document).hexdigest()
        register.append(
            home,
            {"evenement": register.ISSUED, "bordereau": number, "sha256": sha256, **content["totaux"]},
            now,
        )
    return number


def _csv(rules: Conservation, found: Due) -> bytes:
    lines = [
        (
            row["finess_et"],
            row["personne"],
            row["classe"],
            _day(row["debut"]),
            _day(row["fin"]),
            rules.rules[row["classe"]].text,
            " ; ".join(map(str, rules.rules[row["classe"]].sources)),
            rules.rules[row["classe"]].fate,
            row["collectes"],
            row["n_lignes"],
            row["n_livraisons"],
        )
        for row in found.persons.iter_rows(named=True)
    ]
    return owner_only.table(HEADER, lines)


def _day(value: date | None) -> str:
    return value.strftime("%d/%m/%Y") if value else ""


def folder(home: Home) -> Path:
    return home.root / "conservation" / "bordereaux"


def path_of(home: Home, number: str) -> Path:
    return folder(home) / f"{number}.json"


def number_of(home: Home, named: str) -> str:
    """The number of a list that was issued here, given by its number or one of its files.

    Raises:
        WrongList: there is no such list.
    """
    number = Path(named).name.removesuffix(".json").removesuffix(".csv")
    if not register.events(home, register.ISSUED, number):
        known = ", ".join(e["bordereau"] for e in register.events(home, register.ISSUED)) or "aucun"
        raise WrongList(f"Bordereau inconnu : « {number} ». Bordereaux émis ici : {known}.")
    return number


def read(home: Home, number: str) -> tuple[dict[str, Any], str]:
    """A list that did not change since it was issued, and its SHA-256.

    Raises:
        NotApplicable: one of its two files changed, or is not there.
    """
    issued = register.events(home, register.ISSUED, number)[0]["sha256"]
    path = path_of(home, number)
    remedy = f"Remède : relister avec « dlnuf retention list », et faire approuver le nouveau bordereau ({number})."
    try:
        document, table = path.read_bytes(), path.with_suffix(".csv").read_bytes()
    except OSError as error:
        raise NotApplicable(f"Bordereau illisible : {path}. Rien n'est éliminé. {remedy}") from error
    content = json.loads(document) if hashlib.sha256(document).hexdigest() == issued else {}
    if content.get("csv_sha256") != hashlib.sha256(table).hexdigest():
        raise NotApplicable(f"Le bordereau {number} a changé depuis son émission : rien n'est éliminé. {remedy}")
    return content, issued


def approve(home: Home, named: str, *, visa: str, by: str, on: date, now: datetime) -> str:
    """Records that a list was approved: by whom (a function, not a name), under which reference, when.

    Raises:
        WrongList: unknown, approved already, or an approval without reference, function or possible date.
        NotApplicable: the list changed since it was issued.
    """
    number = number_of(home, named)
    _, sha256 = read(home, number)
    issued_on = clock.day_written(register.events(home, register.ISSUED, number)[0]["le"])
    for before in register.events(home, register.APPROVED, number):
        raise WrongList(f"Le bordereau {number} est déjà approuvé (visa {before['visa']}, le {before['date']}).")
    problems = [
        text
        for wrong, text in (
            (not visa.strip(), "--visa : la référence de l'approbation est vide"),
            (not by.strip(), "--by : la fonction de la personne qui approuve est vide"),
            (on > clock.day(now), f"--on : {on:%d/%m/%Y} est dans le futur"),
            (on < issued_on, f"--on : {on:%d/%m/%Y} est avant l'émission du bordereau ({issued_on:%d/%m/%Y})"),
        )
        if wrong
    ]
    if problems:
        raise WrongList("Approbation refusée. " + " ; ".join(problems) + ".")
    event = {
        "evenement": register.APPROVED, "bordereau": number, "sha256": sha256, "visa": visa.strip(), "par": by.strip(),
        "date": on.isoformat(),
    }  # fmt: skip
    register.append(home, event, now)
    return number
