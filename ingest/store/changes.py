"""What changed in the warehouse since its layer was last built, so that a run redoes that and nothing else.

Belongs here: which units the deliveries loaded since then are about; whether contracts, dictionary and SQL are still
those of the last build. Does not belong here: loading (`lake`), rebuilding (the dbt project).

    raw.modifications     one row a unit to redo. The row stays until a build succeeds, however many runs that takes.
    raw._contenus         one row for each delivery in a table: a stamp of what was loaded of it.
    raw._construction     the digest of the declarations of the last build, and the day when it began.
    raw._debut            the day when the build under way began.
    raw._diffusion        the ESMS whose figures about persons were disclosed by the last build. Whether an ESMS is
                          disclosed depends on the figures of others, which may change without it: dbt notices the ESMS
                          that begin or cease to be disclosed, and adds them to raw.modifications.

Persons are matched over the whole country. A delivery about persons therefore marks the units that it is about, and
marks that all persons are to be matched again (`PERSONNES`).

An opposition begins and ends on its day, without any delivery. When a build begins, the units whose oppositions began
or ended since the last build are marked too (`begin`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from data_contracts.loading import Contract, Entity, load_contracts
from data_contracts.person_entities import person_entities

TABLES = ("modifications", "_contenus", "_construction", "_debut", "_diffusion")
# Beyond this share of the units, redoing everything takes less time than redoing them one by one.
MAX_SHARE = 0.15
_ALL = "*"
_PERSONS = "PERSONNES"


@dataclass(frozen=True)
class ToBuild:
    """What the next build must redo: the whole layer, or a number of units; and whether persons are matched again."""

    everything: bool
    units: int
    persons: bool = False


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the tables of this module, when they are not there."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
    connection.execute("CREATE TABLE IF NOT EXISTS raw.modifications (unite VARCHAR, unite_id VARCHAR)")
    connection.execute("CREATE TABLE IF NOT EXISTS raw._construction (declarations VARCHAR, jour DATE)")
    connection.execute("ALTER TABLE raw._construction ADD COLUMN IF NOT EXISTS jour DATE")
    connection.execute("CREATE TABLE IF NOT EXISTS raw._debut (jour DATE)")
    connection.execute("CREATE TABLE IF NOT EXISTS raw._diffusion (unite_id VARCHAR, dimension VARCHAR)")
    connection.execute(
        """CREATE TABLE IF NOT EXISTS raw._contenus (
               nom VARCHAR, delivery_id VARCHAR, empreinte VARCHAR, PRIMARY KEY (nom, delivery_id))"""
    )


def loaded(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Table -> delivery -> stamp of what it holds."""
    stamps: dict[str, dict[str, str]] = {}
    for name, delivery, stamp in connection.execute("SELECT nom, delivery_id, empreinte FROM raw._contenus").fetchall():
        stamps.setdefault(name, {})[delivery] = stamp
    return stamps


def record(connection: duckdb.DuckDBPyConnection, name: str, stamps: Mapping[str, str]) -> None:
    """Records that a table now holds these deliveries."""
    connection.execute("DELETE FROM raw._contenus WHERE nom = ?", [name])
    if stamps:
        rows = [(name, delivery, stamp) for delivery, stamp in stamps.items()]
        connection.executemany("INSERT INTO raw._contenus VALUES (?, ?, ?)", rows)


def note(
    connection: duckdb.DuckDBPyConnection, name: str, contract: Contract, entity: Entity, deliveries: set[str]
) -> None:
    """Marks the units that these deliveries are about in a table. It is called before and after the table changes.

    Everything is marked when the deliveries may touch other units: those of a referential, of a table that is not about
    units or names several in a row, or of one whose key lacks the unit (a row may then replace that of another unit).
    """
    if not deliveries:
        return
    columns = [row[0] for row in connection.execute(f'SELECT column_name FROM (DESCRIBE raw."{name}")').fetchall()]
    answers = entity.observations == "direct" or contract.personal
    alone = answers and entity.unit_field in entity.primary_key
    if contract.nature != "collecte" or not alone or entity.unit_field not in columns:
        connection.execute("INSERT INTO raw.modifications VALUES (?, ?)", [_ALL, _ALL])
        return
    connection.execute(
        f"""INSERT INTO raw.modifications
            SELECT DISTINCT ?, CAST("{entity.unit_field}" AS VARCHAR) FROM raw."{name}"
            WHERE _delivery_id IN (SELECT unnest(?::VARCHAR[])) AND "{entity.unit_field}" IS NOT NULL""",
        [entity.unit, sorted(deliveries)],
    )
    if contract.personal:
        connection.execute("INSERT INTO raw.modifications VALUES (?, ?)", [_PERSONS, _ALL])


def begin(connection: duckdb.DuckDBPyConnection, today: date) -> None:
    """Records that a build begins, and marks the units whose oppositions or consents began or ended since the last."""
    connection.execute("DELETE FROM raw._debut")
    connection.execute("INSERT INTO raw._debut VALUES (?)", [today])
    for register in person_entities(load_contracts(), "register"):
        if _holds(connection, "raw", register.table):
            _note_register(connection, register.table, register.role.fields, today)


def _note_register(connection: duckdb.DuckDBPyConnection, table: str, fields: Mapping[str, str], today: date) -> None:
    """Units of a register whose lines began or ended between the last build and this one, or whose clock went back."""

    def between(column: str) -> str:  # the last build may be later than today, if the clock was ahead then
        last = "coalesce(c.jour, DATE '0001-01-01')"
        return f"({column} > least({last}, $today) AND {column} <= greatest({last}, $today))"

    began, ended = (between(f'r."{fields[name]}"') for name in ("date_effet", "retire_le"))
    changed = f"""FROM raw."{table}" r, (SELECT max(jour) AS jour FROM raw._construction) c
                 WHERE {began} OR {ended}"""
    connection.execute(
        f"""INSERT INTO raw.modifications
            SELECT DISTINCT 'ET', r.finess_et {changed} UNION ALL SELECT DISTINCT '{_PERSONS}', '{_ALL}' {changed}""",
        {"today": today},
    )


def to_build(connection: duckdb.DuckDBPyConnection, declarations: str) -> ToBuild:
    """What a build must redo. declarations: their digest today."""
    built = connection.execute("SELECT declarations FROM raw._construction").fetchone()
    row = connection.execute(
        """SELECT count(DISTINCT (unite, unite_id)) FILTER (WHERE unite <> $persons),
                  count(*) FILTER (WHERE unite = $all), count(*) FILTER (WHERE unite = $persons)
           FROM raw.modifications""",
        {"all": _ALL, "persons": _PERSONS},
    ).fetchone()
    units, marks, persons = row if row else (0, 0, 0)
    there = _holds(connection, "intermediate", "int_observations")
    if built is None or built[0] != declarations or marks or not there:
        return ToBuild(True, units, persons > 0)
    known = connection.execute("SELECT approx_count_distinct(unite_id) FROM intermediate.int_observations").fetchone()
    return ToBuild(units > MAX_SHARE * (known[0] if known else 0), units, persons > 0)


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Forgets what the layer was built with: until a build ends, the next one has to redo everything."""
    connection.execute("DELETE FROM raw._construction")


def built(connection: duckdb.DuckDBPyConnection, declarations: str) -> None:
    """Records that the layer was built with these declarations: nothing is left to redo."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM raw.modifications")
    connection.execute("DELETE FROM raw._construction")
    connection.execute("INSERT INTO raw._construction SELECT ?, (SELECT max(jour) FROM raw._debut)", [declarations])
    connection.execute("COMMIT")


def day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The day for which the layer was last built; None when nobody knows."""
    if not _holds(connection, "raw", "_construction"):
        return None
    row = connection.execute("SELECT max(jour) FROM raw._construction").fetchone()
    return row[0] if row else None


def _holds(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    row = connection.execute(query, [schema, table]).fetchone()
    return bool(row and row[0])
