"""FINESS+ JSON: which rows, which address, which engagements, and what happens when the schema changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.read import UnreadableFile, sniff, tables_of
from ingest.read.finess_json_columns import ACTIVITES, CAPACITES, EJ, ET

STATED_ON = "2026-08-13T02:07:30Z"


def _address(usage: str, town: str, x: str | None = None) -> dict[str, Any]:
    place = {"coordonneeX": x, "coordonneeY": "46.2"} if x else None
    return {"usageAdresse": usage, "cogCommune": town, "coordonneesGeographique": place}


def _contact(role: str, telephone: str) -> dict[str, Any]:
    return {"telecom": {"telephone": telephone, "courriel": None}, "typeContact": {"roleContact": role}}


def _engagement(kind: str | None, end: str | None = None, lapse: str | None = None) -> dict[str, Any]:
    return {"sousTypeEngagement": kind, "dateFinEngagement": end, "dateCaduciteEngagement": lapse}


def _et(finess: str, **more: Any) -> dict[str, Any]:
    return {
        "informationsGeneralesEGE": {"numFinessEge": finess, "egeId": "1", "espic": ["6", "1"]},
        "typeBudget": ["01"],
        "adresse": [],
        "contact": [],
        "engagement": [],
        "evenement": [{"evenementId": "9"}],
        "roleEge": [{"idEgePorteuse": "2"}],
        **more,
    }


def _structures(*establishments: dict[str, Any], **more: Any) -> str:
    person = {
        "informationsGeneralesPMEJ": {"numFinessPm": "010000016", "pmSmsseId": "1"},
        "adresse": [_address("02", "01053")],
        "ege": list(establishments),
        **more,
    }
    return json.dumps({"schemaVersion": "v1.0.0", "generatedAt": STATED_ON, "gco": [], "gcc": [], "pmej": [person]})


@pytest.fixture
def structures(write: Callable[..., Path], rows_of: Callable) -> Callable[..., dict]:
    def both(*establishments: dict[str, Any], **more: Any) -> dict:
        return rows_of(write(_structures(*establishments, **more), "s.json"), "finess_json", ("ej", "et"))

    return both


def test_sniff_says_which_of_the_two_files_it_is(write: Callable[..., Path]) -> None:
    facts = sniff(write(_structures(), "s.json")).facts
    assert facts == {"root": "pmej", "schemaVersion": "v1.0.0", "generatedAt": STATED_ON, "content": "structures"}


def test_an_et_carries_its_ej_and_the_technical_columns(structures: Callable[..., dict]) -> None:
    tables = structures(_et("010780195"), _et("010780203"))
    et = tables["et"]
    assert tables["ej"].columns == [*EJ, "_ligne", "_chemin", "_defaut"]
    assert et.columns == [*ET, "_ligne", "_chemin", "_defaut"]
    assert et["informationsGeneralesPMEJ.numFinessPm"].to_list() == ["010000016"] * 2
    assert et["informationsGeneralesEGE.espic"].to_list() == ["6|1"] * 2
    assert et["_ligne"].to_list() == [1, 2]
    assert et["_chemin"].to_list() == ["pmej[0].ege[0]", "pmej[0].ege[1]"]
    assert tables["ej"]["_chemin"].to_list() == ["pmej[0]"]


@pytest.mark.parametrize(
    ("addresses", "town"),
    [
        ([_address("03", "01053")], "01053"),
        ([_address("06", "01001"), _address("03", "01053")], "01053"),  # the geographic one wins wherever it stands
        ([_address("04", "01001"), _address("04", "01002"), _address("03", "01053")], "01053"),
        ([_address("06", "01001"), _address("02", "01053")], "01053"),
        ([_address("04", "01001"), _address("06", "01002")], "01001"),
        ([], None),
        (None, None),
    ],
)
def test_the_address_is_the_geographic_one_else_the_seat_else_the_first(
    structures: Callable[..., dict], addresses: list | None, town: str | None
) -> None:
    assert structures(_et("010780195", adresse=addresses))["et"]["adresse.cogCommune"].to_list() == [town]


def test_coordinates_come_with_the_address_that_is_kept(structures: Callable[..., dict]) -> None:
    et = structures(_et("010780195", adresse=[_address("06", "01001", "9.9"), _address("03", "01053", "5.2")]))["et"]
    assert et["adresse.coordonneesGeographique.coordonneeX"].to_list() == ["5.2"]


def test_the_contact_is_the_main_one(structures: Callable[..., dict]) -> None:
    et = structures(_et("010780195", contact=[_contact("02", "0400000002"), _contact("01", "0400000001")]))["et"]
    assert et["contact.telecom.telephone"].to_list() == ["0400000001"]


@pytest.mark.parametrize(
    ("engagements", "text"),
    [
        ([_engagement("ASE"), _engagement("ARR"), _engagement("ASE"), _engagement(None)], "ARR|ASE"),
        ([_engagement("ASE", end="2026-08-12")], None),
        ([_engagement("ASE", end="2026-08-13")], "ASE"),
        ([_engagement("ASE", end="2041-07-21", lapse="2026-01-01")], None),
        ([], None),
        (None, None),
    ],
)
def test_engagements_are_those_in_force_the_day_the_file_speaks_from(
    structures: Callable[..., dict], engagements: list | None, text: str | None
) -> None:
    assert structures(_et("010780195", engagement=engagements))["et"]["engagement.sousTypeEngagement"].to_list() == [
        text
    ]


def test_a_leaf_never_seen_becomes_a_column_and_an_empty_one_does_not(structures: Callable[..., dict]) -> None:
    more = {"nouveau": {"code": "x", "rien": None}, "liste": [{"a": 1}]}
    et = structures(_et("010780195"), _et("010780203", **more))["et"]
    assert set(et.columns) - {*ET, "_ligne", "_chemin", "_defaut"} == {"nouveau.code", "liste"}
    assert et["nouveau.code"].to_list() == [None, "x"]
    assert et["liste"].to_list() == [None, '[{"a": 1}]']


def test_an_ej_without_establishment_leaves_an_empty_table(structures: Callable[..., dict]) -> None:
    tables = structures()
    assert tables["ej"].height == 1
    assert tables["et"].shape == (0, len(ET) + 3)


ACTIVITIES = {
    "schemaVersion": "v1.0.0",
    "generatedAt": STATED_ON,
    "pmej": [
        {
            "numFiness": "010000156",
            "pmSmsseId": "2",
            "activitesAutorisees": [
                {
                    "caracteristiquesGeneriques": {"activiteAeId": "10", "etatObjet": "A"},
                    "nature": {
                        "codeNature": "AMM",
                        "caracteristiquesSpecifiques": {"typeActiviteAMM": {"activiteAMM": "QA002"}, "appareil": []},
                    },
                    "capacite": [],
                    "zoneIntervention": {"communeZI": [{"commune": "01053"}]},
                }
            ],
            "ege": [
                {
                    "numFinessEge": "010780195",
                    "egeId": "833",
                    "activitesExercees": [
                        {
                            "caracteristiquesGeneriques": {"activiteAeId": "11", "identifiantAutorisation": "10"},
                            "nature": {
                                "codeNature": "ASMR",
                                "caracteristiquesSpecifiques": {
                                    "typeActiviteAMSR": {
                                        "activiteSocialeRegulee": "924",
                                        "modeFonctionnement": "11",
                                        "public": "700",
                                    },
                                    "ageMinAutorise": "60",
                                },
                            },
                            "capacite": [
                                {"idCapacite": "1", "nombre": "80", "statutCapacite": "09", "habilitation": None},
                                {"idCapacite": "2", "nombre": "12", "statutCapacite": "09", "habilitation": "02"},
                            ],
                        },
                        {
                            "caracteristiquesGeneriques": {"activiteAeId": "12"},
                            "nature": {
                                "codeNature": "ASOCR",
                                "caracteristiquesSpecifiques": {
                                    "typeActiviteASOCR": {
                                        "activiteSocialeRegulee": "959",
                                        "modeFonctionnement": "18",
                                        "public": "808",
                                    }
                                },
                            },
                            "capacite": [],
                        },
                    ],
                }
            ],
        }
    ],
}


def test_activities_of_both_levels_with_their_triplet(write: Callable[..., Path], rows_of: Callable) -> None:
    tables = rows_of(write(json.dumps(ACTIVITIES), "a.json"), "finess_json", ("activites", "capacites"))
    activites = tables["activites"]
    assert activites.columns == [*ACTIVITES, "_ligne", "_chemin", "_defaut"]
    assert activites.select(
        "niveau", "numFinessEge", "caracteristiquesGeneriques.activiteAeId", "nature.codeNature",
        "typeActivite.discipline", "typeActivite.modeFonctionnement", "typeActivite.public", "_chemin",
    ).rows() == [
        ("autorisee", None, "10", "AMM", None, None, None, "pmej[0].activitesAutorisees[0]"),
        ("exercee", "010780195", "11", "ASMR", "924", "11", "700", "pmej[0].ege[0].activitesExercees[0]"),
        ("exercee", "010780195", "12", "ASOCR", "959", "18", "808", "pmej[0].ege[0].activitesExercees[1]"),
    ]  # fmt: skip
    assert activites["numFiness"].to_list() == ["010000156"] * 3
    assert activites["nature.caracteristiquesSpecifiques.ageMinAutorise"].to_list() == [None, "60", None]


def test_a_capacity_stands_alone(write: Callable[..., Path], rows_of: Callable) -> None:
    path = write(json.dumps(ACTIVITIES), "a.json")
    capacites = rows_of(path, "finess_json", ("activites", "capacites"))["capacites"]
    assert capacites.columns == [*CAPACITES, "_ligne", "_chemin", "_defaut"]
    assert capacites.select(
        "niveau", "numFinessEge", "caracteristiquesGeneriques.activiteAeId", "typeActivite.discipline",
        "capacite.nombre", "capacite.habilitation", "_ligne", "_chemin",
    ).rows() == [
        ("exercee", "010780195", "11", "924", "80", None, 1, "pmej[0].ege[0].activitesExercees[0].capacite[0]"),
        ("exercee", "010780195", "11", "924", "12", "02", 2, "pmej[0].ege[0].activitesExercees[0].capacite[1]"),
    ]  # fmt: skip
    assert list(rows_of(path, "finess_json", ("capacites",))) == ["capacites"]


def test_structures_are_not_looked_for_in_the_activities_file(write: Callable[..., Path], layout: type) -> None:
    with pytest.raises(UnreadableFile, match="« activites », où ne se trouve pas : et"):
        list(tables_of(write(json.dumps(ACTIVITIES), "a.json"), layout("finess_json", {}, ("et",))))
