"""Offer of a territory: categories with their authority, open establishments. Part of the page `territoire`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.territoires`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, maps, queries
from dashboards.components import Column, drawing, empty, table, translated
from dashboards.controls import several
from dashboards.formats import count, whole
from dashboards.labels import labels
from dashboards.outlines import Outline


def show(base: queries.Base, niveau: str, code: str, nom: str) -> None:
    st.header("Offre", anchor=False)
    filters = _filters(base, niveau, code)
    offer = queries.categories(base, niveau, code, filters)
    if offer.is_empty():
        empty("Aucun établissement ouvert ne répond à ces filtres.", "Retirez un filtre.")
        return
    st.subheader("Catégories d'établissements", anchor=False)
    table(
        offer.with_columns(translated("domaine", "domaine"), translated("financeur", "financeur")),
        {
            "categorie_libelle": "Catégorie",
            "domaine": "Domaine",
            "financeur": "Autorité compétente",
            "n_et_ouverts": Column("Ouverts", 0),
            "cap_autorisee": Column("Autorisées", 0),
            "cap_installee": Column("Installées", 0),
        },
        "Catégories d'établissements",
        key="categories",
    )
    st.caption(
        "L'autorité compétente découle de la catégorie ; ce n'est pas le financement constaté. Autorisées et "
        "installées : places, somme des capacités connues ; certains services (CMPP, CAMSP, aide à domicile) n'ont "
        "pas de places."
    )
    st.subheader("Établissements ouverts", anchor=False)
    _establishments(base, niveau, code, nom, filters)


def _filters(base: queries.Base, niveau: str, code: str) -> queries.Filters:
    offer = queries.categories(base, niveau, code, queries.Filters())
    names = dict(zip(offer["categorie_code"], offer["categorie_libelle"], strict=True))
    offered = set(offer["domaine"])
    domains = {code: name for code, name in labels("domaine").items() if code in offered}
    domain, payer, category = st.columns(3)
    forget = ["page_categories", "page_points_table"]
    with domain:
        domaines = several("Domaine", domains, "domaine", forget=forget)
    with payer:
        financeurs = several("Autorité compétente", labels("financeur"), "financeur", every="Toutes", forget=forget)
    with category:
        categories = several("Catégorie", names, "categorie", every="Toutes", forget=forget)
    return queries.Filters(domaines=domaines, financeurs=financeurs, categories=categories)


def _establishments(base: queries.Base, niveau: str, code: str, nom: str, filters: queries.Filters) -> None:
    if niveau == "france":
        place = queries.located(base, niveau, code, filters)
        total = (
            f"{count(place['n_et'], 'établissement ouvert', 'établissements ouverts')}, dont "
            f"{whole(place['n_sans_coordonnees'])} sans coordonnées, absents du dessin."
        )
        names = queries.place_names(base, niveau, code).to_dicts()
        reading = (
            "France métropolitaine, par mailles d'un quart de degré ; en italique, les numéros des départements. "
            f"France entière : {total} Choisissez un département pour voir chaque établissement."
        )
        cells = queries.etablissement_cells(base, filters)
        drawing(
            charts.cells(_cells(cells), names), "Établissements ouverts en France métropolitaine", reading, "points",
            cells, {"latitude": Column("Latitude", 3), "longitude": Column("Longitude", 3),
                    "n_et": Column("Établissements", 0), "cap_installee": Column("Places installées", 0)},
        )  # fmt: skip
        return
    found = queries.offer(base, niveau, code, filters)
    columns = {
        "finess_et": "FINESS",
        "raison_sociale": "Établissement",
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "cap_installee_totale": Column("Places installées", 0),
    }
    grounds = _grounds(base, niveau, code, found)
    placed = maps.placed(found.iter_rows(named=True), grounds if niveau != "region" else ())
    if not placed.rows:
        empty("Aucun établissement n'a de coordonnées.", "Rien à dessiner : voyez leur fiche.")
        if not found.is_empty():
            table(found, columns, "Établissements ouverts", "points_table")
        return
    where = [f"{nom} : {count(found.height, 'établissement ouvert', 'établissements ouverts')}"]
    if placed.n_at_commune:
        where.append(f"{whole(placed.n_at_commune)} sans coordonnées, en creux, au milieu de leur commune")
    if placed.n_nowhere:
        where.append(f"{whole(placed.n_nowhere)} que rien ne permet de placer, dans le tableau seulement")
    title = f"Établissements ouverts : {nom}"
    names = () if grounds else queries.place_names(base, niveau, code).iter_rows(named=True)
    drawing(maps.establishments(placed.rows, grounds, names), title, " ; ".join(where) + ".", "points", found, columns)


def _grounds(base: queries.Base, niveau: str, code: str, found: pl.DataFrame) -> tuple[Outline, ...]:
    """What is drawn under the establishments found.

    The communes of a département, those of an EPCI that have an establishment, the départements of a region.
    """
    if niveau == "departement":
        return queries.outlines(base, "commune", departement=code)
    if niveau == "epci":
        around = found["departement_code"].drop_nulls().unique().sort()
        communes = (drawn for each in around for drawn in queries.outlines(base, "commune", departement=each))
        return tuple(drawn for drawn in communes if drawn.code in set(found["commune_code"]))
    return queries.outlines(base, "departement", region=code) if niveau == "region" else ()


def _cells(cells: pl.DataFrame) -> list[dict[str, float | str]]:
    return [
        {
            **row,
            "texte": f"{count(row['n_et'], 'établissement', 'établissements')}, "
            f"places installées connues : {whole(row['cap_installee'])}",
        }
        for row in cells.iter_rows(named=True)
    ]
