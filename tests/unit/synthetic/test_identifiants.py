"""Numbers are valid by their key, and cannot be anyone's."""

from __future__ import annotations

import pytest

from witness.generate.structure_numbers import cle_luhn, luhn_valide, numero_finess, numero_siren, numero_siret


@pytest.mark.parametrize("real", ["010002228", "2A0000253", "2B0000459", "970402673", "970100228", "772201489"])
def test_the_key_is_that_of_real_numbers(real):
    assert luhn_valide(real)
    wrong = real[:-1] + str((int(real[-1]) + 1) % 10)
    assert not luhn_valide(wrong)


@pytest.mark.parametrize("root", ["019", "2A9", "2B9", "9794", "9895"])
def test_finess_numbers_carry_their_key_in_the_reserved_range(root):
    number = numero_finess(root, 42)
    assert len(number) == 9
    assert number.startswith(root)
    assert luhn_valide(number)
    assert number[2] != "0" or root[:2] not in ("01", "2A", "2B"), "real numbers have 0 in third place"


def test_a_range_that_is_full_says_so():
    with pytest.raises(ValueError, match="plage FINESS fictive 9794"):
        numero_finess("9794", 10_000)


def test_siren_and_siret_are_valid_and_start_where_none_was_allotted():
    siren = numero_siren(123)
    siret = numero_siret(siren, 7)
    assert siren.startswith("000")
    assert siret.startswith(siren)
    assert luhn_valide(siren)
    assert luhn_valide(siret)
    assert len(siret) == 14


@pytest.mark.parametrize("digits", ["0", "7992739871", "00000012"])
def test_key_makes_the_weighted_sum_a_multiple_of_ten(digits):
    number = digits + cle_luhn(digits)
    total = sum(sum(divmod(int(d) * (1 + rank % 2), 10)) for rank, d in enumerate(reversed(number)))
    assert total % 10 == 0


@pytest.mark.parametrize("fixture", ["departement", "islands"])
def test_every_number_of_a_world_is_valid_and_unique(fixture, request):
    world = request.getfixturevalue(fixture)
    et, ej = world.truth("et"), world.truth("ej")
    numbers = [*et["finess_et"], *ej["finess_ej"]]
    assert all(luhn_valide(n) for n in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(luhn_valide(n) for n in [*ej["siren"], *et["siret"]])
    assert et["siret"].n_unique() == len(et)
