"""What the tests of this folder share."""

from __future__ import annotations

import pytest

from tests.adding.grown import Grown, grow


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """The project, with the collection and the product of their pages, after a run. Read only."""
    return grow(tmp_path_factory)
