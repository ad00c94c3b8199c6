"""Places of France: which codes exist or existed, when, what they became, and where the départements lie.

Belongs here: facts about places, committed, and looking them up. Does not belong here: judging a delivery by them
(`ingest.validate.places`), making them from what INSEE publishes (`build`), the labels of the code delivered
(`insee_cog`).

Facts: INSEE, code officiel géographique and its events since 1943; La Poste, base officielle des codes postaux; IGN,
ADMIN EXPRESS. Licence Ouverte. The same bytes delivered give the same result whatever referential was delivered before:
the gate in reads these files, never the lake.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from data_contracts.nomenclatures import codes, read_list

FOLDER = Path(__file__).resolve().parent
COG = 2026  # the year of the code that these files tell: nothing is known of a code created after it
LISTS = ("insee_departements", "finess_departements")  # the nomenclatures that these facts stand beside
SHARED = "?"  # in place of today's code: the territory went to several


@cache
def communes() -> pl.DataFrame:
    """One row a period of a code of commune: code, debut, fin (excluded), code_actuel.

    debut NULL: 1943 or before; fin NULL: it lives. code_actuel NULL: the same code; `SHARED`: several.
    Municipal arrondissements have their commune as code_actuel, and no end.
    """
    return _read("communes").with_columns(pl.col("debut", "fin").str.to_date("%Y-%m-%d"))


@cache
def commune_codes() -> pl.Series:
    """Every code that is, or was once, that of a commune or of a municipal arrondissement."""
    return communes()["code"].unique().sort()


@cache
def dated_communes() -> pl.DataFrame:
    """The periods of the codes that did not always live: the only ones of which a date must be asked."""
    partial = pl.col("debut").is_not_null() | pl.col("fin").is_not_null()
    return communes().filter(partial.any().over("code"))


@cache
def carried() -> dict[str, str]:
    """Code -> today's code of its territory, when it is another one and only one.

    A municipal arrondissement goes to its commune: the CNSA and the population counts know no other.
    """
    last = communes().sort("debut", nulls_last=False).group_by("code", maintain_order=True).last()
    moved = last.filter((pl.col("code_actuel") != SHARED) & (pl.col("code_actuel") != pl.col("code")))
    return dict(moved.sort("code").select("code", "code_actuel").iter_rows())


@cache
def departements() -> frozenset[str]:
    """Codes of départements, and of the collectivities that have one in their place."""
    return codes(LISTS[0])


@cache
def region_of() -> dict[str, str]:
    """Code of a département -> that of its region."""
    return {row["code"]: row["region_code"] for row in read_list(LISTS[0])}


@cache
def finess_departements() -> dict[str, str]:
    """Code of a département in FINESS -> in the code officiel géographique (9A is 971)."""
    return {row["code"]: row["departement_code"] for row in read_list(LISTS[1])}


@cache
def former(nature: str) -> dict[str, date]:
    """Codes of `region` or `departement` that are no more, and the first day they were none."""
    rows = _read("anciens").filter(pl.col("nature") == nature)
    return dict(rows.select("code", pl.col("fin").str.to_date("%Y-%m-%d")).iter_rows())


@cache
def border_postal_codes() -> frozenset[tuple[str, str]]:
    """(postal code, département) of communes whose post office is of another département."""
    return frozenset(_read("codes_postaux_limitrophes").iter_rows())


@cache
def extents() -> pl.DataFrame:
    """departement_code, lon_min, lon_max, lat_min, lat_max: bounding boxes in degrees (WGS84), two kilometres wider."""
    return _read("emprises").with_columns(pl.exclude("departement_code").cast(pl.Float64))


def departement_of(commune: pl.Expr) -> pl.Expr:
    """The département that a code of commune begins with; overseas it takes three characters."""
    return pl.when(commune.str.head(2).is_in(["97", "98"])).then(commune.str.head(3)).otherwise(commune.str.head(2))


def _read(name: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / f"{name}.csv", separator=";", infer_schema=False)
