"""Property: what the csv module writes, in any encoding, end of line, separator and quoting, is read back exactly.

Only lines whose cells are all blank are left out: they are no rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.read import tables_of
from ingest.read.frames import BLANKS, CHEMIN, DEFAUT, LIGNE

CP1252 = "".join(bytes([b]).decode("cp1252") for b in (0x80, 0x92, 0xA0, 0xC9, 0xE9, 0xFF))
BREAKS_QUOTED_BY_WRITER = {"\r\n": ("\r", "\n", "\r\n"), "\n": ("\n",), "\r": ("\r",)}

Quoting = Literal[0, 1, 2]
QUOTINGS: tuple[Quoting, ...] = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)


@dataclass(frozen=True)
class Case:
    rows: list[list[str]]
    encoding: str
    ending: str
    separator: str
    quoting: Quoting
    block: int
    gzipped: bool
    last_line_ended: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    ending = draw(st.sampled_from(list(BREAKS_QUOTED_BY_WRITER)))
    quoting: Quoting = draw(st.sampled_from(QUOTINGS))
    breaks = BREAKS_QUOTED_BY_WRITER[ending] if quoting == csv.QUOTE_MINIMAL else ("\r", "\n", "\r\n")
    letters = CP1252 if encoding == "cp1252" else CP1252 + "œ漢\u2028\x85\x1c😀"
    pieces = st.sampled_from([*'";,\t|', "a", "1", " ", '""', *breaks, *letters])
    cell = st.lists(pieces, max_size=4).map("".join)
    width = draw(st.integers(1, 4))
    return Case(
        rows=draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=12)),
        encoding=encoding,
        ending=ending,
        separator=draw(st.sampled_from([";", ",", "\t", "|"])),
        quoting=quoting,
        block=draw(st.integers(1, 6)),
        gzipped=draw(st.booleans()),
        last_line_ended=draw(st.booleans()),
    )


@given(cases())
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back_with_its_physical_lines(case: Case) -> None:
    width = len(case.rows[0]) if case.rows else 2
    # « é » before a letter: without it, some cp1252 bytes are also well-formed UTF-8, and nothing can tell.
    titles = [f"année {i}" for i in range(width)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=case.separator, lineterminator=case.ending, quoting=case.quoting)
    writer.writerow(titles)
    lines, rows = [], []
    for row in case.rows:
        if any(cell.strip(BLANKS) for cell in row):
            lines.append(1 + len(re.findall(r"\r\n|\r|\n", text.getvalue())))
            rows.append(row)
        writer.writerow(row)
    content = text.getvalue()
    if not case.last_line_ended:
        content = content[: -len(case.ending)]
    data = content.encode(case.encoding)

    class Layout:
        code, reader, entities = "essai", "csv", ("table",)
        options = {} if width > 1 else {"separator": case.separator}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "depot.csv"
        path.write_bytes(gzip.compress(data, mtime=0) if case.gzipped else data)
        with (
            patch("ingest.read.delimited.chunk_rows", return_value=case.block),
            patch("ingest.read.outside._WORD", r"[^\s\S]"),  # no cell reads as a note: those are in test_csv
        ):
            frame = pl.concat([t.frame for t in tables_of(path, Layout())])

    assert frame.columns == [*titles, LIGNE, CHEMIN, DEFAUT]
    assert [list(r) for r in frame.select(titles).iter_rows()] == rows
    assert frame[LIGNE].to_list() == lines
    assert frame[DEFAUT].null_count() == frame.height
