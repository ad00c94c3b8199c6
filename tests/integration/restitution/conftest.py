"""The desk, with nothing or with everything delivered, under a keyring of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.protect import keyrings
from tests.instants import now
from tests.integration.restitution.esms_office import Bureau


def desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """A desk in a folder. The keyring is lost in some tests: not that of the others."""
    monkeypatch.setenv("DLNUF_CLES", str(folder / "cles" / "cles.json"))
    monkeypatch.setenv("DLNUF_HOME", str(folder / "var"))
    sent = folder / "envois"
    sent.mkdir(exist_ok=True)
    return Bureau(Home(folder / "var"), sent, folder / "sortie")


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """Nothing delivered yet."""
    found = desk(tmp_path, monkeypatch)
    keyrings.create(now=now())
    return found


@pytest.fixture(scope="session")
def _delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything delivered, persons and stays matched: made once, copied for each test."""
    folder = tmp_path_factory.mktemp("restitution")
    with pytest.MonkeyPatch.context() as environment:
        found = desk(folder, environment)
        keyrings.create(now=now())
        found.receive_everything()
        found.match()
    return folder


@pytest.fixture
def whole(_delivered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """Everything delivered, persons and stays matched."""
    shutil.copytree(_delivered, tmp_path, dirs_exist_ok=True)
    return desk(tmp_path, monkeypatch)
