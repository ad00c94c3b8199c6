"""Offer and equipment: the theme, with the map of the départements and the offer (`territoire_offre`).

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.territoires`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, maps, queries
from dashboards.components import Column, Export, drawing, heading, open_base
from dashboards.controls import segments
from dashboards.formats import count, day_text, plain, text
from dashboards.themes import OFFRE, codes
from dashboards.views import territoire_offre, theme, theme_etablissements
from dashboards.views.lieu import Lieu, choose_lieu
from data_contracts.indicators import Indicator

SHAPES = {"contours": "Contours", "carreaux": "Carreaux"}
CARREAUX = (
    "Un carré par département, à peu près à sa place : numéro en haut, valeur en dessous, « ? » quand elle manque."
)


def show() -> None:
    heading(OFFRE.title, OFFRE.lead)
    base = open_base()
    lieu = choose_lieu(base, codes(OFFRE.indicators))
    if lieu is None:
        return
    chosen = theme.territory(base, OFFRE, lieu)
    if chosen is not None:
        _map(base, chosen, lieu)
    territoire_offre.show(base, lieu.niveau, lieu.code, lieu.nom)
    theme_etablissements.show(base, OFFRE, lieu)
    theme.not_computed(OFFRE)


def _map(base: queries.Base, chosen: Indicator, lieu: Lieu) -> None:
    st.header("Carte des départements", anchor=False)
    values = queries.map_values(base, chosen.code)
    region = lieu.code if lieu.niveau == "region" else None
    outlined = (
        set(values.filter(pl.col("region_code") == region)["territoire_code"]) if region else {lieu.departement or ""}
    )
    known = values["valeur"].drop_nulls().len()
    bounds = queries.class_bounds(base, chosen.code)
    outlines = queries.outlines(base, "departement")
    as_shapes = (
        bool(outlines) and segments("Forme de la carte", list(SHAPES), SHAPES.__getitem__, "forme") == "contours"
    )
    reading = (
        f"{chosen.label}. {_outlines_from(base) if as_shapes else CARREAUX} "
        f"{count(known, 'département connu', 'départements connus')} ; les autres, en pointillés, "
        "sont inconnus et non à zéro." + _outlined(lieu)
    )
    if as_shapes:
        picture = maps.departements(outlines, values, bounds, chosen.unit, chosen.label, outlined)
    else:
        picture = charts.tile_map(values, bounds, chosen.unit, chosen.label, outlined)
    every = charts.tiles().join(values, left_on="departement_code", right_on="territoire_code", how="left")
    columns = {
        "departement_code": "Code",
        "departement_libelle": "Département",
        "valeur": Column("Valeur", unit=chosen.unit, definition=chosen.definition or ""),
        "effectif": Column("Établissements renseignés", 0),
    }
    name = f"Carte des départements : {chosen.label}"
    drawing(picture, name, reading, "carte", every, columns, about=Export(name, chosen.definition or ""))


def _outlined(lieu: Lieu) -> str:
    if lieu.niveau == "france":
        return ""
    return f" Contour épais : {'le département de ' if lieu.niveau == 'epci' else ''}{lieu.nom}."


def _outlines_from(base: queries.Base) -> str:
    """Whose outlines are drawn: the files that gave them, as they are named."""
    files = [
        f"{plain(text(name))}, reçu le {day_text(received)}"
        for name, received in queries.outlines_from(base, "departement").iter_rows()
    ]
    of = f" ({' ; '.join(files)})" if files else ""
    return f"Contours tels qu'ils ont été livrés{of} ; outre-mer à gauche, chacun à son échelle."
