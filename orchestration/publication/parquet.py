"""One Parquet file from one DuckDB query, the same bytes each time the same rows are written.

Belongs here: the writer and the digest of what it wrote. Does not belong here: which tables are published.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.loading import Product
from orchestration.publication.manifest import Column, DataFile

ROW_GROUP = 122_880  # DuckDB's own row-group size: readers skip and share work by these


class _Digested:
    """A binary file with the SHA-256 of the bytes handed to it, which is computed before the disk may spoil them."""

    def __init__(self, path: Path) -> None:
        self._handle = path.open("xb")
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        self._digest.update(data)
        written = self._handle.write(data)
        self.size += written
        return written

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._handle.flush()

    def close(self) -> None:
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def write_query(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, product: Product, parameters: list[Any] | None = None
) -> DataFile:
    """Writes the rows of a query, in its order, to `path`, whose folder is named in the manifest too.

    When the query is deterministic, so are the bytes: one writer, fixed row groups, zstd, no time in the file.
    """
    reader = connection.execute(query, parameters or []).to_arrow_reader(ROW_GROUP)
    target = _Digested(path)
    rows = 0
    nulls: Counter[str] = Counter()
    try:
        with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
            for group in _groups(reader):
                writer.write_table(group, row_group_size=ROW_GROUP)
                rows += group.num_rows
                for name, column in zip(group.column_names, group.columns, strict=True):
                    nulls[name] += column.null_count
    finally:
        target.close()
    return DataFile(
        path=f"{path.parent.name}/{path.name}",
        table=product.id,
        sha256=target.sha256,
        bytes=target.size,
        rows=rows,
        columns=tuple(Column(f.name, str(f.type), nulls[f.name]) for f in reader.schema),
        primary_key=product.primary_key,
        contract_version=product.version,
    )


def _groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of batches of any size, regrouped so that every row group but the last is full."""
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in reader:
        while held + batch.num_rows >= ROW_GROUP:
            room = ROW_GROUP - held
            yield pa.Table.from_batches([*waiting, batch.slice(0, room)], reader.schema)
            batch, waiting, held = batch.slice(room), [], 0
        if batch.num_rows:
            waiting.append(batch)
            held += batch.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting, reader.schema)


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
