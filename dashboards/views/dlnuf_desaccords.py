"""List of the conflicts, its filters and its file. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.collectes`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards import queries
from dashboards.components import Column, Markdown, empty, files, read_sheet, sheet
from dashboards.controls import choose_page, several
from dashboards.exports import Export
from dashboards.formats import count, plain
from dashboards.labels import composante, label, source, tolerance
from dashboards.views.etablissement_valeurs import shown_value

# In the address.
CHOICES = {"departement_code": "departement", "element_libelle": "donnee", "action_conflit": "suite"}
SHOWN = 25  # conflicts of one page; the file holds them all
PAGE_NAME = "page_desaccords"  # in the address


def show(base: queries.Base) -> None:
    st.header("Désaccords à traiter", anchor=False)
    if not queries.conflit_balance(base, {})["n_conflits"]:
        empty("Aucun désaccord hors tolérance.", "Les collectes livrées s'accordent, ou une seule a répondu.")
        return
    chosen = _filters(base)
    size = queries.conflit_balance(base, chosen)
    if not size["n_conflits"]:
        empty("Aucun désaccord ne répond à ces filtres.", "Retirez un filtre.")
        return
    units = count(size["n_unites"], "établissement ou gestionnaire", "établissements ou gestionnaires")
    st.markdown(f"**{count(size['n_conflits'], 'désaccord', 'désaccords')}** dans {units}.")
    left, _ = st.columns([1, 4])
    with left:
        skipped = SHOWN * choose_page(size["n_conflits"], SHOWN, PAGE_NAME)
    conflicts = [_line(row) for row in queries.conflits(base, chosen, SHOWN, skipped).iter_rows(named=True)]
    sheet(conflicts, "Désaccords")
    about = Export(
        "Désaccords à traiter",
        "Réponses d'au moins deux collectes à une même question, plus éloignées que la tolérance de la donnée.",
        columns={title: Column(title) for title in conflicts[0]},
    )
    files(
        lambda: read_sheet([_line(row) for row in queries.conflits(base, chosen).iter_rows(named=True)]),
        about,
        "desaccords",
    )


def _line(row: dict[str, Any]) -> dict[str, str]:
    part = f" · {composante(row['element_id'], row['composante'])}" if row["composante"] else ""
    name = row["raison_sociale"] or f"{label('unite', row['unite'])} {row['unite_id']}"
    sheet_of = f"[{plain(name)}](/etablissement?finess={row['finess_et']})" if row["finess_et"] else plain(name)
    return {
        "Donnée": f"{row['element_libelle']}{part} ({row['millesime']})",
        "Établissement": Markdown(sheet_of),
        "Retenue": Markdown(f"**{plain(_value(row, 'retenue'))}**"),
        "Écartée": _value(row, "ecartee"),
        "Sources": f"{source(row['source_retenue'])}, contre {source(row['source_ecartee'])}",
        "Tolérance": tolerance(row["tolerance"]),
        "Suite à donner": label("action_conflit", row["action_conflit"]),
    }


def _value(row: dict[str, Any], side: str) -> str:
    """A value of a conflict, published as text: read again as a number when its unit says that it is one."""
    value, unit = row[f"valeur_{side}"], row["unite_mesure"]
    try:
        as_number = None if unit in (None, "code", "texte") else float(value)
    except (TypeError, ValueError):
        as_number = None
    read = {"valeur": value, "valeur_nombre": as_number}
    return shown_value(read, row["element_id"], unit)


def _filters(base: queries.Base) -> dict[str, list[str]]:
    frame = queries.territoires(base, "departement")
    departements = dict(zip(frame["territoire_code"], frame["territoire_libelle"], strict=True))
    filters: dict[str, tuple[str, Callable[[str], str]]] = {
        "departement_code": ("Département", lambda c: f"{departements.get(c, 'Département')} ({c})"),
        "element_libelle": ("Donnée", str),
        "source_retenue": ("Source retenue", source),
        "source_ecartee": ("Source écartée", source),
        "action_conflit": ("Suite à donner", lambda c: label("action_conflit", c)),
    }
    chosen: dict[str, list[str]] = {}
    for place, (column, (title, names)) in zip(st.columns(len(filters)), filters.items(), strict=True):
        options = {code: names(code) for code in queries.conflit_choices(base, column)}
        with place:
            chosen[column] = several(title, options, CHOICES.get(column, column), forget=[PAGE_NAME])
    return chosen
