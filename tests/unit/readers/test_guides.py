"""Which guide a health document follows: told by its profiles, its templates, or what only that guide names in it.

Sources: the guides of the ANS (`ig/fhir/tddui` 1.0 to 2.3, `ig/cda/tddui`, `ig/fhir/sdo` 4, `ig/fhir/ror` and `ror30`):
their canonical bases, and that none of them asks for `meta.profile`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.read import UnreadableFile, sniff
from ingest.read.fhir.guides import guide_of
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import Node

INTEROP = "https://interop.esante.gouv.fr"
BASE = f"{INTEROP}/ig/fhir/tddui/"
LETTER = (
    ex.CDA.replace("1.2.250.1.213.1.1.1.58", "1.2.250.1.213.1.1.1.29").replace('"EXPORT_DUI"', '"11490-0"').encode()
)
BARE = ex.CDA.replace(
    '<templateId root="1.2.250.1.213.1.1.1.58" extension="1.1.0-ballot"/><code code="EXPORT_DUI"/>', ""
)
ROR = {
    "resourceType": "Organization",
    "meta": {"profile": [f"{INTEROP}/ig/fhir/ror/StructureDefinition/ror-organization"]},
}


def claiming(*profiles: str, kind: str = "Patient", **parts: Any) -> Node:
    return {"resourceType": kind, "meta": {"profile": list(profiles)}, **parts}


@pytest.mark.parametrize(
    ("resource", "guide"),
    [
        (claiming(f"{INTEROP}/ig/fhir/tddui/StructureDefinition/tddui-patient-ins"), "tddui"),
        (claiming(f"{INTEROP}/ig/fhir/tddui/StructureDefinition/tddui-patient-ins|2.3.0-ballot"), "tddui"),
        (claiming(f"{INTEROP}/ig/cda/tddui/StructureDefinition/tddui-documentreference"), "tddui"),
        (claiming("https://mon-dui.example/StructureDefinition/tddui-encounter-sejour"), "tddui"),
        (claiming("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient"), None),
        (claiming(f"{INTEROP}/ig/fhir/sdo/StructureDefinition/sdo-task", kind="Task"), "sdo"),
        (claiming("https://exemple.test/StructureDefinition/esms-task", kind="Task"), "sdo"),
        (ROR, "ror"),
        ({"resourceType": "Organization",
          "extension": [{"url": f"{INTEROP}/fhir/ig/ror30/StructureDefinition/ror-organization-period"}]}, "ror"),
        (claiming(f"{INTEROP}/ig/fhir/mesures-de-sante/StructureDefinition/x"), "mesures-de-sante"),
        (claiming(f"{INTEROP}/ig/fhir/tddui-autre/StructureDefinition/x"), "tddui-autre"),
        ({"resourceType": "Encounter", "identifier": [ex.number("sejour", "1-SEJOUR-1")]}, "tddui"),
        ({"resourceType": "QuestionnaireResponse", "questionnaire": f"{BASE}Questionnaire/q"}, "tddui"),
        ({"resourceType": "Slot", "extension": [{"url": f"{ex.SD}tddui-facturation"}]}, "tddui"),
        ({"resourceType": "DocumentReference", "type": ex.concept("EXPORT_DUI")}, "tddui"),
        ({"resourceType": "DocumentReference", "type": ex.concept("28653-4")}, None),
        # A task of the SDO quotes a decision of the DUI.
        ({"resourceType": "Task", "input": [{"type": ex.concept("idDecision", ex.SDO_INPUTS),
                                             "valueIdentifier": ex.number("decision", "D-1")}]}, "sdo"),
        # What a resource contains is of the guide of what is contained.
        ({"resourceType": "List", "contained": [ROR]}, None),
        ({"resourceType": "Patient", "name": [{"family": ex.NOM}]}, None),
        ({"resourceType": "Patient", "meta": {"profile": 3}}, None),
        ({"resourceType": "Patient", "meta": "x", "identifier": "y"}, None),
        (["Patient"], None),
        (None, None),
    ],
)  # fmt: skip
def test_the_guide_of_a_resource(resource: Any, guide: str | None) -> None:
    assert guide_of(resource) == guide


ORGANISATION = ex.entry("o", {"resourceType": "Organization", "name": "X"})
PRACTITIONER = ex.entry("p", {"resourceType": "Practitioner"})
BUNDLE = f"{INTEROP}/ig/fhir/tddui/StructureDefinition/tddui-bundle"
SDO_DOCUMENT = claiming(f"{INTEROP}/ig/fhir/sdo/StructureDefinition/esms-document-reference", kind="DocumentReference")


def said(document: Node, profile: str) -> Node:
    """The same bundle, its profile after its entries."""
    return {**document, "meta": {"profile": [profile]}}


@pytest.mark.parametrize(
    ("document", "contents"),
    [
        (ex.bundle(*ex.plain(1)), "tddui"),
        (ex.bundle(*ex.plain(1), kind="searchset"), "tddui"),  # known by its profiles, not by its wrapping
        (ex.bundle(ORGANISATION, PRACTITIONER, *ex.plain(1)), "tddui"),
        (ex.bundle(ex.entry("r", ROR), *ex.plain(1)), "tddui"),  # a transfer that quotes an organisation of the ROR
        (said(ex.bundle(ORGANISATION), f"{BUNDLE}|2.2.0"), "tddui"),
        (ex.patient(), "tddui"),
        (ex.bundle(ex.entry("t", ex.orientation()), kind="searchset"), "sdo"),
        (ex.orientation(), "sdo"),
        (ex.bundle(ex.entry("d", ex.document_reference(ex.CDA.encode()))), "cda"),
        (ex.bundle(ex.entry("d", ex.document_reference(ex.CDA.encode())), *ex.plain(1)), "tddui"),
        (ex.bundle(ex.entry("d", SDO_DOCUMENT), kind="searchset"), ""),
        (ex.bundle(ex.entry("d", ex.document_reference(LETTER))), ""),
        (ex.bundle(ex.entry("r", ROR), kind="searchset"), ""),
        (said(ex.bundle(ORGANISATION), f"{INTEROP}/ig/fhir/ror/StructureDefinition/x"), ""),
        (ex.bundle(ORGANISATION), ""),
        (ex.bundle(), ""),
        (said(ex.bundle(), BUNDLE), ""),
        ({"resourceType": "OperationOutcome"}, ""),
    ],
)
def test_what_a_file_of_resources_holds(write: Callable[..., Path], document: Node, contents: str) -> None:
    assert sniff(write(ex.as_bytes(document), "a.json")).facts["content"] == contents


@pytest.mark.parametrize(
    ("content", "contents", "code"),
    [
        (ex.CDA.encode(), "cda", "EXPORT_DUI"),
        (ex.CDA.replace('<code code="EXPORT_DUI"/>', "", 1).encode(), "cda", ""),
        (LETTER, "", "11490-0"),
        # No model and no type: the numbers of the stays are those of no other document.
        (BARE.encode(), "cda", ""),
        (BARE.replace("-SEJOUR-", "-S-").replace("-EV", "-X").replace("-TPP", "-T").encode(), "", ""),
        (LETTER.replace(b"<ClinicalDocument", b"<!--" + b"x" * 200_000 + b"--><ClinicalDocument"), "", "11490-0"),
    ],
    ids=["both", "model alone", "a letter", "numbers alone", "nothing", "a long comment"],
)
def test_what_a_cda_is(write: Callable[..., Path], content: bytes, contents: str, code: str) -> None:
    facts = sniff(write(content, "a.xml")).facts
    assert (facts["content"], facts["document"]) == (contents, code)


def test_a_letter_among_the_documents_of_a_transfer_refuses_it(
    write: Callable[..., Path], rows_of: Callable[..., Any]
) -> None:
    entries = [ex.entry(str(n), ex.document_reference(d, n)) for n, d in enumerate((ex.CDA.encode(), LETTER), 1)]
    path = write(ex.as_bytes(ex.bundle(*entries)), "a.json")
    with pytest.raises(UnreadableFile, match=r"l'entrée n° 2 est un document CDA d'un autre modèle(.|\n)*Remède"):
        rows_of(path, "cda", ("usagers",))
