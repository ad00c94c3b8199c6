"""What the gate looks at: every distinct value of a staged file, once, with the number of rows that carry it.

Belongs here: drawing those samples with DuckDB, and finding the rows behind a broken value. Does not belong here: rules
(`rules`), evaluation (`acceptance`).

A rule about the values of a row gives the same answer on two rows that carry the same values: looking once at each
distinct value looks at every row, and a national file need not stand in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.parquet import quoted

if TYPE_CHECKING:
    import pandas as pd

_N = "__n"  # rows that carry a distinct value


@dataclass(frozen=True)
class Frame:
    """A group of rows to look at: a staged file, or a small table of figures."""

    scope: str
    columns: tuple[str, ...]
    key: tuple[str, ...]  # what names a row in examples
    origin: Path | pa.Table


@dataclass(frozen=True)
class Sample:
    """Rows handed to Great Expectations, and how many rows of the frame each stands for, by column."""

    data: pd.DataFrame
    rows: int  # of the frame
    weights: dict[str, Sequence[int]] | None  # None: each row stands for itself


class Reader:
    """One frame, opened for as long as its rules are evaluated. Raises PublicationBlocked when it cannot be read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, frame: Frame) -> None:
        self._connection = connection
        self.frame = frame
        if isinstance(frame.origin, pa.Table):
            connection.register("_lignes", frame.origin)
            self._relation = "_lignes"
        else:
            self._relation = "read_parquet('" + str(frame.origin).replace("'", "''") + "')"

    @cached_property
    def rows(self) -> int:
        """Rows of the frame."""
        return self._query(f"SELECT count(*) AS n FROM {self._relation}")["n"][0].as_py()

    @cached_property
    def _floats(self) -> set[str]:
        types = self._query(
            f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {self._relation})"
        ).to_pylist()
        return {row["column_name"] for row in types if row["column_type"] in ("DOUBLE", "FLOAT")}

    def values(self, columns: Iterable[str], only_nulls: set[str]) -> Sample:
        """The distinct values of each column, side by side; a column of `only_nulls` shows one known value at most.

        Columns have different numbers of distinct values: the shorter ones repeat their last value, which stands for
        no row there.
        """
        import pandas as pd

        tables = {name: self._distinct([name], only_known=name in only_nulls) for name in columns}
        height = max((len(t) for t in tables.values()), default=0)
        data: dict[str, Any] = {}
        weights: dict[str, Sequence[int]] = {}
        for name, table in tables.items():
            missing = height - len(table)
            places = pa.array([*range(len(table)), *[len(table) - 1] * missing], pa.int64())
            data[name] = table.select([name]).take(places).to_pandas(date_as_object=False)[name]
            weights[name] = [*table[_N].to_pylist(), *[0] * missing]
        return Sample(pd.DataFrame(data), self.rows, weights)

    def combinations(self, columns: Sequence[str]) -> Sample:
        """The distinct combinations of several columns."""
        table = self._distinct(columns)
        counts: Sequence[int] = table[_N].to_pylist()  # pyright: ignore[reportAssignmentType]  count(*): never NULL
        weights = dict.fromkeys(columns, counts)
        return Sample(table.select(list(columns)).to_pandas(date_as_object=False), self.rows, weights)

    def repeated(self, columns: Sequence[str], more: Sequence[str]) -> Sample:
        """The rows whose value in `columns` comes more than once; `more`: other columns to show."""
        listed = ", ".join(quoted(c) for c in columns)
        shown = ", ".join(quoted(c) for c in dict.fromkeys([*columns, *more]))
        twice = f"SELECT hash({listed}) FROM {self._relation} GROUP BY 1 HAVING count(*) > 1"
        table = self._query(f"SELECT {shown} FROM {self._relation} WHERE hash({listed}) IN ({twice}) ORDER BY ALL")
        return Sample(table.to_pandas(date_as_object=False), self.rows, None)

    def whole(self, columns: Sequence[str]) -> Sample:
        """Every row; of no column, their number only."""
        import pandas as pd

        if not columns:
            return Sample(pd.DataFrame(index=pd.RangeIndex(self.rows)), self.rows, None)
        listed = ", ".join(quoted(c) for c in columns)
        return Sample(
            self._query(f"SELECT {listed} FROM {self._relation}").to_pandas(date_as_object=False), self.rows, None
        )

    def rows_with(self, values: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """The first rows, in the order of the key, that carry these values: their key."""
        if not self.frame.key:
            return []
        listed = ", ".join(quoted(c) for c in self.frame.key)
        where = " AND ".join(f"{quoted(c)} IS NOT DISTINCT FROM ?" for c in values)
        query = f"SELECT {listed} FROM {self._relation} WHERE {where} ORDER BY ALL LIMIT {limit}"
        return self._query(query, list(values.values())).to_pylist()

    def _distinct(self, columns: Sequence[str], *, only_known: bool = False) -> pa.Table:
        if only_known:
            name = quoted(columns[0])
            shown = f"min({name}) AS {name}, count(*) AS {_N}"
            alike = f"{name} IS NULL"
            if columns[0] in self._floats:  # pandas, hence the rules, take NaN for a null
                alike += f" OR isnan({name})"
            query = f"SELECT {shown} FROM {self._relation} GROUP BY {alike} ORDER BY 1"
        else:
            listed = ", ".join(quoted(c) for c in columns)
            query = f"SELECT {listed}, count(*) AS {_N} FROM {self._relation} GROUP BY ALL ORDER BY ALL"
        return self._query(query)

    def _query(self, query: str, parameters: list[Any] | None = None) -> pa.Table:
        try:
            return self._connection.execute(query, parameters).to_arrow_table()
        except duckdb.Error as error:
            raise PublicationBlocked(
                "un fichier préparé ne peut pas être relu.",
                [f"{self.frame.scope} : {error} Vérifiez le disque, puis relancez la publication."],
            ) from error
