"""The page of the score: what it says without one, the figures of one, and no code shown raw."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import charts, queries
from dashboards.labels import labels
from ingest.home import Home
from tests.dashboards import publication_example as example
from tests.patience import PATIENCE_S
from witness.generate.defects import EFFECTS, DefectRates
from witness.generate.personnes.rates import PersonRates
from witness.generate.personnes.situations import SITUATIONS

NBSP, THIN = "\u00a0", "\u202f"
OPPOSED = {"personnes": 2, "fiches": 5, "fiches_rapprochees": []}
RULES = {"ca": 0.99, "errd": 0.995, "derniere_recue": 0.996, "majorite": 0.996, "reference": 0.9}
SCORE: dict[str, Any] = {
    "retained_right": 0.99999, "unknown_left_unknown": 0.936, "questions_dites_justement": 12000, "dont_absentes": 1,
    "valeurs_sans_verite": 30, "rows_lost": 0, "naive": RULES,
    "conflicts": {"precision": 0.99, "recall": None, "annonces": 10, "fondes": 9, "reels": 8, "trouves": 7},
    "lignes": {"dans_les_fichiers": 9983, "lues": 9983, "rejetees": 1},
    "par_groupe_plusieurs_documents": [
        {"groupe": "3-Activité", "n": 200, "systeme": 0.996, **RULES},
        {"groupe": "8-Finances", "n": 900, "systeme": 0.992, **RULES},
    ],
    "par_element": [{"element_id": "TX_OCC_HP", "n": 2, "n_justes": 1, "part": 0.5}],
    "conflits_mal_vus": {"manques": [{"cause": "ligne rejetée : maximum 100", "n": 1, "exemples": []}],
                         "infondes": [{"cause": "date_bouche_trou, faute_de_frappe", "n": 2, "exemples": []}]},
    "rejets": {"merites": 5, "immerites": 1, "a_rejeter_mais_acceptees": 2, "par_nature": [
        {"nature": "et_ferme", "a_rejeter": True, "n_rejetees": 0, "n_acceptees": 2},
        {"nature": "taux_ko", "a_rejeter": False, "n_rejetees": 0, "n_acceptees": 8}]},
    "par_defaut": [{"nature": "sites_fusionnes", "effet": "valeur_fausse", "n": 4, "n_justes": 3, "part": 0.75}],
    "erreurs": [{"cause": "derive", "bonne_reponse": "depot_anterieur, remplacee", "source": "errd", "n": 16,
                 "exemples": ["CHARGES_G1 010000001"]},
                {"cause": "aucune valeur", "bonne_reponse": "ligne rejetée : clé en double, valeurs contradictoires",
                 "source": "aucune", "n": 270, "exemples": []}],
    "propositions": [{"element_id": "CHARGES_G1", "ordre_actuel": "errd>ca", "ordre_propose": "ca>errd", "gain": 6,
                      "n_comparees": 40}],
}  # fmt: skip


def _page(home: Path, monkeypatch: pytest.MonkeyPatch, score: dict[str, Any] | None) -> AppTest:
    monkeypatch.setenv("DLNUF_HOME", str(home))
    version = example.write_publication(home).name
    if score is not None:
        Home(home).scores.mkdir()
        (Home(home).scores / f"{version}.json").write_text(json.dumps(score), encoding="utf-8")
    test = AppTest.from_string(
        "from dashboards.views import dlnuf_exactitude as p\np.show()", default_timeout=PATIENCE_S
    )
    test.run()
    assert not test.exception, [e.message for e in test.exception]
    return test


def _rows(test: AppTest, column: str) -> list[list[str]]:
    return next(t.value for t in test.table if column in t.value.columns).to_numpy().tolist()


def test_without_a_score_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = _page(tmp_path, monkeypatch, None)
    assert "dlnuf score" in test.info[0].value
    assert not test.metric


def test_a_score_that_does_not_read_is_no_score(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scores = tmp_path / "score"
    scores.mkdir()
    monkeypatch.setattr(Home, "scores", scores)
    base = queries.current_base()
    (scores / f"{base.publication.version}.json").write_text('{"retained_right": 0.9', encoding="utf-8")
    assert queries.exactitude(base) is None


def test_the_score_of_another_publication_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = _page(tmp_path, monkeypatch, SCORE)
    assert test.metric
    later = example.write_publication(tmp_path, "2026-11-21T180000Z-ab12cd34")
    assert later.is_dir()
    test.run()
    assert not test.metric


def test_headline_figures_never_round_up_to_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {m.label: m.value for m in _page(tmp_path, monkeypatch, SCORE).metric}
    assert figures == {
        "Valeurs justes": f"99,99{NBSP}%",
        "Inconnues laissées inconnues": f"93,60{NBSP}%",
        "Conflits trouvés": "inconnu",
        "Lignes perdues": "0",
    }


def test_rules_stand_beside_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = _page(tmp_path, monkeypatch, SCORE)
    assert _rows(test, "Règle")[:2] == [["Ce système", f"99,99{NBSP}%"], ["CA d'abord", f"99,00{NBSP}%"]]
    (group,) = [t.value for t in test.table if "Thème" in t.value.columns]
    assert group["Thème"].tolist() == ["Activité", "Finances"]
    assert group["Ce système"].tolist() == pytest.approx([99.6, 99.2])


def test_errors_have_their_causes_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = _page(tmp_path, monkeypatch, SCORE)
    first, second = _rows(test, "La bonne réponse")
    assert first[:2] == ["Réponse naturellement fausse", "ERRD"]
    assert first[2].startswith("Dépôt antérieur")
    assert "Remplacée par une livraison plus récente" in first[2]
    assert second[:2] == ["Aucune valeur", "inconnu"]
    assert "clé en double, valeurs contradictoires" in second[2]
    assert _rows(test, "Conflit") == [
        ["Réel, non annoncé", "ligne rejetée \\: maximum 100", "1"],
        ["Annoncé, non fondé", "Date de remplissage ; Faute de frappe", "2"],
    ]
    assert _rows(test, "À rejeter") == [["Établissement fermé", "oui", "0", "2"]]
    assert _rows(test, "Ce qu'il fait") == [["Deux sites comptés comme un seul", "Valeur fausse", "4", f"75,00{NBSP}%"]]
    (proposal,) = _rows(test, "Ordre proposé")
    assert proposal[1:3] == ["ERRD, puis Compte administratif", "Compte administratif, puis ERRD"]


def test_a_perfect_score_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    perfect = deepcopy(SCORE) | {"erreurs": [], "propositions": [], "par_groupe_plusieurs_documents": []}
    said = "\n".join(m.value for m in _page(tmp_path, monkeypatch, perfect).markdown)
    assert "partout où une source répond juste" in said
    assert "Aucun autre ordre des sources" in said
    assert "toutes les règles se valent" in said


def test_every_kind_of_defect_has_its_words() -> None:
    natures = {*DefectRates.natures(), *PersonRates.natures(), *SITUATIONS} - {"redressement"}
    assert natures <= labels("defaut").keys()
    assert set(EFFECTS.values()) == labels("effet_defaut").keys()


def test_the_chart_says_who_is_ahead_without_colour() -> None:
    rows = [
        {"groupe": "A", "regle": rule, "ecart": gap, "part": "", "n": "1"}
        for rule, gap in (("x", 1.53), ("y", -4.7), ("z", 0.0))
    ]
    drawn = charts.gaps(rows).to_dict()
    texts = {row["regle"]: row["texte"] for row in drawn["data"]["values"]}
    assert texts == {"x": "+1,5", "y": "−4,7", "z": "0,0"}
    assert {row["regle"] for row in drawn["data"]["values"] if row["est_devant"]} == {"x"}


def test_who_was_brought_together_is_said_when_there_was_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = {"precision": 0.9998, "recall": 0.9915, "membres": 1200, "plusieurs_ins": 0, "opposants": OPPOSED}
    statuses = [{"statut": "deux_lieux", "precision": None, "recall": 0.5, "reels": 4}]
    test = _page(tmp_path, monkeypatch, SCORE | {"persons": pairs, "stays": pairs, "statuses": statuses})
    assert _rows(test, "Rappel") == [
        ["Personnes", f"99,98{NBSP}%", f"99,15{NBSP}%", f"1{THIN}200"],
        ["Séjours", f"99,98{NBSP}%", f"99,15{NBSP}%", f"1{THIN}200"],
        ["Personne en deux lieux", "inconnu", f"50,00{NBSP}%", "4"],
    ]


def test_what_each_kind_costs_is_shown_when_it_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = {"nature": "sexe_absent", "precision": 1.0, "recall": 0.5, "manquees": 3, "fausses": 0, "fiches": 1200}
    pairs = {"precision": 0.9998, "recall": 0.9915, "membres": 1200, "plusieurs_ins": 0, "opposants": OPPOSED}
    persons = pairs | {"par_nature": [cost, cost | {"nature": "accents", "manquees": 0}]}
    test = _page(tmp_path, monkeypatch, SCORE | {"persons": persons, "stays": pairs, "statuses": []})
    assert _rows(test, "Manquées") == [
        ["Sexe absent", f"100,00{NBSP}%", f"50,00{NBSP}%", "3", "0", f"1{THIN}200"],
    ]
