"""An element has one home: its line says what it is, every problem is told with its line, and counts are counted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards import labels
from data_contracts.dictionary import FOLDER, DictionaryError, askers, elements
from data_contracts.loading import load_contracts

TABLE = list(csv.DictReader(io.StringIO((FOLDER / "elements.csv").read_text(encoding="utf-8"))))


def written(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A folder of the dictionary that holds these elements and the collections of the project."""
    with (folder / "elements.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.DictWriter(handle, TABLE[0])
        table.writeheader()
        table.writerows(rows)
    (folder / "collections.csv").write_bytes((FOLDER / "collections.csv").read_bytes())
    return folder


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"libelle": ""}, "libelle : vide"),
        ({"element_id": "siret"}, "element_id : « siret » n'a pas la forme"),
        ({"tolerance_type": "exat"}, "tolerance_type : « exat » n'est pas admis (vouliez-vous « exact » ?)"),
        ({"tolerance_valeur": "2,5"}, "tolerance_valeur : « 2,5 » n'a pas la forme"),
        ({"GALAAD": "vu"}, "GALAAD : « vu » n'a pas la forme"),
        ({"ouverture": "oui"}, "ouverture : « oui » n'est pas admis (attendu : ouvert, restreint, personnel)"),
        ({"niveau": "individu", "ouverture": "ouvert"}, "une donnée individuelle n'est pas ouverte"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, change: dict[str, str], told: str) -> None:
    with pytest.raises(DictionaryError) as error:
        elements(written(tmp_path, [TABLE[0], TABLE[4] | change, TABLE[5]]))
    [problem] = error.value.problems
    assert problem.startswith("elements.csv:3 · ")
    assert told in problem


def test_every_problem_is_told_at_once_and_an_element_is_said_once(tmp_path: Path) -> None:
    rows = [TABLE[0], TABLE[4] | {"libelle": "", "noyau": "oui"}, TABLE[0]]
    with pytest.raises(DictionaryError) as error:
        elements(written(tmp_path, rows))
    assert [p.split(" · ")[0] for p in error.value.problems] == ["elements.csv:3", "elements.csv:3", "elements.csv:4"]
    assert error.value.problems[-1].endswith("element_id : déclaré deux fois")


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        ({}, 0),
        ({"TDB_ATIH": "S:titre", "DREES_EHPA": "K:question"}, 2),
        ({"TDB_ATIH": "D:somme des items", "DREES_EHPA": "C:capacités"}, 1),  # what is only derived is not asked
        ({"FINESS": "S:saisi par l'autorité", "DUI": "S:logiciel de l'ESMS", "SEPPIA": "C:programmation"}, 0),
    ],
)
def test_how_many_collections_ask_is_counted_from_the_cells(cells: dict[str, str], asked: int) -> None:
    empty = {name: "" for name, value in TABLE[4].items() if value[1:2] == ":"}
    assert len(askers(TABLE[4] | empty | cells)) == asked


def test_the_list_of_a_coded_element_is_the_one_that_its_fields_declare() -> None:
    declared = {
        (f.element, f.nomenclature)
        for c in load_contracts().values()
        for e in c.entities
        for f in e.observed
        if f.nomenclature
    }
    assert ("CATEGORIE_ET", "finess_categories") in declared
    assert labels.element_value("CATEGORIE_ET", "500") == labels.nomenclature("finess_categories", "500")
    assert labels.element_value("CADRE_BUDGETAIRE", "M22") == "M22"  # two lists, by component: the code as it is
    assert labels.element_value("NB_PERS_3112", "12") == "12"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda text: text.replace(b"element_id", b"identifiant", 1), "elements.csv:1 · colonne absente : element_id"),
        (lambda text: text.replace(b",", b";"), "elements.csv:1 · colonne absente : element_id, groupe"),
        (lambda text: b"\x00\xff" + text, "elements.csv:1 · ce fichier n'est pas en UTF-8"),
        (lambda text: text + b"TROP,COURTE\r\n", " · 37 cellules sont attendues"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(tmp_path: Path, change: Callable[[bytes], bytes], problem: str) -> None:
    folder = written(tmp_path, TABLE[:2])
    path = folder / "elements.csv"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DictionaryError) as error:
        elements(folder)
    assert any(problem in each for each in error.value.problems)


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    folder = written(tmp_path, TABLE[:2])
    path = folder / "elements.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"))
    assert list(elements(folder)) == [row["element_id"] for row in TABLE[:2]]
