"""The gate out: evaluates rules on the staged files with Great Expectations.

Belongs here: which sample answers which rule, evaluation, the outcome of each rule. Does not belong here: drawing
samples (`samples`), deriving rules (`rules`, `non_regression`), pages (`html_pages`).

Great Expectations (GX) is given pandas frames: it has no polars source, and fails on duckdb-engine. Importing it takes
six seconds, so it is imported when the gate is used, or `preload`ed while dbt works.
"""

from __future__ import annotations

import importlib
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.publication.french import cell, number, percent
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame, Reader, Sample

EXAMPLES = 5


@dataclass(frozen=True)
class RuleOutcome:
    """How one rule was evaluated: whether it is kept, and what breaks it."""

    rule: Rule
    kept: bool
    checked: int | None = None  # rows looked at
    broken: int | None = None  # rows that break it
    observed: str | None = None
    examples: tuple[str, ...] = ()
    error: str | None = None  # the rule could not be evaluated, and why

    @property
    def blocks(self) -> bool:
        """Whether it blocks the publication. A rule that could not be evaluated blocks, whatever its severity."""
        return not self.kept and (self.rule.blocking or self.error is not None)

    @property
    def finding(self) -> str:
        """What was found about the rule, in French."""
        if self.error is not None:
            return f"règle impossible à évaluer ({self.error})"
        if self.broken is not None:
            share = f" sur {number(self.checked)} ({percent(self.broken / self.checked)})" if self.checked else ""
            rows = f"{number(self.broken)} ligne{'s' if self.broken > 1 else ''}{share}"
            return f"{rows} ; exemples : {' | '.join(self.examples)}" if self.examples else rows
        return f"observé : {self.observed}"

    @property
    def sentence(self) -> str:
        text = self.rule.text.rstrip(".")
        return f"{self.rule.scope} : {text}. Constat : {self.finding}. Remède : {self.rule.remedy}"


# Rules that look at one row at a time, so that two rows with the same values give the same answer.
_BY_ROW = ("expect_column_values_", "expect_column_value_lengths_", "expect_column_pair_values_")
_UNIQUE = {"expect_column_values_to_be_unique": "column", "expect_compound_columns_to_be_unique": "column_list"}
_NOT_NULL = "expect_column_values_to_not_be_null"


def preload() -> None:
    """Starts importing Great Expectations in the background, so that its six seconds pass while dbt works."""
    threading.Thread(target=importlib.import_module, args=("great_expectations",), daemon=True).start()


def evaluate(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> list[RuleOutcome]:
    """The outcome of every rule, in the order of the rules. Frames are looked at one at a time.

    Raises PublicationBlocked when a staged file cannot be read.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")  # in memory: writes no file anywhere
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    # One asset for all: a frame comes with each batch, and GX writes its whole context again for every asset added.
    asset = context.data_sources.add_pandas("instantane").add_dataframe_asset("lignes")
    batch = asset.add_batch_definition_whole_dataframe("tout")
    outcomes: dict[str, RuleOutcome] = {}
    for scope in dict.fromkeys(rule.scope for rule in rules):
        with duckdb.connect() as connection:
            reader = Reader(connection, frames[scope])
            for mine, sample in _samples(reader, [rule for rule in rules if rule.scope == scope]):
                for outcome in _evaluate(gx, batch, mine, sample, reader):
                    outcomes[outcome.rule.identity] = outcome
    return [outcomes[rule.identity] for rule in rules]


def _samples(reader: Reader, rules: Sequence[Rule]) -> Iterator[tuple[list[Rule], Sample]]:
    """The rules, grouped by the sample that answers them, with that sample."""
    frame = reader.frame
    single: dict[str, list[Rule]] = {}
    several: dict[tuple[str, ...], list[Rule]] = {}
    others: list[Rule] = []
    for rule in rules:
        named = rule.columns(frame.columns)
        needed = tuple(c for c in frame.columns if c in named)
        by_row = rule.expectation.startswith(_BY_ROW) and "mostly" not in rule.kwargs
        unique = rule.kwargs.get(_UNIQUE.get(rule.expectation, ""), [])
        keys = [unique] if isinstance(unique, str) else list(unique)
        if keys and set(keys) <= set(frame.columns) and not rule.kwargs.keys() & {"mostly", "row_condition"}:
            yield [rule], reader.repeated(keys, frame.key)
        elif by_row and len(needed) == 1:
            single.setdefault(needed[0], []).append(rule)
        elif by_row and needed:
            several.setdefault(needed, []).append(rule)
        else:
            others.append(rule)
    if single:
        only_nulls = {c for c, mine in single.items() if all(r.expectation == _NOT_NULL for r in mine)}
        alone = [rule for mine in single.values() for rule in mine]
        yield alone, reader.values([c for c in frame.columns if c in single], only_nulls)
    for columns, mine in several.items():
        yield mine, reader.combinations(columns)
    if others:
        needed = set[str]().union(*(rule.columns(frame.columns) for rule in others))
        yield others, reader.whole([c for c in frame.columns if c in needed])


def _evaluate(gx: Any, definition: Any, rules: list[Rule], sample: Sample, reader: Reader) -> list[RuleOutcome]:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    outcomes: list[RuleOutcome] = []
    expectations: list[Any] = []
    for index, rule in enumerate(rules):
        try:
            configured = ExpectationConfiguration(type=rule.expectation, kwargs=rule.kwargs, meta={"rule": index})
            expectations.append(configured.to_domain_obj())
        except (ValueError, TypeError, gx.exceptions.GreatExpectationsError) as error:
            outcomes.append(RuleOutcome(rule, kept=False, error=_short(error)))
    batch = definition.get_batch(batch_parameters={"dataframe": sample.data})

    def results(asked: list[Any], result_format: str) -> dict[int, Any]:
        suite = gx.ExpectationSuite(name=reader.frame.scope, expectations=asked)
        with warnings.catch_warnings():
            # pandas warns that groups of a pattern are not extracted: nobody asked for them.
            warnings.filterwarnings("ignore", message="This pattern is interpreted as a regular expression")
            validated = batch.validate(suite, result_format={"result_format": result_format}).results
        return {item.expectation_config.meta["rule"]: item for item in validated}

    by_rule = results(expectations, "BASIC")
    # To find which rows break a rule costs as much again: it is asked only of the rules that some row breaks.
    broken = [e for e in expectations if by_rule[e.meta["rule"]].result.get("unexpected_count")]
    by_rule |= results([type(e)(**e.dict(exclude={"id"})) for e in broken], "COMPLETE") if broken else {}
    return outcomes + [_outcome(rules[index], item, sample, reader) for index, item in by_rule.items()]


def _outcome(rule: Rule, item: Any, sample: Sample, reader: Reader) -> RuleOutcome:
    if error := _exception(item.exception_info):
        return RuleOutcome(rule, kept=False, error=error)
    result: dict[str, Any] = item.result
    if result.get("unexpected_count") is None:
        observed = cell(result.get("observed_value"))
        return RuleOutcome(rule, kept=bool(item.success), checked=sample.rows, observed=observed)
    broken, examples = _broken(rule, result, sample, reader) if result["unexpected_count"] else (0, ())
    return RuleOutcome(rule, kept=bool(item.success), checked=sample.rows, broken=broken, examples=examples)


def _broken(rule: Rule, result: dict[str, Any], sample: Sample, reader: Reader) -> tuple[int, tuple[str, ...]]:
    """How many rows break a rule, and some examples: the wrong values with the keys of their rows."""
    key = reader.frame.key
    places = [int(place) for place in result.get("unexpected_index_list") or []]
    columns = [c for c in sample.data.columns if c in rule.columns(sample.data.columns)]
    counts = [1] * len(sample.data) if sample.weights is None else sample.weights[columns[0]]
    listed: list[str] = []
    for place in (p for p in places if counts[p]):
        if len(listed) >= EXAMPLES:
            break
        values = {c: _plain(sample.data[c].iloc[place]) for c in columns}
        shown = ", ".join(f"{c} = {cell(v)}" for c, v in values.items()) if len(values) > 1 else ""
        shown = shown or f"« {cell(next(iter(values.values())))} »"
        if sample.weights is None:
            rows = [{c: _plain(sample.data[c].iloc[place]) for c in key if c in sample.data.columns}]
        else:
            rows = reader.rows_with(values, EXAMPLES - len(listed))
        named = [", ".join(f"{c} = {cell(v)}" for c, v in row.items() if c not in values) for row in rows]
        listed += [f"{shown} ({name})" if name else shown for name in named] or [shown]
    return sum(counts[p] for p in places), tuple(dict.fromkeys(listed))


def _plain(value: Any) -> Any:
    """A value of pandas as DuckDB takes it: an unknown one is None."""
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _exception(info: Any) -> str | None:
    """The exception that GX reports, if any. It may give one for each metric: the first says enough."""
    if not isinstance(info, dict):
        return None
    for entry in [info, *(v for v in info.values() if isinstance(v, dict))]:
        if entry.get("raised_exception"):
            return _short(entry.get("exception_message"))
    return None


def _short(error: object) -> str:
    return " ".join(str(error).split())[:200]
