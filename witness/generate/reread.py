"""A generation found on disk: whether it is the one asked for, and what it says that it spoiled on purpose.

Belongs here: reading back `verite/generation.json` and the ledgers. Does not belong here: writing the ledgers
(`defects`, `personnes.person_defects`), judging what a system made of the deliveries.
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

MANIFEST = "verite/generation.json"
TO_BE_REFUSED = "livraison_a_refuser"


@dataclass(frozen=True)
class SpoiledDelivery:
    """A delivery spoiled so that it must be refused.

    `livraison` is its path relative to `livraisons/`, `nature` the kind of defect, `champ` the column that it is about.
    """

    livraison: str
    nature: str
    champ: str

    def __str__(self) -> str:
        return f"{self.livraison} (sans sa colonne « {self.champ} »)"


@cache
def software() -> str:
    """SHA-256 of this package, code and facts, since another generator may write other bytes."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".csv")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def record(folder: Path, request: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
    """Write what was asked, and the size in bytes of each delivery.

    This comes last: once the file is there, all the rest is.
    """
    content = {**request, "logiciel": software(), "livraisons": sizes}
    (folder / MANIFEST).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def is_done(folder: Path, request: Mapping[str, Any]) -> bool:
    """Whether a folder holds this generation, whole and made by this generator: doing it again would change no byte."""
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = written.pop("livraisons")
        wanted = json.loads(json.dumps({**request, "logiciel": software()}))
        return written == wanted and all((folder / "livraisons" / n).stat().st_size == t for n, t in sizes.items())
    except (OSError, ValueError, AttributeError, KeyError):
        return False


def to_be_refused(folder: Path) -> list[SpoiledDelivery]:
    """The deliveries of a generation that a right system refuses, in the order of the ledger."""
    refused = (d for d in _ledger(folder) if d["effet"] == TO_BE_REFUSED)
    return [SpoiledDelivery(d["livraison"], d["nature"], d["champ"]) for d in refused]


def effects(folder: Path) -> dict[str, int]:
    """Number of injected defects, those of persons included, by what a right system does of them (`EFFECTS`)."""
    count: dict[str, int] = {}
    personnes = folder / "verite" / "defauts_personnes.parquet"
    of_persons = pl.read_parquet(personnes, columns=["effet"])["effet"].to_list() if personnes.is_file() else []
    for effect in (*(d["effet"] for d in _ledger(folder)), *of_persons):
        count[effect] = count.get(effect, 0) + 1
    return dict(sorted(count.items()))


def _ledger(folder: Path) -> list[dict[str, str]]:
    with (folder / "verite" / "defauts.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))
