"""The rules that a product must keep to be published, derived from its contract.

Belongs here: from a contract to configurations of Great Expectations with their French wording, as plain data (GX is
not imported). Does not belong here: evaluating them (`acceptance`), comparing with the previous publication
(`non_regression`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import yaml

from data_contracts import nomenclatures
from data_contracts.loading import Field, Product
from orchestration.publication.french import number

_SOURCE = "Corrigez le modèle ou la source en amont"
_ODCS_BOUNDS = {
    "mustBe": ("min_value", "max_value"),
    "mustBeGreaterOrEqualTo": ("min_value",),
    "mustBeLessOrEqualTo": ("max_value",),
}


@dataclass(frozen=True)
class Rule:
    """One expectation on a file of the snapshot, or on a frame derived from it, and how it is worded for people."""

    scope: str  # table name, `open_data/<table>`, or the name of a comparison
    column: str | None
    expectation: str  # GX type, e.g. expect_column_values_to_not_be_null
    kwargs: dict[str, Any]
    text: str
    remedy: str
    blocking: bool = True

    @property
    def identity(self) -> str:
        """What makes it the same check, whoever declared it."""
        return json.dumps([self.scope, self.expectation, self.kwargs], sort_keys=True, default=str)

    def columns(self, known: Iterable[str]) -> set[str]:
        """The columns that are needed to evaluate it: those that its arguments name, row conditions included."""
        named = json.dumps(self.kwargs, default=str)
        return {c for c in known if re.search(rf"(?<![A-Za-z0-9_]){re.escape(c)}(?![A-Za-z0-9_])", named)}


class UnknownRuleError(ValueError):
    """A contract asks for a quality rule that this gate does not understand."""


def rules_of(product: Product) -> list[Rule]:
    """Every rule of a product: first those that its contract writes, then those that its fields imply.

    A check that is declared twice is listed once, and blocks if one of its declarations does.

    Raises UnknownRuleError: a rule that is not understood must not count as kept.
    """
    listed = [_declared(product, node) for node in product.quality]
    listed += _key_rules(product.id, product.primary_key)
    for field in product.fields:
        listed += _field_rules(product.id, field)
    by_identity: dict[str, Rule] = {}
    for rule in listed:
        first = by_identity.setdefault(rule.identity, rule)
        if rule.blocking and not first.blocking:
            by_identity[rule.identity] = replace(first, blocking=True)
    return list(by_identity.values())


def _declared(product: Product, node: dict[str, Any]) -> Rule:
    name = node.get("name", "sans nom")
    blocking = node.get("severity", "error") != "warning"
    text = " ".join(str(node.get("description") or name).split())
    remedy = " ".join(str(node.get("businessImpact") or f"{_SOURCE}, ou la règle « {name} » du contrat.").split())
    if node.get("engine") == "great-expectations":
        body = node.get("implementation")
        body = yaml.safe_load(body) if isinstance(body, str) else body
        if isinstance(body, dict) and body.get("type"):
            kwargs = dict(body.get("kwargs") or {})
            return Rule(product.id, kwargs.get("column"), str(body["type"]), kwargs, text, remedy, blocking)
    elif (node.get("metric") or node.get("rule")) == "rowCount":
        kwargs = {bound: node[key] for key, bounds in _ODCS_BOUNDS.items() if key in node for bound in bounds}
        if "mustBeGreaterThan" in node:
            kwargs["min_value"] = node["mustBeGreaterThan"] + 1
        if kwargs:
            return Rule(product.id, None, "expect_table_row_count_to_be_between", kwargs, text, remedy, blocking)
    raise UnknownRuleError(f"{product.id} · quality « {name} » : règle que la publication ne sait pas évaluer")


def _key_rules(table: str, key: tuple[str, ...]) -> list[Rule]:
    """The rules of a primary key: its columns are known, and it is unique."""
    return [_known(table, name) for name in key] + [_unique(table, list(key))]


def _known(table: str, name: str) -> Rule:
    remedy = f"{_SOURCE} qui laisse le champ vide, ou rendez-le facultatif dans le contrat."
    text = f"« {name} » est toujours renseigné"
    return Rule(table, name, "expect_column_values_to_not_be_null", {"column": name}, text, remedy)


def _unique(table: str, key: list[str]) -> Rule:
    remedy = "Cherchez dans le modèle la jointure qui multiplie les lignes, ou complétez la clé primaire du contrat."
    if len(key) == 1:
        text = f"« {key[0]} » désigne une seule ligne"
        return Rule(table, key[0], "expect_column_values_to_be_unique", {"column": key[0]}, text, remedy)
    text = f"La clé ({', '.join(key)}) désigne une seule ligne"
    return Rule(table, None, "expect_compound_columns_to_be_unique", {"column_list": key}, text, remedy)


def _field_rules(table: str, field: Field) -> list[Rule]:
    name = field.name
    contract = "ou changez le contrat s'il est trop étroit"
    listed: list[Rule] = []

    def add(expectation: str, kwargs: dict[str, Any], text: str, remedy: str, blocking: bool = True) -> None:
        listed.append(Rule(table, name, expectation, {"column": name, **kwargs}, text, remedy, blocking))

    if field.required:
        listed.append(_known(table, name))
    if field.unique and not field.primary_key_position:
        add("expect_column_values_to_be_unique", {}, f"« {name} » n'a pas de doublon", f"{_SOURCE}, {contract}.")
    if field.accepted_values:
        values = [int(v) if field.logical_type == "integer" else v for v in field.accepted_values]
        text = f"« {name} » vaut l'une des valeurs admises : {', '.join(field.accepted_values)}"
        remedy = f"{_SOURCE}, ou admettez la valeur au contrat."
        add("expect_column_values_to_be_in_set", {"value_set": values}, text, remedy)
    if field.nomenclature:
        text = f"« {name} » est un code de la nomenclature {field.nomenclature}"
        remedy = (
            f"Ajoutez le code à la nomenclature {field.nomenclature} s'il est officiel ; sinon, corrigez la source."
        )
        codes = {"value_set": _codes(field.nomenclature)}
        add("expect_column_values_to_be_in_set", codes, text, remedy, field.nomenclature_strict)
    if pattern := field.option("pattern"):
        text = f"« {name} » suit la forme {pattern}"
        add("expect_column_values_to_match_regex", {"regex": pattern}, text, f"{_SOURCE}, {contract}.")
    if lengths := _bounds(field, "minLength", "maxLength"):
        text = f"La longueur de « {name} » est {_between(lengths)}"
        add("expect_column_value_lengths_to_be_between", lengths, text, f"{_SOURCE}, {contract}.")
    if bounds := _bounds(field, "minimum", "maximum"):
        text = f"« {name} » est {_between(bounds)}"
        add("expect_column_values_to_be_between", bounds, text, f"{_SOURCE}, {contract}.")
    if field.plausible:
        # A value out of range is published and reported: it does not block.
        low, high = field.plausible
        likely = {k: v for k, v in (("min_value", low), ("max_value", high)) if v is not None}
        text = f"« {name} » est plausible, {_between(likely)}"
        remedy = "Faites vérifier ces valeurs par qui les a déclarées ; elles sont publiées telles quelles."
        add("expect_column_values_to_be_between", likely, text, remedy, False)
    return listed


def _bounds(field: Field, low: str, high: str) -> dict[str, Any]:
    """The GX arguments of a pair of ODCS bounds. ISO dates become instants, as in the frames."""
    bounds = {"min_value": field.option(low), "max_value": field.option(high)}
    if field.logical_type in ("date", "timestamp"):
        bounds = {k: datetime.fromisoformat(str(v)) if v is not None else None for k, v in bounds.items()}
    return {k: v for k, v in bounds.items() if v is not None}


def _between(kwargs: dict[str, Any]) -> str:
    def written(value: Any) -> str:
        return f"{value:%d/%m/%Y}" if isinstance(value, datetime) else number(value)

    if "min_value" not in kwargs:
        return f"d'au plus {written(kwargs['max_value'])}"
    if "max_value" not in kwargs:
        return f"d'au moins {written(kwargs['min_value'])}"
    return f"entre {written(kwargs['min_value'])} et {written(kwargs['max_value'])}"


def _codes(nomenclature: str) -> list[str]:
    try:
        return sorted(nomenclatures.codes(nomenclature))
    except FileNotFoundError as error:
        raise UnknownRuleError(f"nomenclature « {nomenclature} » : cette liste n'existe pas") from error
