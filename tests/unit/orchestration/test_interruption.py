"""Whoever interrupts the command is told so, whatever libraries made of the signal."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

COMMAND = """
import os, sys
from orchestration import cli, interruption
from orchestration.cli import command

def main():
    try:
        {before}
    except BaseException:
        {made_of_it}

command.main = main
cli.main()
"""
KILL = "os.kill(os.getpid(), {:d})"
SWALLOWED = ("raise", "sys.exit(1)", "raise RuntimeError('Query interrupted')")


def ended(before: str, made_of_it: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND.format(before=before, made_of_it=made_of_it)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("made_of_it", SWALLOWED)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_said_whatever_was_raised(number: int, made_of_it: str) -> None:
    code, said = ended(KILL.format(number), made_of_it)
    assert (code, said) == (
        130, "Interrompu. Rien de publié n'a changé ; relancez la même commande pour reprendre.\n"
    )  # fmt: skip


def test_what_was_published_before_is_said() -> None:
    code, said = ended(f"interruption.already_published('v7'); {KILL.format(signal.SIGTERM)}", "raise")
    assert (code, said) == (130, "Interrompu, une fois la version v7 publiée : elle est en vigueur et entière.\n")


def test_an_error_that_nobody_asked_for_stays_an_error() -> None:
    assert ended("raise ValueError", "sys.exit(1)") == (1, "")
