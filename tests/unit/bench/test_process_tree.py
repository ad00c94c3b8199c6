"""Commands watched from outside: real processes, small."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from witness.bench import process_tree

# A process that holds 50 MB and waits for its child, which holds 100 MB more and works for some tenths of a second.
CHILD = """
import sys, time
held = bytearray(int(sys.argv[1]))
end = time.process_time() + 0.4
while time.process_time() < end: pass
"""
PARENT = f"""
import subprocess, sys
held = bytearray(50_000_000)
subprocess.run([sys.executable, "-c", {CHILD!r}, "100000000"], check=True)
"""


def test_the_whole_tree_is_measured(tmp_path: Path) -> None:
    done = process_tree.run([sys.executable, "-c", PARENT], tmp_path / "log")
    assert 150 < done.peak_mb < 300
    assert done.cpu_s >= 0.4
    assert done.wall_s >= 0.4
    assert len(done.samples) >= 2
    assert done.samples[-1].cpu_s > 0  # the child's, not yet reaped
    assert all(done.start <= each.at <= done.end for each in done.samples)


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(process_tree.BenchFailed, match=r"code 3 :\nadieu"):
        process_tree.run([sys.executable, "-c", "print('adieu'); raise SystemExit(3)"], tmp_path / "log")


def test_a_code_that_is_expected_is_no_failure(tmp_path: Path) -> None:
    done = process_tree.run([sys.executable, "-c", "raise SystemExit(1)"], tmp_path / "log", codes=(0, 1))
    assert done.wall_s > 0


def test_the_environment_is_given(tmp_path: Path) -> None:
    process_tree.run([sys.executable, "-c", "import os; print(os.environ['ICI'])"], tmp_path / "log", {"ICI": "là"})
    assert (tmp_path / "log").read_text(encoding="utf-8") == "là\n"


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({1: 0, 10: 1, 11: 10, 12: 11, 20: 1}, {10, 11, 12}),
        ({1: 0, 10: 1}, {10}),
        ({1: 0, 11: 10}, set()),  # it is gone: its orphans are somebody else's
    ],
)
def test_descendants(parents: dict[int, int], expected: set[int]) -> None:
    assert process_tree.descendants(10, parents) == expected
