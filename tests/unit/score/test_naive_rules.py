"""What naive rules would have retained, and the orders that would have been right more often."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.score.small_witness import ET, SmallWitness

CHARGES = {"element_id": "CHARGES_G1", "base_temporelle": "exercice"}  # order: errd, ca, tdb_esms; ± 0,5 %
RULES = ("ca", "errd", "derniere_recue", "majorite", "reference")


def _answers(small: SmallWitness, values: dict[str, float], kept: str, unit: str = ET) -> None:
    """1000 is true; what each file says, the one that is retained."""
    key: dict[str, Any] = CHARGES | {"unite_id": unit}
    small.true(1000.0, **key)
    for name, said in values.items():
        small.said(name, said, right=said == 1000.0, **key)
        if name == kept:
            small.kept(name, said, "divergent", **key)
        else:
            small.lost(name, said, **key)


CASES = {
    # what each file says, in the order of reception; the rules that are right
    "the CA is right": ({"errd.csv": 900.0, "ca.csv": 1000.0, "tdb.csv": 800.0}, {"ca"}),
    "the ERRD is right": ({"errd.csv": 1000.0, "ca.csv": 900.0, "tdb.csv": 800.0}, {"errd", "reference"}),
    "the last one is right": ({"errd.csv": 900.0, "ca.csv": 800.0, "tdb.csv": 1000.0}, {"derniere_recue", "majorite"}),
    "two that agree are right": (
        {"errd.csv": 1000.0, "ca.csv": 1000.0, "tdb.csv": 1.0}, {"ca", "errd", "majorite", "reference"},
    ),
    "without CA nor ERRD, the last received": ({"tdb.csv": 1000.0}, {"ca", "errd", "derniere_recue", "majorite"}),
    "near enough counts as agreeing": (
        {"errd.csv": 1000.0, "ca.csv": 1004.0, "tdb.csv": 1.0}, {"ca", "errd", "majorite", "reference"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "right"), CASES.values(), ids=CASES)
def test_each_rule_believes_whom_it_says(small: SmallWitness, values: dict[str, float], right: set[str]) -> None:
    _answers(small, values, kept=min(values))
    naive = small.score()["naive"]
    assert {rule for rule in RULES if naive[rule] == 1} == right
    assert {rule for rule in RULES if naive[rule] == 0} == set(RULES) - right


def test_a_group_where_a_rule_is_ahead_is_told_with_its_questions(small: SmallWitness) -> None:
    _answers(small, {"errd.csv": 900.0, "ca.csv": 1000.0}, kept="errd.csv")
    _answers(small, {"errd.csv": 1000.0, "ca.csv": 1000.0}, kept="errd.csv", unit="010000002")
    said = small.score()
    (ahead,) = [row for row in said["devances"] if row["regle"] == "ca"]
    assert (ahead["groupe"], ahead["systeme"], ahead["part"], ahead["n"]) == ("8-Finances", 0.5, 1, 2)
    assert (ahead["n_justes_de_plus"], ahead["exemples"]) == (1, [f"CHARGES_G1 {ET}"])
    assert not [row for row in said["devances"] if row["regle"] in ("errd", "reference")]
    (group,) = said["par_groupe"]
    assert (group["n"], group["systeme"], group["ca"], group["errd"]) == (2, 0.5, 1, 0.5)


def test_another_order_is_proposed_when_it_is_right_more_often(small: SmallWitness) -> None:
    for rank in range(6):
        _answers(small, {"errd.csv": 900.0, "ca.csv": 1000.0}, kept="errd.csv", unit=f"01000001{rank}")
    _answers(small, {"errd.csv": 1000.0, "ca.csv": 900.0}, kept="errd.csv", unit="010000020")
    (proposal,) = small.score()["propositions"]
    assert proposal["element_id"] == "CHARGES_G1"
    assert proposal["ordre_actuel"] == "errd>ca>tdb_esms"
    assert proposal["ordre_propose"] == "ca>errd>tdb_esms"
    assert (proposal["n_comparees"], proposal["gain"]) == (7, 5)
    assert proposal["part_actuelle"] == pytest.approx(1 / 7)
    assert proposal["part_proposee"] == pytest.approx(6 / 7)


def test_a_gain_that_chance_explains_is_not_proposed(small: SmallWitness) -> None:
    _answers(small, {"errd.csv": 900.0, "ca.csv": 1000.0}, kept="errd.csv")
    assert small.score()["propositions"] == []
