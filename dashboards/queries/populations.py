"""Queries of the persons accompanied: counts, needs, distributions.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.publics`).

`secret` names, in each row, the columns that were hidden: null and named is hidden, null and not named is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from dashboards.queries.connection import Base
from data_contracts.nomenclatures import read_list

# Beside a territory: its region and the country, as far as they are others than it.
AROUND = (
    "domaine = $domaine and annee = $annee and ((niveau = $niveau and territoire_code = $code) or niveau = 'france'"
    " or (niveau = 'region' and territoire_code = $region))"
)
RANK = "case when niveau = $niveau and territoire_code = $code then 'territoire' else niveau end as rang"


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    return {row["code"]: row["region_code"] for row in read_list("insee_departements")}


def region_of(departement: str) -> str | None:
    """Code of the region of a département; None for any other code."""
    return _regions().get(departement)


@dataclass(frozen=True)
class Place:
    """What is looked at: a territory, a public (PA, PH), a year."""

    niveau: str
    code: str
    domaine: str
    annee: int

    @property
    def parameters(self) -> dict[str, str | int | None]:
        """Those of AROUND and RANK."""
        region = region_of(self.code) if self.niveau == "departement" else None
        return {
            "niveau": self.niveau, "code": self.code, "domaine": self.domaine, "annee": self.annee, "region": region,
        }  # fmt: skip

    @property
    def with_neighbours(self) -> dict[str, Any]:
        """Those of a query of the territories beside it; voisins: the départements of its region."""
        return {
            "niveau": self.niveau, "domaine": self.domaine, "annee": self.annee,
            "voisins": [code for code, region in _regions().items() if region == region_of(self.code)],
        }  # fmt: skip


def publics_places(base: Base) -> pl.DataFrame:
    """What is published of persons: niveau, territoire_code, domaine, annee, the latest year first."""
    return base.read(
        """
        select niveau, territoire_code, domaine, annee from mart_publics__synthese
        union select niveau, territoire_code, domaine, annee from mart_publics__repartition
        order by annee desc, niveau, territoire_code, domaine
        """
    )


def publics_synthese(base: Base, place: Place) -> pl.DataFrame:
    """Counts and means of a territory (rang « territoire »), of its region and of the country, one row each."""
    return base.read(f"select {RANK}, * from mart_publics__synthese where {AROUND}", place.parameters)


def publics_repartition(base: Base, place: Place) -> pl.DataFrame:
    """Distributions of a territory, with the share of the same component in its region and in the country."""
    return base.read(
        f"""
        with lignes as (
            select {RANK}, *, list_contains(string_split(secret, ', '), 'part_pct') as est_secrete
            from mart_publics__repartition where {AROUND}
        )
        select dimension, composante, coalesce(max(composante_libelle), composante) as composante_libelle,
               min(ordre) as ordre,
               max(n_personnes) filter (where rang = 'territoire') as n_personnes,
               max(part_pct) filter (where rang = 'territoire') as part_pct,
               max(part_pct) filter (where rang = 'region') as region_pct,
               max(part_pct) filter (where rang = 'france') as france_pct,
               concat_ws(', ', max(secret) filter (where rang = 'territoire'),
                         max('region_pct') filter (where rang = 'region' and est_secrete),
                         max('france_pct') filter (where rang = 'france' and est_secrete)) as secret
        from lignes group by dimension, composante
        having count(*) filter (where rang = 'territoire') > 0
        order by dimension, ordre nulls last, composante
        """,
        place.parameters,
    )


def publics_voisins(base: Base, place: Place) -> pl.DataFrame:
    """The synthesis of the territories to read beside one: the départements of its region, or the regions."""
    return base.read(
        """
        select * from mart_publics__synthese
        where domaine = $domaine and annee = $annee
            and niveau = case when $niveau = 'departement' then 'departement' else 'region' end
            and ($niveau <> 'departement' or list_contains($voisins, territoire_code))
        order by territoire_code
        """,
        place.with_neighbours,
    )
