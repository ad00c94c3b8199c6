"""The questions that several forms ask, and those that nobody else can answer. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.formulaires`).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import Column, table
from dashboards.controls import segments
from dashboards.exports import Export
from dashboards.formats import count
from dashboards.labels import collecte, source, theme
from data_contracts.dictionary.element_lines import AUTHORITIES

LISTS = {
    "plusieurs": ("est_demandee_plusieurs_fois", "Demandées par plusieurs formulaires"),
    "seules": ("est_sans_autre_source", "Auxquelles personne d'autre ne répond"),
}
DEFINITION = "Donnée, formulaires qui la demandent, qui peut y répondre, et ce que deviennent ses cases."


def show(base: queries.Base) -> None:
    every = queries.questions(base)
    if every.is_empty():
        return
    st.header("Les questions", anchor=False)
    several, alone = (int(every[column].sum()) for column, _ in LISTS.values())
    st.markdown(
        f"**{count(every.height, 'donnée demandée', 'données demandées')}** : {several} par plusieurs formulaires, "
        f"{alone} auxquelles personne d'autre ne répond. La liste entière est dans les données ouvertes."
    )
    kept = segments("Liste", list(LISTS), lambda k: LISTS[k][1], "questions", forget=["page_questions_table"])
    column, title = LISTS[kept]
    found = every.filter(pl.col(column)).with_columns(
        pl.col("groupe").map_elements(theme, return_dtype=pl.String, skip_nulls=False),
        _named("formulaires", source),
        _named("peuvent_repondre", _who),
        _named("ont_repondu", collecte),
    )
    columns = {
        "element_libelle": Column("Donnée"),
        "groupe": Column("Thème"),
        "formulaires": Column("Formulaires"),
        "part_preremplie_pct": Column("Préremplies", 1, "pct"),
        "part_a_confirmer_pct": Column("À confirmer", 1, "pct"),
        "part_a_demander_pct": Column("À demander", 1, "pct"),
        "peuvent_repondre": Column(
            "Peuvent répondre", definition="d'après le dictionnaire, dans l'ordre où l'on croit"
        ),
        "ont_repondu": Column("Ont répondu", definition="collectes dont une réponse est connue ici"),
    }
    table(found, columns, f"Questions {title.lower()}", "questions_table", about=Export(title, DEFINITION))


def _who(code: str) -> str:
    """A collection by its name; an authority, whose code is its acronym, as it is."""
    return code if code in AUTHORITIES else collecte(code)


def _named(column: str, label: Callable[[str], str]) -> pl.Expr:
    """A list of codes, each replaced by its label."""
    return pl.col(column).map_elements(lambda codes: " ; ".join(map(label, codes.split(" ; "))), return_dtype=pl.String)
