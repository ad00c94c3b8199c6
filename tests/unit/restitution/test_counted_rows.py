"""What is prepared for an ESMS takes the statements that the layer counts, table by table."""

from __future__ import annotations

import re

import duckdb
import pytest

from data_contracts.loading import load_contracts
from data_contracts.person_role import PREPARED
from data_contracts.statuses import every_state
from ingest.home import PROJECT
from orchestration.restitution import warehouse

FINESS = "010000001"
WITH_STATE = [
    table
    for table in PREPARED
    if load_contracts()[table.split(".")[0]].entity(table.split(".")[1]).state_field is not None
]


def rows_of_each_state(source: str, name: str) -> duckdb.DuckDBPyConnection:
    """A table that holds one row a state, line by line in the order of the list, and one that says none."""
    entity = load_contracts()[source].entity(name).stored
    connection = duckdb.connect()
    keys = {*entity.primary_key, "finess_et"}
    columns = ", ".join(f'"{key}" VARCHAR' for key in sorted(keys))
    connection.execute("CREATE SCHEMA raw")
    connection.execute(
        f"""CREATE TABLE raw."{source}__{name}" ({columns}, "{entity.state_field}" VARCHAR, _est_courante BOOLEAN,
            millesime INT, _collecte_le DATE, _recu_le TIMESTAMP, _delivery_id VARCHAR, _ligne BIGINT)"""
    )
    for line, state in enumerate((*every_state(), None), 1):
        given = [FINESS if key == "finess_et" else f"n{line}" for key in sorted(keys)]
        connection.execute(
            f"""INSERT INTO raw."{source}__{name}" VALUES (
                {", ".join("?" * len(given))}, ?, true, 2026, DATE '2026-10-01', TIMESTAMP '2026-10-01', 'd', ?)""",
            [*given, state, line],
        )
    return connection


@pytest.mark.parametrize("table", WITH_STATE)
def test_rows_in_force_are_those_that_the_staging_model_takes(table: str) -> None:
    source, name = table.split(".")
    entity = load_contracts()[source].entity(name).stored
    model = next((PROJECT / "dbt_project" / "models").rglob(f"stg_{source}__{name}.sql")).read_text(encoding="utf-8")
    (asked,) = re.findall(r"is_fact\(([^)]*)\)", model)
    expected = {"FAIT", "PREVU"} if "plans=true" in asked else {"FAIT"}
    states = dict(enumerate((*every_state(), None), 1))
    found = warehouse._in_force(rows_of_each_state(source, name), source, entity, FINESS)
    assert {states[line] or "FAIT" for _, line in found} == expected
