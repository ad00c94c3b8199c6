"""Texts that a spreadsheet would take for a formula, in the files that people open.

Belongs here: recognising such a text, and making it a text. Does not belong here: writing files (`owner_only`, the
pages).

Somebody who can type a name in a source could otherwise have a formula computed on the machine of whoever opens what is
made of it: « =HYPERLINK(…) » sends what stands beside it away. An apostrophe before it makes a spreadsheet show the
text. A number with its sign is no formula. Source: OWASP, « CSV Injection ».
"""

from __future__ import annotations

import re

import polars as pl

_FORMULA = "^(?:[\\s\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]).*"  # some programs skip the blanks before it
_NUMBER = r"^\s*[+\-]?[\d\s.,]+%?\s*$"
_is_formula, _is_number = re.compile(_FORMULA, re.S), re.compile(_NUMBER)


def harmless(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would compute it."""
    return f"'{text}" if _is_formula.match(text) and not _is_number.match(text) else text


def harmless_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """The same for every text of a table, its titles included."""
    return frame.with_columns(_harmless(name) for name, kind in frame.schema.items() if kind == pl.String).rename(
        harmless
    )


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name)
    computed = text.str.contains(f"(?s){_FORMULA}") & ~text.str.contains(_NUMBER)
    return pl.when(computed).then(pl.lit("'") + text).otherwise(text).alias(name)
