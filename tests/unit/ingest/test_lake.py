"""The tables of the warehouse: made anew for the units that changed, they are what they would be made anew whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from data_contracts.loading import load_contracts
from data_contracts.schemas import arrow_schema
from ingest.home import Home
from ingest.receive import landing
from ingest.store import changes, lake
from ingest.store.lake import Result

CONTRACT = load_contracts()["dui"]
ENTITY = CONTRACT.entity("sejours").stored
NAME = "dui__sejours"
Rows = list[tuple[str, str, str]]  # ET, stay, modality
MANY: Rows = [(f"{number:09}", stay, "HP") for number in range(40) for stay in ("s1", "s2")]


def deliver(home: Home, number: int, rows: Rows, received: str | None = None) -> None:
    """An accepted delivery of stays, read on the day of its number."""
    delivery = f"dui-{number}"
    landing.write_json(
        home.landing / "dui" / f"{number}.json",
        {
            "delivery_id": delivery, "source": "dui", "layout": "t", "reader": "csv", "contract_version": "1",
            "filename": delivery, "sha256": str(number), "size": 1, "millesime": 2024, "collecte_le": None,
            "received_at": received or f"2025-01-{number:02}T00:00:00+00:00",
        },
    )  # fmt: skip
    told: dict[str, list[Any]] = {column: [None] * len(rows) for column in arrow_schema(ENTITY).names}
    told |= {
        "finess_et": [r[0] for r in rows],
        "sejour_id": [r[1] for r in rows],
        "usager_id": [r[1] for r in rows],
        "modalite": [r[2] for r in rows],
    }
    told |= {"millesime": [2024] * len(rows), "_ligne": list(range(len(rows)))}
    told |= {"_collecte_le": [date(2025, 1, number)] * len(rows)}
    result = Result(delivery, "dui", lake.ACCEPTED, digest="d")
    result.files["sejours"], _ = lake.write_accepted(home, "dui", ENTITY, delivery, [pl.DataFrame(told)])
    lake.write_result(home, result)


def table(home: Home) -> list[Any]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(f'SELECT * FROM raw."{NAME}" ORDER BY ALL').fetchall()


def load(home: Home) -> list[Any]:
    lake.load(home, {"dui": CONTRACT})
    return table(home)


def whole(home: Home) -> list[Any]:
    home.warehouse.unlink()
    return load(home)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "var")
    deliver(found, 1, MANY)
    deliver(found, 2, [("000000003", "s1", "HT")])
    load(found)
    return found


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tables that were made anew whole."""
    made: list[str] = []
    load_entity = lake._load_entity

    def told(connection: Any, name: str, *rest: Any) -> None:
        made.append(name)
        load_entity(connection, name, *rest)

    monkeypatch.setattr(lake, "_load_entity", told)
    return made


def current(rows: list[Any], et: str) -> list[Any]:
    names = [*arrow_schema(ENTITY).names, "_recu_le", "_est_courante"]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    return sorted((r["sejour_id"], r["modalite"]) for r in told if r["finess_et"] == et and r["_est_courante"])


def test_a_delivery_of_one_establishment_touches_its_rows_alone(home: Home, spied: list[str]) -> None:
    deliver(home, 3, [("000000003", "s1", "AJ"), ("000000099", "s1", "HP")])
    found = load(home)
    assert NAME not in spied
    assert current(found, "000000003") == [("s1", "AJ"), ("s2", "HP")]
    assert found == whole(home)


def test_a_delivery_that_goes_gives_back_what_it_had_replaced(home: Home, spied: list[str]) -> None:
    lake.forget_result(home, "dui-2")
    found = load(home)
    assert NAME not in spied
    assert current(found, "000000003") == [("s1", "HP"), ("s2", "HP")]
    assert found == whole(home)


def test_a_delivery_received_again_is_the_last_word(home: Home, spied: list[str]) -> None:
    deliver(home, 2, [("000000003", "s1", "HT")], received="2025-02-01T00:00:00+00:00")
    assert load(home) == whole(home)
    assert NAME in spied  # by `whole` alone, after the comparison began
    assert spied.count(NAME) == 1


def test_many_units_are_made_anew_whole(home: Home, spied: list[str]) -> None:
    deliver(home, 3, [(et, stay, "AJ") for et, stay, _ in MANY[: int(len(MANY) * 2 * changes.MAX_SHARE)]])
    found = load(home)
    assert NAME in spied
    assert found == whole(home)


def test_a_table_of_another_shape_is_made_anew_whole(home: Home, spied: list[str]) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f'ALTER TABLE raw."{NAME}" DROP COLUMN modalite')
    deliver(home, 3, [("000000003", "s1", "AJ")])
    found = load(home)
    assert NAME in spied
    assert found == whole(home)
