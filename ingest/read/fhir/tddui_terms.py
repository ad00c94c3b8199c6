"""Urls, identifier systems and code tables of TDDUI bundles: what the reader and the writer of bundles must share.

Belongs here: facts of the guide that stand in both directions. Does not belong here: where a field stands in a resource
(`rows` reads it, `orchestration.restitution.tddui_resources` writes it, and reads back what it wrote), the
questionnaires (`questionnaires`).
"""

from __future__ import annotations

from ingest.read.fhir.elements import Node, extension, objects, text

GUIDE_VERSION = "2.4.0"
CANONICAL = "https://interop.esante.gouv.fr/ig/fhir/tddui"
CODE_SYSTEM = f"{CANONICAL}/CodeSystem/"

FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
PLANNED_DATE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.planned"  # then StartDate, EndDate
ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# OID of the matricule INS -> its nature; .10 and .11 are NIR, of test and of demonstration (fr-core-patient-ins).
INS = {
    "urn:oid:1.2.250.1.213.1.4.8": "INS-NIR", "urn:oid:1.2.250.1.213.1.4.9": "INS-NIA",
    "urn:oid:1.2.250.1.213.1.4.10": "INS-NIR", "urn:oid:1.2.250.1.213.1.4.11": "INS-NIR",
}  # fmt: skip
NIR = "urn:oid:1.2.250.1.213.1.4.13"
MDPH = "urn:oid:1.2.250.1.213.7."
DECISION_NAT = "urn:oid:1.2.250.1.213.8.1"
STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"
PROFESSIONAL, RPPS = "urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr"

GENDERS = {"male": "M", "female": "F", "unknown": "I", "other": "I"}
OBJECTS = {
    "CarePlan": "PROJET", "Encounter": "SEJOUR", "QuestionnaireResponse": "EVALUATION", "Basic": "ORIENTATION",
    "ServiceRequest": "ORIENTATION", "DocumentReference": "DOCUMENT",
}  # fmt: skip
# Classes whose identifiers are of a system of the guide -> its kind (`kind_of_system`).
KINDS = {
    "usager": "localusager", "sejour": "sejour", "evenement": "evenement", "presence": "presenceabsence",
    "evaluation": "evaluation", "projet": "projetpersonnalise", "attente": "attente", "objectif": "objectif",
    "besoin": "besoin", "action": "action", "moyen": "moyenressource", "prestation": "prestation", "bilan": "bilan",
    "decision": "decision", "transport": "transportusager", "accord": "accord",
}  # fmt: skip
NATURES = {
    "ATTENTE": "attente", "OBJECTIF": "objectif", "BESOIN": "besoin", "ACTION": "action", "MOYEN": "moyen",
    "PRESTATION": "prestation",
}  # fmt: skip

# What a row says and the guide has no place for goes by these, which are ours: a bundle that this project writes loses
# nothing, and claims nothing under the name of the guide. Any other reader leaves them out.
BEYOND = "urn:dlnuf:tddui:hors-guide"  # an extension: one more in it a field, under the name of the contract
STATUSLESS = "urn:dlnuf:tddui:sans-statut"  # beside a status that is said to be absent
STAY_OF_SLOT = "urn:dlnuf:tddui:sejour"
QUESTIONNAIRES = "urn:dlnuf:tddui:questionnaire/"  # then the code of an evaluation that the guide has no grid for


def system_of(kind: str) -> str:
    """Identifier system of a class of the guide (« sejour »)."""
    return f"https://identifiant-medicosocial-{KINDS[kind]}.esante.gouv.fr"


def beyond(node: Node) -> dict[str, str | None]:
    """The fields that the guide has no place for, of a node that this project wrote: they replace what was read."""
    return {
        name: text(field, "valueString")
        for field in objects(extension(node, BEYOND), "extension")
        if (name := text(field, "url"))
    }


def is_absent(node: Node) -> bool:
    """Whether a part says itself that its value is unknown."""
    return bool(extension(node, DATA_ABSENT))
