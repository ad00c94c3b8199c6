"""Persons accompanied and their needs: counts, dependence, ages, modalities, reviewed projects.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.populations`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import (
    Column,
    drawing,
    figure,
    heading,
    open_base,
    secrecy,
    shown,
    table,
    withheld,
)
from dashboards.formats import INCONNU, SECRET, count, day_text, is_unknown
from dashboards.labels import labels, territoire
from dashboards.themes import PUBLICS
from dashboards.views import theme, theme_etablissements
from dashboards.views.personnes import choose_place

PERSONS = ("personne", "personnes")
# Column, title, unit, the count that bears it, what it is.
Figure = tuple[str, str, str, str, str]
FIGURES: dict[str, tuple[Figure, ...]] = {
    "Personnes accompagnées": (
        ("n_personnes", "Présentes au 31 décembre", "", "", ""),
        ("n_file_active", "File active", "", "", "Personnes accompagnées au moins un jour dans l'année."),
        ("n_entrees", "Entrées dans l'année", "", "", ""),
        ("n_sorties", "Sorties dans l'année", "", "", ""),
    ),
    "Besoins": (
        ("age_moyen_annees", "Âge moyen", "annees", "n_age", ""),
        ("gmp", "GMP", "points", "n_gir", "GIR moyen pondéré des personnes dont le GIR est connu, de 70 à 1 000."),
        ("part_gir_1_2_pct", "GIR 1 et 2", "pct", "n_gir", ""),
        ("projets_revus_pct", "Projets revus", "pct", "n_projets",
         "Part des projets personnalisés revus depuis moins de douze mois."),
    ),
    "Séjours et répit": (
        ("duree_moyenne_sejour_jours", "Durée moyenne des séjours", "jours", "n_sorties_datees",
         "Des séjours terminés dans l'année."),
        ("absence_moyenne_jours", "Absence moyenne", "jours", "n_absents",
         "Durée totale des absences de l'année, par personne absente au moins une fois."),
        ("taux_occupation_hp_pct", "Occupation, permanent", "pct", "n_hp",
         "Hébergement permanent, d'après les présences."),
        ("places_temporaires", "Places d'accueil temporaire", "", "n_personnes_ht", "Répit."),
    ),
}  # fmt: skip
OF_SOME = ("gmp", "part_gir_1_2_pct", "taux_occupation_hp_pct")  # left out for a public that has none
SHOWN_NEEDS = 12


def show() -> None:
    heading(
        "Publics et besoins",
        "Qui les établissements accompagnent, d'après les dossiers usagers informatisés (DUI) qu'ils ont livrés.",
    )
    base = open_base()
    chosen = choose_place(base, PUBLICS, queries.publics_places(base))
    if chosen is None:
        return
    lieu, place = chosen
    if place is not None:
        rows = {row["rang"]: row for row in queries.publics_synthese(base, place).iter_rows(named=True)}
        here = rows.get("territoire", {})
        delivered = count(here.get("n_esms"), "DUI livré", "DUI livrés")
        held = f" Effectifs arrêtés au {day_text(day)}." if (day := here.get("arrete_le")) else ""
        st.markdown(f"{delivered}, un par établissement ou service.{held}")
        secrecy(base)
        _figures(rows)
        _distributions(base, place)
        _neighbours(base, place)
    theme.territory(base, PUBLICS, lieu)
    theme_etablissements.show(base, PUBLICS, lieu)
    theme.not_computed(PUBLICS)


def _figures(rows: dict[str, dict[str, Any]]) -> None:
    for title, listed in FIGURES.items():
        st.header(title, anchor=False)
        kept = [f for f in listed if f[0] not in OF_SOME or any(_has_value(row, f[0]) for row in rows.values())]
        for place, (column, name, unit, borne, help_text) in zip(st.columns(len(kept)), kept, strict=True):
            with place:
                here = rows.get("territoire", {})
                figure(name, shown(here, column, unit), _note(rows, column, unit, borne), help_text or None)


def _has_value(row: dict[str, Any], column: str) -> bool:
    return column in withheld(row) or not is_unknown(row.get(column))


def _note(rows: dict[str, dict[str, Any]], column: str, unit: str, counted: str) -> str:
    """The levels above, for what compares; then how many persons are behind."""
    parts = [
        f"{name} : {shown(rows[rank], column, unit)}"
        for rank, name in (("region", "région"), ("france", "France"))
        if unit and rank in rows
    ]
    if counted:
        here = rows.get("territoire", {})
        persons = SECRET if counted in withheld(here) else count(here.get(counted), *PERSONS)
        parts.append(f"personnes accueillies : {persons}" if counted == "n_personnes_ht" else f"effectif : {persons}")
    return " · ".join(parts)


def _distributions(base: queries.Base, place: queries.Place) -> None:
    distributions = queries.publics_repartition(base, place)
    st.header("Répartitions", anchor=False)
    if distributions.is_empty():
        st.markdown("Aucune répartition n'est connue pour ce territoire, ce public et cette année.")
        return
    present = [dimension for dimension in labels("dimension") if dimension in set(distributions["dimension"])]
    narrow = [dimension for dimension in present if dimension != "besoin_serafin"]
    for left in range(0, len(narrow), 2):
        for side, dimension in zip(st.columns(2, gap="large"), narrow[left : left + 2], strict=False):
            with side:
                _distribution(distributions, dimension, place)
    if len(narrow) < len(present):
        _distribution(distributions, "besoin_serafin", place)


def _distribution(distributions: pl.DataFrame, dimension: str, place: queries.Place) -> None:
    own = distributions.filter(pl.col("dimension") == dimension)
    title = labels("dimension")[dimension]
    several = dimension == "besoin_serafin"
    if several:
        own = own.sort("part_pct", descending=True, nulls_last=True)
    st.subheader(title, anchor=False)
    reference = None if place.niveau == "france" else "France"
    rows = [
        {
            "nom": row["composante_libelle"],
            "valeur": row["part_pct"],
            "reference": row["france_pct"] if reference else None,
            "texte": _share_and_count(row),
            "texte_reference": shown(row, "france_pct", "pct"),
        }
        for row in own.head(SHOWN_NEEDS if several else own.height).iter_rows(named=True)
    ]
    reading = "Part et nombre de personnes" + (" ; trait noir : France." if reference else ".")
    if several:
        reading += " Une personne peut avoir plusieurs besoins : les parts ne s'additionnent pas."
        if own.height > SHOWN_NEEDS:
            reading += f" Les {SHOWN_NEEDS} plus fréquents ; le tableau les donne tous."
    chart = charts.shares(rows, title, reference)
    columns: dict[str, Column | str] = {
        "composante_libelle": title,
        "n_personnes": Column("Personnes", 0),
        "part_pct": Column("Part", 1, "pct"),
    }
    if place.niveau == "departement":
        columns["region_pct"] = Column("Région", 1, "pct")
    if reference:
        columns["france_pct"] = Column("France", 1, "pct")
    drawing(chart, f"{title} : {reading}", reading, f"rep_{dimension}", own, columns)


def _share_and_count(row: dict[str, Any]) -> str:
    """« 12,3 % · 45 », « secret », « inconnu »."""
    share, persons = shown(row, "part_pct", "pct"), shown(row, "n_personnes")
    if persons == "0" or (share == persons and share in (SECRET, INCONNU)):
        return persons
    return f"{share} · {persons}"


def _neighbours(base: queries.Base, place: queries.Place) -> None:
    neighbours = queries.publics_voisins(base, place)
    if neighbours.height < 2:
        return
    st.header("Comparer les territoires", anchor=False)
    names = [territoire(row["niveau"], row["territoire_code"]) for row in neighbours.iter_rows(named=True)]
    named = neighbours.with_columns(pl.Series("nom", names)).sort("nom")
    columns: dict[str, Column | str] = {
        "nom": "Territoire",
        "n_esms": Column("DUI livrés", 0),
        "n_personnes": Column("Présents", 0),
        "age_moyen_annees": Column("Âge moyen", 1, "annees"),
        "gmp": Column("GMP", 0),
        "part_gir_1_2_pct": Column("GIR 1 et 2", 1, "pct"),
        "duree_moyenne_sejour_jours": Column("Durée des séjours", 0, "jours"),
        "projets_revus_pct": Column("Projets revus", 1, "pct"),
    }
    kept = {c: v for c, v in columns.items() if c not in OF_SOME or any(_has_value(r, c) for r in named.to_dicts())}
    table(named, kept, "Territoires comparés", key="voisins")
