"""A home, empty or with a publication."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ingest.home import Home
from tests.unit.orchestration.samples import EHPAD, frame, loser, publish, value


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path / "var")


@pytest.fixture
def published(home: Home) -> Home:
    """Two values of an EHPAD in 2022 (one divergent, with its loser; one unique), and one of 2021."""
    values = [
        value(),
        value(element_id="NB_ETP", valeur_nombre=40.0, statut="unique", base_temporelle="stock_3112"),
        value(millesime=2021, valeur_nombre=95.0, statut="unique"),
    ]
    tables = {
        "dlnuf_valeurs": frame(values),
        "dlnuf_reponses_ecartees": frame([loser()]),
        "mart_dlnuf__saisies_evitees": pl.DataFrame({"finess_et": [EHPAD], "n_saisies_evitees": [1]}),
    }
    publish(home, "20261121T053000Z-0000", tables)
    return home
