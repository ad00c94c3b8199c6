"""`dlnuf-dbt`: dbt, which ends when the run that started it does.

Belongs here: that alone. Does not belong here: what dbt is asked (`assets`) and where it writes (`dbt_runtime`).

A run killed with `kill -9` cannot stop its dbt, which would go on writing in the warehouse under the next run. So dbt
looks after its parent: once it is gone, dbt goes too. DuckDB keeps what was committed, and the next run builds again.
"""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT = "DLNUF_DBT_PARENT"


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Entry point. Without the variable (called by hand), it is plain dbt."""
    parent = os.environ.get(PARENT)
    if parent:
        threading.Thread(target=_follow, args=(int(parent),), daemon=True).start()
    from dbt.cli.main import cli

    cli()
