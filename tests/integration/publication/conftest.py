"""A home with a small warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.home import Home
from tests.integration.publication.trial_warehouse import build_warehouse, trial_declarations, trial_rows


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose warehouse holds valid rows of the trial products."""
    home = Home(tmp_path / "var")
    build_warehouse(home, trial_declarations().products, trial_rows())
    return home
