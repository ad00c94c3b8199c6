"""Files that hold names: where they may be written, how, and the trace of their preparation.

Belongs here: refusing a folder inside the home, the journal of preparations. Does not belong here: what stands in the
files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest import owner_only
from ingest.home import PROJECT, Home
from ingest.protect import keyrings, marks

HEADER_OF_DOUBTS = (
    "Ligne", "N° dossier local", "Personne", "N° séjour", "Champ", "Constat", "Valeur portée", "À faire",
)  # fmt: skip


class WrongFolder(ValueError):
    """The folder given cannot receive names."""


@dataclass(frozen=True)
class Written:
    """A file that was written, and its rows."""

    path: Path
    rows: int
    sha256: str


def folder(out: Path, home: Home) -> Path:
    """The folder to write in, created if need be for this account alone.

    Raises:
        WrongFolder: it is in the home or in the project, whose copies, backups and versions travel; or it is a file.
    """
    path = out.expanduser().resolve()
    for inside, what in ((home.root.resolve(), "le dossier des données"), (PROJECT, "le projet")):
        if path == inside or path.is_relative_to(inside):
            raise WrongFolder(
                f"--out : {path} est dans {what} ({inside}). Ces fichiers portent des noms : choisissez un dossier "
                "à part, que vous effacerez après l'envoi."
            )
    if path.exists() and not path.is_dir():
        raise WrongFolder(f"--out : {path} est un fichier.")
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, mark: bool = True) -> Written:
    """A CSV, for a spreadsheet (`mark`) or for a machine."""
    return _written(path, owner_only.table(header, rows, mark=mark), len(rows))


def document(path: Path, content: Any, rows: int) -> Written:
    """A JSON file."""
    return _written(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(), rows)


def _written(path: Path, content: bytes, rows: int) -> Written:
    owner_only.write(path, content)
    return Written(path, rows, hashlib.sha256(content).hexdigest())


def journal(home: Home) -> Path:
    return home.root / "journaux" / "restitutions.jsonl"


def trace(home: Home, finess: str, kind: str, written: Sequence[Written], now: datetime, **facts: Any) -> None:
    """Who prepared what for which ESMS, and how many rows: no identity, no place where it went; of each file a mark, by
    which whoever has the keyring knows it again.

    Raises:
        KeyringProblem: no keyring, without which nothing that holds names is prepared.
    """
    keyring = keyrings.load(home)
    owner_only.append(
        journal(home),
        {
            "finess": finess,
            "nature": kind,
            "lignes": sum(w.rows for w in written),
            "fichiers": [{"marque": marks.mark(w.sha256, keyring), "lignes": w.rows} for w in written],
            **facts,
        },
        now,
    )
