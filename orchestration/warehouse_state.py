"""Whether the warehouse is there, whole, and that of this home.

Belongs here: looking. Does not belong here: removing it or waiting for it (`run`), making it (`ingest.store.lake`).
"""

from __future__ import annotations

import duckdb

from ingest.home import Home
from ingest.receive import landing

HELD = "Could not set lock"  # in the words of DuckDB, when another process writes in it
_HEADERS = 3 * 4096  # bytes of a DuckDB file before its first block


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


def _is_cut(length: int, block: int, used: int) -> bool:
    """Whether a file of so many bytes lacks blocks, or a part of one."""
    return length < block * used or length % block > 0
