"""JSON templates filled column by column: a record for each row of a frame, without building Python objects.

Belongs here: turning a nested template into a polars expression, Lambert-93. Does not belong here: FINESS.

The texts put in a template must hold neither a quote nor a backslash; those of the generator never do.
"""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl

from witness.generate.streams import Floats

_MARK = "\x00{}\x00"


class Field(str):
    """The place of a column in a template: its text between quotes, or `null`."""


def from_template(template: object) -> pl.Expr:
    """The expression that writes a template for each row.

    A leaf that is a `Field` becomes the text of a column. A leaf that is an expression holds JSON already.
    """
    expressions: list[pl.Expr] = []

    def leaf(node: object) -> object:
        if isinstance(node, Field):
            column = pl.col(str(node)).cast(pl.String)
            expressions.append(pl.when(column.is_null()).then(pl.lit("null")).otherwise(pl.concat_str(
                pl.lit('"'), column, pl.lit('"'))))  # fmt: skip
            return _MARK
        if isinstance(node, pl.Expr):
            expressions.append(node)
            return _MARK
        if isinstance(node, dict):
            return {key: leaf(value) for key, value in node.items()}
        if isinstance(node, list):
            return [leaf(value) for value in node]
        return node

    text = json.dumps(leaf(template), ensure_ascii=False, separators=(",", ":"))
    pieces = text.split(json.dumps(_MARK, ensure_ascii=False))
    parts: list[pl.Expr] = [pl.lit(pieces[0])]
    for expression, piece in zip(expressions, pieces[1:], strict=True):
        parts += [expression, pl.lit(piece)]
    return pl.concat_str(parts)


def json_array(*elements: pl.Expr) -> pl.Expr:
    """A JSON array of the elements that are not null."""
    return pl.concat_str(pl.lit("["), pl.concat_str(elements, separator=",", ignore_nulls=True), pl.lit("]"))


def lambert_93(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Projected X, Y (metres) of WGS84 coordinates in metropolitan France (IGN, parallels 44° and 49°)."""
    e, n, c = 0.0818191910428158, 0.7256077650532670, 11754255.4260960
    lambda0, xs, ys = math.radians(3.0), 700_000.0, 12_655_612.0498760
    phi, lam = np.radians(latitude), np.radians(longitude)
    iso = np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi))
    radius = c * np.exp(-n * iso)
    gamma = n * (lam - lambda0)
    return xs + radius * np.sin(gamma), ys - radius * np.cos(gamma)
