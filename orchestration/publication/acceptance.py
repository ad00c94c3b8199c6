"""The gate out: evaluates rules on the staged files with Great Expectations.

Belongs here: frames, evaluation, outcomes. Does not belong here: deriving rules (`rules`, `non_regression`), pages.

GX is fed pandas frames: it has no polars source and fails on duckdb-engine. Every row is looked at, but only the
columns that a rule needs, text columns dictionary-encoded (a third of the time and a fifth of the memory).
Importing GX takes six seconds, so it is imported when the gate is used.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.french import cell, number, percent
from orchestration.publication.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one rule."""

    rule: Rule
    kept: bool
    checked: int | None = None  # rows looked at
    broken: int | None = None  # rows that break it
    observed: str | None = None
    examples: tuple[str, ...] = ()
    error: str | None = None  # the rule could not be evaluated, and why

    @property
    def blocks(self) -> bool:
        """A rule that could not be evaluated is not kept, whatever its severity says: the gate fails closed."""
        return not self.kept and (self.rule.blocking or self.error is not None)

    @property
    def finding(self) -> str:
        """How far it is from kept, in French."""
        if self.error is not None:
            return f"règle impossible à évaluer ({self.error})"
        if self.broken is not None:
            share = f" sur {number(self.checked)} ({percent(self.broken / self.checked)})" if self.checked else ""
            said = f"{number(self.broken)} ligne{'s' if self.broken > 1 else ''}{share}"
            return f"{said} ; exemples : {' | '.join(self.examples)}" if self.examples else said
        return f"observé : {self.observed}"

    @property
    def sentence(self) -> str:
        text = self.rule.text.rstrip(".")
        return f"{self.rule.scope} : {text}. Constat : {self.finding}. Remède : {self.rule.remedy}"


@dataclass(frozen=True)
class Frame:
    """What a group of rules is evaluated on: how to load it, and the columns that identify its rows in examples."""

    scope: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    load: Callable[[Sequence[str], set[str]], pd.DataFrame]  # (columns, those to keep as plain text) -> all rows


def parquet_frame(scope: str, path: Path, columns: tuple[str, ...], key: tuple[str, ...]) -> Frame:
    """A staged Parquet file as a frame."""

    def load(needed: Sequence[str], plain: set[str]) -> pd.DataFrame:
        try:
            with pq.ParquetFile(path) as parquet:
                texts = [f.name for f in parquet.schema_arrow if pa.types.is_string(f.type)]
            encoded = [c for c in texts if c in needed and c not in plain]
            with pq.ParquetFile(path, read_dictionary=encoded) as parquet:
                return parquet.read(columns=list(needed)).to_pandas(date_as_object=False)
        except (pa.ArrowException, OSError) as error:
            raise PublicationBlocked(
                "un fichier préparé ne peut pas être relu.",
                [f"{path.name} : {error} Vérifiez le disque, puis relancez la publication."],
            ) from error

    return Frame(scope, columns, key, load)


def evaluate(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> list[Outcome]:
    """The outcome of every rule, in the order of the rules; frames are loaded one at a time."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")  # in memory: writes no file anywhere
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("instantane")
    found: dict[str, Outcome] = {}
    for scope in dict.fromkeys(rule.scope for rule in rules):
        mine = [rule for rule in rules if rule.scope == scope]
        batch = source.add_dataframe_asset(scope).add_batch_definition_whole_dataframe("tout")
        for outcome in _evaluate_one(gx, batch, mine, frames[scope]):
            found[outcome.rule.identity] = outcome
    return [found[rule.identity] for rule in rules]


def _evaluate_one(gx: Any, definition: Any, rules: list[Rule], frame: Frame) -> list[Outcome]:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    outcomes: list[Outcome] = []
    expectations: list[Any] = []
    for index, rule in enumerate(rules):
        try:
            configured = ExpectationConfiguration(type=rule.expectation, kwargs=rule.kwargs, meta={"rule": index})
            expectations.append(configured.to_domain_obj())
        except (ValueError, TypeError, gx.exceptions.GreatExpectationsError) as error:
            outcomes.append(Outcome(rule, kept=False, error=_short(error)))
    needed = set(frame.key).union(*(rule.columns(frame.columns) for rule in rules))
    # Comparing two columns needs plain text: two dictionaries are not comparable. A compound key compares rows only.
    paired = [r for r in rules if "column" not in r.kwargs and r.expectation != "expect_compound_columns_to_be_unique"]
    plain = set().union(*(rule.columns(frame.columns) for rule in paired))
    data = frame.load([c for c in frame.columns if c in needed], plain)
    batch = definition.get_batch(batch_parameters={"dataframe": data})
    suite = gx.ExpectationSuite(name=frame.scope, expectations=expectations)
    with warnings.catch_warnings():
        # pandas warns that groups of a pattern are not extracted: nobody asked for them.
        warnings.filterwarnings("ignore", message="This pattern is interpreted as a regular expression")
        result = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES})
    for item in result.results:
        rule = rules[item.expectation_config.meta["rule"]]
        outcomes.append(_outcome(rule, item, data, frame.key))
    return outcomes


def _outcome(rule: Rule, item: Any, data: pd.DataFrame, key: tuple[str, ...]) -> Outcome:
    if error := _exception(item.exception_info):
        return Outcome(rule, kept=False, error=error)
    result: dict[str, Any] = item.result
    broken = result.get("unexpected_count")
    if broken is None:
        return Outcome(rule, kept=bool(item.success), checked=len(data), observed=cell(result.get("observed_value")))
    return Outcome(
        rule,
        kept=bool(item.success),
        checked=result.get("element_count"),
        broken=broken,
        examples=() if not broken else _examples(rule, result, data, key),
    )


def _examples(rule: Rule, result: dict[str, Any], data: pd.DataFrame, key: tuple[str, ...]) -> tuple[str, ...]:
    """Broken values with the key of their row."""
    values = result.get("partial_unexpected_list") or []
    places = result.get("partial_unexpected_index_list") or [None] * len(values)
    listed: list[str] = []
    for value, place in zip(values[:EXAMPLES], places[:EXAMPLES], strict=False):
        several = _by_column(rule, value)
        shown = ", ".join(f"{k} = {cell(v)}" for k, v in several.items()) or f"« {cell(value)} »"
        named = [c for c in key if c not in several and c != rule.kwargs.get("column")] if place is not None else []
        row = ", ".join(f"{c} = {cell(data[c].iloc[place])}" for c in named)
        listed.append(f"{shown} ({row})" if row else shown)
    return tuple(dict.fromkeys(listed))


def _by_column(rule: Rule, value: Any) -> dict[str, Any]:
    """A broken value by column, when the rule is over several: GX gives a mapping, or a pair for two columns."""
    if isinstance(value, tuple) and "column_A" in rule.kwargs:
        return dict(zip((rule.kwargs["column_A"], rule.kwargs["column_B"]), value, strict=True))
    return value if isinstance(value, dict) else {}


def _exception(info: Any) -> str | None:
    """GX gives one exception, or one by metric. The first says enough."""
    if not isinstance(info, dict):
        return None
    for entry in [info, *(v for v in info.values() if isinstance(v, dict))]:
        if entry.get("raised_exception"):
            return _short(entry.get("exception_message"))
    return None


def _short(error: object) -> str:
    return " ".join(str(error).split())[:200]
