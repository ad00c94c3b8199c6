"""What ViaTrajectoire grand âge is told, and the work list; what is missing is a doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from orchestration.restitution import viatrajectoire_table, work_list
from orchestration.restitution.known import Demande, Etablissement, Mismatch
from tests.unit.restitution.esms_examples import EHPAD, with_file, with_stay

ENTERED = {"vt_entree_to_tell": True}
LEFT = {"vt_sortie_to_tell": True, "sortie": date(2026, 11, 3)}


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
