"""A theme, one indicator of a territory: its years, and what similar territories have. Part of the page `theme`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.chiffres`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import Column, Export, drawing, empty
from dashboards.controls import segments
from dashboards.formats import count, number, whole, with_unit
from dashboards.views.lieu import Lieu
from data_contracts.indicators import Indicator

COMPARED_YEARS = 5
ALIKE = {"population": "Population proche", "region": "Même région", "tous": "Tous"}
RULES = {
    "population": "Départements comparés : ceux dont la population de 75 ans et plus est la plus proche.",
    "region": "Départements comparés : ceux de la même région.",
    "tous": "Départements comparés : tous ceux qui ont été reçus.",
    "dedans": "Territoires comparés : ceux qui composent le territoire choisi.",
    "epci": "EPCI comparés : ceux du même département.",
}


def show(base: queries.Base, declared: Indicator, lieu: Lieu) -> None:
    years(base, declared, lieu)
    alike(base, declared, lieu)


def change(gap: float, unit: str) -> str:
    """A change with its sign: « +1,2 point » for a percentage, whose change is no percentage."""
    decimals = 1 if unit in ("pct", "pour_mille") else None
    sign = "+" if gap > 0 else ""
    if unit == "pct":
        return f"{sign}{number(gap, decimals)} point{'s' if abs(gap) >= 2 else ''}"
    return f"{sign}{with_unit(gap, unit, decimals)}"


def _about(declared: Indicator, lieu: Lieu, title: str, date: str, coverage: str = "") -> Export:
    return Export(f"{title} : {declared.label} ({lieu.nom})", declared.definition or "", date, coverage)


def _values(declared: Indicator) -> Column:
    return Column(declared.label, unit=declared.unit, definition=declared.definition or "")


def years(base: queries.Base, declared: Indicator, lieu: Lieu) -> None:
    """The years of an indicator, as lines, with what they say in a sentence."""
    st.header("Évolution", anchor=False)
    found = queries.serie(base, declared.code, lieu.niveau, lieu.code)
    known = found.filter(pl.col("valeur").is_not_null())
    if known.filter(pl.col("role") == "territoire")["millesime"].n_unique() < 2:
        st.markdown("Moins de deux années sont connues ici : rien à suivre pour l'instant.")
        return
    rows = [
        {
            "annee": r["millesime"],
            "valeur": r["valeur"],
            "nom": r["territoire_libelle"],
            "texte": with_unit(r["valeur"], declared.unit),
            "est_choisi": r["role"] == "territoire",
        }
        for r in known.iter_rows(named=True)
    ]
    columns: dict[str, Column | str] = {
        "territoire_libelle": "Territoire",
        "millesime": "Année",
        "valeur": _values(declared),
        "n_repondants": Column("Répondants", 0),
        "n_concernes": Column("Concernés", 0),
    }
    named = found.with_columns(pl.col("millesime").cast(pl.String))
    title = f"Évolution : {declared.label}"
    date = f"{known['millesime'].min()} à {known['millesime'].max()}"
    sentence = evolution(known, declared)
    drawing(
        charts.trend(rows, declared.label), title, sentence, "evolution", named, columns,
        about=_about(declared, lieu, "Évolution", date),
    )  # fmt: skip


def evolution(known: pl.DataFrame, declared: Indicator) -> str:
    """What a series says: from its first year to its last one, each territory."""
    said = []
    for of_one in known.partition_by("role", maintain_order=True):
        first, last = of_one.row(0, named=True), of_one.row(-1, named=True)
        if first["millesime"] == last["millesime"]:
            continue
        gap = change(last["valeur"] - first["valeur"], declared.unit)
        said.append(
            f"{first['territoire_libelle']} : de {with_unit(first['valeur'], declared.unit)} en {first['millesime']} à "
            f"{with_unit(last['valeur'], declared.unit)} en {last['millesime']} ({gap})"
        )
    return f"{declared.label}. {' ; '.join(said)}."


def alike(base: queries.Base, declared: Indicator, lieu: Lieu) -> None:
    """The same indicator in territories that are read beside this one, over five years."""
    st.header("Comparer", anchor=False)
    rule = "epci" if lieu.niveau == "epci" else "dedans"
    if lieu.niveau == "departement":
        forget = ["page_comparer_table"]
        rule = segments("Départements comparés", list(ALIKE), ALIKE.__getitem__, "compares", forget=forget)
    others = queries.semblables(base, lieu.niveau, lieu.code, rule)
    level = others["niveau"][0] if others.height else lieu.niveau
    values = queries.par_annee(base, declared.code, level, others["territoire_code"].to_list(), COMPARED_YEARS)
    known = values.filter(pl.col("valeur").is_not_null())
    if known.is_empty():
        empty("Cet indicateur n'est connu d'aucun de ces territoires.", "Choisissez-en un autre.")
        return
    listed = sorted(set(known["millesime"]))
    last = str(lieu.annee if lieu.annee in listed else listed[-1])
    wide = values.pivot(on="millesime", index="territoire_code", values="valeur")
    ordered = others.join(wide, on="territoire_code", how="left").sort(last, descending=True, nulls_last=True)
    rows = [
        {
            "nom": ("▶ " if r["territoire_code"] == lieu.code else "") + r["territoire_libelle"],
            "valeur": r[last],
            "texte": with_unit(r[last], declared.unit),
            "est_choisi": r["territoire_code"] == lieu.code,
            "est_reference": False,
        }
        for r in ordered.iter_rows(named=True)
    ]
    columns: dict[str, Column | str] = {"territoire_libelle": "Territoire", "territoire_code": "Code"}
    if rule == "population":
        columns["habitants"] = Column("Habitants de 75 ans et plus", 0)
    columns |= {str(year): Column(str(year), unit=declared.unit) for year in listed}
    mark = f" ; ▶ : {lieu.nom}" if lieu.niveau in ("departement", "epci") else ""
    reading = (
        f"{declared.label}, {last}, du plus élevé au plus faible{mark}. "
        f"{count(ordered[last].drop_nulls().len(), 'territoire connu', 'territoires connus')} sur "
        f"{whole(ordered.height)}. Le tableau donne {count(len(listed), 'année', 'années')}. {RULES[rule]}"
    )
    drawing(
        charts.bars(rows, declared.label), f"Comparer : {declared.label}", reading, "comparer", ordered, columns,
        about=_about(declared, lieu, "Comparer", f"{listed[0]} à {listed[-1]}", RULES[rule]),
    )  # fmt: skip
