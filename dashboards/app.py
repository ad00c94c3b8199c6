"""Entry of the application: page settings, navigation, footer.

Belongs here: which pages exist, in which order, and what each is for. Does not belong here: their content (`views/`).
Run it with `python -m dashboards`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.components import footer, open_base
from dashboards.views import (
    accueil,
    comparer,
    dlnuf,
    dlnuf_exactitude,
    donnees_ouvertes,
    etablissement,
    parcours,
    publics,
    qualite,
    territoire,
)

# The icon is a file of ours. With a Material icon, Streamlit would make the browser call fonts.gstatic.com.
ICON = Path(__file__).with_name("icone.svg")
st.set_page_config(
    page_title="Données médico-sociales", page_icon=ICON, layout="wide", initial_sidebar_state="expanded"
)

# `help` is what a page is for: the home shows it, and so does the menu when the mouse rests on a title.
PAGES = [
    st.Page(
        territoire.show,
        title="Territoire",
        url_path="territoire",
        icon=":material/map:",
        help="L'offre, l'équipement, l'activité et les prix d'un territoire, comparés aux autres.",
    ),
    st.Page(
        etablissement.show,
        title="Fiche établissement",
        url_path="etablissement",
        icon=":material/apartment:",
        help="Un établissement ou service : identité, historique, valeurs et d'où elles viennent.",
    ),
    st.Page(
        comparer.show,
        title="Comparer",
        url_path="comparer",
        icon=":material/compare_arrows:",
        help="Des établissements côte à côte, choisis par critères ou par une liste.",
    ),
    st.Page(
        publics.show,
        title="Publics et besoins",
        url_path="publics",
        icon=":material/groups:",
        help="Les personnes accompagnées : âge, dépendance, besoins, modalités d'accueil, projets revus.",
    ),
    st.Page(
        parcours.show,
        title="Parcours et admissions",
        url_path="parcours",
        icon=":material/route:",
        help="Délais, listes d'attente, refus, et ce que les systèmes ne se sont pas dit.",
    ),
    st.Page(
        dlnuf.show,
        title="Dites-le-nous une fois",
        url_path="dlnuf",
        icon=":material/repeat_one:",
        help="Les saisies que l'on pourrait éviter, et les réponses qui se contredisent.",
    ),
    st.Page(
        dlnuf_exactitude.show,
        title="Exactitude",
        url_path="exactitude",
        icon=":material/target:",
        help="Sur des données synthétiques : la part de valeurs justes, et pourquoi les autres ne le sont pas.",
    ),
    st.Page(
        qualite.show,
        title="Qualité des livraisons",
        url_path="qualite",
        icon=":material/fact_check:",
        help="Ce qui a été reçu, accepté, rejeté, et comment corriger.",
    ),
    st.Page(
        donnees_ouvertes.show,
        title="Données ouvertes",
        url_path="donnees-ouvertes",
        icon=":material/dataset:",
        help="Les jeux de données à télécharger, avec leur mode d'emploi.",
    ),
]
HOME = st.Page(lambda: accueil.show(PAGES), title="Accueil", url_path="accueil", icon=":material/home:", default=True)

st.navigation([HOME, *PAGES]).run()

footer(open_base())
