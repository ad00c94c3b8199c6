"""Dated code lists: `code;libelle;…;valide_du;valide_au`, one CSV each, beside this file.

Belongs here: reading them. Does not belong here: what becomes of a value whose code is unknown (`ingest.validate`).

A code is never deleted: it gets an end date. Dates are those of the code, never of the edition of its list: a code
without any is always valid.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # half a second, for those who only ask whether a list exists
    import polars as pl

FOLDER = Path(__file__).resolve().parent


def path_of(name: str) -> Path:
    """File of a code list."""
    return FOLDER / f"{name}.csv"


def read_list(name: str) -> list[dict[str, str]]:
    """Rows of a code list, as text.

    Raises:
        FileNotFoundError: no such list.
    """
    with path_of(name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


@lru_cache(maxsize=64)
def codes(name: str) -> frozenset[str]:
    """Every code of a list, whatever its dates."""
    return frozenset(row["code"] for row in read_list(name))


@lru_cache(maxsize=64)
def periods(name: str) -> pl.DataFrame | None:
    """When each code of a list is valid: code, valide_du, valide_au (days, both included; NULL: open).

    None: no code of the list has a date.
    """
    import polars as pl

    rows = [(row["code"], row.get("valide_du") or None, row.get("valide_au") or None) for row in read_list(name)]
    if not any(begins or ends for _, begins, ends in rows):
        return None
    told = pl.DataFrame(rows, schema=dict.fromkeys(("code", "valide_du", "valide_au"), pl.String), orient="row")
    return told.with_columns(pl.col("valide_du", "valide_au").str.to_date("%Y-%m-%d"))


def names() -> list[str]:
    """The lists that exist."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))
