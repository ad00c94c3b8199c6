"""Queries of the territories: figures, maps, comparisons, offer.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.territoire`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dashboards.queries.connection import FICHE, Base, any_of


@dataclass(frozen=True)
class Filters:
    """Restrictions on the offer; an empty one restricts nothing."""

    domaines: Sequence[str] = ()
    financeurs: Sequence[str] = ()
    categories: Sequence[str] = ()
    _columns: tuple[str, ...] = field(default=("domaine", "financeur", "categorie_code"), init=False, repr=False)

    def sql(self) -> tuple[str, dict[str, Any]]:
        chosen = dict(zip(self._columns, (self.domaines, self.financeurs, self.categories), strict=True))
        return any_of({c: v for c, v in chosen.items() if v})


def territoires(base: Base, niveau: str) -> pl.DataFrame:
    """Territories of a level: territoire_code, territoire_libelle, region_code, departement_code (most of it)."""
    return base.read(
        "select territoire_code, territoire_libelle, region_code, departement_code"
        " from territoires where niveau = $niveau order by territoire_code",
        {"niveau": niveau},
    )


def perimetre(base: Base, niveau: str, code: str) -> str | None:
    """What of a territory was received, when it is not all of it: « 1 département reçu sur 12 »."""
    return base.first(
        "select max(perimetre) as perimetre from indicateurs_territoire"
        " where niveau = $niveau and territoire_code = $code",
        {"niveau": niveau, "code": code},
    ).get("perimetre")


def narrowest_territory(base: Base) -> tuple[str, str]:
    """(niveau, code) of the narrowest territory that holds every open ESMS: a département, a region or France."""
    counts = base.first(
        f"""
        select count(distinct departement_code) as n_departements, count(distinct region_code) as n_regions,
               min(departement_code) as departement, min(region_code) as region, count(*) as n_et,
               count(departement_code) as n_departement_connu, count(region_code) as n_region_connue
        from {FICHE} where est_esms and est_ouvert
        """
    )
    if counts["n_departements"] == 1 and counts["n_departement_connu"] == counts["n_et"]:
        return "departement", counts["departement"]
    if counts["n_regions"] == 1 and counts["n_region_connue"] == counts["n_et"]:
        return "region", counts["region"]
    return "france", "FR"


def territoire_indicateurs(base: Base) -> pl.DataFrame:
    """Indicators known for territories: indicateur_code, libelle, unite_mesure, millesime in which they are read."""
    return base.read("select * from indicateurs_reference order by rang, libelle")


def key_figures(base: Base, niveau: str, code: str) -> pl.DataFrame:
    """Every indicator of a territory beside its region's and the country's, all in the same year."""
    return base.read(
        """
        with region as (
            select max(region_code) as code from mart_territoires__synthese
            where niveau = $niveau and territoire_code = $code
        )
        select r.indicateur_code, r.libelle, r.unite_mesure, r.millesime,
               max(t.valeur) filter (where t.niveau = $niveau and t.territoire_code = $code) as valeur,
               max(t.effectif) filter (where t.niveau = $niveau and t.territoire_code = $code) as effectif,
               max(t.alerte) filter (where t.niveau = $niveau and t.territoire_code = $code) as alerte,
               max(t.date_parc) filter (where t.niveau = $niveau and t.territoire_code = $code) as date_parc,
               max(t.valeur) filter (where t.niveau = 'france') as france,
               max(t.valeur) filter (
                   where t.niveau = 'region' and t.territoire_code = (select code from region)
               ) as region
        from indicateurs_reference r
        left join indicateurs_territoire t on t.indicateur_code = r.indicateur_code and t.millesime = r.millesime
        group by all
        """,
        {"niveau": niveau, "code": code},
    )


def map_values(base: Base, indicateur: str) -> pl.DataFrame:
    """One indicator by département: code, label, region, value, number of establishments, atypical or not."""
    return base.read(
        """
        select t.territoire_code, max(t.territoire_libelle) as territoire_libelle, max(s.region_code) as region_code,
               max(t.valeur) as valeur, max(t.effectif) as effectif, bool_or(t.est_atypique) as est_atypique
        from indicateurs_territoire t
        join indicateurs_reference r on r.indicateur_code = t.indicateur_code and r.millesime = t.millesime
        left join (
            select distinct territoire_code, region_code from mart_territoires__synthese where niveau = 'departement'
        ) s on s.territoire_code = t.territoire_code
        where t.niveau = 'departement' and t.indicateur_code = $indicateur
        group by t.territoire_code order by t.territoire_code
        """,
        {"indicateur": indicateur},
    )


def class_bounds(base: Base, indicateur: str) -> list[float]:
    """Limits of five classes with as many départements in each: at most 6 growing numbers."""
    bounds = base.first(
        """
        select quantile_cont(t.valeur, [0, 0.2, 0.4, 0.6, 0.8, 1]) as bornes
        from indicateurs_territoire t
        join indicateurs_reference r on r.indicateur_code = t.indicateur_code and r.millesime = t.millesime
        where t.niveau = 'departement' and t.indicateur_code = $indicateur and t.valeur is not null
        """,
        {"indicateur": indicateur},
    )["bornes"]
    return sorted(set(bounds or []))


def categories(base: Base, niveau: str, code: str, filters: Filters) -> pl.DataFrame:
    """Open establishments and places by category of a territory, the most numerous first."""
    where, parameters = filters.sql()
    return base.read(
        "select categorie_code, categorie_libelle, domaine, financeur, n_et_ouverts, cap_autorisee, cap_installee,"
        " n_et_cap_installee from mart_territoires__categories"
        f" where niveau = $niveau and territoire_code = $code{where} order by n_et_ouverts desc, categorie_libelle",
        {"niveau": niveau, "code": code, **parameters},
    )


IN_TERRITORY = (
    "est_esms and est_ouvert and ($niveau = 'france' or ($niveau = 'region' and region_code = $code)"
    " or ($niveau = 'departement' and departement_code = $code) or ($niveau = 'epci' and epci_code = $code))"
)


def etablissement_cells(base: Base, filters: Filters) -> pl.DataFrame:
    """Open ESMS of metropolitan France counted by cells of a quarter of a degree: centre and number."""
    where, parameters = filters.sql()
    return base.read(
        f"""
        select (floor(longitude * 4) + 0.5) / 4 as longitude, (floor(latitude * 4) + 0.5) / 4 as latitude,
               count(*) as n_et, sum(cap_installee_totale) as cap_installee
        from {FICHE}
        where est_esms and est_ouvert and longitude between -6 and 10 and latitude between 41 and 52{where}
        group by 1, 2 order by 1, 2
        """,
        parameters,
    )


def place_names(base: Base, niveau: str, code: str, limit: int = 12) -> pl.DataFrame:
    """Names to write on a drawing without basemap, at the middle of their establishments: longitude, latitude, nom.

    Départements of the country (by code) or of a region; the communes with most establishments in a département.
    """
    name = {"france": "departement_code", "region": "departement_libelle"}.get(niveau, "commune_libelle")
    return base.read(
        f"""
        select median(longitude) as longitude, median(latitude) as latitude, {name} as nom
        from {FICHE}
        where {IN_TERRITORY} and {name} is not null and longitude is not null and latitude is not null
            and ($niveau <> 'france' or (longitude between -6 and 10 and latitude between 41 and 52))
        group by {name} order by count(*) desc, {name} limit $limit
        """,
        {"niveau": niveau, "code": code, "limit": 96 if niveau == "france" else limit},
    )


def located(base: Base, niveau: str, code: str, filters: Filters) -> dict[str, int]:
    """How many open ESMS a territory has, and how many of them have no coordinates."""
    where, parameters = filters.sql()
    return base.first(
        "select count(*) as n_et, count(*) filter (where longitude is null or latitude is null) as n_sans_coordonnees"
        f" from {FICHE} where {IN_TERRITORY}{where}",
        {"niveau": niveau, "code": code, **parameters},
    )
