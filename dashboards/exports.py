"""What is shown, as a file: CSV for a French spreadsheet, workbook, Parquet (ADR 40).

Belongs here: a frame as it is shown and what must be known to read it, written to bytes. Does not belong here: the
buttons (`components`), queries.

The three hold exactly what stands on the page: its rows, its columns, its rounding. What is hidden reads « secret »,
what nobody knows « inconnu »; Parquet, whose columns have one type, leaves both empty and names the hidden ones in its
column `secret`, as the published tables do.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from dashboards.formats import INCONNU, SECRET, decimals_of, is_unknown, unit_sign
from data_contracts.figures import rounded
from ingest.spreadsheet_text import harmless, harmless_frame

CSV_MIME = "text/csv"
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET_MIME = "application/vnd.apache.parquet"
READING = (
    ("secret", "Effectif connu, mais trop petit pour être publié, ou qui permettrait d'en retrouver un tel."),
    ("inconnu", "Aucune source livrée n'a donné cette information : ni zéro, ni non."),
)
_WIDEST = 60  # characters of the widest column of a workbook


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, how its values are written when they are numbers, what it says.

    link: the column of the frame that holds the address to which a text leads.
    """

    title: str
    decimals: int | None = None
    unit: str = ""
    definition: str = ""
    link: str = ""


@dataclass(frozen=True)
class Export:
    """What must be known to read a table out of its page.

    title: what the table is; definition: what its figures are; date: the day or the years they describe; coverage: who
    answered, among whom; version: of the publication; columns: source column → how it is shown.
    """

    title: str
    definition: str = ""
    date: str = ""
    coverage: str = ""
    version: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)

    def facts(self) -> list[tuple[str, str]]:
        """What is to be read, a line each: its name, its text."""
        named = (
            ("Titre", self.title),
            ("Définition", self.definition),
            ("Date des données", self.date),
            ("Couverture", self.coverage),
            ("Version de la publication", self.version),
        )
        columns = (
            (f"Colonne « {c.title} »", " ; ".join(part for part in (c.definition, _unit_words(c)) if part))
            for c in self.columns.values()
        )
        return [(name, text) for name, text in (*named, *columns, *READING) if text]


def _unit_words(column: Column) -> str:
    sign = unit_sign(column.unit)
    return f"unité : {sign}" if sign else ""


def hidden_columns(row: Mapping[str, Any]) -> set[str]:
    """The columns of a row whose values are hidden because they count too few persons."""
    return {name for name in (row.get("secret") or "").split(", ") if name}


def _shown(frame: pl.DataFrame, export: Export) -> Iterator[list[Any]]:
    """The cells of each row: a number rounded as on the page, a day, or a text."""
    for row in frame.iter_rows(named=True):
        hidden = hidden_columns(row)
        yield [SECRET if name in hidden else _value(row[name], column) for name, column in export.columns.items()]


def _value(value: Any, column: Column) -> Any:
    if is_unknown(value) or value == "":
        return INCONNU
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return rounded(value, decimals_of(value, column.decimals, column.unit))
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else str(value)


def to_csv(frame: pl.DataFrame, export: Export) -> bytes:
    """CSV that a French spreadsheet opens as it is: semicolons, decimal comma, UTF-8 with its mark, no formula.

    What must be known to read it comes after the rows, on lines that begin with « # ».
    """
    written = io.StringIO()
    rows = csv.writer(written, delimiter=";", lineterminator="\r\n")
    rows.writerow([harmless(column.title) for column in export.columns.values()])
    rows.writerows([_csv_text(value) for value in row] for row in _shown(frame, export))
    rows.writerows([f"# {name}", harmless(text)] for name, text in export.facts())
    return b"\xef\xbb\xbf" + written.getvalue().encode("utf-8")


def raw_csv(frame: pl.DataFrame) -> bytes:
    """A whole published table, value for value under its own names; what is unknown or hidden is an empty cell."""
    return b"\xef\xbb\xbf" + harmless_frame(frame).write_csv(separator=";", decimal_comma=True).encode("utf-8")


def _csv_text(value: Any) -> str:
    if isinstance(value, float | int):
        return (str(int(value)) if value == int(value) else repr(value)).replace(".", ",")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else harmless(value)


def to_xlsx(frame: pl.DataFrame, export: Export) -> bytes:
    """Workbook: rows in typed cells on the first sheet; on the second, « À lire », what must be known to read them."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Données")
    wanted = list(export.columns.values())
    rows = list(_shown(frame, export))
    for place, column in enumerate(wanted):
        longest = max((len(str(row[place])) for row in rows), default=0)
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(max(len(column.title), longest) + 2, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, _heading(column), Font(bold=True)) for column in wanted])
    for row in rows:
        sheet.append([_typed(sheet, value, column) for value, column in zip(row, wanted, strict=True)])
    about: Any = book.create_sheet("À lire")
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 40, 100
    for name, text in export.facts():
        told = _cell(about, text)
        told.alignment = Alignment(wrap_text=True, vertical="top")
        about.append([_cell(about, name, Font(bold=True)), told])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _heading(column: Column) -> str:
    sign = unit_sign(column.unit)
    return f"{column.title} ({sign})" if sign else column.title


def _cell(sheet: Any, text: str, font: Font | None = None) -> Any:
    """A cell of text, whatever it begins with."""
    cell = WriteOnlyCell(sheet, harmless(text))
    cell.data_type = "s"
    if font:
        cell.font = font
    return cell


def _typed(sheet: Any, value: Any, column: Column) -> Any:
    if isinstance(value, str):
        return _cell(sheet, value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, date):
        cell.number_format = "DD/MM/YYYY"
    else:
        decimals = decimals_of(value, column.decimals, column.unit)
        cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
    return cell


def to_parquet(frame: pl.DataFrame, export: Export) -> bytes:
    """Parquet: typed columns under the names that open data has; titles and the rest in the metadata of its schema."""
    kept = [*export.columns, *(["secret"] if "secret" in frame.columns and "secret" not in export.columns else [])]
    shown = frame.select(kept).with_columns(
        pl.Series(name, [_kept(row, name, column) for row in frame.iter_rows(named=True)], dtype=frame.schema[name])
        for name, column in export.columns.items()
    )
    described = {
        name: {"titre": c.title, "unite": unit_sign(c.unit), "definition": c.definition}
        for name, c in export.columns.items()
    }
    about = dict(export.facts()) | {"Colonnes": json.dumps(described, ensure_ascii=False)}
    written = io.BytesIO()
    shown.write_parquet(written, metadata=about)
    return written.getvalue()


def _kept(row: Mapping[str, Any], name: str, column: Column) -> Any:
    value = row[name]
    if is_unknown(value) or name in hidden_columns(row):
        return None
    return rounded(value, decimals_of(value, column.decimals, column.unit)) if isinstance(value, float) else value


FORMATS = {  # name on the button, ending of the file, type, writer
    "CSV": ("csv", CSV_MIME, to_csv),
    "XLSX": ("xlsx", XLSX_MIME, to_xlsx),
    "Parquet": ("parquet", PARQUET_MIME, to_parquet),
}
