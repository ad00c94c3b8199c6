"""What the tests of readers share: a layout, a way to write a file, and the folder of real data when it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.read import tables_of


@dataclass(frozen=True)
class FakeLayout:
    reader: str = "csv"
    options: dict[str, Any] = field(default_factory=dict)
    entities: Sequence[str] = ("table",)
    code: str = "essai"


@pytest.fixture
def layout() -> type[FakeLayout]:
    return FakeLayout


@pytest.fixture
def rows_of() -> Callable[..., dict[str, pl.DataFrame]]:
    """Reads a file whole: entity -> one frame."""

    def whole(path: Path, reader: str = "csv", entities: Sequence[str] = ("table",), **options: Any) -> dict:
        chunks: dict[str, list[pl.DataFrame]] = {}
        for table in tables_of(path, FakeLayout(reader, options, entities)):
            chunks.setdefault(table.entity, []).append(table.frame)
        return {entity: pl.concat(frames, how="diagonal") for entity, frames in chunks.items()}

    return whole


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file: text in UTF-8 with its ends of line untouched, or bytes."""

    def written(content: str | bytes, name: str = "depot.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written
