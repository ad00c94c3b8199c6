"""Queries of the maps: outlines, and where the establishments of a territory stand.

Belongs here: those queries. Does not belong here: how outlines are made ready (`dashboards.outlines`), drawn
(`dashboards.maps`).
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from dashboards.outlines import INSETS, Outline, outline
from dashboards.queries.connection import FICHE, Base
from dashboards.queries.territoires import IN_TERRITORY, Filters

# Degrees under which a bend is not drawn: half a pixel of the map of the country, then of that of a département.
_TOLERANCE = {"departement": 0.012, "commune": 0.0015, "epci": 0.002}


@lru_cache(maxsize=32)
def outlines(base: Base, niveau: str, departement: str | None = None, region: str | None = None) -> tuple[Outline, ...]:
    """Outlines of a level: of the country (overseas in their frames), of a region, or of a département, by code.

    Empty when no outline of that level was delivered. Kept for the publication.
    """
    frame = base.read(
        """
        select territoire_code, territoire_libelle, polygones from mart_territoires__contours
        where niveau = $niveau and ($departement is null or departement_code = $departement)
            and ($region is null or departement_code in (
                select territoire_code from mart_territoires__synthese
                where niveau = 'departement' and region_code = $region))
        order by territoire_code
        """,
        {"niveau": niveau, "departement": departement, "region": region},
    )
    whole = departement is None and region is None
    return tuple(
        outline(code, name, polygones, _TOLERANCE[niveau], INSETS.get(code) if whole else None)
        for code, name, polygones in frame.iter_rows()
    )


def outlines_from(base: Base, niveau: str) -> pl.DataFrame:
    """The files that the outlines of a level come from: nom_fichier, recu_le, the latest first."""
    return base.read(
        """
        select distinct l.nom_fichier, l.recu_le
        from mart_territoires__contours c join mart_qualite__livraisons l using (delivery_id)
        where c.niveau = $niveau order by l.recu_le desc, l.nom_fichier
        """,
        {"niveau": niveau},
    )


def offer(base: Base, niveau: str, code: str, filters: Filters) -> pl.DataFrame:
    """Open ESMS of a territory, one row each, with their commune; longitude and latitude may be unknown."""
    where, parameters = filters.sql()
    return base.read(
        "select finess_et, raison_sociale, categorie_libelle, domaine, commune_code, commune_libelle, departement_code,"
        f" cap_installee_totale, longitude, latitude from {FICHE} where {IN_TERRITORY}{where} order by finess_et",
        {"niveau": niveau, "code": code, **parameters},
    )
