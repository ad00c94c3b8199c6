"""Whether the warehouse is there, whole, and that of this home, and free to be written in.

Belongs here: looking, waiting for it, removing what cannot be used. Does not belong here: making it
(`ingest.store.lake`).
"""

from __future__ import annotations

import time

import duckdb

from ingest.home import Home
from ingest.receive import landing

HELD = "Could not set lock"  # in the words of DuckDB, when another process writes in it
_HEADERS = 3 * 4096  # bytes of a DuckDB file before its first block
# When a run is killed, its dbt ends within a second (`dbt_child`): after that, another process holds the warehouse.
WAIT_S = 60.0


class WarehouseHeld(RuntimeError):
    """Another process holds the warehouse. The message names it."""


def damage(home: Home) -> str | None:
    """What is wrong with the warehouse, in French; None when nothing is, or when another process holds it."""
    if not home.warehouse.exists():
        return "l'entrepôt (warehouse.duckdb) est absent"
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            sizes = connection.execute("SELECT block_size, used_blocks FROM pragma_database_size()").fetchone()
            query = "SELECT delivery_id FROM raw.livraisons WHERE delivery_id NOT LIKE 'refusee-%'"
            known = {delivery for (delivery,) in connection.execute(query).fetchall()}
    except (duckdb.CatalogException, duckdb.BinderException):
        return "l'entrepôt (warehouse.duckdb) ne contient rien de chargé"
    except duckdb.Error as error:
        if HELD in str(error) or isinstance(error, duckdb.ConnectionException):
            return None
        return "l'entrepôt (warehouse.duckdb) est illisible"
    # What is logged apart may have blocks that the file has not yet. Free blocks may be counted that it has no more.
    journaled = home.warehouse.with_name(f"{home.warehouse.name}.wal").exists()
    if sizes and not journaled and _is_cut(home.warehouse.stat().st_size - _HEADERS, *sizes):
        return "l'entrepôt (warehouse.duckdb) est tronqué"
    if not known <= {manifest.delivery_id for manifest in landing.manifests(home)}:
        return "l'entrepôt (warehouse.duckdb) est celui d'un autre dossier"
    return None


def sentence(what: str) -> str:
    """What is told of a damage, whoever tells it."""
    return f"{what[0].upper()}{what[1:]} : il est refait depuis le lac."


def _is_cut(length: int, block: int, used: int) -> bool:
    """Whether a file of so many bytes lacks blocks, or a part of one."""
    return length < block * used or length % block > 0


def wait(home: Home, timeout_s: float = WAIT_S) -> str | None:
    """Waits until no process holds the warehouse, which somebody may be looking at.

    A warehouse that cannot be read, or that is not of this home, is removed. Nothing is lost: all it holds comes from
    the lake, and the run builds it again.

    Returns: what was wrong with the warehouse that was removed, in French; None when none was.

    Raises WarehouseHeld when it stays held.
    """
    limit = time.monotonic() + timeout_s
    while home.warehouse.exists():
        try:
            duckdb.connect(str(home.warehouse)).close()
        except duckdb.Error as error:
            if HELD in str(error):
                if time.monotonic() > limit:
                    raise WarehouseHeld(
                        f"L'entrepôt est ouvert par un autre processus, qui ne le rend pas : {error}\n"
                        "Fermez ce processus, puis relancez."
                    ) from error
                time.sleep(0.2)
                continue
        what = damage(home)
        if what is not None:
            remove(home)
        return what
    return None


def remove(home: Home) -> None:
    """Removes the warehouse, which the next run builds again from the lake."""
    home.warehouse.unlink(missing_ok=True)
    home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)
