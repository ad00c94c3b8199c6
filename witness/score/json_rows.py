"""Rows of a query in the types that JSON takes.

Belongs here: that conversion. Does not belong here: any query.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Every row of a query, by name of column. Sums of integers, which DuckDB gives as decimals, are integers."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [{n: _plain(v) for n, v in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value
