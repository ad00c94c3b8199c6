"""What the warehouse gives a collection, and what was measured of it, as rows.

Belongs here: SQL that reads. Does not belong here: judging (`data_contracts.supply_rules`), writing (`given_back`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from data_contracts.supply_rules import MART, Verdict, verdicts
from ingest.home import Home
from orchestration.forms import known_columns
from orchestration.forms.cells import Value
from orchestration.forms.known_columns import RUN, NotReady

_AT_ONCE = 50_000  # answers read at once: memory does not grow with the number of ESMS


@dataclass(frozen=True)
class Given:
    """What is given to a column of a collection about an ESMS, and what the collection itself received there."""

    finess: str
    field: str
    value: Value
    source: str
    status: str
    received: Value | None


@contextmanager
def opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, to be read.

    Raises:
        NotReady: there is none, it was built by an earlier version, or it is in use.
    """
    with known_columns.opened(home) as connection:
        there = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [MART]
        ).fetchone()
        if not there or not there[0]:
            raise NotReady(f"L'entrepôt ne compare pas encore ce qu'il rendrait aux collectes : il est d'avant. {RUN}")
        yield connection


def judged(connection: duckdb.DuckDBPyConnection) -> dict[str, Verdict]:
    """The verdict of each collection whose answers are held, by source."""
    return {each.source: each for each in verdicts(rows(connection, f"SELECT * FROM marts.{MART}"))}


def rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a query, by name of column."""
    found = connection.execute(sql, parameters or [])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def given(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[list[Given]]:
    """What is given to a collection, the answers about one ESMS after those about another, in the order of numbers."""
    found = connection.execute(
        """SELECT finess_et, champ, valeur_nombre, valeur_texte, valeur_date, source, statut, est_recue,
                  recu_nombre, recu_texte, recu_date
           FROM intermediate.int_formulaires__fournitures
           WHERE formulaire = ? AND est_fournie
           ORDER BY finess_et, rang""",
        [source],
    )
    of_one: list[Given] = []
    while batch := found.fetchmany(_AT_ONCE):
        for finess, field, number, text, day, told_by, status, is_received, *received in batch:
            if of_one and of_one[0].finess != finess:
                yield of_one
                of_one = []
            heard = Value(*received) if is_received else None
            of_one.append(Given(finess, field, Value(number, text, day), told_by, status, heard))
    if of_one:
        yield of_one
