"""What the DUI knows and ViaTrajectoire handicap was not told: SDO tasks (FHIR), each ready to be posted by itself.

Belongs here: the task of an entry or an exit, what it lacks to be whole, what must be confirmed first. Does not belong
here: knowing what was not told (dbt does), what the guide asks (`data_contracts.guides`), sending anything.

Source: guide « suivi des décisions d'orientation », flow 4 (StatutPersonneOrientee): `POST [base]/Task`, one task an
event. Statuses: J252 47 usager entré, 48 usager sorti; J253 186 pris en charge, 188 fin de prise en charge. A task
that is not whole, or that the guide refuses, is not prepared: what it lacks is said, element by element.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from data_contracts.guides import Guide, guide
from data_contracts.nomenclatures import read_list
from orchestration.restitution import conformity
from orchestration.restitution.known import Dossier, Doubt, Etablissement, Orientation, Stay, day

PROFILE = "esms-task"
ENTERED, LEFT = ("47", "186"), ("48", "188")  # (status in the ESMS, in the unit)
EVENTS = {ENTERED: "entree", LEFT: "sortie"}
_CLOSED = {"37", "46", "48", "49"}  # decision cancelled, admission impossible, gone, notification cancelled
_STRUCTURES = "urn:oid:1.2.250.1.71.4.2.2"
_NATIONAL_DECISION = "urn:oid:1.2.250.1.213.8.1"
# What a modality of the DUI says of the codes of J264 and J30 (docs/formats/tddui.md); the others say nothing of them.
_MODES = {"HP": "46", "HT": "46", "INT": "46", "AJ": "47", "AN": "48"}
_TIMES = {"HP": "02", "INT": "02", "HT": "01"}
# What a task of this kind cannot do without, in the order of the guide, and where it is to be found.
_NEEDED = {
    "nomESMS": "Livrer l'extraction FINESS qui contient l'établissement.",
    "idUnite": "Relever l'identifiant de l'unité (organisation interne du ROR) dans ViaTrajectoire.",
    "nomUnite": "Relever le nom de l'unité dans ViaTrajectoire.",
    "categorieOrganisation": "Relever la catégorie d'organisation de l'unité (J34) dans ViaTrajectoire.",
    "modePriseCharge": "Dire dans le DUI la modalité du séjour : hébergement, accueil de jour ou de nuit.",
    "motifUnite": "Choisir dans le DUI un motif admis pour le statut 188 (ASS_A32).",
    "idDecision": "Enregistrer l'identifiant de la décision dans le DUI.",
    "idNat_Decision": "Enregistrer dans le DUI l'identifiant national de la décision, que donne ViaTrajectoire.",
}
_ABSENCES = {"cardinalité", "regle-StatutUnite", "ASS_A32"}  # rules that only say again what is missing


@dataclass(frozen=True)
class Message:
    """A task to be posted. event: « entree » or « sortie »; on: the day that it tells."""

    event: str
    on: date
    task: dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """The tasks, in the order in which to send them, and what is to be confirmed or completed."""

    messages: list[Message]
    doubts: list[Doubt]


def prepare(esms: Etablissement, at: datetime) -> Prepared:
    """The tasks to send, one a stay and event. at: the instant of the preparation, with its offset.

    A doubt that has a `ligne` is about the task of that rank; one that has none, about an event that has no task.
    """
    made: list[tuple[Message, list[Doubt]]] = []
    doubts: list[Doubt] = []
    told: set[tuple[str | None, str | None, str, tuple[str, str]]] = set()
    for dossier in esms.dossiers:
        for stay in dossier.sejours:
            for status, on in _to_tell(stay):
                about = _About(esms, dossier, stay, status, on)
                found = _orientation(dossier, stay, status, on)
                if isinstance(found, str):
                    doubts.append(about.doubt("Task", f"{about.what} non préparée", "", found))
                    continue
                same = (found.decision_id, found.id_nat, found.tache_id, status)
                if same in told:
                    reason = "Deux séjours pour une même orientation : dire lequel ViaTrajectoire doit connaître."
                    doubts.append(about.doubt("Task", f"{about.what} non préparée", "", reason))
                    continue
                told.add(same)
                task, said = about.task(found, at)
                if task is None:
                    doubts += said
                else:
                    made.append((Message(EVENTS[status], on, task), said))
    made.sort(key=lambda each: (each[0].on, each[0].event))  # an entry goes before the exit of the same day
    for rank, (_, said) in enumerate(made, 1):
        doubts += [replace(each, ligne=str(rank)) for each in said]
    return Prepared([message for message, _ in made], doubts)


def _to_tell(stay: Stay) -> Iterator[tuple[tuple[str, str], date]]:
    if stay.vt_entree_to_tell and stay.entree:
        yield ENTERED, stay.entree
    if stay.vt_sortie_to_tell and stay.sortie:
        yield LEFT, stay.sortie


@dataclass(frozen=True)
class _About:
    """One event of one stay."""

    esms: Etablissement
    dossier: Dossier
    stay: Stay
    status: tuple[str, str]
    on: date

    @property
    def what(self) -> str:
        return f"{'Entrée' if self.status == ENTERED else 'Sortie'} du {day(self.on)}"

    def doubt(self, field: str, said: str, value: str, todo: str) -> Doubt:
        return Doubt(self.dossier.identity.dossier, self.stay.number, field, said, value, todo)

    def task(self, found: Orientation, at: datetime) -> tuple[dict[str, Any] | None, list[Doubt]]:
        """The task and what is to be confirmed of it; or none, and what it lacks, or what the guide refuses in it."""
        given = self.given(found)
        needed = [name for name in _NEEDED if name != "motifUnite" or self.status == LEFT]
        missing = [name for name in needed if given[name] is None]
        task = _task(guide("sdo"), given, self.name(found), at)
        refused = [
            each
            for each in conformity.problems(task, guide("sdo"), PROFILE)
            if not missing or each.rule not in _ABSENCES
        ]
        if missing or refused:
            said = f"{self.what} à compléter"
            without = "" if found.tache_id else " (orientation absente des fichiers reçus de ViaTrajectoire)"
            doubts = [
                self.doubt(
                    name,
                    f"{said} : {name} absent{without if name.endswith('Unite') and name != 'motifUnite' else ''}",
                    (self.stay.motif_sortie or "") if name == "motifUnite" else "",
                    _NEEDED[name],
                )
                for name in missing
            ]
            doubts += [
                self.doubt(each.rule, f"{said} : {each.path}, {each.said}", each.value, each.remedy) for each in refused
            ]
            return None, doubts
        return task, list(self.to_confirm(found, given))

    def given(self, found: Orientation) -> dict[str, Any]:
        """Name of each input -> its value, from what the orientation says, else from the stay, else from FINESS."""
        reason = self.stay.motif_sortie if self.status == LEFT and is_legal(LEFT[1], self.stay.motif_sortie) else None
        modality = self.stay.modalite or ""
        return {
            "idNat_Struct": {"system": _STRUCTURES, "value": f"1{self.esms.finess}"},
            "nomESMS": self.esms.nom,
            "statutESMS": self.status[0],
            "dateStatutESMS": self.on.isoformat(),
            "idUnite": {"value": found.unite_id} if found.unite_id else None,
            "nomUnite": found.nom_unite,
            "categorieOrganisation": found.categorie_organisation or _categories().get(self.esms.categorie or ""),
            "temporaliteAccueil": found.temporalite or _TIMES.get(modality),
            "accueilSequentiel": found.accueil_sequentiel,
            "modePriseCharge": found.mode_prise_en_charge or _MODES.get(modality),
            "statutUnite": self.status[1],
            "dateStatutUnite": self.on.isoformat(),
            "motifUnite": reason,
            "idDecision": {"value": found.decision_id} if found.decision_id else None,
            "idNat_Decision": {"system": _NATIONAL_DECISION, "value": found.id_nat} if found.id_nat else None,
        }

    def name(self, found: Orientation) -> str:
        """The same for the same event, however often it is prepared: whoever receives it twice can tell."""
        said = "|".join((self.esms.finess, found.decision_id or "", self.stay.number, self.status[0], str(self.on)))
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{guide('sdo').declared.canonical}|{said}").urn

    def to_confirm(self, found: Orientation, given: Mapping[str, Any]) -> Iterator[Doubt]:
        """What a whole task takes from elsewhere than the orientation."""
        if not found.categorie_organisation:
            said = "Catégorie d'organisation prise de la catégorie FINESS de l'établissement"
            value = str(given["categorieOrganisation"])
            yield self.doubt("categorieOrganisation", said, value, "Vérifier que c'est celle de l'unité.")
        if not found.mode_prise_en_charge:
            said = "Mode de prise en charge pris de la modalité du séjour"
            yield self.doubt(
                "modePriseCharge", said, str(given["modePriseCharge"]), "Vérifier que c'est celui de l'unité."
            )


def _task(followed: Guide, given: Mapping[str, Any], name: str, at: datetime) -> dict[str, Any]:
    """A task of the profile: the type of each value and the system of each code are those that the guide declares."""
    profile = followed.profiles[PROFILE]
    inputs = []
    for code, value in given.items():
        if value is None:
            continue
        element = profile.elements[f"input[{code}].value"]
        kind = element.type or ""
        if element.binding is not None:
            value = {"coding": [{"system": followed.declared.lists[element.binding].systems[0], "code": value}]}
        typed = {"coding": [{"system": followed.declared.systems["inputs"], "code": code}]}
        inputs.append({"type": typed, f"value{kind[0].upper()}{kind[1:]}": value})
    return {
        "resourceType": "Task",
        "meta": {"lastUpdated": at.isoformat(timespec="milliseconds"), "profile": [profile.url]},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": name}],
        "status": "completed",
        "intent": "plan",
        "input": inputs,
    }


def _orientation(dossier: Dossier, stay: Stay, status: tuple[str, str], on: date) -> Orientation | str:
    """What this stay follows: the task it came from, the only open one, else the only decision that gave a right on the
    day of the event (before any did, the only one that nothing closes)."""
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
    given = [d for d in dossier.decisions if d.opens_a_right]
    decisions = [d for d in given if d.is_in_force(on)] or [d for d in given if d.cloture is None]
    if len(decisions) == 1:
        return Orientation("", decisions[0].decision_id, decisions[0].id_nat)
    if decisions:
        return "Plusieurs décisions dans le DUI, aucune orientation ici : dire laquelle est celle de ce séjour."
    return (
        "Décision inconnue : récupérer l'orientation dans ViaTrajectoire (MDPH, n° d'individu, date de naissance), "
        "puis l'enregistrer dans le DUI."
    )


@lru_cache(maxsize=1)
def _legal_pairs() -> frozenset[tuple[str, str]]:
    return frozenset((row["statut_code"], row["motif_code"]) for row in read_list("sdo_couples_statut_motif"))


def is_legal(status: str, reason: str | None) -> bool:
    """Whether a reason goes with a status. Source: ASS_A32 (1.2.250.1.213.3.4.217)."""
    return reason is not None and (status, reason) in _legal_pairs()


@lru_cache(maxsize=1)
def _categories() -> dict[str, str]:
    """Category of FINESS -> of J34, where both name the same kind of establishment."""
    return {row["code"]: row["categorie_organisation_code"] for row in read_list("sdo_categories_finess")}
