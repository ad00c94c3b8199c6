"""From text to typed values, with polars expressions: never a guess, never a lossy conversion.

Belongs here: what a text may mean for a logical type. Does not belong here: numbers (`ingest.validate.separators`),
words by which a sender does not answer (`data_contracts.non_answers`), the rules of contracts
(`ingest.validate.chunk`).

The expression of a typed value is NULL when the text is empty or cannot be read as the type. A text that is not empty
and gives NULL is an error, which the caller reports.
"""

from __future__ import annotations

import polars as pl

from data_contracts.loading import Field

# ISO 8601, and what French spreadsheets write. An offset is not read, because the day would then be a guess.
_MOMENTS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",
)  # fmt: skip


def clean(column: str) -> pl.Expr:
    """A text without surrounding spaces; NULL when nothing is left."""
    text = pl.col(column).str.replace_all("\u00a0", " ", literal=True).str.strip_chars(" \t\r\n\u202f\u200b\ufeff")
    return text.replace("", None)


def parse(column: str, field: Field) -> pl.Expr:
    """The typed value of a cleaned text, for a field that is no number."""
    match field.logical_type:
        case "string":
            return pl.col(column)
        case "boolean":
            return (
                pl.when(pl.col(column).is_in(list(field.true_values)))
                .then(True)
                .when(pl.col(column).is_in(list(field.false_values)))
                .then(False)
            )
        case "date":
            text = _first_of_january(pl.col(column)) if _keeps_the_year_alone(field) else pl.col(column)
            day = pl.coalesce(text.str.to_date(f, strict=False, exact=True) for f in field.date_formats)
            return pl.when(day.dt.year() >= 1000).then(day)  # a year on two digits is not a year
        case "timestamp":
            formats = (*_MOMENTS, *field.date_formats)
            return pl.coalesce(
                pl.col(column).str.to_datetime(f, strict=False, exact=True, time_unit="us") for f in formats
            )
    raise ValueError(f"type logique inconnu : {field.logical_type}")


def _keeps_the_year_alone(field: Field) -> bool:
    return field.privacy is not None and field.privacy.rule == "annee"


def _first_of_january(text: pl.Expr) -> pl.Expr:
    """A birth date of which the day, or the month, is not known: « 00/00/1937 », « 1937-05-00 », « 1937 ».

    Its year is all that is kept of it: 1 January says it, which matching takes for an unknown day (`protect.traits`).
    """
    return text.str.replace(r"^(?:00/\d\d|\d\d/00)/(\d{4})$", "01/01/$1").str.replace(
        r"^(\d{4})(?:-00-\d\d|-\d\d-00|-\d\d)?$", "$1-01-01"
    )


def expected(field: Field) -> str:
    """How a reject describes, in French, the type that was expected."""
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
