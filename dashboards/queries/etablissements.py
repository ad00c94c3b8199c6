"""Queries of one establishment: search, identity, history, values and where they come from.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.views.etablissement`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.queries.connection import FICHE, FOLD, KEY, Base

# Every word typed ($typed) is among those of an establishment (table `recherche`), whatever accents and case.
EVERY_WORD = f"""
    trim({FOLD.format("$typed")}) <> '' and (
        select bool_and(contains(mots_cherches, mot))
        from (select unnest(string_split(trim({FOLD.format("$typed")}), ' ')) as mot)
    )"""


def search(base: Base, typed: str, limit: int = 50) -> pl.DataFrame:
    """Establishments whose FINESS, name, manager or commune contain every word typed, whatever accents and case."""
    return base.read(
        f"""
        select finess_et, raison_sociale, categorie_libelle, commune_libelle, departement_code, est_ouvert, est_esms
        from recherche
        where {EVERY_WORD}
        order by est_esms desc nulls last, est_ouvert desc nulls last, raison_sociale, finess_et limit $limit
        """,
        {"typed": typed, "limit": limit},
    )


def etablissement(base: Base, finess_et: str) -> dict[str, Any]:
    """Identity of one establishment; empty when the number is not in the publication."""
    return base.first(f"select * from {FICHE} where finess_et = $finess", {"finess": finess_et})


def historique(base: Base, finess: Sequence[str]) -> pl.DataFrame:
    """Events of some establishments, the latest first."""
    return base.read(
        "select finess_et, evenement, date_evenement, discipline_code, mode_fonctionnement_code, clientele_code,"
        " valeur_avant, valeur_apres, source from mart_etablissements__historique"
        " where list_contains($finess, finess_et)"
        " order by finess_et, date_evenement desc nulls last, evenement, discipline_code",
        {"finess": [*finess]},
    )


def has_values(base: Base, finess_et: str) -> bool:
    """Whether a collection answered about this number, even when FINESS does not know it."""
    return not base.read(
        "select 1 from mart_etablissements__valeurs where finess_et = $finess limit 1", {"finess": finess_et}
    ).is_empty()


def valeurs(base: Base, finess_et: str) -> pl.DataFrame:
    """Values retained for one establishment, latest year first within a theme and an element.

    est_derniere: the latest year known of this datum.
    """
    return base.read(
        """
        select *, millesime = max(millesime) over (
            partition by element_id, composante, base_temporelle, perimetre
        ) as est_derniere
        from mart_etablissements__valeurs where finess_et = $finess
        order by try_cast(regexp_extract(groupe, '^[0-9]+') as integer), element_libelle, composante, millesime desc,
                 base_temporelle, perimetre
        """,
        {"finess": finess_et},
    )


def reponses(base: Base, key: Mapping[str, Any]) -> pl.DataFrame:
    """Every answer received for one retained value, the winner first, then the losers and why they lost.

    key: finess_et, perimetre, millesime, element_id, composante, base_temporelle.
    """
    where = " and ".join(f"r.{c} = ${c}" for c in KEY[2:])
    both = "r.source, r.collecte, r.valeur, r.valeur_nombre, r.collecte_le, r.alerte, r.delivery_id, r.ligne"
    return base.read(
        f"""
        with r as (
            select true as est_retenue, {both}, cast(null as double) as ecart,
                   cast(null as boolean) as est_dans_tolerance, r.regle as motif
            from dlnuf_valeurs r where r.unite = 'ET' and r.unite_id = $finess_et and {where}
            union all
            select false, {both}, r.ecart, r.est_dans_tolerance, r.motif
            from dlnuf_reponses_ecartees r where r.unite = 'ET' and r.unite_id = $finess_et and {where}
        )
        select r.*, l.nom_fichier, l.recu_le from r left join mart_qualite__livraisons l using (delivery_id)
        order by est_retenue desc, r.collecte_le desc nulls last, r.source
        """,
        {c: key[c] for c in ("finess_et", *KEY[2:])},
    )


def etablissements_par_departement(base: Base) -> dict[str | None, int]:
    """How many ESMS each département has, closed ones included; None: those of no known département."""
    frame = base.read(f"select departement_code, count(*) as n from {FICHE} where est_esms group by departement_code")
    return dict(frame.iter_rows())


def etablissements_du_departement(base: Base, departement_code: str | None) -> list[dict[str, Any]]:
    """Identity of every ESMS of a département (None: of none), by name."""
    return base.read(
        f"select * from {FICHE} where est_esms and departement_code is not distinct from $code"
        " order by raison_sociale, finess_et",
        {"code": departement_code},
    ).to_dicts()
