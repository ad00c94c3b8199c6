"""The establishments of a theme: their values, and the quartiles of their category as they are published."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.dashboards import publication_example as example
from tests.dashboards.test_pages import EHPAD, NBSP, _table, _texts, _theme

HOMES = (example.MIMOSAS, example.HIRSON, example.BETHESDA, example.SERENU, example.VANILLE)


@pytest.fixture
def of_five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, in which five homes answered about their occupation, and the quartiles that were published of it."""
    monkeypatch.setenv("DLNUF_HOME", str(tmp_path))
    folder = example.write_publication(tmp_path)
    values = folder / "marts" / "mart_indicateurs__esms.parquet"
    known = pl.read_parquet(values)
    first = known.filter(pl.col("indicateur_code") == "TO_HP")
    others = [
        first.with_columns(finess_et=pl.lit(finess), valeur=pl.lit(value))
        for finess, value in zip(HOMES[1:], (88.0, 91.5, 94.25, 99.0), strict=True)
    ]
    pl.concat([known, *others]).write_parquet(values)
    marks = folder / "marts" / "mart_indicateurs__reperes.parquet"
    row = {
        "niveau": "france", "territoire_code": "FR", "territoire_libelle": "France", "millesime": 2022,
        "categorie_code": "500", "categorie_libelle": example.CATEGORIES["500"][0], "indicateur_code": "TO_HP",
        "indicateur_libelle": "Occupation", "modalite": "", "unite_mesure": "pct", "n_repondants": 5, "n_concernes": 6,
        "q1": 91.5, "mediane": 94.25, "q3": 96.4,
    }  # fmt: skip
    # Of another year, another territory and another indicator, which are none of what is shown.
    others_of = [{"millesime": 2021}, {"niveau": "region", "territoire_code": "32"}, {"indicateur_code": "ABSENT"}]
    pl.DataFrame([row, *({**row, **changed, "mediane": 1.0} for changed in others_of)]).write_parquet(marks)
    example.describe(folder)
    return folder


def test_the_quartiles_of_a_category_are_those_that_are_published(of_five: Path) -> None:
    test = _theme("ACTIVITE", niveau="france", code="FR", annee="2022", mesure="TO_HP")
    shown = _table(test, "Premier quartile")
    assert shown.to_numpy().tolist() == [[EHPAD, 5, 6, 91.5, 94.25, 96.4]]
    assert f"Médianes : {EHPAD} : 94,3{NBSP}%." in _texts(test)


def test_without_published_quartiles_nothing_is_drawn_and_every_value_is_listed(of_five: Path) -> None:
    test = _theme("ACTIVITE", niveau="region", code="44", annee="2022", mesure="TO_HP")
    assert not [t for t in test.table if "Premier quartile" in t.value.columns]
    assert _table(test, "Accord des sources")["Valeur"].tolist() == [91.5]
