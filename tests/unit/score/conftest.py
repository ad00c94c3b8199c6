"""An empty world to judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.score.petit_temoin import PetitTemoin


@pytest.fixture
def petit(tmp_path: Path) -> PetitTemoin:
    """Three files that nobody has filled in yet: an ERRD, a CA, a tableau de bord, in that order of reception."""
    temoin = PetitTemoin(tmp_path)
    temoin.file("errd.csv", "errd")
    temoin.file("ca.csv", "ca")
    temoin.file("tdb.csv", "tdb_esms")
    return temoin
