"""What an .xlsx workbook holds: its sheets and their rows as text, with the formulas without result and hidden rows.

Belongs here: opening (Strict Open XML included), cells to text, formulas without a result, hidden rows. Does not belong
here: which sheet is data (`xlsx_file`, `crosstab`), number formats (`number_formats`).

openpyxl opens the workbook, but its sheets are parsed here, because its cells keep neither the digits as they are
stored nor what is hidden. Nothing is calculated: a formula without its result makes its row defective.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import from_ISO8601
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from ingest.read.frames import UnreadableFile, is_blank
from ingest.read.number_formats import moment_text, number_text
from ingest.read.opening import on_disk

_ROW, _CELL, _F, _V, _IS, _T, _PHONETIC = (
    f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("row", "c", "f", "v", "is", "t", "rPh")
)
_SHOWN = 5  # cells named in a defect
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384  # of a sheet (ISO 29500): a place beyond is no place
_FIRST_CUSTOM_FORMAT = 164
# A line break or a tab of a text, as spreadsheet programs write what XML has no sign for.
_ESCAPED = re.compile(r"_x00(0[9ADad])_")
# ISO 29500 writes the same workbook with other names in its Strict form; openpyxl knows those of its Transitional form.
_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/": b"http://schemas.openxmlformats.org/spreadsheetml/2006/",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
}


class Row(NamedTuple):
    """A row of a sheet that holds something.

    number: its own in the sheet. texts: its cells from column A. uncomputed: its formulas without a result.
    """

    number: int
    texts: list[str | None]
    uncomputed: list[str]
    hidden: bool

    @property
    def defect(self) -> str | None:
        if not self.uncomputed:
            return None
        places = ", ".join(self.uncomputed[:_SHOWN]) + ("…" if len(self.uncomputed) > _SHOWN else "")
        several = len(self.uncomputed) > 1
        return f"formules non calculées (cellules {places})" if several else f"formule non calculée (cellule {places})"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. position: among all sheets, from 0."""

    name: str
    position: int
    visible: bool
    _source: Any
    _book: Any

    def rows(self) -> Iterator[Row]:
        """The rows that hold something, from the first one. Each call reads the sheet again."""
        with self._source._get_source() as xml:
            yield from _rows(xml, self._book, self._source._shared_strings)


@contextmanager
def opened(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, in order.

    Raises:
        UnreadableFile: at once, or while it is read, at the place where the workbook is damaged.
    """
    try:
        with on_disk(path) as plain, plain.open("rb") as stream:
            with warnings.catch_warnings(action="ignore"):  # openpyxl warns of styles it drops: no concern of a reader
                try:
                    reader = _Reader(stream, read_only=True, data_only=True, keep_links=False)
                    if b"purl.oclc.org/ooxml" in reader.archive.read("xl/workbook.xml"):
                        reader.archive = _Transitional(stream)
                    reader.read()
                except (OSError, TypeError, AttributeError, IndexError) as error:  # parts that openpyxl does not expect
                    raise ValueError(error) from error
            book = reader.wb
            try:
                yield [
                    Sheet(sheet.title, position, sheet.sheet_state == "visible", sheet, book)
                    for position, sheet in enumerate(book.worksheets)
                ]
            finally:
                book.close()
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, ParseError, InvalidFileException) as error:
        raise UnreadableFile(
            path, "classeur Excel tronqué ou abîmé", "l'enregistrer de nouveau au format .xlsx, puis le redéposer"
        ) from error


class _Reader(ExcelReader):
    """Reads the cells and nothing else, so that a wrong chart, property or name does not stop the reading."""

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        if missing := [rel.target for _, rel in self.parser.find_sheets() if rel.target not in self.valid_files]:
            raise KeyError(*missing)  # a sheet that the workbook names and does not hold
        self.read_worksheets()

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        pass  # a sheet that is a chart shows the cells of others


class _Transitional(zipfile.ZipFile):
    """A workbook in Strict form, whose parts are translated to the Transitional form while they are read."""

    def open(self, name: Any, *args: Any, **kwargs: Any) -> IO[bytes]:
        return io.BufferedReader(_Translated(super().open(name, *args, **kwargs)), 1 << 16)


class _Translated(io.RawIOBase):
    """An XML part with its namespaces renamed. Blocks are cut after a quotation mark, which no name can span."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._ready = b""
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            block = self._source.read(1 << 16)
            text, self._held = self._held + block, b""
            if not text:
                return 0
            if block:
                end = text.rfind(b'"') + 1
                text, self._held = text[:end], text[end:]
            for strict, transitional in _STRICT.items():
                text = text.replace(strict, transitional)
            self._ready = text
        taken = self._ready[: len(buffer)]
        buffer[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self._source.close()
        super().close()


def _rows(xml: IO[bytes], book: Any, strings: list[str]) -> Iterator[Row]:
    codes = [_format_code(book, style.numFmtId) for style in book._cell_styles]
    matrices: list[tuple[int, str]] = []  # last row, cell of the formula: it stands in its first cell, for all its rows
    number = 0
    for _, element in iterparse(xml):
        if element.tag != _ROW:
            continue
        number = _place(float(element.get("r", number + 1)), _LAST_ROW)
        matrices = [(last, place) for last, place in matrices if number <= last]
        texts: list[str | None] = []
        uncomputed = [place for _, place in matrices]
        column = 0
        for cell in element.iter(_CELL):
            place = cell.get("r")
            column = _place(coordinate_to_tuple(place)[1] if place else column + 1, _LAST_COLUMN)
            text, formula = _cell(cell, codes, book.epoch, strings)
            if formula is not None:
                place = place or f"{get_column_letter(column)}{number}"
                uncomputed.append(place)
                if formula.get("t") == "array":
                    matrices.append((range_boundaries(formula.get("ref", place))[3] or number, place))
            if text is not None:
                texts += [None] * (column - 1 - len(texts))
                texts[column - 1 :] = [text]
        row = Row(number, texts, uncomputed, element.get("hidden") in ("1", "true"))
        element.clear()
        if row.uncomputed or not is_blank(row.texts):
            yield row


def _place(number: float, last: int) -> int:
    """A row or a column; ValueError, as for any other damage, when no sheet has it."""
    if not 1 <= number <= last:
        raise ValueError(f"{number} : hors d'une feuille")
    return int(number)


def _format_code(book: Any, number: int) -> str:
    if number < _FIRST_CUSTOM_FORMAT:
        return BUILTIN_FORMATS.get(number, "General")
    return book._number_formats[number - _FIRST_CUSTOM_FORMAT]


def _cell(cell: Element, codes: list[str], epoch: Any, strings: list[str]) -> tuple[str | None, Element | None]:
    """The text of a cell, and its formula when it has no result.

    A formula whose result is an empty text has one: the workbook holds it as `t="str"` with an empty `<v>`.
    """
    kind = cell.get("t", "n")
    stored, formula, inline = None, None, None
    for child in cell:
        if child.tag == _V:
            stored = child.text or ""
        elif child.tag == _F:
            formula = child
        elif child.tag == _IS:
            inline = child
    if formula is not None and (stored or (stored is not None and kind == "str")):
        formula = None
    if kind == "inlineStr":
        return (_inline(inline) if inline is not None else None), formula
    if not stored:
        return None, formula
    if kind == "s":
        return _unescaped(strings[int(stored)]), formula
    try:
        match kind:
            case "n":
                style = int(cell.get("s", 0))
                return number_text(stored, codes[style] if style < len(codes) else "General", epoch), formula
            case "b":
                return ("VRAI" if int(stored) else "FAUX"), formula
            case "d":
                return moment_text(from_ISO8601(stored)), formula
    except ValueError:
        pass  # the value is not of the type that the cell states: it is read as text, as it is stored
    return _unescaped(stored), formula


def _inline(node: Element) -> str:
    """The text of a cell that holds its own text, in one run or several."""
    return _unescaped("".join(t.text or "" for run in node if run.tag != _PHONETIC for t in run.iter(_T)))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x00" in text else text
