"""docs/adding/collection.md: a collection that nobody wrote code for answers like the others."""

from __future__ import annotations

import json

import pytest

from tests.adding.grown import Grown
from tests.adding.pages import files_told

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


def test_a_contract_is_the_only_file(grown: Grown) -> None:
    assert grown.touched["collection"] == ["data_contracts/sources/barometre_invente.odcs.yaml"]
    assert files_told("collection") == 1
    assert grown.generated == ["obs_barometre_invente__reponses.sql"]


def test_its_answers_stand_among_the_others(grown: Grown) -> None:
    assert {r["source"]: r["status"] for r in grown.receipts} == {"barometre_invente": "received", "errd": "received"}
    lost = json.loads(grown.copy.dlnuf("explain", "010002228", "TX_OCC_HP", "--millesime", "2022", "--json"))
    assert (lost["retained"]["source"], lost["retained"]["status"]) == ("errd", "divergent")
    [answer] = [a for a in lost["answers"] if a["source"] == "barometre_invente"]
    assert float(answer["value"]) == 90.0  # a fraction in the file, percent in the layer
    assert answer["lost_because"]
    kept = json.loads(grown.copy.dlnuf("explain", "010002228", "CDD_REMPLACEMENT", "--millesime", "2022", "--json"))
    assert (kept["retained"]["source"], float(kept["retained"]["value"])) == ("barometre_invente", 7.0)
