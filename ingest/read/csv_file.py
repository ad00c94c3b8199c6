"""CSV files with a header.

Belongs here: the header, its names, options of the layout. Does not belong here: cutting lines into cells
(`delimited`), the legacy FINESS files without header (`finess_csv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from ingest.read import finess_csv
from ingest.read.delimited import Dialect, Lines, announced, frames, records, separator_of
from ingest.read.encoding import encoding_of, lines_of
from ingest.read.frames import Document, LayoutLike, Table, UnreadableFile, column_names, text_frame, without_end
from ingest.read.opening import HEAD
from ingest.read.outside import Outside

_TEXT_FORMULA = re.compile(r'^="(.*)"$')  # ="010002228"


def sniff(path: Path) -> Document:
    """Encoding, titles and separator; for a legacy FINESS file what its first line and its sections say."""
    encoding = encoding_of(path)
    if finess_csv.is_legacy(path, encoding):
        return finess_csv.sniff(path, encoding)
    separator, first = _separator(path, encoding)
    dialect = Dialect(separator)
    with lines_of(path, encoding) as text:
        titles, _ = _header(path, Lines(text), first, dialect)
    return Document("csv", encoding, column_names(titles), {"separator": dialect.separator}, titles)


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """The rows of the file, all for one entity."""
    encoding = encoding_of(path)
    if layout.options.get("header") is False:
        yield from finess_csv.read(path, layout, entities, encoding)
        return
    separator, first = _separator(path, encoding, layout.options.get("separator"))
    dialect = Dialect(separator, quoted=layout.options.get("quote") != "")
    entity = entities[0]
    with lines_of(path, encoding) as text:
        lines = Lines(text)
        titles, untitled = _header(path, lines, first, dialect)
        names = column_names(titles)
        outside = Outside(titles)
        empty = True
        for frame in frames(lines, dialect, names, untitled):
            empty = False
            yield Table(entity, outside.marked(_unwrapped(frame)))
        if empty:
            yield Table(entity, text_frame({name: pl.Series(dtype=pl.String) for name in names}, []))


def _separator(path: Path, encoding: str, declared: str | None = None) -> tuple[str, int]:
    """The separator, and the line from which titles are looked for. A first line « sep=; » gives the separator."""
    with lines_of(path, encoding) as text:
        if stated := announced(text.readline()):
            return stated, 2
        if declared:
            return declared, 1
        text.seek(0)
        sample = text.read(HEAD)
        if len(sample) == HEAD:
            sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"))]  # the last line is cut
    return separator_of(sample), 1


def _header(path: Path, lines: Lines, first: int, dialect: Dialect) -> tuple[tuple[str, ...], int]:
    """Titles of the columns, and how many untitled cells end each line. What is read next comes after the header."""
    lines.block(first - 1)
    header = next(records(lines, dialect), None)
    if header is None or header.defect:
        raise UnreadableFile(
            path,
            f"ligne de titres illisible ({header.defect if header else 'absente'})",
            "rétablir la ligne de titres en tête du fichier",
        )
    titles = without_end([_TEXT_FORMULA.sub(r"\1", cell) for cell in header.cells])
    return titles, len(header.cells) - len(titles)


def _unwrapped(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame whose cells written as `="010002228"`, so that a spreadsheet keeps their zeros, hold that text alone."""
    wrapped = [name for name, column in frame.to_dict().items() if column.dtype == pl.String and _is_wrapped(column)]
    return frame.with_columns(pl.col(wrapped).str.replace(_TEXT_FORMULA.pattern, "$1"))


def _is_wrapped(column: pl.Series) -> bool:
    return bool(column.str.starts_with('="').any())
