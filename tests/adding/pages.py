"""The pages of docs/adding, read as what they are: files to write and changes to make, done in a copy of the project.

Belongs here: how a page is written, and following it. Does not belong here: what must come of it (the tests).

In a section of a page, « `path`: » on a line of its own names a file of the project. The blocks of code that follow it
say what becomes of that file:

- `diff` changes it: the lines that stay (« ») and those that leave (« - ») stand together, once, in the file;
- `yaml` after the name of a CSV file is one row more at its end, told as column: value; the other columns are empty;
- anything else is the whole file.

Other blocks of code show, and nobody follows them.
"""

from __future__ import annotations

import csv
import io
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
# What commands read or write of the project: of its documentation, the pages that derive from declarations.
COPIED = ("data_contracts", "ingest", "orchestration", "dashboards", "witness", "dbt_project", "docs/dictionnaire")
_MATTER = re.compile(r"---\nfiles: (\d+)\n---\n# (.+)\n")
_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)
_FILE = re.compile(r"^`(\S+)`:\n((?:\n```\w+\n.*?^```\n)+)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page: how many files it says that a person writes or changes, its title, its sections in their order."""

    files: int
    title: str
    sections: dict[str, str]

    @classmethod
    def read(cls, name: str) -> Page:
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        matter = _MATTER.match(text)
        assert matter is not None, (
            f"{name}.md doit commencer par « files: N » entre deux lignes « --- », puis son titre"
        )
        _, *parts = _SECTION.split(text)
        return cls(int(matter[1]), matter[2], dict(zip(parts[::2], parts[1::2], strict=True)))


@dataclass(frozen=True)
class Copy:
    """A copy of the project, where pages are followed; its commands run there, with a home beside it."""

    root: Path
    home: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        for part in COPIED:
            shutil.copytree(PROJECT / part, folder / "projet" / part, ignore=ignored)
        return cls(folder / "projet", folder / "var")

    def follow(self, page: str, section: str = "What to do") -> set[str]:
        """Write the files that a section of a page shows, and make its changes: the files written or changed."""
        files = _FILE.findall(Page.read(page).sections[section])
        assert files, f"docs/adding/{page}.md ne montre aucun fichier à écrire sous « {section} »"
        for path, blocks in files:
            for language, text in _BLOCK.findall(blocks):
                if language == "diff":
                    text = _changed(path, self.text(path), text)
                elif language == "yaml" and path.endswith(".csv"):
                    text = _with_row(self.text(path), yaml.safe_load(text))
                self.write(path, text)
        return {path for path, _ in files}

    def touched(self) -> set[str]:
        """The files that are not, or no more, those of the project."""
        files = (p for p in self.root.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        names = ((p, p.relative_to(self.root)) for p in files)
        return {
            name.as_posix()
            for path, name in names
            if not (PROJECT / name).is_file() or path.read_bytes() != (PROJECT / name).read_bytes()
        }

    def text(self, path: str) -> str:
        """What a file of the copy holds."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """A file of the copy: new, or in the place of the one that stood there."""
        (self.root / path).write_text(text, encoding="utf-8")

    def run(self, *command: str, cwd: str = ".", **variables: str) -> str:
        """What a command that imports the copy writes on its output; the test fails when the command does."""
        done = self._done(command, cwd, variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        """What a program writes on its output."""
        return self.run(sys.executable, "-c", code)

    def dlnuf(self, *arguments: str) -> str:
        """What the command of the project writes on its output."""
        return self.run(sys.executable, "-m", "orchestration.cli", *arguments)

    def refused(self, *arguments: str) -> str:
        """What the command of the project writes on its error output; the test fails when the command does not."""
        done = self._done((sys.executable, "-m", "orchestration.cli", *arguments), ".", {})
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _done(self, command: tuple[str, ...], cwd: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(self.root), "DLNUF_HOME": str(self.home), **variables}
        return subprocess.run(
            command, cwd=self.root / cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )


def _changed(path: str, text: str, diff: str) -> str:
    """The text of a file once changed."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(old) == 1, f"{path} ne contient pas une fois :\n{old}"
    return text.replace(old, new)


def _with_row(table: str, row: dict[str, str]) -> str:
    """A table of one row more."""
    written = io.StringIO(table)
    columns = next(csv.reader(written))
    written.seek(0, io.SEEK_END)
    csv.DictWriter(written, columns, restval="", lineterminator="\n").writerow(row)  # an unknown column is refused
    return written.getvalue()
