"""What pages about a territory share: the choice of a territory and of a year at their head.

Belongs here: that choice, and how it is named. Does not belong here: what a page shows of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboards import queries
from dashboards.components import empty
from dashboards.controls import choose_territory, choose_year
from dashboards.labels import labels


@dataclass(frozen=True)
class Lieu:
    """A territory and a year; annee None: the last one known of each figure."""

    niveau: str
    code: str
    nom: str
    annee: int | None


def choose_lieu(base: queries.Base, codes: Sequence[str], others: Sequence[int] = ()) -> Lieu | None:
    """What to look at; None, and the page says so, when nothing is published of any territory.

    codes: the indicators of the page, whose years are offered; others: other years that it knows.
    """
    known = {}
    for niveau in labels("niveau"):
        territories = queries.territoires(base, niveau)
        known[niveau] = dict(zip(territories["territoire_code"], territories["territoire_libelle"], strict=True))
    if not any(known.values()):
        empty("La publication ne contient aucun territoire.", "Livrez une extraction FINESS, puis `dlnuf run`.")
        return None
    left, right = st.columns([7, 2])
    with left:
        niveau, code = choose_territory(known, queries.narrowest_territory(base))
    with right:
        year = choose_year(sorted({*queries.annees(base, niveau, code, codes), *others}, reverse=True))
    return Lieu(niveau, code, "France" if niveau == "france" else known[niveau][code], year)
