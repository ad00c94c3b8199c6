"""Figures of territories of a processed département, recomputed from what is published of its establishments.

Belongs here: recomputing in plain Python, from the Parquet of a publication, what `mart_indicateurs__territoires` and
`mart_indicateurs__reperes` say. Does not belong here: worked cases (unit tests of dbt, beside the models).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import polars as pl
import pytest

from data_contracts.indicators import TERRITOIRES, indicators, published
from data_contracts.indicators.declaration import FEWEST, OfEsms
from data_contracts.nomenclatures import read_list
from tests.shared import played

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

Rows = list[dict[str, Any]]
SOME = {  # of EHPAD, whom a schéma and a tariff talk about; and one of all ESMS
    "TO_HP_MED": ("TO_HP", {"500"}), "PRIX_MED_CS": ("PRIX_CS", {"500"}), "PRIX_MED_ASH": ("PRIX_CS_ASH", {"500"}),
    "GMP_MED": ("GMP", {"500"}), "RAC_THEO_MED": ("RAC_THEO", {"500"}), "EVOL_PRIX": ("EVOL_PRIX_ET", {"500"}),
    "TX_ENCADR": ("TX_ENCADR_ET", {"500"}), "PART_ASH": ("PART_ASH_ET", {"202", "500", "501", "502"}),
    "DEFICIT": ("RESULTAT_NET", {r["code"] for r in read_list("finess_categories") if r["est_esms"] == "true"}),
}  # fmt: skip


class Published:
    """The tables of one publication, and which establishments of some categories were open on a day."""

    def __init__(self, marts: Path) -> None:
        read = {name: pl.read_parquet(marts / f"mart_{name}.parquet").to_dicts() for name in (
            "etablissements__fiche", "indicateurs__esms", "indicateurs__territoires", "indicateurs__reperes",
        )}  # fmt: skip
        self.fiches, self.esms = read["etablissements__fiche"], read["indicateurs__esms"]
        self.territoires, self.reperes = read["indicateurs__territoires"], read["indicateurs__reperes"]

    def open(self, categories: set[str], day: date) -> set[str]:
        return {
            f["finess_et"]
            for f in self.fiches
            if f["categorie_code"] in categories
            and (f["date_ouverture"] is None or f["date_ouverture"] <= day)
            and (f["est_ouvert"] is not False if f["date_fermeture"] is None else f["date_fermeture"] > day)
        }

    def answers(self, code: str, year: int, among: set[str]) -> Rows:
        """The published values of an indicator of ESMS, its whole, of some establishments."""
        return [
            row
            for row in self.esms
            if (row["indicateur_code"], row["modalite"], row["millesime"]) == (code, "", year)
            and row["finess_et"] in among
            and row["valeur"] is not None
        ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Published:
    home = played(tmp_path_factory).home
    (marts,) = home.publication.glob("*/marts")
    return Published(marts)


def _of(found: Published, code: str) -> Rows:
    """The figures of the département that the demonstration is of, whose year was over at the last extraction."""
    rows = [r for r in found.territoires if (r["niveau"], r["indicateur_code"]) == ("departement", code)]
    return [r for r in rows if r["date_reference"] == date(r["millesime"], 12, 31)]


def _expected(by: str, answers: Rows) -> float:
    """The median of values, the share of those under 0, or the sum of numerators over that of denominators."""
    values = [a["valeur"] for a in answers]
    if by == "mediane":
        return median(values)
    if by == "part":
        return sum(v < 0 for v in values) / len(values)
    return sum(a["numerateur"] for a in answers) / sum(a["denominateur"] for a in answers)


@pytest.mark.parametrize("code", sorted(SOME))
def test_a_figure_of_esms_is_recomputed(found: Published, code: str) -> None:
    source, categories = SOME[code]
    formula = indicators()[code].formula
    assert isinstance(formula, OfEsms)
    bounds = indicators()[source].plausible
    known = 0
    for row in _of(found, code):
        concerned = found.open(categories, row["date_reference"])
        answers = found.answers(source, row["millesime"], concerned)
        if formula.by == "rapport":
            assert bounds is not None
            answers = [a for a in answers if a["numerateur"] is not None and (a["denominateur"] or 0) > 0]
            answers = [a for a in answers if (bounds.min or -1e9) <= a["valeur"] <= (bounds.max or 1e9)]
        assert (row["n_concernes"], row["n_repondants"]) == (len(concerned), len(answers))
        few = len(answers) < FEWEST and not indicators()[source].is_open
        if 2 * len(answers) < len(concerned) or not answers or few:
            assert row["valeur"] is None
            assert row["alerte"]
            continue
        expected = _expected(formula.by, answers) * (
            1 if row["unite_mesure"] != "pct" or formula.by == "mediane" else 100
        )
        assert row["valeur"] == pytest.approx(expected)
        known += 1
    assert known, f"{code} n'est connu d'aucune année"


def test_quartiles_of_a_category_are_those_of_its_open_esms(found: Published) -> None:
    checked = 0
    for row in found.reperes:
        if (row["niveau"], row["categorie_code"], row["modalite"]) != ("departement", "500", ""):
            continue
        day = date(row["millesime"], 12, 31)
        if day > max(f["date_extraction"] for f in found.fiches):
            continue
        concerned = found.open({"500"}, day)
        answers = found.answers(row["indicateur_code"], row["millesime"], concerned)
        values = sorted(a["valeur"] for a in answers)
        assert (row["n_concernes"], row["n_repondants"]) == (len(concerned), len(values))
        assert len(values) >= FEWEST
        assert [row["q1"], row["mediane"], row["q3"]] == pytest.approx(quantiles(values, n=4, method="inclusive"))
        checked += 1
    assert checked > 20


def test_esms_are_counted_open_on_the_day_that_is_said(found: Published) -> None:
    esms = {f["finess_et"] for f in found.fiches if f["est_esms"]}
    categories = {f["categorie_code"] for f in found.fiches if f["est_esms"]}
    for row in _of(found, "N_ESMS"):
        assert row["valeur"] == len(found.open(categories, row["date_reference"]) & esms)


def test_one_departement_is_neither_its_region_nor_france(found: Published) -> None:
    """Whatever establishments make: the figures stay, said of what was received, and have no rank."""
    of_esms = {i.code for i in published(TERRITOIRES) if i.champ and i.champ.establishments == "ouverts"}
    above = [r for r in found.territoires if r["niveau"] in ("region", "france") and r["indicateur_code"] in of_esms]
    assert above
    assert {r["perimetre"] for r in above if r["niveau"] == "france"} == {"1 département reçu sur 101"}
    assert all(r["perimetre"].startswith("1 département reçu sur ") for r in above)
    assert {r["rang"] for r in above} == {None}
    alone = {r["indicateur_code"]: r for r in found.territoires if r["niveau"] == "departement" and r["rang"]}
    assert {(r["rang"], r["n_rangs"]) for code, r in alone.items() if code in of_esms} == {(1, 1)}
