"""The lake: accepted rows, rejects and signalements of each delivery as Parquet, and their entry in the warehouse.

Belongs here: writing and finding those files, and the `raw` tables of the warehouse made from them.
Does not belong here: deciding what is accepted (`ingest.validate.chunk`).

A delivery exists in the lake once its result file stands (`lake/deliveries/<delivery_id>.json`, written last): files
left by a run that died are never read, and are written again. The result holds the seal of each of its files: one that
is damaged is seen, and the delivery is read again from what was received.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq

from data_contracts.loading import Contract, Entity
from data_contracts.schemas import arrow_schema, sql_columns
from ingest import clock, remains, returned_forms
from ingest.home import Home
from ingest.receive import landing
from ingest.store import changes, seals
from ingest.validate.chunk import FLAG_SCHEMA, REJECT_SCHEMA

ACCEPTED, REFUSED = "accepted", "refused"
Received = dict[str, landing.Manifest]
_PARQUET = "read_parquet(?, union_by_name = true, hive_partitioning = false)"


class BeyondRepair(RuntimeError):
    """A file of the lake is damaged, and what it was made from was destroyed. The message names it, with the remedy."""


@dataclass
class Result:
    """What became of a delivery. lues = acceptees + rejetees, in all and for each entity."""

    delivery_id: str
    source: str
    statut: str
    motif: str | None = None
    lues: int = 0
    acceptees: int = 0
    rejetees: int = 0
    signalements: int = 0
    millesimes: list[int] = field(default_factory=list)
    entities: dict[str, dict[str, int]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(
        default_factory=dict
    )  # entity, "rejects" or "signalements" -> paths in the lake
    absentes: list[str] = field(default_factory=list)  # titles that the file lacks: unknown in every row of it
    digest: str = ""
    pseudonymes: str | None = None  # fingerprint of the secret that made its pseudonyms; None: it has none
    eliminees: int = 0  # accepted rows that left the lake since, at the end of their conservation
    detruite_le: str | None = None  # when its bytes were destroyed: it is never read again
    quarantaine: str | None = None  # it killed its reader: the limit that it met, or `arret`
    limites: str | None = None  # of one that met a limit: digest of the limits that were in force
    sceaux: dict[str, seals.Seal] = field(default_factory=dict)  # path in the lake -> seal; none before there were any

    @property
    def named(self) -> set[str]:
        """Its files: paths in the lake."""
        return {name for files in self.files.values() for name in files}

    @property
    def balances(self) -> bool:
        parts = list(self.entities.values())
        return self.lues == self.acceptees + self.rejetees and all(
            p["lues"] == p["acceptees"] + p["rejetees"] for p in parts
        )


def results(home: Home) -> list[Result]:
    """Every result in the lake, by delivery id. One that cannot be read is as if it were not there, and `damage` says
    so."""
    return [result for path in _result_files(home) if (result := _read(path)) is not None]


def _result_files(home: Home) -> list[Path]:
    return sorted((home.lake / "deliveries").glob("[!.]*.json"))


def _read(path: Path) -> Result | None:
    """The result in a file; None when the file is cut, or holds something else."""
    try:
        return Result(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return None


def seal(home: Home, result: Result) -> None:
    """Seals the files of a result that have no seal yet."""
    result.sceaux = {name: result.sceaux.get(name) or seals.seal(home.lake / name) for name in sorted(result.named)}


def damage(home: Home) -> dict[str, str]:
    """Delivery -> what is damaged of it in the lake, in French: a file that is not as it was written, or its result."""
    found: dict[str, str] = {}
    for path in _result_files(home):
        result = _read(path)
        if result is None:
            found[path.stem] = f"{path.name} : résultat illisible"
            continue
        differing = ((name, seals.damage(home.lake / name, result.sceaux.get(name))) for name in sorted(result.named))
        if problems := [f"{name} : {what}" for name, what in differing if what]:
            others = f" (et {len(problems) - 1} autres)" if len(problems) > 1 else ""
            found[result.delivery_id] = problems[0] + others
    return found


def write_result(home: Home, result: Result) -> None:
    landing.write_json(home.lake / "deliveries" / f"{result.delivery_id}.json", asdict(result))


def destroyed_on(home: Home, delivery_id: str) -> date | None:
    """The day when the bytes of a delivery were destroyed, at the end of their conservation."""
    path = home.lake / "deliveries" / f"{delivery_id}.json"
    result = _read(path) if path.exists() else None
    return clock.day_written(result.detruite_le) if result and result.detruite_le else None


def forget_result(home: Home, delivery_id: str) -> None:
    """Removes the result of a delivery, which will be processed again."""
    (home.lake / "deliveries" / f"{delivery_id}.json").unlink(missing_ok=True)


def drop_unfinished(home: Home, delivery_id: str) -> None:
    """Removes what a process that was stopped was writing of a delivery."""
    for path in home.lake.rglob(f".{delivery_id}.parquet.*.tmp"):
        path.unlink(missing_ok=True)


def write_accepted(
    home: Home, source: str, entity: Entity, delivery_id: str, chunks: Iterable[pl.DataFrame]
) -> tuple[list[str], int]:
    """Accepted rows of a stored entity, one file a millésime, written as they come.

    Returns: their paths in the lake, and their number.
    """
    schema = arrow_schema(entity)
    writers: dict[int, tuple[Path, Path, pq.ParquetWriter]] = {}
    rows = 0
    try:
        for chunk in chunks:
            chunk = chunk.with_columns(pl.lit(delivery_id).alias("_delivery_id"))
            years = chunk["millesime"].unique(maintain_order=True)
            for year in years:
                part = chunk if len(years) == 1 else chunk.filter(pl.col("millesime") == year)
                if year not in writers:
                    relative = Path("raw") / source / entity.name / f"millesime={year}" / f"{delivery_id}.parquet"
                    temporary = _temporary(home.lake / relative)
                    writers[year] = (relative, temporary, pq.ParquetWriter(temporary, schema, compression="zstd"))
                writers[year][2].write_table(part.select(schema.names).to_arrow().cast(schema))
                rows += part.height
    finally:
        for _, _, writer in writers.values():
            writer.close()
    for relative, temporary, _ in writers.values():
        temporary.replace(home.lake / relative)
    return sorted(str(relative) for relative, _, _ in writers.values()), rows


def write_findings(home: Home, kind: str, source: str, entity: str, delivery_id: str, rows: pl.DataFrame) -> list[str]:
    """Rejects, signalements, or what a returned form says, of one entity of a delivery; no file when there is none."""
    if rows.height == 0:
        return []
    relative = Path(kind) / source / entity / f"{delivery_id}.parquet"
    _write(home.lake / relative, rows.to_arrow())
    return [str(relative)]


def _write(path: Path, table: Any) -> None:
    temporary = _temporary(path)
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(path)


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return remains.temporary(path)


def spool_folder(home: Home) -> Path:
    """Where the chunks of a delivery wait while it is read. What a killed run left there is thrown away."""
    return home.lake / ".en_cours"


def load(home: Home, contracts: dict[str, Contract]) -> None:
    """The `raw` schema of the warehouse, from the lake: one table an entity, and what happened to deliveries.

    A table whose deliveries did not change is left as it is. A contract without delivery gives an empty, typed table.

    Raises BeyondRepair.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    accepted = [r for r in results(home) if r.statut == ACCEPTED]
    _refuse_damaged(home, {r.delivery_id for r in accepted})
    received = {m.delivery_id: m for m in landing.manifests(home)}
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("BEGIN")
        changes.prepare(connection)
        connection.execute("COMMIT")
        wanted: set[str] = {"livraisons", "rejets", "signalements", "retours", *changes.TABLES}
        empty: list[tuple[str, Entity]] = []
        held = _tables(connection)
        loaded = changes.loaded(connection)
        for contract in contracts.values():
            mine = [r for r in accepted if r.source == contract.id]
            for entity in (e.stored for e in contract.entities):
                name = f"{contract.id}__{entity.name}"
                wanted.add(name)
                stamps = _stamps(entity, mine, received)
                if not stamps and name not in held and name not in loaded:
                    empty.append((name, entity))
                elif name not in held or stamps != loaded.get(name, {}):
                    before = loaded.get(name, {}) if name in held else None
                    _refresh_entity(connection, home, name, contract, entity, mine, received, stamps, before)
        connection.execute("BEGIN")  # one wait for the disk, not one a table
        for name, entity in empty:
            _load_entity(connection, name, entity, [], {})
        connection.execute("COMMIT")
        _load_findings(
            connection, home, "rejets", REJECT_SCHEMA, [f for r in accepted for f in r.files.get("rejects", [])]
        )
        flags = [f for r in accepted for f in r.files.get("signalements", [])]
        _load_findings(connection, home, "signalements", FLAG_SCHEMA, flags)
        returned = [f for r in accepted for f in r.files.get("retours", [])]
        _load_findings(connection, home, "retours", returned_forms.SCHEMA, returned)
        _load_deliveries(connection, home)
        for gone in held - wanted:
            connection.execute(f'DROP TABLE raw."{gone}"')
            changes.record(connection, gone, {})


def _refuse_damaged(home: Home, accepted: set[str]) -> None:
    """Whatever could be read again was, before this: what is still damaged would be loaded wrong, or not at all."""
    lost = sorted(f"{name} ({what})" for name, what in damage(home).items() if name in accepted)
    if lost:
        raise BeyondRepair(
            f"Abîmé dans le lac, et pas relu (octets détruits au terme de leur conservation, ou source qui n'a pas été "
            f"demandée) : {' ; '.join(lost)}. Rien de publié ne change. Remède : relancer « dlnuf run » ; si cela "
            "revient, reprendre d'abord ces fichiers de lake/ d'une sauvegarde."
        )


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of the schema `raw`."""
    query = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw'"
    return {name for (name,) in connection.execute(query).fetchall()}


def _stamps(entity: Entity, accepted: list[Result], received: Received) -> dict[str, str]:
    """Delivery -> stamp of the rows that it gives of an entity."""
    shape = sql_columns(entity)
    stamps: dict[str, str] = {}
    for result in accepted:
        if files := result.files.get(entity.name):
            content = [files, result.digest, received[result.delivery_id].received_at, shape]
            stamps[result.delivery_id] = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return stamps


def _refresh_entity(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    name: str,
    contract: Contract,
    entity: Entity,
    accepted: list[Result],
    received: Received,
    stamps: dict[str, str],
    loaded: dict[str, str] | None,
) -> None:
    """Makes the table of an entity again, because its deliveries changed, and marks the units that they are about.

    stamps: delivery -> stamp of what the table must hold. loaded: delivery -> stamp of what it holds; None when there
    is no table.
    """
    exists, before = loaded is not None, loaded or {}
    changed = {d for d in {*stamps, *before} if stamps.get(d) != before.get(d)}
    connection.execute("BEGIN")
    if exists:
        changes.note(connection, name, contract, entity, changed & set(before))
    files = [str(home.lake / f) for r in accepted for f in r.files.get(entity.name, [])]
    new = [str(home.lake / f) for r in accepted if r.delivery_id in changed for f in r.files.get(entity.name, [])]
    instants = {d: received[d] for d in stamps}
    if not (exists and _load_units(connection, name, entity, files, new, instants, changed)):
        _load_entity(connection, name, entity, files, instants)
    changes.note(connection, name, contract, entity, changed & set(stamps))
    changes.record(connection, name, stamps)
    connection.execute("COMMIT")


def _load_entity(
    connection: duckdb.DuckDBPyConnection, name: str, entity: Entity, files: list[str], received: Received
) -> None:
    """Makes the whole table anew."""
    declared = ", ".join(f'"{c}" {t}' for c, t in _columns(entity))
    connection.execute(f'DROP TABLE IF EXISTS raw."{name}"')
    connection.execute(f'CREATE TABLE raw."{name}" ({declared})')
    if files:
        _insert(connection, name, entity, files, received)


def _load_units(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entity: Entity,
    files: list[str],
    new: list[str],
    received: Received,
    changed: set[str],
) -> bool:
    """Makes again the rows of the units that the changed deliveries are about, when no other row can have changed.

    That is so when the unit is in the key: a row is then only replaced by rows of its own unit. Returns False when
    nothing was done.
    """
    unit = entity.unit_field
    held = connection.execute(f'SELECT column_name, column_type FROM (DESCRIBE raw."{name}")').fetchall()
    if unit not in entity.primary_key or held != _columns(entity):
        return False
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _unites AS
            SELECT DISTINCT "{unit}" AS unite FROM raw."{name}" WHERE _delivery_id IN (SELECT unnest(?::VARCHAR[]))""",
        [sorted(changed)],
    )
    if new:
        connection.execute(f'INSERT INTO _unites SELECT DISTINCT "{unit}" FROM {_PARQUET}', [new])
    counted = connection.execute(
        f"""SELECT count(DISTINCT unite), count(*) FILTER (WHERE unite IS NULL),
                   (SELECT approx_count_distinct("{unit}") FROM raw."{name}") FROM _unites"""
    ).fetchone()
    units, unknown, all_units = counted or (0, 0, 0)
    if unknown or units > changes.MAX_SHARE * all_units:
        return False
    connection.execute(f'DELETE FROM raw."{name}" WHERE "{unit}" IN (SELECT unite FROM _unites)')
    if files:
        _insert(connection, name, entity, files, received, f'WHERE f."{unit}" IN (SELECT unite FROM _unites)')
    return True


def _columns(entity: Entity) -> list[tuple[str, str]]:
    """The columns of a raw table: those of the entity, when the row was received, whether it is the last of its key."""
    return [*sql_columns(entity), ("_recu_le", "TIMESTAMP"), ("_est_courante", "BOOLEAN")]


def _insert(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    entity: Entity,
    files: list[str],
    received: Received,
    which: str = "",
) -> None:
    instants = pl.DataFrame(
        [(i, datetime.fromisoformat(m.received_at).replace(tzinfo=None)) for i, m in received.items()],
        schema={"delivery_id": pl.String, "recu_le": pl.Datetime("us")},
        orient="row",
    ).to_arrow()
    connection.register("_recus", instants)
    key = [*entity.primary_key, *(["millesime"] if "millesime" not in entity.primary_key else [])]
    # Without a key, nothing distinguishes two rows of one delivery about persons: both are current until a later one.
    identified = " AND ".join(f'f."{k}" IS NOT NULL' for k in entity.identity_in_key)
    line = f"CASE WHEN {identified} THEN f._ligne END" if identified else "f._ligne"
    rank = (
        f"""rank() OVER (PARTITION BY {", ".join(f'f."{k}"' for k in key)}
            ORDER BY f._collecte_le DESC, r.recu_le DESC, f._delivery_id DESC, {line} DESC) = 1"""
        if entity.primary_key
        else "true"
    )
    names = ", ".join(f'f."{c}"' for c, _ in sql_columns(entity))
    connection.execute(
        f"""INSERT INTO raw."{name}" SELECT {names}, r.recu_le, {rank}
            FROM {_PARQUET} f JOIN _recus r ON r.delivery_id = f._delivery_id {which}""",
        [files],
    )
    connection.unregister("_recus")


def _load_findings(
    connection: duckdb.DuckDBPyConnection, home: Home, name: str, schema: dict[str, Any], files: Iterable[str]
) -> None:
    types = {pl.String: "VARCHAR", pl.Int64: "BIGINT"}
    declared = ", ".join(f'"{c}" {types[t]}' for c, t in schema.items())
    connection.execute(f"CREATE OR REPLACE TABLE raw.{name} ({declared})")
    paths = [str(home.lake / f) for f in files]
    if paths:
        connection.execute(
            f"""INSERT INTO raw.{name} BY NAME
                SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = false)""",
            [paths],
        )


_TEXTS = (
    "delivery_id",
    "source",
    "contrat_version",
    "forme",
    "nom_fichier",
    "recu_le",
    "collecte_le",
    "statut",
    "motif",
)
_COUNTS = ("n_lues", "n_acceptees", "n_rejetees", "n_signalements")
_DELIVERY = {**dict.fromkeys(_TEXTS, pl.String), **dict.fromkeys(_COUNTS, pl.Int64),
             "millesimes": pl.String, "colonnes_absentes": pl.String}  # fmt: skip


def _load_deliveries(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Makes raw.livraisons: every delivery that was processed, refused when it was processed, or refused at the door.

    A file refused at the door may be about persons. It is identified by its instant, because a guess at its content
    could be confirmed with its SHA-256.
    """
    rows: list[tuple[Any, ...]] = []
    processed = {r.delivery_id: r for r in results(home)}
    for m in landing.manifests(home):
        r = processed.get(m.delivery_id)
        if r is None:
            continue
        rows.append(
            (m.delivery_id, m.source, m.contract_version, m.layout, m.filename, m.received_at, m.collecte_le, r.statut,
             r.motif, r.lues, r.acceptees, r.rejetees, r.signalements, ", ".join(map(str, r.millesimes)),
             " ; ".join(title or "(sans titre)" for title in r.absentes) or None)
        )  # fmt: skip
    for refusal in landing.refusals(home):
        number = re.sub(r"[^0-9]", "", refusal["received_at"])
        rows.append(
            (f"refusee-{number}", refusal["source"] or "inconnue", None, None, refusal["filename"],
             refusal["received_at"], None, REFUSED, refusal["reason"], 0, 0, 0, 0, None, None)
        )  # fmt: skip
    connection.execute(
        """CREATE OR REPLACE TABLE raw.livraisons (delivery_id VARCHAR, source VARCHAR, contrat_version VARCHAR,
           forme VARCHAR, nom_fichier VARCHAR, recu_le TIMESTAMP, collecte_le DATE, statut VARCHAR, motif VARCHAR,
           n_lues BIGINT, n_acceptees BIGINT, n_rejetees BIGINT, n_signalements BIGINT, millesimes VARCHAR,
           colonnes_absentes VARCHAR)"""
    )
    if rows:
        table = pl.DataFrame(rows, schema=_DELIVERY, orient="row").to_arrow()
        connection.register("_dites", table)
        connection.execute(
            """INSERT INTO raw.livraisons BY NAME
               SELECT * REPLACE (CAST(recu_le AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS recu_le) FROM _dites"""
        )
        connection.unregister("_dites")
