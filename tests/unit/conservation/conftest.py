"""An empty home, and the rules of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts import retention
from ingest.home import Home
from ingest.protect import keyrings
from tests.instants import now


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Nothing received yet, under a keyring of its own: one of the tests renews it."""
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "cles" / "cles.json"))
    keyrings.create(now=now())
    return Home(tmp_path / "var")


@pytest.fixture(scope="session")
def rules() -> retention.Conservation:
    return retention.load()
