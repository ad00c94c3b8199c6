"""What an ESMS takes with it when it changes software: one TDDUI bundle of all its deliveries hold, and what it lacks.

Belongs here: which rows are taken, the two files, their trace. Does not belong here: the bundle (`tddui_bundle`), the
command.

Everybody is in it. An opposition to steering or to matching says nothing of the person's own file, which the ESMS must
keep and take along (docs/restitution.md); what was eliminated is not read again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from data_contracts.loading import Contract, load_contracts
from data_contracts.statuses import every_state
from ingest import clock
from ingest.home import Home
from ingest.judging import as_received
from ingest.read.fhir import tddui_terms
from ingest.receive import landing
from orchestration.restitution import identities, named_files, tddui_bundle, warehouse
from orchestration.restitution.named_files import Written
from orchestration.restitution.tddui_bundle import Content

KIND, SOURCE, LAYOUT = "tddui", "dui", "fhir"
HEADER = ("Classe", "Constat", "Élément du guide ou champ", "Lignes concernées", "Lignes de la classe", "À savoir")
# What is found of a class, the most urgent first.
TO_COMPLETE, NOT_CARRIED, EMPTY = "à compléter", "absent du fichier du produit", "non renseigné"
NO_CLASS, BEYOND, LEFT = "classe non livrée", "sans place dans le guide", "non porté"
CROWDED = "plusieurs droits dans une décision"
MISSHAPEN = "identifiant hors de la forme du guide"
_CLASSES = {  # class of the guide -> its table, and its nature when the table holds several
    "usager": "usagers", "sejour": "sejours", "evenement": "evenements", "presence": "presences_absences",
    "evaluation": "evaluations", "projet": "projets", "bilan": "bilans", "decision": "decisions",
    "demande_orientation": "decisions (demande d'orientation)", "transport": "transports", "accord": "accords",
    **{kind: f"projet_elements ({kind})" for kind in tddui_terms.NATURES.values()},
}  # fmt: skip
_KNOW = {
    TO_COMPLETE: (
        "Élément obligatoire qu'aucune ligne ne donne : déclaré absent, jamais inventé. À saisir dans le nouveau DUI."
    ),
    NOT_CARRIED: "Le guide a une place pour ce champ ; l'export du produit ne l'a pas. À demander à l'éditeur sortant.",
    EMPTY: "Le guide a une place pour ce champ ; il est vide dans la source.",
    NO_CLASS: "Aucune livraison n'en dit rien. À demander à l'éditeur sortant si le produit en tient.",
    BEYOND: (
        "Porté par une extension de ce projet : relu ici, ignoré ailleurs. À ressaisir, ou à convenir entre éditeurs."
    ),
    LEFT: "N'est pas dans le fichier.",
    CROWDED: "Écrits ensemble, comme jusqu'à la version 2.3 du guide ; la version 2.4 n'en veut qu'un par décision.",
    MISSHAPEN: "Le numéro local est gardé tel que le produit l'a donné : un contrôle strict du guide le signalera.",
}


class Finding(NamedTuple):
    """One line of the report: counts, nobody. rows: concerned; of: in the class."""

    classe: str
    constat: str
    what: str
    rows: int
    of: int


@dataclass(frozen=True)
class Transfer:
    """What was prepared. rows: by table; entries: resources of the bundle; findings: the lines of the report."""

    finess: str
    stated_on: date | None
    rows: dict[str, int]
    entries: int
    findings: list[Finding]
    files: list[Written] = field(default_factory=list)


def prepare(home: Home, finess: str, *, now: datetime, out: Path | None = None) -> Transfer:
    """The bundle of an ESMS and its report. out: where to write; None: only counted. The caller holds the lock.

    Raises:
        WrongFolder: the folder cannot receive names; nothing was read.
        NoNames, Unreadable: the deliveries cannot be read.
        NotReady: no delivery of the DUI of this ESMS is in the warehouse.
    """
    folder = named_files.folder(out, home) if out else None
    contract = load_contracts()[SOURCE]
    known, frames = held(home, finess)
    label = f"{known.exporte_le or clock.day(now)}_{finess}"
    path = folder / f"tddui_{label}.json" if folder else None
    content = tddui_bundle.write(path, frames, finess, known.nom, now)
    findings = list(_findings(home, contract, frames, content))
    outcome = Transfer(finess, known.exporte_le, dict(content.rows), content.entries.total(), findings)
    if folder is None or path is None:
        return outcome
    outcome.files.append(Written(path, outcome.entries, content.sha256))
    report = [(*map(str, finding), _KNOW[finding.constat]) for finding in findings]
    outcome.files.append(named_files.table(folder / f"a_completer_tddui_{label}.csv", HEADER, report))
    named_files.trace(home, finess, KIND, outcome.files, now, guide=tddui_terms.GUIDE_VERSION)
    return outcome


def held(home: Home, finess: str) -> tuple[warehouse.Known, dict[str, pl.DataFrame]]:
    """What the deliveries of an ESMS hold: table -> its rows in force, typed and in clear, with the delivery of each.

    A statement that is cancelled, or refused, is the last word on its key: it is taken along.

    Raises:
        NoNames, Unreadable, NotReady: as `prepare`.
    """
    tables = load_contracts()[SOURCE].layout(LAYOUT).tables
    with warehouse.opened(home) as connection:
        known = warehouse.in_force(connection, finess, {SOURCE: tuple(tables)}, states=every_state())
    lines = {table: known.rows.get((SOURCE, table), set()) for table in tables}
    wanted: dict[str, list[str]] = defaultdict(list)
    for table, found in lines.items():
        for delivery in sorted({delivery for delivery, _ in found}):
            wanted[delivery].append(table)
    in_force = {
        table: pl.DataFrame(list(found), schema={"delivery_id": pl.String, "_ligne": pl.Int64}, orient="row")
        for table, found in lines.items()
    }
    chunks: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for table, rows in identities.clear_rows(home, SOURCE, wanted, finess):
        kept = rows.join(in_force[table], on=["delivery_id", "_ligne"], how="semi")
        names = [f.name for f in load_contracts()[SOURCE].entity(table).fields]
        chunks[table].append(kept.select(*names, "delivery_id"))
    return known, {table: pl.concat(found).rechunk() for table, found in chunks.items()}


# ---------------------------------------------------------------- the report


def _findings(
    home: Home, contract: Contract, frames: Mapping[str, pl.DataFrame], content: Content
) -> Iterator[Finding]:
    for (kind, element), rows in sorted(content.absent.items()):
        yield Finding(_CLASSES[kind], TO_COMPLETE, element, rows, content.entries[kind])
    for kind, rows in sorted(content.misshapen.items()):
        if rows:
            yield Finding(_CLASSES[kind], MISSHAPEN, "identifier.value", rows, content.entries[kind])
    if content.crowded:
        yield Finding("decisions", CROWDED, "droitPrestation", content.crowded, content.entries["decision"])
    yield from _not_given(home, contract, frames)
    for (table, name), rows in sorted(content.beyond.items()):
        yield Finding(table, BEYOND, f"{name} ({contract.entity(table).field(name).title})", rows, content.rows[table])
    for (table, reason), rows in sorted(content.left.items()):
        yield Finding(table, LEFT, reason, rows, content.rows[table] + rows)


def _not_given(home: Home, contract: Contract, frames: Mapping[str, pl.DataFrame]) -> Iterator[Finding]:
    """What the guide has a place for and the rows do not give: the product has no column for it, or left it empty."""
    received = [m for m in landing.manifests(home) if m.source == SOURCE]
    layouts = {m.delivery_id: read_as[0] for m in received if (read_as := as_received(m, contract))}
    for table, names in contract.layout(LAYOUT).tables.items():
        frame, entity = frames.get(table, pl.DataFrame()), contract.entity(table)
        if not frame.height:
            yield Finding(table, NO_CLASS, entity.description, 0, 0)
            continue
        counts = frame.group_by("delivery_id").agg(pl.len(), *(pl.col(n).null_count().alias(f"~{n}") for n in names))
        silent, empty = Counter[str](), Counter[str]()
        for row in counts.iter_rows(named=True):
            carried = contract.fields_in(layouts[row["delivery_id"]], entity)
            for name in names:
                (empty if name in carried else silent)[name] += row[f"~{name}"]
        for constat, found in ((NOT_CARRIED, silent), (EMPTY, empty)):
            for name in names:
                if found[name] and not entity.field(name).absence_means:
                    what = f"{name} ({entity.field(name).title})"
                    yield Finding(table, constat, what, found[name], frame.height)
