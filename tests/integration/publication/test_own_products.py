"""The project's own products: published through the front door, from typed tables that their contracts describe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from data_contracts.loading import Product, load_products
from ingest.home import Home
from orchestration.publication import PublicationBlocked, publish, read_current
from orchestration.publication.declared import Declarations
from orchestration.publication.manifest import damage
from orchestration.publication.open_data import element_is_open, open_datasets
from orchestration.publication.rules import rules_of
from tests.integration.publication.trial_warehouse import LATER, NOW, build_warehouse, valid_rows

PRODUCTS = load_products()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "var")
    build_warehouse(home, PRODUCTS, {p.id: valid_rows(p) for p in PRODUCTS.values()})
    return home


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda p: p.id)
def test_every_contract_gives_rules_that_the_gate_understands(product: Product) -> None:
    listed = rules_of(product)
    assert len({r.identity for r in listed}) == len(listed)
    unique = {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}
    assert any(r.expectation in unique and r.blocking for r in listed)
    assert all(r.text and r.remedy for r in listed)
    known = {f.name for f in product.fields}
    assert all(r.columns(known) or r.expectation.startswith("expect_table_") for r in listed)


@pytest.mark.lent
def test_all_products_are_accepted_published_once_and_described(home: Home) -> None:
    done = publish(home, now=NOW)

    assert done.published
    assert damage(done.path, done.manifest) == []
    assert {f.table for f in done.manifest.files} >= set(PRODUCTS)
    package = json.loads((done.path / "open_data" / "datapackage.json").read_text(encoding="utf-8"))
    opened = {p.id for p in PRODUCTS.values() if p.opening == "ouvert"}
    assert {r["name"] for r in package["resources"]} >= opened
    assert publish(home, now=LATER).version == done.version

    current = read_current(home)
    assert current is not None
    assert current.version == done.version


@pytest.mark.lent
def test_a_broken_row_of_any_product_blocks_it(home: Home) -> None:
    broken = {}
    for product in PRODUCTS.values():
        rows = valid_rows(product)
        broken[product.id] = [*rows, rows[0]]  # the same key twice
    build_warehouse(home, PRODUCTS, broken)
    with pytest.raises(PublicationBlocked) as blocked:
        publish(home, now=NOW)
    assert {p.split(" : ")[0] for p in blocked.value.problems} >= set(PRODUCTS)
    assert read_current(home) is None


REVIEWED = Path(__file__).with_name("open_columns.txt")


def test_what_is_open_is_what_was_reviewed() -> None:
    """A new column, or one that is no longer closed, must be looked at before everybody reads it."""
    opened = [
        f"{dataset.product.id}.{field.name}"
        for dataset in open_datasets(Declarations.load())
        for field in dataset.fields
    ]
    if os.environ.get("DLNUF_ACCEPT_OPEN"):
        REVIEWED.write_text("\n".join(opened) + "\n", encoding="utf-8")
    assert opened == REVIEWED.read_text(encoding="utf-8").split()


def test_no_figure_of_an_element_with_a_diffusion_threshold_is_open() -> None:
    """Medians of occupancy and of GMP would give away the only EHPAD of a small département."""
    declared = Declarations.load()
    closed = {code for code, row in declared.elements.items() if not element_is_open(row)}
    assert {"TX_OCC_HP", "GMP_VALIDE"} <= closed
    for dataset in open_datasets(declared):
        assert [f.name for f in dataset.fields if f.element in closed] == []
        assert not {"TO_HP_MED", "GMP_MED"} & {*dataset.allowed.get("indicateur_code", ())}
