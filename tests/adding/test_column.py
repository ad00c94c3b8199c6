"""docs/adding/column.md, followed in a copy of the project: one more column of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_contracts.loading import load_contracts
from tests.adding.copied import Copied, files_told, said_by

SOURCES = "data_contracts/sources"
FIELD = """\
      - name: nb_remplacements
        physicalName: Nombre de remplacements
        logicalType: integer
        description: Contrats de remplacement signés dans l'année.
        customProperties:
          - {property: element, value: CDD_REMPLACEMENT}
          - {property: timeBasis, value: flux_annee}
          - {property: proof, value: S}"""
PLAIN = "\n".join(line for line in FIELD.splitlines() if "element" not in line and "timeBasis" not in line)


def titles(source: str, code: str) -> list[str]:
    contract = load_contracts()[source]
    layout = contract.layout(code)
    return [str(title) for title in contract.fields_in(layout, contract.entity(layout.entities[0])).values()]


def received(copy: Copied, folder: Path, name: str, header: list[str], finess: str) -> str | None:
    """What is said of a file of this header whose only row is of an ESMS, once it is received."""
    file = folder / name
    row = {finess: "010002228", "Année": "2022", "Id Dépôt": "7", "Nombre de remplacements": "4"}
    file.write_text(f"{';'.join(header)}\n{';'.join(row.get(title, '') for title in header)}\n", encoding="utf-8")
    [receipt] = json.loads(copy.dlnuf("deliver", str(file), "--json"))
    assert receipt["status"] == "received", receipt["reason"]
    return receipt["reason"]


@pytest.mark.lent
def test_a_column_of_a_file_whose_titles_never_change_is_a_field_of_the_contract(tmp_path: Path) -> None:
    copy = Copied(tmp_path)
    contract = f"{SOURCES}/errd.odcs.yaml"
    copy.insert(contract, "      - name: taux_occupation_externat", FIELD)
    assert set(copy.touched()) == {contract}
    copy.dlnuf("contracts", "generate")
    said = said_by("column.md", source="errd", entity="errd_et")
    assert set(copy.touched()) == set(said) - {f"{SOURCES}/errd.columns.csv"}
    assert copy.dlnuf("contracts", "check")

    before = titles("errd", "ann_errd_ej_et")
    name = "ANN_ERRD_EJ_ET_2023_06_07.CSV"
    assert received(copy, tmp_path, name, [*before, "Nombre de remplacements"], "Finess") is None
    absent = received(copy, tmp_path, name, before, "Finess")
    assert absent == "Reçu ; colonnes absentes : Nombre de remplacements (leurs valeurs sont inconnues)."


@pytest.mark.lent
def test_a_column_of_a_file_whose_titles_change_is_also_a_line_of_the_table(tmp_path: Path) -> None:
    copy = Copied(tmp_path)
    contract, table = f"{SOURCES}/cnsa_prix_ehpad.odcs.yaml", f"{SOURCES}/cnsa_prix_ehpad.columns.csv"
    copy.insert(contract, "      - name: prix_hp_cs_eur", PLAIN)
    with pytest.raises(AssertionError, match=r"le champ « prix\.nb_remplacements » du contrat n'a pas de ligne"):
        copy.dlnuf("contracts", "generate")
    [line] = [line for line in copy.text(table).splitlines() if line.startswith("prix;prix_hp_cs_eur;")]
    copy.insert(table, line, "prix;nb_remplacements;;;;Nombre de remplacements")
    assert copy.touched() == {contract: len(PLAIN.splitlines()), table: 1}
    assert files_told("column.md") == 2
    copy.dlnuf("contracts", "generate")
    said = said_by("column.md", source="cnsa_prix_ehpad", entity="prix")
    assert set(copy.touched()) == {path for path, who in said.items() if "element" not in who}

    header = [*titles("cnsa_prix_ehpad", "open_data_csv_prestations"), "Nombre de remplacements"]
    assert received(copy, tmp_path, "prix-ehpad_2024.csv", header, "finessEt") is None
