"""« Mon territoire », the first screen: what calls for a look, four figures, what changed; then where to go.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.themes`), what
a threshold says (`dashboards.alerts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards import alerts, queries, state
from dashboards.components import Column, Export, empty, heading, open_base, sheet, table
from dashboards.formats import count, instant_text, text, with_unit
from dashboards.labels import label
from dashboards.themes import THEMES, codes, theme_of
from dashboards.views import theme
from dashboards.views.lieu import Lieu, choose_lieu
from data_contracts.indicators import indicators

# The first four that are known: how much there is, whether it is occupied, what it costs, what comes home.
FIRST = (
    "EQ_EHPAD75", "TO_HP_MED", "PRIX_MED_CS", "EQ_SSIAD75", "APA_DOM75", "EQ_PHADU", "DEFICIT", "CAP_INST", "N_ESMS",
)  # fmt: skip
SHOWN_EVENTS = 8
MEANINGS = {
    "inconnu": "aucune source livrée n'a donné l'information. Ce n'est ni zéro, ni non ; rien n'est estimé.",
    "secret": "l'effectif est connu, mais compte trop peu de personnes pour être publié, ou permettrait d'en retrouver "
    "un tel.",
    "atypique": "la valeur sort de ce qui est vraisemblable. Elle est gardée et montrée.",
}


def show(pages: Mapping[str, Sequence[StreamlitPage]]) -> None:
    heading("Mon territoire", "Ce qui a changé, ce qui demande un regard, et où chercher le reste.")
    base = open_base()
    of_territories = [code for t in THEMES for code in codes(t.of_territories)]
    lieu = choose_lieu(base, of_territories)
    if lieu is not None:
        rows = queries.chiffres(base, lieu.niveau, lieu.code, of_territories, lieu.annee).to_dicts()
        _figures(rows, lieu)
        _alerts(rows, lieu)
        _news(base, lieu, of_territories)
    _pages(pages)
    _reading()


def _figures(rows: Sequence[dict[str, Any]], lieu: Lieu) -> None:
    st.header(lieu.nom, anchor=False)
    known = {row["indicateur_code"]: row for row in rows if row["valeur"] is not None}
    kept = [known[code] for code in FIRST if code in known][:4]
    if not kept:
        empty("Aucun chiffre de ce territoire n'est connu.", "Livrez des capacités, de l'activité ou des prix.")
        return
    for place, row in zip(st.columns(4), kept, strict=False):
        with place:
            theme.card(row, lieu)


def _alerts(rows: Sequence[dict[str, Any]], lieu: Lieu) -> None:
    st.header("À regarder", anchor=False)
    told = []
    for row in rows:
        declared = indicators()[row["indicateur_code"]]
        what = alerts.beyond(declared.alert_threshold, row["valeur"], declared.unit, row["region"])
        page = theme_of(declared.code)
        if what and page:
            told.append(
                {
                    "Indicateur": declared.label,
                    "Valeur": with_unit(row["valeur"], declared.unit),
                    "Année": str(row["millesime"]),
                    "Seuil franchi": what,
                    "Seuil déclaré": declared.alert_threshold or "",
                    "Page": page.title,
                }
            )
    if not told:
        st.markdown("Aucun chiffre de ce territoire ne franchit le seuil d'alerte que sa définition déclare.")
        return
    st.markdown(f"**{count(len(told), 'chiffre franchit', 'chiffres franchissent')}** un seuil d'alerte déclaré.")
    about = Export(f"Seuils franchis ({lieu.nom})", "Chiffres au-delà du seuil d'alerte que leur définition déclare.")
    sheet(told, "Seuils franchis", "seuils", about=about)


def _news(base: queries.Base, lieu: Lieu, of_territories: Sequence[str]) -> None:
    st.header("Ce qui a changé", anchor=False)
    before = queries.previous_base(base)
    if before is None:
        st.markdown(
            "La publication précédente n'est pas là : rien à comparer. Voici les derniers évènements connus des "
            "établissements du territoire."
        )
        events = queries.evenements(base, lieu.niveau, lieu.code, SHOWN_EVENTS)
    else:
        news = queries.nouveautes(base, before, lieu.niveau, lieu.code, of_territories)
        changed, events = news["chiffres"], news["evenements"]
        st.markdown(
            f"Depuis la publication du {instant_text(before.publication.published_at)} : "
            f"{count(changed.height, 'chiffre a changé', 'chiffres ont changé')}, "
            f"{count(events.height, 'évènement nouveau', 'évènements nouveaux')}."
        )
        if not changed.is_empty():
            _changed(changed, lieu)
    if not events.is_empty():
        _events(events, lieu)


def _changed(changed: pl.DataFrame, lieu: Lieu) -> None:
    rows = [
        {
            "Indicateur": r["indicateur_libelle"],
            "Avant": with_unit(r["avant"], r["unite_mesure"]) + (f" ({r['millesime_avant']})" if r["avant"] else ""),
            "Maintenant": f"{with_unit(r['valeur'], r['unite_mesure'])} ({r['millesime']})",
        }
        for r in changed.iter_rows(named=True)
    ]
    about = Export(f"Chiffres changés ({lieu.nom})", "Dernière valeur connue, dans les deux publications.")
    sheet(rows, "Chiffres qui ont changé", "changes", about=about)


def _events(events: pl.DataFrame, lieu: Lieu) -> None:
    named = events.with_columns(
        pl.col("evenement").map_elements(lambda e: label("evenement", e), return_dtype=pl.String),
        adresse=pl.Series(state.fiches(events["finess_et"]), dtype=pl.String),
        detail=pl.Series([_detail(r) for r in events.iter_rows(named=True)], dtype=pl.String),
    )
    columns: dict[str, Column | str] = {
        "date_evenement": "Date",
        "evenement": "Évènement",
        "raison_sociale": Column("Établissement", link="adresse"),
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "detail": "Détail",
    }
    about = Export(f"Évènements des établissements ({lieu.nom})", "D'après les extractions FINESS successives.")
    table(named, columns, "Évènements des établissements", "evenements", about=about)


def _detail(row: Mapping[str, Any]) -> str:
    if row["valeur_avant"] is None and row["valeur_apres"] is None:
        return "–"
    return f"{text(row['valeur_avant'])} → {text(row['valeur_apres'])}"


def _pages(pages: Mapping[str, Sequence[StreamlitPage]]) -> None:
    st.header("Où aller", anchor=False)
    for page in (page for section in pages.values() for page in section):
        link, purpose = st.columns([1, 3], vertical_alignment="center")
        link.page_link(page, query_params=state.shared_parameters())
        purpose.markdown(page.help)


def _reading() -> None:
    st.header("Comment lire ces pages", anchor=False)
    st.markdown("\n".join(f"- **{word}** : {meaning}" for word, meaning in MEANINGS.items()))
    st.markdown("Tous les mots de ces pages sont expliqués dans le glossaire.")
