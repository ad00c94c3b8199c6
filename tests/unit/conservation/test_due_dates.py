"""When data may go: worked cases of each rule, and what stops or postpones them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data_contracts.retention import Conservation, Duration, Rule, Source
from ingest.retain.due_dates import due_dates
from ingest.retain.register import ALL_PERSONS, Suspension

ESMS = "010000001"
PROOF = (Source("texte", "V"),)


def rule(code: str, years: int, **changes: Any) -> Rule:
    facts: dict[str, Any] = {
        "code": code, "label": code, "active": Duration(years, "ans"), "archive": None, "follows_others": False,
        "start": "dernier_contact", "fate": "destruction", "sources": PROOF,
    }  # fmt: skip
    return Rule(**(facts | changes))


RULES = Conservation(
    "1",
    {
        "administratives": rule("administratives", 2, follows_others=True),
        "accompagnement": rule("accompagnement", 2),
        "sante": rule("sante", 20, birthday=28, after_death=Duration(10, "ans"), died_within=Duration(10, "ans")),
        "consentements": rule("consentements", 2, follows_others=True, in_force_until="retire_le"),
        "probatoire": rule("probatoire", 2, archive=Duration(18, "mois")),
        "historique": rule("historique", 2, fate="conservation"),
    },
    (),
)


def contacts(**changes: Any) -> pl.DataFrame:
    row: dict[str, Any] = {
        "finess_et": ESMS, "personne": "p", "dernier_contact": date(2020, 3, 15), "vu_le": date(2024, 1, 1),
        "en_cours": False, "annee_naissance": 1940, "date_deces": None,
    }  # fmt: skip
    types = {"dernier_contact": pl.Date, "date_deces": pl.Date, "vu_le": pl.Date, "annee_naissance": pl.Int64}
    return pl.DataFrame([row | changes], schema_overrides=types)


def parts(*classes: str, in_force: bool = False) -> pl.DataFrame:
    rows = [
        {"finess_et": ESMS, "personne": "p", "classe": c, "en_vigueur": in_force and c == "consentements"}
        for c in classes
    ]
    return pl.DataFrame(rows)


def told(found: pl.DataFrame) -> dict[str, date | str | None]:
    """Class -> the day it may go, or why it may not."""
    return {row["classe"]: row["fin"] or row["raison"] for row in found.iter_rows(named=True)}


@pytest.mark.parametrize(
    ("classe", "facts", "expected"),
    [
        pytest.param("accompagnement", {}, date(2022, 3, 15), id="two years after the last contact"),
        pytest.param("accompagnement", {"dernier_contact": date(2020, 2, 29)}, date(2022, 2, 28), id="a leap day"),
        pytest.param("accompagnement", {"dernier_contact": None}, date(2026, 1, 1), id="contact unknown: last file"),
        pytest.param("probatoire", {}, date(2023, 9, 15), id="active base, then intermediate archive"),
        pytest.param("sante", {}, date(2040, 3, 15), id="twenty years"),
        pytest.param("sante", {"annee_naissance": 2015}, date(2044, 1, 1), id="a minor: the year of 28 is over"),
        pytest.param("sante", {"annee_naissance": None}, date(2040, 3, 15), id="birth unknown"),
        pytest.param("sante", {"date_deces": date(2021, 5, 1)}, date(2031, 5, 1), id="died soon after"),
        pytest.param("sante", {"date_deces": date(2030, 3, 14)}, date(2040, 3, 14), id="died within ten years"),
        pytest.param("sante", {"date_deces": date(2030, 3, 15)}, date(2040, 3, 15), id="died later: no shorter"),
        pytest.param("sante", {"date_deces": date(2019, 1, 1)}, date(2030, 3, 15), id="a death before the contact"),
        pytest.param(
            "sante", {"annee_naissance": 2015, "date_deces": date(2021, 5, 1)}, date(2031, 5, 1), id="a minor who died"
        ),
        pytest.param("accompagnement", {"en_cours": True}, "séjour en cours", id="a stay that goes on"),
        pytest.param("historique", {}, "conservation définitive", id="never destroyed"),
    ],
)  # fmt: skip
def test_a_class_ends_as_its_rule_says(classe: str, facts: dict[str, Any], expected: date | str) -> None:
    found = due_dates(contacts(**facts), parts(classe), RULES, (), date(2026, 1, 1))
    assert told(found) == {classe: expected}


def test_what_says_who_it_is_stays_as_long_as_what_is_said() -> None:
    found = due_dates(contacts(), parts("administratives", "accompagnement", "sante"), RULES, (), date(2026, 1, 1))
    assert told(found) == {
        "accompagnement": date(2022, 3, 15),
        "administratives": date(2040, 3, 15),
        "sante": date(2040, 3, 15),
    }


def test_an_opposition_in_force_is_never_forgotten_and_a_withdrawn_one_outlives_the_data() -> None:
    on = date(2050, 1, 1)
    classes = ("consentements", "sante")
    assert told(due_dates(contacts(), parts(*classes, in_force=True), RULES, (), on))["consentements"] == "en vigueur"
    assert told(due_dates(contacts(), parts(*classes), RULES, (), on))["consentements"] == date(2040, 3, 15)


def hold(since: date, until: date | None = None, person: str = "p", finess: str = ESMS) -> Suspension:
    return Suspension("TA-1", finess, person, since, until)


@pytest.mark.parametrize(
    ("suspension", "expected"),
    [
        pytest.param(hold(date(2021, 1, 1)), "suspension", id="in force"),
        pytest.param(hold(date(2021, 1, 1), date(2026, 6, 1)), "suspension", id="lifted later than that day"),
        pytest.param(hold(date(2021, 1, 1), date(2021, 1, 31)), date(2022, 4, 14), id="lifted: time did not run"),
        pytest.param(hold(date(2021, 1, 1), person=ALL_PERSONS), "suspension", id="the whole ESMS"),
        pytest.param(hold(date(2021, 1, 1), person="autre"), date(2022, 3, 15), id="another person"),
        pytest.param(hold(date(2021, 1, 1), finess="010000002"), date(2022, 3, 15), id="another ESMS"),
    ],
)
def test_a_suspension_stops_everything_until_it_is_lifted(suspension: Suspension, expected: date | str) -> None:
    found = due_dates(contacts(), parts("accompagnement"), RULES, [suspension], date(2026, 1, 1))
    assert told(found) == {"accompagnement": expected}


DATES = st.dates(date(1990, 1, 1), date(2025, 12, 31))


@given(contact=DATES, later=DATES, born=st.integers(1900, 2024) | st.none(), died=DATES | st.none())
def test_a_later_contact_never_brings_the_end_forward(
    contact: date, later: date, born: int | None, died: date | None
) -> None:
    assume(born is None or died is None)  # the death of a minor brings it forward: such is the text
    first, last = sorted((contact, later))
    classes = ("accompagnement", "administratives", "sante")
    ends = [
        due_dates(
            contacts(dernier_contact=day, annee_naissance=born, date_deces=died), parts(*classes), RULES, (), day
        )["fin"].to_list()
        for day in (first, last)
    ]
    assert all(before <= after for before, after in zip(*ends, strict=True))
    assert all(end > first for end in ends[0])
