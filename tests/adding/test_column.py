"""docs/adding/column.md: one more column of a file, whose titles change from one layout to the next or never do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_contracts.loading import load_contracts
from tests.adding.pages import Copy, Page


def titles(source: str, code: str) -> list[str]:
    contract = load_contracts()[source]
    layout = contract.layout(code)
    return [str(title) for title in contract.fields_in(layout, contract.entity(layout.entities[0])).values()]


def received(copy: Copy, folder: Path, name: str, header: list[str], row: dict[str, str]) -> str | None:
    """What is said of a file of this header, which has one row, once it is received."""
    file = folder / name
    file.write_text(f"{';'.join(header)}\n{';'.join(row.get(title, '') for title in header)}\n", encoding="utf-8")
    [receipt] = json.loads(copy.dlnuf("deliver", str(file), "--json"))
    assert receipt["status"] == "received", receipt["reason"]
    return receipt["reason"]


@pytest.mark.lent
def test_a_column_of_a_file_whose_titles_change_is_a_field_and_a_line_of_the_table(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("column")
    by_hand = {f"data_contracts/sources/cnsa_prix_ehpad.{kind}" for kind in ("odcs.yaml", "columns.csv")}
    assert copy.touched() == by_hand
    assert Page.read("column").files == 2
    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {
        *by_hand,
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/seeds/champs_formulaires.csv",
        "docs/dictionnaire/cnsa_prix_ehpad.md",
    }

    header = [*titles("cnsa_prix_ehpad", "open_data_csv_prestations"), "nbPlacesNuit"]
    row = {"finessEt": "010002228", "nbPlacesNuit": "4"}
    assert received(copy, tmp_path, "prix-ehpad_2024.csv", header, row) is None


@pytest.mark.lent
def test_a_column_of_a_file_whose_titles_never_change_is_a_field_of_the_contract(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("column", "When one file is enough")
    contract = "data_contracts/sources/errd.odcs.yaml"
    assert copy.touched() == {contract}
    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {
        contract,
        "dbt_project/models/intermediate/observations/obs_errd__errd_et.sql",
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/seeds/champs_formulaires.csv",
        "dbt_project/seeds/ordres.csv",
        "dbt_project/seeds/precedence.csv",
        "docs/dictionnaire/elements.md",
        "docs/dictionnaire/errd.md",
    }

    before, name = titles("errd", "ann_errd_ej_et"), "ANN_ERRD_EJ_ET_2023_06_07.CSV"
    row = {"Finess": "010002228", "Année": "2022", "Id Dépôt": "7", "Nombre de remplacements": "4"}
    assert received(copy, tmp_path, name, [*before, "Nombre de remplacements"], row) is None
    absent = received(copy, tmp_path, name, before, row)
    assert absent == "Reçu ; colonnes absentes : Nombre de remplacements (leurs valeurs sont inconnues)."
