"""Queries of admissions: delays, waiting lists, refusals, what was not told to the other systems.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.parcours`).

`secret` names, in each row, the columns that were hidden: null and named is hidden, null and not named is unknown.
"""

from __future__ import annotations

import polars as pl

from dashboards.queries.connection import Base
from dashboards.queries.populations import AROUND, RANK, Place

TABLES = (
    "mart_parcours__synthese",
    "mart_parcours__delais",
    "mart_parcours__delais_categories",
    "mart_parcours__listes_attente",
    "mart_parcours__refus",
)
# Part of a count that was not told: column, the count it is a part of.
NOT_TOLD = (
    ("n_entrees_non_dites_vt", "n_entrees_dui"),
    ("n_entrees_non_dites_resid", "n_entrees_dui"),
    ("n_sorties_non_dites_vt", "n_sorties_dui"),
    ("n_sorties_non_dites_resid", "n_sorties_dui"),
)
_HERE = "niveau = $niveau and territoire_code = $code and domaine = $domaine and annee = $annee"


def _here(place: Place) -> dict[str, str | int]:
    return {"niveau": place.niveau, "code": place.code, "domaine": place.domaine, "annee": place.annee}


def parcours_places(base: Base) -> pl.DataFrame:
    """What is published of admissions: niveau, territoire_code, domaine, annee, the latest year first."""
    union = " union ".join(f"select niveau, territoire_code, domaine, annee from {table}" for table in TABLES)
    return base.read(f"{union} order by annee desc, niveau, territoire_code, domaine")


def parcours_synthese(base: Base, place: Place) -> pl.DataFrame:
    """What systems do not tell one another, in a territory, its region and the country: counts, and their shares.

    The share of a hidden count is hidden too: `part_<count>` is named by `secret` with it.
    """
    shares = ", ".join(f"100.0 * {part} / nullif({whole}, 0) as part_{part}" for part, whole in NOT_TOLD)
    hidden = ", ".join(
        f"case when len(list_intersect(string_split(secret, ', '), ['{part}', '{whole}'])) > 0 then 'part_{part}' end"
        for part, whole in NOT_TOLD
    )
    return base.read(
        f"select {RANK}, * exclude (secret), {shares}, concat_ws(', ', secret, {hidden}) as secret"
        f" from mart_parcours__synthese where {AROUND}",
        place.parameters,
    )


def delais(base: Base, place: Place) -> pl.DataFrame:
    """Delays of each step in a territory, with the medians of its region and of the country."""
    return base.read(_delays("mart_parcours__delais", "etape"), place.parameters)


def delais_categories(base: Base, place: Place) -> pl.DataFrame:
    """The same, of each category of ESMS: the step, then those of most persons first, the hidden ones last."""
    by_category = _delays("mart_parcours__delais_categories", "etape, categorie_code, categorie_libelle")
    return base.read(f"{by_category}, n_personnes desc nulls last, categorie_libelle", place.parameters)


def _delays(table: str, by: str) -> str:
    return f"""
        with lignes as (
            select {RANK}, *, list_contains(string_split(secret, ', '), 'mediane_jours') as est_secrete
            from {table} where {AROUND}
        )
        select {by}, min(ordre) as ordre,
               max(n_personnes) filter (where rang = 'territoire') as n_personnes,
               max(mediane_jours) filter (where rang = 'territoire') as mediane_jours,
               max(q1_jours) filter (where rang = 'territoire') as q1_jours,
               max(q3_jours) filter (where rang = 'territoire') as q3_jours,
               max(mediane_jours) filter (where rang = 'region') as region_jours,
               max(mediane_jours) filter (where rang = 'france') as france_jours,
               concat_ws(', ', max(secret) filter (where rang = 'territoire'),
                         max('region_jours') filter (where rang = 'region' and est_secrete),
                         max('france_jours') filter (where rang = 'france' and est_secrete)) as secret
        from lignes group by {by} having count(*) filter (where rang = 'territoire') > 0
        order by ordre nulls last, etape
        """


def delais_voisins(base: Base, place: Place, categorie_code: str | None = None) -> pl.DataFrame:
    """Delays of each step in the territories of the same level, those of its region for a département: of all
    categories, or of one."""
    table, only = "mart_parcours__delais", ""
    if categorie_code is not None:
        table, only = "mart_parcours__delais_categories", " and categorie_code = $categorie"
    return base.read(
        f"""
        select niveau, territoire_code, etape, n_personnes, mediane_jours, secret from {table}
        where domaine = $domaine and annee = $annee
            and niveau = case when $niveau = 'departement' then 'departement' else 'region' end
            and ($niveau <> 'departement' or list_contains($voisins, territoire_code)){only}
        order by territoire_code, ordre
        """,
        place.with_neighbours | ({} if categorie_code is None else {"categorie": categorie_code}),
    )


def listes_attente(base: Base, place: Place) -> pl.DataFrame:
    """Persons who wait in a territory, by status and age, with their files."""
    return base.read(
        "select statut, tranche_age, n_personnes, n_dossiers, n_dossiers_papier, anciennete_mediane_jours, secret"
        f" from mart_parcours__listes_attente where {_HERE} order by statut, tranche_age",
        _here(place),
    )


def refus(base: Base, place: Place) -> pl.DataFrame:
    """Persons refused in a territory, by reason, the most numerous first; those whose count is hidden come last."""
    return base.read(
        "select motif_code, coalesce(motif_libelle, motif_code) as motif_libelle, n_personnes, secret"
        f" from mart_parcours__refus where {_HERE} order by n_personnes desc nulls last, motif_libelle",
        _here(place),
    )
