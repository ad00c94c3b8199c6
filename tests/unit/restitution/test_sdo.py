"""What ViaTrajectoire handicap is told: one whole task an event, by its guide; what a task lacks is said, by name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.guides import guide
from orchestration.restitution import sdo_tasks
from orchestration.restitution.conformity import problems
from orchestration.restitution.known import Decision, Droit, Etablissement
from orchestration.restitution.sdo_tasks import Message, Prepared
from tests.unit.restitution.esms_examples import DECISION, IME, STAY, TASK, with_file, with_stay

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ENTERED = {"vt_entree_to_tell": True}
LEFT = {"vt_sortie_to_tell": True, "sortie": date(2026, 11, 3)}
NOS = "https://mos.esante.gouv.fr/NOS"


def inputs(message: Message) -> dict[str, Any]:
    """Code of each input -> its value."""
    found = {}
    for each in message.task["input"]:
        (key,) = set(each) - {"type"}
        value = each[key]
        found[each["type"]["coding"][0]["code"]] = (
            (value["coding"][0]["code"] if "coding" in value else value["value"]) if isinstance(value, dict) else value
        )
    return found


def only(prepared: Prepared) -> Message:
    (message,) = prepared.messages
    assert problems(message.task, guide("sdo")) == []
    return message


def lacking(prepared: Prepared) -> list[str]:
    """What the only event lacks, by name: no task of it was prepared."""
    assert prepared.messages == []
    assert all(" à compléter : " in doubt.constat and not doubt.ligne for doubt in prepared.doubts)
    return [doubt.champ for doubt in prepared.doubts]


def test_an_entry_is_one_task_to_be_created() -> None:
    prepared = sdo_tasks.prepare(with_stay(IME, **ENTERED), AT)
    message = only(prepared)
    assert (message.event, message.on, prepared.doubts) == ("entree", date(2026, 10, 2), [])
    assert inputs(message) == {
        "idNat_Struct": "1010000001", "nomESMS": "IME DES EXEMPLES", "statutESMS": "47",
        "dateStatutESMS": "2026-10-02", "idUnite": "OI-3", "nomUnite": "Les Lilas", "categorieOrganisation": "48",
        "temporaliteAccueil": "02", "accueilSequentiel": False, "modePriseCharge": "46", "statutUnite": "186",
        "dateStatutUnite": "2026-10-02", "idDecision": "DEC-9", "idNat_Decision": "N-9",
    }  # fmt: skip
    task = message.task
    assert (task["status"], task["intent"]) == ("completed", "plan")
    assert task["meta"] == {
        "lastUpdated": "2026-11-21T09:00:00.000+00:00",
        "profile": ["https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/esms-task"],
    }
    assert "id" not in task  # who creates it gives it


def test_systems_are_the_canonical_urls_that_the_lists_are_bound_to() -> None:
    said = json.dumps(only(sdo_tasks.prepare(with_stay(IME, **LEFT, motif_sortie="124"), AT)).task)
    for system in (
        "TRE_R357-StatutPersonnePriseCharge", "TRE_R358-MotifStatutPersonnePriseCharge",
        "TRE_R244-CategorieOrganisation", "TRE_R240-TemporaliteAccueil", "TRE_R213-ModePriseEnCharge",
    ):  # fmt: skip
        assert f"{NOS}/{system}/FHIR/{system.replace('_', '-')}" in said
    assert "urn:oid:1.2.250.1.213.3.3" not in said
    assert "typeDroitPrestation" not in said


def test_an_exit_with_a_legal_reason_is_one_task() -> None:
    told = inputs(only(sdo_tasks.prepare(with_stay(IME, **LEFT, motif_sortie="124"), AT)))
    assert (told["statutESMS"], told["statutUnite"], told["dateStatutUnite"]) == ("48", "188", "2026-11-03")
    assert told["motifUnite"] == "124"


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param("109", id="legal for another status: not for 188"),
        pytest.param("DOMICILE", id="a code of ours"),
        pytest.param("AUTRE", id="a text that was not understood"),
        pytest.param(None, id="unknown"),
    ],
)
def test_an_exit_without_a_legal_reason_is_to_be_completed(reason: str | None) -> None:
    prepared = sdo_tasks.prepare(with_stay(IME, **LEFT, motif_sortie=reason), AT)
    assert lacking(prepared) == ["motifUnite"]
    (doubt,) = prepared.doubts
    assert (doubt.valeur, doubt.constat) == (reason or "", "Sortie du 03/11/2026 à compléter : motifUnite absent")
    assert "ASS_A32" in doubt.todo


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"unite_id": None}, ["idUnite"]),
        ({"nom_unite": None}, ["nomUnite"]),
        ({"unite_id": None, "nom_unite": None, "categorie_organisation": None},
         ["idUnite", "nomUnite", "categorieOrganisation"]),
        ({"decision_id": None, "id_nat": None}, ["idDecision", "idNat_Decision"]),
    ],
)  # fmt: skip
def test_an_entry_of_an_unknown_unit_or_decision_is_to_be_completed_by_name(
    changes: dict[str, Any], names: list[str]
) -> None:
    esms = with_file(with_stay(IME, **ENTERED), orientations=(replace(TASK, **changes),))
    assert lacking(sdo_tasks.prepare(esms, AT)) == names


def test_the_name_of_the_esms_is_that_of_finess_or_is_to_be_completed() -> None:
    assert lacking(sdo_tasks.prepare(replace(with_stay(IME, **ENTERED), nom=None), AT)) == ["nomESMS"]


@pytest.mark.parametrize(("modality", "mode", "time"), [("INT", "46", "02"), ("HT", "46", "01"), ("AJ", "47", None)])
def test_what_the_orientation_does_not_say_is_taken_from_the_stay_and_from_finess(
    modality: str, mode: str, time: str | None
) -> None:
    bare = replace(TASK, categorie_organisation=None, mode_prise_en_charge=None, temporalite=None)
    esms = with_file(with_stay(IME, **ENTERED, modalite=modality), orientations=(bare,))
    prepared = sdo_tasks.prepare(replace(esms, categorie="183"), AT)
    told = inputs(only(prepared))
    assert (told["categorieOrganisation"], told["modePriseCharge"]) == ("48", mode)
    assert told.get("temporaliteAccueil") == time
    assert [(d.champ, d.valeur, d.ligne) for d in prepared.doubts] == [
        ("categorieOrganisation", "48", "1"), ("modePriseCharge", mode, "1"),
    ]  # fmt: skip


def test_a_modality_that_says_no_mode_is_to_be_completed() -> None:
    esms = with_file(
        with_stay(IME, **ENTERED, modalite="SEA"), orientations=(replace(TASK, mode_prise_en_charge=None),)
    )
    assert lacking(sdo_tasks.prepare(esms, AT)) == ["modePriseCharge"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"mode_prise_en_charge": "238"}, "regle-ModePriseEnCharge"),  # of J264, which the guide narrows
        ({"mode_prise_en_charge": "12"}, "liste"),
        ({"categorie_organisation": "IME"}, "liste"),
        ({"nom_unite": ""}, "FHIR"),
    ],
)
def test_what_the_guide_refuses_is_not_prepared_and_says_why(changes: dict[str, Any], rule: str) -> None:
    esms = with_file(with_stay(IME, **ENTERED), orientations=(replace(TASK, **changes),))
    assert rule in lacking(sdo_tasks.prepare(esms, AT))


def test_an_entry_and_an_exit_go_one_after_the_other_even_of_the_same_day() -> None:
    esms = with_stay(IME, **ENTERED, vt_sortie_to_tell=True, sortie=STAY.entree, motif_sortie="124")
    assert [inputs(m)["statutESMS"] for m in sdo_tasks.prepare(esms, AT).messages] == ["47", "48"]


def test_the_same_event_has_the_same_name_and_another_another() -> None:
    """Who receives a task twice can tell."""
    esms = with_stay(IME, **ENTERED, **LEFT, motif_sortie="124")
    first, again = (sdo_tasks.prepare(esms, at).messages for at in (AT, AT.replace(year=2027)))
    names = [message.task["identifier"] for message in first]
    assert names == [message.task["identifier"] for message in again]
    assert names[0] != names[1]


OTHER = replace(TASK, tache_id="tache-6", decision_id="DEC-6")
SECOND = Decision("DEC-10", "N-10", date(2026, 1, 1), "1", (Droit("7.2"),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orientations": (TASK, OTHER)}, "Plusieurs orientations en cours"),
        ({"orientations": (), "decisions": ()}, "Décision inconnue"),
        ({"orientations": (), "decisions": (DECISION, SECOND)}, "Plusieurs décisions"),
    ],
)
def test_an_event_of_which_nobody_knows_the_decision_is_not_prepared(changes: dict[str, Any], reason: str) -> None:
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), **changes), AT)
    assert prepared.messages == []
    (doubt,) = prepared.doubts
    assert doubt.constat == "Entrée du 02/10/2026 non préparée"
    assert doubt.todo.startswith(reason)


def test_without_orientation_the_only_decision_is_taken_and_the_unit_is_to_be_completed() -> None:
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), orientations=()), AT)
    assert lacking(prepared) == ["idUnite", "nomUnite", "categorieOrganisation"]
    assert "orientation absente des fichiers reçus" in prepared.doubts[0].constat


CLOSED_SINCE = replace(DECISION, cloture=date(2026, 10, 15))
NEXT = Decision("DEC-11", None, date(2026, 9, 20), "1", (Droit("7.1", date(2026, 12, 1)),))


@pytest.mark.parametrize(
    "decisions",
    [
        (CLOSED_SINCE,),  # it still gave the right on the day of the entry
        (replace(DECISION, cloture=date(2026, 12, 1)), NEXT),  # its renewal is decided, and opens later
        (replace(DECISION, droits=(Droit("7.1", date(2026, 10, 5)),)),),  # entered three days before it opened
    ],
)
def test_without_orientation_the_decision_is_the_one_in_force_on_the_day_of_the_event(
    decisions: tuple[Decision, ...],
) -> None:
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), orientations=(), decisions=decisions), AT)
    assert lacking(prepared) == ["idUnite", "nomUnite", "categorieOrganisation"]


def test_a_decision_closed_before_the_event_is_not_the_one_it_follows() -> None:
    decisions = (replace(DECISION, cloture=date(2026, 10, 2)),)
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), orientations=(), decisions=decisions), AT)
    assert prepared.doubts[0].todo.startswith("Décision inconnue")


def test_the_task_that_the_stay_came_from_is_the_one_followed_among_several() -> None:
    esms = with_file(with_stay(IME, **ENTERED, dossier_vt="tache-6"), orientations=(TASK, OTHER))
    assert inputs(only(sdo_tasks.prepare(esms, AT)))["idDecision"] == "DEC-6"


def test_an_exit_goes_to_the_orientation_of_who_entered() -> None:
    there = replace(OTHER, statut_esms="47")
    esms = with_file(with_stay(IME, **LEFT, motif_sortie="124"), orientations=(TASK, there))
    assert inputs(only(sdo_tasks.prepare(esms, AT)))["idDecision"] == "DEC-6"


def test_two_stays_of_one_orientation_are_told_apart_first() -> None:
    stay = with_stay(IME, **ENTERED).dossiers[0].sejours[0]
    prepared = sdo_tasks.prepare(with_file(IME, sejours=(stay, replace(stay, number="S-2"))), AT)
    assert only(prepared)
    assert "Deux séjours" in prepared.doubts[0].todo


def or_none(*values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


@given(
    orientation=st.builds(
        replace, st.just(TASK), unite_id=or_none("OI-3"), nom_unite=or_none("Les Lilas", ""),
        categorie_organisation=or_none("48", "XX"), mode_prise_en_charge=or_none("46", "47", "238", "?"),
        temporalite=or_none("01", "03"), decision_id=or_none("DEC-9"), id_nat=or_none("N-9"),
        accueil_sequentiel=st.none() | st.booleans(),
    ),
    changes=st.fixed_dictionaries({
        "modalite": or_none("HP", "AJ", "SEA"), "motif_sortie": or_none("124", "109", "AUTRE"),
        "vt_entree_to_tell": st.booleans(), "vt_sortie_to_tell": st.booleans(), "sortie": st.just(date(2026, 11, 3)),
    }),
    name=or_none("IME DES EXEMPLES"), category=or_none("183", "500"),
)  # fmt: skip
def test_every_event_is_either_a_task_that_conforms_or_is_said_with_what_it_lacks(
    orientation: Any, changes: dict[str, Any], name: str | None, category: str | None
) -> None:
    esms: Etablissement = replace(
        with_file(with_stay(IME, **changes), orientations=(orientation,)), nom=name, categorie=category
    )
    prepared = sdo_tasks.prepare(esms, AT)
    for message in prepared.messages:
        assert problems(message.task, guide("sdo")) == []
    events = changes["vt_entree_to_tell"] + changes["vt_sortie_to_tell"]
    unsaid = {doubt.constat.partition(" :")[0] for doubt in prepared.doubts if not doubt.ligne}
    assert len(prepared.messages) + len(unsaid) == events
