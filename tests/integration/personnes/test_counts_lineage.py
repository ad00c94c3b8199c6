"""Counts of the products about persons, as their SQL makes them: a count that is a part of another is declared so.

Belongs here: finding parts and wholes in the compiled SQL, by the lineage of columns. Does not belong here: what a
declaration may say (`tests/contract/test_disclosure`).

Two counts are comparable when they count rows of one relation, in the same groups. One is a part of the other when it
asks all that the other asks, and more: what is left of the whole then counts persons too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from data_contracts.loading import load_products
from ingest.home import Home
from tests.integration.personnes.persons_warehouse import Entrepot

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

PRODUCTS = {p.id: p for p in load_products().values() if p.disclosure is not None}


@dataclass(frozen=True)
class Count:
    """What a column counts: the rows of a relation, in groups, that hold every one of some conditions."""

    relation: str
    groups: frozenset[str]
    asked: frozenset[str]

    def is_part_of(self, other: Count) -> bool:
        same = (self.relation, self.groups) == (other.relation, other.groups)
        return same and self.asked > other.asked


def conditions(node: exp.Expr) -> frozenset[str] | None:
    """What an aggregate asks of the rows that it counts; of several that are added up, what all of them ask. None when
    it does not count rows: what each row adds may be more than one."""
    if isinstance(node, exp.Add):
        both = conditions(node.left), conditions(node.right)
        return None if both[0] is None or both[1] is None else (both[0] & both[1]) | {f"one of {node.sql()}"}
    if isinstance(node, (exp.Cast, exp.Paren)):
        return conditions(node.this)
    if not isinstance(node, (exp.Sum, exp.Count)):
        return None
    inside = node.this
    if isinstance(inside, exp.Star):
        return frozenset()
    if isinstance(inside, exp.Case):
        (only,) = inside.args["ifs"]
        asked = {part.sql() for part in (only.this.flatten() if isinstance(only.this, exp.And) else [only.this])}
        value = only.args["true"]
        return frozenset(asked | ({f"{value.sql()} is known"} if isinstance(value, exp.Column) else set()))
    return frozenset({f"{inside.sql()} is 1"})


class Steps:
    """A query, and the named steps that it reads."""

    def __init__(self, product: str, sql: str) -> None:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
        assert isinstance(tree, exp.Select)
        self._product, self._last = product, tree
        self._steps = {step.alias: step.this for step in tree.find_all(exp.CTE)}

    def count(self, column: str) -> Count | None:
        """What a column counts, from the step that makes it; None when nothing tells."""
        return self._made(self._last, column)

    def _made(self, query: exp.Expr, column: str) -> Count | None:
        if not isinstance(query, exp.Select):
            return None
        made = next((e.unalias() for e in query.selects if e.alias_or_name == column), None)
        below = self._steps.get(query.args["from_"].this.name)
        if made is None:
            return None
        if made.find(exp.AggFunc):
            return self._counted(query, made)
        if not isinstance(below, exp.Select):
            return None
        inner = {e.alias_or_name: e.unalias() for e in below.selects}
        named = [c for c in made.find_all(exp.Column) if c.name in inner]
        if not any(inner[c.name].find(exp.AggFunc) for c in named):
            return self._made(below, named[0].name) if len(named) == 1 else None
        whole = made.transform(lambda n: inner[n.name].copy() if isinstance(n, exp.Column) and n.name in inner else n)
        return self._counted(below, whole)

    def _counted(self, query: exp.Select, made: exp.Expr) -> Count | None:
        source = query.args["from_"].this.name
        asked = conditions(made)
        step = self._steps.get(source)
        # A step may hold several rows of what it counts: only a row of a table is worth one.
        if asked is None or (step is not None and any(" is 1" in each for each in asked)):
            return None
        group = query.args.get("group")
        names = frozenset(e.name for e in group.expressions) if group else frozenset()
        return Count(source if step is None else f"{self._product}.{source}", names, asked)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Count]:
    """(product, column) -> what it counts."""
    entrepot = Entrepot(Home(tmp_path_factory.mktemp("lignage") / "var"), tmp_path_factory)
    entrepot.dbt("compile", "--select", *PRODUCTS)
    compiled = {path.stem: path for path in Path(entrepot.home.dbt).glob("target/compiled/**/*.sql")}
    counts: dict[tuple[str, str], Count] = {}
    for name, product in PRODUCTS.items():
        steps = Steps(name, compiled[name].read_text(encoding="utf-8"))
        for column in product.disclosure.counts if product.disclosure else ():
            if (count := steps.count(column)) is not None:
                counts[name, column] = count
    return counts


def wholes(product: str, column: str) -> set[tuple[str, str]]:
    """The counts that hold those of a column, or are the same, in its product and in those that tell them again."""
    same: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, each in PRODUCTS.items():
        for link in each.disclosure.links if each.disclosure else ():
            if not link.where:
                same.setdefault((name, link.count), set()).add((link.product, link.column))
                same.setdefault((link.product, link.column), set()).add((name, link.count))
    reached, waiting = {(product, column)}, [(product, column)]
    while waiting:
        name, count = waiting.pop()
        declared = PRODUCTS[name].disclosure
        assert declared is not None
        fresh = ({(name, whole) for whole in declared.wholes(count)} | same.get((name, count), set())) - reached
        reached |= fresh
        waiting += fresh
    return reached


def test_counts_are_found_in_the_sql(found: dict[tuple[str, str], Count]) -> None:
    """Most of them: what the test below says is of those."""
    assert len(found) > 20
    assert found["mart_publics__synthese", "n_projets"].asked == {"est_present", "a_projet"}
    assert found["mart_publics__synthese", "n_gir"].is_part_of(found["mart_publics__synthese", "n_personnes"])


def test_a_part_of_another_count_is_declared_so(found: dict[tuple[str, str], Count]) -> None:
    nested = [(a, b) for a, b in permutations(found, 2) if found[a].is_part_of(found[b])]
    assert len(nested) > 30
    silent = [f"{a} ⊂ {b}" for a, b in nested if b not in wholes(*a)]
    assert silent == []
