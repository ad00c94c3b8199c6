"""The accepted rows of one delivery, kept on disk while it is read: a national file never stands whole in memory.

Belongs here: setting chunks aside, finding which keys come again, and handing the chunks on. Does not belong here:
which of several duplicates is kept (`ingest.validate.duplicates`).

Memory holds one chunk, a few rows besides (a whole delivery, when it is small: it never goes through the disk) and, for
each row, its number and a hash of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import polars as pl

from data_contracts.loading import Entity

_HELD = 16_384  # rows that may wait in memory


class Spool:
    """Chunks of accepted rows of one stored entity, in order, in a folder that its caller removes."""

    def __init__(self, folder: Path, entity: Entity) -> None:
        self._folder = folder
        self._entity = entity
        self._paths: list[Path] = []
        self._held: list[pl.DataFrame] = []  # those that come after
        self._keys: list[pl.DataFrame] = []
        self.rows = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def key(self) -> list[str]:
        """What makes two rows the same: the primary key, within a millésime."""
        key = list(self._entity.primary_key)
        return [*key, "millesime"] if key and "millesime" not in key else key

    def add(self, chunk: pl.DataFrame) -> None:
        if chunk.height == 0:
            return
        self._held.append(chunk)
        self._count(chunk)
        if sum(held.height for held in self._held) > _HELD:
            for held in self._held:
                path = self._folder / f"{len(self._paths):06d}.parquet"
                held.write_parquet(path, compression="lz4", statistics=False)
                self._paths.append(path)
            self._held = []

    def _count(self, chunk: pl.DataFrame) -> None:
        self.rows += chunk.height
        if self.key:
            identified = chunk.drop_nulls(list(self._entity.identity_in_key))  # an unknown person duplicates nobody
            self._keys.append(identified.select("_ligne", cle=pl.struct(self.key).hash(seed=0)))

    def look_again(self, seen: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Replaces every chunk by what `seen` makes of it, once the whole delivery was read."""
        self.rows, self._keys = 0, []
        for path in self._paths:
            before = pl.read_parquet(path)
            chunk = seen(before)
            if not chunk.equals(before):
                chunk.write_parquet(path, compression="lz4", statistics=False)
            self._count(chunk)
        self._held = [seen(held) for held in self._held]
        for held in self._held:
            self._count(held)

    def same_keys(self) -> pl.DataFrame | None:
        """The rows whose key may come again (two different keys may have the same hash); None when there is none."""
        if not self._keys:
            return None
        keys = pl.concat(self._keys)
        repeated = keys.filter(pl.col("cle").is_duplicated())["_ligne"]
        if repeated.is_empty():
            return None
        kept = [pl.scan_parquet(self._paths)] if self._paths else []
        whole = pl.concat([*kept, *(held.lazy() for held in self._held)])
        return whole.filter(pl.col("_ligne").is_in(repeated.implode())).collect()

    def chunks(self, without: pl.Series) -> Iterator[pl.DataFrame]:
        """The rows, chunk by chunk, without those of some lines."""
        for chunk in chain(map(pl.read_parquet, self._paths), self._held):
            yield chunk.filter(~pl.col("_ligne").is_in(without.implode())) if len(without) else chunk
