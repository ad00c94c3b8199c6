"""Codes and numbers that a spreadsheet wrote otherwise: put right when it is certain, else left as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts import territoires
from data_contracts.value_domains import domains
from ingest.validate.identifiers import finess_key_holds
from ingest.validate.rewritings import ZERO, postal_departements, restored

OTHER_CODE = "département d'outre-mer écrit dans l'autre code (FINESS, code officiel), ramené à celui du champ"


@pytest.mark.parametrize(
    ("domain", "written", "right", "said"),
    [
        # betagouv/conseillers-entreprises#2158: a COG saved by a spreadsheet
        ("commune", "1053", "01053", ZERO),
        ("departement", "1", "01", ZERO),
        ("region", "1", "01", ZERO),
        ("departement_ou_regroupement", "2", "02", ZERO),
        ("code_postal", "1000", "01000", ZERO),
        # the public copy of FINESS saved by Excel: commune 53, département 1
        ("commune_finess", "53", "053", ZERO),
        ("commune_finess", "4", "004", ZERO),
        ("departement_finess", "1", "01", ZERO),
        ("commune", "1053.0", "01053", f"décimales de tableur ôtées, {ZERO}"),
        ("commune", "75056,00", "75056", "décimales de tableur ôtées"),
        ("commune", "2a004", "2A004", "majuscule rétablie"),
        ("departement", "2b", "2B", "majuscule rétablie"),
        ("departement_finess", "9d", "9D", "majuscule rétablie"),
        ("code_postal", "69 003", "69003", "espaces ou apostrophe ôtés"),
        ("commune", "'01053", "01053", "espaces ou apostrophe ôtés"),
        ("commune", "1 053", "01053", f"espaces ou apostrophe ôtés, {ZERO}"),
        ("finess", "10002228", "010002228", ZERO),
        ("finess", "10002228.0", "010002228", f"décimales de tableur ôtées, {ZERO}"),
        ("finess", "01 000 222 8", "010002228", "espaces ou apostrophe ôtés"),
        ("siret", "732 829 320 00074", "73282932000074", "espaces ou apostrophe ôtés"),
        ("siret", "73282932000074.0", "73282932000074", "décimales de tableur ôtées"),
        ("departement", "9D", "974", OTHER_CODE),
        ("departement_finess", "974", "9D", OTHER_CODE),
        ("domicile", "1000", "01000", ZERO),
    ],
)  # fmt: skip
def test_what_is_certain_is_put_right_and_said(domain: str, written: str, right: str, said: str) -> None:
    assert restored(written, domains()[domain]) == (right, said)


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("siret", "2,601E+13"),  # its digits are lost
        ("siret", "5520135400021"),  # thirteen digits, and no key with a zero
        ("commune", "1999"),  # 01999 never was a commune
        ("commune", "999"),  # two zeros: too much to suppose
        ("code_postal", "100"),
        ("departement", "0"),  # 00 is no département
        ("departement", "976 Mayotte"),
        ("finess", "10002229"),  # the key does not hold
        ("finess", "1002228"),
        ("commune", "Bourg"),
        ("commune", "2E004"),
        ("region", "9"),
    ],
)
def test_what_is_not_certain_is_left(domain: str, written: str) -> None:
    assert restored(written, domains()[domain]) is None


@pytest.mark.parametrize(
    ("domain", "written"),
    [("commune", "01053"), ("commune", "01999"), ("departement", "2A"), ("departement", "974"), ("siret", "1" * 14),
     ("departement_ou_regroupement", "France métropolitaine"), ("departement_finess", "9A")],
)  # fmt: skip
def test_what_is_written_right_is_left_whatever_it_says(domain: str, written: str) -> None:
    assert restored(written, domains()[domain]) is None


@settings(deadline=None)
@given(st.sampled_from(sorted(name for name, d in domains().items() if d.pattern)), st.text(max_size=16))
def test_what_is_restored_is_of_its_domain_and_restored_once(name: str, text: str) -> None:
    domain = domains()[name]
    found = restored(text, domain)
    if found is not None:
        assert re.fullmatch(domain.pattern or "", found[0])
        assert restored(found[0], domain) is None


@settings(deadline=None)
@given(st.sampled_from(sorted(territoires.commune_codes())))
def test_every_commune_is_found_again_from_what_a_spreadsheet_makes_of_it(code: str) -> None:
    spoilt = str(int(code)) if code.isdigit() else code.lower()
    if spoilt != code:
        assert (restored(spoilt, domains()["commune"]) or ("",))[0] == code
        assert (restored(f"{spoilt}.0", domains()["commune"]) or ("",))[0] == code


@settings(deadline=None)
@given(st.integers(0, 99_999_999))
def test_a_zero_comes_back_to_a_finess_only_with_its_key(number: int) -> None:
    written = f"{number:08d}"
    found = restored(written, domains()["finess"])
    assert (found is not None) == finess_key_holds("0" + written)


@pytest.mark.parametrize(
    ("code", "departements"),
    [
        ("01000", ("01",)), ("20090", ("2A", "2B")), ("97400", ("974",)), ("97133", ("971", "977", "978")),
        ("98000", ("MC",)), ("98800", ("988",)), ("00100", ()), ("96000", ()), ("99123", ()), ("97900", ()),
    ],
)  # fmt: skip
def test_the_departements_of_a_postal_code(code: str, departements: tuple[str, ...]) -> None:
    assert postal_departements(code) == departements
