"""Home: what is published, since when, how to read it.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.connection`).
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards import queries
from dashboards.components import figure, heading, open_base
from dashboards.formats import count, instant_text, whole, with_unit
from dashboards.labels import labels
from data_contracts.indicators import indicators


def show(pages: Sequence[StreamlitPage]) -> None:
    heading(
        "Données du secteur médico-social",
        "Chaque donnée est collectée une fois, confrontée à ses autres sources, puis réutilisée. "
        "Ces pages lisent la dernière publication ; elles ne modifient rien.",
    )
    base = open_base()
    publication = base.publication
    st.markdown(f"Version **{publication.version}**, publiée le **{instant_text(publication.published_at)}**.")

    france = {row["indicateur_code"]: row for row in queries.key_figures(base, "france", "FR").iter_rows(named=True)}
    balance = queries.dlnuf_balance(base, None)
    received = queries.livraisons(base)
    first, second, third = st.columns(3)
    with first:
        open_esms = indicators()["N_ESMS"].label
        figure(open_esms, whole(france.get("N_ESMS", {}).get("valeur")), "Établissements et services médico-sociaux")
    with second:
        figure(
            "Saisies évitables",
            with_unit(balance["part_pct"], "pct", 1),
            f"{whole(balance['n_evitees'])} sur {count(balance['n_reponses'], 'réponse', 'réponses')}",
        )
    with third:
        refused = int((received["statut"] == "refused").sum())
        figure(
            "Livraisons reçues", whole(received.height), f"dont {whole(refused)} refusée{'s' if refused > 1 else ''}"
        )

    st.header("Où aller", anchor=False)
    for page in pages:
        link, purpose = st.columns([1, 3], vertical_alignment="center")
        link.page_link(page)
        purpose.markdown(page.help)

    st.header("Comment lire ces pages", anchor=False)
    st.markdown(
        "- **inconnu** : aucune source livrée n'a donné l'information. Ce n'est ni zéro, ni non ; rien n'est estimé.\n"
        "- **secret** : l'effectif est connu, mais compte trop peu de personnes pour être publié, ou permettrait d'en "
        "retrouver un tel.\n"
        "- **atypique** ou **signalée** : la valeur sort de ce qui est vraisemblable. Elle est gardée et montrée.\n"
        "- **millésime** : l'année que la valeur décrit, qui n'est pas celle où elle a été recueillie."
    )
    st.markdown("Quand plusieurs collectes ont répondu à la même question, l'accord entre elles est indiqué :")
    meanings = {
        "unique": "une seule collecte a répondu, rien ne confirme ni n'infirme",
        "concordant": "plusieurs collectes ont donné la même réponse",
        "tolere": "les réponses diffèrent, mais moins que la tolérance de la donnée",
        "divergent": "les réponses diffèrent trop ; la valeur retenue suit l'ordre de préférence des sources",
        "calcule": "la valeur est calculée à partir d'autres données retenues",
    }
    st.markdown("\n".join(f"- **{labels('statut')[code]}** : {text}." for code, text in meanings.items()))
