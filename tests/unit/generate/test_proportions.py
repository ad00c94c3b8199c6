"""The country has the real proportions: categories and statuses of the FINESS inventory, population of INSEE."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from witness.generate import SCALES, facts, geography, structures
from witness.generate.streams import Streams
from witness.generate.structures import Structures


@pytest.fixture(scope="module")
def country() -> Structures:
    streams = Streams(1)
    return structures.build(streams, geography.build(streams, SCALES["national"]))


@pytest.fixture(scope="module")
def inventory(shared_data: Path) -> pl.DataFrame:
    """Occurrences of each code in the whole of FINESS+ (July 2026)."""
    path = shared_data / "finess_json_v1" / "inventaire_codes_202607_national.csv.gz"
    table = pl.read_csv(path, separator=";", infer_schema=False)
    return table.select("domaine", "code", pl.col("occurrences").cast(pl.Int64))


@pytest.fixture(scope="module")
def inhabitants(shared_data: Path) -> pl.DataFrame:
    """People of each département in 2022, all ages and from 75."""
    path = shared_data / "insee_population" / "insee_estim_pop_dep_sexe_age_quinq_1975_2022.csv.gz"
    table = pl.read_csv(path, separator=";", infer_schema=False)
    table = table.filter(
        (pl.col("annee") == "2022") & (pl.col("sexe") == "Ensemble") & (pl.col("code_departement") != "")
    )
    age = pl.col("tranche_age").str.extract(r"^(\d+)").cast(pl.Int64)
    people = pl.col("population").cast(pl.Float64)
    counted = table.filter(age.is_not_null() & pl.col("tranche_age").str.contains(r"\d+ (à|ans)"))
    return counted.group_by(pl.col("code_departement").alias("departement")).agg(
        people.sum().alias("tous"), people.filter(age >= 75).sum().alias("ages")
    )


def test_about_36_000_esms_are_open(country):
    assert len(country.et.filter(pl.col("date_fermeture").is_null())) == pytest.approx(36_000, rel=0.03)


def test_categories_are_within_a_tenth_of_the_inventory_or_four_deviations(country, inventory):
    """The inventory counts the closed too: the share that is open is a fact of ours."""
    real = inventory.filter(domaine="categorie_etablissement").select(pl.col("code").alias("categorie"), "occurrences")
    share = facts.table("categories").select(
        pl.col("code").alias("categorie"), pl.col("part_ouverte").cast(pl.Float64), "effectif_inventaire"
    )
    ours = country.et.filter(pl.col("date_fermeture").is_null()).group_by("categorie").len()
    both = share.join(real, on="categorie", how="left").join(ours, on="categorie", how="left")
    assert (both["effectif_inventaire"].cast(pl.Int64) == both["occurrences"]).all()
    both = both.with_columns((pl.col("occurrences") * pl.col("part_ouverte")).alias("attendu"))
    expected = both.select(pl.col("attendu") * pl.col("len").sum() / pl.col("attendu").sum()).to_series()
    gap = (both["len"] - expected).abs()
    allowed = pl.select(pl.max_horizontal(0.1 * expected, 4 * expected.sqrt())).to_series()
    assert len(both) > 40
    assert (gap <= allowed).all(), both.filter(gap > allowed)


def test_statuses_are_real_and_ranked_as_in_the_inventory(country, inventory):
    """Their real counts also hold the EJ of health and of the rest: only the order of sizes is comparable."""
    real = inventory.filter(domaine="statut_juridique").select(pl.col("code").alias("statut"), "occurrences")
    both = country.ej.group_by("statut").len().join(real, on="statut", how="left")
    assert both["occurrences"].is_not_null().all()
    correlation = both.select(pl.corr("len", "occurrences", method="spearman")).item()
    assert correlation > 0.7


def test_departements_follow_their_population_half_all_ages_half_from_75(country, inhabitants):
    ours = country.et.filter(pl.col("date_fermeture").is_null()).group_by("departement").len()
    both = ours.join(inhabitants, on="departement", how="left")
    assert len(both) == 101
    assert both["tous"].null_count() == 0
    expected = both["len"].sum() * (both["tous"] / both["tous"].sum() + both["ages"] / both["ages"].sum()) / 2
    ratio = both["len"] / expected
    assert ratio.is_between(0.85, 1.15).all(), both.with_columns(ratio.alias("rapport")).sort("rapport")


def test_ages_of_the_population_are_near_those_of_the_country(inhabitants):
    """Share of people from 75, by département, of the invented population of 2022."""
    population = geography.build(Streams(1), SCALES["national"]).population.filter(annee=2022)
    old = pl.col("tranche_age").str.extract(r"^(\d+)").cast(pl.Int64) >= 75
    ours = population.group_by("departement").agg(
        (pl.col("population").filter(old).sum() / pl.col("population").sum()).alias("part")
    )
    both = ours.join(inhabitants, on="departement")
    gap = (both["part"] - both["ages"] / both["tous"]).abs()
    assert len(both) == 101
    assert (gap < 0.02).all()
    assert (gap < 0.007).sum() > 70
