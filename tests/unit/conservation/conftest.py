"""An empty home, and the rules of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts import conservation
from ingest.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


@pytest.fixture(scope="session")
def rules() -> conservation.Conservation:
    return conservation.load()
