"""A theme, the establishments behind it: how their values spread by category, who does not answer.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.chiffres`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries, state
from dashboards.components import Column, Export, drawing, empty, table
from dashboards.controls import choose
from dashboards.formats import count, whole, with_unit
from dashboards.labels import label, readable, source
from dashboards.queries import reperes
from dashboards.themes import Theme, codes
from dashboards.views.lieu import Lieu
from data_contracts.indicators import indicators

ESMS = ("établissement", "établissements")


def show(base: queries.Base, theme: Theme, lieu: Lieu) -> None:
    known = queries.esms_connus(base, lieu.niveau, lieu.code, codes(theme.of_esms))
    if known.is_empty():
        return
    st.header("Établissements", anchor=False)
    named = {f"{r['indicateur_code']}.{r['modalite']}".rstrip("."): r for r in known.iter_rows(named=True)}
    left, _ = st.columns([3, 2])
    with left:
        forget = ["page_repartition_table", "page_sans_reponse"]
        chosen = named[
            choose(
                "Indicateur d'établissement",
                list(named),
                lambda k: _title(named[k]),
                "mesure",
                default=_first(list(named)),
                forget=forget,
            )
        ]
    declared = indicators()[chosen["indicateur_code"]]
    year = lieu.annee or chosen["millesime"]
    champ = declared.champ
    rows = queries.valeurs_esms(
        base, declared.code, chosen["modalite"], lieu.niveau, lieu.code, year, champ.categories if champ else ()
    )
    answered = rows.filter(pl.col("a_repondu"))
    if answered.is_empty():
        empty(f"Aucun établissement n'est renseigné en {year}.", "Choisissez une autre année.")
        return
    title, unit = _title(chosen), chosen["unite_mesure"]
    coverage = f"{count(answered.height, *ESMS)} renseignés sur {whole(rows.height)} ouverts et concernés, {year}"
    about = Export(f"{title} ({lieu.nom})", declared.definition or "", str(year), coverage)
    marks = reperes.quartiles(base, declared.code, chosen["modalite"], lieu.niveau, lieu.code, year)
    _spread(answered, marks, title, unit, coverage, about)
    without = rows.filter(~pl.col("a_repondu"))
    if chosen["modalite"] and unit == "places":
        _without_places(without, rows.height, year)
    else:
        _silent(without, title, rows.height, year, about)


def _first(codes_known: list[str]) -> str:
    """What is looked at first: an indicator that goes without saying, else one of the whole establishment."""
    usual = [code for code in codes_known if (found := indicators().get(code)) is not None and found.usual]
    wholes = [code for code in codes_known if code in indicators()]
    return [*usual, *wholes, *codes_known][0]


def _title(row: dict[str, Any]) -> str:
    part = row["modalite_libelle"] or readable(row["modalite"]) if row["modalite"] else ""
    return f"{row['indicateur_libelle']} · {part}" if part else row["indicateur_libelle"]


def _spread(answered: pl.DataFrame, found: pl.DataFrame, title: str, unit: str, coverage: str, about: Export) -> None:
    """Values of establishments, those of a category around its median. found: quartiles by category."""
    linked = answered.with_columns(
        adresse=pl.Series(state.fiches(answered["finess_et"]), dtype=pl.String),
        source=pl.col("source").map_elements(source, return_dtype=pl.String),
        statut=pl.col("statut").map_elements(lambda s: label("statut", s), return_dtype=pl.String),
    )
    columns: dict[str, Column | str] = {
        "raison_sociale": Column("Établissement", link="adresse"),
        "finess_et": "FINESS",
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "valeur": Column("Valeur", unit=unit, definition=about.definition),
        "source": "Source",
        "statut": "Accord des sources",
    }
    drawn = answered.filter(
        pl.col("valeur").is_not_null()
        & ~pl.col("est_atypique").fill_null(False)
        & pl.col("categorie_code").is_in(found["categorie_code"].implode())
    )
    if drawn.is_empty():
        table(linked, columns, title, "repartition_table", about=about)
        return
    left_out = answered.height - drawn.height
    reading = (
        f"{coverage}. Un trait fin par établissement, un trait épais à la médiane de sa catégorie. "
        + _medians_said(found, unit)
        + (
            f" {count(left_out, 'établissement n’est pas dessiné', 'établissements ne sont pas dessinés')} (valeur "
            f"atypique ou secrète, catégorie de moins de {reperes.FEWEST} répondants) : le tableau donne tout."
            if left_out
            else ""
        )
    )
    ticks = [
        {"categorie": r["categorie_libelle"], "valeur": r["valeur"], "nom": r["raison_sociale"],
         "texte": with_unit(r["valeur"], unit)}
        for r in drawn.iter_rows(named=True)
    ]  # fmt: skip
    middles = [
        {"categorie": r["categorie_libelle"], "mediane": r["mediane"], "texte": with_unit(r["mediane"], unit)}
        for r in found.iter_rows(named=True)
    ]
    drawing(
        charts.strips(ticks, middles, title),
        f"Répartition : {title}",
        reading,
        "repartition",
        linked,
        columns,
        about=about,
    )
    quartiles: dict[str, Column | str] = {
        "categorie_libelle": "Catégorie",
        "n": Column("Renseignés", 0),
        "n_concernes": Column("Ouverts", 0),
        "q1": Column("Premier quartile", unit=unit),
        "mediane": Column("Médiane", unit=unit),
        "q3": Column("Troisième quartile", unit=unit),
    }
    table(found, quartiles, f"Quartiles par catégorie : {title}", "quartiles", about=about)


def _medians_said(found: pl.DataFrame, unit: str) -> str:
    said = [f"{r['categorie_libelle']} : {with_unit(r['mediane'], unit)}" for r in found.head(3).iter_rows(named=True)]
    return f"Médianes : {' ; '.join(said)}." if said else ""


def _without_places(rows: pl.DataFrame, n: int, year: int) -> None:
    """Of a part of the capacity, what is not told is not there: nobody failed to answer."""
    if not rows.is_empty():
        st.markdown(
            f"Les {whole(rows.height)} autres établissements ouverts et concernés, sur {whole(n)}, n'ont pas de places "
            f"de cette sorte en {year}, ou ne les disent pas à part."
        )


def _silent(rows: pl.DataFrame, title: str, n: int, year: int, about: Export) -> None:
    st.subheader("Qui ne répond pas", anchor=False)
    if rows.is_empty():
        st.markdown(f"Tous les établissements ouverts et concernés sont renseignés en {year}.")
        return
    st.markdown(
        f"**{count(rows.height, *ESMS)}** sur {whole(n)} ouverts et concernés n'ont pas de valeur en {year} : aucune "
        "collecte livrée ne la donne."
    )
    linked = rows.with_columns(adresse=pl.Series(state.fiches(rows["finess_et"]), dtype=pl.String))
    columns: dict[str, Column | str] = {
        "raison_sociale": Column("Établissement", link="adresse"),
        "finess_et": "FINESS",
        "categorie_libelle": "Catégorie",
        "commune_libelle": "Commune",
        "cap_installee_totale": Column("Places installées", 0),
    }
    table(linked, columns, f"Sans réponse : {title}", "sans_reponse", about=about)
