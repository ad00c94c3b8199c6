"""When an answer is right, when two agree: each kind of tolerance, on both sides of its bound."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from witness.score.agreement import agree, right

CASES = [
    ("relatif", 2, 100.0, 98.0, True),
    ("relatif", 2, 100.0, 97.9, False),
    ("points", 2, 90.0, 92.0, True),
    ("points", 2, 90.0, 92.1, False),
    ("entier", 1, 10.0, 11.0, True),
    ("effectif", 0, 10.0, 11.0, False),
    ("absolu", 0.5, 1.0, 1.5, True),
    ("exact", 0, 10.0, 10.0, True),
    ("sans_objet", 0, 10.0, 10.1, False),
    ("date", 31, date(2020, 1, 1), date(2020, 2, 1), True),
    ("date", 31, date(2020, 1, 1), date(2020, 2, 2), False),
    ("exact", 0, date(2020, 1, 1), date(2020, 1, 2), False),
    ("exact", 0, "Oui", "oui", False),
    ("exact_ci", 0, "A@B.fr ", "a@b.FR", True),
    ("texte_norm", 0.9, "EHPAD L'Œillet, Saint-Éloi", "ehpad l œillet saint eloi", True),
    ("texte_norm", 0.9, "Association Arc-en-Ciel 6 (fictif)", "ASSOCIATION LES DEUX RIVES 6 (FICTIF)", False),
    ("tel_norm", 0, "+33 4 75 00 00 00", "04.75.00.00.00", True),
    ("tel_norm", 0, "04 75 00 00 01", "04.75.00.00.00", False),
    ("domaine", 0, "https://www.exemple.fr/accueil", "exemple.fr", True),
    ("domaine", 0, "autre.fr", "exemple.fr", False),
    ("ensemble", 0.5, "PASA, UHR", "uhr,pasa,snoezelen", True),
    ("ensemble", 0.8, "PASA,UHR", "UHR,PASA,Snoezelen", False),
    ("distance", 200, "48.8566;2.3522", "48.8576;2.3522", True),
    ("distance", 100, "48.8566;2.3522", "48.8576;2.3522", False),
    ("exact", 0, 10.0, "10", False),
]


def _row(said: float | str | date, decimals: int | None = None) -> tuple:
    kinds = (float, str, date)
    return (*(said if isinstance(said, kind) else None for kind in kinds), decimals)


def _asked(expression: str, kind: str, bound: float, a: tuple, b: tuple) -> bool:
    columns = "(nombre, texte, jour, decimales)"
    types = "CAST(? AS DOUBLE), CAST(? AS VARCHAR), CAST(? AS DATE), CAST(? AS INT)"
    found = duckdb.execute(
        f"SELECT {expression} FROM (VALUES ({types})) a{columns}, (VALUES ({types})) b{columns},"
        " (VALUES (CAST(? AS VARCHAR), CAST(? AS DOUBLE))) t(type, valeur)",
        [*a, *b, kind, bound],
    ).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(("kind", "bound", "a", "b", "expected"), CASES)
def test_tolerances(kind: str, bound: float, a: float | str | date, b: float | str | date, expected: bool) -> None:
    assert _asked(agree("a", "b"), kind, bound, _row(a), _row(b)) is expected
    assert _asked(agree("a", "b"), kind, bound, _row(b), _row(a)) is expected
    assert _asked(right("a", "b"), kind, bound, _row(a), _row(b)) is expected


@pytest.mark.parametrize(("said", "decimals", "expected"), [(12.3, 1, True), (12.3, 2, False), (12.4, 1, False)])
def test_an_answer_is_right_to_half_a_unit_of_its_last_decimal(said: float, decimals: int, expected: bool) -> None:
    assert _asked(right("a", "b"), "exact", 0, _row(said, decimals), _row(12.345)) is expected
    assert _asked(agree("a", "b"), "exact", 0, _row(said, decimals), _row(12.345)) is False


def test_what_is_unknown_is_never_right() -> None:
    assert _asked(right("a", "b"), "entier", 1, (None, None, None, None), _row(1.0)) is False
