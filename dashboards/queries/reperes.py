"""Queries that put the figures of establishments beside one another: one with its category, several side by side.

Belongs here: those queries. Does not belong here: how their rows are shown (`dashboards.sheets`, `dashboards.views`).

A figure is an indicator (`mart_indicateurs__esms`) or one of the data of tariff talks that no indicator carries
(`ELEMENTS`). Its code is that of the indicator or of the element, its modality that or its component.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from dashboards.queries.connection import FICHE, Base, any_of
from dashboards.queries.etablissements import EVERY_WORD
from data_contracts.indicators.declaration import FEWEST

# What is negotiated, and no indicator says: the other prices, dependency tariffs, places open to social aid.
ELEMENTS = (
    "PRIX_HP_CD", "PRIX_HP_CD_ASH", "PRIX_HT", "PRIX_AJ", "PRIX_RA", "TARIF_GIR12", "TARIF_GIR34", "TARIF_GIR56",
    "PLACES_ASH",
)  # fmt: skip
_ELEMENTS = """
    select finess_et, case when element_id like 'PLACES%' then 'capacite' else 'tarifs' end as axe,
           element_id as code, element_libelle as libelle, composante as modalite, millesime, valeur_nombre as valeur,
           unite_mesure, source, statut, alerte, perimetre, 'ET' as unite_observation, collecte_le,
           case when list_contains(string_split(coalesce(secret, ''), ', '), 'valeur_nombre') then 'valeur' end
               as secret
    from mart_etablissements__valeurs where list_contains($elements, element_id) and {condition}
    qualify row_number() over (
        partition by finess_et, element_id, composante, millesime order by perimetre desc, base_temporelle desc) = 1
"""
_FIGURES = f"""
    select finess_et, axe, indicateur_code as code, indicateur_libelle as libelle, modalite,
           modalite_libelle, millesime, valeur, unite_mesure, source, statut, alerte, est_atypique, seuil_min,
           seuil_max, perimetre, unite_observation, secret, cast(null as date) as collecte_le
    from mart_indicateurs__esms where {{condition}}
    union all by name
    {_ELEMENTS}
"""


def _figures(condition: str) -> str:
    return _FIGURES.format(condition=condition)


def figures(base: Base, finess: Sequence[str]) -> pl.DataFrame:
    """Every figure of some establishments, the latest year first within a figure, with the date of its document.

    The date is the one that the collection of the same source and year declares; none for what the warehouse computes.
    """
    return base.read(
        f"""
        with chiffres as ({_figures("list_contains($finess, finess_et)")}),
        documents as (
            select finess_et, source, millesime, max(collecte_le) as collecte_le from mart_etablissements__valeurs
            where list_contains($finess, finess_et) group by finess_et, source, millesime
        )
        select c.* replace (coalesce(c.collecte_le, d.collecte_le) as collecte_le)
        from chiffres c left join documents d using (finess_et, source, millesime)
        order by finess_et,
                 list_position(['capacite', 'activite', 'besoins', 'tarifs', 'rh', 'finances'], axe),
                 libelle, modalite, millesime desc
        """,
        {"finess": [*finess], "elements": [*ELEMENTS]},
    )


def marks(
    base: Base, categorie_code: str | None, departement_code: str | None, region_code: str | None
) -> pl.DataFrame:
    """Quartiles of each figure among the ESMS of a category, open that year: in a département, its region, and what is
    published of France. Columns: niveau, code, modalite, millesime, n, n_concernes, q1, mediane, q3, perimetre (of a
    territory that was not received whole, what was).

    Those of indicators are published (`mart_indicateurs__reperes`). Those of the other prices follow the same rule
    here: no row of fewer establishments than `FEWEST`.
    """
    codes = {"departement": departement_code, "region": region_code, "france": "FR"}
    here = [
        (pl.col("niveau") == niveau) & (pl.col("territoire_code") == code) for niveau, code in codes.items() if code
    ]
    return _marks(base, categorie_code).filter(pl.any_horizontal(here))


def quartiles(base: Base, indicateur: str, modalite: str, niveau: str, code: str, annee: int) -> pl.DataFrame:
    """Quartiles of an indicator by category of the ESMS of a territory, as published: the most answers first.

    Columns: categorie_code, categorie_libelle, n, n_concernes, q1, mediane, q3; no row of fewer answers than `FEWEST`.
    """
    return base.read(
        """
        select categorie_code, categorie_libelle, n_repondants as n, n_concernes, q1, mediane, q3
        from mart_indicateurs__reperes
        where indicateur_code = $indicateur and modalite = $modalite and millesime = $annee
            and niveau = $niveau and territoire_code = $code
        order by n desc, categorie_libelle
        """,
        {"indicateur": indicateur, "modalite": modalite, "niveau": niveau, "code": code, "annee": annee},
    )


def every_mark(base: Base) -> pl.DataFrame:
    """The same for every category and territory, with categorie_code and territoire_code. Takes seconds."""
    return _marks(base, None)


@lru_cache(maxsize=64)
def _marks(base: Base, categorie_code: str | None) -> pl.DataFrame:
    levels = """(values ('departement'), ('region'), ('france')) as n(niveau)"""
    code = "case niveau when 'departement' then departement_code when 'region' then region_code else 'FR' end"
    return base.read(
        f"""
        with annees as (
            select distinct millesime, make_date(millesime, 12, 31) as fin from mart_etablissements__valeurs
            where list_contains($elements, element_id)
        ),
        parc as (
            select f.finess_et, f.categorie_code, a.millesime, n.niveau, {code} as territoire_code
            from {FICHE} f, annees a, {levels}
            where f.est_esms and f.categorie_code = coalesce($categorie, f.categorie_code)
                and coalesce(f.date_ouverture <= a.fin, true)
                and coalesce(f.date_fermeture > a.fin, f.est_ouvert, true)
        ),
        concernes as (
            select categorie_code, niveau, territoire_code, millesime, count(*) as n_concernes from parc
            group by categorie_code, niveau, territoire_code, millesime
        ),
        chiffres as ({_ELEMENTS.format(condition="true")})
        select categorie_code, niveau, territoire_code, indicateur_code as code, modalite, millesime,
               n_repondants as n, n_concernes, q1, mediane, q3, perimetre
        from mart_indicateurs__reperes
        where categorie_code = coalesce($categorie, categorie_code) and niveau in ('departement', 'region', 'france')
        union all by name
        select p.categorie_code, p.niveau, p.territoire_code, c.code, c.modalite, p.millesime, count(*) as n,
               any_value(n.n_concernes) as n_concernes,
               quantile_cont(c.valeur, 0.25) as q1, median(c.valeur) as mediane, quantile_cont(c.valeur, 0.75) as q3
        from chiffres c join parc p using (finess_et, millesime)
        join concernes n using (categorie_code, niveau, territoire_code, millesime)
        where c.valeur is not null and c.perimetre = 'site'
        group by p.categorie_code, p.niveau, p.territoire_code, c.code, c.modalite, p.millesime
        having count(*) >= $fewest
        """,
        {"categorie": categorie_code, "elements": [*ELEMENTS], "fewest": FEWEST},
    )


def autorisations(base: Base, finess: Sequence[str]) -> pl.DataFrame:
    """What some establishments are authorised to do, by triplet: what stands first, then what ended."""
    return base.read(
        "select * exclude (delivery_id) from mart_etablissements__autorisations where list_contains($finess, finess_et)"
        " order by finess_et, est_autorisee or est_installee desc, discipline_code, mode_fonctionnement_code,"
        " clientele_code",
        {"finess": [*finess]},
    )


@lru_cache(maxsize=4)
def comparable(base: Base) -> pl.DataFrame:
    """Figures by which establishments can be compared: code, modalite, libelle, modalite_libelle, unite_mesure, n."""
    return base.read(
        f"""
        select code, modalite, any_value(libelle) as libelle, any_value(modalite_libelle) as modalite_libelle,
               any_value(unite_mesure) as unite_mesure, count(distinct finess_et) as n
        from ({_figures("true")}) where valeur is not null and unite_observation = 'ET'
        group by code, modalite order by n desc, libelle, modalite
        """,
        {"elements": [*ELEMENTS]},
    )


def side_by_side(base: Base, finess: Sequence[str], figures_wanted: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Establishments with the last known value of some figures: one row each, in the order of their name.

    Columns: finess_et, raison_sociale, categorie_libelle, commune_libelle, departement_code, est_ouvert, then for the
    figure of rank i: v<i>, a<i> (year), s<i> (hidden) and t<i> (outside the thresholds of display).
    """
    picked = "".join(
        f", max(valeur) filter (rang = {i}) as v{i}, max(millesime) filter (rang = {i}) as a{i},"
        f" bool_or(est_secret) filter (rang = {i}) as s{i}, bool_or(est_atypique) filter (rang = {i}) as t{i}"
        for i in range(len(figures_wanted))
    )
    ranks = range(len(figures_wanted))
    wanted = " union all ".join(f"select {i} as rang, $c{i} as code, $m{i} as modalite" for i in ranks)
    values = (
        f""", voulus as ({wanted}), chiffres as ({_figures("list_contains($finess, finess_et)")}),
        derniers as (
            select c.finess_et, v.rang, c.valeur, c.millesime, c.est_atypique,
                   list_contains(string_split(coalesce(c.secret, ''), ', '), 'valeur') as est_secret
            from chiffres c join voulus v on v.code = c.code and v.modalite = c.modalite
            where (c.valeur is not null or c.secret is not null) and c.unite_observation = 'ET'
            qualify row_number() over (partition by c.finess_et, v.rang order by c.millesime desc) = 1
        ), larges as (select finess_et{picked} from derniers group by finess_et)"""
        if figures_wanted
        else ", larges as (select null as finess_et where false)"
    )
    parameters = {f"c{i}": code for i, (code, _) in enumerate(figures_wanted)}
    parameters |= {f"m{i}": modalite for i, (_, modalite) in enumerate(figures_wanted)}
    return base.read(
        f"""
        with demandes as (select unnest($finess) as finess_et) {values}
        select d.finess_et, f.raison_sociale, f.categorie_libelle, f.commune_libelle, f.departement_code, f.est_ouvert,
               f.cap_installee_totale, l.* exclude (finess_et)
        from demandes d left join {FICHE} f using (finess_et) left join larges l using (finess_et)
        order by f.raison_sociale nulls last, d.finess_et
        """,
        {"finess": [*finess], **({"elements": [*ELEMENTS], **parameters} if figures_wanted else {})},
    )


def select_establishments(
    base: Base,
    *,
    words: str = "",
    finess: Sequence[str] = (),
    categories: Sequence[str] = (),
    niveau: str = "france",
    code: str = "FR",
    figure: tuple[str, str] | None = None,
    low: float | None = None,
    high: float | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    """Establishments (finess_et) that meet every criterion given, open ESMS only unless a list asks for them by name.

    figure, low, high: the last known value of a figure lies between two limits; who has no value does not.
    """
    where, parameters = any_of({"categorie_code": categories} if categories else {})
    terms: list[str] = []
    if finess:
        terms.append("list_contains($finess, finess_et)")
        parameters["finess"] = [*finess]
    else:
        terms.append("est_esms and est_ouvert")
    if words.strip():
        terms.append(f"finess_et in (select finess_et from recherche where {EVERY_WORD})")
        parameters["typed"] = words
    if niveau in ("departement", "region", "epci"):
        terms.append(f"{niveau}_code = $code")
        parameters["code"] = code
    if figure is not None and (low is not None or high is not None):
        terms.append(
            f"""finess_et in (
                select finess_et from ({_figures("true")})
                where code = $figure and modalite = $modalite and valeur is not null and unite_observation = 'ET'
                qualify row_number() over (partition by finess_et order by millesime desc) = 1
                    and valeur >= coalesce($low, valeur) and valeur <= coalesce($high, valeur))"""
        )
        parameters |= {"figure": figure[0], "modalite": figure[1], "low": low, "high": high, "elements": [*ELEMENTS]}
    return base.read(
        f"select finess_et, count(*) over () as n_en_tout from {FICHE} where {' and '.join(terms)}{where}"
        " order by raison_sociale, finess_et limit $limit",
        {**parameters, "limit": limit},
    )
