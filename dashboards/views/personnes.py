"""What the two pages that count persons share: the choice of a territory, a public and a year.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.populations`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import empty
from dashboards.controls import choose, choose_territory, segments
from dashboards.labels import labels, territoire


def choose_place(places: pl.DataFrame) -> queries.Place:
    """What to look at, among what is published. places: niveau, territoire_code, domaine, annee, latest year first."""
    known = {
        level: {code: territoire(level, code) for code in places.filter(pl.col("niveau") == level)["territoire_code"]}
        for level in labels("niveau")
    }
    niveau, code = choose_territory(known, _narrowest(known))
    here = places.filter((pl.col("niveau") == niveau) & (pl.col("territoire_code") == code))
    left, middle, _ = st.columns([2, 1, 2])
    with left:
        offered = [domain for domain in ("PA", "PH") if domain in set(here["domaine"])]
        domain = segments("Public", offered, labels("domaine").__getitem__, "public")
    with middle:
        years = list(dict.fromkeys(here.filter(pl.col("domaine") == domain)["annee"]))
        year = choose("Année", years, str, key="annee")
    return queries.Place(niveau, code, domain, year)


def nothing_delivered() -> None:
    """No row about persons at all."""
    empty(
        "Aucun dossier usager informatisé (DUI) n'est publié.",
        "Livrez un export de DUI, RESID-ESMS ou ViaTrajectoire avec `dlnuf deliver`, puis lancez `dlnuf run`.",
    )


def _narrowest(known: dict[str, dict[str, str]]) -> tuple[str, str]:
    """The only département, else the only region, else the country, else whatever is there."""
    for level in ("departement", "region"):
        if len(known[level]) == 1:
            return level, next(iter(known[level]))
    level = next(level for level in ("france", "region", "departement") if known[level])
    return level, next(iter(known[level]))
