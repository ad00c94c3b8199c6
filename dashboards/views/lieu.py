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
    """A territory and a year; annee None: the last one known of each figure. departement: where most of it is."""

    niveau: str
    code: str
    nom: str
    annee: int | None
    departement: str | None = None


@dataclass(frozen=True)
class Known:
    """The territories of a publication. names: level → code → name. departements: of each EPCI."""

    names: dict[str, dict[str, str]]
    departements: dict[str, str]

    def choose(self, base: queries.Base) -> tuple[str, str]:
        return choose_territory(self.names, queries.narrowest_territory(base), self.departements)


def known_territories(base: queries.Base) -> Known | None:
    """What can be looked at; None when nothing is published of any territory."""
    frames = {niveau: queries.territoires(base, niveau) for niveau in labels("niveau")}
    names = {
        niveau: dict(frame.select("territoire_code", "territoire_libelle").drop_nulls().iter_rows())
        for niveau, frame in frames.items()
    }
    departements = dict(frames["epci"].select("territoire_code", "departement_code").drop_nulls().iter_rows())
    return Known(names, departements) if any(names.values()) else None


def choose_lieu(base: queries.Base, codes: Sequence[str], others: Sequence[int] = ()) -> Lieu | None:
    """What to look at; None, and the page says so, when nothing is published of any territory.

    codes: the indicators of the page, whose years are offered; others: other years that it knows.
    """
    known = known_territories(base)
    if known is None:
        empty("La publication ne contient aucun territoire.", "Livrez une extraction FINESS, puis `dlnuf run`.")
        return None
    left, right = st.columns([7, 2])
    with left:
        niveau, code = known.choose(base)
    with right:
        year = choose_year(sorted({*queries.annees(base, niveau, code, codes), *others}, reverse=True))
    departement = code if niveau == "departement" else known.departements.get(code)
    return Lieu(niveau, code, "France" if niveau == "france" else known.names[niveau][code], year, departement)
