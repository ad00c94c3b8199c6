"""What the two pages that count persons share: the choice of a territory, a public and a year.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.populations`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import empty
from dashboards.controls import segments
from dashboards.labels import label, labels
from dashboards.queries.populations import region_of
from dashboards.themes import Theme, codes
from dashboards.views.lieu import Lieu, choose_lieu


def choose_place(base: queries.Base, theme: Theme, places: pl.DataFrame) -> tuple[Lieu, queries.Place | None] | None:
    """What to look at, and what is published of persons there; None, and the page says so, when there is no territory.

    places: niveau, territoire_code, domaine, annee of what is published, the latest year first.
    """
    if places.is_empty():
        nothing_delivered()
        return None
    lieu = choose_lieu(base, codes(theme.indicators), places["annee"].unique().to_list())
    if lieu is None:
        return None
    here = places.filter((pl.col("niveau") == lieu.niveau) & (pl.col("territoire_code") == lieu.code))
    if here.is_empty():
        if lieu.niveau == "epci":
            empty("Les effectifs de personnes ne sont pas publiés par EPCI.", "Choisissez le département.")
        else:
            of = f"Aucun dossier usager informatisé (DUI) n'est publié pour {lieu.nom}."
            empty(of, "Choisissez un autre territoire.")
        return lieu, None
    offered = [public for public in labels("public") if public in set(here["domaine"])]
    public = segments("Public", offered, labels("public").__getitem__, "public")
    years = list(dict.fromkeys(here.filter(pl.col("domaine") == public)["annee"]))
    year = lieu.annee if lieu.annee is not None and lieu.annee in years else years[0]
    st.markdown(f"**{lieu.nom}, {label('public', public)[:1].lower()}{label('public', public)[1:]}, {year}**")
    if lieu.annee not in (None, year):
        st.markdown(f"Rien n'est publié des personnes en {lieu.annee} : la dernière année connue, {year}, est montrée.")
    place = queries.Place(lieu.niveau, lieu.code, public, year)
    if partial := _partial(base, place):
        st.caption(f"{partial} : ce qui porte leur nom ici n'en est que cette partie.")
    return lieu, place


def _partial(base: queries.Base, place: queries.Place) -> str:
    """Which of the territories that are named were received in part: « Région : 1 département reçu sur 12 »."""
    region = place.code if place.niveau == "region" else region_of(place.code)
    received = {
        "Région": queries.perimetre(base, "region", region) if region and place.niveau != "france" else None,
        "France": queries.perimetre(base, "france", "FR"),
    }
    return " ; ".join(f"{name} : {what}" for name, what in received.items() if what)


def nothing_delivered() -> None:
    """No row about persons at all."""
    empty(
        "Aucun dossier usager informatisé (DUI) n'est publié.",
        "Livrez un export de DUI, RESID-ESMS ou ViaTrajectoire avec `dlnuf deliver`, puis lancez `dlnuf run`.",
    )
