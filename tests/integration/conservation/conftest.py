"""A keyring of their own: some of these tests renew its secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.protect import keyrings
from tests.instants import now


@pytest.fixture(autouse=True)
def _own_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is renewed here: not that of the other tests."""
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "cles" / "cles.json"))
    keyrings.create(now=now())
