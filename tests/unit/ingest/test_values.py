"""What a text may mean for a type: worked cases. Sources: formats-and-peers §2.2 (DIAMANT), §5 (TDB), PROVENANCE."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.model import Field
from ingest import values

UNREADABLE = None


def parsed(text: str | None, field: Field):
    frame = pl.DataFrame({"x": [text]}, schema={"x": pl.String}).with_columns(values.clean("x").alias("x"))
    return frame.select(values.parse("x", field).alias("v"))["v"][0]


def field(logical_type: str, **rest) -> Field:
    return Field("x", "X", logical_type, "", **rest)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("-12", -12.0),
        ("+3", 3.0),
        ("12,5", 12.5),  # decimal comma of the TDB export
        ("12.5", 12.5),
        (".0818", 0.0818),  # leading point of DIAMANT
        (",5", 0.5),
        (".000000000000000000000000000", 0.0),
        ("0.99779299847793002", 0.99779299847793002),
        ("-105389.53", -105389.53),
        ("1 234,5", 1234.5),
        ("1\u00a0234\u202f567", 1234567.0),
        ("1.234.567,89", 1234567.89),
        ("1e-3", 0.001),
        ("12 ", 12.0),
        ("1,234.5", UNREADABLE),  # English grouping: two readings, so none
        ("1,2,3", UNREADABLE),
        ("12 34", UNREADABLE),
        ("douze", UNREADABLE),
        ("12 %", UNREADABLE),  # a percent sign is read only where percents are expected
        ("inf", UNREADABLE),
        ("nan", UNREADABLE),
        ("--", UNREADABLE),
        ("1e999", UNREADABLE),
    ],
)
def test_number(text: str, value: float | None) -> None:
    assert parsed(text, field("number")) == value


@pytest.mark.parametrize(("text", "value"), [("95,2 %", 95.2), ("95.2%", 95.2), ("95", 95.0)])
def test_percent_sign_where_percents_are_expected(text: str, value: float) -> None:
    assert parsed(text, field("number", unit="pct")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", 80),
        ("80,0", 80),
        ("80.00", 80),
        ("1 080", 1080),
        ("80,5", UNREADABLE),
        ("0", 0),
        ("", None),
        ("99999999999999999999", UNREADABLE),
    ],
)
def test_integer(text: str, value: int | None) -> None:
    assert parsed(text, field("integer")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("21/03/2012", date(2012, 3, 21)),
        ("2012-03-21", date(2012, 3, 21)),
        ("1904-04-04", date(1904, 4, 4)),
        ("31/02/2012", UNREADABLE),
        ("03/21/2012", UNREADABLE),  # month and day are never swapped
        ("21/03/12", UNREADABLE),  # a century is never guessed
        ("41000", UNREADABLE),  # a spreadsheet serial is not a date
    ],
)
def test_date(text: str, value: date | None) -> None:
    assert parsed(text, field("date")) == value


@pytest.mark.parametrize(
    ("text", "value"), [("Oui", True), ("Non", False), ("oui", True), ("peut-être", UNREADABLE), ("", None)]
)
def test_boolean_unknown_is_never_false(text: str, value: bool | None) -> None:
    assert parsed(text, field("boolean")) is value


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\u202f ", "\t"])
def test_blank_text_is_unknown(text: str) -> None:
    assert parsed(text, field("string")) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_number_survives_either_decimal_mark(number: Decimal) -> None:
    text = str(number)
    assert parsed(text, field("number")) == parsed(text.replace(".", ","), field("number")) == float(number)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_date_survives_either_form(day: date) -> None:
    french = f"{day:%d/%m/}{day.year:04d}"
    assert parsed(day.isoformat(), field("date")) == parsed(french, field("date")) == day
