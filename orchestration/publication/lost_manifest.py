"""The manifest of a publication that lost its own, as far as its files tell it: what the next one is compared with.

Belongs here: reading a folder back. Does not belong here: deciding to publish again (`publisher`), comparing
(`non_regression`).
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.store import seals
from orchestration.publication import non_regression
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import Column, DataFile, Manifest
from orchestration.publication.store import Publication


def manifest_of(publication: Publication) -> Manifest:
    """The manifest of a publication, or else what its tables tell of it: volumes, completeness, key figures.

    Without its manifest, nothing says of what it was made nor that its files are those that were written: it is up to
    date with nothing. Files that cannot be read are left out.
    """
    try:
        return publication.manifest
    except PublicationBlocked:
        found = [_file(path) for path in sorted(publication.path.glob("*/*.parquet"))]
        files = tuple(file for file in found if file is not None)
        figures = non_regression.key_figures(publication.path, files)
        return Manifest(
            publication.version, publication.published_at, "", "", None, "inconnue", {}, figures, files, documents=()
        )


def _file(path: Path) -> DataFile | None:
    try:
        with pq.ParquetFile(path) as parquet:
            table = parquet.read()
    except (pa.ArrowException, OSError):
        return None
    columns = tuple(
        Column(field.name, str(field.type), column.null_count)
        for field, column in zip(table.schema, table.columns, strict=True)
    )
    sealed = seals.seal(path)
    name = f"{path.parent.name}/{path.name}"
    return DataFile(name, path.stem, sealed["sha256"], sealed["bytes"], table.num_rows, columns, (), "inconnue")
