"""The manifest of a publication: what each file must be, and whether it still is.

Belongs here: the shape of manifest.json, digests, and the comparison of a folder with its manifest.
Does not belong here: writing tables (`snapshot`) or moving folders (`store`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.store import seals

NAME = "manifest.json"


@dataclass(frozen=True)
class Column:
    """A published column: Arrow type, and how many of its values are unknown."""

    name: str
    type: str
    nulls: int


@dataclass(frozen=True)
class DataFile:
    """A Parquet file. `sha256` is that of the bytes that the writer wrote, not of those found on the disk later."""

    path: str  # relative to the publication: marts/<table>.parquet or open_data/<table>.parquet
    table: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    contract_version: str

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True)
class Document:
    """A file that is not a table: pages, package descriptor, catalogue."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """Everything that identifies a publication and lets it be checked."""

    version: str
    created_at: str
    contenu_sha256: str
    inputs_fingerprint: str
    previous_version: str | None
    dictionary_version: str
    software: dict[str, str]
    key_figures: dict[str, float | None]
    files: tuple[DataFile, ...]
    documents: tuple[Document, ...] = field(default=())

    def file(self, path: str) -> DataFile | None:
        return next((f for f in self.files if f.path == path), None)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest of a text. Keys that a later version of the software added are ignored."""
        node: dict[str, Any] = json.loads(text)
        node["files"] = tuple(_data_file(f) for f in node["files"])
        node["documents"] = tuple(Document(**_known(Document, d)) for d in node["documents"])
        return cls(**_known(cls, node))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        return cls.from_json((folder / NAME).read_text(encoding="utf-8"))


def _known(cls: type[DataFile | Document | Column | Manifest], node: dict[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(cls)}
    return {k: v for k, v in node.items() if k in names}


def _data_file(node: dict[str, Any]) -> DataFile:
    node["columns"] = tuple(Column(**_known(Column, c)) for c in node["columns"])
    node["primary_key"] = tuple(node["primary_key"])
    return DataFile(**_known(DataFile, node))


def content_digest(files: Iterable[DataFile]) -> str:
    """SHA-256 of the data files alone: two runs that publish the same data have the same one, whenever they run."""
    lines = sorted(f"{f.path}\0{f.sha256}\n" for f in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def documents_of(folder: Path, files: Iterable[DataFile]) -> tuple[Document, ...]:
    """Every file of the folder that is neither a declared table nor the manifest."""
    tables = {f.path for f in files}
    present = sorted(p for p in folder.rglob("*") if p.is_file())
    paths = [(p, p.relative_to(folder).as_posix()) for p in present]
    sealed = [(r, seals.seal(p)) for p, r in paths if r not in tables and r != NAME]
    return tuple(Document(path=relative, **found) for relative, found in sealed)


def damage(folder: Path, manifest: Manifest, *, decode: bool = True) -> list[str]:
    """What differs between a folder and its manifest, in French; empty when the folder is intact.

    decode: read every value of every table back too, which proves that the bytes are readable, and not only the same.
    """
    expected: dict[str, DataFile | Document] = {f.path: f for f in (*manifest.files, *manifest.documents)}
    problems = [
        f"{p.relative_to(folder).as_posix()} : fichier que le manifeste ne déclare pas"
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.relative_to(folder).as_posix() not in {*expected, NAME}
    ]
    for relative, entry in expected.items():
        path = folder / relative
        if what := seals.damage(path, seals.Seal(bytes=entry.bytes, sha256=entry.sha256)):
            problems.append(f"{relative} : {what}")
        elif decode and isinstance(entry, DataFile):
            problems += _unreadable(path, entry)
    return problems


def _unreadable(path: Path, entry: DataFile) -> list[str]:
    try:
        with pq.ParquetFile(path) as parquet:
            columns = [(f.name, str(f.type)) for f in parquet.schema_arrow]
            rows = sum(batch.num_rows for batch in parquet.iter_batches())
    except (pa.ArrowException, OSError) as error:
        return [f"{entry.path} : fichier illisible ({error})"]
    problems: list[str] = []
    if rows != entry.rows:
        problems.append(f"{entry.path} : {rows} lignes relues, {entry.rows} écrites")
    if columns != [(c.name, c.type) for c in entry.columns]:
        problems.append(f"{entry.path} : les colonnes relues ne sont pas celles du manifeste")
    return problems
