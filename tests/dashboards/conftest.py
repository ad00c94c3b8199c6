"""Homes of the dashboard tests: one with the example publication, one with nothing published."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.dashboards.publication_example import write_publication


@pytest.fixture(autouse=True)
def _main_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is drawn here becomes `__main__`, which every process started later would draw again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose current publication is the example. Read only: shared by every test."""
    home = tmp_path_factory.mktemp("var_publie")
    write_publication(home)
    return home


@pytest.fixture
def home(published_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DLNUF_HOME on the example publication."""
    monkeypatch.setenv("DLNUF_HOME", str(published_home))
    return published_home


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DLNUF_HOME where nothing was ever published."""
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    return tmp_path
