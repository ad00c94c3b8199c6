"""The score of the real pipeline on an invented département: the floors that the system promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.home import Home
from ingest.protect.landed_keys import sha256_by_delivery
from tests import shared
from witness.generate.personnes.person_defects import EFFECTS
from witness.generate.personnes.situations import SITUATIONS
from witness.score import score

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """A département generated, delivered, run: its home, its generation."""
    played = shared.played(tmp_path_factory)
    return played.home, played.generation


@pytest.fixture(scope="module")
def judged(place: tuple[Home, Path]) -> dict[str, Any]:
    """What the judge says of it."""
    return score(place[0].root, place[1] / "verite", sha256_by_delivery(place[0]))


def test_what_one_source_states_rightly_is_retained_rightly(judged: dict[str, Any]) -> None:
    assert judged["questions_dites_justement"] > 80_000
    assert judged["retained_right"] >= 0.995


def test_no_naive_rule_is_ahead_overall(judged: dict[str, Any]) -> None:
    assert {rule: share for rule, share in judged["naive"].items() if share >= judged["retained_right"]} == {}


def test_conflicts_are_announced_and_only_they(judged: dict[str, Any]) -> None:
    conflicts = judged["conflicts"]
    assert conflicts["reels"] > 200
    assert conflicts["precision"] >= 0.99
    assert conflicts["recall"] >= 0.99


def test_no_row_is_lost_and_the_count_is_that_of_the_files(judged: dict[str, Any]) -> None:
    assert judged["rows_lost"] == 0
    assert judged["lignes"]["dans_les_fichiers"] == judged["lignes"]["lues"] > 9_000


def test_what_nobody_says_stays_unknown(judged: dict[str, Any]) -> None:
    unknown = {row["motif"]: row for row in judged["inconnues"]}
    for motif in ("vide", "sans_objet"):
        assert unknown[motif]["n_inconnues"] >= 0.99 * unknown[motif]["n"]
    assert unknown["taux_ko"]["n_inconnues"] == unknown["taux_ko"]["n"]


@pytest.mark.parametrize("kind", ["finess_malforme", "ligne_en_double", "ligne_tronquee"])
def test_rows_that_no_system_can_use_are_rejected(judged: dict[str, Any], kind: str) -> None:
    row = next(row for row in judged["rejets"]["par_nature"] if row["nature"] == kind)
    assert (row["n_rejetees"] > 0, row["n_acceptees"]) == (True, 0)


@pytest.mark.parametrize("kind", ["virgule_decimale", "zero_initial_perdu"])
def test_what_is_only_written_oddly_is_read_right(judged: dict[str, Any], kind: str) -> None:
    row = next(row for row in judged["par_defaut"] if row["nature"] == kind)
    assert row["n"] > 10
    assert row["part"] >= 0.99


def test_persons_are_brought_together_on_identities_as_hard_as_real_ones(judged: dict[str, Any]) -> None:
    """The floors are what the rules reach on two other seeds (100 and 99.62 %), with a margin for a third."""
    persons = judged["persons"]
    assert persons["plusieurs_ins"] == 0
    assert persons["precision"] >= 0.9995
    assert persons["recall"] >= 0.99


def test_who_opposes_matching_stands_alone(judged: dict[str, Any]) -> None:
    opposed = judged["persons"]["opposants"]
    assert opposed["fiches"] > 0
    assert opposed["fiches_rapprochees"] == []


def test_what_each_kind_costs_to_persons_is_told(judged: dict[str, Any]) -> None:
    about_identity = {nature for nature, effect in EFFECTS.items() if effect == "identite"}
    told = {row["nature"]: row for row in judged["persons"]["par_nature"]}
    assert about_identity | set(SITUATIONS) <= set(told)
    untouched = told["aucune"]
    assert untouched["fausses"] == 0
    assert untouched["recall"] > max(judged["persons"]["recall"], 0.99)


def test_every_figure_is_cut_along_each_axis(judged: dict[str, Any]) -> None:
    stated = judged["questions_dites_justement"]
    for axis in ("par_element", "par_groupe", "par_nombre_de_sources"):
        assert sum(row["n"] for row in judged[axis]) == stated
    wrong = stated - judged["dont_retenues_justes"]
    assert sum(row["n"] for row in judged["erreurs"]) == wrong


def test_the_same_publication_has_the_same_score(judged: dict[str, Any], place: tuple[Home, Path]) -> None:
    home, generation = place
    assert score(home.root, generation / "verite", sha256_by_delivery(home)) == judged
