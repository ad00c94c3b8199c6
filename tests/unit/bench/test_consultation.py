"""Every query of the application is measured."""

from __future__ import annotations

import pytest

from dashboards import requetes
from ingest.home import Home
from orchestration.bench import consultation
from tests.dashboards.publication_exemple import write_publication


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("publie")
    write_publication(folder)
    return Home(folder)


def test_no_public_query_is_forgotten(home: Home) -> None:
    measured = consultation.measure(home, repeats=1)
    queries = {each["query"] for each in measured["queries"]}
    functions = set(requetes.__all__) - {"Base", "Filters", "Place", "current_base"}
    assert queries == functions
    assert {each["arguments"].get("niveau") for each in measured["queries"]} >= {"france", "region", "departement"}
    assert 0 < measured["median_ms"] <= measured["queries"][0]["median_ms"]
    assert measured["open_ms"] > 0


def test_a_query_whose_parameter_nobody_knows_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def inconnue(base: requetes.Base, lune: str) -> None:
        """Not called."""

    monkeypatch.setattr(requetes, "etablissement", inconnue)
    with pytest.raises(KeyError, match="lune"):
        consultation.measure(home)


def test_an_answer_that_the_page_keeps_is_asked_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    read = requetes.Base.read
    monkeypatch.setattr(requetes, "__all__", ["collectes_redondantes"])
    monkeypatch.setattr(
        requetes.Base,
        "read",
        lambda self, sql, given=None: asked.append("saisies" in (given or {})) or read(self, sql, given),
    )
    measured = consultation.measure(home)
    assert asked.count(True) == consultation.REPEATS * len(measured["queries"])
