"""The search of one establishment, by its number, its name or its commune: the same on every page that shows one.

Belongs here: layout and wording of that search. Does not belong here: what a page says of the establishment, the
queries (`dashboards.queries.etablissements`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import queries, state
from dashboards.components import Column, empty, table
from dashboards.controls import typed
from dashboards.formats import INCONNU, count, plain

MORE = 50  # establishments listed by a search


def choose_establishment(base: queries.Base, page: str, parameter: str, hint: str) -> str | None:
    """FINESS of the establishment that the address of a page asks for, or of the only one that answers a search.

    parameter: of the address, where what is typed stands. hint: what is said while nothing is. Several that answer are
    listed, each with its link: none of them is more likely than another.
    """
    found = f"{parameter}_trouves"
    asked = typed(
        "Numéro FINESS, nom ou commune", parameter, placeholder="Exemple : 590782553, ou mimosas lille",
        forget=[f"page_{found}", f"tri_{found}"],
    ).strip()  # fmt: skip
    if not asked:
        st.caption(hint)
        return None
    if queries.etablissement(base, asked):
        return asked
    matches = queries.search(base, asked, MORE)
    if matches.height == 1:
        return matches["finess_et"][0]
    if matches.is_empty():
        if queries.has_values(base, asked):
            return asked
        empty(f"Aucun établissement ne répond à « {plain(asked)} ».", "Essayez un seul mot, la commune ou le FINESS.")
        return None
    more = f" (les {MORE} premiers ; précisez la recherche)" if matches.height >= MORE else ""
    st.subheader(count(matches.height, "établissement trouvé", "établissements trouvés") + more, anchor=False)
    listed = matches.with_columns(
        pl.Series("lien", [state.link(page, **{parameter: f}) for f in matches["finess_et"]], dtype=pl.String),
        pl.col("est_ouvert").replace_strict({True: "ouvert", False: "fermé"}, default=INCONNU, return_dtype=pl.String),
    )
    columns = {
        "raison_sociale": Column("Établissement", link="lien"),
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "departement_code": "Département",
        "est_ouvert": "État",
        "finess_et": "FINESS",
    }
    table(listed, columns, "Établissements trouvés", found)
    return None
