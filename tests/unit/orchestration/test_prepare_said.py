"""What `dlnuf prepare` says on the screen: why nothing is there, how many tasks there are, no class without a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from orchestration.cli import prepare
from orchestration.restitution.known import Doubt, Etablissement
from orchestration.restitution.portability import Transfer
from orchestration.restitution.preparation import Prepared, nothing
from orchestration.restitution.resid_file import EVERYBODY
from tests.unit.restitution.esms_examples import EHPAD, FINESS, IME

LACKING = [Doubt("E-4", "S-1", "idUnite", "Entrée à compléter : idUnite absent")]
ABOUT_ALL = [Doubt(EVERYBODY, "", "MOIS", "Le dernier export est avant la fin du mois")]


@pytest.mark.parametrize(
    ("kind", "esms", "doubts", "said"),
    [
        ("sdo", IME, [], "les systèmes disent la même chose"),
        ("sdo", IME, LACKING, "rien n'est prêt à envoyer"),
        ("sdo", replace(IME, vt_compared=False), [], "rien de reçu de ViaTrajectoire"),
        ("viatrajectoire", replace(EHPAD, vt_compared=False), [], "rien de reçu de ViaTrajectoire"),
        ("sdo", EHPAD, [], "par cette commande"),
        ("viatrajectoire", IME, [], "par cette commande"),
        ("resid", EHPAD, ABOUT_ALL, "aucun séjour ne couvre ce mois"),
        ("resid", EHPAD, LACKING, "rien n'est prêt à envoyer"),
        ("ecarts", replace(EHPAD, vt_compared=False), [], "les systèmes disent la même chose"),
    ],
)
def test_why_nothing_is_there(kind: str, esms: Etablissement, doubts: list[Doubt], said: str) -> None:
    assert said in nothing(kind, esms, doubts)


def prepared(*names: str, why: str = "") -> str:
    rows = dict.fromkeys(names, 1)
    return prepare.of_outcome(Prepared("sdo", FINESS, None, rows, {}, 0, nothing=why), None)


def test_one_task_has_no_order() -> None:
    assert "sdo_001_entree.json : 1 tâche, à envoyer (POST Task)" in prepared("sdo_001_entree.json")
    assert "2 tâches, à envoyer une par une dans cet ordre" in prepared("sdo_001_entree.json", "sdo_002_sortie.json")
    assert "  parce que" in prepared(why="parce que")


def test_a_class_without_a_row_is_not_said() -> None:
    said = prepare.of_transfer(Transfer(FINESS, date(2026, 10, 31), {"usagers": 2, "prises_en_charge": 0}, 3, []))
    assert "usagers : 2 lignes" in said
    assert "prises_en_charge" not in said
