"""Entry of the application: page settings, navigation, footer.

Belongs here: which pages exist, in which order, and what each is for. Does not belong here: their content (`views/`).
Run it with `python -m dashboards`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboards import state
from dashboards.components import SITE, footer, open_base
from dashboards.themes import ACTIVITE, DOMICILE, FINANCES, OFFRE, RH, Theme
from dashboards.views import (
    accueil,
    cadre,
    comparer,
    dlnuf,
    dlnuf_exactitude,
    donnees_ouvertes,
    etablissement,
    glossaire,
    introuvable,
    parcours,
    publics,
    qualite,
    territoire,
    theme,
)

# The icon is a file of ours. With a Material icon, Streamlit would make the browser call fonts.gstatic.com.
ICON = Path(__file__).with_name("icone.svg")
# On a narrow screen the menu stays closed until it is asked for.
st.set_page_config(page_title=SITE, page_icon=ICON, layout="wide", initial_sidebar_state="auto")
st.html(Path(__file__).with_name("francais.html"), unsafe_allow_javascript=True)


def _page(show: Callable[[], None], path: str, title: str, icon: str, purpose: str) -> StreamlitPage:
    """purpose: what the page is for, which the home shows."""
    return st.Page(show, title=title, url_path=path, icon=icon, help=purpose)


def _theme(of: Theme, show: Callable[[], None] | None = None) -> StreamlitPage:
    return _page(show or (lambda: theme.show(of)), of.page, of.title, of.icon, of.lead)


# fmt: off
PAGES = {
    "Territoire": [
        _theme(OFFRE, territoire.show),
        _theme(ACTIVITE),
        _page(
            publics.show, "publics", "Publics et besoins", ":material/groups:",
            "Les personnes accompagnées : âge, dépendance, besoins, modalités d'accueil, projets revus.",
        ),
        _page(
            parcours.show, "parcours", "Parcours et admissions", ":material/route:",
            "Délais, listes d'attente, refus, et ce que les systèmes ne se sont pas dit.",
        ),
        _theme(DOMICILE),
        _theme(RH),
        _theme(FINANCES),
    ],
    "Établissements": [
        _page(
            etablissement.show, "etablissement", "Fiche établissement", ":material/apartment:",
            "Un établissement ou service : identité, historique, valeurs et d'où elles viennent.",
        ),
        _page(
            comparer.show, "comparer", "Comparer", ":material/compare_arrows:",
            "Des établissements côte à côte, choisis par critères ou par une liste.",
        ),
    ],
    "Collecter une fois": [
        _page(
            dlnuf.show, "dlnuf", "Dites-le-nous une fois", ":material/repeat_one:",
            "Les saisies que l'on pourrait éviter, et les réponses qui se contredisent.",
        ),
        _page(
            qualite.show, "qualite", "Qualité des livraisons", ":material/fact_check:",
            "Ce qui a été reçu, accepté, rejeté, et comment corriger.",
        ),
        _page(
            cadre.show, "cadre", "Cadre d'urbanisation", ":material/account_tree:",
            "Chaque recommandation du cadre sectoriel : comment elle est mesurée ici, et le résultat.",
        ),
    ],
    "Données": [
        _page(
            donnees_ouvertes.show, "donnees-ouvertes", "Données ouvertes", ":material/dataset:",
            "Les jeux de données à télécharger, avec leur mode d'emploi.",
        ),
        _page(
            glossaire.show, "glossaire", "Glossaire", ":material/menu_book:",
            "Les mots, les sigles et les indicateurs de ces pages.",
        ),
    ],
}
# fmt: on
HOME = st.Page(lambda: accueil.show(PAGES), title="Mon territoire", icon=":material/home:", default=True)
# What the menu does not list: the former address of the home, and how right the figures of the demonstration are.
HIDDEN = [
    st.Page(lambda: accueil.show(PAGES), title="Mon territoire", url_path="accueil", visibility="hidden"),
    st.Page(
        dlnuf_exactitude.show,
        title="Exactitude",
        url_path="exactitude",
        icon=":material/target:",
        help="Sur des données synthétiques : la part de valeurs justes, et pourquoi les autres ne le sont pas.",
        visibility="hidden",
    ),
]


def _unknown() -> list[StreamlitPage]:
    """A page for the address asked for when it is none of ours: Streamlit's own answer is in English."""
    run = get_script_run_ctx()
    asked = (run.pages_manager.intended_page_name or "").strip("/") if run else ""
    known = {page.url_path for pages in (*PAGES.values(), HIDDEN) for page in pages}
    if not asked or asked in known:
        return []
    return [st.Page(lambda: introuvable.show(asked), title="Page introuvable", url_path=asked, visibility="hidden")]


def _menu() -> None:
    """Links to the pages, which carry the territory and the year."""
    shared = state.shared_parameters()
    with st.sidebar:
        st.page_link(HOME, query_params=shared)
        for title, pages in PAGES.items():
            st.caption(f"**{title}**")
            for page in pages:
                st.page_link(page, query_params=shared)
        if dlnuf_exactitude.is_known():
            with st.expander("Développement"):
                st.page_link(HIDDEN[1])


current = st.navigation(
    [HOME, *(page for pages in PAGES.values() for page in pages), *HIDDEN, *_unknown()], position="hidden"
)
try:
    current.run()
finally:  # a page that stops early keeps the menu
    _menu()
footer(open_base())
