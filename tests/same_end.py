"""What a home has come to, so that two homes can be said to have come to the same: the end of a run that was disturbed
and the end of one that was not.

Belongs here: the digests of what is published, of what is in the lake and of what was received, without the instants of
reception; what a run left behind that it should not. Does not belong here: disturbing a run (`kills`, `faults`).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl

from ingest.home import Home
from ingest.receive import landing
from ingest.store import lake
from orchestration.publication import read_current
from orchestration.publication.manifest import damage

INSTANTS = ("recu_le",)  # of published columns
_NOT_COMPARED = {"received_at": None, "sceau": None}  # of what was received: its instant, and what is sealed at random


def end_of(home: Home) -> dict[str, str]:
    """Name of each thing that a home holds -> digest of what it says, instants of reception left out."""
    return {**_published(home), **_processed(home), **_received(home)}


def faults_of(home: Home) -> list[str]:
    """What must not be after a run: a count that does not balance, a published file that is damaged, remains."""
    current = read_current(home)
    found = [] if current is None else damage(current.path, current.manifest)
    found += [f"{r.delivery_id} : lues ≠ acceptées + rejetées" for r in lake.results(home) if not r.balances]
    found += [f"{name} : {what}" for name, what in lake.damage(home).items()]
    places = (home.landing, home.lake, home.publication)
    remains = [
        p for place in places for p in place.rglob(".*") if p.name.startswith(".") and p != lake.spool_folder(home)
    ]
    return found + [f"reste : {path.relative_to(home.root)}" for path in remains]


def _published(home: Home) -> dict[str, str]:
    current = read_current(home)
    if current is None:
        return {"publication": "aucune"}
    return {
        file.path: _rows(current.path / file.path) if "livraisons" in file.table else file.sha256
        for file in current.manifest.files
    }


def _rows(path: Path) -> str:
    """Of a file that was refused, the id is made of the instant too."""
    known = pl.when(pl.col("statut") != "refused").then("delivery_id").alias("delivery_id")
    table = pl.read_parquet(path).with_columns(known)
    return _digest(sorted(map(str, table.drop(INSTANTS, strict=False).rows())))


def _processed(home: Home) -> dict[str, str]:
    files = (path for path in sorted(home.lake.rglob("*")) if path.is_file())
    return {path.relative_to(home.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _received(home: Home) -> dict[str, str]:
    manifests = {f"reçu : {m.delivery_id}": vars(m) | _NOT_COMPARED for m in landing.manifests(home)}
    refused = {f"refusé : {r['filename']}": r | _NOT_COMPARED for r in landing.refusals(home)}
    order = {"ordre de réception": [m.delivery_id for m in landing.manifests(home)]}
    return {name: _digest(said) for name, said in {**manifests, **refused, **order}.items()}


def _digest(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
