"""The application as `dlnuf dashboard` starts it, for the tests that need it whole.

Belongs here: starting it on a free port, waiting for it, stopping it. Does not belong here: assertions on pages.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dashboards
from tests.patience import PATIENCE_S


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Address of the application over a home; it must end by itself, without error, when asked to."""
    with socket.socket() as probe:
        probe.bind((dashboards.ADDRESS, 0))
        port = probe.getsockname()[1]
    line = [sys.executable, "-m", "dashboards", "--port", str(port)]
    env = dashboards.environment() | {"DLNUF_HOME": str(home)}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(line, env=env, cwd=dashboards.FOLDER.parent, stdout=quiet, stderr=quiet)
    base = f"http://{dashboards.ADDRESS}:{port}/"
    try:
        _wait_for(base + "_stcore/health")
        yield base
    finally:
        process.terminate()
        code = process.wait(timeout=PATIENCE_S)
    assert code == 0


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
