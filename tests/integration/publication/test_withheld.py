"""What units answered, through the front door: what `dlnuf_secret` names is hidden, and keeps its line."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.home import Home
from orchestration.publication import PublicationBlocked
from orchestration.publication.snapshot import SECRETS
from tests.integration.publication.trial_warehouse import (
    OPEN_ELEMENT,
    RETENUES,
    VALEURS,
    build_warehouse,
    publish_trial,
    trial_declarations,
    trial_rows,
)

HELD = "NB_PERS_3112"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One unit has three answers to an element: a number that the warehouse keeps, one of another year, and a text."""
    home = Home(tmp_path / "var")
    rows = trial_rows()
    unit = rows[RETENUES][0]["unite_id"]
    rows[RETENUES] += [
        {"unite_id": unit, "millesime": year, "element_id": HELD, "composante": "", "valeur_nombre": number,
         "collecte": "TDB_ATIH", "statut": "divergent", "n_collectes": 2}
        for year, number in ((2022, 8.0), (2023, 80.0), (2024, None))
    ]  # fmt: skip
    build_warehouse(home, trial_declarations().products, rows)
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute(f"INSERT INTO {SECRETS} VALUES ('ET', ?, 'element', ?)", [unit, HELD])
        warehouse.execute(f"INSERT INTO {SECRETS} VALUES ('ET', ?, 'indicateur', ?)", [unit, OPEN_ELEMENT])
    return home


def test_a_hidden_answer_keeps_its_line_and_says_so(home: Home) -> None:
    done = publish_trial(home)
    found = pl.read_parquet(done.path / "marts" / f"{RETENUES}.parquet")
    held = found.filter(pl.col("element_id") == HELD).sort("millesime")
    assert held["valeur_nombre"].to_list() == [None, None, None]
    assert held["secret"].to_list() == ["valeur_nombre", "valeur_nombre", None]  # the third was never a number
    assert held["statut"].to_list() == ["divergent"] * 3
    others = found.filter(pl.col("element_id") != HELD)
    assert (others["secret"].null_count(), others["valeur_nombre"].null_count()) == (others.height, 0)


def test_open_data_holds_nothing_that_may_be_hidden_and_no_mark_of_it(home: Home) -> None:
    opened = pl.read_parquet(publish_trial(home).path / "open_data" / f"{VALEURS}.parquet")
    assert "secret" not in opened.columns
    assert set(opened["element_id"]) == {OPEN_ELEMENT}


def test_without_what_says_what_is_hidden_nothing_is_published(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute(f"DROP TABLE {SECRETS}")
    with pytest.raises(PublicationBlocked, match="dlnuf_secret : table absente de l'entrepôt"):
        publish_trial(home)
