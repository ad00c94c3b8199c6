"""What a process that died was writing is removed; what a living one writes is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingest.remains import sweep


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
