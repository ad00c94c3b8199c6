"""A message is held against its guide: the guide's examples conform, and each kind of fault is named where it is."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.guides import Guide, guide
from orchestration.restitution.conformity import Problem, problems, profile_of

SDO, TDDUI = guide("sdo"), guide("tddui")
NOS = "https://mos.esante.gouv.fr/NOS"
STATUS = f"{NOS}/TRE_R357-StatutPersonnePriseCharge/FHIR/TRE-R357-StatutPersonnePriseCharge"
REASON = f"{NOS}/TRE_R358-MotifStatutPersonnePriseCharge/FHIR/TRE-R358-MotifStatutPersonnePriseCharge"
INPUTS = SDO.declared.systems["inputs"]
SD = f"{TDDUI.declared.canonical}/StructureDefinition"
Json = dict[str, Any]


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def sdo_input(name: str, key: str, value: object) -> Json:
    return {"type": coded(INPUTS, name), key: value}


def sdo_task() -> Json:
    """The example of the guide (esms-task, 4.0.7), transcribed."""
    return {
        "resourceType": "Task",
        "id": "exemple-esms-task",
        "meta": {
            "lastUpdated": "2017-01-01T00:00:00.000Z",
            "profile": ["https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/esms-task"],
        },
        "status": "completed",
        "intent": "plan",
        "input": [
            sdo_input("idNat_Struct", "valueIdentifier", {"value": "value idNat_Struct"}),
            sdo_input("nomESMS", "valueString", "value nomESMS"),
            sdo_input("idDecision", "valueIdentifier", {"value": "IdDecision"}),
            sdo_input("idNat_Decision", "valueIdentifier", {"value": "IdNat_Decision"}),
            sdo_input("statutESMS", "valueCodeableConcept", coded(STATUS, "48")),
            sdo_input("dateStatutESMS", "valueDate", "2012-10-25"),
            sdo_input("idUnite", "valueIdentifier", {"value": "idUnite"}),
            sdo_input("nomUnite", "valueString", "test NomUnite"),
            sdo_input(
                "categorieOrganisation",
                "valueCodeableConcept",
                coded(f"{NOS}/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation", "01"),
            ),
            sdo_input(
                "temporaliteAccueil",
                "valueCodeableConcept",
                coded(f"{NOS}/TRE_R240-TemporaliteAccueil/FHIR/TRE-R240-TemporaliteAccueil", "01"),
            ),
            sdo_input("accueilSequentiel", "valueBoolean", True),
            sdo_input(
                "modePriseCharge",
                "valueCodeableConcept",
                coded(f"{NOS}/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge", "47"),
            ),
            sdo_input("statutUnite", "valueCodeableConcept", coded(STATUS, "188")),
            sdo_input("dateStatutUnite", "valueDate", "2021-10-25"),
            sdo_input("motifUnite", "valueCodeableConcept", coded(REASON, "89")),
        ],
    }


def sdo_consent() -> Json:
    """The example of the guide (esms-consent), transcribed."""
    return {
        "resourceType": "Consent",
        "meta": {"source": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"},
        "status": "active",
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [coded("http://loinc.org", "59284-0")],
        "dateTime": "2022-05-11",
        "policyRule": coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "provision": {
            "data": [
                {
                    "meaning": "related",
                    "reference": {"identifier": {"use": "official", "value": "idNat_Decision"}},
                }
            ]
        },
    }


def slot() -> Json:
    """The example of an absence of the guide, transcribed."""
    return {
        "resourceType": "Slot",
        "meta": {"profile": [f"{SD}/tddui-slot-presence-absence|2.4.0"]},
        "extension": [
            {"url": f"{SD}/tddui-facturation", "valueBoolean": True},
            {"url": f"{SD}/tddui-planned-absence", "valueBoolean": True},
        ],
        "identifier": [
            {
                "type": coded(TDDUI.declared.systems["slot-identifier"], "PA"),
                "system": "https://identifiant-medicosocial-presenceabsence.esante.gouv.fr",
                "value": "3480787529/1012-PA-0001",
            }
        ],
        "serviceType": [coded("https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r423-type-presence-absence", "2")],
        "appointmentType": coded("https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r424-motif-absence", "1"),
        "schedule": {"reference": "Schedule/tddui-schedule-example"},
        "status": "busy",
        "start": "2025-04-17T08:00:00+02:00",
        "end": "2025-04-17T17:30:00+02:00",
    }


RIGHT = "https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r420-droit-prestation"
KIND = f"{NOS}/TRE_R327-TypeDecision/FHIR/TRE-R327-TypeDecision"


def decision() -> Json:
    """The example of a decision of the guide: the renewal of a right, transcribed."""

    def extension(url: str, key: str, value: object) -> Json:
        return {"url": url, key: value}

    detail = [
        extension("temporaliteAccueil", "valueCodeableConcept",
                  coded(f"{NOS}/TRE_R240-TemporaliteAccueil/FHIR/TRE-R240-TemporaliteAccueil", "01")),
        extension("qualificationOrientation", "valueCodeableConcept",
                  coded("https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r422-qualification-orientation", "1")),
        extension("structureAccueil", "valueReference", {"reference": "Organization/tddui-organization-example"}),
    ]  # fmt: skip
    right = [
        extension("categorieDroitPrestation", "valueCodeableConcept", coded(RIGHT, "8")),
        extension("typeDroitPrestation", "valueCodeableConcept", coded(RIGHT, "13.1")),
        extension("natureDroitPrestation", "valueCodeableConcept", coded(KIND, "6")),
        extension("dateOuverture", "valueDate", "2020-01-01"),
        extension("dateEcheance", "valueDate", "2020-12-31"),
        extension("existencePAG", "valueBoolean", False),
        extension("creton", "valueBoolean", True),
        {"url": "detailPrestation", "extension": detail},
    ]
    return {
        "resourceType": "Basic",
        "code": coded(TDDUI.declared.systems["basic-type"], "DECISION"),
        "identifier": [
            {"type": coded(TDDUI.declared.systems["basic-decision-identifier"], kind), "use": "official",
             "system": "urn:oid:1.2.250.1.213.7.1", "value": value}
            for kind, value in (("IDDECISION", "1254"), ("IDDECISIONMAJ", "1255"))
        ],
        "subject": {"reference": "ServiceRequest/tddui-service-request-demande-orientation-example"},
        "extension": [
            {
                "url": f"{SD}/tddui-decision",
                "extension": [
                    extension("typeDecision", "valueCodeableConcept", coded(KIND, "1")),
                    extension("dateEffetCloture", "valueDate", "2020-01-01"),
                    extension("motivationLocale", "valueString", "Motivation locale pour la décision"),
                    {"url": "droitPrestation", "extension": right},
                ],
            }
        ],
    }  # fmt: skip


def the(name: str, found: list[Problem]) -> Problem:
    """The only problem found, of that rule."""
    assert [each.rule for each in found] == [name], "\n".join(map(str, found))
    return found[0]


def without(task: Json, *names: str) -> Json:
    kept = [each for each in task["input"] if each["type"]["coding"][0]["code"] not in names]
    return {**task, "input": kept}


def of(task: Json, name: str) -> Json:
    """The input of that name, to be changed in place."""
    return next(each for each in task["input"] if each["type"]["coding"][0]["code"] == name)


@pytest.mark.parametrize(
    ("followed", "example"),
    [(SDO, sdo_task), (SDO, sdo_consent), (TDDUI, slot), (TDDUI, decision)],
    ids=lambda each: getattr(each, "__name__", None) or each.name,
)
def test_the_examples_of_the_guides_conform(followed: Guide, example: Callable[[], Json]) -> None:
    message = example()
    before = copy.deepcopy(message)
    assert problems(message, followed) == []
    assert message == before  # judging changes nothing


def changed_code(name: str, system: str, code: str) -> Callable[[Json], None]:
    def change(task: Json) -> None:
        of(task, name)["valueCodeableConcept"] = coded(system, code)

    return change


@pytest.mark.parametrize(
    ("change", "rule", "path", "remedy"),
    [
        (lambda t: t.update(status="draft"), "valeur fixe", "Task.status", "écrire completed"),
        (lambda t: t.update(priority="haute"), "FHIR", "Task.priority", "choisir parmi routine"),
        (lambda t: t["meta"].pop("lastUpdated"), "cardinalité", "Task.meta.lastUpdated", "le donner"),
        (lambda t: t.update(inconnu="x"), "FHIR", "Task.inconnu", "le retirer"),
        (lambda t: t["input"].append(copy.deepcopy(of(t, "nomESMS"))), "cardinalité", "Task.input[nomESMS]",
         "n'en garder que 1"),
        (lambda t: t["input"].remove(of(t, "idNat_Decision")), "cardinalité", "Task.input[idNat_Decision]",
         "le donner"),
        (lambda t: of(t, "nomESMS").update(valueInteger=1) or of(t, "nomESMS").pop("valueString"), "type",
         "Task.input[1].valueInteger", "donner un string"),
        (lambda t: of(t, "dateStatutESMS").update(valueDate="25/10/2012"), "FHIR", "Task.input[5].valueDate",
         "la corriger"),
        (changed_code("statutESMS", STATUS, "186"), "liste", "Task.input[4].valueCodeableConcept", "JDV-J252"),
        (changed_code("statutESMS", "urn:oid:1.2.250.1.213.3.3.247", "48"), "système",
         "Task.input[4].valueCodeableConcept", f"écrire {STATUS}"),
        (lambda t: of(t, "statutESMS").update(valueCodeableConcept={"text": "sorti"}), "liste",
         "Task.input[4].valueCodeableConcept", "le donner"),
        (changed_code("motifUnite", REASON, "85"), "ASS_A32", "Task.input[motifUnite].value", "donner l'un des motifs"),
        (lambda t: t["input"].remove(of(t, "motifUnite")), "ASS_A32", "Task.input[motifUnite].value",
         "donner l'un des motifs"),
        (lambda t: t["input"].remove(of(t, "idUnite")), "regle-StatutUnite", "Task", "ne dire que le statut"),
        (changed_code("modePriseCharge", f"{NOS}/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge", "238"),
         "regle-ModePriseEnCharge", "Task.input[11]", "choisir l'un des trois"),
    ],
)  # fmt: skip
def test_each_fault_of_a_task_is_named_where_it_is(
    change: Callable[[Json], object], rule: str, path: str, remedy: str
) -> None:
    task = sdo_task()
    change(task)
    found = the(rule, problems(task, SDO))
    assert found.path == path
    assert remedy in found.remedy


def test_a_reason_is_refused_with_a_status_that_admits_none() -> None:
    task = sdo_task()
    of(task, "statutUnite")["valueCodeableConcept"] = coded(STATUS, "186")
    found = the("ASS_A32", problems(task, SDO))
    assert found.said.endswith("le statut 186 n'en admet aucun")


def test_the_expression_that_the_guide_publishes_would_see_no_unit_without_its_name() -> None:
    """Why ours replaces it: it looks at the text of types that are coded."""
    from orchestration.restitution.conformity import _evaluator

    rule = next(each for each in SDO.profiles["esms-task"].rules if each.key == "regle-StatutUnite")
    task = without(sdo_task(), "idUnite", "nomUnite", "modePriseCharge")
    assert _evaluator(rule.published or "", "Task")(task) == [True]
    assert _evaluator(rule.expression, "Task")(task) == [False]


@pytest.mark.parametrize("name", ["sdo", "tddui"])
def test_every_expression_is_understood_and_answers_of_an_empty_element(name: str) -> None:
    """An expression that is misspelt, or that answers nothing when an element is absent, would refuse everything."""
    from orchestration.restitution.conformity import _evaluator

    followed = guide(name)
    declared = [*followed.profiles.values(), *followed.extensions.values()]
    for rule in (rule for each in declared for rule in each.rules):
        if ".matches(" not in rule.expression or "exists()" in rule.expression:
            answer = _evaluator(rule.expression.replace("%SD", SD), "")({})
            assert answer in ([True], [False]), rule.key


def test_an_absence_without_reason_nor_forecast_breaks_both_rules() -> None:
    message = slot()
    message.pop("appointmentType")
    message["extension"].pop()
    assert [each.rule for each in problems(message, TDDUI)] == ["motifAbsenceCardinality", "absencePrevueCardinality"]


def test_an_identifier_of_another_form_is_said_with_the_form() -> None:
    message = slot()
    message["identifier"][0]["value"] = "PA-0001"
    found = the("SlotPresenceAbsenceIdentifierFormat", problems(message, TDDUI))
    assert found.path == "Slot.identifier[0]"
    assert "3480787529/123456789-PA-1234" in found.remedy


def inside(message: Json, *urls: str) -> list[Json]:
    """The extensions that stand in the one at the end of these urls."""
    here = message
    for url in urls:
        here = next(each for each in here["extension"] if each["url"] == url)
    return here["extension"]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda d, _: d.pop(0), ["cardinalité"]),  # typeDecision
        (lambda d, _: d.append({"url": "dateDecision", "valueString": "hier"}), ["type"]),
        (lambda d, _: d.append({"url": "dateDecision"}), ["ext-1"]),
        (lambda d, _: d[0].update(valueCodeableConcept=coded(KIND, "9")), ["liste"]),
        (lambda d, _: d[0].update(valueCodeableConcept=coded(KIND, "5")) or d.pop(1), ["DateEffetClotureCardinality"]),
        (lambda _, r: r.pop(3), ["cardinalité"]),  # dateOuverture
        (lambda _, r: r[2].update(valueCodeableConcept=coded(KIND, "1")), ["idDecisionMAJInterdiction"]),
        (lambda _, r: r[1].update(valueCodeableConcept=coded(RIGHT, "11.1")), ["FormationCardinality"]),
        (lambda _, r: r[1].update(valueCodeableConcept=coded(RIGHT, "7.8")) or r.pop(6), ["cretonCardinality"]),
        (lambda _, r: r[-1]["extension"].append(
            {"url": "precisionOrientation", "valueCodeableConcept": coded("https://exemple.test", "1")}
        ), ["PrecisionOrientationValues13.1-13.2"]),
        (lambda _, r: r[-1]["extension"][2].update(valueReference={"reference": "Patient/a"}), ["référence"]),
        (lambda _, r: r[-1]["extension"].pop(1), ["cardinalité"]),  # qualificationOrientation
    ],
)  # fmt: skip
def test_extensions_are_judged_however_deep(
    change: Callable[[list[Json], list[Json]], object], rules: list[str]
) -> None:
    message = decision()
    top = f"{SD}/tddui-decision"
    change(inside(message, top), inside(message, top, "droitPrestation"))
    assert [each.rule for each in problems(message, TDDUI)] == rules


def test_a_renewal_names_the_decision_that_it_renews() -> None:
    message = decision()
    message["identifier"].pop()
    the("idDecisionMAJCardinality", problems(message, TDDUI))


def test_a_formation_is_looked_for_where_it_stands() -> None:
    """The expression of the guide looks for it one level too deep, and refuses every right of that type."""
    message = decision()
    right = inside(message, f"{SD}/tddui-decision", "droitPrestation")
    right[1]["valueCodeableConcept"] = coded(RIGHT, "11.1")
    right[-1]["extension"].append({"url": "formation", "valueString": "menuiserie"})
    assert problems(message, TDDUI) == []


def bundle(*resources: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:{rank}",
                "resource": each,
                "request": {"method": "POST", "url": each["resourceType"]},
            }
            for rank, each in enumerate(resources)
        ],
    }


def test_the_entries_of_a_bundle_are_judged_each_by_its_profile() -> None:
    wrong = slot()
    wrong.pop("appointmentType")
    found = problems(bundle(slot(), wrong, decision()), TDDUI)
    assert the("motifAbsenceCardinality", found).path == "entry[1].resource"


def test_a_bundle_posts_and_names_its_kind() -> None:
    message = bundle(slot())
    message["type"] = "batch"
    message["entry"][0]["request"]["method"] = "PUT"
    assert [(each.rule, each.path) for each in problems(message, TDDUI)] == [
        ("valeur fixe", "Bundle.type"),
        ("valeur fixe", "Bundle.entry[0].request.method"),
    ]


def test_a_reference_inside_the_bundle_is_followed() -> None:
    message = bundle(slot(), slot())
    message["entry"][0]["resource"]["schedule"] = {"reference": "urn:uuid:1"}
    assert the("référence", problems(message, TDDUI)).value == "Slot"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (None, "ce n'est pas une ressource"),
        ([], "ce n'est pas une ressource"),
        ({"resourceType": "Tache"}, "ressource inconnue de FHIR"),
        ({"resourceType": "Patient"}, "aucun profil du guide sdo"),
    ],
)
def test_what_is_no_message_of_the_guide_is_said(message: object, said: str) -> None:
    assert any(said in each.said for each in problems(message, SDO))


def test_a_resource_is_known_by_what_it_claims_else_by_its_identifier() -> None:
    system = "https://identifiant-medicosocial-sejour.esante.gouv.fr"
    assert profile_of(slot(), TDDUI) == "tddui-slot-presence-absence"
    assert (
        profile_of({"resourceType": "Encounter", "identifier": [{"system": system}]}, TDDUI) == "tddui-encounter-sejour"
    )
    assert profile_of({"resourceType": "Encounter"}, TDDUI) is None


MANDATORY = {"idNat_Struct", "nomESMS", "idDecision", "idNat_Decision"}
OF_THE_UNIT = {"idUnite", "nomUnite", "categorieOrganisation", "modePriseCharge", "dateStatutUnite"}
NAMES = [each["type"]["coding"][0]["code"] for each in sdo_task()["input"]]


@given(kept=st.sets(st.sampled_from(NAMES)), order=st.randoms(use_true_random=False))
def test_a_task_conforms_exactly_when_nothing_that_it_needs_is_missing(kept: set[str], order: Any) -> None:
    """Whatever else it holds, and in whatever order."""
    task = without(sdo_task(), *(set(NAMES) - kept))
    order.shuffle(task["input"])
    if not task["input"]:
        del task["input"]
    unit = "statutUnite" in kept
    # Of the two statuses, only that of the unit is in the table, and needs a reason.
    whole = kept >= MANDATORY and (not unit or kept >= OF_THE_UNIT | {"motifUnite"})
    assert (problems(task, SDO) == []) == whole


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                        ["input", "type", "coding", "system", "code", "extension", "url", "_status", "value", "meta",
                         "profile", "identifier", "resourceType"]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_whatever_is_given_is_judged_without_failing(rest: Any) -> None:
    for wrong in (rest, {**sdo_task(), "input": rest}, {**slot(), "extension": rest}, bundle(slot()) | {"entry": rest}):
        followed = SDO if isinstance(wrong, dict) and wrong.get("resourceType") == "Task" else TDDUI
        assert all(isinstance(each, Problem) for each in problems(wrong, followed))


def test_the_value_of_a_problem_is_not_in_its_repr() -> None:
    """It may be about a person, and errors end in logs."""
    assert "DUPONT" not in repr(Problem("Patient.name", "r", "s", "r", "DUPONT"))


def test_the_other_commands_do_not_wait_for_it() -> None:
    """Neither FHIR's models nor FHIRPath are read before a message is judged."""
    asked = "import sys, orchestration.cli, orchestration.restitution.preparation as _;" \
            "print([m for m in sys.modules if m.startswith(('fhir.', 'fhirpathpy'))])"  # fmt: skip
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("Encounter-tddui-encounter-sejour-example", []),
        ("Encounter-tddui-encounter-evenement-example", []),
        ("Patient-tddui-patient-ins-example", []),
        ("Slot-tddui-slot-presence-absence-example", []),
        # Shortened when it was transcribed: without system of its identifier, without author.
        (
            "QuestionnaireResponse-tddui-questionnaire-response-aggir-pa-example",
            ["cardinalité", "professionnel-requis"],
        ),
    ],
)
def test_the_transcribed_examples_conform_but_where_they_were_shortened(
    shared_data: Path, name: str, rules: list[str]
) -> None:
    path = shared_data / "tddui" / "fhir_v2_examples" / f"{name}.json"
    assert [each.rule for each in problems(json.loads(path.read_text(encoding="utf-8")), TDDUI)] == rules
