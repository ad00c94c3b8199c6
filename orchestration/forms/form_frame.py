"""What every workbook of a form has in common: its sheets, styles, headings, widths, protection, how it is printed.

Belongs here: the frame, made once a form by the library of workbooks and kept as the text of its parts. Does not belong
here: what is said of an ESMS (`form_workbook`), which fills the places that the frame leaves.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter

from data_contracts.collection_forms import Form, heading
from ingest.read.form_sheets import COLUMNS, LISTS, NOTICE, STATE
from ingest.returned_forms import PREFILLED, TO_CONFIRM
from orchestration.forms.filled import IDENTITY, NOT_ASKED, TO_ASK

TABLE = "Formulaire"
SHEETS = (NOTICE, TABLE, COLUMNS, LISTS, STATE)  # in their order: the table that comes back is the second
WORDS = {
    IDENTITY: "identité", PREFILLED: "prérempli", TO_CONFIRM: "à confirmer", TO_ASK: "à demander",
    NOT_ASKED: "non demandé",
}  # fmt: skip
ROW = 2  # of the cells to complete, under the headings
NOTICE_WIDTH = 78  # of a sheet of A4, whatever the font
DESCRIBED = {  # the columns of the sheet that describes, and their widths
    "Colonne": 9, "Intitulé": 44, "État": 13, "Valeur portée": 20, "Pourquoi": 24,
    "Réponses connues, la retenue d'abord": 44,
}  # fmt: skip
TITLE_STYLE, TEXT_STYLE = "titre", "texte"  # the styles of everything that is not a cell of the form
KIND_OF_TYPE = {"integer": "number", "number": "number", "date": "date", "timestamp": "time"}
# What the frame says in the place of what is said of an ESMS.
NAMED, MADE, FOOT = "{{intitule}}", "{{jour}}", "{{pied}}"

_THIN, _DASHED, _THICK = Side(style="thin"), Side(style="mediumDashed"), Side(style="medium")
_FILLS = {
    IDENTITY: PatternFill("solid", fgColor="FFE3E3E3"), PREFILLED: PatternFill("solid", fgColor="FFDCE9F7"),
    TO_CONFIRM: PatternFill("lightUp", fgColor="FFB8860B", bgColor="FFFFF7DC"), TO_ASK: PatternFill(),
    NOT_ASKED: PatternFill("darkGray", fgColor="FFBFBFBF", bgColor="FFF2F2F2"),
}  # fmt: skip
_BORDERS = {
    IDENTITY: Border(), PREFILLED: Border(bottom=_THIN, top=_THIN),
    TO_CONFIRM: Border(left=_DASHED, right=_DASHED, top=_DASHED, bottom=_DASHED),
    TO_ASK: Border(left=_THICK, right=_THICK, top=_THICK, bottom=_THICK), NOT_ASKED: Border(),
}  # fmt: skip
_FACE = {"name": "Arial", "size": 10}  # every spreadsheet has it, or one of the same widths
_FONTS = {PREFILLED: Font(bold=True, **_FACE), NOT_ASKED: Font(italic=True, **_FACE)}
_FORMATS = {"text": "@", "number": "General", "date": "dd/mm/yyyy", "time": "dd/mm/yyyy hh:mm"}
_WIDTH, _WIDE = 24, 44  # of a column, and of one whose title is long
_LONG = 80  # characters of a title
_LINE = 13.5  # points of a line of text
_TALLEST = 400  # points: no spreadsheet has taller rows
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_NO_ROW = "<sheetData />"


@dataclass(frozen=True)
class Sheet:
    """The text of a sheet around its rows. head: up to the last row of the frame. tail: what follows the rows.

    end: what follows the lists and bounds of cells, which stand in the middle of what follows the rows.
    """

    head: str
    tail: str
    end: str


@dataclass(frozen=True)
class Frame:
    """The parts of the workbook. sheets: by name. styles: number of each style. others: name -> content, as they are.

    comments: what stands before them, and after. shapes: the same for the boxes in which they are shown, with one of
    them, that of the first column. paths: where the sheets, the comments, the shapes and the properties stand.
    """

    sheets: dict[str, Sheet]
    styles: dict[str, int]
    others: dict[str, str]
    properties: str
    comments: tuple[str, str]
    shapes: tuple[str, str, str]
    paths: dict[str, str]


def style(state: str, kind: str) -> str:
    return f"{WORDS[state]} ({kind})"


def width(title: str) -> int:
    """That of the column of a title."""
    return _WIDE if len(title) > _LONG else _WIDTH


def height(texts: Sequence[tuple[str, float]]) -> float:
    """The height of a row, in points: what its longest text takes. texts: each with the width of its column."""
    lines = max(
        sum(max(1, ceil(1.15 * len(part) / wide)) for part in text.split("\n")) if text else 1 for text, wide in texts
    )
    return min(_TALLEST, 4 + _LINE * lines)


def frame(form: Form) -> Frame:
    """The frame of a form, whoever it is for."""
    book = Workbook()
    book.properties.title = NAMED
    book.properties.language = "fr-FR"
    book.properties.creator = "dlnuf"
    _name_styles(book)
    notice: Any = book.active
    notice.title = NOTICE
    for name in SHEETS[1:]:
        book.create_sheet(name)
    _notice(notice)
    _table(book[TABLE], [heading(key) for key in form.columns])
    _described(book[COLUMNS])
    for name in (LISTS, STATE):
        book[name].sheet_state = "hidden"
    names = [TITLE_STYLE, TEXT_STYLE, *(style(state, kind) for state in WORDS for kind in _FORMATS)]
    numbers = {name: _number(notice, name) for name in names}
    written = io.BytesIO()
    book.save(written)
    return _taken_apart(written, numbers)


def _number(sheet: Any, name: str) -> int:
    """The number by which cells name a style."""
    cell = Cell(sheet, row=1, column=1)
    cell.style = name
    return cell.style_id


def _taken_apart(written: io.BytesIO, numbers: dict[str, int]) -> Frame:
    with zipfile.ZipFile(written) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    paths = {name: f"xl/worksheets/sheet{place}.xml" for place, name in enumerate(SHEETS, start=1)}
    [comments] = [name for name in parts if name.startswith("xl/comments")]
    [shapes] = [name for name in parts if name.endswith(".vml")]
    paths |= {"comments": comments, "shapes": shapes, "properties": "docProps/core.xml"}
    before, _, after = re.split(r"(<comment .*</comment>)", parts[comments])
    return Frame(
        sheets={name: _sheet(parts[paths[name]]) for name in SHEETS},
        styles=numbers,
        others={name: content for name, content in parts.items() if name not in paths.values()},
        properties=re.sub(r"[0-9-]{10}T[0-9:]{8}Z", MADE, parts["docProps/core.xml"]),
        comments=(before, after),
        shapes=tuple(re.split(r"(<\w+:shape .*</\w+:shape>)", parts[shapes])),  # type: ignore[arg-type]  # of three
        paths=paths,
    )


def _sheet(part: str) -> Sheet:
    part = re.sub(r"<dimension [^>]*/>", "", part.replace(_NO_ROW, "<sheetData></sheetData>"))
    head, after = part.split("</sheetData>")
    head = head.partition(f'<row r="{ROW}"')[0]  # where a comment was put, for the workbook to have some
    before, margins, end = f"</sheetData>{after}".partition("<pageMargins")
    return Sheet(head, before, margins + end)


def _name_styles(book: Workbook) -> None:
    """The styles of cells, each made once: there are as many as states and types, and thousands of cells."""
    book.add_named_style(NamedStyle(TITLE_STYLE, font=Font(bold=True, **_FACE), alignment=_WRAPPED))
    book.add_named_style(NamedStyle(TEXT_STYLE, font=Font(**_FACE), alignment=_WRAPPED))
    for state in WORDS:
        locked = Protection(locked=state in (IDENTITY, PREFILLED, NOT_ASKED))
        for kind, written in _FORMATS.items():
            book.add_named_style(
                NamedStyle(
                    style(state, kind), font=_FONTS.get(state, Font(**_FACE)), fill=_FILLS[state],
                    border=_BORDERS[state], number_format=written, protection=locked, alignment=_WRAPPED,
                )
            )  # fmt: skip


def _notice(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = NOTICE_WIDTH
    sheet.protection.sheet = True
    _printed(sheet, landscape=False, one_wide=True)


def _table(sheet: Any, titles: Sequence[str]) -> None:
    for rank, title in enumerate(titles, start=1):
        sheet.cell(1, rank, title or None).style = TITLE_STYLE
        sheet.column_dimensions[get_column_letter(rank)].width = width(title)
    sheet.row_dimensions[1].height = height([(title, width(title)) for title in titles])
    sheet.cell(ROW, 1).comment = Comment("", "dlnuf", width=360, height=160)
    sheet.print_title_rows = "1:1"
    _printed(sheet, landscape=True, one_wide=False)
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True  # no password: it holds until somebody decides otherwise
    sheet.protection.formatColumns = False


def _described(sheet: Any) -> None:
    """The sheet that says every column in words, for whoever does not see the table or its colours."""
    for rank, (title, wide) in enumerate(DESCRIBED.items(), start=1):
        sheet.cell(1, rank, title).style = TITLE_STYLE
        sheet.column_dimensions[get_column_letter(rank)].width = wide
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    sheet.print_title_rows = "1:1"
    _printed(sheet, landscape=True, one_wide=True)


def _printed(sheet: Any, *, landscape: bool, one_wide: bool) -> None:
    """How a sheet comes out on paper: A4, its first row again on each page, whose form it is at the foot."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    if one_wide:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.left.text = FOOT
    sheet.oddFooter.right.text = "&P / &N"
