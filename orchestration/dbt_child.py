"""`dlnuf-dbt`: dbt, made to end with the run that started it, and to read the project once for any warehouse.

Belongs here: these two changes. Does not belong here: what dbt is asked for (`assets`), where it writes
(`dbt_runtime`).

A run killed with `kill -9` cannot stop its dbt, which would go on writing in the warehouse while the next run works. So
dbt watches the process that started it, and ends when that process is gone. DuckDB keeps what was committed, and the
next run builds again.

dbt keeps what it read of the project (`partial_parse.msgpack`), but reads it again, which takes seven seconds, when the
connection is another one. Our project depends neither on where the warehouse is nor on the memory that it may take: it
is the same for a home that was moved, restored or given more memory.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

PARENT = "DLNUF_DBT_PARENT"
_OF_THE_HOME = ("path", "config_options")


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)


def read_once_for_any_warehouse() -> None:
    """Makes dbt ignore the path and the settings of the warehouse when it compares two connections."""
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    every = DuckDBCredentials._connection_keys

    def kept(self: DuckDBCredentials) -> Any:
        return tuple(key for key in every(self) if key not in _OF_THE_HOME)

    DuckDBCredentials._connection_keys = kept


def main() -> None:
    """Entry point. Without the variable (called by hand), it is plain dbt."""
    parent = os.environ.get(PARENT)
    if parent:
        threading.Thread(target=_follow, args=(int(parent),), daemon=True).start()
    from dbt.cli.main import cli

    read_once_for_any_warehouse()
    cli()
