"""What the two views of forms share: the states of a column, their chart, their columns in a table.

Belongs here: how shares of forms are drawn and titled. Does not belong here: what is shown of whom.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards import charts
from dashboards.components import Column
from dashboards.labels import source

PARTS = {
    "preremplis": ("Préremplies", "une autre source le dit, sûrement ou à plusieurs"),
    "a_confirmer": ("À confirmer", "réponses qui diffèrent, douteuses, anciennes, ou seules"),
    "a_demander": ("À demander", "personne d'autre ne connaît la réponse"),
    "non_demandes": ("Non demandées", "la question porte sur un autre public"),
}
DEFINITION = (
    "Part des cases de chaque formulaire, avant toute réponse à la campagne : préremplies, à confirmer, à demander, ou "
    "non demandées."
)


def picture(found: pl.DataFrame) -> Any:
    rows = [
        {"nom": row["formulaire_libelle"], **{title: row[f"part_{part}"] for part, (title, _) in PARTS.items()}}
        for row in found.iter_rows(named=True)
    ]
    return charts.states(rows, "Formulaire")


def named(found: pl.DataFrame) -> pl.DataFrame:
    """Forms by the short name of their source."""
    return found.with_columns(
        pl.col("formulaire").map_elements(source, return_dtype=pl.String).alias("formulaire_libelle")
    )


def share_columns() -> dict[str, Column]:
    return {f"part_{part}": Column(title, 1, "pct", said) for part, (title, said) in PARTS.items()}


def count_columns() -> dict[str, Column]:
    return {f"n_{part}": Column(title, 0, definition=said) for part, (title, said) in PARTS.items()}


def dui_columns() -> dict[str, Column]:
    return {
        "n_depuis_dui": Column(
            "Préremplies par le dossier informatisé", 0,
            definition="parmi les cases préremplies, celles que le dossier informatisé de l'établissement donne",
        ),
        "n_dui_a_confirmer": Column(
            "À confirmer d'après le dossier informatisé", 0,
            definition="parmi les cases à confirmer, celles dont il donne la première réponse",
        ),
    }  # fmt: skip
