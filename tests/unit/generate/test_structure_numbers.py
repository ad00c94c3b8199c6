"""Numbers are valid by their key, and cannot be anyone's."""

from __future__ import annotations

import pytest
from stdnum import luhn

from witness.generate.structure_numbers import finess_digits, finess_number, luhn_key, siren_number, siret_number


@pytest.mark.parametrize("real", ["010002228", "2A0000253", "2B0000459", "970402673", "970100228", "772201489"])
def test_the_key_is_that_of_real_numbers(real):
    assert luhn_key(finess_digits(real)[:-1]) == real[-1]


@pytest.mark.parametrize("root", ["019", "2A9", "2B9", "9794", "9895"])
def test_finess_numbers_carry_their_key_in_the_reserved_range(root):
    number = finess_number(root, 42)
    assert len(number) == 9
    assert number.startswith(root)
    assert luhn.is_valid(finess_digits(number))
    assert number[2] != "0" or root[:2] not in ("01", "2A", "2B"), "real numbers have 0 in third place"


def test_a_range_that_is_full_says_so():
    with pytest.raises(ValueError, match="plage FINESS fictive 9794"):
        finess_number("9794", 10_000)


def test_siren_and_siret_are_valid_and_start_where_none_was_allotted():
    siren = siren_number(123)
    siret = siret_number(siren, 7)
    assert siren.startswith("000")
    assert siret.startswith(siren)
    assert luhn.is_valid(siren)
    assert luhn.is_valid(siret)
    assert len(siret) == 14


@pytest.mark.parametrize("digits", ["0", "7992739871", "00000012"])
def test_key_makes_the_weighted_sum_a_multiple_of_ten(digits):
    number = digits + luhn_key(digits)
    total = sum(sum(divmod(int(d) * (1 + rank % 2), 10)) for rank, d in enumerate(reversed(number)))
    assert total % 10 == 0


@pytest.mark.parametrize("fixture", ["departement", "islands"])
def test_every_number_of_a_world_is_valid_and_unique(fixture, request):
    world = request.getfixturevalue(fixture)
    et, ej = world.truth("et"), world.truth("ej")
    numbers = [*et["finess_et"], *ej["finess_ej"]]
    assert all(luhn.is_valid(finess_digits(n)) for n in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(luhn.is_valid(n) for n in [*ej["siren"], *et["siret"]])
    assert et["siret"].n_unique() == len(et)
