"""The command called in a home, as a shell would."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.home import Home
from orchestration.cli import command

Said = tuple[int, str]
Dlnuf = Callable[..., Said]


@pytest.fixture
def dlnuf(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Dlnuf]:
    """Calls the command as a shell would, in a home: its exit code, and what it wrote on its error output."""
    before = os.umask(0o022)

    def call(home: Home, *arguments: str) -> Said:
        monkeypatch.setenv("DLNUF_HOME", str(home.root))
        monkeypatch.setattr(sys, "argv", ["dlnuf", *arguments])
        capsys.readouterr()
        try:
            command.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        return code, capsys.readouterr().err

    yield call
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home on the disk of the machine."""
    return Home(tmp_path / "var")
