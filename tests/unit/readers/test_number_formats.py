"""What the number format of a cell says of the number stored in it (ECMA-376 part 1, 18.8.30 and 18.8.31)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from ingest.read.frames import as_text, unambiguous
from ingest.read.number_formats import number_text

EURO = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-'
PHONE = '0#" "##" "##" "##" "##'  # « Numéro de téléphone (France) »
FORMATS = {
    "no format": [("12", "General", "12"), ("12.5", "General", "12.5"), ("12.5", "Standard", "12.5")],
    "whole numbers keep all their figures": [
        ("26010004500012", "General", "26010004500012"),
        ("9007199254740993", "0", "9007199254740993"),
        ("2.6010004500012E+13", "0.00E+00", "26010004500012"),
        ("1E+21", "General", "1000000000000000000000"),
    ],
    "the noise of binary fractions is no figure": [
        ("0.30000000000000004", "General", "0.3"),
        ("0.33333333333333331", "General", "0.333333333333333"),
        ("1E-7", "General", "0.0000001"),
        ("1234.5700000000001", "0.00", "1234.57"),
    ],
    "percent": [
        ("0.975", "0.0%", "97.5 %"),
        ("0.97499999999999998", "0%", "97.5 %"),
        ("1.52", "0.00%", "152 %"),
        ("2.5", "0%", "250 %"),
        ("1", "0%", "100 %"),
        ("0", "0.0%", "0 %"),
        ("0.07", "#,##0.00\\ %", "7 %"),
        ("-0.05", "0%;[Red]\\-0%", "-5 %"),
        ("0.12345", "0.0%", "12.3450 %"),
        ("0.0007", "0.00%", "0.07 %"),
    ],
    "a sign that is only shown is not one of percent": [
        ("97.5", '0.0" %"', "97.5"),
        ("97.5", "0.0\\%", "97.5"),
        ("97.5", "0.0_%", "97.5"),
        ("97.5", "0.0*%", "97.5"),
        ("97.5", '0.0"%"', "97.5"),
    ],
    "each part of a format for its own values": [
        ("0.5", "[Red]0.0%;0.0", "50 %"),
        ("-0.5", "[Red]0.0%;0.0", "-0.5"),
        ("0.5", "[<1]0%;0.0", "50 %"),
        ("5", "[<1]0%;0.0", "5"),
        ("0.5", "[>=1]0.0;[<=-1]0.0;0%", "50 %"),
        ("0.25", '0.0%;\\-0.0%;"-"', "25 %"),
        ("3", '0;-0;"néant";@', "3"),
    ],
    "thousands, scales, currencies and fractions hide nothing of the value": [
        ("1234567", "#,##0", "1234567"),
        ("1234567", "# ##0", "1234567"),
        ("1234567", "#,##0,", "1234567"),
        ("1234567", '0.0,," M€"', "1234567"),
        ("1234.5", EURO, "1234.5"),
        ("-1234.5", EURO, "-1234.5"),
        ("1234.5", "#,##0.00 [$€-40C]", "1234.5"),
        ("1.25", "# ?/?", "1.25"),
        ("0.5", "# ??/100", "0.5"),
        ("12", '0" jours"', "12"),
        ("12", "0\\ \\h", "12"),
        ("12", "0 h", "12"),
        ("7", "@", "7"),
        ("7", ";;;", "7"),
    ],
    "a code keeps the zeros of its format": [
        ("10000024", "000000000", "010000024"),  # FINESS
        ("1000", "00000", "01000"),  # postal code
        ("1", "00", "01"),  # département
        ("474454647", PHONE, "0474454647"),
        ("474454647", "00\\ 00\\ 00\\ 00\\ 00", "0474454647"),
        ("1234567800013", "00000000000000", "01234567800013"),  # SIRET
        ("-5", "00", "-5"),
        ("1.5", "00", "1.5"),
        ("5", "00.00", "5"),
        ("12", "#,##0", "12"),
    ],
    "days, hours, durations": [
        ("45292", "dd/mm/yyyy", "2024-01-01"),
        ("45292", "mm-dd-yy", "2024-01-01"),
        ("45292", "[$-40C]d mmmm yyyy;@", "2024-01-01"),
        ("45292", "jj/mm/aaaa", "2024-01-01"),
        ("45292", 'd" de "mmmm', "2024-01-01"),
        ("45292", "mmm\\-yy", "2024-01-01"),
        ("45292.354166666664", "dd/mm/yyyy hh:mm", "2024-01-01 08:30:00"),
        ("0.354166667", "hh:mm", "08:30:00"),
        ("0.5", "mm:ss.0", "12:00:00"),
        ("1.25347222222222", "[h]:mm", "30:05:00"),
        ("1.25347222222222", "[hh]:mm:ss", "30:05:00"),
        ("61", "dd/mm/yyyy", "1900-03-01"),
        ("-45", "dd/mm/yyyy", "-45"),  # no day of a calendar: the number
        ("99999999", "dd/mm/yyyy", "99999999"),
        ("2022", "dd/mm/yyyy", "1905-07-14"),  # a year typed in a cell of days: never a number again
    ],
    "a typed number is never taken for a thousand": [
        ("1.234", "General", "1.2340"),
        ("-12.345", "General", "-12.3450"),
        ("0.123", "0.000", "0.1230"),
        ("1234.567", "General", "1234.567"),
        ("1.2345", "General", "1.2345"),
    ],
}


@pytest.mark.parametrize(
    ("stored", "code", "text"), [case for cases in FORMATS.values() for case in cases], ids=lambda value: str(value)
)
def test_a_number_with_its_format(stored: str, code: str, text: str) -> None:
    assert number_text(stored, code, WINDOWS_EPOCH) == text


def test_days_are_counted_from_the_epoch_of_the_workbook() -> None:
    assert number_text("43830", "dd/mm/yyyy", MAC_EPOCH) == "2024-01-01"


@settings(deadline=None)
@given(
    thousandths=st.integers(-(10**9), 10**9),
    places=st.integers(0, 4),
    code=st.sampled_from(["0%", "0.0%", "0.00\\ %", "[Blue]0.0%;[Red]-0.0%"]),
)
def test_a_percentage_is_the_hundredfold_to_the_last_figure(thousandths: int, places: int, code: str) -> None:
    fraction = Decimal(thousandths).scaleb(-3 - places)
    text = number_text(repr(float(fraction)), code, WINDOWS_EPOCH)
    assert text.endswith(" %")
    assert Decimal(text.removesuffix(" %")) == fraction * 100


@settings(deadline=None)
@given(value=st.decimals(-(10**6), 10**6, places=3), code=st.sampled_from(["General", "0.00", "#,##0.0", EURO]))
def test_a_typed_number_reads_in_one_way_and_loses_nothing(value: Decimal, code: str) -> None:
    text = number_text(repr(float(value)), code, WINDOWS_EPOCH)
    assert Decimal(text) == value
    assert unambiguous(text) == text  # as it would be read: no three decimals after one to three figures


@settings(deadline=None)
@given(day=st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)))
def test_a_day_comes_back(day: datetime) -> None:
    day = day.replace(microsecond=0)
    days = (day - WINDOWS_EPOCH).total_seconds() / 86_400
    expected = day.date().isoformat() if (day.hour, day.minute, day.second) == (0, 0, 0) else day.isoformat(" ")
    assert number_text(repr(days), "dd/mm/yyyy hh:mm:ss", WINDOWS_EPOCH) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("1.234"), "1.2340"), (Decimal("12.5"), "12.5"), (1.234, "1.2340"), (12, "12")]
)
def test_so_does_a_number_of_a_json_file(value: object, text: str) -> None:
    assert as_text(value) == text
