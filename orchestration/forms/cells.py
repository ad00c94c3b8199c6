"""A value of the layer as a cell of a form, in the conventions of that collection: units, signs, words, dates.

Belongs here: the inverse of what observing a field does (`data_contracts.derive.dbt`), and saying that a layout cannot
write a value. Does not belong here: which value a cell receives (dbt), the workbook (`workbook`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from data_contracts.contract import Field
from data_contracts.nomenclatures import codes
from ingest.spreadsheet_text import harmless

Typed = str | int | float | date
# What no cell can hold as it is: signs that XML 1.0 has not, and what spreadsheets read as a sign by its number.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
_DIGITS = 10  # significant after dividing by a factor: 85.7 % is 0.857, not 0.8570000000000001


@dataclass(frozen=True)
class Value:
    """A value of the layer: one of the three is known."""

    nombre: float | None = None
    texte: str | None = None
    jour: date | None = None


def factor(field: Field) -> float:
    """By what the number of a cell is multiplied to give that of the layer."""
    return field.factor * (100 if field.unit == "fraction" else 1)


def observed(field: Field, typed: Typed | bool) -> Value:
    """The value of the layer that a typed cell gives: what dbt makes of it."""
    if isinstance(typed, bool):
        return Value(texte="oui" if typed else "non")
    if isinstance(typed, int | float):
        return Value(nombre=round(typed * factor(field), 6))
    return Value(jour=typed) if isinstance(typed, date) else Value(texte=typed)


def written(field: Field, value: Value) -> Typed | None:
    """What a cell holds for a value; None when this layout cannot write it: another type, or out of its hard rules.

    A text that a spreadsheet would compute is never put in a cell.
    """
    match field.logical_type:
        case "boolean":
            words = {"oui": field.true_values, "non": field.false_values}.get(value.texte or "")
            return words[0] if words else None
        case "number" | "integer":
            return _number(field, value.nombre)
        case "date" | "timestamp":
            return value.jour
    return _text(field, value.texte)


def _number(field: Field, number: float | None) -> int | float | None:
    if number is None:
        return None
    cell = float(f"{number / factor(field):.{_DIGITS}g}")
    if round(cell * factor(field), 6) != round(number, 6):
        cell = number / factor(field)
    low, high = field.option("minimum"), field.option("maximum")
    if (low is not None and cell < low) or (high is not None and cell > high):
        return None
    if field.logical_type == "integer":
        return int(cell) if cell == int(cell) else None
    return int(cell) if cell == int(cell) and abs(cell) < 1e15 else cell


def _text(field: Field, text: str | None) -> str | None:
    if text is None or harmless(text) != text or UNWRITABLE.search(text):
        return None
    pattern, longest = field.option("pattern"), field.option("maxLength")
    if pattern is not None and not re.search(pattern, text):
        return None
    if longest is not None and len(text) > longest:
        return None
    listed = codes(field.nomenclature) if field.nomenclature else frozenset(field.accepted_values)
    return text if not listed or text in listed else None


def text_of(field: Field, cell: Typed | bool) -> str:
    """How the reader of workbooks reads a cell back."""
    if isinstance(cell, bool):
        return (field.true_values if cell else field.false_values)[0]
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return repr(cell)
    return str(cell)


def shown(field: Field, cell: Typed) -> str:
    """How people read it, in French."""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return text_of(field, cell).replace(".", ",") if isinstance(cell, float) else text_of(field, cell)
