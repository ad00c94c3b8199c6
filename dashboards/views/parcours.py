"""Admissions: waiting lists, refusals, and what one system knows that the others were not told.

Belongs here: layout and wording. Does not belong here: delays (`parcours_delais`), where the figures come from
(`dashboards.queries.admissions`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import (
    Column,
    drawing,
    empty,
    figure,
    heading,
    open_base,
    secrecy,
    shown,
    withheld,
)
from dashboards.controls import choose
from dashboards.formats import SECRET, count
from dashboards.labels import label, labels, tranche_age
from dashboards.themes import PARCOURS
from dashboards.views import parcours_delais, parcours_ecarts, theme, theme_etablissements
from dashboards.views.personnes import choose_place

PERSONS = ("personne", "personnes")


def show() -> None:
    heading(
        "Parcours et admissions",
        "Combien de temps on attend, qui attend, qui est refusé, et ce que les systèmes ne se disent pas : d'après les "
        "dossiers usagers (DUI), ViaTrajectoire et RESID-ESMS livrés.",
    )
    base = open_base()
    chosen = choose_place(base, PARCOURS, queries.parcours_places(base))
    if chosen is None:
        return
    lieu, place = chosen
    if place is not None:
        secrecy(base)
        rows = {row["rang"]: row for row in queries.parcours_synthese(base, place).iter_rows(named=True)}
        parcours_delais.show(base, place)
        _waiting(base, place, rows.get("territoire", {}))
        _refusals(base, place)
        parcours_ecarts.show(rows)
    theme.territory(base, PARCOURS, lieu)
    theme_etablissements.show(base, PARCOURS, lieu)
    theme.not_computed(PARCOURS)


def _persons(row: dict[str, Any], column: str = "n_personnes") -> str:
    return SECRET if column in withheld(row) else count(row.get(column), *PERSONS)


def _waiting(base: queries.Base, place: queries.Place, synthese: dict[str, Any]) -> None:
    st.header("Listes d'attente", anchor=False)
    waiting = queries.listes_attente(base, place)
    if waiting.is_empty():
        empty("Aucune demande en attente n'est connue ici.", "Livrez un export de ViaTrajectoire, puis `dlnuf run`.")
        return
    left, right = st.columns([1, 2])
    with left:
        given = set(waiting["statut"])
        statuses = [code for code in labels("statut_demande") if code in given]
        statuses += sorted(given - set(statuses))
        status = choose("Statut de la demande", statuses, lambda code: label("statut_demande", code), key="statut")
        figure(
            "Dossiers papier en double",
            _persons(synthese, "n_dossiers_papier_en_double"),
            "ont un dossier papier en plus de leur dossier en ligne",
            "La liste d'attente compte ces personnes deux fois.",
        )
    named = waiting.with_columns(
        pl.col("statut").map_elements(lambda code: label("statut_demande", code), return_dtype=pl.String),
        pl.col("tranche_age").map_elements(tranche_age, return_dtype=pl.String),
    )
    rows = [
        {
            "nom": row["tranche_age"],
            "valeur": row["n_personnes"],
            "texte": _files(row),
            "est_choisi": False,
            "est_reference": False,
        }
        for row in named.filter(waiting["statut"] == status).iter_rows(named=True)
    ]
    columns = {
        "statut": "Statut",
        "tranche_age": "Âge",
        "n_personnes": Column("Personnes", 0),
        "n_dossiers": Column("Dossiers", 0),
        "n_dossiers_papier": Column("dont papier", 0),
        "anciennete_mediane_jours": Column("Ancienneté médiane", 0, "jours"),
    }
    with right:
        title = f"Personnes qui attendent : {label('statut_demande', status).lower()}"
        reading = f"{title}, par âge : nombre de personnes · nombre de dossiers."
        drawing(charts.bars(rows, "Personnes"), title, reading, "attente", named, columns)
    st.caption("Une personne peut avoir plusieurs statuts à la fois : ils ne s'additionnent pas.")


def _files(row: dict[str, Any]) -> str:
    if "n_personnes" in withheld(row):
        return SECRET
    return f"{shown(row, 'n_personnes', decimals=0)} · {shown(row, 'n_dossiers', decimals=0)}"


def _refusals(base: queries.Base, place: queries.Place) -> None:
    st.header("Refus", anchor=False)
    refusals = queries.refus(base, place)
    if refusals.is_empty():
        st.markdown("Aucun refus n'est connu pour ce territoire, ce public et cette année.")
        return
    rows = [
        {
            "nom": row["motif_libelle"],
            "valeur": row["n_personnes"],
            "texte": shown(row, "n_personnes", decimals=0),
            "est_choisi": False,
            "est_reference": False,
        }
        for row in refusals.iter_rows(named=True)
    ]
    reading = "Personnes refusées dans l'année, par motif. Refusée pour deux motifs, une personne compte dans les deux."
    columns = {"motif_libelle": "Motif", "n_personnes": Column("Personnes", 0)}
    drawing(charts.bars(rows, "Personnes"), reading, reading, "refus", refusals, columns)
