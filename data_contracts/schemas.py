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
def pandera_schema(entity: Entity, carried: frozenset[str], names: frozenset[str]) -> pandera.DataFrameSchema:
    """The gate in: pandera schema of the typed rows of an entity, hard rules only.

    carried: names of the fields that the layout has; the others cannot be required of it. names: the fields to judge.
    """
    import pandera.polars as pandera

    columns = {f.name: _pandera_column(f, present=f.name in carried) for f in entity.fields if f.name in names}
    return pandera.DataFrameSchema(columns, strict=False, ordered=False)


@lru_cache(maxsize=256)
def conformity(entity: Entity, carried: frozenset[str]) -> tuple[pl.Expr, ...]:
    """For each field, whether all of its values are what its column of `pandera_schema` says: the same conditions, all
    in one pass. Only the fields of which one does not hold need to be judged row by row."""
    return tuple(_all_conform(f, present=f.name in carried).alias(f.name) for f in entity.fields)


def _all_conform(field: Field, *, present: bool) -> pl.Expr:
    column = pl.col(field.name)
    holds = [pl.lit(True), *(condition.fill_null(True).all() for _, condition in _hard_rules(field))]
    if field.required and present:
        holds.append(column.is_not_null().all())
    return pl.all_horizontal(holds)


def _hard_rules(field: Field) -> list[tuple[str, pl.Expr]]:
    """What every value of a field must be: how a reject says it, and the condition. A value that is NULL is none."""
    column = pl.col(field.name)
    rules: list[tuple[str, pl.Expr]] = []
    minimum, maximum = field.option("minimum"), field.option("maximum")
    if minimum is not None:
        rules.append((f"minimum {minimum}", column >= minimum))
    if maximum is not None:
        rules.append((f"maximum {maximum}", column <= maximum))
    if field.logical_type == "string":
        if pattern := field.option("pattern"):
            anchored = pattern if pattern.startswith("^") else f"^{pattern}"
            rules.append((f"format attendu : {_shape(field)}", column.str.contains(anchored)))
        longest, shortest = field.option("maxLength"), field.option("minLength")
        if longest is not None or shortest is not None:
            label = f"longueur de {shortest or 0} à {longest if longest is not None else '∞'}"
            length = column.str.len_chars()
            rules.append((label, (length >= (shortest or 0)) & ((length <= longest) if longest is not None else True)))
    if field.accepted_values:
        label = f"valeurs admises : {', '.join(field.accepted_values)}"
        rules.append((label, column.is_in(list(field.accepted_values))))
    return rules


def _pandera_column(field: Field, *, present: bool) -> Any:
    import pandera.polars as pandera

    def check(label: str, condition: pl.Expr) -> pandera.Check:
        return pandera.Check(lambda data: data.lazyframe.select(condition), error=label)

    return pandera.Column(
        POLARS_TYPES[field.logical_type],
        checks=[check(label, condition) for label, condition in _hard_rules(field)],
        nullable=not (field.required and present),
        required=True,
    )


def _shape(field: Field) -> str:
    """The format of a text, as a person says it when the field is of a domain; else its pattern."""
    domain = field.domain or domains().get(field.key_check or "")
    return domain.shape if domain else str(field.option("pattern"))
