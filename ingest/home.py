"""Where everything that the system writes stands: one home folder, by default `var/` in the project.

Belongs here: paths, and who may read what is written there, or the memory of who writes it. Does not belong here:
reading or writing any of them.
"""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


_PR_SET_DUMPABLE = 4  # prctl(2), Linux


def reserve() -> None:
    """From now on, only their own account can read what this process and its children create (0600, folders 0700), and
    this process leaves no image of its memory, which may hold keys: no core file, nor its children; on Linux, no other
    process of the account reads its memory or its environment.

    Every entry point calls it before it makes the home.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_DUMPABLE, 0)


@dataclass(frozen=True)
class Home:
    """The folders of one installation."""

    root: Path

    @classmethod
    def from_env(cls) -> Home:
        """`DLNUF_HOME`, or `var/` in the project."""
        return cls(Path(os.environ.get("DLNUF_HOME") or PROJECT / "var").resolve())

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def publication(self) -> Path:
        return self.root / "publication"

    @property
    def held(self) -> Path:
        """The counts of persons that each publication held, hidden ones included: only the pipeline reads them."""
        return self.root / "effectifs"

    @property
    def scores(self) -> Path:
        """One JSON a publication that was scored against a truth: `<version>.json`."""
        return self.root / "score"

    @property
    def dbt(self) -> Path:
        return self.root / "dbt"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"
