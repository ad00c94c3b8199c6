"""The gate out, with Great Expectations itself: what breaks a contract blocks, says why, and leaves its report."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingest.home import Home
from orchestration.publication import PublicationBlocked, acceptance, read_current
from orchestration.publication.declared import Declarations
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from tests.integration.publication.trial_warehouse import (
    FICHE,
    LATER,
    LIVRAISONS,
    build_warehouse,
    publish_trial,
    trial_declarations,
    trial_rows,
)

Rows = list[dict[str, Any]]
OUTSIDE = re.compile(r"""(?:https?:)?//|<script|<link|<img|@import|url\(|\bsrc=""", re.IGNORECASE)


def publish_checked(home: Home, fingerprint: str = "empreinte-2", **options: Any) -> Any:
    return publish_trial(home, fingerprint, now=LATER, gate=acceptance.evaluate, **options)


def blocked_by(home: Home, change: Callable[[Rows], object], **options: Any) -> PublicationBlocked:
    """Publish valid rows, then try rows that `change` has altered."""
    rows = trial_rows()
    change(rows[FICHE])
    build_warehouse(home, trial_declarations().products, rows)
    with pytest.raises(PublicationBlocked) as blocked:
        publish_checked(home, **options)
    return blocked.value


def test_valid_rows_are_published_with_a_report(home: Home) -> None:
    done = publish_checked(home)
    page = (done.path / "acceptation.html").read_text(encoding="utf-8")
    assert "Publication acceptée" in page
    assert (home.publication / "rapports" / f"{done.version}.html").read_text(encoding="utf-8") == page


def set_in(index: int, **values: Any) -> Callable[[Rows], object]:
    return lambda rows: rows[index].update(values)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (set_in(2, domaine=None), ["« domaine » est toujours renseigné", "1 ligne sur 12 (8,3"]),
        (set_in(2, domaine="SAN"), ["valeurs admises : PA, PH_ENFANT", "« SAN » (finess_et = 030000002)"]),
        (set_in(2, finess_et="99"), ["suit la forme", "« 99 »"]),
        (set_in(2, finess_et="010000000"), ["« finess_et » désigne une seule ligne", "2 lignes sur 12"]),
        (set_in(2, raison_sociale="x" * 61), ["La longueur de « raison_sociale » est d'au plus 60"]),
        (set_in(2, cap_autorisee_totale=-1, cap_installee_totale=None), ["« cap_autorisee_totale » est d'au moins 0"]),
        (set_in(2, date_ouverture=date(1799, 5, 9)), ["d'au moins 01/01/1850", "« 09/05/1799 »"]),
        (
            set_in(2, cap_installee_totale=99),
            ["La capacité installée ne dépasse pas la capacité autorisée", "Remède : Faites corriger les capacités"],
        ),
    ],
)
def test_a_broken_rule_blocks_and_says_where_how_many_and_what_to_do(
    home: Home, change: Callable[[Rows], object], told: list[str]
) -> None:
    first = publish_trial(home)
    error = blocked_by(home, change)

    (problem,) = error.problems
    assert problem.startswith(f"{FICHE} : ")
    assert "Remède : " in problem
    for words in told:
        assert words in problem
    assert f"La version {first.version} reste en place" in str(error)
    current = read_current(home)
    assert current is not None
    assert current.version == first.version
    assert error.report is not None
    page = error.report.read_text(encoding="utf-8")
    assert "Publication bloquée : 1 règle bloquante" in page
    assert not list(home.publication.glob(".staging-*"))


def test_a_figure_that_is_not_a_number_is_not_known() -> None:
    """NaN hides among known values when nothing but « never null » is asked of its column."""
    rows = pa.table({"cle": ["a", "b", "c"], "taux": [0.5, math.nan, None]})
    rule = Rule("essai", "taux", "expect_column_values_to_not_be_null", {"column": "taux"}, "Renseigné.", "Corriger.")
    (outcome,) = acceptance.evaluate([rule], {"essai": Frame("essai", ("cle", "taux"), ("cle",), rows)})
    assert (outcome.kept, outcome.broken) == (False, 2)


@pytest.mark.parametrize(
    ("more", "kept"),
    [({}, False), ({"mostly": 0.5}, True), ({"row_condition": 'cle == "a"', "condition_parser": "pandas"}, True)],
)
def test_a_key_may_be_asked_of_a_share_or_of_a_part_of_the_rows(more: dict[str, Any], kept: bool) -> None:
    rows = pa.table({"cle": ["a", "b", "c", "d", "d"]})
    rule = Rule("essai", "cle", "expect_column_values_to_be_unique", {"column": "cle", **more}, "Unique.", "Corriger.")
    (outcome,) = acceptance.evaluate([rule], {"essai": Frame("essai", ("cle",), ("cle",), rows)})
    assert outcome.kept is kept


def test_every_broken_rule_is_listed_at_once_with_at_most_five_examples(home: Home) -> None:
    def spoil(rows: Rows) -> None:
        for row in rows[:8]:
            row["domaine"] = "SAN"
        rows[9]["finess_et"] = rows[10]["finess_et"] = "99"

    error = blocked_by(home, spoil)
    assert len(error.problems) == 3
    (accepted,) = [p for p in error.problems if "valeurs admises" in p]
    assert "8 lignes sur 12" in accepted
    assert accepted.count("« SAN »") == 5


def test_an_implausible_value_is_published_as_it_is_and_told(home: Home) -> None:
    rows = trial_rows()
    rows[FICHE][2].update(cap_autorisee_totale=900, cap_installee_totale=900)
    build_warehouse(home, trial_declarations().products, rows)
    page = (publish_checked(home).path / "acceptation.html").read_text(encoding="utf-8")
    assert "1 avertissement" in page
    assert "« cap_installee_totale » est plausible, entre 0 et 400" in page
    assert "« 900 »" in page


def test_an_empty_product_that_must_not_be_blocks(home: Home) -> None:
    error = blocked_by(home, lambda rows: rows.clear())
    assert [p for p in error.problems if "au moins une ligne" in p and "Livrez FINESS" in p]


def with_quality(node: dict[str, Any]) -> Declarations:
    """The trial declarations, with one more quality rule on deliveries."""
    declared = trial_declarations()
    product = declared.products[LIVRAISONS]
    return replace(declared, products={**declared.products, LIVRAISONS: replace(product, quality=(node,))})


def expectation(kind: str, kwargs: dict[str, Any], severity: str = "error") -> dict[str, Any]:
    implementation = {"type": kind, "kwargs": kwargs}
    return {"name": "essai", "engine": "great-expectations", "severity": severity, "implementation": implementation}


def test_a_rule_that_cannot_be_evaluated_blocks_even_as_a_warning(home: Home) -> None:
    declared = with_quality(expectation("expect_column_values_to_be_unique", {"column": "absente"}, "warning"))
    with pytest.raises(PublicationBlocked, match="règle impossible à évaluer"):
        publish_checked(home, declared=declared)


@pytest.mark.parametrize(
    "node",
    [
        expectation("expect_nothing_known", {}),
        expectation("expect_column_values_to_be_between", {"colonne": "recu_le"}),
    ],
)
def test_a_rule_that_great_expectations_does_not_know_blocks(home: Home, node: dict[str, Any]) -> None:
    with pytest.raises(PublicationBlocked, match="règle impossible à évaluer"):
        publish_checked(home, declared=with_quality(node))


def test_a_kind_of_rule_that_the_gate_does_not_know_blocks_before_anything_is_written(home: Home) -> None:
    declared = with_quality({"name": "sql", "type": "sql", "query": "SELECT 1"})
    with pytest.raises(PublicationBlocked, match="ne sait pas évaluer"):
        publish_trial(home, declared=declared)
    assert not list(home.publication.glob("rapports/*"))


def test_a_third_of_the_rows_lost_blocks_unless_it_is_allowed(home: Home) -> None:
    publish_trial(home)
    build_warehouse(home, trial_declarations().products, trial_rows(8))
    with pytest.raises(PublicationBlocked) as blocked:
        publish_checked(home)
    volumes = next(p for p in blocked.value.problems if p.startswith("volumes"))
    assert f"marts/{FICHE}.parquet" in volumes
    assert "precedent = 12" in volumes
    assert "allow_shrink" in volumes

    done = publish_checked(home, allow_shrink=True)
    assert done.published
    page = (done.path / "acceptation.html").read_text(encoding="utf-8")
    assert "Baisse autorisée" in page


def test_a_département_that_disappears_blocks_although_volumes_hold(home: Home) -> None:
    publish_trial(home)
    rows = trial_rows()
    for row in rows[FICHE]:
        row["departement_code"] = "01" if row["departement_code"] == "03" else row["departement_code"]
    build_warehouse(home, trial_declarations().products, rows)
    with pytest.raises(PublicationBlocked) as blocked:
        publish_checked(home)
    (problem,) = blocked.value.problems
    assert problem.startswith("chiffres_cles")
    assert "departements" in problem


def test_a_column_that_empties_is_told_and_does_not_block(home: Home) -> None:
    publish_trial(home)
    rows = trial_rows()
    for row in rows[FICHE]:
        row["date_ouverture"] = None
    build_warehouse(home, trial_declarations().products, rows)
    page = (publish_checked(home).path / "acceptation.html").read_text(encoding="utf-8")
    assert f"{FICHE}.date_ouverture" in page


def test_a_table_that_is_no_longer_published_counts_as_a_fall(home: Home) -> None:
    publish_trial(home)
    declared = trial_declarations()
    kept = {k: v for k, v in declared.products.items() if k != LIVRAISONS}
    with pytest.raises(PublicationBlocked, match=LIVRAISONS):
        publish_checked(home, declared=replace(declared, products=kept))


def test_without_any_key_figure_volumes_alone_are_compared(home: Home) -> None:
    declared = trial_declarations()
    only = replace(declared, products={LIVRAISONS: declared.products[LIVRAISONS]})
    publish_trial(home, declared=only)
    done = publish_checked(home, declared=only)
    assert done.manifest.key_figures == {}
    assert "Aucun chiffre clé" in (done.path / "acceptation.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("outcome", ["acceptée", "bloquée"])
def test_the_report_is_read_offline_in_french_and_by_assistive_technology(home: Home, outcome: str) -> None:
    if outcome == "acceptée":
        page = (publish_checked(home).path / "acceptation.html").read_text(encoding="utf-8")
    else:
        report = blocked_by(home, set_in(2, raison_sociale="<b>" + "x" * 80)).report
        assert report is not None
        page = report.read_text(encoding="utf-8")
        assert "<b>x" not in page  # what comes from the data is escaped
    assert OUTSIDE.search(page) is None
    assert '<html lang="fr">' in page
    assert page.count("<h1") == 1
    assert '<a class="evitement" href="#contenu">' in page
    assert page.count("<th ") == page.count("<th scope=")
    assert re.search(f"<title>Publication {outcome}", page)


def test_nothing_is_written_outside_the_home(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, working = tmp_path / "personne", tmp_path / "courant"
    for folder in (elsewhere, working):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(elsewhere))
    monkeypatch.chdir(working)
    publish_checked(home)
    assert [*elsewhere.rglob("*"), *working.rglob("*")] == []
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
