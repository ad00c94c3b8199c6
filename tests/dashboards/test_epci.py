"""An EPCI is a territory like another: chosen, in the address, kept from page to page, with its own figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.queries import Filters, categories, territoires
from tests.dashboards import publication_example as example
from tests.dashboards.test_pages import _figures, _page, _page_of_app, _ran, _table, _texts
from tests.dashboards.test_queries import _restricted

LILLE, ARRAS = "200093201", "200033579"


def test_the_offer_of_an_epci_is_that_of_its_establishments(home: Path) -> None:
    test = _page("territoire", niveau="epci", code=LILLE)
    here = [row for row in example.fiches() if row["epci_code"] == LILLE and row["est_esms"] and row["est_ouvert"]]
    assert _figures(test)["ESMS ouverts"] == str(len(here)) == "3"
    assert sum(_table(test, "Autorité compétente")["Ouverts"]) == len(here)
    assert "Métropole européenne de Lille : 3 établissements ouverts" in _texts(test)
    assert "Contour épais : le département de Métropole européenne de Lille." in _texts(test)
    assert test.selectbox(key="code").options == ["CU d'Arras (62)", "Métropole européenne de Lille (59)"]


def test_the_epci_asked_for_after_a_departement_is_one_of_it(home: Path) -> None:
    test = _page("territoire", niveau="departement", code="62")
    test.segmented_control(key="niveau").set_value("epci")
    _ran(test)
    assert test.selectbox(key="code").value == ARRAS
    assert test.query_params["code"] == ARRAS
    test.segmented_control(key="niveau").set_value("departement")
    _ran(test)
    assert test.selectbox(key="code").value == "62"


def test_links_to_the_other_pages_keep_the_epci(home: Path) -> None:
    test = _page_of_app(niveau="epci", code=LILLE)
    assert test.header[0].value == "Métropole européenne de Lille"
    assert _addresses(test), "aucun lien"
    assert all(f"niveau=epci&code={LILLE}" in address for address in _addresses(test))


def _addresses(test: AppTest) -> list[str]:
    """Of the pages of the menu."""
    return [link.proto.query_string for link in test.sidebar.get("page_link")]


def test_an_epci_that_nobody_knows_is_said(home: Path) -> None:
    test = _page_of_app(niveau="epci", code="999999999")
    assert "L'adresse demande « code=999999999 », que cette page ne connaît pas" in "".join(
        warning.value for warning in test.warning
    ).replace("\\", "")


def test_establishments_of_an_epci_are_compared(home: Path) -> None:
    test = _page("comparer", niveau="epci", code=ARRAS)
    assert sorted(_table(test, "FINESS")["FINESS"]) == sorted([example.MAS, example.SSIAD])


@pytest.mark.parametrize("name", ["publics", "parcours"])
def test_persons_are_not_told_by_epci(home: Path, name: str) -> None:
    test = _page(name, niveau="epci", code=LILLE)
    assert "ne sont pas publiés par EPCI" in test.info[0].value


def test_an_epci_outside_the_perimeter_is_not_there(home: Path) -> None:
    base = _restricted(home, departements=frozenset({"62"}))
    assert territoires(base, "epci")["territoire_code"].to_list() == [ARRAS]
    assert categories(base, "epci", ARRAS, Filters()).height
    assert categories(base, "epci", LILLE, Filters()).is_empty()
