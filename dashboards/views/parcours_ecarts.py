"""Admissions, what one system knows that the others were not told, and what to check. Part of the page
`parcours`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.admissions`).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.components import figure, shown

# Count, title, the count it is a part of, what that one counts.
NOT_TOLD = (
    ("n_entrees_non_dites_vt", "Entrées, ViaTrajectoire", "n_entrees_dui", "entrées"),
    ("n_entrees_non_dites_resid", "Entrées, RESID-ESMS", "n_entrees_dui", "entrées"),
    ("n_sorties_non_dites_vt", "Sorties, ViaTrajectoire", "n_sorties_dui", "sorties"),
    ("n_sorties_non_dites_resid", "Sorties, RESID-ESMS", "n_sorties_dui", "sorties"),
)
TO_CHECK = (
    ("n_decisions_expirant", "Décision qui expire", "Personnes dont l'orientation expire dans les trois mois."),
    ("n_sejours_sans_decision", "Sans décision", "Personnes accompagnées sans décision d'orientation connue."),
    ("n_deux_lieux", "En deux lieux", "Personnes que deux systèmes placent en deux lieux le même jour : à vérifier."),
)  # fmt: skip


def show(rows: dict[str, dict[str, Any]]) -> None:
    """rows: syntheses of the territory (rang « territoire »), of its region, of the country."""
    _not_told(rows)
    _to_check(rows)


def _not_told(rows: dict[str, dict[str, Any]]) -> None:
    st.header("Ce qui n'a pas été redit", anchor=False)
    st.caption(
        "Connu du DUI, absent de l'autre système à sa dernière livraison : autant de saisies à refaire ou à éviter."
    )
    here = rows.get("territoire", {})
    for place, (column, title, whole, noun) in zip(st.columns(4), NOT_TOLD, strict=True):
        of = f"{noun} : {shown(here, whole, decimals=0)} · part : {shown(here, f'part_{column}', 'pct')}"
        others = [
            f"{name} : {shown(rows[rank], f'part_{column}', 'pct')}"
            for rank, name in (("region", "région"), ("france", "France"))
            if rank in rows
        ]
        with place:
            figure(title, shown(here, column, decimals=0), " · ".join([of, *others]))


def _to_check(rows: dict[str, dict[str, Any]]) -> None:
    st.header("À vérifier", anchor=False)
    here = rows.get("territoire", {})
    for place, (column, title, note) in zip(st.columns(3), TO_CHECK, strict=True):
        with place:
            figure(title, shown(here, column, decimals=0), note)
