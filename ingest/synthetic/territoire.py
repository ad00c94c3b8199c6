"""True territory: the départements of the generation, invented communes, population by age and sex.

Belongs here: places and people of places. Does not belong here: establishments.
Communes are invented (codes above the last real code of each département, fictitious names); départements, regions
and the order of magnitude of their population are facts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.synthetic import faits
from ingest.synthetic.hasard import Flottants, Hasard
from ingest.synthetic.identifiants import numero_siren

COMMUNES_PAR_DEPARTEMENT = 25
PREMIER_SIREN_COMMUNE = 60_000
ANNEES_POPULATION = tuple(range(2020, 2026))
ECHELLES: dict[str, tuple[str, ...]] = {
    # A département whose FINESS numbers start with 0, since losing that zero is a defect that must be shown.
    "departement": ("01",),
    # Ten départements, about eight average ones in volume (08 keeps the leading zero).
    "region": ("08", "10", "51", "52", "54", "55", "57", "67", "68", "88"),
    "national": tuple(faits.textes("departements", "code")),
}


@dataclass(frozen=True)
class Territoire:
    """`departements`: facts of the chosen ones; `communes`: invented; `population`: long, all years."""

    departements: pl.DataFrame
    communes: pl.DataFrame
    population: pl.DataFrame
    est_national: bool


def construire(hasard: Hasard, codes: tuple[str, ...]) -> Territoire:
    """Territory of the départements `codes`."""
    inconnus = sorted(set(codes) - set(faits.textes("departements", "code")))
    if inconnus:
        raise ValueError(f"départements inconnus : {', '.join(inconnus)}")
    departements = faits.table("departements").filter(pl.col("code").is_in(list(codes)))
    departements = departements.with_columns(
        pl.col("population").cast(pl.Int64),
        pl.col("part_75_plus", "longitude", "latitude").cast(pl.Float64),
    )
    return Territoire(
        departements=departements,
        communes=_communes(hasard, departements),
        population=_population(hasard, departements),
        est_national=len(codes) == len(ECHELLES["national"]),
    )


def _communes(hasard: Hasard, departements: pl.DataFrame) -> pl.DataFrame:
    rng = hasard.flux("communes")
    noms = [d + f for d in faits.listes("commune_debut") for f in faits.listes("commune_fin")]
    lignes: list[tuple[str, str, str, str, str, float, float, int, str]] = []
    for dep in departements.iter_rows(named=True):
        choisis = rng.permutation(len(noms))[:COMMUNES_PAR_DEPARTEMENT]
        poids = 1.0 / np.arange(1, COMMUNES_PAR_DEPARTEMENT + 1) ** 1.1
        habitants = np.rint(dep["population"] * 0.6 * poids / poids.sum()).astype(int)
        decalages = rng.normal(0.0, 0.22, (COMMUNES_PAR_DEPARTEMENT, 2))
        for rang in range(COMMUNES_PAR_DEPARTEMENT):
            code = dep["code"]
            postal = "20" if code in ("2A", "2B") else code
            lignes.append(
                (
                    f"{code}{910 + rang}" if len(code) == 2 else f"{code}{75 + rang}",
                    noms[choisis[rang]],
                    code,
                    dep["region"],
                    f"{postal}{900 + rang}" if len(postal) == 2 else f"{postal}{75 + rang}",
                    round(dep["longitude"] + decalages[rang, 0], 6),
                    round(dep["latitude"] + decalages[rang, 1] * 0.7, 6),
                    int(habitants[rang]),
                    numero_siren(PREMIER_SIREN_COMMUNE + len(lignes)),
                )
            )
    colonnes = ["code", "nom", "departement", "region", "code_postal", "longitude", "latitude", "population", "siren"]
    return pl.DataFrame(lignes, schema=colonnes, orient="row")


def _population(hasard: Hasard, departements: pl.DataFrame) -> pl.DataFrame:
    """Long table annee, departement, sexe (Femmes, Hommes), tranche_age, population ; « Ensemble » is their sum."""
    rng = hasard.flux("population")
    tranches = faits.textes("pyramide", "tranche_age")
    part = faits.nombres("pyramide", "part_population")
    femmes = faits.nombres("pyramide", "part_femmes")
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
