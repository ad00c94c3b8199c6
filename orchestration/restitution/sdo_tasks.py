"""What the DUI knows and ViaTrajectoire handicap was not told: SDO tasks (FHIR), ready to be sent.

Belongs here: the task of an entry or an exit, in transaction bundles; what must be confirmed first. Does not belong
here: knowing what was not told (dbt does), sending anything.

Source: guide « suivi des décisions d'orientation » v4.0.7, flow 4 (StatutPersonneOrientee, POST or PUT Task). Statuses:
J252 47 usager entré, 48 usager sorti; J253 186 pris en charge, 188 fin de prise en charge. A reason is given only when
the pair is legal (ASS_A32). Entries and exits stand in two bundles, sent in this order: one task has one status, and a
transaction holds one resource once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from data_contracts.nomenclatures import read_list
from orchestration.restitution.known import Dossier, Doubt, Etablissement, Orientation, Stay, day

PROFILE = "https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/sdo-task"
INPUTS = "https://interop.esante.gouv.fr/ig/fhir/sdo/CodeSystem/input-task-sdo-codesystem"
ENTERED, LEFT = ("47", "186"), ("48", "188")  # (status in the ESMS, in the unit)
_CLOSED = {"37", "46", "48", "49"}  # decision cancelled, admission impossible, gone, notification cancelled
_STATUS = "urn:oid:1.2.250.1.213.3.3.247"  # TRE_R357
_REASON = "urn:oid:1.2.250.1.213.3.3.248"  # TRE_R358
_SYSTEMS = {
    "categorieOrganisation": "urn:oid:1.2.250.1.213.3.3.39",  # TRE_R244
    "temporaliteAccueil": "urn:oid:1.2.250.1.213.3.3.31",  # TRE_R240
    "modePriseCharge": "urn:oid:1.2.250.1.213.3.3.13",  # TRE_R213
    "typeDroitPrestation": "urn:oid:1.2.250.1.213.3.3.271",  # TRE_R420
}
_STRUCTURES = "urn:oid:1.2.250.1.71.4.2.2"
_NATIONAL_DECISION = "urn:oid:1.2.250.1.213.8.1"


@dataclass(frozen=True)
class Prepared:
    """Two transaction bundles, each None when it would be empty, and what is to be confirmed."""

    entries: dict[str, Any] | None
    exits: dict[str, Any] | None
    doubts: list[Doubt]

    @property
    def rows(self) -> int:
        return sum(len(bundle["entry"]) for bundle in (self.entries, self.exits) if bundle)


def prepare(esms: Etablissement, at: datetime) -> Prepared:
    """The tasks to send, one a stay and event. at: the instant of the preparation, with its offset."""
    tasks: dict[tuple[str, str], list[dict[str, Any]]] = {ENTERED: [], LEFT: []}
    doubts: list[Doubt] = []
    for dossier in esms.dossiers:
        for stay in dossier.sejours:
            for status, on in _to_tell(stay):
                made = _entry(esms, dossier, stay, status, on, at)
                if not isinstance(made, str) and _is_in(made, tasks[status]):
                    made = "Deux séjours pour une même orientation : dire lequel ViaTrajectoire doit connaître."
                if isinstance(made, str):
                    doubts.append(_doubt(dossier, stay, status, on, made))
                    continue
                tasks[status].append(made)
                place = f"{'entrées' if status == ENTERED else 'sorties'}, tâche {len(tasks[status])}"
                doubts += [replace(d, ligne=place) for d in _doubts(esms, dossier, stay, status, on, made)]
    return Prepared(_bundle(tasks[ENTERED], at), _bundle(tasks[LEFT], at), doubts)


def _is_in(entry: dict[str, Any], entries: list[dict[str, Any]]) -> bool:
    """Whether a transaction would hold the same task twice, which FHIR forbids."""
    return entry["request"]["method"] == "PUT" and any(e["request"] == entry["request"] for e in entries)


def _to_tell(stay: Stay) -> Iterator[tuple[tuple[str, str], date]]:
    if stay.vt_entree_to_tell and stay.entree:
        yield ENTERED, stay.entree
    if stay.vt_sortie_to_tell and stay.sortie:
        yield LEFT, stay.sortie


def _entry(
    esms: Etablissement, dossier: Dossier, stay: Stay, status: tuple[str, str], on: date, at: datetime
) -> dict[str, Any] | str:
    """The entry of a bundle, or why there is none."""
    found = _orientation(dossier, stay, status)
    if isinstance(found, str):
        return found
    if found.decision_id is None or found.id_nat is None:
        return "Décision sans identifiant (idDecision, idNat_Decision) : la tâche ne peut pas être préparée."
    reason = stay.motif_sortie if status == LEFT and is_legal(LEFT[1], stay.motif_sortie) else None
    inputs = [
        _identifier("idNat_Struct", _STRUCTURES, f"1{esms.finess}"),
        _text("nomESMS", esms.nom),
        _coded("statutESMS", _STATUS, status[0]),
        _date("dateStatutESMS", on),
        _identifier("idUnite", None, found.unite_id),
        _coded("categorieOrganisation", _SYSTEMS["categorieOrganisation"], found.categorie_organisation),
        _coded("temporaliteAccueil", _SYSTEMS["temporaliteAccueil"], found.temporalite),
        _boolean("accueilSequentiel", found.accueil_sequentiel),
        _coded("modePriseCharge", _SYSTEMS["modePriseCharge"], found.mode_prise_en_charge),
        _coded("statutUnite", _STATUS, status[1]),
        _date("dateStatutUnite", on),
        _coded("motifUnite", _REASON, reason),
        _coded("typeDroitPrestation", _SYSTEMS["typeDroitPrestation"], found.type_droit),
        _identifier("idDecision", None, found.decision_id),
        _identifier("idNat_Decision", _NATIONAL_DECISION, found.id_nat),
    ]
    task: dict[str, Any] = {
        "resourceType": "Task",
        "meta": {"lastUpdated": at.isoformat(timespec="milliseconds"), "profile": [PROFILE]},
        "status": "completed",
        "intent": "plan",
        "input": [each for each in inputs if each],
    }
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{PROFILE}|{esms.finess}|{found.decision_id}|{stay.number}|{status[0]}")
    if found.tache_id:
        task = {"resourceType": "Task", "id": found.tache_id, **task}
        request = {"method": "PUT", "url": f"Task/{found.tache_id}"}
    else:
        request = {"method": "POST", "url": "Task"}
    return {"fullUrl": name.urn, "resource": task, "request": request}


def _orientation(dossier: Dossier, stay: Stay, status: tuple[str, str]) -> Orientation | str:
    """The task of this stay: the one it came from, the only open one, or else the only decision that opens a right."""
    named = [o for o in dossier.orientations if o.tache_id == stay.dossier_vt]
    if named:
        return named[0]
    still = [o for o in dossier.orientations if o.statut_esms not in _CLOSED]
    if status == LEFT:
        still = [o for o in still if o.statut_esms == ENTERED[0]] or still
    if len(still) == 1:
        return still[0]
    if still:
        return "Plusieurs orientations en cours dans ViaTrajectoire : dire laquelle est celle de ce séjour."
    decisions = [d for d in dossier.decisions if d.opens_a_right]
    if len(decisions) == 1:
        only = decisions[0]
        return Orientation("", only.decision_id, only.id_nat, type_droit=only.droits[0].type_droit)
    if decisions:
        return "Plusieurs décisions dans le DUI, aucune orientation ici : dire laquelle est celle de ce séjour."
    return (
        "Décision inconnue : récupérer l'orientation dans ViaTrajectoire (MDPH, n° d'individu, date de naissance), "
        "puis l'enregistrer dans le DUI."
    )


def _doubts(
    esms: Etablissement, dossier: Dossier, stay: Stay, status: tuple[str, str], on: date, entry: dict[str, Any]
) -> Iterator[Doubt]:
    """What a task that is prepared still needs."""
    given = {each["type"]["coding"][0]["code"] for each in entry["resource"]["input"]}
    for code, label in (("nomESMS", "Nom de l'ESMS inconnu"), ("typeDroitPrestation", "Type de droit inconnu")):
        if code not in given:
            yield Doubt(dossier.identity.dossier, stay.number, code, label, "", "À compléter : donnée obligatoire.")
    if status == LEFT and "motifUnite" not in given:
        said = "Motif de fin de prise en charge absent ou hors ASS_A32"
        yield Doubt(
            dossier.identity.dossier, stay.number, "motifUnite", said, stay.motif_sortie or "",
            "Choisir un motif admis pour le statut 188.",
        )  # fmt: skip
    if entry["request"]["method"] == "POST":
        said = f"Orientation absente des fichiers reçus de ViaTrajectoire : tâche à créer ({day(on)})"
        yield Doubt(
            dossier.identity.dossier, stay.number, "Task", said, "", "Vérifier qu'elle n'y est pas déjà, puis envoyer."
        )


def _doubt(dossier: Dossier, stay: Stay, status: tuple[str, str], on: date, reason: str) -> Doubt:
    what = "Entrée" if status == ENTERED else "Sortie"
    return Doubt(dossier.identity.dossier, stay.number, "Task", f"{what} du {day(on)} non préparée", "", reason)


@lru_cache(maxsize=1)
def _legal_pairs() -> frozenset[tuple[str, str]]:
    return frozenset((row["statut_code"], row["motif_code"]) for row in read_list("sdo_couples_statut_motif"))


def is_legal(status: str, reason: str | None) -> bool:
    """Whether a reason goes with a status. Source: ASS_A32 (1.2.250.1.213.3.4.217)."""
    return reason is not None and (status, reason) in _legal_pairs()


def _bundle(entries: list[dict[str, Any]], at: datetime) -> dict[str, Any] | None:
    if not entries:
        return None
    stamp = at.isoformat(timespec="milliseconds")
    return {"resourceType": "Bundle", "type": "transaction", "timestamp": stamp, "entry": entries}


def _input(code: str, key: str, value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"type": {"coding": [{"system": INPUTS, "code": code}]}, key: value}


def _coded(name: str, system: str, code: str | None) -> dict[str, Any] | None:
    return _input(name, "valueCodeableConcept", {"coding": [{"system": system, "code": code}]} if code else None)


def _identifier(name: str, system: str | None, value: str | None) -> dict[str, Any] | None:
    whole = {"system": system, "value": value} if system else {"value": value}
    return _input(name, "valueIdentifier", whole if value else None)


def _text(name: str, value: str | None) -> dict[str, Any] | None:
    return _input(name, "valueString", value)


def _boolean(name: str, value: bool | None) -> dict[str, Any] | None:
    return _input(name, "valueBoolean", value)


def _date(name: str, value: date) -> dict[str, Any] | None:
    return _input(name, "valueDate", value.isoformat())
