"""pandera and pyarrow schemas of an entity, derived from its contract.

Belongs here: turning fields into schemas. Does not belong here: running them on deliveries (`ingest.validate.chunk`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from data_contracts.contract import Entity, Field
from data_contracts.value_domains import domains

if TYPE_CHECKING:
    import pandera.polars as pandera

POLARS_TYPES: dict[str, Any] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "timestamp": pl.Datetime("us"),
}
ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
# Columns that every accepted row carries beside the fields of its contract.
TECHNICAL = (("_delivery_id", "string"), ("_ligne", "integer"), ("_collecte_le", "date"), ("millesime", "integer"))


def arrow_schema(entity: Entity) -> pa.Schema:
    """pyarrow schema of the accepted rows of an entity: its fields, then the technical columns."""
    columns = [pa.field(f.name, ARROW_TYPES[f.logical_type], nullable=not f.required) for f in entity.fields]
    names = {f.name for f in entity.fields}
    columns += [pa.field(n, ARROW_TYPES[t], nullable=False) for n, t in TECHNICAL if n not in names]
    return pa.schema(columns)


def sql_columns(entity: Entity) -> list[tuple[str, str]]:
    """(name, DuckDB type) of the accepted rows of an entity."""
    names = {f.name for f in entity.fields}
    columns = [(f.name, SQL_TYPES[f.logical_type]) for f in entity.fields]
    return columns + [(n, SQL_TYPES[t]) for n, t in TECHNICAL if n not in names]


@lru_cache(maxsize=256)
def pandera_schema(entity: Entity, carried: frozenset[str] | None = None) -> pandera.DataFrameSchema:
    """The gate in: pandera schema of the typed rows of an entity, hard rules only.

    carried: names of the fields that the layout has, all by default; the others cannot be required of it.
    """
    import pandera.polars as pandera

    columns = {f.name: _pandera_column(f, present=carried is None or f.name in carried) for f in entity.fields}
    return pandera.DataFrameSchema(columns, strict=False, ordered=False)


def _pandera_column(field: Field, *, present: bool) -> Any:
    import pandera.polars as pandera

    checks: list[pandera.Check] = []
    minimum, maximum = field.option("minimum"), field.option("maximum")
    if minimum is not None:
        checks.append(pandera.Check.ge(minimum, error=f"minimum {minimum}"))
    if maximum is not None:
        checks.append(pandera.Check.le(maximum, error=f"maximum {maximum}"))
    if field.logical_type == "string":
        if field.option("pattern"):
            checks.append(pandera.Check.str_matches(field.option("pattern"), error=f"format attendu : {_shape(field)}"))
        longest, shortest = field.option("maxLength"), field.option("minLength")
        if longest is not None or shortest is not None:
            label = f"longueur de {shortest or 0} à {longest if longest is not None else '∞'}"
            checks.append(pandera.Check.str_length(shortest, longest, error=label))
    if field.accepted_values:
        checks.append(
            pandera.Check.isin(
                list(field.accepted_values), error=f"valeurs admises : {', '.join(field.accepted_values)}"
            )
        )
    return pandera.Column(
        POLARS_TYPES[field.logical_type], checks=checks, nullable=not (field.required and present), required=True
    )


def _shape(field: Field) -> str:
    """The format of a text, as a person says it when the field is of a domain; else its pattern."""
    domain = field.domain or domains().get(field.key_check or "")
    return domain.shape if domain else str(field.option("pattern"))
