"""« Dites-le-nous une fois »: entries avoided, redundancy; the conflicts are in `dlnuf_desaccords`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.collectes`).
"""

from __future__ import annotations

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
    table,
)
from dashboards.controls import choose
from dashboards.formats import count, number, whole, with_unit
from dashboards.labels import collecte, entered_collectes, theme
from dashboards.views import dlnuf_desaccords, dlnuf_formulaires, dlnuf_questions
from dashboards.views.lieu import known_territories

ESMS = ("établissement", "établissements")


def show() -> None:
    heading(
        "Dites-le-nous une fois",
        "Ce que les formulaires n'ont plus à demander aux établissements, combien de fois la même question leur est "
        "posée, et ce que valent leurs réponses comparées.",
    )
    base = open_base()
    known = known_territories(base)
    if known is None:
        empty("La publication ne contient aucun territoire.", "Livrez une extraction FINESS, puis `dlnuf run`.")
        return
    dlnuf_formulaires.show(base, known)
    dlnuf_questions.show(base)
    st.header("Ce que l'on demande plusieurs fois", anchor=False)
    years = queries.millesimes_dlnuf(base)
    if not years:
        empty("Aucune collecte remplie par des établissements n'est publiée.", "Livrez-en deux, puis `dlnuf run`.")
        return
    left, _ = st.columns([1, 3])
    with left:
        year = choose("Millésime", [None, *years], lambda y: "Tous" if y is None else str(y), key="millesime")
    _balance(base, year)
    _by_collection(base, year)
    _redundancy(base, year)
    dlnuf_desaccords.show(base)


def _balance(base: queries.Base, year: int | None) -> None:
    row = queries.dlnuf_balance(base, year)
    first, second, third, fourth = st.columns(4)
    with first:
        figure("Réponses données", whole(row["n_reponses"]), f"par {count(row['n_et'], *ESMS)}")
    with second:
        figure("Données distinctes", whole(row["n_valeurs"]), "ce qu'il aurait suffi de demander")
    with third:
        figure(
            "Saisies évitables", whole(row["n_evitees"]), f"{with_unit(row['part_pct'], 'pct')} des réponses données"
        )
    with fourth:
        figure("Par établissement", number(row["evitees_mediane"], 0), "saisies évitables, en médiane")
    st.caption(
        "Seules comptent les collectes livrées à l'entrepôt : la charge réelle est supérieure. Ce sont des réponses, "
        "pas du temps. Les taux et totaux que l'on peut calculer ne sont pas comptés."
    )


def _by_collection(base: queries.Base, year: int | None) -> None:
    st.header("Par collecte", anchor=False)
    collections = queries.redundant_collectes(base, year, entered_collectes())
    if collections.is_empty():
        empty("Aucune réponse saisie par un établissement pour ce millésime.", "Choisissez un autre millésime.")
        return
    named = collections.with_columns(pl.col("collecte").map_elements(collecte, return_dtype=pl.String))
    rows = [
        {
            "nom": r["collecte"],
            "valeur": r["part_pct"],
            "texte": f"{with_unit(r['part_pct'], 'pct')} de {count(r['n_reponses'], 'réponse', 'réponses')}",
            "est_choisi": True,
            "est_reference": False,
        }
        for r in named.iter_rows(named=True)
    ]
    title = "Part des réponses qui portent sur une donnée demandée aussi par une autre collecte"
    columns = {
        "collecte": "Collecte",
        "n_reponses": Column("Réponses", 0),
        "n_partagees": Column("Demandées aussi ailleurs", 0),
        "part_pct": Column("Part", 1, "pct"),
    }
    picture = charts.bars(rows, "Part demandée aussi ailleurs")
    drawing(picture, title, f"{title}.", "collectes", named, columns)


def _redundancy(base: queries.Base, year: int | None) -> None:
    st.header("Par donnée", anchor=False)
    elements = queries.redondance(base, year)
    kinds = (("n_concordant", "Identiques"), ("n_tolere", "Écart toléré"), ("n_divergent", "En désaccord"))
    rows = [
        {"element": r["element_libelle"], "accord": name, "n": r[column], "rang": rank, "texte": whole(r[column])}
        for r in elements.filter(pl.col("n_saisies_evitables") > 0).head(15).iter_rows(named=True)
        for rank, (column, name) in enumerate(kinds)
    ]
    named = elements.with_columns(pl.col("groupe").map_elements(theme, return_dtype=pl.String, skip_nulls=False))
    columns = {
        "element_libelle": "Donnée",
        "groupe": "Thème",
        "n_collectes_qui_demandent": Column("Collectes qui la demandent", 0),
        "n_reponses": Column("Réponses", 0),
        "n_saisies_evitables": Column("Saisies évitables", 0),
        **{column: Column(name, 0) for column, name in kinds},
    }
    if rows:
        title = "Accord entre les réponses, pour les données le plus souvent redemandées"
        picture = charts.stacked(rows, "Valeurs auxquelles plusieurs collectes ont répondu")
        drawing(picture, title, f"{title}.", "redondance", named, columns)
    else:
        table(named, columns, "Redondance par donnée", "redondance_table")
    st.caption(
        "Saisies évitables « inconnu » : taux ou total que l'on calcule à partir d'autres données, donc non compté. Le "
        "nombre de collectes qui demandent une donnée vient du dictionnaire ; il reste en partie à vérifier."
    )
