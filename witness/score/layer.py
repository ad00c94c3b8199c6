"""What the system made of the deliveries, as tables of a DuckDB connection.

Belongs here: reading the current publication and the results of the lake. Does not belong here: judging them.

    reponses    one row an answer that the layer holds, retained or not; est_secrete: its value was hidden
    couche      one row a retained value: its question, its status
    lues        one row a file and table: rows read, accepted, rejected
    livraisons  one row a delivery: the name of its file, the SHA-256 of its bytes, its rank of reception
    rejetees    one row a rejected line and table
    tolerances  one row an element of the dictionary: kind and value of its tolerance, its group
    ordres      one row an element and a source: its rank
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from witness.installation import Installation, Published, declared
from witness.score.agreement import question_hash
from witness.score.no_score import NothingToScore

_ACCEPTED = "accepted"  # status of a result: the delivery was taken, even if some of its rows were not
_DECIMALS = "case when valeur_nombre is not null then length(split_part(valeur, '.', 2)) end"
_ANSWER = (
    "unite_id, element_id, source, valeur_nombre AS nombre, valeur_texte AS texte,"
    f" valeur_date AS jour, {_DECIMALS} AS decimales, delivery_id, CAST(ligne AS BIGINT) AS ligne, collecte_le"
)


def open_layer(connection: duckdb.DuckDBPyConnection, home: Installation, sealed: Mapping[str, str]) -> Published:
    """Create the tables of the system; returns the publication that they show. Raises NothingToScore.

    sealed: SHA-256 of deliveries, by their id, that their manifests do not tell.
    """
    current = home.published()
    if current is None:
        raise NothingToScore("Rien n'est publié : livrez, puis lancez dlnuf run.")
    _dictionary(connection)
    _publication(connection, current.marts)
    _lake(connection, home, sealed)
    return current


def _dictionary(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        (row["element_id"], row["groupe"], row["libelle"], row["tolerance_type"], float(row["tolerance_valeur"] or 0))
        for row in declared("elements")
    ]
    _table(connection, "tolerances", ("element_id", "groupe", "libelle", "type", "valeur"), rows)
    ranks = [(row["element_id"], row["source"], int(row["rang"])) for row in declared("precedence")]
    _table(connection, "ordres", ("element_id", "source", "rang"), ranks)


def _publication(connection: duckdb.DuckDBPyConnection, marts: Path) -> None:
    def read(table: str) -> str:
        return "read_parquet('" + str(marts / f"{table}.parquet").replace("'", "''") + "')"

    connection.execute(
        f"""CREATE VIEW reponses AS
            SELECT {question_hash()} AS q, {_ANSWER}, secret IS NOT NULL AS est_secrete, true AS est_retenue, statut,
                   CAST(NULL AS VARCHAR) AS motif
            FROM {read("dlnuf_valeurs")}
            UNION ALL
            SELECT {question_hash()}, {_ANSWER}, secret IS NOT NULL, false, NULL, motif
            FROM {read("dlnuf_reponses_ecartees")}"""
    )


def _lake(connection: duckdb.DuckDBPyConnection, home: Installation, sealed: Mapping[str, str]) -> None:
    received = home.landed()
    # Of two files of one name, the witness speaks of the first: it does not know the later one, which is a correction.
    first = {m["filename"]: m["delivery_id"] for m in reversed(received)}
    names = [
        (
            m["delivery_id"],
            m["filename"] if first[m["filename"]] == m["delivery_id"] else None,
            m["sha256"] or sealed.get(m["delivery_id"]),
            rank,
        )
        for rank, m in enumerate(received)
    ]
    _table(connection, "livraisons", ("delivery_id", "fichier", "sha256", "recu_rang"), names)
    read: list[tuple[str, str, int, int, int]] = []
    files: list[str] = []
    for result in home.results():
        if result["statut"] != _ACCEPTED:
            continue
        for entity, counts in result["entities"].items():
            read.append((result["delivery_id"], entity, counts["lues"], counts["acceptees"], counts["rejetees"]))
        files += [str(home.lake / f) for f in result["files"].get("rejects", [])]
    _table(connection, "lues", ("delivery_id", "entite", "lues", "acceptees", "rejetees"), read)
    connection.execute("CREATE TABLE rejetees (delivery_id VARCHAR, entite VARCHAR, ligne BIGINT, regle VARCHAR)")
    if files:
        connection.execute(
            """INSERT INTO rejetees SELECT delivery_id, entite, CAST(ligne AS BIGINT), min(regle)
               FROM read_parquet(?, union_by_name = true, hive_partitioning = false) GROUP BY ALL""",
            [files],
        )


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: list) -> None:
    """Create a small table from Python rows. The columns of an empty one are texts, since no type can be guessed."""
    arrays = list(zip(*rows, strict=True)) if rows else [[] for _ in columns]
    table = pa.table({c: pa.array(a, None if rows else pa.string()) for c, a in zip(columns, arrays, strict=True)})
    connection.register("_a_copier", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _a_copier")
    connection.unregister("_a_copier")
