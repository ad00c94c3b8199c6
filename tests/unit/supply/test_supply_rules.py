"""What a collection may lose: the verdict on what was measured, case by case, and thresholds that are wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.dictionary import DictionaryError
from data_contracts.supply_rules import TABLE, threshold, thresholds, verdicts
from orchestration.publication import consumers_report
from tests.instants import now

HEADER = "source,element_id,completude_baisse_points,accord_min_pct,volume_baisse_pct,comparables_min,motif\n"
USUAL = "*,*,2,80,2,30,Essai\n"


def measured(**changed: Any) -> dict[str, Any]:
    """A field that a hundred ESMS answered, all of whose answers are given back as they were."""
    row = {
        "formulaire": "drees_ehpa", "formulaire_libelle": "Enquête EHPA", "champ": "cap_installee_hp", "rang": 7,
        "element_id": "CAP_INST_HP", "element_libelle": "Places installées", "millesime": 2023, "n_repondants": 100,
        "n_lignes_rejetees": 0, "n_repondants_fournis": 100, "n_esms_fournis": 120, "n_recues": 100,
        "n_mises_de_cote": 0, "n_fournies_repondants": 100, "n_fournies": 120, "n_dune_autre_source": 20,
        "n_corrigees": 0, "n_comparables": 100, "n_en_accord": 100,
    }  # fmt: skip
    assert changed.keys() <= row.keys()
    return row | changed


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / TABLE).write_text(HEADER + USUAL, "utf-8")
    return tmp_path


CASES = [
    # what was measured, what blocks
    ({}, []),
    ({"n_fournies_repondants": 98}, []),  # two points: as many as may be lost
    ({"n_fournies_repondants": 97}, ["completude"]),
    ({"n_recues": 40, "n_fournies_repondants": 60}, []),  # a field that gains
    ({"n_recues": 40, "n_fournies_repondants": 37}, ["completude"]),  # points of those who answered, not of answers
    ({"n_en_accord": 80}, []),
    ({"n_en_accord": 79}, ["accord"]),
    ({"n_comparables": 29, "n_en_accord": 0}, []),  # too few to judge
    ({"n_comparables": 30, "n_en_accord": 0}, ["accord"]),
    ({"n_comparables": 0, "n_en_accord": 0}, []),
    ({"n_lignes_rejetees": 2}, []),
    ({"n_lignes_rejetees": 3}, ["volume"]),  # 100 of 103
    ({"n_repondants_fournis": 97}, ["volume"]),
    ({"n_repondants": 0, "n_recues": 0, "n_fournies_repondants": 0, "n_repondants_fournis": 0}, []),
    ({"n_fournies_repondants": 90, "n_en_accord": 10}, ["completude", "accord"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "kinds"), CASES)
def test_a_field_blocks_when_it_is_worse_than_what_may_be_lost(
    changed: dict[str, Any], kinds: list[str], rules: Path
) -> None:
    [verdict] = verdicts([measured(**changed)], rules)
    assert [found.kind for found in verdict.findings] == kinds
    assert verdict.blocked is bool(kinds)


def test_a_field_blocks_its_own_collection_alone_and_says_why(rules: Path) -> None:
    rows = [
        measured(n_en_accord=43),
        measured(champ="nb_chambres", rang=9, element_id="NB_CHAMBRES_TOT", element_libelle="Chambres"),
        measured(formulaire="errd", formulaire_libelle="ERRD", n_fournies_repondants=100),
    ]
    ehpa, errd = verdicts(rows, rules)
    assert (ehpa.source, ehpa.blocked, errd.source, errd.blocked) == ("drees_ehpa", True, "errd", False)
    [found] = ehpa.findings
    assert found.text == (
        "Places installées (cap_installee_hp) : 43\u202f% des 100 réponses reçues sont rendues dans la tolérance "
        "(minimum : 80\u202f%)"
    )
    assert ehpa.of("cap_installee_hp") == (found,)
    assert ehpa.of("nb_chambres") == ()


def test_what_fails_a_limit_does_not_read_as_if_it_met_it(rules: Path) -> None:
    [verdict] = verdicts([measured(n_comparables=100_000, n_en_accord=79_999)], rules)
    assert "79,99\u202f%" in verdict.findings[0].text


def test_the_most_precise_line_decides(tmp_path: Path) -> None:
    lines = ("drees_ehpa,*,5,70,2,30,a\n", "*,CAP_INST_HP,6,60,2,30,b\n", "errd,CAP_INST_HP,7,50,2,30,c\n")
    (tmp_path / TABLE).write_text(HEADER + USUAL + "".join(lines), "utf-8")
    found = {
        (source, element): threshold(source, element, tmp_path).agreement_pct
        for source in ("errd", "drees_ehpa", "ca")
        for element in ("CAP_INST_HP", "CPOM")
    }
    assert found == {
        ("errd", "CAP_INST_HP"): 50, ("errd", "CPOM"): 80, ("drees_ehpa", "CAP_INST_HP"): 70,
        ("drees_ehpa", "CPOM"): 70, ("ca", "CAP_INST_HP"): 60, ("ca", "CPOM"): 80,
    }  # fmt: skip


WRONG = [
    # lines of the table, what is said of them
    ("errd,*,2,80,2,30,a\n", "la ligne « *,* »"),
    (USUAL + "erd,*,2,80,2,30,a\n", "vouliez-vous « errd »"),
    (USUAL + "*,INCONNU,2,80,2,30,a\n", "n'est pas un élément du dictionnaire"),
    (USUAL + "*,CPOM,2,120,2,30,a\n", "accord_min_pct"),
    (USUAL + "*,CPOM,2,80,2,30,\n", "motif"),
    (USUAL + USUAL, "déclaré deux fois"),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_threshold_is_said_where_it_stands(lines: str, message: str, tmp_path: Path) -> None:
    (tmp_path / TABLE).write_text(HEADER + lines, "utf-8")
    with pytest.raises(DictionaryError, match=re.escape(message)) as said:
        thresholds(tmp_path)
    assert TABLE in str(said.value)


def test_the_thresholds_of_the_project_hold() -> None:
    assert ("*", "*") in thresholds()


def test_the_report_says_each_field_and_what_blocks(rules: Path) -> None:
    judged = verdicts([measured(n_en_accord=43, element_libelle="Places <b>"), measured(formulaire="errd")], rules)
    html = consumers_report.as_html(judged, now())
    assert "1 collecte sur 2 y perdrait" in html
    assert "Places &lt;b&gt; (cap_installee_hp) : 43" in html
    assert "<b>" not in html
    content = consumers_report.as_json(judged, datetime(2026, 1, 2, tzinfo=UTC))
    assert '"etabli_le": "2026-01-02T00:00:00Z"' in content
    assert '"accord_pct": 43.0' in content
    assert content.count('"bloquee": true') == 1
