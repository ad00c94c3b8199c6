"""Parquet files written piece by piece, so that no national table ever stands whole in memory.

Belongs here: appending frames of one schema to a file. Does not belong here: what they hold.

The same pieces give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

_TYPES = {
    pl.String: pa.string(),
    pl.Int32: pa.int32(),
    pl.Int64: pa.int64(),
    pl.Float64: pa.float64(),
    pl.Boolean: pa.bool_(),
    pl.Date: pa.date32(),
}
BATCH = 250_000  # rows gathered before they are written


class Parquet:
    """A Parquet file open for appending. `n` is the number of rows given so far."""

    def __init__(self, path: Path, schema: dict) -> None:
        self.n = 0
        self._schema = pa.schema([(name, _TYPES[nature]) for name, nature in schema.items()])
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._pending: list[pl.DataFrame] = []
        self._n_pending = 0

    def __enter__(self) -> Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._file.close()

    def add(self, tables: Iterable[pl.DataFrame]) -> None:
        """Append frames, their columns in the order of the schema."""
        for table in tables:
            if len(table):
                self.n += len(table)
                self._pending.append(table)
                self._n_pending += len(table)
                if self._n_pending >= BATCH:
                    self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._file.write_table(pl.concat(self._pending).to_arrow().cast(self._schema))
            self._pending, self._n_pending = [], 0
