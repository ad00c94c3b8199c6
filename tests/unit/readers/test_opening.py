"""What a file held in memory weighs is taken off what its reader may hold."""

from __future__ import annotations

import gzip
import io
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingest.read.opening import on_disk

ALLOWED = 2**40  # more than any process holds


@pytest.fixture
def limited() -> Iterator[None]:
    """This process is limited, as one that reads is."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (ALLOWED, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


@pytest.mark.usefixtures("limited")
def test_a_workbook_unwrapped_in_memory_counts_as_memory_as_long_as_it_is_there(tmp_path: Path) -> None:
    book, content = Workbook(), io.BytesIO()
    book.save(content)
    path = tmp_path / "classeur.xlsx.gz"
    path.write_bytes(gzip.compress(content.getvalue()))
    with on_disk(path) as plain:
        assert plain.read_bytes() == content.getvalue()
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == ALLOWED - len(content.getvalue())
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == ALLOWED


@pytest.mark.usefixtures("limited")
def test_a_file_read_from_its_disk_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "classeur.xlsx"
    path.write_bytes(b"PK")
    with on_disk(path):
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == ALLOWED
