"""Deliveries and publications small enough to be counted by hand, for the tests of orchestration."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from ingest import clock
from ingest.home import Home
from ingest.receive import landing
from ingest.store import lake, seals
from orchestration.publication.manifest import DataFile, Manifest
from tests.instants import now

EHPAD = "010000001"


def land(home: Home, name: str, source: str = "cnsa_occupation", millesime: int | None = 2022) -> landing.Manifest:
    """A delivery received but not processed."""
    sent = home.root / name
    sent.parent.mkdir(parents=True, exist_ok=True)
    sent.write_text(f"contenu de {name}", encoding="utf-8")
    sha256 = landing.sha256_of(sent)
    manifest = landing.Manifest(
        delivery_id=f"{source}-{sha256[:16]}",
        source=source,
        layout="trimestriel_2022",
        contract_version="2.0.0",
        reader="csv",
        filename=name,
        sha256=sha256,
        size=sent.stat().st_size,
        received_at=clock.written(now()),
        millesime=millesime,
        collecte_le=None,
    )
    landing.store(home, sent, manifest)
    sent.unlink()
    return manifest


def process(home: Home, manifest: landing.Manifest, lues: int, acceptees: int, motif: str | None = None) -> None:
    """What the pipeline leaves after a delivery."""
    counts = {"lues": lues, "acceptees": acceptees, "rejetees": lues - acceptees}
    statut = lake.REFUSED if motif else lake.ACCEPTED
    result = lake.Result(manifest.delivery_id, manifest.source, statut, motif, lues, acceptees, lues - acceptees)
    result.entities = {"occupation": counts}
    lake.write_result(home, result)


def publish(home: Home, version: str, tables: dict[str, pl.DataFrame], fingerprint: str = "empreinte") -> Path:
    """A publication with these tables, current."""
    folder = home.publication / version
    (folder / "marts").mkdir(parents=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / "marts" / f"{name}.parquet")
    files = tuple(
        DataFile(f"marts/{name}.parquet", name, found["sha256"], found["bytes"], frame.height, (), (), "1")
        for name, frame in tables.items()
        for found in [seals.seal(folder / "marts" / f"{name}.parquet")]
    )
    manifest = Manifest(version, "", "", fingerprint, None, "1", {}, {}, files)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    pointer = {"version": version, "published_at": "2026-11-21T05:30:00+00:00"}
    (home.publication / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    return folder


def value(**changes: object) -> dict[str, object]:
    """A retained value; the answers set aside have nearly the same columns."""
    return {
        "unite": "ET",
        "unite_id": EHPAD,
        "perimetre": "site",
        "millesime": 2022,
        "element_id": "TX_OCC_HP",
        "composante": "",
        "base_temporelle": "flux_annee",
        "valeur_nombre": 97.5,
        "valeur_texte": None,
        "valeur_date": None,
        "valeur": "97,5",
        "unite_mesure": "pct",
        "source": "tdb_esms",
        "collecte": "TDB_ATIH",
        "regle": "precedence",
        "statut": "divergent",
        "delivery_id": "tdb_esms-1",
        "collecte_le": None,
        "alerte": None,
        "dictionnaire_version": "1",
    } | changes


def loser(**changes: object) -> dict[str, object]:
    """An answer set aside."""
    kept = {k: v for k, v in value().items() if k not in ("regle", "statut", "dictionnaire_version")}
    told = {"motif": "rang_inferieur", "ecart": 5.5, "est_dans_tolerance": False, "ligne": 12}
    return (
        kept | {"source": "cnsa_occupation", "delivery_id": "cnsa_occupation-1", "valeur_nombre": 92.0} | told | changes
    )


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows as a table; columns that are always empty keep a type."""
    types = {"valeur_date": pl.Date, "collecte_le": pl.Date, "valeur_texte": pl.String, "alerte": pl.String}
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)
