"""A generation found on disk: whether it is the one asked for, and what it says that it spoiled on purpose.

Belongs here: reading back `verite/generation.json` and the ledgers. Does not belong here: writing them (`generator`,
`defects`, `persons_judged`), judging what a system made of the deliveries.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

MANIFESTE = "verite/generation.json"
A_REFUSER = "livraison_a_refuser"


@dataclass(frozen=True)
class ARefuser:
    """A delivery spoiled so that it be refused: its path relative to `livraisons/`, the kind of defect, the field."""

    livraison: str
    nature: str
    champ: str

    def __str__(self) -> str:
        return f"{self.livraison} (sans sa colonne « {self.champ} »)"


@cache
def logiciel() -> str:
    """SHA-256 of this package, code and facts: another generator may write other bytes."""
    racine = Path(__file__).parent
    empreinte = hashlib.sha256()
    for chemin in sorted(p for p in racine.rglob("*") if p.suffix in (".py", ".csv")):
        empreinte.update(str(chemin.relative_to(racine)).encode() + b"\0" + chemin.read_bytes())
    return empreinte.hexdigest()


def noter(dossier: Path, demande: Mapping[str, Any], tailles: Mapping[str, int]) -> None:
    """Write, last of all, what was asked, and the size in bytes of each delivery made."""
    contenu = {**demande, "logiciel": logiciel(), "livraisons": tailles}
    (dossier / MANIFESTE).write_text(json.dumps(contenu, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def est_faite(dossier: Path, demande: Mapping[str, Any]) -> bool:
    """Whether a folder holds this generation, whole, made by this generator: doing it again would change no byte."""
    try:
        ecrit = json.loads((dossier / MANIFESTE).read_text(encoding="utf-8"))
        tailles = ecrit.pop("livraisons")
        voulu = json.loads(json.dumps({**demande, "logiciel": logiciel()}))
        return ecrit == voulu and all((dossier / "livraisons" / n).stat().st_size == t for n, t in tailles.items())
    except (OSError, ValueError, AttributeError, KeyError):
        return False


def a_refuser(dossier: Path) -> list[ARefuser]:
    """Deliveries of a generation that a right system refuses, in the order of their names."""
    return [ARefuser(d["livraison"], d["nature"], d["champ"]) for d in _defauts(dossier) if d["effet"] == A_REFUSER]


def effets(dossier: Path) -> dict[str, int]:
    """Number of injected defects by what a right system does of them (`EFFETS`), those of persons included."""
    compte: dict[str, int] = {}
    personnes = dossier / "verite" / "defauts_personnes.parquet"
    des_personnes = pl.read_parquet(personnes, columns=["effet"])["effet"].to_list() if personnes.is_file() else []
    for effet in (*(d["effet"] for d in _defauts(dossier)), *des_personnes):
        compte[effet] = compte.get(effet, 0) + 1
    return dict(sorted(compte.items()))


def _defauts(dossier: Path) -> list[dict[str, str]]:
    with (dossier / "verite" / "defauts.csv").open(encoding="utf-8", newline="") as flux:
        return list(csv.DictReader(flux, delimiter=";"))
