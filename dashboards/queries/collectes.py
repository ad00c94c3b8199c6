"""Queries of the collections: entries avoided, redundancy, conflicts.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.dlnuf`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from dashboards.queries.connection import FICHE, Base, any_of


def millesimes_dlnuf(base: Base) -> list[int]:
    """Years in which entries are counted, latest first."""
    rows = base.read("select distinct millesime from mart_dlnuf__saisies_evitees order by millesime desc")
    return rows["millesime"].to_list()


def dlnuf_balance(base: Base, millesime: int | None) -> dict[str, Any]:
    """Entries asked and avoided, whole and per establishment, in one year or in all of them."""
    return base.first(
        """
        with par_et as (
            select finess_et, sum(n_reponses) as n_reponses, sum(n_valeurs) as n_valeurs,
                   sum(n_saisies_evitees) as n_evitees
            from mart_dlnuf__saisies_evitees where $millesime is null or millesime = $millesime group by finess_et
        )
        select count(*) as n_et, sum(n_reponses) as n_reponses, sum(n_valeurs) as n_valeurs,
               sum(n_evitees) as n_evitees, median(n_evitees) as evitees_mediane,
               100.0 * sum(n_evitees) / nullif(sum(n_reponses), 0) as part_pct
        from par_et
        """,
        {"millesime": millesime},
    )


def redondance(base: Base, millesime: int | None) -> pl.DataFrame:
    """Redundancy by element, the most often asked again first; unknown (not 0) avoidable entries for derived rates."""
    return base.read(
        """
        select element_libelle, groupe, est_ratio_derive, max(n_collectes_qui_demandent) as n_collectes_qui_demandent,
               sum(n_reponses)::bigint as n_reponses, sum(n_saisies_evitables)::bigint as n_saisies_evitables,
               sum(n_concordant)::bigint as n_concordant, sum(n_tolere)::bigint as n_tolere,
               sum(n_divergent)::bigint as n_divergent
        from mart_dlnuf__redondance where $millesime is null or millesime = $millesime
        group by all order by n_saisies_evitables desc nulls last, n_reponses desc, element_libelle
        """,
        {"millesime": millesime},
    )


@lru_cache(maxsize=32)
def redundant_collectes(base: Base, millesime: int | None, saisies: tuple[str, ...]) -> pl.DataFrame:
    """By collection filled in by ESMS (`saisies`): data answered, and those that another collection also asked for.

    Derived rates and totals are left out, as in the published counts; answers replaced by a later delivery too.
    Most data have one collection only: they are counted as they stand, and only the others, numbered, are put side by
    side. The only query that reads the whole layer (half a second for the country): its answer is kept for the
    publication.
    """
    key = "unite_id, perimetre, millesime, element_id, composante, base_temporelle"
    kept = """list_contains($saisies, collecte)
              and element_id not in (select element_id from mart_dlnuf__redondance where est_ratio_derive)"""
    asked = "unite = 'ET' and ($millesime is null or millesime = $millesime)"
    return base.read(
        f"""
        with plusieurs as (
            select row_number() over () as rang, {key}, collecte from dlnuf_valeurs where n_collectes > 1 and {asked}
        ), reponses as (
            select rang, collecte from plusieurs where {kept}
            union
            select p.rang, e.collecte from plusieurs p join (
                select {key}, collecte from dlnuf_reponses_ecartees
                where motif is distinct from 'remplacee' and {asked} and {kept}
            ) e using ({key})
        ), donnees as (
            select rang, count(*) as n from reponses group by rang
        ), comptes as (
            select collecte, count(*) as n_reponses, count(*) filter (n > 1) as n_partagees
            from reponses join donnees using (rang) group by collecte
            union all
            select collecte, count(*), 0 from dlnuf_valeurs where n_collectes = 1 and {asked} and {kept}
            group by collecte
        )
        select collecte, sum(n_reponses) as n_reponses, sum(n_partagees) as n_partagees,
               100.0 * sum(n_partagees) / sum(n_reponses) as part_pct
        from comptes group by collecte order by n_partagees desc, collecte
        """,
        {"millesime": millesime, "saisies": list(saisies)},
    )


CONFLIT_COLUMNS = ("departement_code", "element_libelle", "source_retenue", "source_ecartee", "action_conflit")


def conflit_choices(base: Base, column: str) -> list[str]:
    """Values by which conflicts can be filtered, the most frequent first."""
    if column not in CONFLIT_COLUMNS:
        raise ValueError(f"colonne de filtre inconnue : {column}")
    rows = base.read(
        f"select {column} as valeur from mart_dlnuf__conflits where {column} is not null"
        " group by 1 order by count(*) desc, 1"
    )
    return rows["valeur"].to_list()


def conflits(base: Base, chosen: Mapping[str, Sequence[str]], limit: int | None = None, skip: int = 0) -> pl.DataFrame:
    """Conflicts that match the filters (columns of CONFLIT_COLUMNS), the widest first within an element."""
    where, parameters = any_of({c: v for c, v in chosen.items() if v and c in CONFLIT_COLUMNS})
    return base.read(
        f"""
        select c.finess_et, f.raison_sociale, c.departement_code, c.millesime, c.element_id, c.element_libelle,
               c.composante,
               c.base_temporelle, c.perimetre, c.unite, c.unite_id, c.valeur_retenue, c.source_retenue,
               c.valeur_ecartee, c.source_ecartee, c.unite_mesure, c.ecart, c.tolerance, c.action_conflit, c.motif
        from (select * from mart_dlnuf__conflits where true{where}) c left join {FICHE} f on f.finess_et = c.finess_et
        order by c.element_libelle, abs(c.ecart) desc nulls last, c.unite_id, c.millesime, c.composante,
                 c.source_ecartee
        {"limit $limit offset $skip" if limit else ""}
        """,
        {**parameters, **({"limit": limit, "skip": skip} if limit else {})},
    )


def conflit_balance(base: Base, chosen: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many conflicts match the filters, and how many units they touch."""
    where, parameters = any_of({c: v for c, v in chosen.items() if v and c in CONFLIT_COLUMNS})
    return base.first(
        "select count(*) as n_conflits, count(distinct unite || unite_id) as n_unites from mart_dlnuf__conflits"
        f" where true{where}",
        parameters,
    )
