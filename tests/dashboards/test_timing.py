"""Every query of the application is measured."""

from __future__ import annotations

import pytest

from dashboards import queries, timing
from ingest.home import Home
from tests.dashboards.publication_example import write_publication


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("publie")
    write_publication(folder)
    return Home(folder)


def test_no_public_query_is_forgotten(home: Home) -> None:
    measured = timing.measure(home, repeats=1)
    asked_for = {each["query"] for each in measured["queries"]}
    functions = set(queries.__all__) - {"Base", "Filters", "Place", "current_base"}
    assert asked_for == functions
    assert {each["arguments"].get("niveau") for each in measured["queries"]} >= {"france", "region", "departement"}
    assert 0 < measured["median_ms"] <= measured["queries"][0]["median_ms"]
    assert measured["open_ms"] > 0


def test_a_query_whose_parameter_nobody_knows_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def inconnue(base: queries.Base, lune: str) -> None:
        """Not called."""

    monkeypatch.setattr(queries, "etablissement", inconnue)
    with pytest.raises(KeyError, match="lune"):
        timing.measure(home)


def test_an_answer_that_the_page_keeps_is_asked_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    read = queries.Base.read
    monkeypatch.setattr(queries, "__all__", ["redundant_collectes"])
    monkeypatch.setattr(
        queries.Base,
        "read",
        lambda self, sql, given=None: asked.append("saisies" in (given or {})) or read(self, sql, given),
    )
    measured = timing.measure(home)
    assert asked.count(True) == timing.REPEATS * len(measured["queries"])
