"""Who is one person, on records that are hard to match: from the files that are delivered to the persons of the layer.

The table of cases is `hard_cases`. What is judged is what two systems say of one person, and what they say of two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import duckdb
import pytest

from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive.delivery import deliver
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
def groups(tmp_path_factory: pytest.TempPathFactory) -> Groups:
    folder = tmp_path_factory.mktemp("cas")
    home = Home(folder / "var")
    for source, path in hard_cases.files(folder).items():
        (receipt,) = deliver([path], home, source=SOURCES[source], now=now())
        assert receipt.status == "received", receipt.reason
    assert [result.rejetees for result in process_pending(home)] == [0] * 3
    load_warehouse(home)
    dbt_here.dbt(home, ["seed"], TODAY, tmp_path_factory)
    dbt_here.dbt(home, ["run", "--select", "+int_personnes__groupes"], TODAY, tmp_path_factory)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(
            "SELECT source, ligne, personne_id, regle, ambigu, a_nia_puis_nir FROM intermediate.int_personnes__groupes"
        ).fetchall()
    return {(source, line): Found(*said) for source, line, *said in rows}


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
    persons = [{answer.personne for answer in found(groups, case)} for case in cases()]
    assert sum(map(len, persons)) == len(set().union(*persons))


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
     "le NIR de l'une sur les deux"],
)  # fmt: skip
def test_who_looks_like_somebody_and_is_left_apart_is_said_to(groups: Groups, name: str) -> None:
    assert any(answer.ambigu for answer in found(groups, named(name)))
