"""From delimited lines to records, with exact physical line numbers.

Belongs here: separators, quotes, ragged lines, what pads lines and files. Does not belong here: titles and entities
(`csv_file`), encodings (`encoding`).

Polars splits the blocks of regular lines, and the csv module reads lines with quotes; both number lines in the same
way. Empty cells beyond the titles do not count: a line may end with more separators than the titles do, or with fewer.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import polars as pl

from data_contracts.limits import limit
from ingest.read.frames import BLANKS, LIGNE, REMEDY, cells_counted, chunk_rows, is_blank, text_frame

SEPARATORS = (";", "\t", "|", ",")  # in order of preference when the text does not decide
_ENDS = "\r\n"
_SHOWN = 160  # characters of surplus cells shown in a defect
_BAD_QUOTE = "guillemet mal placé ou jamais refermé (un guillemet dans une cellule doit être doublé)"
_TOO_LONG = (
    f"cellule de plus de {{}} caractères.{REMEDY}La raccourcir ; si elle est légitime, relever la limite "
    "(DLNUF_LIMITE_TEXTE)."
)
_BEYOND = "valeur à droite de la dernière colonne titrée"
# A byte-order mark in the middle (files put end to end), NUL and Ctrl-Z, with which some systems pad cells and files.
_PADDING = "[\ufeff\0]|\x1a+$"
_PADS = re.compile("[\ufeff\0]|\x1a+(?=[\r\n]*\\Z)")
# The first line by which a spreadsheet is told the separator: it is no line of titles.
_ANNOUNCED = re.compile(r'\ufeff?"?sep=(\t|[^\w\s"])"?[;,|\s]*', re.I)


@dataclass(frozen=True)
class Dialect:
    """How cells are written: their separator, and whether the double quote protects them."""

    separator: str
    quoted: bool = True

    def reader(self, lines: Iterator[str] | list[str]) -> Iterator[list[str]]:
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        csv.field_size_limit(limit("texte"))
        return csv.reader(lines, delimiter=self.separator, quoting=quoting, strict=True)

    @property
    def closed_line(self) -> str:
        """Pattern of a line whose quotes, if any, open and close whole cells: it cannot go on with the next line."""
        cell = f'(?:[^"{re.escape(self.separator)}]*|"(?:[^"]|"")*")'
        return f"^{cell}(?:{re.escape(self.separator)}{cell})*$"

    @property
    def blank_line(self) -> str:
        """Pattern of a line without quotes whose cells are all blank."""
        return "^[" + "".join(f"\\x{{{ord(c):x}}}" for c in BLANKS + self.separator) + "]*$"


@dataclass(frozen=True)
class Record:
    """One record: the number of its first line, its cells, and why it cannot be trusted (None: it can)."""

    line: int
    cells: list[str]
    defect: str | None = None


def announced(line: str) -> str | None:
    """The separator that a first line « sep=; » announces; None for any other line."""
    match = _ANNOUNCED.fullmatch(line)
    return match[1] if match else None


def separator_of(sample: str) -> str:
    """The separator of a text: the one that cuts the first line, and the following lines in as many cells."""
    outside_quotes = re.sub(r'"(?:[^"]|"")*"', "", sample)
    lines = [line for line in re.split(r"[\r\n]+", outside_quotes) if line.strip(" ")][:50]
    if not lines:
        return SEPARATORS[0]

    def merit(separator: str) -> tuple[float, int, int]:
        count = lines[0].count(separator)
        agreeing = sum(line.count(separator) == count for line in lines[1:])
        share = agreeing / (len(lines) - 1) if len(lines) > 1 else 1.0
        return (share if count else -1.0, count, -SEPARATORS.index(separator))

    return max(SEPARATORS, key=merit)


class Lines:
    """Physical lines while they are read. It knows the number of the next line, and lines can be given back."""

    def __init__(self, source: Iterator[str], number: int = 1) -> None:
        self._source = source
        self._ahead: deque[str] = deque()
        self.number = number
        self.taken: list[str] = []  # since the current record began

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = _PADS.sub("", self._ahead.popleft() if self._ahead else next(self._source))
        self.number += 1
        self.taken.append(line)
        return line

    def block(self, size: int) -> list[str]:
        """The next lines, at most that many."""
        ahead = [self._ahead.popleft() for _ in range(min(size, len(self._ahead)))]
        lines = ahead + list(islice(self._source, size - len(ahead)))
        self.number += len(lines)
        return lines

    def give_back(self, lines: list[str]) -> None:
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)


def records(
    lines: Lines, dialect: Dialect, is_whole: Callable[[list[str]], bool] = lambda cells: True
) -> Iterator[Record]:
    """Records from the csv module, without those whose cells are all blank.

    A stray quote that opens a cell would swallow the following lines. So when a record of several lines is malformed or
    not whole, only its first line is a defective record, and reading resumes at the second line.
    """
    reader = dialect.reader(lines)
    while True:
        lines.taken.clear()
        start = lines.number
        problem = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            too_long = "field limit" in str(error)
            cells, problem = [], _TOO_LONG.format(csv.field_size_limit()) if too_long else _BAD_QUOTE
        several = len(lines.taken) > 1
        if several and problem is None and not is_whole(cells):
            problem = f"guillemet qui s'ouvre et ne se referme qu'à la ligne {lines.number - 1}"
        if problem:
            first, *following = lines.taken
            lines.give_back(following)
            reader = dialect.reader(lines)
            yield Record(start, first.rstrip(_ENDS).split(dialect.separator), problem)
        elif not is_blank(cells):
            yield Record(start, cells)


def frames(lines: Lines, dialect: Dialect, names: tuple[str, ...], untitled: int) -> Iterator[pl.DataFrame]:
    """All remaining lines as text frames.

    names: the columns. untitled: how many empty cells follow them on each line, as after a header that ends in `;;`.
    """
    size = chunk_rows(len(names) + untitled)
    while True:
        first = lines.number
        block = lines.block(size)
        if not block:
            return
        frame = _regular(block, first, dialect, names, untitled)
        if frame is None:
            lines.give_back(block)
            last = first + len(block)
            cut_lines: list[Record] = []
            for record in records(lines, dialect, lambda cells: _raggedness(cells, len(names), untitled) is None):
                cut_lines.append(record)
                if lines.number >= last:
                    break
            frame = _framed(cut_lines, names, untitled)
        if frame.height:
            yield frame


def _regular(
    block: list[str], first: int, dialect: Dialect, names: tuple[str, ...], untitled: int
) -> pl.DataFrame | None:
    """The frame of a block in which every record is one line; None when that is not certain."""
    text = pl.Series("text", block, dtype=pl.String).str.strip_chars_end(_ENDS)
    if text.str.contains(_PADDING).any():
        text = text.str.replace_all(_PADDING, "")
    if (text.str.len_bytes() > limit("texte")).any():  # a cell may be too long: the csv module says which
        return None
    quoted = text.str.contains('"', literal=True) if dialect.quoted else pl.repeat(False, len(block), eager=True)
    if quoted.any() and not text.filter(quoted).str.contains(dialect.closed_line).all():
        return None
    titled = len(names)
    filled = quoted | ~text.str.contains(dialect.blank_line)
    plain = ~quoted & filled & (text.str.count_matches(dialect.separator, literal=True) >= titled - 1)
    numbers = pl.int_range(first, first + len(block), eager=True)
    cells = text.filter(plain).str.splitn(dialect.separator, titled + 1).struct.unnest()
    beyond = cells.to_series(titled).str.strip_chars(BLANKS + dialect.separator).fill_null("") != ""
    if beyond.any():
        plain = plain & ~numbers.is_in(numbers.filter(plain).filter(beyond).implode())
        cells = cells.filter(~beyond)
    frame = text_frame(dict(zip(names, cells.get_columns(), strict=False)), numbers.filter(plain))
    irregular = ~plain & filled
    if not irregular.any():
        return frame
    try:
        rows = list(dialect.reader(text.filter(irregular).to_list()))
    except csv.Error:
        return None
    cut_lines = [Record(n, row) for n, row in zip(numbers.filter(irregular), rows, strict=True) if not is_blank(row)]
    return pl.concat([frame, _framed(cut_lines, names, untitled)]).sort(LIGNE)


def _framed(cut_lines: list[Record], names: tuple[str, ...], untitled: int) -> pl.DataFrame:
    columns: list[list[str | None]] = [[] for _ in names]
    defects: list[str | None] = []
    for record in cut_lines:
        cells = record.cells
        for i, column in enumerate(columns):
            column.append(cells[i] if i < len(cells) else None)
        defects.append(record.defect or _raggedness(cells, len(names), untitled))
    return text_frame(dict(zip(names, columns, strict=True)), [r.line for r in cut_lines], None, defects)


def _raggedness(cells: list[str], titled: int, untitled: int) -> str | None:
    """Why the cells do not correspond to the titles; None when they do, with nothing but blanks beyond."""
    width = titled + untitled
    if len(cells) < titled:
        return f"{cells_counted(len(cells))} au lieu de {width}"
    if not is_blank(cells[width:]):
        surplus = " | ".join(cells[width:])
        shown = surplus[:_SHOWN] + ("…" if len(surplus) > _SHOWN else "")
        return f"{cells_counted(len(cells))} au lieu de {width} (en trop : « {shown} »)"
    return None if is_blank(cells[titled:]) else _BEYOND
