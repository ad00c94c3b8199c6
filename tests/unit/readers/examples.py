"""Small invented deliveries about persons, in every form that is read here: nobody is called so, no number is given.

Belongs here: building files. Does not belong here: what is expected of them (the tests). Paths: docs/formats/.
"""

from __future__ import annotations

import base64
import json
from typing import Any

ET, OTHER_ET = "010000222", "010000230"
NOM, PRENOM, INS = "Zorglubéllin", "Ysmérile", "137119935100147"  # its key holds
SD = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition/"
CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-"
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter."
SDO_INPUTS = "https://interop.esante.gouv.fr/ig/fhir/sdo/CodeSystem/input-task-sdo-codesystem"
RPPS, WRONG_RPPS = "99700366240", "99700366241"

Node = dict[str, Any]


def system(kind: str) -> str:
    return f"https://identifiant-medicosocial-{kind}.esante.gouv.fr"


def number(kind: str, local: str, finess: str = ET) -> Node:
    return {"system": system(kind), "value": f"3{finess}/{local}"}


def concept(code: str, coding_system: str = "urn:invente") -> Node:
    return {"coding": [{"system": coding_system, "code": code}]}


def ref(uid: str) -> Node:
    return {"reference": f"urn:uuid:{uid}"}


def profiled(kind: str, profile: str, **parts: Any) -> Node:
    return {"resourceType": kind, "meta": {"profile": [f"{SD}{profile}|2.2.0"]}, **parts}


def entry(uid: str, resource: Node) -> Node:
    return {"fullUrl": f"urn:uuid:{uid}", "resource": resource, "request": {"method": "POST", "url": "x"}}


def bundle(*entries: Node, kind: str = "transaction") -> Node:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def patient(n: int = 1, finess: str = ET, **changed: Any) -> Node:
    resource = profiled(
        "Patient",
        "tddui-patient-ins",
        extension=[
            {
                "url": f"{CORE}identity-reliability",
                "extension": [{"url": "identityStatus", "valueCoding": {"code": "VALI"}}],
            },
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {"extension": [{"url": f"{CORE}address-insee-code", "valueCoding": {"code": "99351"}}]},
            },
            {"url": f"{SD}tddui-legal-protection", "valueCodeableConcept": concept("TUTEUR")},
        ],
        identifier=[
            {"type": concept("INS-NIR"), "system": "urn:oid:1.2.250.1.213.1.4.8", "value": INS},
            {"type": concept("PI"), **number("localusager", f"DOS-{n}", finess)},
            {"system": "urn:oid:1.2.250.1.213.7.1", "value": f"MDPH-{n}"},
        ],
        name=[
            {
                "use": "official",
                "family": NOM,
                "given": [PRENOM],
                "extension": [
                    {"url": f"{CORE}patient-birth-list-given-name", "valueString": f"{PRENOM} Quétzal"},
                ],
            },
            {"use": "usual", "family": "Farfadet"},
        ],
        gender="male",
        birthDate="1937-11-23",
        address=[
            {"use": "temp", "postalCode": "75001"},
            {"use": "home", "line": ["12 impasse Lutinerie"], "postalCode": "01000"},
        ],
    )
    return {**resource, **changed}


def sejour(n: int = 1, finess: str = ET, to: str | None = None, **changed: Any) -> Node:
    resource = profiled(
        "Encounter",
        "tddui-encounter-sejour",
        extension=[
            {"url": f"{SD}tddui-admission-date", "valueDateTime": "2024-01-01T09:00:00+01:00"},
            {"url": f"{R5}plannedStartDate", "valueDateTime": "2024-01-02"},
            {"url": f"{R5}plannedEndDate", "valueDateTime": "2024-12-31"},
            {"url": f"{SD}tddui-entry-mode-label", "valueString": "venue de l'hôpital"},
            {"url": f"{SD}tddui-exit-mode-label", "valueString": "décès"},
        ],
        identifier=[
            {"type": concept("NUMDOSS"), "value": "77"},
            {"type": concept("VN"), **number("sejour", f"DOS-{n}-SEJOUR-1", finess)},
        ],
        status="finished",
        serviceType=[
            concept("46", "urn:oid:R213"),
            concept("02", "urn:oid:R240"),
        ],
        subject=ref(to or f"patient-{n}"),
        period={"start": "2024-01-03T10:00:00+01:00", "end": "2024-11-30"},
        hospitalization={"origin": ref("structure")},
    )
    return {**resource, **changed}


def evenement(n: int = 1, finess: str = ET, **changed: Any) -> Node:
    resource = profiled(
        "Encounter",
        "tddui-encounter-evenement",
        extension=[
            {"url": f"{SD}tddui-event-label", "valueString": f"Visite chez {NOM}"},
            {"url": f"{SD}tddui-patient-present", "valueBoolean": True},
        ],
        identifier=[number("evenement", f"DOS-{n}-EVN-1", finess)],
        status="cancelled",
        _status={
            "extension": [{"url": f"{SD}tddui-event-cancel-reason", "valueCodeableConcept": concept("GEN-357")}],
        },
        type=[
            concept("not-permitted", "http://terminology.hl7.org/CodeSystem/data-absent-reason"),
            concept("MED-1298"),
        ],
        subject=ref(f"patient-{n}"),
        participant=[{"individual": ref("infirmier")}],
        period={"start": "2024-02-01T08:30:00Z", "end": "2024-02-01T10:00:00+01:00"},
        partOf=ref(f"sejour-{n}"),
    )
    return {**resource, **changed}


def absence(n: int = 1, finess: str = ET, **changed: Any) -> Node:
    resource = profiled(
        "Slot",
        "tddui-slot-presence-absence",
        extension=[
            {"url": f"{SD}tddui-planned-absence", "valueBoolean": False},
            {"url": f"{SD}tddui-facturation", "valueBoolean": True},
            {"url": f"{SD}tddui-encounter-reference", "valueReference": ref(f"sejour-{n}")},
        ],
        identifier=[number("presenceabsence", f"DOS-{n}-PA-1", finess)],
        serviceType=[concept("2")],
        appointmentType=concept("1"),
        schedule=ref(f"agenda-{n}"),
        status="busy",
        start="2024-03-01T00:00:00+01:00",
        end="2024-03-04T00:00:00+01:00",
    )
    return {**resource, **changed}


def aggir(n: int = 1, finess: str = ET, **changed: Any) -> Node:
    def yes(link: str, said: bool) -> Node:
        return {"linkId": link, "answer": [{"valueBoolean": said}]}

    resource = profiled(
        "QuestionnaireResponse",
        "tddui-questionnaire-response",
        identifier=number("evaluation", f"DOS-{n}-EVAL-1", finess),
        questionnaire="https://interop.esante.gouv.fr/ig/fhir/tddui/Questionnaire/tddui-questionnaire-aggir-pa-ssiad|2.2",
        status="completed",
        subject=ref(f"patient-{n}"),
        authored="2024-01-05T11:00:00+01:00",
        item=[
            {
                "linkId": "fonction-pensee",
                "answer": [{"valueCoding": {"code": "qf2"}, "item": [yes("fonction-pensee-spont", True)]}],
            },
            {"linkId": "se-laver", "answer": [{"valueCoding": {"code": "qf4"}}], "item": [yes("laver-tot", False)]},
            {"linkId": "remarque", "answer": [{"valueString": f"vu avec {NOM}"}]},
            {"linkId": "resultat-eval", "answer": [{"valueCoding": {"code": "MED-340"}}]},
        ],
    )
    return {**resource, **changed}


def _task(n: int, finess: str, kind: str, suffix: str, profile: str, **parts: Any) -> Node:
    return profiled(
        "Task",
        profile,
        identifier=[number(kind, f"DOS-{n}-{suffix}-1", finess)],
        **{"for": ref(f"patient-{n}")},
        **parts,
    )


def dossier(n: int = 1, finess: str = ET) -> list[Node]:
    """Every class that the guide foresees, for one person; references point forward and backward."""
    period = {"start": "2024-02-01", "end": "2025-01-31"}
    plan = profiled(
        "CarePlan",
        "tddui-careplan-projet-personnalise",
        identifier=[number("projetpersonnalise", f"DOS-{n}-PPER-1", finess)],
        status="active",
        category=[concept("PPA")],
        subject=ref(f"patient-{n}"),
        period=period,
        supportingInfo=[
            {
                **ref(f"accord-{n}"),
                "extension": [{"url": f"{SD}tddui-discriminator", "valueCodeableConcept": concept("accordUsager")}],
            },
            {**ref(f"refus-{n}"), "display": "Consentement structure"},
        ],
    )

    def goal(profile: str, kind: str, suffix: str, status: str) -> Node:
        return profiled(
            "Goal",
            profile,
            identifier=[number(kind, f"DOS-{n}-{suffix}-1", finess)],
            lifecycleStatus=status,
            category=[concept("1.1.1")],
            subject=ref(f"patient-{n}"),
            startDate="2024-02-02",
            target=[{"dueDate": "2024-08-02"}],
            extension=[{"url": f"{SD}tddui-careplan-reference", "valueReference": ref(f"projet-{n}")}],
        )

    def given(name: str, **value: Any) -> Node:
        return {"type": concept(name), **value}

    of_plan: Node = {"basedOn": [ref(f"projet-{n}")], "executionPeriod": period, "status": "in-progress"}
    need = profiled(
        "ServiceRequest",
        "tddui-service-request-besoin",
        identifier=[number("besoin", f"DOS-{n}-BESO-1", finess)],
        status="active",
        category=[concept("1.1.2")],
        subject=ref(f"patient-{n}"),
        basedOn=[ref(f"projet-{n}")],
        occurrencePeriod=period,
    )
    decision = profiled(
        "Basic",
        "tddui-basic-decision",
        identifier=[
            {"type": concept("IDNATDECISION"), "system": "urn:oid:1.2.250.1.213.8.1", "value": f"NAT-{n}"},
            {"type": concept("IDDECISION"), "system": "urn:oid:1.2.250.1.213.7.1", "value": f"DEC-{n}"},
        ],
        code=concept("DECISION"),
        subject=ref(f"demande-{n}"),
        extension=[
            {
                "url": f"{SD}tddui-decision",
                "extension": [
                    {"url": "dateDecision", "valueDate": "2023-06-01"},
                    {"url": "typeDecision", "valueCodeableConcept": concept("1")},
                    {
                        "url": "droitPrestation",
                        "extension": [
                            {"url": "categorieDroitPrestation", "valueCodeableConcept": concept("7")},
                            {"url": "typeDroitPrestation", "valueCodeableConcept": concept("7.8")},
                            {"url": "natureDroitPrestation", "valueCodeableConcept": concept("1")},
                            {"url": "dateOuverture", "valueDate": "2023-07-01"},
                            {"url": "dateEcheance", "valueDate": "2028-06-30"},
                            {"url": "existencePAG", "valueBoolean": False},
                            {"url": "creton", "valueBoolean": True},
                        ],
                    },
                ],
            }
        ],
    )
    request = profiled(
        "ServiceRequest", "tddui-service-request-demande-orientation", id=f"do-{n}", subject=ref(f"patient-{n}")
    )
    accord = profiled(
        "Consent", "tddui-consent-accord", status="active", patient=ref(f"patient-{n}"), dateTime="2024-02-03"
    )
    refus = profiled("Consent", "tddui-consent-accord", status="rejected", dateTime="2024-02-04")
    agenda = profiled("Schedule", "tddui-schedule", actor=[ref(f"patient-{n}")])
    structure = profiled(
        "Organization",
        "tddui-organization",
        identifier=[{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": f"1{OTHER_ET}"}],
    )
    infirmier = {
        "resourceType": "Practitioner",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{RPPS}"}],
        "name": [{"family": "Barnabothe"}],
    }
    return [
        entry("structure", structure),
        entry("infirmier", infirmier),
        entry(f"sejour-{n}", sejour(n, finess)),
        entry(f"patient-{n}", patient(n, finess)),
        entry(f"evenement-{n}", evenement(n, finess)),
        entry(f"absence-{n}", absence(n, finess)),
        entry(f"agenda-{n}", agenda),
        entry(f"evaluation-{n}", aggir(n, finess)),
        entry(f"attente-{n}", goal("tddui-goal-attente", "attente", "ATTE", "accepted")),
        entry(f"objectif-{n}", goal("tddui-goal-objectif", "objectif", "OBJE", "completed")),
        entry(f"projet-{n}", plan),
        entry(f"besoin-{n}", need),
        entry(f"action-{n}", _task(n, finess, "action", "ACTI", "tddui-task-action", code=concept("ACT"), **of_plan)),
        entry(
            f"moyen-{n}",
            _task(
                n, finess, "moyenressource", "MORE", "tddui-task-moyen-ressource",
                input=[given("type", valueCodeableConcept=concept("HUMAIN"))], **of_plan,
            ),
        ),
        entry(
            f"prestation-{n}",
            _task(
                n, finess, "prestation", "PRES", "tddui-task-prestation",
                input=[given("typePrestation", valueCodeableConcept=concept("2.1.1"))], **of_plan,
            ),
        ),
        entry(
            f"bilan-{n}",
            _task(
                n, finess, "bilan", "BILA", "tddui-task-bilan", code=concept("FINAL"),
                input=[given("dateProchainBilan", valueDateTime="2025-02-01T00:00:00Z")], **of_plan,
            ),
        ),
        entry(f"demande-{n}", request),
        entry(f"decision-{n}", decision),
        entry(
            f"transport-{n}",
            _task(
                n, finess, "transportusager", "TPPat", "tddui-task-transport-usager", code=concept("ORG-156"),
                status="completed",
                executionPeriod={"start": "2024-02-01T08:00:00+01:00"},
                input=[
                    given("natureTransport", valueCodeableConcept=concept("2.3.4.1")),
                    given("distance", valueDistance={"value": 12500, "code": "m"}),
                    given("dureeTheorique", valueDuration={"value": 0.5, "code": "h"}),
                ],
            ),
        ),
        entry(f"accord-{n}", accord),
        entry(f"refus-{n}", refus),
    ]  # fmt: skip


def plain(n: int, finess: str = ET) -> list[Node]:
    """A person and a stay, that is all."""
    return [entry(f"patient-{n}", patient(n, finess)), entry(f"sejour-{n}", sejour(n, finess, hospitalization={}))]


def orientation(n: int = 1, finess: str = ET, **said: str) -> Node:
    """An SDO Task; `said` replaces codes by the name of their input."""
    codes = {"statutESMS": "48", "statutUnite": "188", "motifUnite": "204", "typeDroitPrestation": "7.8", **said}
    numbers = {
        "idNat_Struct": f"1{finess}", "idDecision": f"DEC-{n}", "idNat_Decision": f"NAT-{n}",
        "numeroIndividu": f"MDPH-{n}", "idUnite": "U-1",
    }  # fmt: skip
    dates = {"dateStatutESMS": "2024-11-30", "dateStatutUnite": "2024-11-29"}
    codes |= {"categorieOrganisation": "01", "temporaliteAccueil": "02", "modePriseCharge": "46"}

    def given(name: str, **value: Any) -> Node:
        return {"type": concept(name, SDO_INPUTS), **value}

    return {
        "resourceType": "Task",
        "id": f"tache-{n}",
        "meta": {
            "lastUpdated": "2024-12-01T23:30:00Z",
            "profile": ["https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/sdo-task"],
        },
        "status": "completed",
        "intent": "plan",
        "input": [
            *(given(name, valueCodeableConcept=concept(code)) for name, code in codes.items() if code),
            *(given(name, valueIdentifier={"value": value}) for name, value in numbers.items()),
            *(given(name, valueDate=value) for name, value in dates.items()),
            given("accueilSequentiel", valueBoolean=False),
            given("nomESMS", valueString=f"Chez {NOM}"),
        ],
    }


CDA = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- <html> --><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">
 <templateId root="1.2.250.1.213.1.1.1.58" extension="1.1.0-ballot"/><code code="EXPORT_DUI"/>
 <recordTarget><patientRole>
  <id root="1.2.250.1.213.1.4.8" extension="{INS}"/>
  <addr><postalCode>01000</postalCode></addr>
  <patient>
   <name><family qualifier="BR">{NOM}</family><family qualifier="CL">Farfadet</family>
    <given>{PRENOM} Quétzal</given><given qualifier="CL">{PRENOM}</given></name>
   <administrativeGenderCode code="M"/><birthTime value="19371123"/>
   <birthplace><place><addr><county>99351</county></addr></place></birthplace>
  </patient></patientRole></recordTarget>
 <custodian><assignedCustodian><representedCustodianOrganization>
  <id root="1.2.250.1.71.4.2.2" extension="1{ET}"/></representedCustodianOrganization></assignedCustodian></custodian>
 <component><structuredBody>
  <component><section><code code="GEN-362"/>
   <text><content ID="entree">venue de l'hôpital</content></text>
   <entry><organizer>
    <statusCode code="completed"/>
    <component><encounter><id root="1.2.3" extension="3{ET}/DOS-1-SEJOUR-1"/><effectiveTime value="20240101"/>
    </encounter></component>
    <component><observation moodCode="EVN"><code code="ORG-070"/><text><reference value="#entree"/></text>
     <effectiveTime value="202401031000+0100"/></observation></component>
    <component><observation moodCode="INT"><code code="ORG-074"/>
     <effectiveTime value="20241231"/></observation></component>
    <component><act><id root="1.2.3" extension="3{ET}/DOS-1-EVN-1"/></act></component>
   </organizer></entry></section></component>
  <component><section><code code="89793-4"/>
   <entry><encounter><id root="1.2.3" extension="3{ET}/DOS-1-EVN-1"/>
    <code code="GEN-1"><qualifier><value code="MED-1298"/></qualifier></code>
    <effectiveTime><low value="20240201093000+0100"/><high value="20240201100000+0100"/></effectiveTime>
    <performer><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="{RPPS}"/></assignedEntity></performer>
    <entryRelationship><observation><code code="106199-3"/><value code="REALISE"/></observation></entryRelationship>
    <entryRelationship><act><templateId root="1.2.250.1.213.1.1.3.216"/>
     <id root="1.2.3" extension="3{ET}/DOS-1-TPPat-1"/><code code="ORG-156"/><statusCode code="completed"/>
     <effectiveTime><low value="20240201080000+0100"/></effectiveTime>
     <entryRelationship><observation><code code="103208-5"/>
      <value value="12.5" unit="km"/></observation></entryRelationship>
    </act></entryRelationship>
    <entryRelationship><act><templateId root="1.2.250.1.213.1.1.3.216"/>
     <id root="1.2.3" extension="3{ET}/DOS-1-TPPro-2"/><code code="ORG-156"/></act></entryRelationship>
   </encounter></entry></section></component>
  <component><section><code code="47420-5"/>
   <entry><organizer><component><observation><id root="1.2.3" extension="3{ET}/DOS-1-EVAL-1"/>
    <code code="MED-1293"/><effectiveTime value="20240105"/><value code="MED-340"/>
    <entryRelationship><observation><code code="106199-3"/><value code="TERMINE"/></observation></entryRelationship>
    <entryRelationship><observation><code code="b160"/><value code="qf2"/>
     <entryRelationship><observation><code code="MED-1307"/><value value="true"/></observation></entryRelationship>
    </observation></entryRelationship>
   </observation></component></organizer></entry></section></component>
 </structuredBody></component>
</ClinicalDocument>
"""


def document_reference(cda: bytes, n: int = 1) -> Node:
    data = base64.b64encode(cda).decode()
    return {"resourceType": "DocumentReference", "id": f"doc-{n}", "content": [{"attachment": {"data": data}}]}
