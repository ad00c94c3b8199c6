"""Which Python `.ci/install` chooses, and what it says when none will do. The Pythons of these tests are scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

OLD = "exit 2"
NO_VENV = 'echo "3.12" >&2; exit 1'
GOOD = ""


def python(path: Path, answer: str) -> None:
    """A program that answers the question of `.ci/install` as a Python does, and tells its name when it is chosen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nif [ "$2" = -c ]; then {answer or ":"}\nelse echo "$0 $3"\nfi\n')
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a space in its name and `.ci/install` in it."""
    folder = tmp_path / "mon projet"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(PROJECT / ".ci" / "install", folder / ".ci")
    for tool in ("sh", "dirname"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return folder


def install(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    line = ["sh", str(project / ".ci" / "install"), ".venv"]
    environment |= {"PATH": str(project.parent / "bin"), "LANG": "C.UTF-8"}
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3": GOOD, "python3.13": GOOD}, "python3"),  # the one that the packages of the system serve
        ({"python3": OLD, "python3.11": GOOD, "python3.13": GOOD, "python3.14": GOOD}, "python3.13"),
        ({"python3": OLD, "python3.14": GOOD}, "python3.14"),
        ({"python3": NO_VENV, "python3.11": GOOD}, "python3.11"),
        ({"python": GOOD}, "python"),
    ],
)
def test_a_python_that_will_do_is_found(project: Path, pythons: dict[str, str], chosen: str) -> None:
    for name, answer in pythons.items():
        python(project.parent / "bin" / name, answer)
    done = install(project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("/")[-1] == f"{chosen} .venv\n"


def test_an_environment_that_stands_keeps_its_python(project: Path) -> None:
    python(project.parent / "bin" / "python3", GOOD)
    python(project / ".venv" / "bin" / "python", GOOD)
    assert install(project).stdout == ".venv/bin/python .venv\n"
    python(project / ".venv" / "bin" / "python", OLD)  # it does not run any more
    assert install(project).stdout.endswith("/bin/python3 .venv\n")


def test_the_python_that_is_asked_for_is_the_only_one_tried(project: Path) -> None:
    python(project.parent / "bin" / "python3", GOOD)
    python(project / ".venv" / "bin" / "python", GOOD)
    python(project.parent / "l'autre" / "python", GOOD)
    python(project.parent / "l'ancien" / "python", OLD)
    asked = str(project.parent / "l'autre" / "python")
    assert install(project, PYTHON=asked).stdout == f"{asked} .venv\n"
    refused = install(project, PYTHON=str(project.parent / "l'ancien" / "python"))
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"PYTHON={project.parent}/l'ancien/python n'est pas un Python de 3.11 à 3.14.")


@pytest.mark.parametrize(
    ("pythons", "said"),
    [
        ({}, "Aucun Python de 3.11 à 3.14 n'a été trouvé."),
        ({"python3": OLD}, "Aucun Python de 3.11 à 3.14 n'a été trouvé."),
        ({"python3": 'echo "pyenv: python3: command not found" >&2; exit 127'}, "Aucun Python de 3.11 à 3.14"),
        ({"python3": NO_VENV}, "sudo apt-get install python3.12-venv"),
    ],
)
def test_without_one_a_single_line_says_what_to_install(project: Path, pythons: dict[str, str], said: str) -> None:
    for name, answer in pythons.items():
        python(project.parent / "bin" / name, answer)
    done = install(project)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_pythons_accepted_are_those_of_the_project() -> None:
    script = (PROJECT / ".ci" / "install").read_text("utf-8")
    bounds = re.search(r"\(3, (\d+)\) <= sys.version_info\[:2\] <= \(3, (\d+)\)", script)
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert bounds
    assert declared == f">=3.{bounds[1]},<3.{int(bounds[2]) + 1}"


def test_this_python_answers_the_question() -> None:
    """The question itself is Python: asked of a real one."""
    script = (PROJECT / ".ci" / "install").read_text("utf-8")
    question = re.search(r"suits='(.+?)'\n", script, re.DOTALL)
    assert question
    for blocked, code in (("", 0), ("sys.modules['ensurepip'] = None; ", 1), ("sys.version_info = (3, 10, 4); ", 2)):
        line = [sys.executable, "-I", "-c", f"import sys; {blocked}\n{question[1]}"]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
