"""Who is one person, on records that are hard to match: from the files that are delivered to the persons of the layer.

The table of cases is `hard_cases`. What is judged is what two systems say of one person, and what they say of two.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import duckdb
import pytest

from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive.delivery import deliver
from orchestration.restitution import explained_persons, named_files
from orchestration.restitution.explained_persons import NoSuchRecord
from tests import dbt_here
from tests.instants import TODAY, now
from tests.integration.personnes import hard_cases
from tests.integration.personnes.hard_cases import Case, cases

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

SOURCES = {"dui": "dui", "resid": "resid_esms", "vt": "viatrajectoire_pa"}


@dataclass(frozen=True)
class Found:
    """What the layer says of a record."""

    personne: str
    regle: str
    ambigu: bool
    a_nia_puis_nir: bool


Groups = dict[tuple[str, int], Found]  # (source, line of the file) -> person


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("cas")
    home = Home(folder / "var")
    for source, path in hard_cases.files(folder).items():
        (receipt,) = deliver([path], home, source=SOURCES[source], now=now())
        assert receipt.status == "received", receipt.reason
    assert [result.rejetees for result in process_pending(home)] == [0] * 3
    load_warehouse(home)
    dbt_here.dbt(home, ["seed"], TODAY, tmp_path_factory)
    dbt_here.dbt(home, ["run", "--select", "+int_personnes__groupes"], TODAY, tmp_path_factory)
    return home


@pytest.fixture(scope="module")
def groups(home: Home) -> Groups:
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(
            "SELECT source, ligne, personne_id, regle, ambigu, a_nia_puis_nir FROM intermediate.int_personnes__groupes"
        ).fetchall()
    return {(source, line): Found(person, rule, doubt, waits) for source, line, person, rule, doubt, waits in rows}


def found(groups: Groups, case: Case) -> list[Found]:
    """What the layer says of the records of a case, in their order."""
    before = [record for other in cases()[: cases().index(case)] for record in other.records]
    lines = Counter(record.source for record in before)
    answers = []
    for record in case.records:
        lines[record.source] += 1
        answers.append(groups[SOURCES[record.source], lines[record.source] + 1])  # after the titles
    return answers


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.kind} : {case.name}")
def test_the_records_of_one_person_are_one_and_those_of_two_are_two(groups: Groups, case: Case) -> None:
    answers = found(groups, case)
    wrong = [
        (f"{a.source} {a.et} et {b.source} {b.et}", x, y)
        for (a, x), (b, y) in combinations(zip(case.records, answers, strict=True), 2)
        if (a.who == b.who) != (x.personne == y.personne)
    ]
    assert not wrong, case.why


def test_records_of_two_cases_are_never_one(groups: Groups) -> None:
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for case in cases():
        for answer in found(groups, case):
            holders[answer.personne].add(case.name)
    assert [names for names in holders.values() if len(names) > 1] == []


def test_each_kind_has_several_variants() -> None:
    assert min(Counter(case.kind for case in cases()).values()) >= 3


def named(name: str) -> Case:
    (case,) = (case for case in cases() if case.name == name)
    return case


def test_a_number_that_waits_for_its_nir_is_marked(groups: Groups) -> None:
    marked = [case.name for case in cases() if any(answer.a_nia_puis_nir for answer in found(groups, case))]
    assert marked == ["NIA puis NIR, tout le reste égal", "NIA puis NIR, nom voisin"]


@pytest.mark.parametrize(
    "name",
    ["cinq traits égaux, deux NIR propres", "cinq traits égaux, un tiers sans numéro", "deux départements, deux ESMS",
     "le NIR de l'une sur les deux", "nées le 1er janvier à l'étranger, deux ESMS, sans numéro"],
)  # fmt: skip
def test_who_looks_like_somebody_and_is_left_apart_is_said_to(groups: Groups, name: str) -> None:
    assert any(answer.ambigu for answer in found(groups, named(name)))


def explained(home: Home, name: str, first: int, second: int) -> dict[str, Any]:
    """What is said of two records of a case, named as rejects name a line."""
    case = named(name)
    before = [record for other in cases()[: cases().index(case)] for record in other.records]
    lines = Counter(record.source for record in before)
    places = []
    for record in case.records:
        lines[record.source] += 1
        places.append((SOURCES[record.source], lines[record.source] + 1))
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        deliveries = dict(
            warehouse.execute("SELECT DISTINCT source, delivery_id FROM intermediate.int_personnes__groupes").fetchall()
        )
    a, b = (f"{deliveries[source]}:{line}" for source, line in (places[first], places[second]))
    return explained_persons.explain(home, a, b, now())


@pytest.mark.parametrize(
    ("name", "one", "shared", "step", "forbidden"),
    [
        ("« épouse »", True, "les cinq traits stricts", "traits", []),
        ("une lettre pour une autre", True, "une écriture voisine du nom", "proche, par les écritures", []),
        ("cinq traits égaux, deux NIR propres", False, "les cinq traits stricts", None,
         ["deux NIR propres qui se contredisent"]),
        ("absent, même entrée", True, "nom, prénom et naissance", "nom_prenom", []),
    ],
)  # fmt: skip
def test_why_two_records_are_one_is_told(
    home: Home, name: str, one: bool, shared: str, step: str | None, forbidden: list[str]
) -> None:
    told = explained(home, name, 0, 1)
    assert (told["one"], told["step"], told["forbidden"]) == (one, step, forbidden)
    assert shared in told["shared"]


def test_twins_of_one_number_are_said_to_be_left_in_doubt(home: Home) -> None:
    told = explained(home, "le NIR de l'une sur les deux", 0, 1)
    assert not told["one"]
    assert "un DUI tient les deux dossiers" in told["pending"]
    assert "mêmes traits de jumeaux, deux prénoms" in told["pending"]


def test_who_asked_is_in_the_journal_and_nobody_s_name_is(home: Home) -> None:
    explained(home, "« née »", 0, 1)
    last = json.loads(named_files.journal(home).read_text(encoding="utf-8").splitlines()[-1])
    assert last["nature"] == "explication"
    assert len(last["fiches"]) == 2
    assert "LENOIVEL" not in json.dumps(last).upper()


@pytest.mark.parametrize("text", ["sans ligne", "livraison:3", ":4"])
def test_a_record_that_is_not_held_is_refused(home: Home, text: str) -> None:
    with pytest.raises(NoSuchRecord):
        explained_persons.explain(home, text, text, now())


def test_a_question_about_a_record_that_is_not_held_is_in_the_journal_too(home: Home) -> None:
    with pytest.raises(NoSuchRecord):
        explained_persons.explain(home, "livraison:3", "livraison:4", now())
    last = json.loads(named_files.journal(home).read_text(encoding="utf-8").splitlines()[-1])
    assert (last["fiches"], last["finess"]) == (["livraison:3", "livraison:4"], [])
