"""The score of what forms come back filled with: on a warehouse of a few cells, judged by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.unit.score.small_witness import SmallWitness
from witness.score.prefilled_judged import THRESHOLD

YEAR = 2023
# (ESMS, form, state, reason, source, said, true): one cell each, of TX_OCC_HP, whose tolerance is 2 points
CELLS = [
    ("010000001", "tdb_esms", "prerempli", "concordant", "errd", 90.0, 91.0),  # right: within the tolerance
    ("010000002", "tdb_esms", "prerempli", "source_sure", "errd", 90.0, 90.0),  # right
    ("010000003", "tdb_esms", "prerempli", "source_sure", "errd", 9.0, 90.0),  # wrong, filled
    ("010000004", "tdb_esms", "a_confirmer", "divergent", "errd", 60.0, 90.0),  # wrong, caught
    ("010000005", "tdb_esms", "a_confirmer", "seul", "ca", 70.0, 90.0),  # wrong, caught
    ("010000006", "tdb_esms", "a_confirmer", "seul", "ca", 90.0, 90.0),  # right, and asked all the same
    ("010000007", "tdb_esms", "prerempli", "source_sure", "errd", 90.0, None),  # filled about what does not exist
    ("010000008", "errd", "prerempli", "concordant", "tdb_esms", 90.0, 90.0),  # another form
]
NOT_ASKED = ("010000009", "tdb_esms", "prerempli", "source_sure", "errd", 9.0, 90.0)  # of no form: nobody reads it


def _warehouse(small: SmallWitness) -> None:
    with duckdb.connect(str(small.home.warehouse)) as connection:
        connection.execute("CREATE SCHEMA intermediate")
        connection.execute(
            """CREATE TABLE intermediate.int_formulaires__champs (
                   unite_id VARCHAR, finess_et VARCHAR, formulaire VARCHAR, etat VARCHAR, raison VARCHAR,
                   source VARCHAR, valeur_nombre DOUBLE, valeur VARCHAR, valeur_texte VARCHAR, valeur_date DATE,
                   element_id VARCHAR, composante VARCHAR, base_temporelle VARCHAR, perimetre VARCHAR,
                   millesime INTEGER,
                   millesime_demande INTEGER, avant_reponses BOOLEAN, avec_reservees BOOLEAN)"""
        )
        for unit, form, state, reason, source, said, _ in [*CELLS, NOT_ASKED]:
            for before, reserved in ((True, False), (True, True), (False, False)):  # of which the first is judged
                connection.execute(
                    """INSERT INTO intermediate.int_formulaires__champs VALUES
                       ($1, $1, $2, $3, $4, $5, $6, $6::VARCHAR, NULL, NULL, 'TX_OCC_HP', '', 'flux_annee', 'site',
                        $7, $7, $8, $9)""",
                    [unit, form, state, reason, source, said, YEAR, before, reserved],
                )
        connection.execute(
            """CREATE TABLE intermediate.int_dlnuf__preremplissage AS
               SELECT DISTINCT formulaire, finess_et, element_id, 2023 AS millesime, 2 AS n_champs,
                      (etat = 'prerempli')::INTEGER AS n_preremplis, (etat = 'a_confirmer')::INTEGER AS n_a_confirmer
               FROM intermediate.int_formulaires__champs WHERE finess_et <> '010000009'"""
        )


@pytest.fixture
def figures(small: SmallWitness) -> dict[str, Any]:
    for unit, *_, true in [*CELLS, NOT_ASKED]:
        if true is not None:
            small.true(true, unite_id=unit)
    small.said("errd.csv", 90.0, right=True, unite_id="010000002")
    small.kept("errd.csv", 90.0, unite_id="010000002")
    small.home.root.mkdir(parents=True, exist_ok=True)
    _warehouse(small)
    found = small.score()["preremplissage"]
    assert found is not None
    return found


def test_right_counts_prefilled_cells_that_have_a_truth(figures: dict[str, Any]) -> None:
    assert figures["n_preremplis"] == 4
    assert figures["right"] == 3 / 4
    assert figures["n_sans_verite"] == 1


def test_caught_are_the_wrong_answers_that_are_to_be_confirmed(figures: dict[str, Any]) -> None:
    assert figures["n_fausses"] == 3
    assert figures["caught"] == 2 / 3


def test_each_form_is_judged_apart(figures: dict[str, Any]) -> None:
    by_form = {row["formulaire"]: row for row in figures["par_formulaire"]}
    assert by_form["errd"]["right"] == 1.0
    assert by_form["errd"]["caught"] is None  # nothing is wrong: nothing was to be caught
    assert (by_form["tdb_esms"]["n_champs"], by_form["tdb_esms"]["part_preremplie"]) == (14, 4 / 14)


def test_what_is_under_the_threshold_is_named(figures: dict[str, Any]) -> None:
    assert figures["seuil"] == THRESHOLD == 0.995
    assert figures["sous_le_seuil"] == [
        {"formulaire": "tdb_esms", "element_id": "TX_OCC_HP", "n": 3, "part": pytest.approx(2 / 3)}
    ]


def test_answers_that_are_alone_are_measured_by_source(figures: dict[str, Any]) -> None:
    assert [(r["source"], r["remplit"], r["n"], r["part"]) for r in figures["reponses_seules"]] == [
        ("ca", False, 2, 0.5),
        ("errd", True, 2, 0.5),
    ]


def test_a_warehouse_made_before_forms_has_no_figure(small: SmallWitness) -> None:
    small.true(90.0)
    small.said("errd.csv", 90.0, right=True)
    small.kept("errd.csv", 90.0)
    small.home.root.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(small.home.warehouse)) as connection:
        connection.execute("CREATE SCHEMA intermediate")
    assert small.score()["preremplissage"] is None
