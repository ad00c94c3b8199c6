"""What a text may mean for a type: worked cases. Sources: formats-and-peers §2.2 (DIAMANT), §5 (TDB), PROVENANCE."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.loading import Field
from ingest.validate import separators, values
from ingest.validate.separators import Separators

UNREADABLE = None


def column(*texts: str | None) -> pl.Series:
    return pl.DataFrame({"x": texts}, schema={"x": pl.String}).select(values.clean("x").alias("x"))["x"]


def numbers(texts: list[str], field: Field, declared: str | None = None) -> list[float | None]:
    return separators.numbers(column(*texts), field, Separators(), "t", declared).values.to_list()


def parsed(text: str | None, field: Field):
    if field.logical_type in ("number", "integer"):
        return separators.numbers(column(text), field, Separators(), "t", None).values[0]
    return column(text).to_frame().select(values.parse("x", field).alias("v"))["v"][0]


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
        ("1.234.567", 1234567.0),  # a decimal mark is written once
        ("1,234,567", 1234567.0),
        ("1,234,567.89", 1234567.89),  # of two signs, the last is the decimal mark
        ("1,234.5", 1234.5),
        ("-1.234,5", -1234.5),
        ("1'234", 1234.0),  # Swiss thousands
        ("1\u2019234\u2019567.5", 1234567.5),
        ("1234,567", 1234.567),  # four digits before the sign: it groups nothing
        ("0,123", 0.123),  # thousands do not begin with 0
        ("1,2345", 1.2345),
        ("1.2340", 1.234),
        ("1,234", UNREADABLE),  # alone, either
        ("1.234", UNREADABLE),
        ("-12.345", UNREADABLE),
        ("1,2,3", UNREADABLE),
        ("1,23,456", UNREADABLE),
        ("1.234.5", UNREADABLE),
        ("1 234'567", UNREADABLE),
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


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        ("pct", "95,2 %", 95.2),
        ("pct", "95.2%", 95.2),
        ("pct", "95", 95.0),
        ("fraction", "97.5 %", 0.975),  # a cell of a workbook in percent: its sign says its unit
        ("fraction", "0,975", 0.975),
        ("eur", "12 %", UNREADABLE),
        (None, "12 %", UNREADABLE),
    ],
)
def test_a_percent_sign_says_the_unit_where_a_rate_is_expected(unit: str | None, text: str, value: float) -> None:
    assert parsed(text, field("number", unit=unit)) == value


@pytest.mark.parametrize(
    ("others", "declared", "comma", "dot"),
    [
        # texts beside, mark that the format declares, what « 1,234 » is, what « 1.234 » is
        ([], None, None, None),
        (["12", "1 234", "1'234", "n"], None, None, None),  # other signs say nothing of these two
        (["1,234,567"], None, 1234.0, None),  # SheetJS/ssf#22: « , » groups; « . » may be another writer's
        (["1,234.5"], None, 1234.0, 1.234),
        (["0.5"], None, None, 1.234),  # « . » writes decimals; « , » may be another writer's
        ([".0818"], None, None, 1.234),  # DIAMANT
        (["1234.567"], None, None, 1.234),
        (["1.2340"], None, None, 1.234),
        (["1e3", "1.5e3"], None, None, 1.234),
        (["1'234.5"], None, None, 1.234),
        (["12,5"], None, 1.234, None),
        (["0,123"], None, 1.234, None),
        (["1 234,5"], None, 1.234, None),
        (["1.234.567"], None, None, 1234.0),
        (["1.234,5"], None, 1.234, 1234.0),
        (["0.5", "0,5"], None, None, None),  # two writers
        (["1,234,567", "0,5"], None, None, None),
        (["1.234.567", "0.5"], None, None, None),
        ([], ".", None, 1.234),  # the format says it
        ([], ",", 1.234, None),
        (["1,234,567"], ".", 1234.0, 1.234),
        (["0,5"], ".", None, None),  # and the column says otherwise
        (["12.345", "6.789"], None, None, None),  # ambiguous texts prove nothing of each other
    ],
)
def test_an_ambiguous_number_is_read_as_its_column_shows(
    others: list[str], declared: str | None, comma: float | None, dot: float | None
) -> None:
    assert numbers([*others, "1,234", "1.234"], field("number"), declared)[-2:] == [comma, dot]


@pytest.mark.parametrize(
    ("others", "text", "value"),
    [
        ([], "1,234", None),  # a column of integers proves nothing: real ones hold means (case 04)
        (["12,345,678"], "1,234", 1234),
        (["12,0"], "1,000", 1),
        (["12,0"], "1,234", None),  # 1.234 is no integer
        (["0.5"], "2.000", 2),
    ],
)
def test_an_ambiguous_integer(others: list[str], text: str, value: int | None) -> None:
    assert numbers([*others, text], field("integer"))[-1] == value


def test_what_a_workbook_types_says_nothing_of_its_texts() -> None:
    """The reader writes the typed 78.5 with « . », not the sender: « 1.234 » beside it stays ambiguous."""
    marks = Separators(typed=True)
    read = separators.numbers(column("78.5", "1.234", "1.2340"), field("number"), marks, "t", None).values
    assert read.to_list() == [78.5, None, 1.234]
    read = separators.numbers(
        column("97.5", "97,5", "1,234"), field("number"), Separators(typed=True), "t", None
    ).values
    assert read.to_list() == [97.5, 97.5, 1.234]


@pytest.mark.parametrize("text", ["04/11/2018 09:12:33", "2018-11-04 09:12:33", "2018-11-04T09:12:33"])
def test_a_moment_is_read_as_french_spreadsheets_write_it(text: str) -> None:
    assert parsed(text, field("timestamp")) == datetime(2018, 11, 4, 9, 12, 33)


def test_what_proves_may_come_in_a_later_chunk() -> None:
    """The first chunk read « 1,234 » as nothing: the file is to be read again, and the second time it is 1234."""
    marks = Separators()

    def read(*texts: str) -> list[float | None]:
        return separators.numbers(column(*texts), field("number"), marks, "t", None).values.to_list()

    assert read("1,234", "7") == [None, 7.0]
    assert marks.settled
    assert read("1,234,567") == [1234567.0]
    assert not marks.settled
    marks.begin_again()
    assert read("1,234", "7") + read("1,234,567") == [1234.0, 7.0, 1234567.0]
    assert marks.settled


NUMBER = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**8), max_value=10**8)


@settings(deadline=None)
@given(
    st.lists(NUMBER, min_size=1, max_size=8),
    st.sampled_from([("", "."), ("", ","), (",", "."), (".", ","), (" ", ",")]),
)
def test_no_number_is_ever_a_thousand_times_another(column: list[Decimal], writing: tuple[str, str]) -> None:
    """Whoever wrote a column, by one convention: each number is read right, or not read."""
    group, mark = writing
    texts = [f"{n:,.3f}".replace(",", "_").replace(".", mark).replace("_", group) for n in column]
    found = numbers(texts, field("number"))
    assert all(read is None or read == float(n) for n, read in zip(column, found, strict=True))
    if any(len(f"{abs(n):.3f}") > 7 for n in column) and group in (",", ".", " "):
        assert None not in found  # one number above a thousand shows the convention


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


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_number_survives_either_decimal_mark(number: Decimal) -> None:
    text = str(number)
    assert parsed(text, field("number")) == parsed(text.replace(".", ","), field("number")) == float(number)


@settings(deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_date_survives_either_form(day: date) -> None:
    french = f"{day:%d/%m/}{day.year:04d}"
    assert parsed(day.isoformat(), field("date")) == parsed(french, field("date")) == day
