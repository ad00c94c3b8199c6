"""The Dagster service says where a key that the environment gave can be seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ingest.protect.keyrings import IN_ENVIRONMENT
from orchestration import service


@pytest.mark.parametrize("given", ["", "c2VjcmV0"])
def test_a_service_says_that_its_processes_hold_the_key_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    started: list[Any] = []
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path / "var"))
    monkeypatch.setenv(IN_ENVIRONMENT, given)
    monkeypatch.setattr(service, "reserve", lambda: None)
    monkeypatch.setattr(service, "ready", lambda _: [])
    monkeypatch.setattr(os, "execve", lambda *told: started.append(told))
    service.serve([])
    assert len(started) == 1
    said = capsys.readouterr().err
    assert said == (f"{service.KEY}\n" if given else "")
    assert not given or given not in said
