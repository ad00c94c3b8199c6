"""A form as a workbook in the layout of its collection: its headings to the character, and one row to complete.

Belongs here: what is said of one ESMS: cells, lists, bounds, comments, the sheet that describes them. Does not belong
here: what is the same for every ESMS (`form_frame`), what each cell holds (`filled`), where the file goes
(`production`), reading it back (`ingest.returned_forms`).

No state is told by colour alone: it has its fill, its border and its type, it stands in the comment of the cell and, in
words, in the sheet « Colonnes », which a screen reader goes through line by line. There is no formula.

The library of workbooks makes the frame; the rows are written here as text (ISO 29500), since a country has forty
thousand forms of several hundred columns, of which most say the same.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from data_contracts.collection_forms import Form
from data_contracts.contract import Field
from data_contracts.nomenclatures import codes
from ingest.read.form_sheets import COLUMNS, LISTS, NOTICE, STATE
from ingest.returned_forms import PREFILLED, TO_CONFIRM, sealed
from ingest.spreadsheet_text import harmless
from orchestration.forms.cells import UNWRITABLE, Typed, factor
from orchestration.forms.filled import IDENTITY, NOT_ASKED, TO_ASK, Filled, FilledForm
from orchestration.forms.form_frame import (
    DESCRIBED,
    FOOT,
    KIND_OF_TYPE,
    MADE,
    NAMED,
    NOTICE_WIDTH,
    ROW,
    TABLE,
    TEXT_STYLE,
    TITLE_STYLE,
    WORDS,
    frame,
    height,
    style,
    width,
)  # fmt: skip

TITLE = "Formulaire prérempli"  # by which a form that lost its hidden sheet is told from any workbook
_LAST_DAY = date(2100, 12, 31)
_SPACED = re.compile(r"^\s|\s$|\s\s|[\t\r\n]")  # what XML keeps only when it is told to


@dataclass(frozen=True)
class Check:
    """What a cell accepts: words of a list, or what stands between two bounds. message: what is said to who breaks it.

    style: stop, or warning, which may be kept. Without a message nothing is said: the list only offers.
    """

    kind: str
    first: str = ""
    second: str = ""
    words: tuple[str, ...] = ()
    message: str = ""
    style: Literal["stop", "warning"] = "stop"


class FormWorkbooks:
    """The workbooks of a form, one ESMS after the other: what does not change from one to the next is made once.

    key: seals what travels with each.
    """

    def __init__(self, form: Form, key: bytes) -> None:
        self._key = key
        self._frame = frame(form)
        self._unknown: dict[tuple[int, str], tuple[str, Check | None, str]] = {}

    def of(self, filled: FilledForm, now: datetime) -> bytes:
        """The workbook of a form."""
        table, checks, comments, described = [], list[tuple[int, Check]](), list[tuple[int, str]](), []
        for rank, each in enumerate(filled.columns, start=1):
            cell, check, line = self._column(rank, each)
            table.append(cell)
            described.append(line)
            if check:
                checks.append((rank, check))
            if text := _comment(each):
                comments.append((rank, text))
        tallest = height([(str(each.cell or ""), width(each.title)) for each in filled.columns])
        made = self._frame
        parts = {
            NOTICE: self._sheet(NOTICE, filled, self._notice(filled)),
            TABLE: self._sheet(TABLE, filled, [_row(ROW, tallest, table)], _checks(checks)),
            COLUMNS: self._sheet(COLUMNS, filled, described),
            LISTS: self._sheet(LISTS, filled, _lists(checks)),
            STATE: self._sheet(STATE, filled, _stacked(sealed(filled.state(), self._key))),
            "comments": "".join(_wrapped(made.comments, (_noted(rank, text) for rank, text in comments))),
            "shapes": "".join(_wrapped(made.shapes[::2], (_shape(made.shapes[1], rank) for rank, _ in comments))),
            "properties": self._properties(filled, now),
        }
        return _archive({**made.others, **{made.paths[name]: content for name, content in parts.items()}}, now)

    def _column(self, rank: int, each: Filled) -> tuple[str, Check | None, str]:
        """The cell of a column, what it accepts, and its line in the sheet that describes."""
        if each.candidates or each.cell is not None:
            return self._written(rank, each)
        known = self._unknown.get((rank, each.state))  # nobody said anything: it is so for thousands of ESMS
        if known is None:
            known = self._unknown[rank, each.state] = self._written(rank, each)
        return known

    def _written(self, rank: int, each: Filled) -> tuple[str, Check | None, str]:
        number = self._frame.styles[style(each.state, KIND_OF_TYPE.get(each.field.logical_type, "text"))]
        return _cell(ROW, rank, number, each.cell), _check(each), self._described(rank, each)

    def _described(self, rank: int, each: Filled) -> str:
        """A column in words."""
        carried = each.candidates[0].shown if each.state == PREFILLED else str(each.cell or "")
        known = " | ".join(f"{c.shown} — {c.origin}" for c in each.candidates)
        row = (get_column_letter(rank), each.title or "(sans titre)", WORDS[each.state], carried, each.reason, known)
        text = self._frame.styles[TEXT_STYLE]
        cells = [_cell(rank + 1, place, text, harmless(said) or None) for place, said in enumerate(row, start=1)]
        return _row(rank + 1, height(list(zip(row, DESCRIBED.values(), strict=True))), cells)

    def _notice(self, filled: FilledForm) -> Iterator[str]:
        """What it is and what to do, in ten lines of one cell: a sheet of single cells is nobody's table."""
        for row, text in enumerate(_told(filled), start=1):
            number = self._frame.styles[TITLE_STYLE if row == 1 else TEXT_STYLE]
            yield _row(row, height([(text, NOTICE_WIDTH)]), [_cell(row, 1, number, harmless(text))])

    def _sheet(self, name: str, filled: FilledForm, rows: Iterable[str], checks: str = "") -> str:
        around = self._frame.sheets[name]
        foot = escape(f"{filled.esms.finess} · {filled.form.contract.id} {filled.campaign}")
        return "".join([around.head, *rows, around.tail, checks, around.end.replace(FOOT, foot)])

    def _properties(self, filled: FilledForm, now: datetime) -> str:
        named = f"{filled.form.contract.name}, campagne {filled.campaign}, {filled.esms.finess}"
        return self._frame.properties.replace(NAMED, escape(named)).replace(MADE, f"{now:%Y-%m-%dT%H:%M:%SZ}")


def workbook(filled: FilledForm, key: bytes, now: datetime) -> bytes:
    """The workbook of one form. key: seals what travels with it."""
    return FormWorkbooks(filled.form, key).of(filled, now)


def _archive(parts: Mapping[str, str], now: datetime) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.encode())
    return written.getvalue()


def _told(filled: FilledForm) -> list[str]:
    esms = filled.esms
    return [
        f"{TITLE} : {filled.form.contract.name}, campagne {filled.campaign} (année {filled.millesime}).",
        f"Pour : {esms.nom or 'établissement'} (FINESS {esms.finess}). Établi le {filled.made_on:%d/%m/%Y}, "
        f"n° {filled.number}.",
        f"À remplir : la feuille « {TABLE} », ligne {ROW}. La feuille « {COLUMNS} » dit, pour chaque colonne, ce qui "
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


def _row(number: int, points: float | None, cells: Iterable[str]) -> str:
    tall = f' ht="{points:g}" customHeight="1"' if points else ""
    return f'<row r="{number}"{tall}>{"".join(cells)}</row>'


def _cell(row: int, rank: int, number: int | None, value: Typed | None) -> str:
    """A cell typed as its value: a text is never taken for a number (FINESS keep their zeros), nor for a formula."""
    at = f'<c r="{get_column_letter(rank)}{row}"' + (f' s="{number}"' if number is not None else "")
    if value is None:
        return f"{at}/>"
    if isinstance(value, str):
        return f'{at} t="inlineStr"><is>{_text(value)}</is></c>'
    return f"{at}><v>{to_excel(value) if isinstance(value, date) else value!r}</v></c>"


def _text(text: str) -> str:
    kept = ' xml:space="preserve"' if _SPACED.search(text) else ""
    return f"<t{kept}>{escape(UNWRITABLE.sub(' ', text))}</t>"


def _stacked(texts: Sequence[str]) -> Iterator[str]:
    """Texts one under the other, in the first column."""
    for number, text in enumerate(texts, start=1):
        yield _row(number, None, [_cell(number, 1, None, text)])


def _wrapped(around: Sequence[str], inside: Iterable[str]) -> Iterator[str]:
    yield around[0]
    yield from inside
    yield around[1]


def _noted(rank: int, text: str) -> str:
    return (
        f'<comment ref="{get_column_letter(rank)}{ROW}" authorId="0" shapeId="0"><text>{_text(text)}</text></comment>'
    )


def _shape(first: str, rank: int) -> str:
    """The box of the comment of a column, made of that of the first."""
    numbered = re.sub(r"_x0000_s\d+", f"_x0000_s{1025 + rank}", first)
    return re.sub(r"(:Column>)\d+<", rf"\g<1>{rank - 1}<", numbered)


def _comment(each: Filled) -> str:
    """Where the value is from and when, or every known answer with the retained one first."""
    if each.state == PREFILLED:
        return f"Prérempli : {each.reason}.\nSource : {each.candidates[0].origin}."
    if each.state == TO_CONFIRM:
        shown = [f"• {candidate.shown} — {candidate.origin}" for candidate in each.candidates]
        return "\n".join([f"À confirmer : {each.reason}.", *shown])
    return ""


def _check(each: Filled) -> Check | None:
    """The list, or the bounds, of a cell that may be written. What is only unlikely warns, and may be kept."""
    if each.state in (IDENTITY, NOT_ASKED):
        return None
    field = each.field
    offered = [str(c.shown) for c in each.candidates if c.cell is not None] if each.state == TO_CONFIRM else []
    if words := _words(field):
        listed = (*offered, *(word for word in words if word not in offered))
        closed = field.nomenclature_strict or field.logical_type == "boolean"
        return Check("list", words=listed, message="Choisir une réponse de la liste." if closed else "")
    if offered:
        return Check("list", words=tuple(offered))
    if field.logical_type in ("integer", "number"):
        return _bounds(field)
    if field.logical_type in ("date", "timestamp"):
        return Check("date", "1", str(to_excel(_LAST_DAY)), message="Une date est attendue : JJ/MM/AAAA.")
    return None


def _words(field: Field) -> list[str]:
    if field.logical_type == "boolean":
        return [field.true_values[0], field.false_values[0]]
    return sorted(codes(field.nomenclature)) if field.nomenclature else list(field.accepted_values)


def _bounds(field: Field) -> Check:
    """Plausible bounds are those of the cell (`value_domains`): a whole number where one is expected."""
    low, high = field.plausible or (None, None)
    low = low if low is not None else field.option("minimum")
    high = high if high is not None else field.option("maximum")
    least, most = (-1e15 if low is None else low, 1e15 if high is None else high)
    unit = " (une fraction : 0,85 pour 85 %)" if factor(field) == 100 else ""
    between = f" entre {least:g} et {most:g}" if (low, high) != (None, None) else ""
    return Check(
        "whole" if field.logical_type == "integer" else "decimal", f"{least:g}", f"{most:g}", style="warning",
        message=f"Un nombre{between} est vraisemblable{unit}. Si le vôtre est juste, gardez-le.",
    )  # fmt: skip


def _checks(checks: Sequence[tuple[int, Check]]) -> str:
    """What cells accept, as the sheet says it."""
    if not checks:
        return ""
    return f'<dataValidations count="{len(checks)}">{"".join(_validation(*each) for each in checks)}</dataValidations>'


def _validation(rank: int, check: Check) -> str:
    letter = get_column_letter(rank)
    said = f'errorTitle="À vérifier" error={quoteattr(check.message)} ' if check.message else ""
    first, second = check.first, check.second
    if check.words:  # in the hidden sheet of lists: in the rule itself, a comma would cut a word in two
        first = f"'{LISTS}'!${letter}$1:${letter}${len(check.words)}"
    return (
        f'<dataValidation type="{check.kind}" errorStyle="{check.style}" allowBlank="1" '
        f'showErrorMessage="{int(bool(check.message))}" {said}sqref="{letter}{ROW}">'
        f"<formula1>{escape(first)}</formula1>"
        + (f"<formula2>{escape(second)}</formula2>" if second else "")
        + "</dataValidation>"
    )


def _lists(checks: Sequence[tuple[int, Check]]) -> Iterator[str]:
    """The words that cells offer, each list under the letter of its column."""
    listed = [(rank, check.words) for rank, check in checks if check.words]
    for row in range(max((len(words) for _, words in listed), default=0)):
        cells = (_cell(row + 1, rank, None, words[row]) for rank, words in listed if row < len(words))
        yield _row(row + 1, None, cells)
