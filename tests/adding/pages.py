"""The pages of docs/adding, read as what they are: files to write, changes to make, and how many files that is.

Belongs here: a page's front matter, the blocks of code that follow the name of a file, doing them in a copy of the
project. Does not belong here: what must come of it (the tests).

A block after « `path`: » is the whole file; a block of `diff` changes the file named last: a run of its lines that are
unchanged (« ») or leave (« - ») is found once in the file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "docs" / "adding"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))
PACKAGES = ("data_contracts", "ingest", "orchestration", "dashboards", "witness", "dbt_project", "docs")
_NAMED = re.compile(r"^`([\w./-]+)`:$|^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_told(name: str) -> int:
    """How many files a page says that one writes or changes, in its front matter."""
    matter = re.match(r"---\n(.*?)\n---\n", (FOLDER / f"{name}.md").read_text(encoding="utf-8"), re.DOTALL)
    assert matter is not None, f"docs/adding/{name}.md ne commence pas par « files: N » entre deux lignes « --- »"
    return int(yaml.safe_load(matter[1])["files"])


@dataclass(frozen=True)
class Copy:
    """A copy of the project, where pages are followed; its commands run there, with a home beside it."""

    root: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, folder / "projet" / package, ignore=ignored)
        return cls(folder / "projet")

    @property
    def home(self) -> Path:
        return self.root.parent / "var"

    def follow(self, name: str) -> set[str]:
        """Do what a page says. The files that it made or changed, relative to the project."""
        before = self._contents()
        path: Path | None = None
        for named, language, text in _NAMED.findall((FOLDER / f"{name}.md").read_text(encoding="utf-8")):
            if named:
                path = self.root / named
            elif path is not None:
                path.write_text(_changed(path, text) if language == "diff" else text, encoding="utf-8")
        after = self._contents()
        return {path for path in after if after[path] != before.get(path)}

    def _contents(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.root)): p.read_bytes() for p in self.root.rglob("*") if p.is_file()}

    def python(self, *arguments: str) -> str:
        """What Python, started in the copy, writes on its output.

        Raises:
            AssertionError: it failed; with what it said.
        """
        env = {**os.environ, "PYTHONPATH": str(self.root), "DLNUF_HOME": str(self.home)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dlnuf(self, *arguments: str) -> str:
        return self.python("-m", "orchestration.cli", *arguments)


def _changed(path: Path, diff: str) -> str:
    """The file once changed."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} ne contient pas une fois :\n{old}"
    return text.replace(old, new)
