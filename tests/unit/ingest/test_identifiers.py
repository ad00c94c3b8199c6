"""Keys of FINESS, SIREN, SIRET, NIR, RPPS. Numbers: real FINESS seen in public files; invented NIR; standards.md §5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import nir as stdnum_nir

from ingest.validate.identifiers import (
    finess_key_holds,
    nir_key_holds,
    rpps_key_holds,
    siren_key_holds,
    siret_key_holds,
)


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("010002228", True),
        ("010008407", True),
        ("010002229", False),
        ("480787529", False),  # the example of the ANS itself breaks the key: warn, never reject
        ("111111111", False),
        ("10002228", False),
        ("01000222A", False),
        ("", False),
    ],
)
def test_finess_key(number: str, holds: bool) -> None:
    assert finess_key_holds(number) is holds


@given(st.sampled_from(["2A", "2B"]), st.integers(0, 999_999))
def test_corsican_key_is_computed_on_21_and_22(prefix: str, serial: int) -> None:
    digits = {"2A": "21", "2B": "22"}[prefix] + f"{serial:06d}"
    number = prefix + f"{serial:06d}" + luhn.calc_check_digit(digits)
    assert finess_key_holds(number)
    assert not finess_key_holds(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_siren_and_siret_keys() -> None:
    assert siren_key_holds("260110218")
    assert not siren_key_holds("260110219")
    assert siret_key_holds("77220148900022")
    assert not siret_key_holds("77220148900023")
    assert siret_key_holds("35600000000048")  # La Poste, head office


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("187019999900116", True),
        ("1 87 01 99 999 001 16", True),
        ("187019999900117", False),
        ("1870199999001", True),  # thirteen characters: the key is not transported
        ("253072B07300470", True),  # Corsica: 2A counts as 19 and 2B as 18
        ("253072A07300443", True),
        ("253072a07300443", True),
        ("253072C07300470", False),
        ("18701999990", False),
        ("", False),
    ],
)
def test_nir_key(number: str, holds: bool) -> None:
    assert nir_key_holds(number) is holds


@given(st.from_regex(r"[1-478][0-9]{4}([0-9]{2}|2A|2B)[0-9]{8}", fullmatch=True))
def test_nir_key_is_that_of_python_stdnum(number: str) -> None:
    assert nir_key_holds(number) is stdnum_nir.is_valid(number)
    assert nir_key_holds(number[:13] + stdnum_nir.calc_check_digits(number))


@pytest.mark.parametrize(("number", "holds"), [("10003456782", None), ("1000345678", False), ("1000345678X", False)])
def test_rpps_key_is_luhn_over_eleven_digits(number: str, holds: bool | None) -> None:
    assert rpps_key_holds(number) is (luhn.is_valid(number) if holds is None else holds)
    assert rpps_key_holds("1000345678" + luhn.calc_check_digit("1000345678"))
