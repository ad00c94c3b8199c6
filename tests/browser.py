"""The browser that some tests drive, and how it is started.

Belongs here: where it is, what keeps it from calling out by itself. Does not belong here: what is drawn in it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

FINDER = Path(__file__).resolve().parents[1] / ".ci" / "chromium"
CHROMIUM = subprocess.run(["sh", str(FINDER), "ou"], capture_output=True, text=True, check=False).stdout.strip()
ABSENT = "aucun navigateur chromium : `apt-get install chromium`, ou DLNUF_CHROMIUM, pour lancer ce test"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
