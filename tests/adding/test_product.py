"""docs/adding/product.md: a product that a contract and a model make is checked and published with the others."""

from __future__ import annotations

import polars as pl
import pytest

from ingest.home import Home
from orchestration.publication.store import current
from tests.adding.grown import Grown
from tests.adding.pages import files_told

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


def test_a_contract_and_a_model_are_the_only_files(grown: Grown) -> None:
    assert grown.touched["product"] == [
        "data_contracts/products/mart_qualite__fraicheur.odcs.yaml",
        "dbt_project/models/marts/qualite/mart_qualite__fraicheur.sql",
    ]
    assert files_told("product") == 2


def test_it_is_published_after_the_check_of_its_contract(grown: Grown) -> None:
    publication = current(Home(grown.copy.home).publication)
    assert publication is not None
    found = pl.read_parquet(publication.path / "marts" / "mart_qualite__fraicheur.parquet")
    assert found.schema == {"source": pl.String, "n_livraisons": pl.Int64, "derniere_reception": pl.Datetime("us")}
    assert found.select("source", "n_livraisons").rows() == [("barometre_invente", 1), ("errd", 1)]
    report = Home(grown.copy.home).publication / "rapports" / f"{publication.version}.html"
    assert "Une seule ligne par source." in report.read_text(encoding="utf-8")
