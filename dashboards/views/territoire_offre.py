"""Offer of a territory: categories with their authority, open establishments. Part of the page `territoire`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.territoires`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import Column, drawing, empty, table, translated
from dashboards.controls import several
from dashboards.formats import count, number, whole
from dashboards.labels import label, labels


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
    place = queries.located(base, niveau, code, filters)
    total = (
        f"{count(place['n_et'], 'établissement ouvert', 'établissements ouverts')}, dont "
        f"{whole(place['n_sans_coordonnees'])} sans coordonnées, absents du dessin."
    )
    names = queries.place_names(base, niveau, code).to_dicts()
    if niveau == "france":
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
    points = queries.etablissement_points(base, niveau, code, filters)
    columns = {
        "finess_et": "FINESS",
        "raison_sociale": "Établissement",
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "cap_installee_totale": Column("Places installées", 0),
    }
    if points.height < 2:
        empty("Moins de deux établissements ont des coordonnées.", "Rien à dessiner : voyez leur fiche.")
        if not points.is_empty():
            table(points, columns, "Établissements ouverts", "points_table")
    else:
        rows = [
            {
                "nom": r["raison_sociale"],
                "categorie": r["categorie_libelle"],
                "domaine": label("domaine", r["domaine"]),
                "commune": r["commune_libelle"],
                "places": number(r["cap_installee_totale"], 0),
                "longitude": r["longitude"],
                "latitude": r["latitude"],
            }
            for r in points.iter_rows(named=True)
        ]
        title = f"Établissements ouverts : {nom}"
        drawing(charts.points(rows, names), title, f"{nom} : {total}", "points", points, columns)


def _cells(cells: pl.DataFrame) -> list[dict[str, float | str]]:
    return [
        {
            **row,
            "texte": f"{count(row['n_et'], 'établissement', 'établissements')}, "
            f"places installées connues : {whole(row['cap_installee'])}",
        }
        for row in cells.iter_rows(named=True)
    ]
