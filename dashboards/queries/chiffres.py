"""Queries of a theme: its indicators in a territory, their years, what others have, the establishments behind them.

Belongs here: those queries. Does not belong here: which indicators make a theme (`dashboards.themes`), how rows are
shown (`dashboards.views.theme`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from dashboards.queries.connection import FICHE, Base

SIMILAR = 8  # départements read beside one, when those that are alike are asked for
_OPEN = (
    "f.est_esms and {territory} and coalesce(f.date_ouverture <= make_date($annee, 12, 31), true)"
    " and coalesce(f.date_fermeture > make_date($annee, 12, 31), true)"
)
_TERRITORY = {
    "departement": "f.departement_code = $code", "region": "f.region_code = $code", "france": "$code is not null",
    "epci": "f.epci_code = $code",
}  # fmt: skip
# Where a territory lies: the code of its région, or of its département.
_AROUND = "(select max({}_code) from territoires where niveau = $niveau and territoire_code = $code)"
_REGION, _DEPARTEMENT = _AROUND.format("region"), _AROUND.format("departement")


def _in(niveau: str) -> str:
    return _TERRITORY.get(niveau, "false and $code is null")


def chiffres(base: Base, niveau: str, code: str, codes: Sequence[str], annee: int | None) -> pl.DataFrame:
    """Each indicator of a territory, in a year, in the order of `codes`.

    Without year, in that for which enough establishments of all territories answered; where nothing is told of the
    year, in the last one known.

    Beside it: its département when it is an EPCI, its region and the country, in the same year, when they are named by
    what was received (departement, region, france), and the last year before that is known (avant, millesime_avant).
    """
    return base.read(
        f"""
        with ici as (
            select * from indicateurs_territoire
            where niveau = $niveau and territoire_code = $code and list_contains($codes, indicateur_code)
        ), demande as (
            select distinct on (i.indicateur_code) i.*
            from ici i left join indicateurs_reference r on r.indicateur_code = i.indicateur_code
            order by i.indicateur_code, coalesce(i.millesime <> coalesce($annee, r.millesime), false),
                     i.valeur is null, i.millesime desc
        ), avant as (
            select d.indicateur_code, max_by(i.valeur, i.millesime) as avant, max(i.millesime) as millesime_avant
            from demande d join ici i on i.indicateur_code = d.indicateur_code and i.millesime < d.millesime
            where i.valeur is not null group by d.indicateur_code
        ), autour as (
            select t.indicateur_code,
                   max(t.valeur) filter (where t.niveau = 'france' and t.perimetre is null) as france,
                   max(t.valeur) filter (where t.niveau = 'region' and t.perimetre is null) as region,
                   max(t.valeur) filter (where t.niveau = 'departement' and t.perimetre is null) as departement
            from indicateurs_territoire t
            join demande d on d.indicateur_code = t.indicateur_code and d.millesime = t.millesime
            where (t.niveau = 'france' and $niveau <> 'france')
               or (t.niveau = 'region' and t.territoire_code = {_REGION} and $niveau not in ('region', 'france'))
               or (t.niveau = 'departement' and t.territoire_code = {_DEPARTEMENT} and $niveau = 'epci')
            group by t.indicateur_code
        )
        select d.*, a.departement, a.region, a.france, p.avant, p.millesime_avant
        from demande d left join autour a using (indicateur_code) left join avant p using (indicateur_code)
        order by list_position($codes, d.indicateur_code)
        """,
        {"niveau": niveau, "code": code, "codes": [*codes], "annee": annee},
    )


def annees(base: Base, niveau: str, code: str, codes: Sequence[str]) -> list[int]:
    """Years in which an indicator of a list is known in a territory or for its establishments, the latest first."""
    rows = base.read(
        f"""
        select millesime from indicateurs_territoire
        where niveau = $niveau and territoire_code = $code and valeur is not null
            and list_contains($codes, indicateur_code)
        union
        select i.millesime from mart_indicateurs__esms i join {FICHE} f using (finess_et)
        where list_contains($codes, i.indicateur_code) and {_in(niveau)}
        order by millesime desc
        """,
        {"niveau": niveau, "code": code, "codes": [*codes]},
    )
    return rows["millesime"].to_list()


def serie(base: Base, indicateur: str, niveau: str, code: str) -> pl.DataFrame:
    """An indicator year after year: in a territory (role « territoire »), in its region and in the country.

    A region or a country of which some départements were not received is left out: it would not be what its name says.
    """
    return base.read(
        f"""
        select case when niveau = $niveau and territoire_code = $code then 'territoire' else niveau end as role,
               territoire_libelle, millesime, valeur, n_repondants, n_concernes, part_places_pct, alerte, perimetre
        from indicateurs_territoire
        where indicateur_code = $indicateur and ((niveau = $niveau and territoire_code = $code)
            or ((niveau = 'france' or (niveau = 'region' and territoire_code = {_REGION})) and perimetre is null))
        order by role <> 'territoire', role, millesime
        """,
        {"indicateur": indicateur, "niveau": niveau, "code": code},
    )


def semblables(base: Base, niveau: str, code: str, selon: str) -> pl.DataFrame:
    """Territories to read beside one: niveau, territoire_code, territoire_libelle, habitants of 75 and over.

    Of a département, by `selon`: « population », those whose population of 75 and over is the nearest (the chosen one
    comes first); « region », those of the same region; « tous ». Of an EPCI, those of its département. Of a region, its
    départements; of the country, the regions.
    """
    return base.read(
        """
        with population as (
            select territoire_code, max_by(valeur, millesime) as habitants from indicateurs_territoire
            where niveau = $lu and indicateur_code = 'POP_75P' and valeur is not null group by territoire_code
        ), lus as (
            select t.*, p.habitants from territoires t left join population p using (territoire_code)
            where t.niveau = $lu
        ), choisi as (select * from lus where territoire_code = $code)
        select n.niveau, n.territoire_code, n.territoire_libelle, n.habitants,
               abs(ln(n.habitants / (select habitants from choisi))) as ecart
        from lus n
        where case $niveau
            when 'france' then true
            when 'region' then n.region_code = $code
            when 'epci' then n.departement_code = (select departement_code from choisi)
            else n.territoire_code = $code or $selon = 'tous'
                or ($selon = 'region' and n.region_code = (select region_code from choisi))
                or ($selon = 'population' and ecart is not null) end
        order by n.territoire_code <> $code, ecart nulls last, n.territoire_libelle
        limit case when $selon = 'population' and $niveau = 'departement' then $limite + 1 else 1000 end
        """,
        {
            "niveau": niveau, "code": code, "selon": selon, "limite": SIMILAR,
            "lu": {"france": "region", "region": "departement"}.get(niveau, niveau),
        },
    ).drop("ecart")  # fmt: skip


def par_annee(base: Base, indicateur: str, niveau: str, codes: Sequence[str], n_annees: int) -> pl.DataFrame:
    """An indicator of some territories over its last years: a row each territory and year, in the order of `codes`."""
    return base.read(
        """
        select territoire_code, max(territoire_libelle) over (partition by territoire_code) as territoire_libelle,
               millesime, valeur, n_repondants, n_concernes, rang, n_rangs
        from indicateurs_territoire
        where indicateur_code = $indicateur and niveau = $niveau and list_contains($codes, territoire_code)
            and millesime > (select max(millesime) from indicateurs_territoire
                where indicateur_code = $indicateur and niveau = $niveau and valeur is not null) - $n
        order by list_position($codes, territoire_code), millesime
        """,
        {"indicateur": indicateur, "niveau": niveau, "codes": [*codes], "n": n_annees},
    )


def esms_connus(base: Base, niveau: str, code: str, codes: Sequence[str]) -> pl.DataFrame:
    """Indicators of establishments known in a territory: code, modality, labels, unit, last year, in `codes` order."""
    return base.read(
        f"""
        select i.indicateur_code, coalesce(i.modalite, '') as modalite, max(i.indicateur_libelle) as indicateur_libelle,
               max(i.modalite_libelle) as modalite_libelle, max(i.unite_mesure) as unite_mesure,
               max(i.millesime) as millesime
        from mart_indicateurs__esms i join {FICHE} f using (finess_et)
        where list_contains($codes, i.indicateur_code) and f.est_esms and {_in(niveau)} and i.valeur is not null
        group by 1, 2 order by list_position($codes, i.indicateur_code), modalite
        """,
        {"code": code, "codes": [*codes]},
    )


def valeurs_esms(
    base: Base, indicateur: str, modalite: str, niveau: str, code: str, annee: int, categories: Sequence[str] = ()
) -> pl.DataFrame:
    """Values of the ESMS of a territory that were open on 31 December of a year, one row each, that of a site first.

    Those that did not answer are there, `a_repondu` false; a hidden value is named by `secret`. categories: of the
    establishments; without any, those in which somebody of the country answered.
    """
    return base.read(
        f"""
        with reponses as (
            select distinct on (finess_et) finess_et, valeur, est_atypique, source, statut,
                   coalesce(secret, '') as secret
            from mart_indicateurs__esms
            where indicateur_code = $indicateur and coalesce(modalite, '') = $modalite and millesime = $annee
            order by finess_et, perimetre = 'site' desc, valeur is null
        ), concernees as (
            select distinct f.categorie_code from {FICHE} f
            where case when len($categories) > 0 then list_contains($categories, f.categorie_code)
                  else f.finess_et in (select finess_et from reponses) end
        )
        select f.finess_et, f.raison_sociale, f.categorie_code, f.categorie_libelle, f.commune_libelle,
               f.departement_code, f.cap_installee_totale, r.valeur, r.est_atypique, r.source, r.statut,
               coalesce(r.secret, '') as secret,
               coalesce(r.valeur is not null or contains(r.secret, 'valeur'), false) as a_repondu
        from {FICHE} f left join reponses r using (finess_et)
        where {_OPEN.format(territory=_in(niveau))}
            and f.categorie_code in (select categorie_code from concernees)
        order by f.categorie_libelle, f.raison_sociale, f.finess_et
        """,
        {
            "indicateur": indicateur, "modalite": modalite, "code": code, "annee": annee, "categories": [*categories],
        },
    )  # fmt: skip


def evenements(base: Base, niveau: str, code: str, limit: int) -> pl.DataFrame:
    """The last openings, closures and other events of the ESMS of a territory, the latest first."""
    return base.read(
        f"""
        select h.evenement_id, h.finess_et, f.raison_sociale, f.categorie_libelle, f.commune_libelle, h.evenement,
               h.date_evenement, h.valeur_avant, h.valeur_apres
        from mart_etablissements__historique h join {FICHE} f using (finess_et)
        where f.est_esms and {_in(niveau)} and h.date_evenement is not null
        order by h.date_evenement desc, h.finess_et, h.evenement_id limit $limit
        """,
        {"code": code, "limit": limit},
    )


def nouveautes(base: Base, before: Base, niveau: str, code: str, codes: Sequence[str]) -> dict[str, Any]:
    """What changed in a territory since another publication: its figures, and the events that were not told.

    chiffres: indicateur_code, indicateur_libelle, unite_mesure, millesime, avant, valeur, where they differ in the year
    that is read now. evenements: as `evenements` gives them.
    """
    last = "select distinct on (indicateur_code) indicateur_code, indicateur_libelle, unite_mesure, millesime, valeur"
    sql = (
        f"{last} from indicateurs_territoire where niveau = $niveau and territoire_code = $code"
        " and list_contains($codes, indicateur_code) and valeur is not null order by indicateur_code, millesime desc"
    )
    asked = {"niveau": niveau, "code": code, "codes": [*codes]}
    now, then = base.read(sql, asked), before.read(sql, asked)
    both = now.join(
        then.select("indicateur_code", pl.col("millesime").alias("millesime_avant"), pl.col("valeur").alias("avant")),
        on="indicateur_code",
        how="left",
    )
    changed = both.filter(pl.col("avant").is_null() | ((pl.col("valeur") - pl.col("avant")).abs() > 1e-9))
    told = evenements(before, niveau, code, 1_000_000)["evenement_id"]
    events = evenements(base, niveau, code, 1_000_000).filter(~pl.col("evenement_id").is_in(told.implode()))
    return {"chiffres": changed, "evenements": events}
