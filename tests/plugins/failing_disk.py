"""A disk that fails when a test asks it to: full, without inode, read-only.

Belongs here: the disk. Does not belong here: what must hold when it fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.home import Home

_ROOM = "size=96m,nr_inodes=20000"


@dataclass(frozen=True)
class Disk:
    """A file system of its own, in memory."""

    path: Path

    @property
    def home(self) -> Home:
        return Home(self.path / "var")

    def leave(self, kib: int) -> None:
        """Leaves no more than this room."""
        facts = os.statvfs(self.path)
        used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize // 1024
        self._remount(f"size={used + kib}k")

    def leave_inodes(self, count: int) -> None:
        """Lets no more than this number of files be made."""
        facts = os.statvfs(self.path)
        self._remount(f"nr_inodes={facts.f_files - facts.f_ffree + count}")

    def freeze(self) -> None:
        """Lets nothing be written."""
        self._remount("ro")

    def mend(self) -> None:
        """There is room again."""
        self._remount(f"rw,{_ROOM}")

    def _remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Unmounted at the end. Without the right to mount, the test is skipped."""
    place = tmp_path / "disque"
    place.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", _ROOM, "tmpfs", str(place)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False) if sys.platform == "linux" else None
    if done is None or done.returncode:
        pytest.skip(f"un disque en mémoire ne se monte pas ici ({done.stderr.strip() if done else sys.platform})")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
