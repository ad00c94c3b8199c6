"""The resolution in pandas says what the layer says: here its comparisons of texts against DuckDB's functions, and the
check that tells them apart. The three rounds are proven on a whole département (`tests/integration/bench`)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.home import Home
from witness.bench import comparisons
from witness.bench import pandas_resolution as resolution
from witness.installation import Installation

WORDS = st.text(alphabet="abcde ", max_size=14)


def duck(expression: str, *values: object) -> object:
    found = duckdb.execute(f"select {expression}", list(values)).fetchone()
    assert found
    return found[0]


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_two_texts_look_as_alike_as_duckdb_says(a: str, b: str) -> None:
    assert resolution.jaro_winkler(a, b) == pytest.approx(duck("jaro_winkler_similarity(?, ?)", a, b), abs=1e-9)


@pytest.mark.parametrize("text", ["Résidence « Les Érables »", "  L'Œuvre, n° 3  ", "ÎLE-DE-FRANCE", "", "--"])
def test_a_text_is_normalised_as_the_layer_does(text: str) -> None:
    sql = "trim(regexp_replace(lower(strip_accents(?)), '[^a-z0-9]+', ' ', 'g'))"
    assert resolution.normalised(text) == duck(sql, text)


@pytest.mark.parametrize(
    ("kind", "a", "b", "limit", "agree"),
    [
        ("exact_ci", " Public", "public ", 0, True),
        ("exact_ci", "public", "privé", 0, False),
        ("texte_norm", "EHPAD Les Érables", "ehpad les erables", 0.9, True),
        ("texte_norm", "EHPAD Les Érables", "MAS du Ternois", 0.9, False),
        ("tel_norm", "+33 1 99 00 56 58", "01.99.00.56.58", 0, True),
        ("tel_norm", "01 99 00 56 58", "01 99 00 56 59", 0, False),
        ("domaine", "https://www.exemple.fr/accueil", "exemple.fr", 0, True),
        ("domaine", "exemple.fr", "exemple.org", 0, False),
        ("distance", "48.8566;2.3522", "48.8567;2.3523", 50, True),
        ("distance", "48.8566;2.3522", "45.7640;4.8357", 50, False),
        ("distance", "inconnue", "48.8566;2.3522", 50, False),
        ("ensemble", "A | B, C", "C;B;A", 0.9, True),
        ("ensemble", "A | B", "A | C", 0.5, False),
    ],
)
def test_two_texts_agree(kind: str, a: str, b: str, limit: float, agree: bool) -> None:
    assert bool(resolution.LIKENESS[kind](a, b, limit)) is agree


def test_paris_is_far_from_lyon() -> None:
    assert resolution.metres("48.8566;2.3522", "45.7640;4.8357") == pytest.approx(391_500, rel=0.01)
    assert np.isnan(resolution.metres("", "1;1"))


# --- the check


@pytest.fixture
def resolved(tmp_path: Path) -> tuple[Installation, Path]:
    """A warehouse with a layer of two data and one loser, and the same from elsewhere."""
    home, made = Home(tmp_path / "var"), tmp_path / "pandas"
    home.root.mkdir()
    made.mkdir()
    texts = [name for name in (*resolution.QUESTION, *comparisons.VALUES) if name not in ("millesime", "valeur_nombre")]
    listed = ", ".join(f"'x' as {name}" for name in texts)
    other = [n for n in (*resolution.QUESTION, *comparisons.LOSERS) if "ecart" not in n and n != "est_dans_tolerance"]
    losers = ", ".join(f"'x' as {name}" for name in other)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema dlnuf")
        connection.execute(
            f"create table dlnuf.dlnuf_valeurs as select {listed}, 2024 as millesime, v as valeur_nombre"
            " from (values (1.5), (null::double)) t(v)"
        )
        connection.execute(
            f"create table dlnuf.dlnuf_reponses_ecartees as select {losers}, true as est_dans_tolerance, -0.0 as ecart"
        )
        for table in ("dlnuf_valeurs", "dlnuf_reponses_ecartees"):
            connection.execute(f"copy dlnuf.{table} to '{made / table}.parquet' (format parquet)")
    return Installation(home.root), made


def change(made: Path, table: str, query: str) -> None:
    """Rewrites a table made elsewhere; `query` reads it as `t`."""
    path = made / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table t as select * from '{path}'")
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")


def test_the_same_rows_do_not_differ(resolved: tuple[Installation, Path]) -> None:
    assert comparisons.differences(*resolved) == 0


@pytest.mark.parametrize(
    ("table", "query", "expected"),
    [
        ("dlnuf_valeurs", "select * replace (valeur_nombre + 1 as valeur_nombre) from t", 2),
        ("dlnuf_valeurs", "select * from t where valeur_nombre is not null", 1),
        ("dlnuf_valeurs", "select * from t union all select * from t", 2),
        ("dlnuf_valeurs", "select * replace ('divergent' as statut) from t", 4),
        ("dlnuf_reponses_ecartees", "select * from t where false", 1),
        ("dlnuf_reponses_ecartees", "select * replace (false as est_dans_tolerance) from t", 2),
        ("dlnuf_reponses_ecartees", "select * replace (0.0000001 as ecart) from t", 0),  # nothing at six decimals
    ],
)
def test_rows_that_differ_are_counted(
    resolved: tuple[Installation, Path], table: str, query: str, expected: int
) -> None:
    change(resolved[1], table, query)
    assert comparisons.differences(*resolved) == expected
