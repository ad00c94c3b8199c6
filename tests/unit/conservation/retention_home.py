"""A home that holds persons: rows put in the lake as the pipeline leaves them, and their bytes encrypted."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import polars as pl

from data_contracts.loading import load_contracts
from data_contracts.schemas import POLARS_TYPES
from ingest import fingerprint
from ingest.home import Home
from ingest.protect import keyrings
from ingest.receive import landing
from ingest.store import lake

ESMS = "010000001"
Rows = dict[str, list[dict[str, Any]]]


def pseudonym(text: str) -> str:
    """32 hexadecimal characters, as good as those of a secret for what is tested here."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def usager(name: str, **changes: Any) -> dict[str, Any]:
    """A usager born in 1940, known by traits that are those of its name alone."""
    return {"usager_id": pseudonym(name), "cle_traits": pseudonym(f"T5 {name}"), "annee_naissance": 1940} | changes


def sejour(name: str, entree: date | None, sortie: date | None, **changes: Any) -> dict[str, Any]:
    """The only stay of a usager."""
    told = {"sejour_id": pseudonym(f"sejour {name}"), "usager_id": pseudonym(name)}
    return told | {"date_entree": entree, "date_sortie": sortie} | changes


def receive(home: Home, source: str, rows: Rows, stated_on: date, *, rejected: int = 0, text: str = "") -> str:
    """A delivery received and processed that day; returns its id. rejected: lines of it that are not in the lake."""
    contract, keyring = load_contracts()[source], keyrings.load()
    sent = home.root / "envoi.json"
    sent.parent.mkdir(parents=True, exist_ok=True)
    sent.write_text(f"{source} {stated_on} {rows} {text}", encoding="utf-8")
    sha256 = landing.sha256_of(sent)
    delivery = f"{source}-{sha256[:16]}"
    manifest = landing.Manifest(
        delivery, source, contract.layouts[0].code, contract.layouts[0].reader, contract.layouts[0].version,
        f"{source}_{stated_on}.json", sha256, sent.stat().st_size, f"{stated_on}T08:00:00.000000+00:00",
        stated_on.year - 1, stated_on.isoformat(), keyring.current.version,
    )  # fmt: skip
    size = sent.stat().st_size
    manifest = landing.marked(manifest, sha256, size, keyring)
    landing.store_encrypted(home, sent, manifest, sha256, size, keyring, None)
    sent.unlink()
    result = lake.Result(delivery, source, lake.ACCEPTED, digest=fingerprint.digest(contract, keyring))
    result.pseudonymes = keyring.pseudonyms.fingerprint
    result.files = {"rejects": [], "signalements": []}
    for name, told in rows.items():
        entity = contract.entity(name).stored
        types = {f.name: POLARS_TYPES[f.logical_type] for f in entity.fields}
        whole = [dict.fromkeys(types) | {"finess_et": ESMS, "version_cle": "p1"} | row for row in told]
        frame = pl.DataFrame(whole, schema=types | {"version_cle": pl.String}, orient="row").with_columns(
            pl.int_range(2, len(told) + 2, dtype=pl.Int64).alias("_ligne"),
            pl.lit(stated_on).alias("_collecte_le"),
            pl.lit(stated_on.year - 1, pl.Int64).alias("millesime"),
        )
        result.files[name], kept = lake.write_accepted(home, source, entity, delivery, [frame] if told else [])
        result.entities[name] = {"lues": kept, "acceptees": kept, "rejetees": 0}
        result.lues += kept
        result.acceptees += kept
    result.lues += rejected
    result.rejetees = rejected
    lake.seal(home, result)
    lake.write_result(home, result)
    return delivery


def rows_of(home: Home, delivery: str, entity: str) -> pl.DataFrame:
    """What the lake holds of a table of a delivery."""
    result = next(r for r in lake.results(home) if r.delivery_id == delivery)
    files = [home.lake / name for name in result.files.get(entity, [])]
    return pl.concat([pl.read_parquet(f, hive_partitioning=False) for f in files]) if files else pl.DataFrame()


def result_of(home: Home, delivery: str) -> lake.Result:
    return next(r for r in lake.results(home) if r.delivery_id == delivery)
