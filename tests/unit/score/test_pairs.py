"""Pairs put together against pairs that belong together: worked cases, and what must hold of any of them."""

from __future__ import annotations

from itertools import combinations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from witness.score.pairs import pairs

Members = list[tuple[str, str]]


def judged(members: Members) -> dict[str, object]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE membres (predit VARCHAR, vrai VARCHAR)")
        if members:
            connection.executemany("INSERT INTO membres VALUES (?, ?)", members)
        return pairs(connection, "membres")


@pytest.mark.parametrize(
    ("members", "precision", "recall", "mixed"),
    [
        pytest.param([], None, None, 0, id="nobody"),
        pytest.param([("a", "1"), ("b", "2")], None, None, 0, id="nobody to join, nobody joined"),
        pytest.param([("a", "1"), ("a", "1"), ("b", "2")], 1.0, 1.0, 0, id="as they are"),
        pytest.param([("a", "1"), ("b", "1"), ("c", "1")], None, 0.0, 0, id="all apart"),
        pytest.param([("a", "1"), ("a", "1"), ("b", "1")], 1.0, 1 / 3, 0, id="one pair of three"),
        pytest.param([("a", "1"), ("a", "2")], 0.0, None, 1, id="two persons in one"),
        pytest.param([("a", "1"), ("a", "1"), ("a", "2")], 1 / 3, 1.0, 1, id="a third one joined by mistake"),
    ],
)
def test_worked_cases(members: Members, precision: float | None, recall: float | None, mixed: int) -> None:
    found = judged(members)
    assert (found["precision"], found["recall"], found["groupes_melanges"]) == (precision, recall, mixed)
    assert found["membres"] == len(members)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), max_size=12))
def test_pairs_are_those_that_one_would_count_by_hand(members: Members) -> None:
    found = judged(members)
    two = list(combinations(members, 2))
    together = [(x, y) for x, y in two if x[0] == y[0]]
    belong = [(x, y) for x, y in two if x[1] == y[1]]
    assert found["paires_annoncees"] == len(together)
    assert found["paires_reelles"] == len(belong)
    assert found["paires_justes"] == len([pair for pair in together if pair in belong])
