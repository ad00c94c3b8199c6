"""Traits and their other writings: what is one person's is alike, what is another's is not."""

from __future__ import annotations

from datetime import date
from typing import get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.privacy import Role
from ingest.protect import traits

V = pl.col("v")
NAMES = st.text("ABCDEFGHILMNOPRSTUVYZ", min_size=4, max_size=12)
DAYS = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def one(expression: pl.Expr, value: str | None) -> str | None:
    return pl.DataFrame({"v": [value]}, schema={"v": pl.String}).select(_=expression)["_"][0]


def told(rows: list[dict[str, str | date | None]]) -> pl.DataFrame:
    """Rows of roles, the others unknown, with what is made of them."""
    schema = {role: pl.Date if role == "naissance" else pl.String for role in get_args(Role)}
    return traits.normalised(pl.DataFrame([{role: row.get(role) for role in schema} for row in rows], schema=schema))


def all_of(expressions: list[pl.Expr], **row: str | date | None) -> set[str]:
    return set(told([dict(row)]).select(_=pl.concat_list(expressions).list.drop_nulls())["_"].explode())


def one_letter_less(text: str | None, kept: int = 0) -> set[str]:
    """What keys are made of besides a text that may be mistyped (test_pseudonyms holds the keys themselves).

    kept: letters at its end that are no mistake.
    """
    letters = text or ""
    places = range(traits.LONGEST_TYPED) if len(letters) >= traits.SHORTEST_TYPED else ()
    return {letters[:i] + letters[i + 1 :] for i in places if i < len(letters) - kept}


def writings(name: str, used: str | None = None) -> set[str]:
    mistyped = one_letter_less(told([{"nom": name, "nom_usage": used}])["_son"][0])
    return mistyped | all_of(traits.name_writings(), nom=name, nom_usage=used)


def parts(name: str, used: str | None = None) -> set[str]:
    return all_of(traits.name_parts(), nom=name, nom_usage=used)


def given_writings(name: str) -> set[str]:
    mistyped = one_letter_less(told([{"prenoms": name}])["_son_prenom"][0], kept=1)
    return mistyped | all_of(traits.given_writings(), prenoms=name)


def birth_writings(day: date) -> set[str]:
    return all_of(traits.birth_writings(pl.col("naissance")), naissance=day)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("LA BROSSE (DE)", "DELABROSSE"), ("de La Brosse", "DELABROSSE"), ("GOFF LE", "LEGOFF"),
        ("Goff (Le)", "LEGOFF"),
        ("Beethoven van", "VANBEETHOVEN"), ("LENOIR EPOUSE BLANC", "LENOIR"), ("Lenoir ép. Blanc", "LENOIR"),
        ("Blanc née Lenoir", "LENOIR"), ("LENOIR VEUVE BLANC", "LENOIR"), ("EPOUSE", "EPOUSE"), ("Le", "LE"),
        ("DELATOUR", "DELATOUR"), ("de La Tour", "DELATOUR"), ("Épouse Blanc", "EPOUSEBLANC"),
    ],
)  # fmt: skip
def test_a_name_is_that_of_birth_its_particle_before_it(written: str, name: str) -> None:
    assert one(traits.name(V), written) == name


@settings(max_examples=40, deadline=None)
@given(st.one_of(NAMES, st.text(max_size=20)))
def test_a_normalised_name_is_normalised(text: str) -> None:
    once = one(traits.name(V), text)
    assert once is None or one(traits.name(V), str(once)) == once


@settings(max_examples=40, deadline=None)
@given(NAMES)
def test_what_sounds_alike_sounds_like_itself(text: str) -> None:
    once = str(one(traits.sounds(V), text))
    assert one(traits.sounds(V), once) == once


@settings(max_examples=40, deadline=None)
@given(NAMES, st.data())
def test_two_names_that_one_typing_mistake_sets_apart_share_a_writing(name: str, data: st.DataObject) -> None:
    """Of letters that stand for themselves: what a sound makes of the mistake is another matter."""
    name = "".join(c for c in name if c in "BDFGLMNPRSTV")[:7] + "MARBDO"
    place = data.draw(st.integers(0, len(name) - 2))
    letter = data.draw(st.sampled_from("BDFGLMNPRSTV"))
    mistaken = data.draw(
        st.sampled_from(
            [
                name[:place] + name[place + 1 :],
                name[:place] + letter + name[place:],
                name[:place] + letter + name[place + 1 :],
                name[:place] + name[place + 1] + name[place] + name[place + 2 :],
            ]
        )
    )
    a, b = ({text, *one_letter_less(text)} for text in (name, mistaken))
    assert a & b


@pytest.mark.parametrize(
    ("one_name", "used", "other"),
    [
        ("Perrin", "Vidal", "Vidal"), ("Gros", "Gros-Petit", "Petit"), ("de La Tour", None, "La Tour"),
        ("d'Estaing", None, "ESTAING"), ("Vandenbroucke-Delattre", None, "VANDENBROUCKE-DELATT"),
        ("Razafindrakoto", None, "RAZAFIND"), ("Kowalski", None, "KOWALSKY"), ("Nowak", None, "NOWACK"),
        ("Martin-Dupont", None, "DUPONT"), ("Lenoir épouse Blanc", None, "Blanc"), ("Philibert", None, "FILIBER"),
    ],
)  # fmt: skip
def test_near_names_share_a_writing(one_name: str, used: str | None, other: str) -> None:
    assert (writings(one_name, used) | parts(one_name, used)) & writings(other)


def test_two_compound_names_share_a_part_and_no_writing() -> None:
    one_name, other = "Martin-Dupont", "Martin-Garcia"
    assert parts(one_name) & parts(other)
    assert not writings(one_name) & (writings(other) | parts(other))
    assert not parts(one_name) & writings(other)


@pytest.mark.parametrize(
    ("one_name", "other"),
    [("Fabre", "Giraud"), ("Martin", "Martinez"), ("Petit", "Perrin"), ("Le Goff", "Le Gall"), ("Roy", "Ray"),
     ("de La Tour", "de La Brosse")],
)  # fmt: skip
def test_other_names_share_none(one_name: str, other: str) -> None:
    assert not writings(one_name) & (writings(other) | parts(other))


@pytest.mark.parametrize(
    ("one_name", "other"),
    [("Jean-Pierre", "Jean Pierre"), ("Jean-Pierre", "Jean"), ("Jean-Pierre", "Pierre"), ("Pierre Jean", "Jean-Pierre"),
     ("Simone", "Simonne"), ("Jean-Pierre", "JEANPIERRE"), ("Anne Marie Josèphe", "Josephe")],
)  # fmt: skip
def test_near_given_names_share_a_writing(one_name: str, other: str) -> None:
    assert given_writings(one_name) & given_writings(other)


@pytest.mark.parametrize(
    ("one_name", "other"), [("Marie", "Maria"), ("Louis", "Louise"), ("Lucien", "Lucie"), ("Jean", "Jeanne")]
)
def test_the_last_letter_of_a_given_name_makes_another_of_it(one_name: str, other: str) -> None:
    assert not given_writings(one_name) & given_writings(other)


def test_two_given_names_have_no_order() -> None:
    names = told([{"prenoms": name} for name in ("Pierre, Jean", "Jean-Pierre", "Jean", None)])
    assert names["_deux_prenoms"].to_list() == ["JEAN+PIERE", "JEAN+PIERE", None, None]


@settings(max_examples=40, deadline=None)
@given(DAYS)
def test_a_date_and_its_swap_share_a_writing_and_a_date_and_another_day_none(day: date) -> None:
    own = birth_writings(day)
    if day.day <= 12:
        assert own & birth_writings(date(day.year, day.day, day.month))
    other = day.replace(day=day.day % 12 + 13) if day.day > 12 or day.month > 12 else day.replace(day=20)
    if other != day:
        assert not own & birth_writings(other)


def test_the_digits_of_a_year_may_be_turned() -> None:
    first, turned = (birth_writings(date(year, 5, 10)) for year in (1931, 1913))
    assert first & turned
    assert not first & birth_writings(date(1932, 5, 10))


def test_a_century_may_be_another() -> None:
    assert birth_writings(date(1838, 5, 10)) & birth_writings(date(1938, 5, 10))


@pytest.mark.parametrize(
    ("other", "shared"),
    [(date(1931, 5, 11), {"1931-05"}), (date(1931, 6, 10), {"1931--10"}), (date(1932, 5, 10), {"05-10"}),
     (date(1931, 6, 11), set()), (date(1932, 6, 10), set())],
)  # fmt: skip
def test_a_date_of_which_one_part_is_mistyped_keeps_the_two_others(other: date, shared: set[str]) -> None:
    one_day, another = (
        all_of(traits.birth_parts(pl.col("naissance")), naissance=day) for day in (date(1931, 5, 10), other)
    )
    assert one_day & another == shared


@pytest.mark.parametrize(
    ("code", "departement"),
    [
        ("2A004", "20"), ("2b033", "20"), ("20004", "20"), ("20200", "20"), ("2A", "20"), ("01039", "01"),
        ("1053", "01"),
        ("69383", "69"), ("69003", "69"), ("75056", "75"), ("75066", "93"), ("93066", "93"), ("97411", "974"),
        ("97400", "974"), ("974", "974"), ("99352", "99352"), ("92352", "99352"), ("91477", "91"), ("99999", None),
        ("99", None), ("99100", None), ("99119", "99121"), ("99121", "99121"), ("99155", "99123"), ("99142", "99109"),
        ("Lyon", None), (None, None),
    ],
)  # fmt: skip
def test_a_birth_place_lies_in_a_departement_of_today(code: str | None, departement: str | None) -> None:
    assert told([{"lieu": code}])["_departement"][0] == departement


@pytest.mark.parametrize(
    ("code", "kept"),
    [("01039", "01138"), ("75115", "75056"), ("69383", "69123"), ("13208", "13055"), ("2A004", "20004"),
     ("20004", "20004"), ("75066", "93066")],
)  # fmt: skip
def test_a_birth_place_is_the_commune_of_today(code: str, kept: str) -> None:
    assert one(traits.place(V), code) == kept


@pytest.mark.parametrize(
    ("number", "born", "sexe", "own"),
    [
        ("136050199800166", date(1936, 5, 10), "M", None),  # the key is computed below
        ("1360501998001", date(1936, 5, 10), "M", True), ("1360501998001", date(1936, 5, 10), None, True),
        ("1360501998001", date(1936, 5, 10), "F", False), ("1360501998001", date(1936, 6, 10), "M", False),
        ("1360501998001", date(1937, 5, 10), "M", False), ("1362001998001", date(1936, 5, 10), "M", True),
        ("1360501998001", date(1936, 1, 1), "M", True), ("7360501998001", date(1936, 5, 10), "M", True),
        ("1360501998001", None, "M", False), (None, date(1936, 5, 10), "M", False),
    ],
)  # fmt: skip
def test_a_number_is_ones_own_when_sex_year_and_month_agree(number, born, sexe, own) -> None:
    expected = (97 - int(number[:13]) % 97 == int(number[13:])) if own is None else own
    assert told([{"nir": number, "naissance": born, "sexe": sexe}])["_nir_est_propre"][0] is expected


@pytest.mark.parametrize(
    ("number", "said", "nature"),
    [("1360501998001", "NIR", "NIR"), ("1360501998001", None, "NIR"), ("7360501998001", "INS-NIR", "NIA"),
     ("1360501998001", "INS-NIA", "NIA"), (None, "NIR", None)],
)  # fmt: skip
def test_the_nature_of_a_number_is_what_its_first_digit_says(number, said, nature) -> None:
    frame = pl.DataFrame({"v": [number], "s": [said]}, schema={"v": pl.String, "s": pl.String})
    assert frame.select(_=traits.nature(V, pl.col("s")))["_"][0] == nature
