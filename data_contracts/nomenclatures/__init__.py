"""Dated code lists: `code;libelle;…;valide_du;valide_au`, one CSV each, beside this file.

Belongs here: reading them. A code is never deleted: it gets an end date.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

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


def names() -> list[str]:
    """The lists that exist."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))
