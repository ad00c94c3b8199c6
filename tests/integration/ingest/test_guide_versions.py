"""Which version of its guide a delivery follows is kept with it; versions are read side by side, to the same rows."""

from __future__ import annotations

import json

import pytest

from ingest.receive import landing
from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex


def of_version(version: str | None, n: int) -> bytes:
    """The complete file of a person, as that version writes it: 2.0 had other systems, another name of the plan."""
    text = ex.as_bytes(ex.bundle(*ex.dossier(n))).decode()
    text = text.replace("|2.2.0", f"|{version}" if version else "")
    if version == "2.0.0":
        text = text.replace('.esante.gouv.fr"', '.cnsa.fr"').replace("projet-personnalise|", "projet-perso|")
    return text.encode()


@pytest.mark.parametrize(
    ("version", "said"), [("2.0.0", "tddui 2.0.0"), ("2.4.0", "tddui 2.4.0"), (None, "tddui 2.4 au moins")]
)
def test_the_version_of_the_guide_is_kept_with_the_delivery(guichet: Guichet, version: str | None, said: str) -> None:
    receipt = guichet.deliver("tddui_2024-12-31_a.json", of_version(version, 1))
    (manifest,) = landing.manifests(guichet.home)
    assert (receipt.guide, manifest.guide) == (said, said)


def test_a_profile_of_the_bundle_alone_says_it(guichet: Guichet) -> None:
    told = {**json.loads(of_version(None, 1)), "meta": {"profile": [f"{ex.SD}tddui-bundle|2.3.0-ballot"]}}
    assert guichet.deliver("a.json", ex.as_bytes(told)).guide == "tddui 2.3.0-ballot"


def test_a_file_that_is_no_fhir_follows_no_guide_of_it(guichet: Guichet) -> None:
    assert guichet.deliver("tddui_2024-12-31_a.xml", ex.CDA.encode()).guide is None


def test_two_versions_and_the_first_form_give_rows_side_by_side(guichet: Guichet) -> None:
    for n, version in ((1, "2.0.0"), (2, "2.4.0")):
        result = guichet.take(f"tddui_2024-12-31_{n}.json", of_version(version, n))
        assert (result.entities["sejours"]["acceptees"], result.entities["projets"]["acceptees"]) == (1, 1)
    result = guichet.take("tddui_2024-12-31_c.xml", ex.CDA.replace("DOS-1", "DOS-3").encode())
    assert result.entities["sejours"]["acceptees"] == 1
    assert guichet.rows("raw", "sejours")["sejour_id"].n_unique() == 3
