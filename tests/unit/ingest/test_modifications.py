"""What a run must redo, from what was loaded since the layer was last built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from data_contracts.loading import Contract, Entity, load_contracts
from ingest.store import changes
from ingest.store.changes import ToBuild

NAME = "errd__errd_et"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse whose layer knows forty establishments, built with the declarations « v1 »."""
    with duckdb.connect() as opened:
        changes.prepare(opened)
        opened.execute(f'CREATE TABLE raw."{NAME}" (finess_et VARCHAR, _delivery_id VARCHAR)')
        opened.execute(
            f"INSERT INTO raw.\"{NAME}\" VALUES ('01', 'a'), ('02', 'a'), ('02', 'b'), (NULL, 'b'), ('03', 'c')"
        )
        opened.execute("CREATE SCHEMA intermediate")
        forty = "SELECT 'ET' AS unite, range::VARCHAR AS unite_id FROM range(40)"
        opened.execute(f"CREATE TABLE intermediate.int_observations AS {forty}")
        changes.built(opened, "v1")
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
    changes.note(connection, NAME, errd, accounts, {"b", "c"})
    assert units(connection) == {("ET", "02"), ("ET", "03")}
    assert changes.to_build(connection, "v1") == ToBuild(everything=False, units=2)


def test_a_delivery_about_persons_marks_its_units_and_that_persons_are_matched_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    dui = load_contracts()["dui"]
    connection.execute("CREATE TABLE raw.dui__sejours (finess_et VARCHAR, _delivery_id VARCHAR)")
    connection.execute("INSERT INTO raw.dui__sejours VALUES ('01', 'a'), ('02', 'b')")
    changes.note(connection, "dui__sejours", dui, dui.entity("sejours").stored, {"b"})
    assert units(connection) == {("ET", "02"), ("PERSONNES", "*")}
    assert changes.to_build(connection, "v1") == ToBuild(everything=False, units=1, persons=True)


@pytest.mark.parametrize(
    ("today", "changed"),
    [
        (date(2025, 1, 31), set()),  # the day of the last build: told already
        (date(2025, 2, 1), {"01"}),  # an opposition begins
        (date(2025, 3, 1), {"01", "02"}),  # another is withdrawn
        (date(2025, 12, 31), {"01", "02"}),  # what has not begun changes nothing
        (date(2024, 5, 31), {"02", "04"}),  # the clock was ahead, and is set right: what it had begun has not
    ],
)
def test_an_opposition_begins_and_ends_on_its_day_without_any_delivery(
    connection: duckdb.DuckDBPyConnection, today: date, changed: set[str]
) -> None:
    connection.execute("CREATE TABLE raw.consentements__registre (finess_et VARCHAR, date_effet DATE, retire_le DATE)")
    changes.begin(connection, date(2025, 1, 31))
    changes.built(connection, "v1")
    connection.execute(
        """INSERT INTO raw.consentements__registre VALUES
           ('01', '2025-02-01', NULL), ('02', '2024-06-01', '2025-03-01'), ('03', '2026-01-01', NULL),
           ('04', '2024-12-31', NULL)"""
    )
    changes.begin(connection, today)
    assert units(connection) - {("PERSONNES", "*")} == {("ET", unit) for unit in changed}
    assert changes.to_build(connection, "v1").persons == bool(changed)


def test_a_layer_that_is_not_there_is_built_whole(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DROP TABLE intermediate.int_observations")
    assert changes.to_build(connection, "v1").everything


def test_nothing_changed_nothing_to_redo(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, errd, accounts, set())
    assert changes.to_build(connection, "v1") == ToBuild(everything=False, units=0)


def test_a_referential_may_bear_on_any_unit(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, replace(errd, nature="referentiel"), accounts, {"a"})
    assert changes.to_build(connection, "v1").everything


def test_a_table_that_is_not_about_units_may_bear_on_any(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, errd, replace(accounts, unit=None, unit_field=None), {"a"})
    assert changes.to_build(connection, "v1").everything


def test_a_row_that_may_replace_that_of_another_unit_redoes_everything(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    fields = tuple(replace(f, primary_key_position=None) if f.name == "finess_et" else f for f in accounts.fields)
    changes.note(connection, NAME, errd, replace(accounts, fields=fields), {"a"})
    assert changes.to_build(connection, "v1").everything


def test_a_table_whose_rows_name_several_units_redoes_everything(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, errd, replace(accounts, observations="staging"), {"a"})
    assert changes.to_build(connection, "v1").everything


def test_a_table_loaded_under_a_former_contract_may_bear_on_any(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, errd, replace(accounts, unit_field="identifiant_nouveau"), {"a"})
    assert changes.to_build(connection, "v1").everything


@pytest.mark.parametrize("declarations", ["v2", ""])
def test_other_declarations_redo_everything(connection: duckdb.DuckDBPyConnection, declarations: str) -> None:
    assert changes.to_build(connection, declarations).everything


def test_a_warehouse_that_was_never_built_is_built_whole() -> None:
    with duckdb.connect() as connection:
        changes.prepare(connection)
        assert changes.to_build(connection, "v1").everything


def test_too_many_units_are_redone_together(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    connection.execute(f"INSERT INTO raw.\"{NAME}\" SELECT range::VARCHAR, 'd' FROM range(100, 107)")
    changes.note(connection, NAME, errd, accounts, {"d"})
    assert changes.to_build(connection, "v1") == ToBuild(everything=True, units=7)


def test_what_is_to_redo_stays_until_a_build_succeeds(
    connection: duckdb.DuckDBPyConnection, errd: Contract, accounts: Entity
) -> None:
    changes.note(connection, NAME, errd, accounts, {"c"})
    changes.prepare(connection)  # another run begins: the build before it failed
    changes.note(connection, NAME, errd, accounts, {"a"})
    assert units(connection) == {("ET", "01"), ("ET", "02"), ("ET", "03")}
    changes.built(connection, "v1")
    assert units(connection) == set()


def test_what_a_table_holds_is_remembered_by_delivery(connection: duckdb.DuckDBPyConnection) -> None:
    changes.record(connection, NAME, {"a": "1", "b": "2"})
    changes.record(connection, NAME, {"b": "3"})
    assert changes.loaded(connection) == {NAME: {"b": "3"}}


def test_a_whole_build_that_does_not_end_leaves_everything_to_redo(connection: duckdb.DuckDBPyConnection) -> None:
    changes.forget(connection)  # a build under « v2 » begins, fails, and the declarations come back to « v1 »
    assert changes.to_build(connection, "v1").everything
