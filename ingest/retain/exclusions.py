"""The rows that were eliminated of each delivery: noted, taken out of the lake, kept out when it is read again.

Belongs here: `conservation/exclusions/<delivery>.json` and rewriting Parquet without rows. Does not belong here: what
is eliminated, and whether it may be (`elimination`, `bordereau`).

Bytes that other persons still need are read again when a contract changes: what was eliminated must not come back.
A note holds line numbers and no pseudonym. That they are still those of the same persons is checked against a digest,
which a renewal of the secret of pseudonyms makes worthless; it leaves lines where they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ingest import remains
from ingest.home import Home
from ingest.receive import landing
from ingest.store import lake
from ingest.store.lake import Result


@dataclass(frozen=True)
class Batch:
    """What one list took out of one table of a delivery. columns: those that say whose a row is."""

    number: str
    entity: str
    lines: str
    rows: int
    columns: tuple[str, ...]
    digest: str
    pseudonyms: str | None


def batches(home: Home, delivery: str) -> list[Batch]:
    """What was eliminated of a delivery, list after list."""
    path = _path(home, delivery)
    if not path.exists():
        return []
    noted = json.loads(path.read_text(encoding="utf-8"))
    return [Batch(**{**node, "columns": tuple(node["columns"])}) for node in noted]


def batch_of(
    home: Home, result: Result, number: str, entity: str, lines: Iterable[int], columns: Sequence[str]
) -> Batch:
    """What a list is about to take out of a table, with the digest of whose rows these are."""
    listed = sorted(lines)
    rows, digest = _whose(home, result.files.get(entity, []), listed, columns)
    return Batch(number, entity, in_ranges(listed), rows, tuple(columns), digest, result.pseudonymes)


def take_out(home: Home, result: Result, added: Sequence[Batch]) -> None:
    """Notes these rows, then takes them out of the lake; the result counts them apart.

    Interrupted, the same call with nothing more to note ends the work.
    """
    noted = [*batches(home, result.delivery_id), *added]
    if added:
        landing.write_json(_path(home, result.delivery_id), [asdict(batch) for batch in noted])
    changing = {name for batch in noted for name in result.files.get(batch.entity, [])}
    result.sceaux = {name: sealed for name, sealed in result.sceaux.items() if name not in changing}
    lake.write_result(home, result)  # interrupted from here on, what it left is no damage
    _prune(home, result, noted)
    lake.seal(home, result)
    lake.write_result(home, result)


def keep_out(home: Home, result: Result) -> None:
    """Takes out of a delivery that was just read what had been eliminated of it, before its result is written.

    When the lines are not found as they were, nothing tells whose they are: the whole delivery is refused.
    """
    noted = batches(home, result.delivery_id)
    for batch in noted:
        files = result.files.get(batch.entity, [])
        rows, digest = _whose(home, files, from_ranges(batch.lines), batch.columns)
        if rows != batch.rows or (batch.pseudonyms == result.pseudonymes and digest != batch.digest):
            _refuse(home, result)
            return
    _prune(home, result, noted)


def forget(home: Home, delivery: str) -> None:
    """Its bytes are gone: it will never be read again."""
    _path(home, delivery).unlink(missing_ok=True)


def _path(home: Home, delivery: str) -> Path:
    return home.root / "conservation" / "exclusions" / f"{delivery}.json"


def _refuse(home: Home, result: Result) -> None:
    for files in result.files.values():
        for name in files:
            (home.lake / name).unlink(missing_ok=True)
    result.files, result.entities, result.millesimes = {}, {}, []
    result.lues = result.acceptees = result.rejetees = result.signalements = 0
    result.statut = lake.REFUSED
    result.motif = (
        "Des personnes de cette livraison ont été éliminées, et ses lignes ne se lisent plus dans le même ordre : rien "
        "n'en est repris. Remède : demander à l'expéditeur un export à jour."
    )


def _prune(home: Home, result: Result, noted: Sequence[Batch]) -> None:
    result.eliminees = sum(batch.rows for batch in noted)
    for entity in sorted({batch.entity for batch in noted}):
        mine = [batch for batch in noted if batch.entity == entity]
        lines = np.array(sorted({line for batch in mine for line in from_ranges(batch.lines)}), np.int64)
        result.files[entity] = [name for name in result.files.get(entity, []) if _rewritten(home.lake / name, lines)]
        counts = result.entities.setdefault(entity, {"lues": 0, "acceptees": 0, "rejetees": 0})
        counts["eliminees"] = sum(batch.rows for batch in mine)


def _rewritten(path: Path, lines: np.ndarray) -> bool:
    """A file without these lines, in its place; False when nothing is left of it, and it is removed."""
    if not path.exists():
        return False
    temporary = remains.temporary(path)
    kept = 0
    try:
        with (
            pq.ParquetFile(path) as file,
            pq.ParquetWriter(temporary, file.schema_arrow, compression="zstd") as writer,
        ):
            for batch in file.iter_batches():
                rows = batch.filter(pa.array(~np.isin(batch["_ligne"].to_numpy(), lines)))
                writer.write_batch(rows)
                kept += rows.num_rows
        if kept:
            temporary.replace(path)
        else:
            path.unlink()
    finally:
        temporary.unlink(missing_ok=True)
    return bool(kept)


def _whose(home: Home, files: Iterable[str], lines: Sequence[int], columns: Sequence[str]) -> tuple[int, str]:
    """How many of these lines are there, and a digest of whose they are."""
    paths = [home.lake / name for name in files]
    hasher, count = hashlib.sha256(), 0
    if paths:
        rows = pl.scan_parquet(paths, hive_partitioning=False).filter(
            pl.col("_ligne").is_in(pl.Series(lines).implode())
        )
        found = rows.select("_ligne", *columns).sort("_ligne").collect()
        count = found.height
        for row in found.iter_rows():
            hasher.update(f"{row}\n".encode())
    return count, hasher.hexdigest()


def in_ranges(numbers: Iterable[int]) -> str:
    """« 1-3,7 » for 1, 2, 3, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def from_ranges(text: str) -> list[int]:
    """The inverse of `in_ranges`."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
