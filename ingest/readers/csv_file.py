"""CSV files with a header.

Belongs here: the header, its names, options of the layout. Does not belong here: cutting lines into cells
(`delimited`), the legacy FINESS files without header (`finess_csv`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from ingest.readers import finess_csv
from ingest.readers.delimited import Dialect, Lines, frames, records, separator_of
from ingest.readers.model import Document, LayoutLike, Table, UnreadableFile, column_names, is_blank, text_frame
from ingest.readers.opening import HEAD
from ingest.readers.text import encoding_of, lines_of


def sniff(path: Path) -> Document:
    """Encoding, titles and separator; for a legacy FINESS file what its first line and its sections say."""
    encoding = encoding_of(path)
    if finess_csv.is_legacy(path, encoding):
        return finess_csv.sniff(path, encoding)
    dialect = Dialect(_separator(path, encoding))
    with lines_of(path, encoding) as text:
        titles, _ = _header(path, Lines(text), dialect)
    return Document("csv", encoding, column_names(titles), {"separateur": dialect.separator}, titles)


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """The rows of the file, all for one entity."""
    encoding = encoding_of(path)
    if layout.options.get("header") is False:
        yield from finess_csv.read(path, layout, entities, encoding)
        return
    separator = layout.options.get("separator") or _separator(path, encoding)
    dialect = Dialect(separator, quoted=layout.options.get("quote") != "")
    entity = entities[0]
    with lines_of(path, encoding) as text:
        lines = Lines(text)
        titles, untitled = _header(path, lines, dialect)
        names = column_names(titles)
        empty = True
        for frame in frames(lines, dialect, names, untitled):
            empty = False
            yield Table(entity, frame)
        if empty:
            yield Table(entity, text_frame({name: pl.Series(dtype=pl.String) for name in names}, []))


def _separator(path: Path, encoding: str) -> str:
    with lines_of(path, encoding) as text:
        sample = text.read(HEAD)
        if len(sample) == HEAD:
            sample = sample[: max(sample.rfind("\n"), sample.rfind("\r"))]  # the last line is cut
    return separator_of(sample)


def _header(path: Path, lines: Lines, dialect: Dialect) -> tuple[tuple[str, ...], int]:
    """Titles of the columns, and how many untitled cells end each line; the lines are left after the header."""
    header = next(records(lines, dialect), None)
    if header is None or header.defect:
        raise UnreadableFile(
            path,
            f"ligne de titres illisible ({header.defect if header else 'absente'})",
            "rétablir la ligne de titres en tête du fichier",
        )
    titles = list(header.cells)
    while is_blank(titles[-1:]):
        titles.pop()
    return tuple(titles), len(header.cells) - len(titles)
