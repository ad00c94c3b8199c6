"""Delays: how long one waits at each step, in which category of ESMS, here and elsewhere. Part of the page `parcours`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.admissions`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import Column, Export, drawing, empty, shown, table, translated, withheld
from dashboards.controls import choose
from dashboards.formats import INCONNU, SECRET, with_unit
from dashboards.labels import label, labels, territoire

_SPAN = "Point : la moitié des personnes ont attendu moins, l'autre moitié plus. Barre : la moitié du milieu."
_ENDED = (
    "Seules comptent les personnes arrivées au bout de l'étape dans l'année : celles qui attendent encore n'y sont pas."
)
_EVERY = ""  # of the choice of a category: all of them


def show(base: queries.Base, place: queries.Place) -> None:
    delays = queries.delais(base, place)
    st.header("Délais", anchor=False)
    if delays.is_empty():
        empty("Aucun délai n'est connu ici.", "Il faut les demandes (ViaTrajectoire) et les entrées (DUI) livrées.")
        return
    by_category = queries.delais_categories(base, place)
    _of_steps(delays, place)
    _of_categories(by_category, place)
    _elsewhere(base, place, by_category)


def _of_steps(delays: pl.DataFrame, place: queries.Place) -> None:
    named = delays.with_columns(translated("etape", "etape"))
    reading = f"{_SPAN} Texte : durée médiane et nombre de personnes. {_ENDED}"
    columns: dict[str, Column | str] = {"etape": "Étape", **_columns(place)}
    chart = charts.spans(_rows(named, "etape"), "Jours")
    drawing(chart, "Délais par étape, en jours", reading, "delais", named, columns)


def _columns(place: queries.Place) -> dict[str, Column | str]:
    columns: dict[str, Column | str] = {
        "n_personnes": Column("Personnes", 0),
        "q1_jours": Column("Premier quartile", 0, "jours"),
        "mediane_jours": Column("Médiane", 0, "jours"),
        "q3_jours": Column("Troisième quartile", 0, "jours"),
    }
    if place.niveau == "departement":
        columns["region_jours"] = Column("Médiane, région", 0, "jours")
    if place.niveau != "france":
        columns["france_jours"] = Column("Médiane, France", 0, "jours")
    return columns


def _rows(frame: pl.DataFrame, name: str) -> list[dict[str, Any]]:
    """What a chart of delays draws: a row each of `name`."""
    return [
        {
            "nom": row[name],
            "q1": row["q1_jours"],
            "mediane": row["mediane_jours"],
            "q3": row["q3_jours"],
            "texte": _delay(row),
        }
        for row in frame.iter_rows(named=True)
    ]


def _delay(row: dict[str, Any]) -> str:
    if row["n_personnes"] == 0:
        return "aucune personne"
    median = shown(row, "mediane_jours", "jours", 0)
    return median if median in (SECRET, INCONNU) else f"{median} · {shown(row, 'n_personnes', decimals=0)}"


def _of_categories(delays: pl.DataFrame, place: queries.Place) -> None:
    """One step, in each category of ESMS of the territory."""
    if delays.is_empty():
        return
    st.header("Délais par catégorie d'établissement", anchor=False)
    steps = delays["etape"].unique(maintain_order=True).to_list()
    left, _ = st.columns([1, 2])
    with left:
        step = choose("Étape", steps, lambda code: label("etape", code), "etape", default=steps[-1])
    of_step = delays.filter(etape=step)
    title = f"{label('etape', step)}, par catégorie d'établissement, en jours"
    told = "Une personne compte dans la catégorie de l'établissement où elle est arrivée en dernier au bout de l'étape."
    reading = f"{_longest(of_step)}{_SPAN} {told}"
    columns: dict[str, Column | str] = {"categorie_libelle": "Catégorie", **_columns(place)}
    about = Export(title, f"{told} {_ENDED}", str(place.annee))
    chart = charts.spans(_rows(of_step, "categorie_libelle"), "Jours", "Catégorie")
    drawing(chart, title, reading, "delais_categories", of_step, columns, about=about)


def _longest(of_step: pl.DataFrame) -> str:
    """« On attend le plus en EHPAD (médiane : 148 jours), le moins en … »: of the categories whose median is shown."""
    known = of_step.drop_nulls("mediane_jours").sort("mediane_jours", "categorie_libelle")
    if known.height < 2 or known["mediane_jours"][0] == known["mediane_jours"][-1]:
        return ""
    (least, low), (most, high) = known.select("categorie_libelle", "mediane_jours").rows()[:: known.height - 1]
    return f"L'attente médiane va de {with_unit(low, 'jours', 0)} ({least}) à {with_unit(high, 'jours', 0)} ({most}). "


def _elsewhere(base: queries.Base, place: queries.Place, by_category: pl.DataFrame) -> None:
    """Delays of the territories read beside this one, of every category or of one."""
    delays = queries.delais_voisins(base, place)
    if delays["territoire_code"].n_unique() < 2:
        return
    st.header("Attendre ici et ailleurs", anchor=False)
    names = dict(by_category.select("categorie_code", "categorie_libelle").rows())
    left, _ = st.columns([1, 2])
    with left:
        every = {_EVERY: "Toutes les catégories"} | dict(sorted(names.items(), key=lambda item: item[1]))
        category = choose("Catégorie d'établissement", list(every), every.__getitem__, "categorie_delais")
    if category != _EVERY:
        delays = queries.delais_voisins(base, place, category)
    steps = [step for step in labels("etape") if step in set(delays["etape"])]
    each = delays.partition_by("territoire_code", maintain_order=True)
    schema = {"nom": pl.String, "n": pl.Int64, **dict.fromkeys(steps, pl.Float64), "secret": pl.String}
    frame = pl.DataFrame([_of_territory(of_one.to_dicts(), steps) for of_one in each], schema=schema)
    columns: dict[str, Column | str] = {"nom": "Territoire", "n": Column("Personnes entrées", 0)}
    columns |= {step: Column(label("etape", step), 0, "jours") for step in steps}
    title = "Délais médians par territoire" + ("" if category == _EVERY else f" : {every[category]}")
    about = Export(title, f"Durée médiane de chaque étape, en jours. {_ENDED}", str(place.annee))
    table(frame.sort("nom"), columns, title, "attente_voisins", about=about)


def _of_territory(rows: list[dict[str, Any]], steps: list[str]) -> dict[str, Any]:
    """Median delay of each step in a territory, and how many persons came in; a hidden one is named by `secret`."""
    by_step = {row["etape"]: row for row in rows}
    hidden = [step for step, row in by_step.items() if "mediane_jours" in withheld(row)]
    last = by_step.get("demande_entree", {})
    hidden += ["n"] if "n_personnes" in withheld(last) else []
    medians = {step: by_step.get(step, {}).get("mediane_jours") for step in steps}
    name = territoire(rows[0]["niveau"], rows[0]["territoire_code"])
    return {"nom": name, "n": last.get("n_personnes"), **medians, "secret": ", ".join(hidden)}
