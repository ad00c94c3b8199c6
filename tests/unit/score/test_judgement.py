"""Each figure of the score, on a case counted by hand. TX_OCC_HP tolerates 2 points; the ERRD is believed first."""

from __future__ import annotations

import pytest

from tests.unit.score.small_witness import ET, SmallWitness

OTHER, THIRD = "010000002", "010000003"


def test_a_question_stated_rightly_counts_whatever_became_of_it(small: SmallWitness) -> None:
    for unit in (ET, OTHER, THIRD):
        small.true(90.0, unite_id=unit)
        small.said("tdb.csv", 91.0, right=True, unite_id=unit)
    small.kept("tdb.csv", 91.0)  # right, within 2 points
    small.kept("errd.csv", 95.0, unite_id=OTHER)  # wrong
    said = small.score()  # the third: absent
    assert said["questions_dites_justement"] == 3
    assert (said["dont_retenues_justes"], said["dont_absentes"]) == (1, 1)
    assert said["retained_right"] == pytest.approx(1 / 3)


def test_a_value_that_the_publication_hides_is_neither_right_nor_wrong(small: SmallWitness) -> None:
    for unit in (ET, OTHER):
        small.true(90.0, unite_id=unit)
        small.said("tdb.csv", 91.0, right=True, unite_id=unit)
    small.kept("tdb.csv", 91.0)
    small.hidden("tdb.csv", unite_id=OTHER)
    said = small.score()
    assert (said["questions_dites_justement"], said["dont_absentes"]) == (1, 0)
    assert (said["retained_right"], said["retained_right_all"]) == (1, 1)
    assert (said["valeurs_retenues"], said["valeurs_sans_verite"], said["valeurs_secretes"]) == (2, 0, 1)


def test_what_is_only_said_wrong_or_on_a_line_to_reject_is_not_asked_of_the_system(small: SmallWitness) -> None:
    small.true(90.0)
    small.said("tdb.csv", 97.0, right=False)
    small.true(90.0, unite_id=OTHER)
    small.said("tdb.csv", 90.0, right=True, line=3, unite_id=OTHER)
    small.defect("tdb.csv", "ligne_en_double", "ligne_en_trop", line=3)
    said = small.score()
    assert said["questions_dites_justement"] == 0
    assert said["retained_right"] is None


def test_all_retained_values_are_judged_and_invented_ones_counted(small: SmallWitness) -> None:
    small.true(90.0)
    small.kept("tdb.csv", 90.0)
    small.true(90.0, unite_id=OTHER)
    small.kept("tdb.csv", 97.0, unite_id=OTHER)
    small.kept("tdb.csv", 50.0, unite_id=THIRD)
    said = small.score()
    assert said["retained_right_all"] == pytest.approx(1 / 2)
    assert (said["valeurs_retenues"], said["valeurs_sans_verite"]) == (3, 1)


def test_the_key_is_whole_a_truth_of_the_group_does_not_judge_the_site(small: SmallWitness) -> None:
    small.true(90.0, perimetre="groupe")
    small.kept("tdb.csv", 90.0)
    assert small.score()["valeurs_sans_verite"] == 1


def test_unknown_is_right_when_no_file_states_anything(small: SmallWitness) -> None:
    small.empty("tdb.csv")  # left unknown
    small.empty("tdb.csv", "taux_ko", unite_id=OTHER)  # not
    small.kept("tdb.csv", 90.0, unite_id=OTHER)
    small.said("tdb.csv", 90.0, right=False, line=4, unite_id=THIRD)  # an ET that does not exist, retained
    small.defect("tdb.csv", "finess_inconnu", "ligne_a_rejeter", line=4)
    small.kept("tdb.csv", 90.0, line=4, unite_id=THIRD)
    small.empty("errd.csv", unite_id="010000004")  # stated by another file: not a question of unknown
    small.said("tdb.csv", 90.0, right=False, line=5, unite_id="010000004")
    said = small.score()
    assert said["unknown_left_unknown"] == pytest.approx(1 / 3)
    assert {row["motif"]: (row["n"], row["n_inconnues"]) for row in said["inconnues"]} == {
        "vide": (1, 1),
        "taux_ko": (1, 0),
        "sans_verite": (1, 0),
    }


CONFLICTS = {
    # answers: (file, value, more); whether the layer announces a conflict; announced, founded, real, found
    "beyond tolerance, announced": ([("errd.csv", 90.0, {}), ("tdb.csv", 97.0, {})], True, (1, 1, 1, 1)),
    "beyond tolerance, missed": ([("errd.csv", 90.0, {}), ("tdb.csv", 97.0, {})], False, (0, 0, 1, 0)),
    "within tolerance": ([("errd.csv", 90.0, {}), ("tdb.csv", 92.0, {})], False, (0, 0, 0, 0)),
    "announced, but they agree": ([("errd.csv", 90.0, {}), ("tdb.csv", 90.0, {})], True, (1, 0, 0, 0)),
    "one document alone": ([("errd.csv", 90.0, {}), ("errd_2.csv", 97.0, {})], True, (1, 0, 0, 0)),
    "channels of one document": ([("tdb.csv", 90.0, {}), ("diamant.csv", 97.0, {})], False, (0, 0, 0, 0)),
    "corrected by a later delivery": (
        [("errd.csv", 97.0, {}), ("errd_2.csv", 90.0, {}), ("tdb.csv", 90.0, {})], False, (0, 0, 0, 0),
    ),
    "a higher deposit wins over a later delivery": (
        [("errd.csv", 90.0, {"deposit": 2}), ("errd_2.csv", 97.0, {"deposit": 1}), ("tdb.csv", 90.0, {})],
        False, (0, 0, 0, 0),
    ),
    "one channel agrees, the other does not: founded if announced": (
        [("errd.csv", 90.0, {}), ("tdb.csv", 90.0, {}), ("diamant.csv", 97.0, {})], True, (1, 1, 0, 0),
    ),
    "two lines of one file are both its last word": (
        [("errd.csv", 90.0, {"line": 2}), ("errd.csv", 97.0, {"line": 3}), ("tdb.csv", 97.0, {})], False, (0, 0, 0, 0),
    ),
    "an element whose answers never conflict": (
        [("errd.csv", 1.0, {"element_id": "EI_SIGNALEMENTS"}), ("tdb.csv", 9.0, {"element_id": "EI_SIGNALEMENTS"})],
        False, (0, 0, 0, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answers", "announced", "expected"), CONFLICTS.values(), ids=CONFLICTS)
def test_conflicts(small: SmallWitness, answers: list, announced: bool, expected: tuple[int, ...]) -> None:
    small.file("errd_2.csv", "errd")
    small.file("diamant.csv", "tdb_diamant")
    for name, said, more in answers:
        small.said(name, said, right=False, **more)
    small.kept("errd.csv", 90.0, "divergent" if announced else "concordant")
    found = small.score()["conflicts"]
    assert tuple(found[part] for part in ("annonces", "fondes", "reels", "trouves")) == expected


def test_a_later_file_that_leaves_the_cell_empty_takes_its_answer_back(small: SmallWitness) -> None:
    small.file("errd_2.csv", "errd")
    small.said("errd.csv", 97.0, right=False)
    small.empty("errd_2.csv")
    small.said("tdb.csv", 90.0, right=True)
    assert small.score()["conflicts"]["reels"] == 0


def test_precision_and_recall_are_shares_of_the_counts(small: SmallWitness) -> None:
    for unit, said, statut in ((ET, 97.0, "divergent"), (OTHER, 97.0, "concordant"), (THIRD, 90.0, "divergent")):
        small.said("errd.csv", 90.0, right=True, unite_id=unit)
        small.said("tdb.csv", said, right=False, unite_id=unit)
        small.kept("errd.csv", 90.0, statut, unite_id=unit)
    said = small.score()
    assert (said["conflicts"]["precision"], said["conflicts"]["recall"]) == (1 / 2, 1 / 2)
    assert said["conflits_mal_vus"] == {
        "manques": [{"cause": "aucun défaut", "n": 1, "exemples": [f"TX_OCC_HP {OTHER}"]}],
        "infondes": [{"cause": "aucun défaut", "n": 1, "exemples": [f"TX_OCC_HP {THIRD}"]}],
    }


def test_rows_are_counted_against_the_files(small: SmallWitness) -> None:
    small.file("perdu.csv", "cnsa_gmp_pmp", n=100, read=97)
    small.file("refuse.csv", "tdb_diamant", n=50, read=0, expected="refusee")
    said = small.score()
    assert said["rows_lost"] == 3
    assert said["lignes"] == {"dans_les_fichiers": 130, "lues": 127, "rejetees": 0}


def test_rejects_are_deserved_or_not_by_kind(small: SmallWitness) -> None:
    small.file("prix.csv", "cnsa_prix_ehpad", rejects={2: "ligne répétée", 3: "maximum 100", 4: "format attendu"})
    small.defect("prix.csv", "ligne_en_double", "ligne_en_trop", line=2)
    small.defect("prix.csv", "faute_de_frappe", "valeur_fausse", line=3, element_id="PRIX_HP_CS")
    small.defect("prix.csv", "et_ferme", "ligne_a_rejeter", line=5)
    rejects = small.score()["rejets"]
    assert (rejects["merites"], rejects["immerites"], rejects["a_rejeter_mais_acceptees"]) == (1, 2, 1)
    by_kind = {row["nature"]: (row["n_rejetees"], row["n_acceptees"]) for row in rejects["par_nature"]}
    assert by_kind == {
        "ligne_en_double": (1, 0),
        "et_ferme": (0, 1),
        "faute_de_frappe": (1, 0),
        "aucun défaut": (1, 0),
    }


def test_the_same_by_element_by_sources_and_by_defect(small: SmallWitness) -> None:
    small.true(90.0)
    small.said("errd.csv", 97.0, right=False)
    small.said("tdb.csv", 90.0, right=True)
    small.defect("errd.csv", "faute_de_frappe", "valeur_fausse", unite="ET", unite_id=ET, perimetre="site",
                 millesime=2023, element_id="TX_OCC_HP", base_temporelle="flux_annee")  # fmt: skip
    small.kept("errd.csv", 97.0, "divergent")
    small.lost("tdb.csv", 90.0)
    small.true("Les Tilleuls", element_id="RAISON_SOCIALE_ET", base_temporelle="validite")
    small.said("tdb.csv", "LES TILLEULS", right=True, element_id="RAISON_SOCIALE_ET", base_temporelle="validite")
    small.kept("tdb.csv", "LES TILLEULS", element_id="RAISON_SOCIALE_ET", base_temporelle="validite")
    said = small.score()
    assert {row["element_id"]: row["part"] for row in said["par_element"]} == {"TX_OCC_HP": 0, "RAISON_SOCIALE_ET": 1}
    assert {row["n_sources"]: row["part"] for row in said["par_nombre_de_sources"]} == {1: 1, 2: 0}
    (touched,) = said["par_defaut"]
    assert (touched["nature"], touched["n"], touched["n_justes"]) == ("faute_de_frappe", 1, 0)
    assert said["erreurs"] == [
        {"cause": "faute_de_frappe", "bonne_reponse": "rang_inferieur", "source": "errd", "n": 1,
         "exemples": [f"TX_OCC_HP {ET}"]}
    ]  # fmt: skip


def test_why_a_right_answer_is_not_there(small: SmallWitness) -> None:
    small.file("prix.csv", "cnsa_gmp_pmp", rejects={7: "clé en double"})
    small.true(90.0)
    small.said("prix.csv", 90.0, right=True, line=7)
    small.true(90.0, unite_id=OTHER)
    small.said("errd.csv", 90.0, right=True, unite_id=OTHER)
    causes = {(row["cause"], row["bonne_reponse"]): row["n"] for row in small.score()["erreurs"]}
    assert causes == {
        ("aucune valeur", "ligne rejetée : clé en double"): 1,
        ("aucune valeur", "absente de la couche"): 1,
    }


def test_a_file_that_loses_its_name_is_found_by_its_bytes(small: SmallWitness) -> None:
    small.file("tddui_2024-12-31_01.json", "dui", 10, read=9, kept_as="dui_2024-12-31_0badcafe.json")
    assert small.score()["rows_lost"] == 1
