"""Every element of every profile of the TDDUI guide is read, or left out with a reason: `guides/tddui_lecture.csv`."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from data_contracts import guides
from data_contracts.guides import FOLDER
from data_contracts.loading import load_contracts
from data_contracts.nomenclatures import read_list
from data_contracts.statuses import FACT, STATES, UNKNOWN

# What an element is read for when it fills no field.
_OTHERWISE = {"reconnaît l'élément", "toutes les tables", "refuse le fichier quand il est DELETE"}
_INNER = ("tddui-decision", "droitPrestation", "detailPrestation", "priseCharge", "quantification")


def rows() -> list[dict[str, str]]:
    with (FOLDER / "tddui_lecture.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def declared() -> set[tuple[str, str]]:
    guide = guides.guide("tddui")
    profiles = {(name, e) for name, profile in guide.profiles.items() if profile.url for e in profile.elements}
    return profiles | {(name, element) for name in _INNER for element in guide.extensions[name].elements}


def test_every_element_of_the_guide_is_listed_once_and_no_other() -> None:
    listed = Counter((row["profil"], row["element"]) for row in rows())
    assert [pair for pair, times in listed.items() if times > 1] == []
    assert sorted(declared() - set(listed)) == [], "éléments du guide dont la lecture n'est pas dite"
    assert sorted(set(listed) - declared()) == [], "éléments que le guide n'a pas"


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['profil']}:{row['element']}")
def test_an_element_is_read_into_a_field_or_left_with_a_reason(row: dict[str, str]) -> None:
    assert bool(row["lu"]) != bool(row["raison"])
    if row["lu"] and row["lu"] not in _OTHERWISE:
        table, _, name = row["lu"].partition(".")
        contract = load_contracts()["dui"]
        layout = contract.layout("fhir")
        assert name in contract.fields_in(layout, contract.entity(table))


def test_every_field_of_a_bundle_is_read_from_an_element() -> None:
    """But those that the guide has no place for, and those that the reader makes (docs/formats/tddui.md)."""
    contract = load_contracts()["dui"]
    layout = contract.layout("fhir")
    carried = {f"{t}.{f}" for t in layout.entities for f in contract.fields_in(layout, contract.entity(t))}
    read = {row["lu"] for row in rows()}
    made = {field for field in carried if field.rpartition(".")[2] in ("finess_et", "usager_id", "etat", "rang")}
    made |= {field for field in carried if field.endswith(("projet_id", "evaluation_id", "decision_id", "droit_id"))}
    assert sorted(carried - read - made) == [
        "accords.accord_id", "accords.objet_type", "accords.statut", "evaluations.gir", "evaluations.resultat",
        "presences_absences.sejour_id", "projet_elements.nature", "usagers.ins_type",
        "usagers.protection_juridique",
    ]  # fmt: skip


def test_the_page_says_every_status_as_it_is_declared_and_no_other() -> None:
    page = (FOLDER.parents[1] / "docs" / "formats" / "tddui.md").read_text(encoding="utf-8")
    counts = {
        row["code"]: "remplace, non compté" if row["est_retire"] == "true" else "gardé, non compté"
        for row in read_list(STATES)
    } | {FACT: "compté", UNKNOWN: "ligne rejetée"}
    declared = [
        f"| {row['classes'].replace(' ', ', ')} | {row['element']} | {row['code']} | {row['etat']} "
        f"| {counts[row['etat']]} | {row['libelle']} |"
        for row in read_list("statuts_enonces")
    ]
    table = page.split("| classes | élément | code | état | compte | ce qu'il dit |\n")[1].split("\n\n")[0]
    assert table.splitlines()[1:] == declared
