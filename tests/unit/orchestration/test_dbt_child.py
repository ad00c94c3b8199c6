"""dbt does not outlive the run that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.patience import PATIENCE_S

_PARENT = f"""
import os, subprocess, sys, time
child = (
    "import threading, time, os\\n"
    "from orchestration import dbt_child\\n"
    "threading.Thread(target=dbt_child._follow, args=(int(os.environ[dbt_child.PARENT]),), daemon=True).start()\\n"
    "time.sleep({PATIENCE_S})"
)
process = subprocess.Popen([sys.executable, "-c", child], env={{**os.environ, "DLNUF_DBT_PARENT": str(os.getpid())}})
print(process.pid, flush=True)
time.sleep({PATIENCE_S})
"""


def alive(pid: int) -> bool:
    """The process exists and is not a zombie that nobody waits for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_dbt_dies_with_a_killed_run() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        os.kill(parent.pid, signal.SIGKILL)
        limit = time.monotonic() + PATIENCE_S
        while alive(child) and time.monotonic() < limit:
            time.sleep(0.05)
        assert not alive(child)
