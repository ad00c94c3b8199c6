"""A page of `docs/adding` followed to the letter, in a copy of the project.

Belongs here: the copy, what the page says to write, how many files it says are touched, and how many were. Does not
belong here: what an addition must give (the tests of this folder).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ingest.home import PROJECT
from tests.patience import PATIENCE_S

PACKAGES = ("data_contracts", "ingest", "orchestration", "dashboards", "dbt_project", "docs")
_BLOCK = re.compile(r"^```\w+ (?P<path>\S+/\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COUNT = re.compile(r"^\| (?P<what>[^|]+) \| (?P<files>\d+)\b[^|]*\|$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page: the text of each file that it shows, and the number of files that it says one touches."""

    blocks: dict[str, str]
    counts: dict[str, int]

    @classmethod
    def read(cls, name: str) -> Page:
        text = (PROJECT / "docs/adding" / name).read_text(encoding="utf-8")
        return cls(
            {found["path"]: found["text"] for found in _BLOCK.finditer(text)},
            {found["what"].strip(): int(found["files"]) for found in _COUNT.finditer(text)},
        )


class Copy:
    """The project, copied, and what was changed in it by hand."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "projet"
        self.touched: set[str] = set()
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, self.root / package, ignore=ignored)

    def write(self, path: str, text: str) -> None:
        """A file of the page: new, or in the place of the one that stood there."""
        self.touched.add(path)
        (self.root / path).write_text(text, encoding="utf-8")

    def append(self, path: str, text: str) -> None:
        """What the page adds at the end of a file."""
        self.write(path, (self.root / path).read_text(encoding="utf-8").rstrip("\n") + "\n\n" + text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def generate(self) -> list[str]:
        """`dlnuf contracts generate`: the derived files that it wrote."""
        return self.run(sys.executable, "-m", "orchestration.cli", "contracts", "generate").splitlines()

    def run(self, *command: str, cwd: str = ".", **variables: str) -> str:
        """A command that imports the copy and not the project: what it writes on its output."""
        done = subprocess.run(
            command, cwd=self.root / cwd, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(self.root), **variables}, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
