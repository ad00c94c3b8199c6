"""What a process that died was writing is removed; what a living one writes is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import remains
from ingest.remains import FORGOTTEN_S, Place, sweep, temporary

HERE, OTHER = Place("aaaaaaaa", "11111111"), Place("bbbbbbbb", "22222222")


def written_by(folder: Path, name: str, place: Place, process: int, last: float | None = None) -> Path:
    path = folder / f".{name}.{process}-{place.machine}-{place.start}.tmp"
    path.touch()
    if last is not None:
        os.utime(path, (last, last))
    return path


def test_only_the_files_of_the_dead_are_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    folder = tmp_path / "source"
    folder.mkdir()
    dead = [folder / f".a.{gone.pid}.tmp", folder / f".b.json.{gone.pid}.tmp", folder / f".c.{10**30}.tmp"]
    kept = [
        folder / f".a.{os.getpid()}.tmp",
        folder / ".b.json.1.tmp",
        folder / ".sans.tmp",
        folder / f"d.{gone.pid}.tmp",
    ]
    for path in (*dead, *kept):
        path.touch()
    sweep(tmp_path)
    assert sorted(folder.iterdir()) == sorted(kept)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    sweep(tmp_path / "rien")


def test_a_process_number_says_nothing_of_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a disk that two machines share: one that lives there is not known here, whatever number it has."""
    monkeypatch.setattr(remains, "here", lambda: HERE)
    monkeypatch.setattr(remains.clock, "seconds", lambda: 10.0 * FORGOTTEN_S)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    now = 10.0 * FORGOTTEN_S
    kept = [
        written_by(tmp_path, "a", HERE, os.getpid()),
        written_by(tmp_path, "b", OTHER, gone.pid, last=now - 60),
        written_by(tmp_path, "c", OTHER, os.getpid(), last=now - 60),
    ]
    written_by(tmp_path, "d", HERE, gone.pid)
    written_by(tmp_path, "e", OTHER, os.getpid(), last=now - 2 * FORGOTTEN_S)
    written_by(tmp_path, "f", Place(HERE.machine, OTHER.start), os.getpid())  # before this machine was started again
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_what_this_process_writes_has_a_name_that_it_keeps(tmp_path: Path) -> None:
    path = temporary(tmp_path / "a.json")
    path.touch()
    sweep(tmp_path)
    assert path.exists()
    assert path.parent == tmp_path
    assert path.name.startswith(".a.json.")
