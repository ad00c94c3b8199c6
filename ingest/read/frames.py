"""What readers return and what they raise.

Belongs here: the shapes shared by every reader, the naming of columns, the building of a text frame from rows.
Does not belong here: anything about one file family.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, overload

import polars as pl

from data_contracts.limits import limit, limits
from data_contracts.titles import normalise_title, shown

LIGNE, CHEMIN, DEFAUT, REMARQUE = "_ligne", "_chemin", "_defaut", "_remarque"
TECHNICAL = (LIGNE, CHEMIN, DEFAUT, REMARQUE)
REMEDY = " Remède : "  # in a defect or a remark, before what its sender can do: fixed words, nothing of the file
# What `ingest.validate.values.clean` takes for nothing around a value, and what pads the end of a file (NUL, Ctrl-Z).
BLANKS = " \t\r\n\u00a0\u202f\u200b\ufeff\0\x1a"
# « 1.234 » may be a thousand or one and a bit. A number that the file types as a number is always the latter.
_AMBIGUOUS = re.compile(r"^([+-]?\d{1,3}\.\d{3})$")
_WORD = re.compile(r"[^\W\d_]{2}")
_COMBINING = "[\u0300-\u036f]"  # what accents are written with apart from their letter (NFD)
MAX_ROWS = 100_000
_MAX_CELLS = 2_000_000  # a chunk of a 331-column file is cut before its 100 000th row, to bound memory


@dataclass(frozen=True)
class Table:
    """One chunk of one entity, as delivered.

    frame: String columns named by title, position ("1", "2"...) or path, in file order; then `_ligne` (Int64, physical
    line or record number, from 1), `_chemin` (String, JSON or XML path, else null) and `_defaut` (String, why the row
    cannot be trusted, else null). A chunk that has remarks ends with `_remarque` (String, what must be said of a row
    that is read, else null). A defect or a remark may end with its remedy, after `REMEDY`.
    absent: titles that a mapping reads and the file lacks.
    """

    entity: str
    frame: pl.DataFrame
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetHead:
    """The first rows of a sheet of a workbook that hold something, as text, from column A."""

    name: str
    visible: bool
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Document:
    """What a file is, before any contract.

    family: csv, xlsx, parquet, json or xml. header: names of the columns, in order.
    facts: what the file says of itself (generatedAt, datemaj, flow, content, section...).
    raw_header: for csv and xlsx, the titles of the same columns as delivered: repeated ones alike, absent ones empty.
    sheets: for xlsx, how each sheet begins.
    """

    family: str
    encoding: str | None = None
    header: tuple[str, ...] | None = None
    facts: dict[str, str] = field(default_factory=dict)
    raw_header: tuple[str, ...] | None = None
    sheets: tuple[SheetHead, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles as delivered, repetitions included; none when the file has no line of titles."""
        return self.raw_header or self.header or ()

    @property
    def headers(self) -> tuple[tuple[str, ...], ...]:
        """What could be the titles, as delivered, the likeliest first. In a workbook: the first rows of words."""
        rows = (without_end(row) for sheet in self.sheets if sheet.visible for row in sheet.rows)
        return tuple(dict.fromkeys([self.titles, *filter(_of_words, rows)]))


def _of_words(cells: tuple[str, ...]) -> bool:
    """Whether at least half of the filled cells of a row are words, as titles are."""
    filled = [cell for cell in cells if cell]
    return 2 * sum(1 for cell in filled if _WORD.search(cell)) >= len(filled)


class LayoutLike(Protocol):
    """The part of a contract's layout that readers use."""

    @property
    def code(self) -> str: ...
    @property
    def reader(self) -> str: ...
    @property
    def options(self) -> dict[str, Any]: ...
    @property
    def entities(self) -> Sequence[str]: ...


class UnreadableFile(Exception):
    """A file that cannot be read at all. `message` is for the sender, in French: what, where, remedy."""

    def __init__(self, path: Path, what: str, remedy: str) -> None:
        self.message = shown(f"Fichier « {path.name} » : {what}. Remède : {remedy}.")
        super().__init__(self.message)


class Over(Exception):
    """A declared limit is passed. The two entry points of this room say of which file (`within_limits`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class OverLimit(UnreadableFile):
    """A file that passes a declared limit. Its message holds nothing of the file."""

    def __init__(self, path: Path, name: str) -> None:
        met = limits()[name]
        what = f"{met.label} au-delà de ce qui est admis ({met.said})"
        super().__init__(path, what, f"le vérifier auprès de son expéditeur ; {met.remedy}")


@contextmanager
def within_limits(path: Path) -> Iterator[None]:
    """A limit that is passed while this file is read becomes its refusal."""
    try:
        yield
    except Over as over:
        raise OverLimit(path, over.name) from over


def column_names(titles: Iterable[str]) -> tuple[str, ...]:
    """Unique names of columns: a second « titre » becomes « titre (2) », an absent one « (colonne 3 sans titre) ».

    Two titles are the same when they are equal without export artefacts (no-break spaces, curly apostrophes).

    Raises:
        Over: more columns than a table may have.
    """
    titles = list(titles)
    if len(titles) > limit("colonnes"):
        raise Over("colonnes")
    taken: set[str] = set(TECHNICAL)
    names: list[str] = []
    for position, title in enumerate(titles, start=1):
        base = title if normalise_title(title) else f"(colonne {position} sans titre)"
        name, rank = base, 1
        while normalise_title(name) in taken:
            rank += 1
            name = f"{base} ({rank})"
        taken.add(normalise_title(name))
        names.append(name)
    return tuple(names)


def is_blank(cells: Iterable[str | None]) -> bool:
    """Whether all cells are blank. Such a line is no row, in a text file as in a workbook."""
    return not any(cell and cell.strip(BLANKS) for cell in cells)


def without_end(cells: Sequence[str | None]) -> tuple[str, ...]:
    """The cells up to the last one that holds something."""
    texts = [cell or "" for cell in cells]
    while texts and is_blank(texts[-1:]):
        texts.pop()
    return tuple(texts)


def cells_counted(count: int) -> str:
    """« 1 cellule », « 2 cellules »."""
    return f"{count} cellule{'s' if count > 1 else ''}"


def chunk_rows(width: int) -> int:
    """How many rows of that many columns one chunk holds."""
    return max(1_000, min(MAX_ROWS, _MAX_CELLS // max(1, width)))


def as_text(value: Any) -> str | None:
    """A decoded JSON value as text: numbers as written, nested values as JSON."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal():
            return unambiguous(str(value))
    return json.dumps(value, ensure_ascii=False, default=str)


@overload
def unambiguous(number: str) -> str: ...
@overload
def unambiguous(number: pl.Series) -> pl.Series: ...
def unambiguous(number: str | pl.Series) -> str | pl.Series:
    """A number, or a series of numbers, that the file types as numbers, written so that it can be read in one way only.

    As a text, 1.234 could be a thousand. A typed number is not ambiguous, and is therefore written 1.2340. The readers
    of every typed family call this.
    """
    if isinstance(number, pl.Series):
        return number.str.replace(_AMBIGUOUS.pattern, "${1}0")
    return f"{number}0" if _AMBIGUOUS.match(number) else number


class Rows:
    """The rows of one entity, collected column by column until they make a chunk.

    `columns` are always there, in that order. Any other key that has a value is added after them, so that a change of
    the schema of the source is noticed.
    """

    def __init__(self, entity: str, columns: Sequence[str]) -> None:
        self.entity = entity
        self.count = 0  # since the start of the file
        self.columns = tuple(columns)
        self._limit = chunk_rows(len(self.columns))
        self._widest = limit("colonnes")
        self._reset()

    def _reset(self) -> None:
        self._values: dict[str, list[str | None]] = {c: [] for c in self.columns}
        self._lines: list[int] = []
        self._paths: list[str | None] = []
        self._defects: list[str | None] = []
        self._remarks: dict[int, str] = {}  # rank in the chunk -> remark

    def add(
        self,
        values: dict[str, str | None],
        *,
        line: int | None = None,
        path: str | None = None,
        defect: str | None = None,
        remark: str | None = None,
    ) -> None:
        """Adds one row. Without a physical line, `_ligne` is the number of the record."""
        self.count += 1
        for column in self.columns:
            self._values[column].append(values.get(column))
        if len(self._values) > len(self.columns) or not values.keys() <= self._values.keys():
            for column in values.keys() - set(self.columns):
                if values[column] is not None and column not in self._values:
                    self._values[column] = [None] * len(self._lines)
            if len(self._values) > self._widest:
                raise Over("colonnes")
            for column in self._values.keys() - set(self.columns):
                self._values[column].append(values.get(column))
        if remark is not None:
            self._remarks[len(self._lines)] = remark
        self._lines.append(self.count if line is None else line)
        self._paths.append(path)
        self._defects.append(defect)

    @property
    def full(self) -> bool:
        return len(self._lines) >= self._limit

    @property
    def empty(self) -> bool:
        return not self._lines

    def take(self) -> Table:
        """The chunk collected so far. Collection starts again."""
        frame = text_frame(self._values, self._lines, self._paths, self._defects)
        if self._remarks:
            remarks = [self._remarks.get(rank) for rank in range(frame.height)]
            frame = frame.with_columns(pl.Series(REMARQUE, remarks, dtype=pl.String))
        self._reset()
        return Table(self.entity, frame)


def composed(column: pl.Series) -> pl.Series:
    """Texts in which « é » is one sign, and not « e » followed by an accent (NFC)."""
    if column.dtype == pl.String and column.str.contains(_COMBINING).any():
        return column.str.normalize("NFC")
    return column


def text_frame(
    values: dict[str, Any],
    lines: Sequence[int] | pl.Series,
    paths: Sequence[str | None] | None = None,
    defects: Sequence[str | None] | pl.Series | None = None,
) -> pl.DataFrame:
    """Columns of text, accents composed (NFC), with the three technical columns."""
    height = len(lines)
    columns = [composed(pl.Series(name, column, dtype=pl.String)) for name, column in values.items()]
    columns.append(pl.Series(LIGNE, lines, dtype=pl.Int64))
    for name, column in ((CHEMIN, paths), (DEFAUT, defects)):
        columns.append(
            pl.repeat(None, height, dtype=pl.String, eager=True).alias(name)
            if column is None
            else pl.Series(name, column, dtype=pl.String)
        )
    return pl.DataFrame(columns)
