"""One table as a collection asks for it: its titles, what each cell truly is, how it is written.

Belongs here: columns, their true content in the unit of the file, their rendering as text, the lines of a CSV. Does not
belong here: disagreements (`disagreements`) and defects (`injection`), which columns a given collection has
(`collectes`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Floats, Integers

RAW = -1  # 17 significant digits, as DIAMANT exports its doubles
FRACTION_POINT = -2  # « .081800000000000000000000000 »


@dataclass
class Column:
    """A column of `numbers` (NaN: empty) or of `texts` (None: empty).

    A number multiplied by `factor` is in the canonical unit of its element.
    """

    title: str
    numbers: Floats | None = None
    texts: np.ndarray | None = None
    decimals: int = 0
    variable: str | None = None
    factor: float = 1.0
    truth: Floats | None = None  # the truth, when `numbers` are what a sender says knowing no better
    before: Floats | None = None  # what the same sender would have written a year before
    answered: Floats | None = None  # answer already given to another channel of the same collection
    may_be_late: bool = False  # a capacity, which the sender may not have updated
    is_percentage: bool = False
    is_date: bool = False

    def known_numbers(self) -> Floats:
        """The numbers of a column of numbers. Raises TypeError when it is a column of texts."""
        if self.numbers is None:
            raise TypeError(f"la colonne « {self.title} » n'est pas numérique")
        return self.numbers

    def choose(self, mask: np.ndarray) -> Column:
        """The column of some rows."""
        parts = {name: getattr(self, name) for name in ("numbers", "texts", "truth", "before", "answered")}
        return replace(self, **{name: None if part is None else part[mask] for name, part in parts.items()})

    def tolerance(self) -> Floats | None:
        """Tolerance of the element for each cell, in the unit of the file; None when no number is compared."""
        if self.numbers is None or self.variable is None:
            return None
        return half_width(self.variable, self.numbers, self.factor)

    @property
    def rounding(self) -> float:
        """Half of a unit of the last digit that the column writes."""
        if self.decimals == RAW:
            return 1e-6
        return 0.5 * 10.0 ** -(4 if self.decimals == FRACTION_POINT else self.decimals)

    def as_written(self) -> Floats:
        """The numbers that the file carries, once they are rounded by their writing."""
        if self.decimals == RAW:
            return self.known_numbers()
        return np.round(self.known_numbers(), 4 if self.decimals == FRACTION_POINT else self.decimals)


@dataclass
class Sheet:
    """A table to deliver. `key` is the rank of the column that holds the FINESS number of the unit."""

    name: str
    columns: list[Column]
    key: int
    units: np.ndarray  # FINESS of the unit of each row
    millesimes: Integers
    separator: str = ";"
    decimal_mark: str = "."
    encoding: str = "utf-8"
    line_end: str = "\n"
    unite: str = "ET"
    collecte: str = ""  # it names the random streams: a redelivery has those of the first delivery
    table: str = ""
    source: str = ""  # the collection, when several tables make it
    document: str = ""  # what the sender filled in, when the collection is a channel of it
    depots: list[str] | None = None  # deposit number of each row
    ko: list[tuple[int, int]] = field(default_factory=list)  # (column of a rate, column of its « Etat »)
    grouped: np.ndarray | None = None  # rows that answer for several sites
    fixed_rows: bool = False  # no row may be taken out: another delivery or the ledger refers to the rows by their line
    untouchable: frozenset[int] = frozenset()  # rows that already are a defect
    ej: np.ndarray | None = None  # FINESS of the EJ of each row
    closed: dict[int, list[str]] = field(default_factory=dict)  # FINESS of the ET asked, closed before each year

    def __len__(self) -> int:
        return len(self.units)

    @property
    def source_code(self) -> str:
        """Code of the collection."""
        return self.source or self.collecte

    def distinct_titles(self) -> list[str]:
        """The titles, made distinct: one that was already met is followed by its rank, « titre (2) »."""
        seen: dict[str, int] = {}
        result = []
        for column in self.columns:
            seen[column.title] = seen.get(column.title, 0) + 1
            rank = seen[column.title]
            result.append(column.title if rank == 1 else f"{column.title} ({rank})")
        return result

    def choose(self, mask: np.ndarray) -> Sheet:
        """Some rows of the table, in their order."""
        return replace(
            self,
            columns=[c.choose(mask) for c in self.columns],
            units=self.units[mask],
            millesimes=self.millesimes[mask],
            depots=None if self.depots is None else [d for d, kept in zip(self.depots, mask, strict=True) if kept],
            grouped=None if self.grouped is None else self.grouped[mask],
            untouchable=frozenset(np.flatnonzero(np.isin(np.flatnonzero(mask), list(self.untouchable))).tolist()),
            ej=None if self.ej is None else self.ej[mask],
        )

    def texts(self) -> list[list[str]]:
        """Cells as they will be written, column by column."""
        return [render(c, self.decimal_mark) for c in self.columns]


@cache
def tolerances() -> dict[str, tuple[str, float]]:
    """Kind and value of the tolerance of each variable of `faits/elements.csv`."""
    t = facts.table("elements").select("variable", "tolerance_type", "tolerance")
    return {v: (nature, float(value) if value else float("nan")) for v, nature, value in t.iter_rows()}


@cache
def question_keys() -> dict[str, tuple[str, str, str]]:
    """Element, component and time basis of each variable of `faits/elements.csv`."""
    t = facts.table("elements").select("variable", "element_id", "composante", "base_temporelle")
    return {v: (element, composante, base) for v, element, composante, base in t.iter_rows()}


@cache
def _units() -> dict[str, str]:
    return dict(facts.table("elements").select("variable", "unite_mesure").iter_rows())


def unit_of_measure(variable: str | None) -> str:
    """Canonical unit of a variable of `faits/elements.csv`."""
    return _units().get(variable or "", "")


def declared(variable: str | None) -> str | None:
    """The variable when it answers a question of the dictionary, else None."""
    return variable if variable in _units() else None


def is_additive(variable: str | None) -> bool:
    """Whether the answers of two sites add up: counts and amounts do, rates and prices do not."""
    name = variable or ""
    count = unit_of_measure(name) in ("places", "personnes", "eur", "etp", "nombre", "m2", "kwh")
    per_unit = name.startswith(("prix_", "tarif_", "redevance")) or name in ("energie_par_m2", "tdb_313")
    return (count or name.startswith("journees_")) and not per_unit


def half_width(variable: str, true_values: Floats, factor: float = 1.0) -> Floats | None:
    """How far from the true numbers an answer may be, in the unit of the file; None when no number is compared."""
    nature, value = tolerances()[variable]
    if nature == "relatif":
        return np.abs(true_values) * value / 100
    if nature in ("entier", "effectif", "absolu", "points"):
        return np.full(len(true_values), value / abs(factor))
    return None


def render(column: Column, decimal_mark: str) -> list[str]:
    """The text of each cell of a column; an unknown cell is empty."""
    if column.texts is not None:
        return ["" if t is None else str(t) for t in column.texts]
    return render_numbers(column.known_numbers(), column.decimals, decimal_mark)


def render_numbers(values: Floats, decimals: int, decimal_mark: str = ".") -> list[str]:
    """Numbers as texts with a fixed number of decimals, or as `RAW` and `FRACTION_POINT` ask."""
    known = ~np.isnan(values)
    numbers = values[known]
    if decimals == RAW:
        texts = [f"{x:.17g}" for x in numbers.tolist()]
    elif decimals == FRACTION_POINT:
        texts = [_point(f"{x:.4f}") for x in numbers.tolist()]
    elif decimals == 0:
        texts = [str(x) for x in np.rint(numbers).astype(np.int64).tolist()]
    else:
        texts = [f"{x:.{decimals}f}" for x in numbers.tolist()]
    if decimal_mark != ".":
        texts = [t.replace(".", decimal_mark) for t in texts]
    result = np.full(len(values), "", dtype=object)
    result[known] = texts
    return result.tolist()


def _point(text: str) -> str:
    sign, rest = ("-", text[1:]) if text.startswith("-") else ("", text)
    return sign + rest.removeprefix("0") + "0" * 23


def dates(values: np.ndarray, pattern: str = "%d/%m/%Y") -> np.ndarray:
    """Dates (datetime64) as text, None where unknown."""
    series = pl.Series(values.astype("datetime64[D]")).dt.to_string(pattern)
    return np.array(series.to_list(), dtype=object)


def csv_text(rows: list[list[str]], separator: str, line_end: str) -> list[str]:
    """Rows as the lines of a CSV, ends of line included; a cell is quoted only where the format requires it."""

    def cell(text: str) -> str:
        special = separator in text or '"' in text or "\n" in text or "\r" in text
        return '"' + text.replace('"', '""') + '"' if special else text

    def as_line(cells: list[str]) -> str:
        raw = separator.join(cells)
        simple = raw.count(separator) == len(cells) - 1 and '"' not in raw and "\n" not in raw and "\r" not in raw
        return (raw if simple else separator.join(map(cell, cells))) + line_end

    return [as_line(row) for row in rows]
