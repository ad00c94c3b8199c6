"""Open data: nothing that is not open, described to machines by standards and to people in French, usable offline."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.loading import load_contracts
from ingest.home import Home
from orchestration.publication import PublicationBlocked, acceptance, html_pages
from orchestration.publication.declared import Declarations
from orchestration.publication.open_data import element_is_open
from tests.integration.publication.trial_warehouse import (
    CLOSED_ELEMENT,
    COUNTED_ELEMENT,
    FICHE,
    LIVRAISONS,
    OPEN_ELEMENT,
    PERSONAL_ELEMENT,
    VALEURS,
    build_warehouse,
    publish_trial,
    trial_declarations,
    trial_rows,
)

DECLARED = trial_declarations()


@pytest.fixture
def opened(home: Home) -> Path:
    return publish_trial(home).path / "open_data"


def read(path: Path) -> list[dict[str, Any]]:
    with pq.ParquetFile(path) as parquet:
        return parquet.read().to_pylist()


@pytest.mark.parametrize(
    ("element", "expected"),
    [(OPEN_ELEMENT, True), (COUNTED_ELEMENT, False), (CLOSED_ELEMENT, False), (PERSONAL_ELEMENT, False)],
)
def test_an_element_is_open_when_open_to_all_and_without_threshold(element: str, expected: bool) -> None:
    assert element_is_open(DECLARED.elements[element]) is expected


def test_an_element_that_is_not_in_the_dictionary_is_not_open() -> None:
    assert not element_is_open(None)


def test_only_indicators_for_every_public_without_threshold_are_open() -> None:
    opened = {code for code, indicator in DECLARED.indicators.items() if indicator.is_open}
    assert "EQ_EHPAD75" in opened
    assert {
        (DECLARED.indicators[code].audience, DECLARED.indicators[code].disclosure_threshold) for code in opened
    } == {("open_data", None)}


def test_only_open_products_have_an_open_file(opened: Path) -> None:
    assert {p.stem for p in opened.glob("*.parquet")} == {FICHE, VALEURS}
    assert not (opened / f"{LIVRAISONS}.parquet").exists()


def test_only_open_rows_of_a_mixed_product_are_open(opened: Path) -> None:
    rows = read(opened / f"{VALEURS}.parquet")
    assert {row["element_id"] for row in rows} == {OPEN_ELEMENT}
    assert len(rows) == 12


def test_a_row_marked_restricted_stays_closed_even_for_an_open_element(home: Home) -> None:
    rows = trial_rows()
    rows[VALEURS][0]["ouverture"] = "restreint"
    rows[VALEURS][3]["ouverture"] = None
    build_warehouse(home, DECLARED.products, rows)
    assert len(read(publish_trial(home).path / "open_data" / f"{VALEURS}.parquet")) == 10


def test_a_column_that_carries_a_closed_element_is_left_out(opened: Path) -> None:
    with pq.ParquetFile(opened / f"{FICHE}.parquet") as parquet:
        assert "gmp" not in parquet.schema_arrow.names
    assert "gmp" in (opened / "AVERTISSEMENTS.md").read_text(encoding="utf-8")


def test_a_column_that_its_contract_restricts_is_left_out(home: Home) -> None:
    product = DECLARED.products[FICHE]
    fields = tuple(replace(f, is_restricted=f.name == "domaine") for f in product.fields)
    products = {**DECLARED.products, FICHE: replace(product, fields=fields)}
    published = publish_trial(home, declared=replace(DECLARED, products=products)).path
    assert "domaine" in read(published / "marts" / f"{FICHE}.parquet")[0]
    assert "domaine" not in read(published / "open_data" / f"{FICHE}.parquet")[0]


def test_a_product_cannot_be_opened_when_its_key_is_closed(home: Home) -> None:
    product = DECLARED.products[FICHE]
    fields = tuple(replace(f, element=CLOSED_ELEMENT) if f.name == "finess_et" else f for f in product.fields)
    products = {**DECLARED.products, FICHE: replace(product, fields=fields)}
    with pytest.raises(PublicationBlocked, match="dans la clé, est restreinte, ou porte un élément non ouvert"):
        publish_trial(home, declared=replace(DECLARED, products=products))


def test_a_product_cannot_be_opened_in_part_when_no_column_says_which_rows(home: Home) -> None:
    products = {**DECLARED.products, FICHE: replace(DECLARED.products[FICHE], opening="partiel")}
    with pytest.raises(PublicationBlocked, match="« ouverture »"):
        publish_trial(home, declared=replace(DECLARED, products=products))


@pytest.mark.parametrize("opening", ["restreint", "", "Ouvert", "public"])
def test_whatever_is_not_declared_open_is_closed(home: Home, opening: str) -> None:
    products = {k: replace(p, opening=opening) for k, p in DECLARED.products.items()}
    done = publish_trial(home, declared=replace(DECLARED, products=products))
    assert list((done.path / "open_data").glob("*.parquet")) == []


def test_warnings_say_what_is_missing_and_that_no_licence_is_chosen(opened: Path) -> None:
    text = (opened / "AVERTISSEMENTS.md").read_text(encoding="utf-8")
    assert "aucun effectif de personnes n'y figure" in text
    assert "Licence à préciser par le propriétaire" in text
    assert "Une capacité inconnue reste vide." in text


TABLE_SCHEMA_TYPES = {
    "string": pa.types.is_string,
    "integer": pa.types.is_integer,
    "number": pa.types.is_floating,
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date,
    "datetime": pa.types.is_timestamp,
}
CONSTRAINTS = {"required", "unique", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"}


def test_the_data_package_describes_the_files_that_are_there(opened: Path) -> None:
    """Structure: Data Package 2.0 and Table Schema 2.0 (https://datapackage.org/standard/)."""
    package = json.loads((opened / "datapackage.json").read_text(encoding="utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert re.fullmatch(r"[-a-z0-9._/]+", package["name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", package["created"])
    assert "licenses" not in package
    assert {r["path"] for r in package["resources"]} == {p.name for p in opened.glob("*.parquet")}
    for resource in package["resources"]:
        path = opened / resource["path"]
        assert (resource["type"], resource["format"]) == ("table", "parquet")
        assert re.fullmatch(r"[-a-z0-9._/]+", resource["name"])
        assert resource["bytes"] == path.stat().st_size
        assert resource["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        with pq.ParquetFile(path) as parquet:
            columns = {f.name: f.type for f in parquet.schema_arrow}
        fields = resource["schema"]["fields"]
        assert [f["name"] for f in fields] == list(columns)
        assert set(resource["schema"]["primaryKey"]) <= set(columns)
        for field in fields:
            assert TABLE_SCHEMA_TYPES[field["type"]](columns[field["name"]])
            assert field["description"]
            assert set(field.get("constraints", {})) <= CONSTRAINTS


def test_the_data_package_carries_what_the_contract_says(opened: Path) -> None:
    package = json.loads((opened / "datapackage.json").read_text(encoding="utf-8"))
    fiche = next(r for r in package["resources"] if r["name"] == FICHE)
    fields = {f["name"]: f for f in fiche["schema"]["fields"]}
    assert fields["finess_et"]["constraints"] == {"pattern": r"^(\d{2}|2[AB])\d{7}$", "required": True}
    assert fields["domaine"]["constraints"]["enum"] == ["PA", "PH_ENFANT"]
    assert fields["cap_autorisee_totale"]["unit"] == "places"
    assert fiche["schema"]["primaryKey"] == ["finess_et"]


def nodes(tree: Any) -> list[dict[str, Any]]:
    """Every object of a JSON document."""
    if isinstance(tree, list):
        return [n for item in tree for n in nodes(item)]
    return [tree, *nodes(list(tree.values()))] if isinstance(tree, dict) else []


def test_the_catalogue_is_dcat_with_relative_files_french_titles_and_no_licence(opened: Path) -> None:
    catalogue = json.loads((opened / "catalogue.jsonld").read_text(encoding="utf-8"))
    prefixes = catalogue.pop("@context")
    assert catalogue["@type"] == "dcat:Catalog"
    assert {d["@type"] for d in catalogue["dcat:dataset"]} == {"dcat:Dataset"}
    for node in nodes(catalogue):
        for key in node:
            assert key.startswith("@") or key.split(":")[0] in prefixes
        if "dct:title" in node:
            assert node["dct:title"]["@language"] == "fr"
        assert "dct:license" not in node
    for dataset in catalogue["dcat:dataset"]:
        assert dataset["dct:description"]["@value"]
        distribution = dataset["dcat:distribution"]
        assert (opened / distribution["dcat:downloadURL"]["@id"]).is_file()
        assert (opened / dataset["foaf:page"]["@id"].split("#")[0]).is_file()
    by_id = {d["dct:identifier"]: d for d in catalogue["dcat:dataset"]}
    assert by_id[VALEURS]["dct:temporal"]["dcat:endDate"]["@value"] == "2024-12-31"
    assert [p["dct:identifier"] for p in by_id[FICHE]["dct:spatial"]] == ["01", "02", "03"]


class Page(HTMLParser):
    """Identifiers, internal links and every address of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if identifier := found.get("id"):
            self.ids.append(identifier)
        if tag == "a":
            self.links.append(found.get("href") or "")
        elif tag in ("script", "link", "img", "iframe", "object", "embed", "source"):
            self.loaded.append(tag)


def test_the_dictionary_has_every_published_field_and_loads_nothing(opened: Path) -> None:
    text = (opened / "dictionnaire.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.loaded == []
    assert re.search(r"https?://|url\(|@import", text) is None
    assert len(set(page.ids)) == len(page.ids)
    markdown = (opened / "dictionnaire.md").read_text(encoding="utf-8")
    for product in DECLARED.products.values():
        for field in product.fields:
            assert f"<code>{field.name}</code>" in text
            assert f"| `{field.name}` |" in markdown


def test_the_dictionary_has_every_element_that_a_source_carries() -> None:
    declared = Declarations.load()
    carried = {f.element for c in load_contracts().values() for e in c.entities for f in e.fields if f.element}
    entries = {e.id: e for e in html_pages.element_entries(declared)}
    assert carried <= set(entries)
    text = html_pages.dictionary_pages(declared, [])["dictionnaire.html"]
    page = Page(text)
    assert carried <= set(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)
    for entry in entries.values():
        assert entry.row["libelle"]
        assert entry.tolerance


def test_sources_of_an_element_are_listed_in_the_order_in_which_they_are_believed() -> None:
    declared = replace(
        DECLARED, ranks=((OPEN_ELEMENT, "tdb_esms", 2), (OPEN_ELEMENT, "finess", 1), (OPEN_ELEMENT, "x", 901))
    )
    (entry,) = [e for e in html_pages.element_entries(declared) if e.id == OPEN_ELEMENT]
    assert entry.sources == ("finess", "tdb_esms", "x (hors ordre déclaré)")


def test_open_data_are_checked_by_the_gate(home: Home) -> None:
    """A closed code in an open file blocks, whoever put it there."""

    def swap(step: str, path: Path) -> None:
        if step == "donnees_ouvertes":
            target = path / "open_data" / f"{VALEURS}.parquet"
            table = pq.ParquetFile(target).read()
            codes = pa.array([CLOSED_ELEMENT] * table.num_rows)
            pq.write_table(table.set_column(table.schema.get_field_index("element_id"), "element_id", codes), target)

    with pytest.raises(PublicationBlocked, match="codes ouverts à tous") as blocked:
        publish_trial(home, gate=acceptance.evaluate, on_step=swap)
    assert CLOSED_ELEMENT in str(blocked.value)
