"""Parquet files: typed columns given back as text.

Belongs here: how a typed value is written, so that it reads in one way only. Does not belong here: what a text becomes
(`ingest.validate.values`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.limits import limit
from ingest.read import bounds
from ingest.read.frames import (
    Document,
    LayoutLike,
    Over,
    Table,
    UnreadableFile,
    as_text,
    chunk_rows,
    column_names,
    text_frame,
    unambiguous,
)
from ingest.read.opening import on_disk


def sniff(path: Path) -> Document:
    with _opened(path) as file:
        return Document("parquet", None, column_names(file.schema_arrow.names))


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """The rows; `_ligne` is their number. Dates are written in ISO form and nested values in JSON; NaN becomes null."""
    with _opened(path) as file:
        names = column_names(file.schema_arrow.names)
        first = 1
        for batch in file.iter_batches(batch_size=chunk_rows(len(names))):
            batch.validate(full=True)  # polars ends on a text that is not UTF-8, which pyarrow lets through
            columns = [_text(pl.Series(pl.from_arrow(column))) for column in batch.columns]
            numbers = pl.int_range(first, first + batch.num_rows, eager=True)
            yield Table(entities[0], text_frame(dict(zip(names, columns, strict=True)), numbers))
            first += batch.num_rows
        if first == 1:
            yield Table(entities[0], text_frame({name: pl.Series(dtype=pl.String) for name in names}, []))


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with on_disk(path) as plain, pq.ParquetFile(plain) as file:
            if file.metadata.num_rows > limit("lignes"):
                raise Over("lignes")
            groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
            bounds.unfolded(sum(group.total_byte_size for group in groups), plain.stat().st_size)
            yield file
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # titles that are no UTF-8 among them
        raise UnreadableFile(
            path, "fichier Parquet tronqué ou abîmé", "l'exporter de nouveau, puis le redéposer entier"
        ) from error


def _text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind.is_nested():
        return pl.Series([as_text(v) for v in column.to_list()], dtype=pl.String)
    if kind == pl.Binary:
        return column.bin.encode("hex")
    if kind.is_float():
        return unambiguous(column.fill_nan(None).cast(pl.String))
    if kind.is_decimal():
        return unambiguous(column.cast(pl.String))
    return column.cast(pl.String)
