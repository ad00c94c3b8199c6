"""Figures that may not fall unseen: those of persons, which elimination takes from years already published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration.publication.manifest import Column, DataFile, Manifest
from orchestration.publication.non_regression import FIGURES, compare, key_figures

TABLE = "mart_publics__synthese"


def figures(folder: Path, rows: list[dict[str, Any]]) -> dict[str, float | None]:
    frame = pl.DataFrame(rows, schema={"niveau": pl.String, "n_file_active": pl.Int64, "n_sorties": pl.Int64})
    (folder / "marts").mkdir(exist_ok=True)
    frame.write_parquet(folder / f"marts/{TABLE}.parquet")
    columns = tuple(Column(name, "", 0) for name in frame.columns)
    return key_figures(folder, [DataFile(f"marts/{TABLE}.parquet", TABLE, "", 0, 0, columns, (), "1.0.0")])


def test_persons_are_counted_once_in_the_country(tmp_path: Path) -> None:
    france = {"niveau": "france", "n_file_active": 100, "n_sorties": 30}
    rows = [france, france | {"n_sorties": None}, {"niveau": "region", "n_file_active": 100, "n_sorties": 30}]
    assert figures(tmp_path, rows) == {"file_active": 200.0, "sorties": 30.0}


def test_a_country_without_persons_is_unknown_not_empty(tmp_path: Path) -> None:
    assert figures(tmp_path, []) == {"file_active": None, "sorties": None}


@pytest.mark.parametrize("name", ["file_active", "sorties"])
@pytest.mark.parametrize(("now", "falls"), [(91.0, False), (89.0, True), (None, True)])
def test_a_tenth_less_must_be_wanted(name: str, now: float | None, falls: bool) -> None:
    previous = Manifest("v", "", "", "", None, "", {}, {name: 100.0}, (), ())
    told = {c.rule.scope: c for c in compare([], {name: now}, previous, allow_shrink=False)}
    (line,) = told[FIGURES].lines
    assert (line.now < line.minimum) == falls
