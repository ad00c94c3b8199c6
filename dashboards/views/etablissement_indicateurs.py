"""Indicators of an establishment, with their thresholds. Part of the page `etablissement`.

Belongs here: layout and wording. Does not belong here: where the figures come from
(`dashboards.queries.etablissements`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import Markdown, empty, sheet, shown
from dashboards.formats import INCONNU, exact, plain
from dashboards.labels import label, readable, source


def show(base: queries.Base, finess: str) -> None:
    indicators = queries.etablissement_indicateurs(base, finess)
    if indicators.is_empty():
        empty("Aucun indicateur n'est connu.", "Ils viennent du tableau de bord, des ERRD et des CA, une fois livrés.")
        return
    for axe in dict.fromkeys(indicators["axe"]):
        st.subheader(label("axe", axe), anchor=False)
        groups = indicators.filter(pl.col("axe") == axe).partition_by(
            "indicateur_code", "modalite", maintain_order=True
        )
        sheet([_indicator(group.to_dicts()) for group in groups], f"Indicateurs : {label('axe', axe)}", f"axe_{axe}")
    st.caption(
        "▲ atypique : hors des seuils d'affichage ; la valeur est gardée telle quelle, à lire avec prudence. Une "
        "valeur calculée dont un terme manque est inconnue."
    )


def _indicator(years: list[dict[str, Any]]) -> dict[str, str]:
    """One indicator in its latest year, and its values of the years before."""
    row, *before = years
    name = row["indicateur_libelle"]
    if row["modalite"]:
        name += f" · {row['modalite_libelle'] or readable(row['modalite'])}"
    value = f"**{plain(shown(row, 'valeur', row['unite_mesure']))}**"
    reserves = (
        "valeur du gestionnaire" if row["unite_observation"] == "EJ" else "",
        {"groupe": "groupe de sites", "inconnu": "périmètre non dit"}.get(row["perimetre"], ""),
        label("alerte", row["alerte"]) if row["alerte"] else "",
    )
    earlier = (f"{r['millesime']} : {shown(r, 'valeur')}{' ▲' if r['est_atypique'] else ''}" for r in before)
    return {
        "Indicateur": name,
        "Valeur": Markdown(f"{value} :orange-badge[▲ atypique]" if row["est_atypique"] else value),
        "Millésime": str(row["millesime"]),
        "Années précédentes": " · ".join(earlier) or "–",
        "Seuils d'affichage": _limits(row),
        "Source et accord": f"{source(row['source'])} · {label('statut', row['statut'])}" if row["source"] else INCONNU,
        "Réserves": ", ".join(reserve for reserve in reserves if reserve) or "–",
    }


def _limits(row: dict[str, Any]) -> str:
    low, high = (exact(row[side], row["unite_mesure"]) for side in ("seuil_min", "seuil_max"))
    if low == high == INCONNU:
        return "aucun"
    if low == INCONNU:
        return f"au plus {high}"
    return f"au moins {low}" if high == INCONNU else f"de {low} à {high}"
