"""A publication that kills itself with SIGKILL at a named step. Run as a module by `test_kill`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ingest.home import Home
from tests.integration.publication.trial_warehouse import LATER, publish_trial


def main(root: str, deadly: str) -> None:
    def die(step: str, path: Path) -> None:
        if step == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    publish_trial(Home(Path(root)), "empreinte-2", now=LATER, on_step=die)


if __name__ == "__main__":
    main(*sys.argv[1:])
