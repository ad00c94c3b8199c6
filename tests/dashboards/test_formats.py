"""Numbers, units and dates as French readers write them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from dashboards import formats, sheets
from dashboards.views import etablissement_valeurs

THIN, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, None, "0"),
        (12, None, "12"),
        (1234, None, f"1{THIN}234"),
        (1234567, None, f"1{THIN}234{THIN}567"),
        (1234.5, 1, f"1{THIN}234,5"),
        (96.44, None, "96,4"),
        (0.126, None, "0,13"),
        (12345.6, None, f"12{THIN}346"),
        (-125430, None, f"−125{THIN}430"),
        (None, None, "inconnu"),
        (math.nan, None, "inconnu"),
        (math.inf, 2, "inconnu"),
    ],
)
def test_number(value: float | None, decimals: int | None, text: str) -> None:
    assert formats.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (94, "pct", f"94,0{NBSP}%"),
        (97.3, "pour_mille", f"97,3{NBSP}pour{NBSP}1\u202f000"),
        (68.5, "eur_par_jour", f"68,50{NBSP}€/jour"),
        (12, "nombre", "12"),
        (3, None, "3"),
        (None, "pct", "inconnu"),
        (78, "places", f"78{NBSP}places"),
    ],
)
def test_a_figure_has_the_decimals_of_its_unit(value: float | None, unit: str | None, text: str) -> None:
    assert formats.with_unit(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(96.44, f"96,44{NBSP}%"), (96.41, f"96,41{NBSP}%"), (90.0, f"90{NBSP}%"), (0.0, f"0{NBSP}%"), (None, "inconnu")],
)
def test_an_answer_is_not_rounded_so_that_two_that_differ_look_different(value: float | None, text: str) -> None:
    assert formats.exact(value, "pct") == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 ligne"), (1, "1 ligne"), (2, "2 lignes"), (None, "inconnu")])
def test_plural(n: int | None, text: str) -> None:
    assert formats.count(n, "ligne", "lignes") == text


def test_unknown_dates_and_texts_are_said_unknown() -> None:
    assert formats.day_text(None) == "inconnu"
    assert formats.text("  ") == "inconnu"
    assert formats.instant_text(None) == "inconnu"


def test_dates() -> None:
    assert formats.day_text(date(2023, 5, 1)) == "01/05/2023"
    assert formats.instant_text(datetime(2026, 7, 1, 22, 5, tzinfo=UTC)) == f"2{NBSP}juillet 2026 à 00{NBSP}h{NBSP}05"
    assert formats.instant_text(datetime(2026, 1, 1, 9, 0, tzinfo=UTC)).startswith(f"1er{NBSP}janvier 2026")


def test_plain_text_loses_no_sign_in_markdown() -> None:
    assert formats.plain("suivi [copie] *v2*") == r"suivi \[copie\] \*v2\*"
    assert formats.plain("L'Œuvre d'Étampes") == "L'Œuvre d'Étampes"


def test_a_hidden_answer_of_an_establishment_reads_secret_not_unknown() -> None:
    """As it is published: without number, its text « secret », the column `secret` naming both."""
    row = {"valeur": "secret", "valeur_nombre": None, "secret": "valeur, valeur_nombre"}
    assert etablissement_valeurs.shown_value(row, "NB_PERS_3112", "personnes") == "secret"
    assert etablissement_valeurs.shown_value({"valeur": None}, "NB_PERS_3112", "personnes") == formats.INCONNU
    assert sheets.value_of({"valeur": None, "unite_mesure": "personnes", "secret": "valeur"}) == "secret"
    assert sheets.value_of({"valeur": None, "unite_mesure": "personnes", "secret": None}) == formats.INCONNU
