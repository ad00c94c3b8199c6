"""The address of a page: what it asks for is read, kept from page to page, and what is not known is said in French."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.state import State
from tests.dashboards import publication_example as example
from tests.patience import PATIENCE_S


@pytest.mark.parametrize(
    ("given_", "kept", "expected"),
    [
        ({}, {}, "FR"),
        ({"code": ["59"]}, {}, "59"),
        ({"code": ["62", "59"]}, {}, "59"),  # the last one, as a browser reads it
        ({}, {"code": "59"}, "59"),
        ({"code": ["62"]}, {"code": "59"}, "62"),  # the address wins
        ({}, {"code": "75"}, "FR"),  # not published here
        ({"niveau": ["region"]}, {"niveau": "departement", "code": "59"}, "FR"),  # a code is one of its level
        ({"niveau": ["departement"]}, {"niveau": "departement", "code": "59"}, "59"),
    ],
)
def test_the_territory_is_that_of_the_address_else_that_of_the_page_before(
    given_: dict[str, list[str]], kept: dict[str, str], expected: str
) -> None:
    state = State(given_, kept)
    assert state.one("code", ["FR", "59", "62"], "FR") == expected
    assert state.problems == []


def test_only_the_territory_and_the_year_are_kept() -> None:
    assert State({}, {"statut": "admis"}).one("statut", ["demande", "admis"], "demande") == "demande"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("canton", "« niveau=canton », que cette page ne connaît pas ; connus : france, region, departement"),
        ("regoin", "« niveau=regoin », que cette page ne connaît pas ; le plus proche : « region »"),
        ("<b>\n" + "x" * 200, "« niveau=<b> xxxx"),
    ],
)
def test_an_unknown_value_is_said_and_the_usual_one_is_shown(value: str, said: str) -> None:
    state = State({"niveau": [value]})
    assert state.one("niveau", ["france", "region", "departement"], "france") == "france"
    assert said in state.problems[0]
    assert len(state.problems[0]) < 300
    assert "\n" not in state.problems[0]


def test_unknown_names_are_told_once_the_page_is_drawn() -> None:
    state = State({"nivau": ["region"], "annee": ["2024"], "tri": ["x"]})
    state.one("niveau", ["france"], "france")
    said = state.unknown_names()
    assert said[0].startswith(
        "L'adresse demande « nivau », que cette page ne connaît pas ; le plus proche : « niveau »"
    )
    assert "« tri »" in said[1]
    assert len(said) == 2


@given(st.dictionaries(st.text(), st.lists(st.text(), max_size=3)), st.lists(st.text(), min_size=1, unique=True))
def test_whatever_the_address_a_page_gets_one_of_its_options(asked: dict[str, list[str]], options: list[str]) -> None:
    state = State({**asked, "choix": asked.get("choix", ["?"])})
    assert state.one("choix", options, options[0]) in options
    assert set(state.several("choix", options)) <= set(options)
    assert all("\n" not in said for said in state.problems)


def _app(**address: str) -> AppTest:
    test = AppTest.from_file(str(dashboards.FOLDER / "app.py"), default_timeout=PATIENCE_S)
    for name, value in address.items():
        test.query_params[name] = value
    return test.run()


def test_a_link_gives_the_view_of_who_sent_it(home: object) -> None:
    sent = _app()
    sent.segmented_control(key="niveau").set_value("departement").run()
    sent.selectbox(key="code").set_value("59").run()
    sent.selectbox(key="annee").set_value("2022").run()
    address = {name: str(value) for name, value in sent.query_params.items()}
    assert address == {"niveau": "departement", "code": "59", "annee": "2022"}
    received = _app(**address)
    assert [m.value for m in received.metric] == [m.value for m in sent.metric]
    assert [m.value for m in received.markdown] == [m.value for m in sent.markdown]
    assert not received.warning


def test_what_the_page_does_not_know_of_its_address_is_written_on_it(home: object) -> None:
    test = _app(niveau="canton", couleur="bleu")
    said = [w.value for w in test.warning]
    assert any("« niveau=canton »" in text for text in said)
    assert any("« couleur »" in text for text in said)
    assert not test.exception


def test_back_to_the_last_known_year_is_not_undone_by_what_was_kept(home: object) -> None:
    test = _app(niveau="departement", code="59", annee="2022")
    test.selectbox(key="annee").set_value("").run()
    assert "annee" not in test.query_params
    assert test.selectbox(key="annee").value == ""


def test_the_links_of_the_menu_carry_the_territory(home: object) -> None:
    test = _app(niveau="departement", code="59", annee="2022")
    links = [link.proto.query_string for link in test.get("page_link")]
    assert links
    assert all("niveau=departement" in link and "code=59" in link and "annee=2022" in link for link in links)


def test_the_link_to_an_establishment_keeps_the_territory(home: object) -> None:
    test = _app(niveau="departement", code="59")
    events = next(t.value for t in test.table if "Établissement" in t.value.columns)
    assert f"/etablissement?niveau=departement&code=59&finess={example.MIMOSAS}" in events["Établissement"].str.cat()
