"""True territory: the départements of the generation, their largest communes, population by age and sex.

Belongs here: places, and how many people live in them. Does not belong here: establishments.

Places are facts, since a system that checks codes refuses a place that never existed. What is said to stand in them is
invented.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Floats, Integers, Streams
from witness.generate.structure_numbers import siren_number

FIRST_COMMUNE_SIREN = 60_000
POPULATION_YEARS = tuple(range(2020, 2026))
SCALES: dict[str, tuple[str, ...]] = {
    # The département of the fewest establishments: what is quickest to run whole.
    "petit": ("48",),
    # A département whose FINESS numbers start with 0, since losing that zero is a defect that must be shown.
    "departement": ("01",),
    # What `dlnuf demo` shows: a whole region, so that its rates are known, of a few départements that can be compared,
    # and small enough for two minutes on two cores (docs/adr/0019).
    "demonstration": ("18", "28", "36", "37", "41", "45"),
    # Ten départements, about eight average ones in volume (08 keeps the leading zero).
    "region": ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88"),
    "national": tuple(facts.texts("departements", "code")),
}


@dataclass(frozen=True)
class Territoire:
    """The chosen départements: facts about them and their communes, and their population in the long form."""

    departements: pl.DataFrame
    communes: pl.DataFrame
    population: pl.DataFrame
    is_national: bool


def build(streams: Streams, codes: tuple[str, ...]) -> Territoire:
    """Territory of the départements `codes`."""
    unknown = sorted(set(codes) - set(facts.texts("departements", "code")))
    if unknown:
        raise ValueError(f"départements inconnus : {', '.join(unknown)}")
    departements = facts.table("departements").filter(pl.col("code").is_in(list(codes)))
    departements = departements.with_columns(
        pl.col("population").cast(pl.Int64),
        pl.col("part_75_plus", "longitude", "latitude").cast(pl.Float64),
    )
    return Territoire(
        departements=departements,
        communes=communes(departements["code"].to_list()),
        population=_population(streams, departements),
        is_national=len(codes) == len(SCALES["national"]),
    )


def describe(scale: str) -> str:
    """What a scale covers, in French: « Ain », « Grand Est (10 départements) », « France (101 départements) »."""
    chosen = facts.table("departements").filter(pl.col("code").is_in(list(SCALES[scale])))
    if len(chosen) == 1:
        return chosen["nom"][0]
    regions = chosen["region"].unique()
    name = dict(facts.table("regions").iter_rows())[regions[0]] if len(regions) == 1 else "France"
    return f"{name} ({len(chosen)} départements)"


def communes(departements: list[str]) -> pl.DataFrame:
    """The largest communes of some départements, département by département: `pick_communes` draws from them."""
    ranks = pl.DataFrame({"departement": departements, "rang_dep": range(len(departements))})
    regions = facts.table("departements").select(pl.col("code").alias("departement"), "region")
    retained = (
        facts.table("communes").filter(pl.col("chef_lieu") == "")
        .join(ranks, on="departement").join(regions, on="departement")
        .sort("rang_dep", maintain_order=True)
        .with_columns(pl.col("longitude", "latitude").cast(pl.Float64), pl.col("population").cast(pl.Int64))
    )  # fmt: skip
    siren = [siren_number(FIRST_COMMUNE_SIREN + rank) for rank in range(len(retained))]
    columns = ["code", "nom", "departement", "region", "code_postal", "longitude", "latitude", "population"]
    return retained.select(*columns, pl.Series("siren", siren), "rang_dep")


def pick_communes(rng: np.random.Generator, communes: pl.DataFrame, departement_rank: Integers) -> Integers:
    """Rows of `communes` drawn in the départements of these ranks; a commune is drawn as often as it is populated."""
    inhabitants = communes["population"].to_numpy().astype(float)
    cumulated = np.concatenate([[0.0], np.cumsum(inhabitants)])
    ranks = communes["rang_dep"].to_numpy()
    bounds = np.searchsorted(ranks, np.arange(ranks.max() + 2))
    start, end = cumulated[bounds[departement_rank]], cumulated[bounds[departement_rank + 1]]
    picked = np.searchsorted(cumulated, start + rng.random(len(departement_rank)) * (end - start), side="right") - 1
    return np.clip(picked, bounds[departement_rank], bounds[departement_rank + 1] - 1)


def _population(streams: Streams, departements: pl.DataFrame) -> pl.DataFrame:
    """Long table: annee, departement, sexe (Femmes, Hommes), tranche_age, population.

    « Ensemble », which INSEE also publishes, is the sum of both.
    """
    rng = streams.stream("population")
    age_bands = facts.texts("pyramide", "tranche_age")
    share = facts.numbers("pyramide", "part_population")
    women = facts.numbers("pyramide", "part_femmes")
    old = np.array([int(t.split()[0]) >= 75 for t in age_bands])
    n_dep = len(departements)
    share_75 = departements["part_75_plus"].to_numpy()[:, None]
    pyramid: Floats = np.where(old, share / share[old].sum() * share_75, share / share[~old].sum() * (1 - share_75))
    pyramid = pyramid * np.exp(rng.normal(0, 0.02, pyramid.shape))
    pieces: list[pl.DataFrame] = []
    for rank, year in enumerate(POPULATION_YEARS):
        growth = np.where(old, 1.018**rank, 1.001**rank)
        total = departements["population"].to_numpy()[:, None] * pyramid * growth
        f = np.rint(total * women).astype(np.int64)
        h = np.rint(total * (1 - women)).astype(np.int64)
        for sex, values in (("Femmes", f), ("Hommes", h)):
            pieces.append(
                pl.DataFrame(
                    {
                        "annee": np.full(n_dep * len(age_bands), year),
                        "departement": np.repeat(departements["code"].to_numpy(), len(age_bands)),
                        "sexe": [sex] * (n_dep * len(age_bands)),
                        "tranche_age": age_bands * n_dep,
                        "population": values.ravel(),
                    }
                )
            )
    return pl.concat(pieces)
