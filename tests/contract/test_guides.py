"""The guides are declared whole: what a declaration names stands, and a wrong one is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts import guides

SDO = guides.guide("sdo")
TDDUI = guides.guide("tddui")


def test_flow_4_creates_a_task_of_the_profile_that_the_producer_is_given() -> None:
    """CapabilityStatement ESMSProducteur 4.0.7: create of esms-task; sdo-task is its older name."""
    profile = SDO.profiles["esms-task"]
    assert profile.url == "https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/esms-task"
    assert SDO.by_url["https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/sdo-task"] is profile
    assert "input[typeDroitPrestation]" not in profile.elements
    assert {path for path, each in profile.elements.items() if each.least and path.startswith("input[")} == {
        "input[idNat_Struct]", "input[nomESMS]", "input[idDecision]", "input[idNat_Decision]",
        "input[modePriseCharge].value.coding",
    }  # fmt: skip


def test_every_profile_of_the_bundle_is_declared() -> None:
    """Those that an entry may be, and those that only others extend."""
    bundle = TDDUI.profiles["tddui-bundle"].elements["entry.resource"].refers
    assert set(TDDUI.profiles) - set(bundle) == {"tddui-bundle", "usager", "transport"}
    assert len(bundle) == 30


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        ("tddui-patient", "birthDate.extension[birthOrder]"),
        ("tddui-patient-ins", "identifier[INS-NIA]"),
        ("tddui-patient-ins", "name[officialName].family"),  # of what it extends
        ("tddui-encounter-sejour", "hospitalization.extension[entryDateOrigin].value"),
        ("tddui-encounter-sejour", "hospitalization.preAdmissionIdentifier"),
        ("tddui-basic-decision", "extension[decision].extension[dateEffetCloture].value"),
        (
            "tddui-basic-decision",
            "extension[decision].extension[droitPrestation].extension[detailPrestation].extension[priseCharge]"
            ".extension[quantification].extension[frequencePriseCharge].value",
        ),
    ],
)
def test_elements_are_listed_down_to_the_extensions_inside(profile: str, path: str) -> None:
    assert path in TDDUI.every_element(profile)


@pytest.mark.parametrize("guide", [SDO, TDDUI], ids=lambda guide: guide.name)
def test_a_parent_is_an_element_too_or_the_resource(guide: guides.Guide) -> None:
    """A slice stands under what it is a slice of: its path without its brackets is never its parent."""
    for name in guide.profiles:
        for path in guide.every_element(name):
            above = guides.parent(path)
            assert path.startswith(above)
            assert above.count("[") == above.count("]")


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("status", ""),
        ("input[idUnite]", ""),
        ("input[idUnite].value.coding", "input[idUnite].value"),
        ("name[officialName].extension[birthListGivenName]", "name[officialName]"),
    ],
)
def test_what_stands_above_an_element(path: str, above: str) -> None:
    assert guides.parent(path) == above


GUIDE = """
title: t
canonical: https://exemple.test/ig
version: 1.0.0
source: s
systems: {a: "https://exemple.test/a"}
lists: {L: {valueSet: "https://exemple.test/vs", nomenclature: sexes}}
"""


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ("status: {binding: M}", "« M » n'est pas une liste du guide"),
        ("status: {code: 'b#1'}", "« b » n'est pas un système du guide"),
        ("subject: {refers: [inconnu]}", "« inconnu » n'est pas un profil du guide"),
        ("input[x]: {}", "une tranche, entre crochets"),
        ("input: {where: {type: 'a#1'}}", "une tranche, entre crochets"),
        ("input[: {}", "n'est pas un chemin"),
        ("status: {count: '1'}", "n'a pas la forme"),
        ("status: {cardinalite: 1..1}", "cardinalite"),
    ],
)
def test_a_wrong_element_is_said_with_its_line(tmp_path: Path, elements: str, said: str) -> None:
    root = tmp_path / "g"
    root.mkdir()
    (root / "guide.yaml").write_text(GUIDE, encoding="utf-8")
    profile = f"version: 1.0.0\nresource: Task\nelements:\n  {elements}\n"
    (root / "p.yaml").write_text(profile, encoding="utf-8")
    with pytest.raises(guides.GuideError) as error:
        guides.guide("g", tmp_path)
    assert [problem for problem in error.value.problems if said in problem and problem.startswith("p.yaml:4")]


def test_a_list_that_does_not_exist_is_said(tmp_path: Path) -> None:
    root = tmp_path / "g"
    root.mkdir()
    (root / "guide.yaml").write_text(GUIDE.replace("sexes", "genres"), encoding="utf-8")
    with pytest.raises(guides.GuideError, match=r"guide.yaml:7 · .*« genres » n'est pas une liste"):
        guides.guide("g", tmp_path)
