"""The steering application in French, over the current publication snapshot.

Belongs here: `start`, which starts Streamlit on this machine only. Does not belong here: pages (`views/`) and
queries (`queries`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

FOLDER = Path(__file__).resolve().parent
ADDRESS = "127.0.0.1"


def command(port: int | None = None) -> list[str]:
    """Command line of the application: this machine only, no telemetry, no browser opened.

    `.streamlit/config.toml` says the same. The flags repeat it, because an environment variable of the user would
    otherwise allow the application to call out.
    """
    options = {
        "server.address": ADDRESS,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": ADDRESS,
    }
    if port is not None:
        options["server.port"] = str(port)
    flags = [f"--{key}={value}" for key, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(FOLDER / "app.py"), *flags]


def environment() -> dict[str, str]:
    """Environment of the application: the project can be imported from anywhere, and DLNUF_HOME is absolute."""
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(p for p in (str(FOLDER.parent), env.get("PYTHONPATH", "")) if p)
    if env.get("DLNUF_HOME"):
        env["DLNUF_HOME"] = str(Path(env["DLNUF_HOME"]).resolve())
    return env


def start(port: int | None = None) -> int:
    """Starts the application and waits for its end. Returns its exit code, or 0 when it was asked to stop.

    The application ends with its caller, whether the caller is interrupted (Ctrl-C) or terminated.
    """
    process = subprocess.Popen(command(port), env=environment(), cwd=FOLDER.parent)
    asked: list[int] = []

    def stop(signum: int, _frame: FrameType | None) -> None:
        asked.append(signum)
        process.terminate()

    before = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = process.wait()
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    return 0 if asked else code
