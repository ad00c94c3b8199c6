"""A copy of the project in which a page of docs/adding is followed, and what doing so touched.

Belongs here: the copy, its command, the files that a page says are touched. Does not belong here: what each page adds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("data_contracts", "ingest", "orchestration", "dashboards", "dbt_project", "docs", "witness")
_LEFT = shutil.ignore_patterns("__pycache__", "target", "logs", "benchmarks")


class Copied:
    """A copy of the project, and a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "projet"
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, self.root / package, ignore=_LEFT)
        self.env = {**os.environ, "PYTHONPATH": str(self.root), "DLNUF_HOME": str(folder / "var")}

    def python(self, *arguments: str) -> str:
        """The output of the interpreter, run in the copy; the test fails with its error output when it does."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root, env=self.env, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def dlnuf(self, *arguments: str) -> str:
        """The output of the command."""
        return self.python("-m", "orchestration.cli", *arguments)

    def text(self, path: str) -> str:
        """What a file of the copy holds."""
        return (self.root / path).read_text(encoding="utf-8")

    def insert(self, path: str, above: str, lines: str) -> None:
        """Adds lines to a file, as somebody would by hand, above a line that stands once in it."""
        before = self.text(path)
        assert before.count(f"\n{above}\n") == 1, above
        (self.root / path).write_text(before.replace(f"\n{above}\n", f"\n{lines}\n{above}\n"), encoding="utf-8")

    def touched(self) -> dict[str, int]:
        """The files that are no more those of the project, and how many lines each has more."""
        found = {}
        for path in sorted(p for p in self.root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            name = str(path.relative_to(self.root))
            here = path.read_bytes()
            there = (PROJECT / name).read_bytes() if (PROJECT / name).is_file() else b""
            if here != there:
                found[name] = here.count(b"\n") - there.count(b"\n")
        return found


def files_told(page: str) -> int:
    """How many files a page says that a person writes or changes, in its front matter."""
    told = re.match(r"---\nfiles: (\d+)\n---\n", (PROJECT / "docs" / "adding" / page).read_text(encoding="utf-8"))
    assert told is not None, f"docs/adding/{page} ne commence pas par « files: N » entre deux lignes « --- »"
    return int(told[1])


def said_by(page: str, **names: str) -> dict[str, str]:
    """The files that the table of a page of docs/adding says are touched, and who touches them.

    names: what stands for the words between < and > in the paths of the page.
    """
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", (PROJECT / "docs" / "adding" / page).read_text("utf-8"), re.M)
    assert rows, f"aucun fichier n'est nommé dans la table de docs/adding/{page}"
    return {re.sub(r"<(\w+)>", lambda word: names[word[1]], path): who for path, who in rows}
