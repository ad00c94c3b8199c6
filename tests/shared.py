"""What takes long to make and is only read: made once a test session, by the process that needs it first.

Belongs here: making a folder once for all the workers of pytest-xdist, and what several files read (the dbt project as
dbt reads it, generated territories, a département that was processed). Does not belong here: assertions, and what a
single file needs (a fixture of its own).

A test that writes copies what it needs; the others read in place.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.home import Home

if TYPE_CHECKING:
    from witness.generate import Summary

DLNUF = str(Path(sys.executable).with_name("dlnuf"))
SEED = 3
DEMO = ("demo", "--scale", "departement", "--seed", str(SEED))  # what is told of it holds for this seed


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` fills: the first process to ask makes it, the others wait for it."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # that of the session, which its workers share
    folder, done = root / "partage" / name, root / "partage" / f"{name}.fait"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".verrou").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # what a failed attempt left
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def read_in_this_process(patch: pytest.MonkeyPatch) -> None:
    """Until the patch is undone, files are read by the process of the tests. Only tests can ask for it: the program has
    no switch."""
    from ingest.guard import guarded

    def each(work: guarded.Work[Any, Any, Any], items: Sequence[Any], _n: int = 1) -> Iterator[Any]:
        do: Callable[[Any, Any], Any] = work.do
        return (do(work.shared, item) for item in items)

    patch.setattr(guarded, "each", each)


def read_project(factory: pytest.TempPathFactory) -> Path:
    """A home whose dbt has read the project: nothing else is in it."""
    from orchestration import dbt_runtime

    return once(factory, "dbt", lambda folder: dbt_runtime.prepare_manifest(Home(folder)))


def with_dbt_read(home: Home, read: Path) -> Home:
    """A home, new, in which dbt need not read the project again. read: `read_project`."""
    shutil.copytree(Home(read).dbt, home.dbt)
    return home


def generated(factory: pytest.TempPathFactory, name: str, **asked: Any) -> tuple[Path, Summary]:
    """An invented territory: the folder of its generation, and what was made."""
    from witness.generate import generate

    def make(folder: Path) -> None:
        made = generate(folder / "generation", **asked)
        (folder / "summary.pickle").write_bytes(pickle.dumps(made))

    folder = once(factory, name, make)
    return folder / "generation", pickle.loads((folder / "summary.pickle").read_bytes())


def lozere(factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """The département of fewest establishments, with persons."""
    return generated(factory, "lozere", departements=("48",), seed=SEED)


@dataclass(frozen=True)
class Played:
    """A département from its files to its publication, by the command. Nobody changes what its home holds.

    said, progress: what the command wrote on its output, and on its error output.
    """

    home: Home
    generation: Path
    said: str
    progress: str


def played(factory: pytest.TempPathFactory) -> Played:
    """`dlnuf demo` on a département."""
    read = read_project(factory)

    def make(folder: Path) -> None:
        home = with_dbt_read(Home(folder / "var"), read)
        done = subprocess.run(
            [DLNUF, *DEMO], env={**os.environ, "DLNUF_HOME": str(home.root)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (folder / "dit.txt").write_text(done.stdout, encoding="utf-8")
        (folder / "avancement.txt").write_text(done.stderr, encoding="utf-8")

    folder = once(factory, "departement_traite", make)
    home = Home(folder / "var")
    said, progress = ((folder / f"{name}.txt").read_text(encoding="utf-8") for name in ("dit", "avancement"))
    return Played(home, home.root / "demo" / f"departement-{SEED}", said, progress)
