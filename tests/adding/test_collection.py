"""docs/adding/collection.md: a collection that nobody wrote code for answers like the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adding.grown import Grown
from tests.adding.pages import Page

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]


def test_a_contract_is_the_only_file(grown: Grown) -> None:
    assert grown.written["collection"] == {"data_contracts/sources/barometre_invente.odcs.yaml"}
    assert Page.read("collection").files == 1
    assert {name for name in grown.derived["collection"] if name.endswith((".py", ".sql"))} == {
        "dbt_project/models/intermediate/observations/int_observations.sql",
        "dbt_project/models/intermediate/observations/obs_barometre_invente__reponses.sql",
    }


FORM = """
from datetime import datetime, timezone
from pathlib import Path
from openpyxl import load_workbook
from data_contracts.collection_forms import forms
from data_contracts.loading import load_contracts
from ingest import pipeline
from ingest.home import Home
from ingest.receive.delivery import deliver
from ingest.returned_forms import key
from orchestration.forms.filled import fill
from orchestration.forms.form_frame import TABLE
from orchestration.forms.form_workbook import workbook
from orchestration.forms.known_columns import Esms

now = datetime(2025, 6, 1, 12, tzinfo=timezone.utc)
folder = Path({folder!r})
home, form = Home(folder / "var"), forms(load_contracts())["barometre_invente"]
filled = fill(form, Esms("010002228", None, "500", "01", "PA"), 2023, {{}}, now)
path = folder / "barometre-invente-2023_finess-010002228.xlsx"
path.write_bytes(workbook(filled, key(home, make=True), now))
book = load_workbook(path)
titles = [cell.value for cell in book[TABLE][1]]
for title, value in (("Occupation", 0.91), ("Remplacements", 8)):
    book[TABLE].cell(2, 1 + titles.index(title)).value = value
book.save(path)
[receipt] = deliver([path], home, now=now)
[result] = pipeline.process_pending(home)
print(titles, [each.state for each in filled.columns], receipt.status, result.statut, result.acceptees)
"""


def test_it_has_its_form_and_takes_it_back(grown: Grown, tmp_path: Path) -> None:
    questions = grown.copy.text("dbt_project/seeds/champs_formulaires.csv")
    assert "barometre_invente,barometre_invente,occupation,3,TX_OCC_HP,,flux_annee" in questions
    assert "barometre_invente,barometre_invente,remplacements,4,CDD_REMPLACEMENT,,flux_annee" in questions
    assert "barometre_invente,500\n" in grown.copy.text("dbt_project/seeds/formulaires_categories.csv")
    told = grown.copy.python(FORM.format(folder=str(tmp_path)))
    assert told.splitlines()[-1] == (
        "['Numéro', 'Année', 'Occupation', 'Remplacements'] ['identite', 'identite', 'a_demander', 'a_demander'] "
        "received accepted 1"
    )


def test_its_answers_stand_among_the_others(grown: Grown) -> None:
    assert ("barometre_invente", "received") in {(r["source"], r["status"]) for r in grown.receipts}
    lost = json.loads(grown.copy.dlnuf("explain", "010002228", "TX_OCC_HP", "--millesime", "2022", "--json"))
    assert (lost["retained"]["source"], lost["retained"]["status"]) == ("errd", "divergent")
    [answer] = [a for a in lost["answers"] if a["source"] == "barometre_invente"]
    assert float(answer["value"]) == 90.0  # a fraction in the file, percent in the layer
    assert answer["lost_because"]
    kept = json.loads(grown.copy.dlnuf("explain", "010002228", "CDD_REMPLACEMENT", "--millesime", "2022", "--json"))
    assert (kept["retained"]["source"], float(kept["retained"]["value"])) == ("barometre_invente", 7.0)
