"""Queries of the framework: the measures of its recommendations, over all that is published.

Belongs here: those queries. Does not belong here: which recommendation each one measures (`dashboards.views.cadre`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards.queries.connection import Base


def mesures(base: Base) -> dict[str, Any]:
    """Counts of what was received, kept and asked twice, by name."""
    return base.first(
        """
        select
            (select count(*) from mart_qualite__livraisons where statut = 'accepted') as n_livraisons,
            (select count(*) from mart_qualite__livraisons where statut = 'refused') as n_refusees,
            (select count(distinct source) from mart_qualite__livraisons where statut = 'accepted') as n_sources,
            (select count(*) from mart_etablissements__valeurs) as n_valeurs,
            (select count(*) from mart_etablissements__valeurs
             where source is not null and regle is not null) as n_tracees,
            (select count(distinct element_id) from mart_etablissements__valeurs) as n_elements,
            (select sum(n_reponses) from mart_dlnuf__saisies_evitees) as n_reponses,
            (select sum(n_saisies_evitees) from mart_dlnuf__saisies_evitees) as n_evitees
        """
    )


def parcours_publie(base: Base) -> pl.DataFrame:
    """By public, in the last year: entries and exits not told back, projects reviewed, delay from request to entry.

    `secret` names those that are hidden.
    """
    return base.read(
        """
        with derniere as (
            select domaine, max(annee) as annee from mart_publics__synthese where niveau = 'france' group by domaine
        )
        select d.domaine, d.annee, p.projets_revus_pct, p.n_projets, s.n_entrees_dui, s.n_entrees_non_dites_vt,
               s.n_sorties_dui, s.n_sorties_non_dites_vt, t.mediane_jours,
               concat_ws(', ', p.secret, s.secret, t.secret) as secret
        from derniere d
        join mart_publics__synthese p on p.niveau = 'france' and p.domaine = d.domaine and p.annee = d.annee
        left join mart_parcours__synthese s on s.niveau = 'france' and s.domaine = d.domaine and s.annee = d.annee
        left join mart_parcours__delais t on t.niveau = 'france' and t.domaine = d.domaine and t.annee = d.annee
            and t.etape = 'demande_entree'
        order by d.domaine
        """
    )
