"""What a delivery states once written: its answers, what they are worth, its questions left empty.

Belongs here: the rows of `verite/reponses/` and `verite/vides.parquet`, and the judgement of an answer against the
truth. Does not belong here: the truth itself (`truth_files`), what spoilt the answers (`disagreements`, `injection`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from witness.generate.defects import Question
from witness.generate.injection import WrittenRows
from witness.generate.sheet import Column, Sheet, half_width, question_keys, tolerances, unit_of_measure
from witness.generate.streams import Floats

KEY = {
    "unite": pl.String,
    "unite_id": pl.String,
    "perimetre": pl.String,
    "millesime": pl.Int32,
    "element_id": pl.String,
    "composante": pl.String,
    "base_temporelle": pl.String,
}
VALUE = {"valeur_nombre": pl.Float64, "valeur_texte": pl.String, "valeur_date": pl.Date}
SCHEMA = {
    "livraison": pl.String,
    "ligne": pl.Int64,
    "source": pl.String,
    "document": pl.String,
    **KEY,
    "champ": pl.String,
    **VALUE,
    "rang_depot": pl.String,
    "recu_rang": pl.Int32,
    "est_juste": pl.Boolean,
}
UNANSWERED_SCHEMA = {"livraison": pl.String, "ligne": pl.Int64, **KEY, "champ": pl.String, "motif": pl.String}
assert tuple(KEY) == Question._fields


class Origin(NamedTuple):
    """Where an answer comes from."""

    livraison: str
    source: str
    document: str
    recu_rang: int


def text_values(variable: str, texts: pl.Series) -> pl.Series:
    """Texts in their canonical writing: yes and no in small letters."""
    return texts.str.to_lowercase() if unit_of_measure(variable) == "booleen" else texts


def right_numbers(variable: str, answers: Floats, true_values: Floats, rounding: float = 0.0) -> np.ndarray:
    """Whether each answer is near enough to the true number, both in the canonical unit; false when nothing is true.

    Near enough means within the tolerance of the element. An element that has no tolerance in numbers is right when it
    is right to the rounding of its column.
    """
    gap = half_width(variable, true_values)
    with np.errstate(invalid="ignore"):
        allowed = np.maximum(rounding, 0.0 if gap is None else gap) + 1e-6
        return np.abs(answers - true_values) <= allowed


def right_days(variable: str, answers: pl.Series, true_values: pl.Series) -> np.ndarray:
    """Whether each date is within the number of days that the element tolerates."""
    nature, value = tolerances()[variable]
    days = value if nature == "date" else 0.0
    gap = (answers - true_values).dt.total_days().abs()
    return (gap <= days).fill_null(False).to_numpy()


def right_texts(variable: str, answers: pl.Series, true_values: pl.Series) -> np.ndarray:
    """Whether each text says the same as the truth.

    Two texts are the same when they differ by their capitals only. Two sets are the same when they share enough of
    their members.
    """
    equal = (answers.str.to_lowercase() == true_values.str.to_lowercase()).fill_null(False).to_numpy().copy()
    nature, value = tolerances()[variable]
    if nature == "ensemble":
        for i in np.flatnonzero(~equal).tolist():
            a, b = (set((s[i] or "").lower().split(",")) - {""} for s in (answers, true_values))
            equal[i] = bool(a and b) and len(a & b) >= value * len(a | b)
    return equal


def answers(sheet: Sheet, columns: list[Column], written: WrittenRows, origin: Origin) -> Iterator[pl.DataFrame]:
    """The answers of a table, one frame for each column that puts a question.

    A row that the writing destroyed is no answer.
    """
    for column, true, lines, field_name, known in _cells(sheet, columns, written):
        kept = known & written.readable
        ranks, witnesses = written.ranks[kept], written.witness[kept]
        variable = column.variable or ""
        without_witness = witnesses < 0
        if column.texts is None:
            numbers = column.as_written()[ranks] * column.factor
            true_values = true.known_numbers() if true.truth is None else true.truth
            truth = np.where(without_witness, np.nan, true_values[witnesses] * true.factor)
            values = {"valeur_nombre": numbers}
            right = right_numbers(variable, numbers, truth, column.rounding * abs(column.factor))
        else:
            assert true.texts is not None
            texts, truth = (_series(c, r) for c, r in ((column.texts, ranks), (true.texts, witnesses)))
            if column.is_date:
                days, truth = (x.str.to_date("%d/%m/%Y") for x in (texts, truth))
                values = {"valeur_date": days}
                right = right_days(variable, days, truth)
            else:
                values = {"valeur_texte": text_values(variable, texts)}
                right = right_texts(variable, texts, truth)
        depots = None if sheet.depots is None else pl.Series(sheet.depots).gather(ranks.tolist())
        yield _table(
            SCHEMA,
            origin._asdict()
            | _questions(sheet, written, kept, variable)
            | values
            | {"ligne": lines[kept], "champ": field_name, "rang_depot": depots, "est_juste": right & ~without_witness},
        )


def unanswered(sheet: Sheet, columns: list[Column], written: WrittenRows) -> Iterator[pl.DataFrame]:
    """Questions that a unit was asked and that the file leaves without a usable answer.

    A question put in two columns counts once. `motif` says why: « vide » when something exists that could be answered,
    « sans_objet » when nothing does, or the kind of the defect that made the answer unusable.
    """
    position = {id(c): j for j, c in enumerate(columns)}
    answered: dict[tuple[str, str, str], np.ndarray] = {}
    for column, _, _, _, known in _cells(sheet, columns, written):
        key = question_keys()[column.variable or ""]
        answered[key] = known | answered.get(key, np.zeros(len(known), dtype=bool))
    for column, true, lines, field_name, _ in _cells(sheet, columns, written):
        known = answered.pop(question_keys()[column.variable or ""], None)
        if known is None:
            continue
        kept = ~known & written.readable
        ranks = written.ranks[kept]
        witnesses = written.witness[kept]
        exists = _exists(true)[witnesses] & (witnesses >= 0)
        motif = np.where(exists, "vide", "sans_objet").astype(object)
        destroyed = [written.destroyed.get((int(i), position[id(column)])) for i in ranks] if len(ranks) else []
        motif = [d or m for d, m in zip(destroyed, motif.tolist(), strict=True)]
        yield _table(
            UNANSWERED_SCHEMA,
            _questions(sheet, written, kept, column.variable or "")
            | {"livraison": sheet.name, "ligne": lines[kept], "champ": field_name, "motif": motif},
        )


def identity_answers(
    variable: str, unit: str, unite_id: pl.Series, year: int, written: pl.Series, true_values: pl.Series,
    field_name: str, lines: pl.Series, origin: Origin,
) -> pl.DataFrame:  # fmt: skip
    """The answers of a referential about one text or one date; what it leaves unknown is no answer."""
    dates = written.dtype == pl.Date
    right = (right_days if dates else right_texts)(variable, written, true_values)
    element, composante, base = question_keys()[variable]
    table = _table(
        SCHEMA,
        origin._asdict()
        | {"unite": unit, "unite_id": unite_id, "perimetre": "site", "millesime": year, "element_id": element}
        | {"composante": composante, "base_temporelle": base, "champ": field_name, "ligne": lines, "est_juste": right}
        | {"valeur_date" if dates else "valeur_texte": written},
    )
    return table.filter(pl.any_horizontal(pl.col("valeur_texte", "valeur_date").is_not_null()))


def _cells(
    sheet: Sheet, columns: list[Column], written: WrittenRows
) -> Iterator[tuple[Column, Column, np.ndarray, str, np.ndarray]]:
    """What each column that puts a question holds.

    Yields the column as written, the true one, the lines of the file, the title, and which of the rows written carry a
    value.
    """
    lines = np.arange(len(written.ranks)) + 2
    for j, (column, true, field_name) in enumerate(zip(columns, sheet.columns, sheet.distinct_titles(), strict=True)):
        if column.variable is None:
            continue
        known = _exists(column)
        lost = [i for i, k in written.destroyed if k == j]
        known[lost] = False
        yield column, true, lines, field_name, known[written.ranks]


def _exists(column: Column) -> np.ndarray:
    return column.texts != None if column.texts is not None else ~np.isnan(column.known_numbers())  # noqa: E711 (per cell)


def _series(texts: np.ndarray, ranks: np.ndarray) -> pl.Series:
    return pl.Series(texts[ranks].tolist(), dtype=pl.String)


def _questions(sheet: Sheet, written: WrittenRows, kept: np.ndarray, variable: str) -> dict[str, Any]:
    ranks = written.ranks[kept]
    grouped = np.zeros(len(sheet), dtype=bool) if sheet.grouped is None else sheet.grouped
    element, composante, base = question_keys()[variable]
    return {
        "unite": sheet.unite,
        "unite_id": written.units[kept].astype(str),
        "perimetre": np.where(grouped[ranks], "groupe", "site"),
        "millesime": sheet.millesimes[ranks],
        "element_id": element,
        "composante": composante,
        "base_temporelle": base,
    }


def _table(schema: dict, values: Mapping[str, Any]) -> pl.DataFrame:
    """A frame of a schema: a lone value fills its column, a value that is not given leaves its column unknown."""
    n = next(len(v) for v in values.values() if isinstance(v, np.ndarray | pl.Series | list))
    columns = []
    for name, nature in schema.items():
        value = values.get(name)
        if value is None or isinstance(value, str | int):
            columns.append(pl.Series(name, [value], dtype=nature).new_from_index(0, n))
        else:
            columns.append(pl.Series(name, value).cast(nature))
    return pl.DataFrame(columns)
