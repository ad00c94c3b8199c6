"""Contracts are valid ODCS, and what is wrong with one is said at once, with where and what was meant."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft201909Validator

from data_contracts import dictionary, nomenclatures
from data_contracts.loading import PRODUCTS, SOURCES, ContractError, load_contracts, load_products

FILES = sorted([*SOURCES.glob("*.odcs.yaml"), *PRODUCTS.glob("*.odcs.yaml")])


@pytest.fixture(scope="module")
def standard() -> Draft201909Validator:
    schema = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return Draft201909Validator(json.loads(schema))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".odcs.yaml"))
def test_every_contract_is_valid_odcs(path: Path, standard: Draft201909Validator) -> None:
    node = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert node["apiVersion"] == "v3.1.0"
    problems = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in standard.iter_errors(node)]
    assert problems == []


def test_every_source_of_the_first_version_has_its_contract() -> None:
    assert set(load_contracts()) >= {
        "finess", "insee_cog", "insee_population", "cnsa_prix_ehpad", "cnsa_occupation", "cnsa_gmp_pmp", "tdb_esms",
        "tdb_diamant", "drees_ehpa", "errd", "ca",
    }  # fmt: skip


def test_every_product_says_how_to_use_it() -> None:
    for product in load_products().values():
        assert product.usage_warnings, product.id
        assert product.primary_key, product.id
        assert all(field.description for field in product.fields), product.id


BROKEN = """
apiVersion: v3.1.0
kind: DataContract
id: autre_nom
name: Cassé
version: 1.0.0
domain: service
schema: []
"""
BROKEN_FIELDS = """
apiVersion: v3.1.0
kind: DataContract
id: champs
name: Champs
version: 1.0.0
domain: services
customProperties:
  - property: layouts
    value: [{code: csv, entity: tabel, reader: csvv}]
schema:
  - name: table
    customProperties: [{property: unit, value: {kind: ET, field: finess}}]
    properties:
      - {name: finess_et, logicalType: strin}
      - {name: finess_et, logicalType: string, customProperties: [{property: elment, value: X}]}
      - name: taux
        logicalType: number
        customProperties: [{property: element, value: TX_OCC_HP}]
"""


def test_every_problem_of_every_contract_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "casse.odcs.yaml").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "champs.odcs.yaml").write_text(BROKEN_FIELDS, encoding="utf-8")
    (tmp_path / "champs.columns.csv").write_text("entity;field;xls\ntable;taux;3\n", encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contracts(tmp_path)
    said = str(raised.value)
    for words in (
        "casse.odcs.yaml:4 · id : « autre_nom » doit être le nom du fichier, « casse »",
        "casse.odcs.yaml:7 · domain : « service » n'est pas admis (vouliez-vous « services » ?)",
        "champs.odcs.yaml:15 · table.finess_et.logicalType : « strin » n'est pas admis (vouliez-vous « string » ?)",
        "champs.odcs.yaml:16 · table.finess_et : « elment » : clé inconnue (vouliez-vous « element » ?)",
        "champs.odcs.yaml:16 · table.finess_et : champ « finess_et » déclaré deux fois",
        "champs.odcs.yaml:13 · table.unit.field : le champ « finess » n'existe pas",
        "champs.odcs.yaml:17 · table.taux : timeBasis absent alors que le champ porte un élément",
        "champs.odcs.yaml:10 · layouts.csv.reader : « csvv » n'est pas admis (vouliez-vous « csv » ?)",
        "champs.odcs.yaml:10 · layouts.csv.entity : « tabel » n'est pas admis (vouliez-vous « table » ?)",
        "champs.columns.csv:1 · colonne « xls » : le contrat n'a pas cette forme",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("{property: datedBy, value: jour}", "table.datedBy : « jour » n'est pas un champ de type date"),
        ("{property: datedBy, value: annee}", "datedBy : « annee » n'est pas un champ de type date"),
        ("{property: codesAt, value: annee}", "codesAt : « annee » n'est pas un champ de type date"),
        ("quality: [setAside, error, places]", None),
        ("quality: [setAside, error, place]", "« place » n'est pas admis (vouliez-vous « places » ?)"),
        ("quality: [setAside, error, finess_et]", "sans « finess_et », la ligne n'en est plus une"),
        ("quality: [setAside, warning, places]", "setAside : ne vaut que d'une règle « error »"),
        ("quality: [setasid, error, places]", "« setasid » : clé inconnue"),
        ("decimal: ','", None),
        ("decimal: ';'", "options.decimal : « ; » n'est pas admis"),
    ],
)
def test_what_dates_a_row_and_what_a_rule_sets_aside_must_exist(
    tmp_path: Path, declared: str, words: str | None
) -> None:
    kind, _, said = declared.partition(": ")
    quality = ""
    if kind == "quality":
        key, severity, field = said.strip("[]").split(", ")
        quality = f"""
    quality:
      - {{name: r, type: custom, engine: polars-sql, severity: {severity}, implementation: "places > 0",
         customProperties: [{{property: {key}, value: [{field}]}}]}}"""
    options = f"options: {{{declared}}}" if kind == "decimal" else "options: {}"
    entity = declared if declared.startswith("{") else "{property: observations, value: none}"
    (tmp_path / "lignes.odcs.yaml").write_text(
        f"""
apiVersion: v3.1.0
kind: DataContract
id: lignes
name: Lignes
version: 1.0.0
domain: services
customProperties: [{{property: layouts, value: [{{code: csv, entity: table, reader: csv, {options}}}]}}]
schema:
  - name: table
    customProperties: [{entity}]{quality}
    properties:
      - {{name: finess_et, logicalType: string, required: true}}
      - {{name: annee, logicalType: integer}}
      - {{name: places, logicalType: integer}}
""",
        encoding="utf-8",
    )
    if words is None:
        assert list(load_contracts(tmp_path)) == ["lignes"]
    else:
        with pytest.raises(ContractError, match=re.escape(words)):
            load_contracts(tmp_path)


def test_the_dates_of_a_code_list_are_days_in_order_and_none_is_that_of_its_edition() -> None:
    for name in nomenclatures.names():
        dated = nomenclatures.periods(name)
        if dated is None:
            continue
        backwards = dated.filter(dated["valide_du"] > dated["valide_au"])["code"].to_list()
        assert backwards == [], name
        assert dated["valide_du"].n_unique() > 1 or dated["valide_du"][0] is None, f"{name} : date de l'édition"


def test_a_contract_added_to_a_folder_is_seen(tmp_path: Path) -> None:
    assert load_contracts(tmp_path) == {}
    (tmp_path / "champs.odcs.yaml").write_text(
        BROKEN_FIELDS.replace("tabel", "table").replace("csvv", "csv").replace("strin}", "string}")
        .replace("- {name: finess_et, logicalType: string, customProperties: [{property: elment, value: X}]}", "")
        .replace("field: finess}", "field: finess_et}")
        .replace("[{property: unit", "[{property: timeBasis, value: flux_annee}, {property: unit"),
        encoding="utf-8",
    )  # fmt: skip
    assert list(load_contracts(tmp_path)) == ["champs"]


def test_order_of_sources_follows_the_dictionary_then_the_collection() -> None:
    ranks = {(e, s): r for e, s, r in dictionary.ranks(load_contracts())}
    assert ranks["CHARGES_G1", "errd"] < ranks["CHARGES_G1", "ca"] < ranks["CHARGES_G1", "tdb_esms"]
    assert ranks["TX_REALISATION", "tdb_esms"] < ranks["TX_REALISATION", "tdb_diamant"]
    assert ranks["CAP_AUT_HP", "finess"] == 1


@pytest.mark.parametrize(
    ("element_id", "asked_by"),
    [
        ("FINESS_ET", 10),
        ("TX_OCC_HP", 2),  # two other collections could derive it: they do not ask it
        ("REPART_AGE", 3),
        ("PROJET_PERSONNALISE", 0),
    ],
)
def test_who_asks_for_an_element_is_counted_from_the_matrix(element_id: str, asked_by: int) -> None:
    assert len(dictionary.askers(dictionary.elements()[element_id])) == asked_by


def test_what_esms_do_not_fill_in_asks_them_nothing() -> None:
    assert dictionary.filled_by_esms() & {"FINESS", "SEPPIA", "DUI"} == set()
    assert {"TDB_ATIH", "DREES_EHPA", "CNSA_EPRD_ERRD", "VIATRAJECTOIRE"} <= dictionary.filled_by_esms()
