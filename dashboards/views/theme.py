"""Any theme of indicators: figures of a territory, their years, similar territories; the rest is in
`theme_etablissements`.

Belongs here: layout and wording. Does not belong here: which indicators make a theme (`dashboards.themes`), where the
figures come from (`dashboards.queries.chiffres`).
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from dashboards import queries
from dashboards.components import figure, heading, open_base, sheet
from dashboards.controls import choose
from dashboards.formats import INCONNU, NBSP, count, day_text, whole, with_unit
from dashboards.labels import collecte
from dashboards.themes import Theme, codes
from dashboards.views import theme_etablissements, theme_territoires
from dashboards.views.lieu import Lieu, choose_lieu
from data_contracts.indicators import Indicator, indicators


def show(theme: Theme) -> None:
    heading(theme.title, theme.lead)
    base = open_base()
    lieu = choose_lieu(base, codes(theme.indicators))
    if lieu is None:
        return
    territory(base, theme, lieu)
    theme_etablissements.show(base, theme, lieu)
    not_computed(theme)


def territory(base: queries.Base, theme: Theme, lieu: Lieu) -> Indicator | None:
    """What the theme says of a territory, of its years and of others; the indicator that is followed, if any."""
    figures = queries.chiffres(base, lieu.niveau, lieu.code, codes(theme.of_territories), lieu.annee)
    if figures.is_empty():
        return None
    st.header("Chiffres du territoire", anchor=False)
    rows = figures.to_dicts()
    for first in range(0, len(rows), 3):
        for place, row in zip(st.columns(3), rows[first : first + 3], strict=False):
            with place:
                card(row, lieu)
    chosen = indicators()[
        choose(
            "Indicateur à suivre et à comparer",
            [row["indicateur_code"] for row in rows],
            lambda code: indicators()[code].label,
            "indicateur",
            default=_first(theme, rows),
        )
    ]
    theme_territoires.show(base, chosen, lieu)
    return chosen


def _first(theme: Theme, rows: list[dict[str, Any]]) -> str:
    """The indicator that is followed first: that of the theme, or the first that is known when that one is not."""
    known = [row["indicateur_code"] for row in rows if row["valeur"] is not None]
    return theme.first if theme.first in known or not known else known[0]


def card(row: dict[str, Any], lieu: Lieu) -> None:
    """One figure of a territory: its value, its year, who answered, its rank, what is around and what was before."""
    declared = indicators()[row["indicateur_code"]]
    unit = None if row["unite_mesure"] in ("places", "personnes", "nombre") else row["unite_mesure"]
    figure(declared.short_label or declared.label, with_unit(row["valeur"], unit), note(row, lieu), declared.definition)


def note(row: dict[str, Any], lieu: Lieu) -> str:
    parts = [f"Au {day_text(row['date_reference'])}" if row["date_reference"] else f"Année {row['millesime']}"]
    if lieu.annee is not None and row["millesime"] != lieu.annee:
        parts[0] += f" ({INCONNU} en {lieu.annee})"
    if row["n_concernes"]:
        parts.append(f"{whole(row['n_repondants'])} répondants sur {whole(row['n_concernes'])}")
        if row["part_places_pct"] is not None:
            parts[-1] += f" ({with_unit(row['part_places_pct'], 'pct', 0)} des places)"
    elif row["n_repondants"] is not None:
        parts.append(count(row["n_repondants"], "établissement renseigné", "établissements renseignés"))
    if row["rang"] and row["n_rangs"] > 1:
        parts.append(f"rang {whole(row['rang'])} sur {whole(row['n_rangs'])}, du plus élevé au plus faible")
    parts += [
        f"{name} : {with_unit(row[column], row['unite_mesure'])}"
        for column, name in (("departement", "département"), ("region", "région"), ("france", "France"))
        if row[column] is not None and row["unite_mesure"] not in ("places", "personnes", "nombre")
    ]
    if row["valeur"] is not None and row["avant"] is not None:
        gap = theme_territoires.change(row["valeur"] - row["avant"], row["unite_mesure"])
        moved = re.search("[1-9]", gap.split(NBSP)[0])  # its number, for a unit has digits too (« pour 1 000 »)
        parts.append(f"{gap if moved else 'stable'} depuis {row['millesime_avant']}")
    parts += [text for text in (row["perimetre"], row["alerte"]) if text]
    return " · ".join(parts)


def not_computed(theme: Theme) -> None:
    """What the theme should tell and cannot yet, with the collection that would give it."""
    missing = theme.not_computed
    if not missing:
        return
    with st.expander(f"Pas encore connus : {count(len(missing), 'indicateur', 'indicateurs')} de ce thème"):
        rows = [
            {
                "Indicateur": i.label,
                "Ce qui le donnerait": ", ".join(map(collecte, i.collections)) or INCONNU,
                "Échelle": i.granularity,
                "À savoir": i.comment or "–",
            }
            for i in missing
        ]
        sheet(rows, f"Indicateurs pas encore connus : {theme.title}", f"manquants_{theme.page}")
