"""What a run must redo, from what was loaded since the layer was last built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from data_contracts.model import Contract, Entity, load_contracts
from ingest import modifications
from ingest.modifications import ToBuild

NAME = "errd__errd_et"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse whose layer knows forty establishments, built with the declarations « v1 »."""
    with duckdb.connect() as opened:
        modifications.prepare(opened)
        opened.execute(f'CREATE TABLE raw."{NAME}" (finess_et VARCHAR, _delivery_id VARCHAR)')
        opened.execute(
            f"INSERT INTO raw.\"{NAME}\" VALUES ('01', 'a'), ('02', 'a'), ('02', 'b'), (NULL, 'b'), ('03', 'c')"
        )
        opened.execute("CREATE SCHEMA intermediate")
        forty = "SELECT 'ET' AS unite, range::VARCHAR AS unite_id FROM range(40)"
        opened.execute(f"CREATE TABLE intermediate.int_observations AS {forty}")
        modifications.built(opened, "v1")
        yield opened


@pytest.fixture(scope="module")
def errd() -> Contract:
    return load_contracts()["errd"]


@pytest.fixture(scope="module")
def accounts(errd: Contract) -> Entity:
    return errd.entity("errd_et")


def units(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT unite, unite_id FROM raw.modifications").fetchall())


def test_the_units_of_the_deliveries_that_changed_are_redone(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, accounts, {"b", "c"})
    assert units(connection) == {("ET", "02"), ("ET", "03")}
    assert modifications.to_build(connection, "v1") == ToBuild(everything=False, units=2)


def test_nothing_changed_nothing_to_redo(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, accounts, set())
    assert modifications.to_build(connection, "v1") == ToBuild(everything=False, units=0)


def test_a_referential_may_bear_on_any_unit(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, replace(errd, nature="referentiel"), accounts, {"a"})
    assert modifications.to_build(connection, "v1").everything


def test_a_table_that_is_not_about_units_may_bear_on_any(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, replace(accounts, unit=None, unit_field=None), {"a"})
    assert modifications.to_build(connection, "v1").everything


def test_a_row_that_may_replace_that_of_another_unit_redoes_everything(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    fields = tuple(replace(f, primary_key_position=None) if f.name == "finess_et" else f for f in accounts.fields)
    modifications.note(connection, NAME, errd, replace(accounts, fields=fields), {"a"})
    assert modifications.to_build(connection, "v1").everything


def test_a_table_whose_rows_name_several_units_redoes_everything(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, replace(accounts, observations="staging"), {"a"})
    assert modifications.to_build(connection, "v1").everything


def test_a_table_loaded_under_a_former_contract_may_bear_on_any(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, replace(accounts, unit_field="identifiant_nouveau"), {"a"})
    assert modifications.to_build(connection, "v1").everything


@pytest.mark.parametrize("declarations", ["v2", ""])
def test_other_declarations_redo_everything(connection: duckdb.DuckDBPyConnection, declarations: str) -> None:
    assert modifications.to_build(connection, declarations).everything


def test_a_warehouse_that_was_never_built_is_built_whole() -> None:
    with duckdb.connect() as connection:
        modifications.prepare(connection)
        assert modifications.to_build(connection, "v1").everything


def test_too_many_units_are_redone_together(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    connection.execute(f"INSERT INTO raw.\"{NAME}\" SELECT range::VARCHAR, 'd' FROM range(100, 107)")
    modifications.note(connection, NAME, errd, accounts, {"d"})
    assert modifications.to_build(connection, "v1") == ToBuild(everything=True, units=7)


def test_what_is_to_redo_stays_until_a_build_succeeds(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    modifications.note(connection, NAME, errd, accounts, {"c"})
    modifications.prepare(connection)  # another run begins: the build before it failed
    modifications.note(connection, NAME, errd, accounts, {"a"})
    assert units(connection) == {("ET", "01"), ("ET", "02"), ("ET", "03")}
    modifications.built(connection, "v1")
    assert units(connection) == set()


def test_what_a_table_holds_is_remembered_by_delivery(connection: duckdb.DuckDBPyConnection) -> None:
    modifications.record(connection, NAME, {"a": "1", "b": "2"})
    modifications.record(connection, NAME, {"b": "3"})
    assert modifications.loaded(connection, NAME) == {"b": "3"}
    assert modifications.loaded(connection, "autre") == {}


def test_a_whole_build_that_does_not_end_leaves_everything_to_redo(connection: duckdb.DuckDBPyConnection) -> None:
    modifications.forget(connection)  # a build under « v2 » begins, fails, and the declarations come back to « v1 »
    assert modifications.to_build(connection, "v1").everything
