"""From text to typed values, with polars expressions: never a guess, never a lossy conversion.

Belongs here: what a text may mean for a logical type. Does not belong here: contracts' rules (`ingest.validate`).
Every parser returns an expression of the typed value, NULL when the text is empty or is not readable as the type;
a text that is not empty and gives NULL is a failure, which the caller rejects.
"""

from __future__ import annotations

import polars as pl

from data_contracts.model import Field

_SPACES = r"[\s\u00a0\u202f]"
# 1234 · 1234,5 · 1234.5 · .0818 · ,5 · -12 · +3 · 1e-3 · 1 234,5 (any space as thousands separator)
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$"
_GROUPED = rf"^[+-]?\d{{1,3}}({_SPACES}\d{{3}})+([.,]\d+)?$"
_DOTS_AND_COMMA = r"^[+-]?\d{1,3}(\.\d{3})+,\d+$"  # 1.234.567,89 : both signs, so the comma is the decimal mark


def clean(column: str) -> pl.Expr:
    """Text without surrounding spaces; an empty text is unknown."""
    text = pl.col(column).str.replace_all("\u00a0", " ").str.strip_chars(" \t\r\n\u202f\u200b\ufeff")
    return pl.when(text == "").then(None).otherwise(text)


# Words that say « unknown » where a number, a date or a yes-no is expected, whoever writes them.
_UNKNOWN_WORDS = (
    "nc",
    "n.c.",
    "nd",
    "n.d.",
    "nr",
    "n.r.",
    "na",
    "n/a",
    "#n/a",
    "-",
    "--",
    "?",
    "null",
    "non renseigné",
)


def is_null_word(column: str, field: Field) -> pl.Expr:
    """Whether the text is a word by which the sender says « unknown », in capitals or not."""
    common = _UNKNOWN_WORDS if field.logical_type != "string" else ()
    words = {word.casefold() for word in (*field.null_values, *common)}
    return pl.col(column).str.to_lowercase().is_in(sorted(words))


def parse(column: str, field: Field) -> pl.Expr:
    """Typed value of a cleaned text column, for the logical type of the field."""
    match field.logical_type:
        case "string":
            return pl.col(column)
        case "number":
            return _number(column, percent_sign=field.unit == "pct")
        case "integer":
            number = _number(column, percent_sign=False)
            return pl.when((number == number.round(0)) & (number.abs() < 9e15)).then(number).cast(pl.Int64)
        case "boolean":
            return (
                pl.when(pl.col(column).is_in(list(field.true_values)))
                .then(True)
                .when(pl.col(column).is_in(list(field.false_values)))
                .then(False)
            )
        case "date":
            day = pl.coalesce(pl.col(column).str.to_date(f, strict=False, exact=True) for f in field.date_formats)
            return pl.when(day.dt.year() >= 1000).then(day)  # a year on two digits is not a year
        case "timestamp":
            formats = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", *field.date_formats)
            return pl.coalesce(
                pl.col(column).str.to_datetime(f, strict=False, exact=True, time_unit="us") for f in formats
            )
    raise ValueError(f"type logique inconnu : {field.logical_type}")


def expected(field: Field) -> str:
    """What the reader of a reject must be told about the type, in French."""
    match field.logical_type:
        case "number":
            return "un nombre (décimale « , » ou « . »)"
        case "integer":
            return "un nombre entier"
        case "boolean":
            return f"{' ou '.join((field.true_values[0], field.false_values[0]))}"
        case "date" | "timestamp":
            shown = {"%d/%m/%Y": "JJ/MM/AAAA", "%Y-%m-%d": "AAAA-MM-JJ", "%Y%m%d": "AAAAMMJJ", "%Y": "AAAA"}
            return "une date " + " ou ".join(shown.get(f, f) for f in field.date_formats)
    return "un texte"


def _number(column: str, *, percent_sign: bool) -> pl.Expr:
    text = pl.col(column)
    if percent_sign:
        text = text.str.replace(rf"{_SPACES}*%$", "")
    plain = (
        pl.when(text.str.contains(_NUMBER))
        .then(text)
        .when(text.str.contains(_GROUPED))
        .then(text.str.replace_all(_SPACES, ""))
        .when(text.str.contains(_DOTS_AND_COMMA))
        .then(text.str.replace_all(".", "", literal=True))
    )
    value = plain.str.replace(",", ".", literal=True).str.strip_prefix("+").cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)
