"""An empty world to judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.score.small_witness import SmallWitness


@pytest.fixture
def small(tmp_path: Path) -> SmallWitness:
    """Three files that nobody has filled in yet: an ERRD, a CA, a tableau de bord, in that order of reception."""
    witness = SmallWitness(tmp_path)
    witness.file("errd.csv", "errd")
    witness.file("ca.csv", "ca")
    witness.file("tdb.csv", "tdb_esms")
    return witness
