"""What ViaTrajectoire is told: SDO tasks with legal pairs only, lines for grand âge; what is missing is a doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from orchestration.restitution import sdo_tasks, viatrajectoire_table, work_list
from orchestration.restitution.known import Decision, Demande, Droit, Etablissement, Mismatch
from tests.unit.restitution.esms_examples import DECISION, EHPAD, IME, TASK, with_file, with_stay

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ENTERED = {"vt_entree_to_tell": True}
LEFT = {"vt_sortie_to_tell": True, "sortie": date(2026, 11, 3)}


def inputs(entry: dict[str, Any]) -> dict[str, Any]:
    """Code of each input -> its value."""
    found = {}
    for each in entry["resource"]["input"]:
        (key,) = set(each) - {"type"}
        value = each[key]
        found[each["type"]["coding"][0]["code"]] = (
            (value["coding"][0]["code"] if "coding" in value else value["value"]) if isinstance(value, dict) else value
        )
    return found


def only(bundle: dict[str, Any] | None) -> dict[str, Any]:
    assert bundle is not None
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
    (entry,) = bundle["entry"]
    return entry


def test_an_entry_updates_the_task_of_the_orientation() -> None:
    prepared = sdo_tasks.prepare(with_stay(IME, **ENTERED), AT)
    entry = only(prepared.entries)
    assert entry["request"] == {"method": "PUT", "url": "Task/tache-5"}
    assert inputs(entry) == {
        "idNat_Struct": "1010000001", "nomESMS": "IME DES EXEMPLES", "statutESMS": "47",
        "dateStatutESMS": "2026-10-02", "idUnite": "OI-3", "categorieOrganisation": "01", "temporaliteAccueil": "02",
        "accueilSequentiel": False, "modePriseCharge": "46", "statutUnite": "186", "dateStatutUnite": "2026-10-02",
        "typeDroitPrestation": "7.1", "idDecision": "DEC-9", "idNat_Decision": "N-9",
    }  # fmt: skip
    task = entry["resource"]
    assert (task["intent"], task["meta"]["lastUpdated"]) == ("plan", "2026-11-21T09:00:00.000+00:00")
    assert (prepared.exits, prepared.doubts, prepared.rows) == (None, [], 1)


@pytest.mark.parametrize(
    ("reason", "given"),
    [
        pytest.param("124", "124", id="a legal reason"),
        pytest.param("109", None, id="legal for another status: not for 188"),
        pytest.param("DOMICILE", None, id="a code of ours"),
        pytest.param("AUTRE", None, id="a text that was not understood"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_an_exit_gives_a_reason_only_when_the_pair_is_legal(reason: str | None, given: str | None) -> None:
    prepared = sdo_tasks.prepare(with_stay(IME, **LEFT, motif_sortie=reason), AT)
    told = inputs(only(prepared.exits))
    assert (told["statutESMS"], told["statutUnite"], told["dateStatutUnite"]) == ("48", "188", "2026-11-03")
    assert told.get("motifUnite") == given
    assert [d.champ for d in prepared.doubts] == ([] if given else ["motifUnite"])


def test_an_entry_and_an_exit_that_were_never_told_go_one_after_the_other() -> None:
    prepared = sdo_tasks.prepare(with_stay(IME, **ENTERED, **LEFT, motif_sortie="124"), AT)
    assert [inputs(only(b))["statutESMS"] for b in (prepared.entries, prepared.exits)] == ["47", "48"]


OTHER = replace(TASK, tache_id="tache-6")
SECOND = Decision("DEC-10", "N-10", date(2026, 1, 1), "1", (Droit("7.2"),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orientations": (TASK, OTHER)}, "Plusieurs orientations en cours"),
        ({"orientations": (), "decisions": ()}, "Décision inconnue"),
        ({"orientations": (), "decisions": (DECISION, SECOND)}, "Plusieurs décisions"),
        ({"orientations": (), "decisions": (replace(DECISION, id_nat=None),)}, "Décision sans identifiant"),
    ],
)
def test_a_task_that_cannot_be_known_is_not_prepared(changes: dict[str, Any], reason: str) -> None:
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), **changes), AT)
    assert prepared.entries is None
    (doubt,) = prepared.doubts
    assert doubt.constat == "Entrée du 02/10/2026 non préparée"
    assert doubt.todo.startswith(reason)


def test_the_task_that_the_stay_came_from_is_the_one_told_among_several() -> None:
    esms = with_file(with_stay(IME, **ENTERED, dossier_vt="tache-6"), orientations=(TASK, OTHER))
    assert only(sdo_tasks.prepare(esms, AT).entries)["request"]["url"] == "Task/tache-6"


def test_an_exit_goes_to_the_orientation_of_who_entered() -> None:
    there = replace(OTHER, statut_esms="47")
    esms = with_file(with_stay(IME, **LEFT, motif_sortie="124"), orientations=(TASK, there))
    assert only(sdo_tasks.prepare(esms, AT).exits)["request"]["url"] == "Task/tache-6"


def test_without_orientation_the_only_decision_makes_a_new_task_to_be_checked() -> None:
    prepared = sdo_tasks.prepare(with_file(with_stay(IME, **ENTERED), orientations=()), AT)
    entry = only(prepared.entries)
    assert entry["request"] == {"method": "POST", "url": "Task"}
    assert "id" not in entry["resource"]
    assert inputs(entry)["typeDroitPrestation"] == "7.1"
    assert [d.champ for d in prepared.doubts] == ["Task"]


def test_a_transaction_holds_a_task_once() -> None:
    stay = replace(with_stay(IME, **ENTERED).dossiers[0].sejours[0])
    prepared = sdo_tasks.prepare(with_file(IME, sejours=(stay, replace(stay, number="S-2"))), AT)
    assert only(prepared.entries)
    assert "Deux séjours" in prepared.doubts[0].todo


def test_what_a_task_must_hold_and_the_dui_does_not_know_is_told() -> None:
    esms = replace(with_file(with_stay(IME, **ENTERED), orientations=(replace(TASK, type_droit=None),)), nom=None)
    assert {d.champ for d in sdo_tasks.prepare(esms, AT).doubts} == {"nomESMS", "typeDroitPrestation"}


def told(esms: Etablissement) -> list[dict[str, str]]:
    return [
        dict(zip(viatrajectoire_table.COLUMNS, row, strict=True)) for row in viatrajectoire_table.prepare(esms).rows
    ]


PAPER = Demande("P-8", True, "LISTE_ATTENTE", date(2026, 5, 1), to_close=True)
APPLIED = Demande("VT-3", False, "ADMISSION", date(2026, 9, 1))


def test_lines_of_grand_age() -> None:
    esms = with_file(
        with_stay(EHPAD, **ENTERED, **LEFT, motif_sortie="124"),
        demandes=(APPLIED, PAPER, replace(PAPER, to_close=False)),
    )
    columns = ("N° dossier ViaTrajectoire", "Action", "Statut à porter", "Date de sortie")
    assert [tuple(line[c] for c in columns) for line in told(esms)] == [
        ("VT-3", "Déclarer l'entrée", "Entrée", ""),
        ("VT-3", "Déclarer la sortie", "Sortie", "03/11/2026"),
        ("P-8", "Clore le dossier papier", "Archivé", ""),
    ]  # fmt: skip
    assert viatrajectoire_table.prepare(esms).doubts == []


@pytest.mark.parametrize("demandes", [(), (APPLIED, replace(APPLIED, dossier_vt="VT-4")), (PAPER,)])
def test_an_application_that_cannot_be_known_is_left_empty(demandes: tuple[Demande, ...]) -> None:
    esms = with_file(with_stay(EHPAD, **ENTERED), demandes=demandes)
    assert told(esms)[0]["N° dossier ViaTrajectoire"] == ""
    assert told(esms)[0]["À confirmer"] == "dossier ViaTrajectoire à retrouver"
    assert viatrajectoire_table.prepare(esms).doubts[0].constat == "Dossier ViaTrajectoire à retrouver"


def test_the_work_list_is_sorted_kind_by_kind() -> None:
    entry, paper = work_list.KINDS[0].label, work_list.PAPER
    lines = [
        Mismatch(n, "NOM", "S", kind, "constat", "1", "2", "3", "à faire")
        for n, kind in (("", paper), ("D2", paper), ("D9", entry), ("D1", paper))
    ]
    rows = work_list.prepare(replace(EHPAD, mismatches=tuple(lines)))
    assert [(row[4], row[1]) for row in rows] == [(entry, "D9"), (paper, "D1"), (paper, "D2"), (paper, "")]
    assert len(rows[0]) == len(work_list.COLUMNS)
