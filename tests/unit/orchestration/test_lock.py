"""One writer at a time in a home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from ingest.home import Home
from orchestration.lock import HomeBusy, writing
from tests.patience import PATIENCE_S

_HOLD = f"""
import sys, time
from pathlib import Path
from ingest.home import Home
from orchestration.lock import writing
with writing(Home(Path(sys.argv[1]))):
    print("tenu", flush=True)
    time.sleep({PATIENCE_S})
"""


@contextmanager
def holder(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(home.root)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "tenu\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_told_who_writes(home: Home) -> None:
    with holder(home) as process:
        os.utime(home.root / "verrou", times=(0, datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp()))
        said = f"processus {process.pid}, depuis le 01/01/2027 00:30:00, heure de Paris.*Attendez"
        with pytest.raises(HomeBusy, match=said), writing(home):
            pytest.fail("le verrou aurait dû être refusé")


def test_a_killed_writer_leaves_nothing_behind(home: Home) -> None:
    with holder(home) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
        with writing(home):
            assert (home.root / "verrou").read_text(encoding="utf-8") == f"processus {os.getpid()}"


def test_waits_for_the_other_to_end(home: Home) -> None:
    with holder(home) as process:
        start = time.monotonic()
        with pytest.raises(HomeBusy), writing(home, wait_s=0.5):
            pass
        assert time.monotonic() - start >= 0.5
        process.kill()
        with writing(home, wait_s=PATIENCE_S):
            assert process.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_run_takes_it_again_around_its_steps(home: Home) -> None:
    with writing(home):
        with writing(home):
            pass
        with holder_refused(home):
            pass
    with holder(home) as process:
        assert process.poll() is None


@contextmanager
def holder_refused(home: Home) -> Iterator[None]:
    """Another process cannot take the lock now: leaving the inner `with` did not release it."""
    done = subprocess.run([sys.executable, "-c", _HOLD, str(home.root)], capture_output=True, text=True, check=False)
    assert "HomeBusy" in done.stderr
    yield
