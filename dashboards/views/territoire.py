"""Territory: key figures, map of the départements, comparison; the offer is in `territoire_offre`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.territoires`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import Column, drawing, empty, figure, heading, open_base
from dashboards.controls import choose, choose_territory
from dashboards.formats import INCONNU, count, day_text, unit_sign, with_unit
from dashboards.labels import labels
from dashboards.views import territoire_offre
from data_contracts.indicators import indicators

KEY_FIGURES = ("N_ESMS", "CAP_INST", "POP_75P", "EQ_EHPAD75", "TO_HP_MED", "PRIX_MED_CS")  # in reading order
TOTALS = ("N_ESMS", "CAP_INST", "POP_75P")  # they add up from one level to the next: compared as shares
FIRST = "EQ_EHPAD75"
EFFECTIF = Column("Établissements renseignés", 0)


def show() -> None:
    heading("Territoire", "L'offre et l'activité médico-sociales d'un département, d'une région ou de la France.")
    base = open_base()
    if queries.territoires(base, "france").is_empty():
        empty("La publication ne contient aucun territoire.", "Livrez une extraction FINESS, puis `dlnuf run`.")
        return
    niveau, code, nom = _choose_territory(base)
    _key_figures(base, niveau, code)
    _map_and_comparison(base, niveau, code, nom)
    territoire_offre.show(base, niveau, code, nom)


def _choose_territory(base: queries.Base) -> tuple[str, str, str]:
    known = {}
    for niveau in labels("niveau"):
        territories = queries.territoires(base, niveau)
        known[niveau] = dict(zip(territories["territoire_code"], territories["territoire_libelle"], strict=True))
    niveau, code = choose_territory(known, queries.narrowest_territory(base))
    return niveau, code, "France" if niveau == "france" else known[niveau][code]


def _key_figures(base: queries.Base, niveau: str, code: str) -> None:
    known = {row["indicateur_code"]: row for row in queries.key_figures(base, niveau, code).iter_rows(named=True)}
    columns = [*st.columns(3), *st.columns(3)]
    for place, code_shown in zip(columns, KEY_FIGURES, strict=True):
        shown = indicators()[code_shown]
        row: dict[str, Any] = known.get(shown.code, {})
        value = with_unit(row.get("valeur"), None if shown.code in TOTALS else row.get("unite_mesure"))
        with place:
            figure(shown.short_label or shown.label, value, _note(row, niveau, shown.code), shown.definition)


def _note(row: dict[str, Any], niveau: str, indicator: str) -> str:
    """Year, comparison with the levels above, number of establishments behind a median."""
    if not row:
        return "Aucune source livrée ne donne ce chiffre."
    parts = [f"Au {day_text(row['date_parc'])}" if row["date_parc"] else f"Millésime {row['millesime']}"]
    if indicator in TOTALS:
        if niveau != "france" and row["france"] and row["valeur"] is not None:
            parts.append(f"{with_unit(100 * row['valeur'] / row['france'], 'pct')} du total France publié")
        if row["alerte"]:
            parts.append(row["alerte"])
        return " · ".join(parts)
    if niveau == "departement":
        parts.append(f"région : {with_unit(row['region'], row['unite_mesure'])}")
    if niveau != "france":
        parts.append(f"France : {with_unit(row['france'], row['unite_mesure'])}")
    if row["effectif"] is not None:
        parts.append(count(row["effectif"], "établissement renseigné", "établissements renseignés"))
    if row["alerte"]:
        parts.append(row["alerte"])
    return " · ".join(parts)


def _map_and_comparison(base: queries.Base, niveau: str, code: str, nom: str) -> None:
    st.header("Comparer les territoires", anchor=False)
    listed = {row["indicateur_code"]: row for row in queries.territoire_indicateurs(base).iter_rows(named=True)}
    if not listed:
        empty("Aucun indicateur n'est connu.", "Livrez des capacités, de l'activité ou des prix, puis `dlnuf run`.")
        return
    options = sorted(listed, key=lambda code: code != FIRST)  # the rest stays in the order of the query
    chosen = choose("Indicateur", options, lambda code: listed[code]["libelle"], key="indicateur")
    title, unit = (
        f"{listed[chosen]['libelle']} ({listed[chosen]['millesime']})",
        listed[chosen]["unite_mesure"],
    )
    st.markdown(f"**{title}**" + (f", en {unit_sign(unit)}" if unit_sign(unit) else ""))
    left, right = st.columns([6, 5], gap="medium")
    with left:
        st.subheader("Carte des départements", anchor=False)
        values = queries.map_values(base, chosen)
        outlined = (
            set(values.filter(pl.col("region_code") == code)["territoire_code"]) if niveau == "region" else {code}
        )
        known = values["valeur"].drop_nulls().len()
        reading = (
            "Un carré par département, à peu près à sa place : numéro en haut, valeur en dessous. "
            f"{count(known, 'département connu', 'départements connus')} ; les autres, en pointillés avec un « ? », "
            "sont inconnus et non à zéro." + ("" if niveau == "france" else f" Contour épais : {nom}.")
        )
        bounds = queries.class_bounds(base, chosen)
        picture = charts.tile_map(values, bounds, unit, listed[chosen]["libelle"], outlined)
        every = charts.tiles().join(values, left_on="departement_code", right_on="territoire_code", how="left")
        columns = {"departement_code": "Code", "departement_libelle": "Département", "valeur": _value(unit)}
        named = f"Carte des départements : {title}"
        drawing(picture, named, reading, "carte", every, {**columns, "effectif": EFFECTIF})
    with right:
        st.subheader("Comparaison", anchor=False)
        _comparison(queries.comparison(base, chosen, niveau, code), title, unit)


def _comparison(frame: pl.DataFrame, title: str, unit: str) -> None:
    adds_up = unit in ("places", "personnes", "nombre")  # the country would crush every bar
    rows = [
        {
            "nom": ("▶ " if r["est_choisi"] else "") + _place(r),
            "valeur": r["valeur"],
            "texte": with_unit(r["valeur"], unit),
            "est_choisi": r["est_choisi"],
            "est_reference": r["niveau"] == "france" and not r["est_choisi"],
        }
        for r in frame.iter_rows(named=True)
        if not adds_up or r["niveau"] != "france"
    ]
    reading = (
        "Du plus élevé au plus faible. ▶ et barre foncée : le territoire choisi ; contour en tirets : la France ; "
        f"« {INCONNU} » : pas de barre."
    )
    named = frame.with_columns(pl.Series("nom", [_place(r) for r in frame.iter_rows(named=True)], dtype=pl.String))
    columns = {"nom": "Territoire", "valeur": _value(unit), "effectif": EFFECTIF}
    drawing(charts.bars(rows, title), f"Comparaison des territoires : {title}", reading, "comparaison", named, columns)


def _value(unit: str) -> Column:
    return Column("Valeur", unit=unit)


def _place(row: dict[str, Any]) -> str:
    name, code = row["territoire_libelle"], row["territoire_code"]
    return f"{name} ({code})" if row["niveau"] == "departement" else name
