"""Natural disagreements: what a sender answers in good faith and that is not quite the truth.

Belongs here: answers left empty, capacities that were not updated, numbers that drift within or beyond the tolerance of
their element, people counted in the next class. Each departure from the truth is recorded. Does not belong here: errors
(`injection`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from witness.generate.defects import Fidelity, Ledger
from witness.generate.sheet import FRACTION_POINT, Column, Sheet, tolerances
from witness.generate.streams import Floats

# Variables of a distribution: what one class gains another loses, and they are all left empty together.
_DISTRIBUTION = re.compile(
    r"^(gir|age_rh|age|def_principale|def_associee|provenance|sortie|section_recettes|section_depenses)_"
)
_SEX = ("hommes", "femmes")
# These variables say what the row is, or the platform fills them in beforehand: nobody answers them otherwise.
_STRUCTURE = ("structuration", "type_depot", "tdb_011")


def as_answered(sheet: Sheet, rng: np.random.Generator, fidelity: Fidelity, ledger: Ledger) -> list[Column]:
    """The columns of a table as its senders answer them, before any error.

    An answer may be left empty, be late, or drift within or beyond the tolerance of its element; each departure is
    recorded.
    """
    result = list(sheet.columns)
    titles = sheet.distinct_titles()
    blocks: dict[str, list[int]] = {}
    first_asked: dict[str, int] = {}
    for j, column in enumerate(sheet.columns):
        tolerance = column.tolerance()
        variable = column.variable
        if variable is not None and column.texts is not None and not _is_fixed(variable):
            result[j] = _answer_otherwise(sheet, column, titles[j], rng, fidelity, ledger)
        if variable is None or tolerance is None:
            continue
        block = _DISTRIBUTION.match(variable)
        if block is not None or variable in _SEX:
            blocks.setdefault(block.group(1) if block else "sexe", []).append(j)
            continue
        true = column.known_numbers()
        before = (
            sheet.columns[first_asked[variable]].known_numbers()
            if variable in first_asked
            else np.full(len(sheet), np.nan)
        )
        if np.any(~np.isnan(true) & ~np.isnan(before)):
            # The same ET are asked twice: all but a few repeat their answer.
            repetition = result[first_asked[variable]].known_numbers()
            values = np.where(rng.random(len(sheet)) < fidelity.empty, true, repetition)
            nature = _nature(true, values, tolerance, column.decimals)
        elif column.answered is not None:
            values = column.answered.copy()
            nature = _nature(true, values, tolerance, column.decimals)
        else:
            values, nature = _answer(column, tolerance, rng, fidelity)
        first_asked.setdefault(variable, j)
        _record_disagreements(sheet, titles[j], variable, nature, true, values, ledger)
        result[j] = replace(column, numbers=values)
    for members in blocks.values():
        _answer_distribution(sheet, result, members, titles, rng, fidelity, ledger)
    return result


def _is_fixed(variable: str) -> bool:
    return variable in _STRUCTURE or variable.startswith("id_")


def _answer_otherwise(
    sheet: Sheet, column: Column, title: str, rng: np.random.Generator, fidelity: Fidelity, ledger: Ledger
) -> Column:
    """A column of texts or dates, some of whose cells are left empty or answered otherwise.

    A wrong text is another of the answers of the same column; a wrong date is a day near or far.
    """
    assert column.texts is not None
    true_values, texts = column.texts, column.texts.copy()
    answers = sorted({str(t) for t in true_values if t is not None})
    thresholds = np.cumsum([fidelity.empty, fidelity.tolerated if column.is_date else 0.0, fidelity.beyond_tolerance])
    draw = rng.random(len(texts))
    choice = rng.integers(0, 1_000_000, len(texts))
    touched = [i for i in np.flatnonzero(draw < thresholds[2]).tolist() if true_values[i] is not None]
    natures = []
    for i in touched:
        if draw[i] < thresholds[0]:
            texts[i] = None
        elif column.is_date:
            days = 1 + choice[i] % 30 if draw[i] < thresholds[1] else 40 + choice[i] % 500
            day = datetime.strptime(true_values[i], "%d/%m/%Y") - timedelta(days=int(days))
            texts[i] = day.strftime("%d/%m/%Y")
        else:
            others = [r for r in answers if r != true_values[i]]
            texts[i] = others[choice[i] % len(others)] if others else true_values[i]
        tolerated = draw[i] < thresholds[1] and tolerances()[column.variable or ""][1] >= 31
        natures.append("vide" if texts[i] is None else "derive_toleree" if tolerated else "derive")
    ledger.disagreements.append(
        pl.DataFrame(
            {
                "livraison": [sheet.name] * len(touched),
                "ligne": np.array(touched, dtype=np.int64) + 2,
                "champ": [title] * len(touched),
                "variable": [column.variable or ""] * len(touched),
                "nature": pl.Series(natures, dtype=pl.String),
                "valeur_vraie": pl.Series([None] * len(touched), dtype=pl.Float64),
                "valeur_livree": pl.Series([None] * len(touched), dtype=pl.Float64),
                "texte_vrai": pl.Series([true_values[i] for i in touched], dtype=pl.String),
                "texte_livre": pl.Series([texts[i] for i in touched], dtype=pl.String),
            }
        )
    )
    return replace(column, texts=texts)


def _answer(
    column: Column, tolerance: Floats, rng: np.random.Generator, fidelity: Fidelity
) -> tuple[Floats, np.ndarray]:
    """The answers to one question about numbers, and how each departs from the truth."""
    true = column.known_numbers()
    n = len(true)
    draw, size, sign = rng.random(n), rng.random(n), np.where(rng.random(n) < 0.5, -1.0, 1.0)
    thresholds = np.cumsum([fidelity.empty, fidelity.tolerated, fidelity.beyond_tolerance])
    drift = np.where(draw < thresholds[1], (0.2 + 0.7 * size) * tolerance, (1.6 + 3 * size) * tolerance)
    drift = np.where((draw >= thresholds[1]) & (tolerance == 0), np.maximum(1.0, np.rint(3 * size)), drift)
    drifts = (draw >= thresholds[0]) & (draw < thresholds[2]) & (np.abs(true) > 0)
    values = np.where(drifts, true + sign * drift, true)
    if not np.nanmin(true, initial=0.0) < 0:
        values = np.where(values < 0, true, values)  # a count or a price never drifts below zero
    if column.decimals >= 0:
        values = np.round(values, column.decimals)
    nature = _nature(true, values, tolerance, column.decimals)
    if column.may_be_late and column.before is not None:
        late = (rng.random(n) < fidelity.late) & ~np.isnan(column.before) & (column.before != true)
        values = np.where(late, column.before, values)
        nature = np.where(late, "retard", nature)
    empty = (draw < thresholds[0]) & ~np.isnan(true)
    return np.where(empty, np.nan, values), np.where(empty, "vide", nature)


def _answer_distribution(
    sheet: Sheet,
    columns: list[Column],
    members: list[int],
    titles: list[str],
    rng: np.random.Generator,
    fidelity: Fidelity,
    ledger: Ledger,
) -> None:
    """The answers to a distribution, whose classes are answered together.

    Either all its classes are empty, or some of one class are counted in the next one and the sum does not change.
    """
    true_values = np.column_stack([columns[j].known_numbers() for j in members])
    values = true_values.copy()
    tolerance = columns[members[0]].tolerance()
    decimals = max(columns[members[0]].decimals, 0)
    step = 1.0 if tolerance is None or np.isnan(tolerance[0]) else float(tolerance[0])
    draw = rng.random(len(sheet))
    thresholds = np.cumsum([fidelity.empty, fidelity.tolerated, fidelity.beyond_tolerance])
    values[draw < thresholds[0]] = np.nan
    for i in np.flatnonzero((draw >= thresholds[0]) & (draw < thresholds[2])):
        quantity = (
            round((0.3 + 0.7 * rng.random()) * step, decimals)
            if draw[i] < thresholds[1]
            else round(2.5 * step, decimals)
        )
        quantity = max(quantity, 1.0) if decimals == 0 else quantity
        givers = np.flatnonzero(np.nan_to_num(values[i]) >= quantity)
        if len(givers):
            giver = int(rng.choice(givers))
            taker = giver + 1 if giver + 1 < len(members) else giver - 1
            values[i, [giver, taker]] = np.round(values[i, [giver, taker]] + [-quantity, quantity], decimals)
    for rank, j in enumerate(members):
        width = columns[j].tolerance()
        nature = _nature(
            true_values[:, rank],
            values[:, rank],
            np.full(len(sheet), step) if width is None else width,
            columns[j].decimals,
        )
        _record_disagreements(
            sheet, titles[j], columns[j].variable or "", nature, true_values[:, rank], values[:, rank], ledger
        )
        columns[j] = replace(columns[j], numbers=values[:, rank])


def _nature(true: Floats, values: Floats, tolerance: Floats, decimals: int) -> np.ndarray:
    """How an answer departs from the truth; an empty text where it is the truth but for its rounding."""
    rounding = 0.5 * 10.0**-decimals + 1e-9 if decimals >= 0 else 6e-5 if decimals == FRACTION_POINT else 1e-9
    with np.errstate(invalid="ignore"):
        far = np.abs(values - true) > rounding
        drift = np.where(np.abs(values - true) <= tolerance + 1e-9, "derive_toleree", "derive")
    return np.where(np.isnan(values), "vide", np.where(far, drift, ""))


def _record_disagreements(
    sheet: Sheet,
    title: str,
    variable: str,
    nature: np.ndarray,
    true: np.ndarray,
    values: np.ndarray,
    ledger: Ledger,
) -> None:
    rows = np.flatnonzero((nature != "") & ~np.isnan(true))
    if len(rows) == 0:
        return
    ledger.disagreements.append(
        pl.DataFrame(
            {
                "livraison": [sheet.name] * len(rows),
                "ligne": rows + 2,
                "champ": [title] * len(rows),
                "variable": [variable] * len(rows),
                "nature": nature[rows].astype(str),
                "valeur_vraie": true[rows],
                "valeur_livree": values[rows],
                "texte_vrai": pl.Series([None] * len(rows), dtype=pl.String),
                "texte_livre": pl.Series([None] * len(rows), dtype=pl.String),
            }
        ).with_columns(pl.col("valeur_livree").fill_nan(None))
    )
