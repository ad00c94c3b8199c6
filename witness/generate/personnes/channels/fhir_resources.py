"""FHIR resources written column by column: a template whose leaves are expressions gives the JSON of all rows.

Belongs here: templates, bundles, and the elements that TDDUI and SDO share. Does not belong here: any resource.

FHIR has no null: a part of a template whose expressions are all unknown on a row is left out of that row. A list keeps
its constant parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

Template = Mapping[str, Any]
_BARE = "@nu"  # name of the leaves that are written without quotes


@dataclass
class _Required:
    """A text that is there on every row: constants and columns, in order."""

    pieces: list[str | pl.Expr]


@dataclass
class _Option:
    """A text that is null on the rows where the part is left out."""

    text: pl.Expr


_Node = str | _Required | _Option | None


def write(table: pl.DataFrame, template: Template) -> pl.Series:
    """The JSON text of each row.

    Leaves are constants, or expressions of texts; an expression of anything else goes through `bare`.
    """
    if len(table) == 0:
        return pl.Series(dtype=pl.String)
    leaves: list[pl.Expr] = []
    numbered = _numbered(template, leaves)
    values = table.select(leaves)
    null_counts = values.null_count().row(0)
    node = _text(numbered, dict(zip(values.columns, null_counts, strict=True)), len(values))
    if not isinstance(node, _Required):
        raise ValueError("un modèle a au moins une feuille connue sur toutes les lignes")
    return values.select(_concat(node.pieces)).to_series()


def bare(value: pl.Expr) -> pl.Expr:
    """A leaf written without quotes: a number, a Boolean, or JSON already."""
    return value.cast(pl.String).alias(_BARE)


def bundle(kind: str, entries: Iterable[pl.Series]) -> tuple[bytes, int]:
    """The bytes of a Bundle of entries already written, and how many entries there are."""
    pieces = [s for s in entries if len(s)]
    body = ",\n".join(s.str.join(",\n").item() for s in pieces)
    return f'{{"resourceType":"Bundle","type":"{kind}","entry":[\n{body}\n]}}\n'.encode(), sum(map(len, pieces))


def entry(template: Template) -> Template:
    """An entry of a transaction: the resource, to be created."""
    url = pl.concat_str(pl.lit("urn:uuid:"), template["id"])
    return {"fullUrl": url, "resource": template, "request": {"method": "POST", "url": template["resourceType"]}}


def concept(system: str, code: pl.Expr | str) -> Template:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}]}


def extension(url: str, nature: str, value: Any) -> Template:
    """An extension that holds a simple value."""
    return {"url": url, f"value{nature}": value}


def reference(to: pl.Expr) -> Template:
    return {"reference": pl.concat_str(pl.lit("urn:uuid:"), to)}


@dataclass
class _Leaf:
    name: str
    is_bare: bool


def _numbered(node: Any, leaves: list[pl.Expr]) -> Any:
    """The template with the name of a column in the place of each expression."""
    if isinstance(node, pl.Expr):
        is_bare = node.meta.output_name(raise_if_undetermined=False) == _BARE
        leaves.append(node.alias(f"f{len(leaves)}"))
        return _Leaf(f"f{len(leaves) - 1}", is_bare)
    if isinstance(node, Mapping):
        return {key: _numbered(value, leaves) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_numbered(value, leaves) for value in node]
    return node


def _text(node: Any, null_counts: Mapping[str, int], n: int) -> _Node:
    """The text of a part; None when it is left out of every row."""
    if isinstance(node, _Leaf):
        if null_counts[node.name] == n:
            return None
        quote = "" if node.is_bare else '"'
        pieces: list[str | pl.Expr] = [quote, pl.col(node.name), quote]
        return _Option(_concat(pieces)) if null_counts[node.name] else _Required(pieces)
    if isinstance(node, Mapping):
        return _assemble([(f"{json.dumps(c)}:", _text(v, null_counts, n)) for c, v in node.items()], "{}")
    if isinstance(node, list):
        return _assemble([("", _text(v, null_counts, n)) for v in node], "[]")
    return json.dumps(node, ensure_ascii=False)


def _assemble(children: list[tuple[str, _Node]], brackets: str) -> _Node:
    remaining = [(key, e) for key, e in children if e is not None]
    known = [e for _, e in remaining]
    if all(isinstance(e, str) for e in known):
        if len(known) < len(children) and brackets == "{}":
            return None  # nothing varies in it any more
        return (
            brackets[0] + ",".join(f"{key}{e}" for key, e in remaining) + brackets[1] if known or not children else None
        )
    always = any(isinstance(e, _Required) for e in known) or (
        brackets == "[]" and any(isinstance(e, str) for e in known)
    )
    if always:
        return _Required([brackets[0], *_with_commas(remaining), brackets[1]])
    options = [e.text for e in known if isinstance(e, _Option)]
    if len(options) == 1:  # null where its only varying part is
        pieces: list[str | pl.Expr] = [brackets[0]]
        for i, (key, e) in enumerate(remaining):
            pieces += ["," if i else "", key, e.text if isinstance(e, _Option) else str(e)]
        return _Option(_concat([*pieces, brackets[1]]))
    parts = [_concat([key, e.text if isinstance(e, _Option) else str(e)]) for key, e in remaining]
    body = pl.concat_str(parts, separator=",", ignore_nulls=True)
    exists = pl.any_horizontal(o.is_not_null() for o in options)
    return _Option(pl.when(exists).then(pl.concat_str(pl.lit(brackets[0]), body, pl.lit(brackets[1]))))


def _with_commas(children: Sequence[tuple[str, _Node]]) -> list[str | pl.Expr]:
    """The parts with their commas.

    A part that is always there separates two groups: an optional part before the first such part brings the comma after
    it, an optional part later brings the comma before it.
    """
    pieces: list[str | pl.Expr] = []
    started = False
    for key, e in children:
        if isinstance(e, _Option):
            ends = [",", key, e.text] if started else [key, e.text, ","]
            pieces.append(_concat(ends).fill_null(""))
            continue
        pieces += [",", key] if started else [key]
        pieces += e.pieces if isinstance(e, _Required) else [str(e)]
        started = True
    return pieces


def _concat(pieces: list[str | pl.Expr]) -> pl.Expr:
    """The pieces in order; constants that follow each other become one."""
    merged: list[str | pl.Expr] = []
    for m in pieces:
        if isinstance(m, str) and merged and isinstance(merged[-1], str):
            merged[-1] += m
        elif not isinstance(m, str) or m:
            merged.append(m)
    return pl.concat_str(pl.lit(m) if isinstance(m, str) else m for m in merged)
