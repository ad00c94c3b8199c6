"""The story of one value."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from ingest.home import Home
from orchestration.cli.summary import of_explanation
from orchestration.explain import NothingToExplain, explain
from tests.unit.orchestration.samples import EHPAD, frame, loser, publish, value


def test_the_winner_comes_first_then_why_the_others_lost(published: Home) -> None:
    told = explain(published, EHPAD, "TX_OCC_HP")
    assert (told["unite_id"], told["element_id"], told["millesime"]) == (EHPAD, "TX_OCC_HP", 2022)
    kept = {key: told["retained"][key] for key in ("value", "source", "rule", "status")}
    assert kept == {"value": 97.5, "source": "tdb_esms", "rule": "precedence", "status": "divergent"}
    shown = [
        {key: answer[key] for key in ("source", "value", "delivery_id", "collected_on", "lost_because")}
        for answer in told["answers"]
    ]
    assert shown == [
        {"source": "tdb_esms", "value": 97.5, "delivery_id": "tdb_esms-1", "collected_on": None, "lost_because": None},
        {
            "source": "cnsa_occupation",
            "value": 92.0,
            "delivery_id": "cnsa_occupation-1",
            "collected_on": None,
            "lost_because": "source moins prioritaire pour cette donnée",
        },
    ]


def test_the_most_recent_year_unless_one_is_asked(published: Home) -> None:
    assert explain(published, EHPAD, "TX_OCC_HP")["millesimes"] == [2021, 2022]
    assert explain(published, EHPAD, "TX_OCC_HP", 2021)["retained"]["value"] == 95.0


def test_case_and_spaces_do_not_matter(published: Home) -> None:
    assert explain(published, f" {EHPAD} ", "tx_occ_hp")["element_id"] == "TX_OCC_HP"


def test_every_facet_has_its_own_answers(home: Home) -> None:
    shares = [value(composante=f"GIR_{n}", valeur_nombre=float(n)) for n in (2, 1)]
    whole = [value(perimetre="groupe"), value(unite_mesure="pct")]
    lost = [loser(composante="GIR_2"), loser(perimetre="groupe")]
    publish(home, "v1", {"dlnuf_valeurs": frame([*shares, *whole]), "dlnuf_reponses_ecartees": frame(lost)})
    told = explain(home, EHPAD, "TX_OCC_HP")
    facets = [(v["perimetre"], v["composante"], len(v["answers"])) for v in told["values"]]
    assert facets == [("site", "", 1), ("site", "GIR_1", 1), ("site", "GIR_2", 2), ("groupe", "", 2)]
    assert told["answers"] == told["values"][0]["answers"]


def test_dates_and_texts_are_said_as_they_are(home: Home) -> None:
    opened = value(element_id="D", valeur_nombre=None, valeur_date=date(2004, 4, 4), collecte_le=date(2023, 1, 2))
    status = value(element_id="S", valeur_nombre=None, valeur_texte="60")
    publish(home, "v1", {"dlnuf_valeurs": frame([opened, status]), "dlnuf_reponses_ecartees": frame([loser()])})
    assert explain(home, EHPAD, "D")["retained"]["value"] == "2004-04-04"
    assert explain(home, EHPAD, "D")["answers"][0]["collected_on"] == "2023-01-02"
    assert explain(home, EHPAD, "S")["retained"]["value"] == "60"


@pytest.mark.parametrize(
    ("unit", "element", "year", "said"),
    [
        ("999999999", "TX_OCC_HP", None, "l'unité 999999999.*Vérifiez le numéro"),
        (EHPAD, "TX_OCC", None, "Éléments proches : TX_OCC_HP"),
        (EHPAD, "TX_OCC_HP", 1999, "Millésimes connus : 2021, 2022"),
    ],
)
def test_what_is_unknown_is_said_with_what_is_near(
    published: Home, unit: str, element: str, year: int | None, said: str
) -> None:
    with pytest.raises(NothingToExplain, match=said):
        explain(published, unit, element, year)


def test_a_hidden_answer_is_there_and_secret_neither_unknown_nor_absent(home: Home) -> None:
    held = {"valeur_nombre": None, "secret": "valeur_nombre, valeur"}
    publish(home, "v1", {"dlnuf_valeurs": frame([value(**held)]), "dlnuf_reponses_ecartees": frame([loser(**held)])})
    told = explain(home, EHPAD, "TX_OCC_HP")
    assert (told["retained"]["value"], told["retained"]["status"]) == (None, "secret")
    assert [(answer["value"], answer["is_secret"]) for answer in told["answers"]] == [(None, True)] * 2
    assert of_explanation(told).count("secret") == 4  # the value, its status, and both answers


def test_an_element_nobody_asked_of_this_unit(home: Home) -> None:
    values = frame([value(), value(unite_id="020000002", element_id="NB_ETP")])
    publish(home, "v1", {"dlnuf_valeurs": values, "dlnuf_reponses_ecartees": frame([loser()])})
    with pytest.raises(NothingToExplain, match="Aucune collecte n'a demandé NB_ETP"):
        explain(home, EHPAD, "NB_ETP")


def test_nothing_published_yet(home: Home) -> None:
    with pytest.raises(NothingToExplain, match="dlnuf run"):
        explain(home, EHPAD, "TX_OCC_HP")


def test_a_publication_without_the_layer_says_so(home: Home) -> None:
    publish(home, "v1", {"autre": pl.DataFrame({"a": [1]})})
    with pytest.raises(NothingToExplain, match="dlnuf_valeurs"):
        explain(home, EHPAD, "TX_OCC_HP")
