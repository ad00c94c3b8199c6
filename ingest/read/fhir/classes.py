"""Which of our classes a resource is: by its profile, else by the system or suffix of its identifier, else its shape.

Belongs here: that choice. Does not belong here: what its row holds (`rows`).
"""

from __future__ import annotations

import re

from ingest.read.fhir.elements import Node, code, kind_of_system, objects, part, profiles, tddui, text
from ingest.read.fhir.guides import SDO, guide_of

# Resource type -> profile -> class. References may also lead to a class that gives no row.
PROFILES = {
    "Patient": {"tddui-patient": "usager", "tddui-patient-ins": "usager"},
    "Encounter": {"tddui-encounter-sejour": "sejour", "tddui-encounter-evenement": "evenement"},
    "Slot": {"tddui-slot-presence-absence": "presence"},
    "QuestionnaireResponse": {"tddui-questionnaire-response": "evaluation"},
    "CarePlan": {"tddui-careplan-projet-personnalise": "projet", "tddui-careplan-projet-perso": "projet"},
    "Goal": {
        "tddui-goal-attente": "attente", "tddui-goal-objectif": "objectif", "tddui-goal-projet-vie": "projet_vie",
    },
    "ServiceRequest": {
        "tddui-service-request-besoin": "besoin", "tddui-service-request-demande-orientation": "demande_orientation",
    },
    "Task": {
        "tddui-task-action": "action", "tddui-task-bilan": "bilan", "tddui-task-moyen-ressource": "moyen",
        "tddui-task-prestation": "prestation", "tddui-task-transport-usager": "transport",
        "tddui-task-transport-professionnel": "transport_professionnel",
    },
    "Basic": {"tddui-basic-decision": "decision", "tddui-basic-droit-decision": "decision"},
    "Consent": {"tddui-consent-accord": "accord"},
    "Schedule": {"tddui-schedule": "agenda"},
    "Organization": {"tddui-organization": "structure"},
    "Practitioner": {"tddui-practitioner": "professionnel"},
    "PractitionerRole": {"tddui-practitioner-role": "exercice"},
}  # fmt: skip
# Kind of identifier system -> class, then suffix of a business identifier -> class.
_SYSTEMS = {
    "sejour": "sejour", "evenement": "evenement", "attente": "attente", "objectif": "objectif", "besoin": "besoin",
    "demandeorientation": "demande_orientation", "action": "action", "bilan": "bilan", "moyenressource": "moyen",
    "prestation": "prestation", "transportusager": "transport", "transportprofessionnel": "transport_professionnel",
}  # fmt: skip
_SUFFIXES = {
    "SEJOUR": "sejour", "EVN": "evenement", "ATTE": "attente", "OBJE": "objectif", "BESO": "besoin", "ACTI": "action",
    "BILA": "bilan", "MORE": "moyen", "PRES": "prestation", "TPPat": "transport", "TPPro": "transport_professionnel",
}  # fmt: skip
_SUFFIX = re.compile(f"-({'|'.join(_SUFFIXES)})-")
# Types that have a single class, whatever the profile.
_ONLY = {
    "Patient": "usager", "Slot": "presence", "QuestionnaireResponse": "evaluation", "CarePlan": "projet",
    "Consent": "accord", "Schedule": "agenda", "Organization": "structure", "Practitioner": "professionnel",
    "PractitionerRole": "exercice",
}  # fmt: skip
# Types that are known to have no class.
LEFT_OUT = {
    "RelatedPerson", "Location", "DocumentReference", "Binary", "Provenance", "OperationOutcome", "Observation",
    "Coverage", "Group", "Device",
}  # fmt: skip
KNOWN = set(PROFILES)
WITHOUT_ROW = {
    "projet_vie", "demande_orientation", "transport_professionnel", "agenda", "structure", "professionnel", "exercice",
}  # fmt: skip


def class_of(resource: Node) -> str | None:
    """The class of a resource, « ignore » when it is known to have none; None when nothing says what it is."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return None
    if kind in LEFT_OUT:
        return "ignore"
    known = PROFILES.get(kind)
    if known is None:
        return None
    claimed = list(profiles(resource))
    for profile in claimed:
        if profile in known:
            return known[profile]
    if kind == "Task" and is_sdo(resource):
        return "orientation"
    return _ONLY.get(kind) or _by_identifier(resource, set(known.values())) or _by_shape(kind, resource)


def is_sdo(task: Node) -> bool:
    """Whether a Task is one of the SDO guide."""
    return guide_of(task) == SDO


def _by_identifier(resource: Node, possible: set[str]) -> str | None:
    for identifier in objects(resource, "identifier"):
        kind = _SYSTEMS.get(kind_of_system(identifier) or "")
        if kind is None and (suffix := _SUFFIX.search(text(identifier, "value") or "")):
            kind = _SUFFIXES[suffix[1]]
        if kind in possible:
            return kind
    return None


def _by_shape(kind: str, resource: Node) -> str | None:
    if kind == "Encounter":
        return "evenement" if part(resource, "partOf") else "sejour"
    if kind == "Basic" and (
        tddui(resource, "tddui-decision") or tddui(resource, "tddui-droit-decision")
        or code(resource, "code") in ("DECISION", "DROITDECISION")
    ):  # fmt: skip
        return "decision"
    return None
