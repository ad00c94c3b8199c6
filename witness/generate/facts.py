"""The few real facts that the generator rests on, read from the CSV files of `faits/`.

Belongs here: loading those facts. Does not belong here: anything drawn, and any list shared with the rest of the
project: the pipeline is judged by this witness, which therefore holds its own copy of what it knows.

Sources: FINESS nomenclatures and national counts of codes (ANS, July 2026); CNSA table of categories; COG (INSEE);
population rounded to the thousand (INSEE, 2022); the largest communes of each département (COG 2026, La Poste, centres
of IGN ADMIN EXPRESS 2018; Licence Ouverte); titles of the ATIH export. Sizes, rates and ratios are orders of magnitude.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate.streams import Floats

FOLDER = Path(__file__).parent / "faits"


@cache
def table(name: str) -> pl.DataFrame:
    """A fact table (`faits/<name>.csv`, `;`, UTF-8), every column as text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    return pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))


def numbers(name: str, column: str) -> Floats:
    """A numeric column of a fact table; empty is unknown (NaN)."""
    return table(name)[column].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()


def texts(name: str, column: str) -> list[str]:
    """A text column of a fact table."""
    return table(name)[column].to_list()


def matrix(name: str, columns: list[str]) -> Floats:
    """Several numeric columns of a fact table, as a matrix (rows, columns)."""
    return np.column_stack([numbers(name, c) for c in columns])


@cache
def profils() -> tuple[str, ...]:
    """The operating profiles, in the order that every index `profil` refers to."""
    return tuple(texts("profils", "profil"))


def asked_categories() -> list[str]:
    """Codes of the categories of ET that the tableau de bord asks."""
    return table("categories").filter(pl.col("tdb") == "1")["code"].to_list()


def words(nature: str) -> list[str]:
    """The words of one kind from which fictitious names are made."""
    return table("noms").filter(pl.col("nature") == nature)["texte"].to_list()
