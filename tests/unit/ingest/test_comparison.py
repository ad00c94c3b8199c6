"""An unknown header compared with the layouts: what is said of it, and the column that follows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts import columns
from data_contracts.loading import SOURCES, Contract, Field, load_contracts
from ingest.receive.comparison import Comparison, NothingToCompare, compare, paired, table_of
from ingest.receive.headers import difference, expected
from ingest.receive.refusals import has_header

CONTRACTS = load_contracts()


def titles(source: str, code: str) -> list[str]:
    """The header of a layout as its files write it."""
    contract = CONTRACTS[source]
    written_ = expected(contract, contract.layout(code))
    ordered = sorted(written_, key=lambda c: (isinstance(c, str), c if isinstance(c, int) else 0))
    return [written_[column][0].removesuffix(" (2)").replace("(sans titre)", "") for column in ordered]


def compared(folder: Path, header: Sequence[str], name: str = "envoi_2023.csv", **asked: str) -> Comparison:
    path = folder / name
    path.write_text(";".join(f'"{title.replace(chr(34), chr(34) * 2)}"' for title in header) + "\n", encoding="utf-8")
    return compare(path, CONTRACTS, **asked)


def with_proposed(comparison: Comparison) -> Contract:
    """The contract once the column that is proposed is in its table, and its new layout and fields declared."""
    old = comparison.contract
    new = [Field(name, title, "string", title) for name, (_, title) in comparison.new_fields.items()]
    entities = tuple(
        replace(e, fields=(*e.fields, *new)) if e.name == comparison.entity.name else e for e in old.entities
    )
    layout = replace(comparison.layout, code=comparison.code)
    return columns.applied(
        replace(old, layouts=(*old.layouts, layout), entities=entities), table_of(comparison, SOURCES)
    )


TABLES = [(c.id, x.code) for c in CONTRACTS.values() for x in c.layouts if has_header(x) and x.reader != "csv_produit"]


@pytest.mark.parametrize(("source", "code"), TABLES)
def test_a_known_header_has_nothing_to_add(tmp_path: Path, source: str, code: str) -> None:
    path = tmp_path / f"envoi.{CONTRACTS[source].layout(code).reader}"
    if path.suffix == ".parquet":
        pl.DataFrame({title: ["x"] for title in titles(source, code)}).write_parquet(path)
        comparison = compare(path, CONTRACTS)
    else:
        comparison = compared(tmp_path, titles(source, code))
    assert (comparison.contract.id, comparison.layout.code, comparison.status) == (source, code, "connue")


def test_what_changed_in_a_file_of_titles(tmp_path: Path) -> None:
    header = titles("cnsa_occupation", "annuel_2021")
    header.remove("CODE_REG")
    header[header.index("OPTION_TARIFAIRE")] = "OPTIONS_TARIFAIRES"
    comparison = compared(tmp_path, [*header[::-1], "Places d'accueil de nuit"])
    assert (comparison.layout.code, comparison.status, comparison.code) == ("annuel_2021", "nouvelle", "annuel_2023")
    assert [(f.field.name, f.title) for f in comparison.of("renamed")] == [("option_tarifaire", "OPTIONS_TARIFAIRES")]
    assert [f.name for f in comparison.vanished] == ["region_code"]
    assert comparison.new_fields == {"places_d_accueil_de_nuit": (len(header) + 1, "Places d'accueil de nuit")}
    assert comparison.of("moved") == []  # titles tell these columns, wherever they stand
    assert comparison.cells["option_tarifaire"] == "OPTIONS_TARIFAIRES"
    assert comparison.cells["numero_ligne"] == columns.UNTITLED
    assert "region_code" not in comparison.cells


def test_what_changed_in_a_file_of_positions(tmp_path: Path) -> None:
    header = titles("tdb_esms", "export_2021_2022")
    region, usual = header[0], header[5]
    header[5] = "Raison sociale de l'ESMS"
    comparison = compared(tmp_path, [*header[1:40], "Nouvelle question", *header[40:], region])
    [moved], [renamed] = comparison.of("moved"), comparison.of("renamed")
    assert (moved.field.name, moved.before, moved.rank) == ("region_libelle", 1, len(header) + 1)
    assert (renamed.field.title, renamed.rank) == (usual, 5)
    assert comparison.shifts == [(1, 39, -1)]
    assert comparison.cells["raison_sociale_et"] == "5 = Raison sociale de l'ESMS"
    assert comparison.cells["nouvelle_question"] == "40"
    assert comparison.cells["region_libelle"] == str(len(header) + 1)


def test_a_field_that_only_an_older_layout_had_is_back(tmp_path: Path) -> None:
    comparison = compared(tmp_path, ["", *titles("tdb_esms", "export_2021_2022"), "Nouvelle question"])
    assert comparison.layout.code == "export_2020"
    comparison = compared(tmp_path, ["OPTION_TARIFAIRE", *titles("cnsa_occupation", "t3_2022")])
    assert comparison.layout.code == "t3_2022"
    assert [f.field.name for f in comparison.of("back")] == ["option_tarifaire"]
    assert comparison.cells["option_tarifaire"] == "OPTION_TARIFAIRE"


@pytest.mark.parametrize(
    ("usual", "here", "renamed"),
    [
        ("Nombre de lits installés", "Nombre de lits installes", True),
        ("Nombre de lits installés", "Nombre des lits installés", True),
        ("Taux d'occupation 2022", "Taux d'occupation 2023", True),
        ("Nombre de personnes GIR 1", "Nombre de personnes GIR 2", False),
        ("Effectif au 31.12", "Effectif au 30.06", False),
        ("Nombre de lits installés", "Date de la convention", False),
    ],
)
def test_which_titles_may_be_the_new_name_of_a_column(usual: str, here: str, renamed: bool) -> None:
    entity = replace(CONTRACTS["cnsa_gmp_pmp"].entities[0], fields=(Field("champ", usual, "string", ""),))
    found = paired(entity, {"champ": usual}, ["FINESS", here], by_position=False)
    assert [(f.field.name, f.how) for f in found] == ([("champ", "renamed")] if renamed else [])


def test_what_only_stands_in_place_needs_less_likeness_to_be_a_new_name() -> None:
    names = ("a", "b", "c")
    usual = ("Région", "Lits installés au 31 décembre", "Département")
    fields = tuple(Field(name, title, "string", "") for name, title in zip(names, usual, strict=True))
    entity = replace(CONTRACTS["cnsa_gmp_pmp"].entities[0], fields=fields)
    carried: dict[str, str | int] = {name: rank for rank, name in enumerate(names, start=1)}
    here = "Lits et places installés (31 décembre)"
    there = paired(entity, carried, ["Région", here, "Département"], by_position=True)
    elsewhere = paired(entity, carried, [here, "Autre chose", "Région", "Département"], by_position=True)
    assert {f.field.name: f.how for f in there} == {"a": "same", "b": "renamed", "c": "same"}
    assert {f.field.name: f.how for f in elsewhere} == {"a": "same", "c": "same"}


def test_a_source_without_table_gets_one_with_all_the_layouts_of_its_entity(tmp_path: Path) -> None:
    header = [t for t in titles("errd", "ann_errd_ej_et") if t != "Type dépot ERRD"]
    comparison = compared(tmp_path, [*header, "Nouveau compte"], source="errd", code="ann_errd_2026")
    table = table_of(comparison, SOURCES)
    assert table.layouts == ("ann_errd_ej_et", "ann_errd_2026")
    assert table.entities == {"errd_et"}
    contract = with_proposed(comparison)
    old = contract.fields_in(contract.layout("ann_errd_ej_et"), contract.entity("errd_et"))
    assert old == CONTRACTS["errd"].fields_in(comparison.layout, comparison.entity)


@settings(max_examples=12)
@given(st.data())
@pytest.mark.parametrize(("source", "code"), [("tdb_esms", "export_2021_2022"), ("cnsa_occupation", "annuel_2021")])
def test_the_column_that_is_proposed_reads_the_header_it_was_made_from(
    tmp_path_factory: pytest.TempPathFactory, source: str, code: str, data: st.DataObject
) -> None:
    header = titles(source, code)
    for _ in range(data.draw(st.integers(0, 4))):
        header.pop(data.draw(st.integers(7, len(header) - 1)))
    for _ in range(data.draw(st.integers(0, 3))):
        header.insert(data.draw(st.integers(0, len(header))), header.pop(data.draw(st.integers(0, len(header) - 1))))
    for number in range(data.draw(st.integers(1, 3))):
        header.insert(data.draw(st.integers(0, len(header))), f"Question nouvelle {number}")
    if data.draw(st.booleans()) and "" not in header:
        header.insert(data.draw(st.integers(0, len(header))), "")
    comparison = compared(tmp_path_factory.mktemp("envoi"), header)
    contract = with_proposed(comparison)
    assert not difference(contract, contract.layout(comparison.code), header)
    assert len(comparison.cells) == len(header)
    for known in comparison.contract.layouts:  # what the other layouts say is what they said
        before = comparison.contract.fields_in(known, comparison.entity)
        assert contract.fields_in(known, contract.entity(comparison.entity.name)) == before


def test_keys_of_records_and_titles_of_a_workbook_are_compared_too(tmp_path: Path) -> None:
    records = tmp_path / "regions.json"
    records.write_text(
        json.dumps([{"code": "84", "nom": "Auvergne", "chefLieu": "69123", "typeLiaison": "1", "capitale": "Lyon"}])
    )
    comparison = compare(records, CONTRACTS, source="insee_cog")
    assert (comparison.layout.code, comparison.status) == ("json_regions", "nouvelle")
    assert comparison.new_fields == {"capitale": (5, "capitale")}
    assert comparison.code == "json_regions_nouvelle"

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*titles("cnsa_occupation", "t3_2022"), "Places d'accueil de nuit"])
    sheet.append(["010002228"])
    book.save(tmp_path / "occupation_2023.xlsx")
    comparison = compare(tmp_path / "occupation_2023.xlsx", CONTRACTS)
    assert (comparison.layout.code, comparison.code) == ("t3_2022", "t3_2023")
    assert list(comparison.new_fields) == ["places_d_accueil_de_nuit"]


@pytest.mark.parametrize(
    ("header", "asked", "said"),
    [
        (["Nom de la commune", "Date de dépôt", "Objet du permis"], {}, "dire laquelle avec --source"),
        (["MARTIN", "Lucienne", "12/03/1931", "750012345"], {"source": "errd"}, "ne ressemble pas à des intitulés"),
        (["FINESS", "Année"], {"source": "errd", "code": "ann_errd_ej"}, "« ann_errd_ej » existe déjà"),
        (["FINESS", "MOIS", "NIR", "GIR"], {"source": "resid_esms"}, "qui dit elle-même ses colonnes"),
        (["FINESS", "MOIS"], {"source": "viatrajectoire_ph"}, "n'a pas de ligne de titres à comparer"),
    ],
)
def test_a_file_that_cannot_be_compared_is_told_what_to_do(
    tmp_path: Path, header: list[str], asked: dict[str, str], said: str
) -> None:
    with pytest.raises(NothingToCompare, match=said) as raised:
        compared(tmp_path, header, **asked)
    assert "MARTIN" not in str(raised.value)


def test_the_name_proposed_for_a_title_has_its_ligatures(tmp_path: Path) -> None:
    header = [*titles("cnsa_occupation", "t3_2022"), "œuvre", "Ex æquo"]
    assert list(compared(tmp_path, header).new_fields) == ["oeuvre", "ex_aequo"]


def test_a_first_column_by_table_is_followed_by_its_line_in_the_contract(tmp_path: Path) -> None:
    """A source whose layouts all wrote the same titles had no table: the contract names it from now on."""
    there = compared(tmp_path, [*titles("cnsa_occupation", "t3_2022"), "Places de nuit"])
    assert there.columns_line == ""
    new = compared(tmp_path, [*titles("cnsa_gmp_pmp", CONTRACTS["cnsa_gmp_pmp"].layouts[0].code), "Rang"])
    table = new.entity.name
    assert new.columns_line == f"  - {{property: columns, value: [{table}]}}"
