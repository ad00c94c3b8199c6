"""From the warehouse to the Parquet files of a snapshot.

Belongs here: which tables are published, in which order of columns and rows, without what is hidden of the answers of
units (`dlnuf_secret` says what), and whether they are what contracts say. Does not belong here: what is open
(`open_data`), whether it is acceptable (`acceptance`), where it goes (`store`).
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from data_contracts.disclosure import HIDDEN, THRESHOLD, WITNESS
from data_contracts.loading import Field, Product
from data_contracts.schemas import SQL_TYPES
from orchestration.publication import held_store, small_numbers
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import DataFile
from orchestration.publication.parquet import quoted, write_query
from orchestration.publication.store import Step

WRITERS = 2  # tables written at a time: sorting uses several cores, writing one
SECRETS = "dlnuf.dlnuf_secret"  # what of the answers of units stays in the warehouse
MEMORY = "3GB"  # what sorting may hold before it goes to disk

_FAMILIES: dict[str, tuple[str, ...]] = {
    "string": ("VARCHAR",),
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    "number": ("DOUBLE", "FLOAT", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP",),
}


def schema_of(product: Product) -> str:
    """Schema of the warehouse where the table of a product stands: the resolution layer has its own."""
    return "dlnuf" if product.id.startswith("dlnuf_") else "marts"


def query_of(product: Product) -> str:
    """The query of a product: columns with the order and types of the contract, rows in the order of its key."""
    return _query(product, product.built, f"{schema_of(product)}.{quoted(product.id)}")


def protected_query_of(product: Product) -> str:
    """The same, of a product that tells what units answered: without what would give a small number of persons."""
    said = product.withheld
    if said is None:
        return query_of(product)
    hidden = dict.fromkeys(said.values, "NULL") | dict.fromkeys(said.texts, f"'{HIDDEN}'")
    is_hidden = "w.unite_id IS NOT NULL"
    if said.number:  # an answer in words is none of the counts
        is_hidden += f" AND t.{quoted(said.number)} IS NOT NULL"
    columns = [
        f"CASE WHEN {is_hidden} AND t.{quoted(f.name)} IS NOT NULL THEN {hidden[f.name]} ELSE t.{quoted(f.name)} END"
        f" AS {quoted(f.name)}"
        if f.name in hidden
        else f"t.{quoted(f.name)}"
        for f in product.built
    ]
    names = ", ".join(
        f"CASE WHEN {is_hidden} AND t.{quoted(f.name)} IS NOT NULL THEN '{f.name}' END"
        for f in product.built
        if f.name in hidden
    )
    kind = "element" if said.element else "indicateur"
    relation = (
        f"(SELECT {', '.join(columns)}, nullif(concat_ws(', ', {names}), '') AS {quoted(WITNESS)}"
        f" FROM {schema_of(product)}.{quoted(product.id)} AS t"
        f" LEFT JOIN (SELECT DISTINCT unite_id, code FROM {SECRETS} WHERE genre = '{kind}') AS w"
        f" ON t.{quoted(said.unit)} = w.unite_id AND t.{quoted(said.code)} = w.code)"
    )
    return _query(product, product.fields, relation)


def _query(product: Product, fields: Iterable[Field], relation: str) -> str:
    selected = ", ".join(f"CAST({quoted(f.name)} AS {SQL_TYPES[f.logical_type]}) AS {quoted(f.name)}" for f in fields)
    order = ", ".join(f"{quoted(n)} NULLS FIRST" for n in product.primary_key)
    return f"SELECT {selected} FROM {relation} ORDER BY {order}"


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, read-only. Raises PublicationBlocked when it is absent or held by a writer."""
    if not path.exists():
        raise PublicationBlocked("l'entrepôt n'existe pas encore.", [f"{path} est absent. Lancez dlnuf run."])
    try:
        spill = f"{path}.tmp"
        return duckdb.connect(str(path), read_only=True, config={"memory_limit": MEMORY, "temp_directory": spill})
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        raise PublicationBlocked(
            "l'entrepôt ne peut pas être lu.",
            [f"{path} : {error} Attendez la fin du traitement qui l'utilise, puis relancez la publication."],
        ) from error


def check_tables(connection: duckdb.DuckDBPyConnection, products: Iterable[Product]) -> None:
    """Raises PublicationBlocked listing every table and column that differs from the contracts."""
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema IN ('marts', 'dlnuf')"
    ).fetchall():
        tables.setdefault((schema, table), {})[column] = kind
    listed = list(products)
    problems = [p for product in listed for p in _differences(product, tables.get((schema_of(product), product.id)))]
    if any(p.withheld for p in listed) and tuple(SECRETS.split(".")) not in tables:
        problems.append(f"{SECRETS} : table absente de l'entrepôt. Reconstruisez-la (dbt build).")
    if problems:
        raise PublicationBlocked("l'entrepôt ne contient pas ce que les contrats de produit déclarent.", problems)


def _differences(product: Product, present: dict[str, str] | None) -> list[str]:
    where = f"{schema_of(product)}.{product.id}"
    if present is None:
        return [f"{where} : table absente de l'entrepôt. Reconstruisez-la (dbt build)."]
    declared = {f.name: f.logical_type for f in product.built}
    remedy = "Accordez le modèle et le contrat."
    problems = [f"{where}.{c} : colonne du contrat absente de la table. {remedy}" for c in declared if c not in present]
    problems += [f"{where}.{c} : colonne que le contrat ne déclare pas. {remedy}" for c in present if c not in declared]
    for name, logical in declared.items():
        kind = present.get(name, "").split("(")[0]
        allowed = _FAMILIES[logical] + (_FAMILIES["integer"] if logical == "number" else ())
        if kind and kind not in allowed:
            problems.append(f"{where}.{name} : de type {kind}, alors que le contrat déclare {logical}. {remedy}")
    return problems


def write(
    connection: duckdb.DuckDBPyConnection,
    products: Iterable[Product],
    staging: Path,
    on_step: Step,
    holding: held_store.Holding,
    *,
    minimum: int = THRESHOLD,
) -> list[DataFile]:
    """Writes the table of every product to `marts/` of the staging folder, small numbers of persons being hidden, and
    what few persons changed since the publication before being held.

    minimum: under how many persons a count is hidden.

    Raises PublicationBlocked: a product about persons that is not protected, or cannot be.
    """

    def write_one(product: Product) -> DataFile:
        path = staging / "marts" / f"{product.id}.parquet"
        cursor = connection.cursor()
        if product.id not in protected:
            return write_query(cursor, protected_query_of(product), path, product)
        cursor.register("_protege", protected[product.id].to_arrow())
        return write_query(cursor, _query(product, product.fields, "_protege"), path, product)

    files: list[DataFile] = []
    listed = list(products)
    small_numbers.check(listed)
    personal = [p for p in listed if p.disclosure is not None]
    frames = {p.id: connection.execute(query_of(p)).pl() for p in personal}
    protected = held_store.protected(personal, frames, minimum, holding)
    with ThreadPoolExecutor(WRITERS) as pool:
        for product, file in zip(listed, pool.map(write_one, listed), strict=True):
            files.append(file)
            on_step(f"table:{product.id}", staging)
    return files
