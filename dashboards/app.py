"""Entry of the application: page settings, navigation, footer.

Belongs here: which pages exist, in which order. Does not belong here: their content (`views/`).
Run it with `python -m dashboards`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.components import footer, open_base
from dashboards.views import (
    accueil,
    dlnuf,
    dlnuf_exactitude,
    donnees_ouvertes,
    etablissement,
    parcours,
    publics,
    qualite,
    territoire,
)

# A file of ours: Streamlit makes the browser fetch the Material icon of a page from fonts.gstatic.com for its tab.
ICON = Path(__file__).with_name("icone.svg")
st.set_page_config(
    page_title="Données médico-sociales", page_icon=ICON, layout="wide", initial_sidebar_state="expanded"
)

PAGES = [
    st.Page(territoire.show, title="Territoire", url_path="territoire", icon=":material/map:"),
    st.Page(etablissement.show, title="Fiche établissement", url_path="etablissement", icon=":material/apartment:"),
    st.Page(publics.show, title="Publics et besoins", url_path="publics", icon=":material/groups:"),
    st.Page(parcours.show, title="Parcours et admissions", url_path="parcours", icon=":material/route:"),
    st.Page(dlnuf.show, title="Dites-le-nous une fois", url_path="dlnuf", icon=":material/repeat_one:"),
    st.Page(dlnuf_exactitude.show, title="Exactitude", url_path="exactitude", icon=":material/target:"),
    st.Page(qualite.show, title="Qualité des livraisons", url_path="qualite", icon=":material/fact_check:"),
    st.Page(donnees_ouvertes.show, title="Données ouvertes", url_path="donnees-ouvertes", icon=":material/dataset:"),
]
HOME = st.Page(lambda: accueil.show(PAGES), title="Accueil", url_path="accueil", icon=":material/home:", default=True)

st.navigation([HOME, *PAGES]).run()

footer(open_base())
