"""The facts about places that are committed: real codes, and what must hold of all of them."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from data_contracts import territoires


@pytest.mark.parametrize(
    ("code", "today"),
    [
        ("01340", "01015"),  # Saint-Bois, in Arboys en Bugey since 2016
        ("20004", "2A004"),  # Ajaccio before 1976
        ("75022", "94022"),  # Choisy-le-Roi, of the Seine until 1968
        ("14697", "14654"),  # L'Oudon: two seats, then Saint-Pierre-en-Auge
        ("97123", "97701"), ("97127", "97801"), ("98511", "97611"),
        ("75114", "75056"), ("69383", "69123"), ("13205", "13055"),
        ("01053", None),  # lives
        ("27676", None),  # lives again
        ("08227", None),  # shared in two
        ("01999", None),  # never was
    ],
)  # fmt: skip
def test_what_a_code_became(code: str, today: str | None) -> None:
    assert territoires.carried().get(code) == today


def test_todays_codes_live() -> None:
    living = territoires.communes().filter(pl.col("fin").is_null())["code"]
    assert set(territoires.carried().values()) <= set(living)


def test_periods_of_a_code_follow_each_other() -> None:
    rows = territoires.communes().sort("code", "debut", nulls_last=False)
    following = rows.with_columns(suite=pl.col("debut").shift(-1).over("code"))
    assert following.filter(pl.col("suite").is_not_null() & ~(pl.col("fin") <= pl.col("suite"))).height == 0
    assert rows.filter(pl.col("fin") < pl.col("debut")).height == 0


def test_every_commune_is_of_a_departement_that_exists_or_existed() -> None:
    of = territoires.communes().select(d=territoires.departement_of(pl.col("code")))["d"]
    assert set(of.unique()) <= territoires.departements() | set(territoires.former("departement"))


def test_every_departement_where_people_live_has_its_extent() -> None:
    extents = territoires.extents()
    assert territoires.departements() - set(extents["departement_code"]) == {"984", "989"}  # no ESMS can be there
    assert (
        extents.filter((pl.col("lon_min") >= pl.col("lon_max")) | (pl.col("lat_min") >= pl.col("lat_max"))).height == 0
    )


def test_former_regions_end_when_the_new_ones_begin() -> None:
    assert set(territoires.former("region").values()) == {date(2016, 1, 1)}
    assert not set(territoires.former("region")) & set(territoires.region_of().values())
