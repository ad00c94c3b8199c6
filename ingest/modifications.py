"""What changed in the warehouse since its layer was last built: so that a run redoes that, and nothing else.

Belongs here: which units the deliveries loaded since then speak of; whether contracts, dictionary and SQL are still
those of the last build. Does not belong here: loading (`lake`), rebuilding (the dbt project).

    raw.modifications     one row a unit to redo; it stays until a build succeeds, however many runs that takes
    raw._contenus         one row a delivery in a table: what was loaded of it
    raw._construction     what the layer was last built with
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from data_contracts.model import Contract, Entity

TABLES = ("modifications", "_contenus", "_construction")
# Beyond this share of the units, redoing everything takes less time than redoing them one by one.
MAX_SHARE = 0.15
_ALL = "*"


@dataclass(frozen=True)
class ToBuild:
    """What the next build must redo. `everything`: the layer as a whole, else `units` units."""

    everything: bool
    units: int


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the tables of this module, when they are not there."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    connection.execute("CREATE TABLE IF NOT EXISTS raw.modifications (unite VARCHAR, unite_id VARCHAR)")
    connection.execute("CREATE TABLE IF NOT EXISTS raw._construction (declarations VARCHAR)")
    connection.execute(
        """CREATE TABLE IF NOT EXISTS raw._contenus (
               nom VARCHAR, delivery_id VARCHAR, empreinte VARCHAR, PRIMARY KEY (nom, delivery_id))"""
    )


def loaded(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Delivery -> stamp of what a table holds."""
    query = "SELECT delivery_id, empreinte FROM raw._contenus WHERE nom = ?"
    return dict(connection.execute(query, [name]).fetchall())


def record(connection: duckdb.DuckDBPyConnection, name: str, stamps: Mapping[str, str]) -> None:
    """A table now holds these deliveries."""
    connection.execute("DELETE FROM raw._contenus WHERE nom = ?", [name])
    if stamps:
        rows = [(name, delivery, stamp) for delivery, stamp in stamps.items()]
        connection.executemany("INSERT INTO raw._contenus VALUES (?, ?, ?)", rows)


def note(
    connection: duckdb.DuckDBPyConnection, name: str, contract: Contract, entity: Entity, deliveries: set[str]
) -> None:
    """The units that these deliveries speak of in a table are to be redone: called before and after the table changes.

    Everything is to be redone when other units may be touched: by a referential, a table that is not about units or
    names several in a row, one where a row may replace that of another unit (the unit is not in its key).
    """
    if not deliveries:
        return
    columns = [row[0] for row in connection.execute(f'SELECT column_name FROM (DESCRIBE raw."{name}")').fetchall()]
    alone = entity.observations == "direct" and entity.unit_field in entity.primary_key
    if contract.nature != "collecte" or not alone or entity.unit_field not in columns:
        connection.execute("INSERT INTO raw.modifications VALUES (?, ?)", [_ALL, _ALL])
        return
    connection.execute(
        f"""INSERT INTO raw.modifications
            SELECT DISTINCT ?, CAST("{entity.unit_field}" AS VARCHAR) FROM raw."{name}"
            WHERE _delivery_id IN (SELECT unnest(?::VARCHAR[])) AND "{entity.unit_field}" IS NOT NULL""",
        [entity.unit, sorted(deliveries)],
    )


def to_build(connection: duckdb.DuckDBPyConnection, declarations: str) -> ToBuild:
    """What is to be redone, for declarations that have this digest."""
    built = connection.execute("SELECT declarations FROM raw._construction").fetchone()
    row = connection.execute(
        "SELECT count(DISTINCT (unite, unite_id)), count(*) FILTER (WHERE unite = ?) FROM raw.modifications", [_ALL]
    ).fetchone()
    units, marks = row if row else (0, 0)
    if built is None or built[0] != declarations or marks:
        return ToBuild(True, units)
    known = connection.execute("SELECT approx_count_distinct(unite_id) FROM intermediate.int_observations").fetchone()
    return ToBuild(units > MAX_SHARE * (known[0] if known else 0), units)


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """What the layer was built with is no longer known: a build of everything begins, and may not end."""
    connection.execute("DELETE FROM raw._construction")


def built(connection: duckdb.DuckDBPyConnection, declarations: str) -> None:
    """The layer was built, with these declarations: nothing is left to redo."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM raw.modifications")
    connection.execute("DELETE FROM raw._construction")
    connection.execute("INSERT INTO raw._construction VALUES (?)", [declarations])
    connection.execute("COMMIT")
