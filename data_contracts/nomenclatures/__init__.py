"""Dated code lists: `code;libelle;…;valide_du;valide_au`, one CSV each, beside this file.

Belongs here: reading them. Does not belong here: what becomes of a value whose code is unknown (`ingest.validate`).

A code is never deleted: it gets an end date. Dates are those of the code, never of the edition of its list: a code
without any is always valid.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
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


def problems(folder: Path = FOLDER) -> list[str]:
    """What is wrong with the lists themselves: each with its file and line.

    A list is UTF-8, begins with code and libelle, has dates that exist, and says a code once a period.
    """
    found: list[str] = []
    for path in sorted(folder.glob("*.csv")):
        found += [f"{path.name}:{line} · {problem}" for line, problem in _wrong(path)]
    return found


def _wrong(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield 1, "cette liste n'est pas en UTF-8 : l'enregistrer ainsi"
        return
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    head = rows.fieldnames or ()
    if tuple(head[:2]) != ("code", "libelle") or not {"valide_du", "valide_au"} <= set(head):
        yield 1, "attendu, « code;libelle;… », avec « valide_du » et « valide_au »"
        return
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        line = rows.line_num
        if None in row or None in row.values():
            yield line, f"{len(head)} cellules sont attendues"
            continue
        if not row["code"].strip():
            yield line, "un code est vide"
        for name in ("valide_du", "valide_au"):
            if row[name] and not _is_day(row[name]):
                yield line, f"{name} : « {row[name]} » n'est pas un jour (attendu, AAAA-MM-JJ)"
        before = seen.setdefault(tuple(row.values()), line)
        if before != line:
            yield line, f"la ligne {before} dit la même chose"
    if not seen:
        yield 1, "cette liste est vide"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
