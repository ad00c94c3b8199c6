"""The files that were given back to the owners of collections: their trace, by which one that is delivered is known.

Belongs here: the journal (`<home>/journaux/fournitures.jsonl`), their names, why one of them is no delivery. Does not
belong here: writing them (`orchestration.supply`).

Delivered here, such a file would speak a second time for everybody who filled it: every conflict would look settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest import owner_only
from ingest.home import Home

GIVEN, ORIGINS = "_rendu.csv", "_origines.csv"  # how the names of a table, and of what says where it comes from, end
_REMEDY = (
    "Remède : le remettre au responsable de la collecte, et livrer ici le fichier que la collecte a reçu des "
    "établissements."
)


def journal(home: Home) -> Path:
    return home.root / "journaux" / "fournitures.jsonl"


def trace(
    home: Home, *, source: str, year: int | None, rows: int, values: int, reasons: Sequence[str],
    files: Sequence[tuple[str, str]], now: datetime,
) -> None:  # fmt: skip
    """Who had what written for which collection, or refused: no place where it went. files: name, SHA-256."""
    event: dict[str, Any] = {
        "source": source,
        "millesime": year,
        "lignes": rows,
        "valeurs": values,
        "bloquee": list(reasons),
        "fichiers": [{"nom": name, "sha256": sha256} for name, sha256 in files],
    }
    owner_only.append(journal(home), event, now)


def why_not(home: Home, path: Path, sha256: str) -> str | None:
    """Why a file is no delivery, when it is one that was given back: by its bytes, or by its name; None for others."""
    if (given := _given(home, sha256)) is not None:
        source, year = given
        return f"c'est ce que la couche a rendu à « {source} » pour {year} : il y parlerait une seconde fois. {_REMEDY}"
    if path.name.endswith((GIVEN, ORIGINS)):
        return (
            f"son nom est celui d'un fichier rendu à une collecte (…{GIVEN}, …{ORIGINS}) : il parlerait une seconde "
            f"fois. {_REMEDY}"
        )
    return None


def _given(home: Home, sha256: str) -> tuple[str, int | None] | None:
    """For which collection, and year, these bytes were last written; None when they never were."""
    try:
        events = owner_only.read(journal(home))
    except owner_only.JournalDamaged:
        return None  # said by whoever writes to it; a delivery does not wait for that
    found = [event for event in events if any(file["sha256"] == sha256 for file in event["fichiers"])]
    return (found[-1]["source"], found[-1]["millesime"]) if found else None
