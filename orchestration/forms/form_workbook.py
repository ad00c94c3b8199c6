"""A form as a workbook in the layout of its collection: its headings to the character, and one row to complete.

Belongs here: cells, styles, lists, validation, comments, protection, the sheets beside the table. Does not belong here:
what each cell holds (`filled`), where the file goes (`production`), reading it back (`ingest.returned_forms`).

No state is told by colour alone: it has its fill, its border and its type, it stands in the comment of the cell and, in
words, in the sheet « Colonnes », which a screen reader goes through line by line. There is no formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from data_contracts.contract import Field
from data_contracts.nomenclatures import codes
from ingest.read.form_sheets import COLUMNS, LISTS, NOTICE, STATE
from ingest.returned_forms import PREFILLED, TO_CONFIRM, sealed
from ingest.spreadsheet_text import harmless
from orchestration.forms.cells import factor
from orchestration.forms.filled import IDENTITY, NOT_ASKED, TO_ASK, Filled, FilledForm

TABLE = "Formulaire"
TITLE = "Formulaire prérempli"  # by which a form that lost its hidden sheet is told from any workbook
WORDS = {
    IDENTITY: "identité", PREFILLED: "prérempli", TO_CONFIRM: "à confirmer", TO_ASK: "à demander",
    NOT_ASKED: "non demandé",
}  # fmt: skip
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
_KINDS = {"integer": "number", "number": "number", "date": "date", "timestamp": "time"}
_TITLE, _TEXT = "titre", "texte"  # the styles of everything that is not a cell of the form
_ROW = 2  # under the headings
_WIDTH, _WIDE = 24, 44  # of a column, and of one whose title is long
_LONG = 80  # characters of a title
_LINE = 13.5  # points of a line of text
_TALLEST = 400  # points: no spreadsheet has taller rows
_NOTICE_WIDTH = 78  # of a sheet of A4, whatever the font
_DESCRIBED = {  # the columns of the sheet that describes, and their widths
    "Colonne": 9, "Intitulé": 44, "État": 13, "Valeur portée": 20, "Pourquoi": 24,
    "Réponses connues, la retenue d'abord": 44,
}  # fmt: skip
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_LAST_DAY = datetime(2100, 12, 31)


def workbook(filled: FilledForm, key: bytes, now: datetime) -> Workbook:
    """The workbook of a form. key: seals what travels with it."""
    book = Workbook()
    book.properties.title = f"{filled.form.contract.name}, campagne {filled.campaign}, {filled.esms.finess}"
    book.properties.language = "fr-FR"
    book.properties.creator = "dlnuf"
    book.properties.created = book.properties.modified = now.replace(tzinfo=None, microsecond=0)
    _name_styles(book)
    notice: Any = book.active
    notice.title = NOTICE
    _notice(notice, filled)
    lists = book.create_sheet(LISTS)
    _table(book.create_sheet(TABLE, 1), lists, filled)
    _described(book.create_sheet(COLUMNS, 2), filled)
    state = book.create_sheet(STATE)
    for row, text in enumerate(sealed(filled.state(), key), start=1):
        state.cell(row, 1, text)
    lists.sheet_state = state.sheet_state = "hidden"
    return book


def _name_styles(book: Workbook) -> None:
    """The styles of cells, each made once: there are as many as states and types, and thousands of cells."""
    book.add_named_style(NamedStyle(_TITLE, font=Font(bold=True, **_FACE), alignment=_WRAPPED))
    book.add_named_style(NamedStyle(_TEXT, font=Font(**_FACE), alignment=_WRAPPED))
    for state in WORDS:
        locked = Protection(locked=state in (IDENTITY, PREFILLED, NOT_ASKED))
        for kind, written in _FORMATS.items():
            book.add_named_style(
                NamedStyle(
                    _style(state, kind), font=_FONTS.get(state, Font(**_FACE)), fill=_FILLS[state],
                    border=_BORDERS[state], number_format=written, protection=locked, alignment=_WRAPPED,
                )
            )  # fmt: skip


def _style(state: str, kind: str) -> str:
    return f"{WORDS[state]} ({kind})"


def _set_rows(sheet: Any, row: int, texts: Sequence[tuple[str, float]]) -> None:
    """The height that the longest of the wrapped texts of a row takes. texts: each with the width of its column."""
    lines = max(sum(max(1, ceil(1.15 * len(part) / width)) for part in text.split("\n")) for text, width in texts)
    sheet.row_dimensions[row].height = min(_TALLEST, 4 + _LINE * lines)


def _printed(sheet: Any, filled: FilledForm, *, landscape: bool, one_wide: bool) -> None:
    """How a sheet comes out on paper: A4, its first row again on each page, whose form it is at the foot."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    if one_wide:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddFooter.left.text = f"{filled.esms.finess} · {filled.form.contract.id} {filled.campaign}"
    sheet.oddFooter.right.text = "&P / &N"


def _notice(sheet: Any, filled: FilledForm) -> None:
    """What it is and what to do, in ten lines of one cell: a sheet of single cells is nobody's table."""
    esms = filled.esms
    lines = [
        f"{TITLE} : {filled.form.contract.name}, campagne {filled.campaign} (année {filled.millesime}).",
        f"Pour : {esms.nom or 'établissement'} (FINESS {esms.finess}). Établi le {filled.made_on:%d/%m/%Y}, "
        f"n° {filled.number}.",
        f"À remplir : la feuille « {TABLE} », ligne {_ROW}. La feuille « {COLUMNS} » dit, pour chaque colonne, ce qui "
        "est connu et d'où cela vient ; c'est elle qui s'imprime.",
        f"Prérempli ({filled.count(PREFILLED)}, dont {filled.from_dui} depuis votre DUI ; fond bleu, gras) : rien à "
        "faire si c'est juste. La laisser, c'est la confirmer.",
        "Pour corriger une cellule préremplie : Révision › Ôter la protection (sans mot de passe), puis écrire. La "
        "vider dit qu'elle est à retirer.",
        f"À confirmer ({filled.count(TO_CONFIRM)} ; hachures, tirets) : la cellule est vide. Choisir dans sa liste une "
        "des réponses connues, ou en écrire une autre.",
        f"À demander ({filled.count(TO_ASK)} ; cadre épais) : personne d'autre ne connaît la réponse. Laisser vide ce "
        "que vous ignorez : vide veut dire inconnu, jamais zéro.",
        f"Non demandé ({filled.count(NOT_ASKED)} ; gris, italique) : la colonne ne vous concerne pas, ou la plateforme "
        "la remplit.",
        "Ne pas déplacer de colonne, renommer de titre, ni recopier de ligne d'un autre établissement.",
        "Pour rendre le formulaire : enregistrer ce classeur en .xlsx sous son nom, et le déposer comme tout fichier.",
    ]
    for row, text in enumerate(lines, start=1):
        cell = sheet.cell(row, 1, harmless(text))
        cell.style = _TITLE if row == 1 else _TEXT
        _set_rows(sheet, row, [(text, _NOTICE_WIDTH)])
    sheet.column_dimensions["A"].width = _NOTICE_WIDTH
    sheet.protection.sheet = True
    _printed(sheet, filled, landscape=False, one_wide=True)


def _table(sheet: Any, lists: Any, filled: FilledForm) -> None:
    for rank, each in enumerate(filled.columns, start=1):
        title = sheet.cell(1, rank, each.title or None)
        title.style = _TITLE
        cell = sheet.cell(_ROW, rank)
        _put(cell, each)
        if text := _comment(each):
            cell.comment = Comment(text, "dlnuf", width=360, height=160)
        if rule := _validation(lists, rank, each):
            sheet.add_data_validation(rule)
            rule.add(cell)
        sheet.column_dimensions[get_column_letter(rank)].width = _width(each)
    _set_rows(sheet, 1, [(each.title, _width(each)) for each in filled.columns])
    _set_rows(sheet, _ROW, [(str(each.cell or ""), _width(each)) for each in filled.columns])
    sheet.print_title_rows = "1:1"
    _printed(sheet, filled, landscape=True, one_wide=False)
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True  # no password: it holds until somebody decides otherwise
    sheet.protection.formatColumns = False


def _width(each: Filled) -> int:
    return _WIDE if len(each.title) > _LONG else _WIDTH


def _put(cell: Any, each: Filled) -> None:
    """The cell typed as its field: a text is never taken for a number (FINESS keep their zeros), nor for a formula."""
    cell.style = _style(each.state, _KINDS.get(each.field.logical_type, "text"))
    if each.cell is not None:
        cell.value = each.cell
        if isinstance(each.cell, str):
            cell.data_type = "s"


def _comment(each: Filled) -> str:
    """Where the value is from and when, or every known answer with the retained one first."""
    if each.state == PREFILLED:
        return f"Prérempli : {each.reason}.\nSource : {each.candidates[0].origin}."
    if each.state == TO_CONFIRM:
        shown = [f"• {candidate.shown} — {candidate.origin}" for candidate in each.candidates]
        return "\n".join([f"À confirmer : {each.reason}.", *shown])
    return ""


def _validation(lists: Any, rank: int, each: Filled) -> DataValidation | None:
    """The list, or the bounds, of a cell that may be written. What is only unlikely warns, and may be kept.

    rank: of its column, which is that of its list in the sheet of lists.
    """
    if each.state in (IDENTITY, NOT_ASKED):
        return None
    field = each.field
    offered = [str(c.shown) for c in each.candidates if c.cell is not None] if each.state == TO_CONFIRM else []
    if words := _words(field):
        listed = [*offered, *(word for word in words if word not in offered)]
        return _list(lists, rank, listed, closed=field.nomenclature_strict or field.logical_type == "boolean")
    low, high = field.plausible or (None, None)
    if field.logical_type in ("integer", "number") and not offered:
        return _bounds(field, low, high)
    if offered:
        return _list(lists, rank, offered, closed=False)
    if field.logical_type in ("date", "timestamp"):
        rule = DataValidation(type="date", operator="between", formula1="1", formula2=_serial(_LAST_DAY))
        return _told(rule, "Une date est attendue : JJ/MM/AAAA.", "stop")
    return None


def _words(field: Field) -> list[str]:
    if field.logical_type == "boolean":
        return [field.true_values[0], field.false_values[0]]
    return sorted(codes(field.nomenclature)) if field.nomenclature else list(field.accepted_values)


def _bounds(field: Field, low: float | None, high: float | None) -> DataValidation:
    """Plausible bounds are those of the cell (`value_domains`): a whole number where one is expected."""
    kind = "whole" if field.logical_type == "integer" else "decimal"
    low = low if low is not None else field.option("minimum")
    high = high if high is not None else field.option("maximum")
    least, most = (-1e15 if low is None else low, 1e15 if high is None else high)
    rule = DataValidation(type=kind, operator="between", formula1=f"{least:g}", formula2=f"{most:g}")
    unit = " (une fraction : 0,85 pour 85 %)" if factor(field) == 100 else ""
    between = f" entre {least:g} et {most:g}" if (low, high) != (None, None) else ""
    return _told(rule, f"Un nombre{between} est vraisemblable{unit}. Si le vôtre est juste, gardez-le.", "warning")


def _list(lists: Any, column: int, words: Sequence[str], *, closed: bool) -> DataValidation:
    """A list that stands in the hidden sheet of lists: in the rule itself, a comma would cut a word in two."""
    for row, word in enumerate(words, start=1):
        lists.cell(row, column, word).data_type = "s"
    letter = get_column_letter(column)
    rule = DataValidation(type="list", formula1=f"'{LISTS}'!${letter}$1:${letter}${len(words)}", allow_blank=True)
    if not closed:
        rule.showErrorMessage = False
        return rule
    return _told(rule, "Choisir une réponse de la liste.", "stop")


def _told(rule: DataValidation, message: str, style: Literal["stop", "warning"]) -> DataValidation:
    rule.errorStyle, rule.error, rule.errorTitle = style, message, "À vérifier"
    rule.showErrorMessage, rule.allow_blank = True, True
    return rule


def _serial(day: datetime) -> str:
    return str((day - datetime(1899, 12, 30)).days)


def _described(sheet: Any, filled: FilledForm) -> None:
    """Every column in words, for whoever does not see the table or its colours."""
    sheet.append(list(_DESCRIBED))
    for cell in sheet[1]:
        cell.style = _TITLE
    for rank, each in enumerate(filled.columns, start=1):
        carried = each.candidates[0].shown if each.state == PREFILLED else str(each.cell or "")
        known = " | ".join(f"{c.shown} — {c.origin}" for c in each.candidates)
        row = [get_column_letter(rank), each.title or "(sans titre)", WORDS[each.state], carried, each.reason, known]
        for place, text in enumerate(row, start=1):
            cell = sheet.cell(rank + 1, place, harmless(text) or None)
            cell.style = _TEXT
        _set_rows(sheet, rank + 1, list(zip(row, _DESCRIBED.values(), strict=True)))
    for rank, width in enumerate(_DESCRIBED.values(), start=1):
        sheet.column_dimensions[get_column_letter(rank)].width = width
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    sheet.print_title_rows = "1:1"
    _printed(sheet, filled, landscape=True, one_wide=True)
