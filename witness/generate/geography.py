"""True territory: the départements of the generation, their largest communes, population by age and sex.

Belongs here: places and people of places. Does not belong here: establishments.
Places are facts: whoever checks codes refuses one that never existed. What is said to stand in them is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Entiers, Flottants, Hasard
from witness.generate.structure_numbers import numero_siren

PREMIER_SIREN_COMMUNE = 60_000
ANNEES_POPULATION = tuple(range(2020, 2026))
ECHELLES: dict[str, tuple[str, ...]] = {
    # A département whose FINESS numbers start with 0, since losing that zero is a defect that must be shown.
    "departement": ("01",),
    # What `dlnuf demo` shows: a region that is whole, so that its rates are known, of few départements, which compare,
    # and small enough for two minutes on two cores (docs/adr/0019).
    "demonstration": ("18", "28", "36", "37", "41", "45"),
    # Ten départements, about eight average ones in volume (08 keeps the leading zero).
    "region": ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88"),
    "national": tuple(facts.textes("departements", "code")),
}


@dataclass(frozen=True)
class Territoire:
    """`departements`, `communes`: facts of the chosen ones; `population`: long, all years."""

    departements: pl.DataFrame
    communes: pl.DataFrame
    population: pl.DataFrame
    est_national: bool


def construire(hasard: Hasard, codes: tuple[str, ...]) -> Territoire:
    """Territory of the départements `codes`."""
    inconnus = sorted(set(codes) - set(facts.textes("departements", "code")))
    if inconnus:
        raise ValueError(f"départements inconnus : {', '.join(inconnus)}")
    departements = facts.table("departements").filter(pl.col("code").is_in(list(codes)))
    departements = departements.with_columns(
        pl.col("population").cast(pl.Int64),
        pl.col("part_75_plus", "longitude", "latitude").cast(pl.Float64),
    )
    return Territoire(
        departements=departements,
        communes=communes(departements["code"].to_list()),
        population=_population(hasard, departements),
        est_national=len(codes) == len(ECHELLES["national"]),
    )


def decrire(echelle: str) -> str:
    """What a scale covers, in French: « Ain », « Grand Est (10 départements) », « France (101 départements) »."""
    choisis = facts.table("departements").filter(pl.col("code").is_in(list(ECHELLES[echelle])))
    if len(choisis) == 1:
        return choisis["nom"][0]
    regions = choisis["region"].unique()
    nom = dict(facts.table("regions").iter_rows())[regions[0]] if len(regions) == 1 else "France"
    return f"{nom} ({len(choisis)} départements)"


def communes(departements: list[str]) -> pl.DataFrame:
    """The largest communes of départements, by département in that order: what `tirer_communes` draws from."""
    rangs = pl.DataFrame({"departement": departements, "rang_dep": range(len(departements))})
    regions = facts.table("departements").select(pl.col("code").alias("departement"), "region")
    retenues = (
        facts.table("communes").filter(pl.col("chef_lieu") == "")
        .join(rangs, on="departement").join(regions, on="departement")
        .sort("rang_dep", maintain_order=True)
        .with_columns(pl.col("longitude", "latitude").cast(pl.Float64), pl.col("population").cast(pl.Int64))
    )  # fmt: skip
    siren = [numero_siren(PREMIER_SIREN_COMMUNE + rang) for rang in range(len(retenues))]
    colonnes = ["code", "nom", "departement", "region", "code_postal", "longitude", "latitude", "population"]
    return retenues.select(*colonnes, pl.Series("siren", siren), "rang_dep")


def tirer_communes(rng: np.random.Generator, communes: pl.DataFrame, rang_dep: Entiers) -> Entiers:
    """Rows of `communes` drawn in the départements of these ranks, by their population."""
    habitants = communes["population"].to_numpy().astype(float)
    cumul = np.concatenate([[0.0], np.cumsum(habitants)])
    bornes = np.searchsorted(communes["rang_dep"].to_numpy(), np.arange(communes["rang_dep"].max() + 2))  # type: ignore[operator]
    debut, fin = cumul[bornes[rang_dep]], cumul[bornes[rang_dep + 1]]
    tires = np.searchsorted(cumul, debut + rng.random(len(rang_dep)) * (fin - debut), side="right") - 1
    return np.clip(tires, bornes[rang_dep], bornes[rang_dep + 1] - 1)


def _population(hasard: Hasard, departements: pl.DataFrame) -> pl.DataFrame:
    """Long table annee, departement, sexe (Femmes, Hommes), tranche_age, population ; « Ensemble » is their sum."""
    rng = hasard.flux("population")
    tranches = facts.textes("pyramide", "tranche_age")
    part = facts.nombres("pyramide", "part_population")
    femmes = facts.nombres("pyramide", "part_femmes")
    vieux = np.array([int(t.split()[0]) >= 75 for t in tranches])
    n_dep = len(departements)
    part_75 = departements["part_75_plus"].to_numpy()[:, None]
    pyramide: Flottants = np.where(vieux, part / part[vieux].sum() * part_75, part / part[~vieux].sum() * (1 - part_75))
    pyramide = pyramide * np.exp(rng.normal(0, 0.02, pyramide.shape))
    morceaux: list[pl.DataFrame] = []
    for rang, annee in enumerate(ANNEES_POPULATION):
        croissance = np.where(vieux, 1.018**rang, 1.001**rang)
        total = departements["population"].to_numpy()[:, None] * pyramide * croissance
        f = np.rint(total * femmes).astype(np.int64)
        h = np.rint(total * (1 - femmes)).astype(np.int64)
        for sexe, valeurs in (("Femmes", f), ("Hommes", h)):
            morceaux.append(
                pl.DataFrame(
                    {
                        "annee": np.full(n_dep * len(tranches), annee),
                        "departement": np.repeat(departements["code"].to_numpy(), len(tranches)),
                        "sexe": [sexe] * (n_dep * len(tranches)),
                        "tranche_age": tranches * n_dep,
                        "population": valeurs.ravel(),
                    }
                )
            )
    return pl.concat(morceaux)
