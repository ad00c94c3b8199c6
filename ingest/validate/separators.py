"""What « , » and « . » mean in a column of numbers: thousands or decimals, as the column itself shows.

Belongs here: the forms in which a number is written, what each proves, and reading a column of them. Does not belong
here: other types (`ingest.validate.values`), what happens to texts that cannot be read (`ingest.validate.chunk`).

« 1,234 » is 1234 for one writer and 1.234 for another. Such a text (one to three digits, one sign, three digits) is
read only when the rest of its column in the same delivery, or the contract, says which. It is never guessed: a wrong
guess would be wrong by a factor of 1000. That a column is of integers proves nothing: real ones hold means of persons
(0.5 in « Nombre de CDD »). There are two conventions: the English one groups by « , » and writes decimals after « . »,
the continental one does the reverse. A column that shows both has several writers, and none of its ambiguous texts is
read.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data_contracts.loading import Field

_SPACE = r"[\s\u00a0\u202f]"
_TICK = r"['\u2019]"  # Swiss thousands
_GROUPS = rf"({_SPACE}\d{{3}})+|({_TICK}\d{{3}})+"
_AMBIGUOUS = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
# 1 234 · 1 234,5 · 1'234.5 : thousands grouped by a sign that is never a decimal mark
_SPACED = rf"^[+-]?\d{{1,3}}({_GROUPS})([.,]\d+)?$"
# 1.234.567 · 1.234,5 · 1.234.567,89, and the same with the signs exchanged: the last of two signs is the decimal mark
_CONTINENTAL = r"^[+-]?[1-9]\d{0,2}((\.\d{3})+,\d+|(\.\d{3}){2,})$"
_ENGLISH = r"^[+-]?[1-9]\d{0,2}((,\d{3})+\.\d+|(,\d{3}){2,})$"
MARKS = (".", ",")
DECIMAL, GROUPS = "decimal", "groups"
_PERCENT = rf"{_SPACE}*%$"


@dataclass(frozen=True)
class Reading:
    """What « . » and « , » mean in the ambiguous texts of a column; None when nothing says it.

    torn: the column shows both conventions.
    """

    dot: str | None = None
    comma: str | None = None
    torn: bool = False


Proof = tuple[str, str]  # (mark, what it is)


@dataclass(frozen=True)
class Numbers:
    """A column that was read: its numbers (Float64, or Int64 for an integer), NULL where a text is no number.

    ambiguous: texts that could be two numbers, so that neither is taken. torn: the column shows both conventions.
    percent: texts that give their unit themselves; None where no rate is expected.
    """

    values: pl.Series
    ambiguous: pl.Series
    torn: bool
    percent: pl.Series | None


def reading(proofs: set[Proof] | frozenset[Proof], declared: str | None = None) -> Reading:
    """How the ambiguous texts of a column are read, given its proofs and the decimal mark that its contract declares.

    A mark is read as decimal only when the column writes decimals after it, and as grouping only when the column groups
    by it. What one mark does proves nothing of the other: beside 1,234,567, « 1.234 » may be the thousand of another
    writer as well as a fraction; and decimals after « . » do not prove that « , » groups.
    """
    shown = {*proofs, *([(declared, DECIMAL)] if declared else [])}
    english = bool(shown & {(".", DECIMAL), (",", GROUPS)})
    continental = bool(shown & {(",", DECIMAL), (".", GROUPS)})
    if english and continental:
        return Reading(torn=True)
    known = dict(shown)  # since the column is not torn, each mark has one meaning at most
    return Reading(dot=known.get("."), comma=known.get(","))


class Separators:
    """What the columns of one delivery have shown so far, and how their ambiguous texts were first read.

    A file is read chunk by chunk, and a proof may come after an ambiguous text. `settled` says whether every ambiguous
    text was read as the whole file demands. If not, the file is read again with the same object.
    """

    def __init__(self, *, typed: bool = False) -> None:
        """typed: the file types its numbers. Its reader then writes them with « . », which proves nothing."""
        self.shown = (",",) if typed else MARKS
        self._proofs: dict[tuple[str, str], set[Proof]] = {}
        self._read: dict[tuple[str, str], tuple[Reading, str | None]] = {}

    def proofs(self, entity: str, field: str) -> set[Proof]:
        """What a column has shown so far."""
        return self._proofs.setdefault((entity, field), set())

    def reading_of(self, entity: str, field: str, declared: str | None) -> Reading:
        """How the ambiguous texts of a column are to be read, given what it has shown so far."""
        current = reading(self.proofs(entity, field), declared)
        self._read.setdefault((entity, field), (current, declared))
        return current

    @property
    def settled(self) -> bool:
        """Whether every ambiguous text was read as all the proofs demand."""
        return all(reading(self.proofs(*column), declared) == first for column, (first, declared) in self._read.items())

    def begin_again(self) -> None:
        """Prepares to read the file again, with all that its columns have shown."""
        self._read = {}


def numbers(column: pl.Series, field: Field, marks: Separators, entity: str, declared: str | None) -> Numbers:
    """Reads a column of cleaned texts, and adds to `marks` what it shows.

    declared: the decimal mark of the format, when its documentation says it. A percent sign is read where a rate is
    expected: as it is in a field in `pct`, as hundredths in a `fraction`; anywhere else the text is no number.
    """
    percent = None
    text = column
    if field.unit in ("pct", "fraction"):
        percent = column.str.ends_with("%").fill_null(False)
        text = column.str.replace(_PERCENT, "") if percent.any() else column
    value = _plain(text)
    proofs = marks.proofs(entity, field.name)
    _learn(text, value, proofs, marks.shown)
    torn = False
    unread = text.is_not_null() & value.is_null()
    ambiguous = text.str.contains(_AMBIGUOUS).fill_null(False)
    if unread.any():
        value = value.zip_with(~unread, _grouped(text))
    if ambiguous.any():
        read = marks.reading_of(entity, field.name, declared)
        torn = read.torn
        value = value.zip_with(~ambiguous, _resolved(text, read))
    if field.unit == "fraction" and percent is not None and percent.any():
        value = value.zip_with(~percent, value / 100)
    ambiguous = ambiguous & value.is_null()
    if field.logical_type == "integer":
        value = _evaluated(value, _whole(pl.col("x")))
    return Numbers(value, ambiguous, torn, percent)


def _evaluated(column: pl.Series, expression: pl.Expr) -> pl.Series:
    return column.to_frame("x").select(expression.alias("v"))["v"]


def _number(text: pl.Expr) -> pl.Expr:
    value = text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _whole(number: pl.Expr) -> pl.Expr:
    """The integer that a number is, exactly; NULL when it is none."""
    return pl.when((number == number.round(0)) & (number.abs() < 9e15)).then(number).cast(pl.Int64)


def _plain(text: pl.Series) -> pl.Series:
    """Numbers without thousands, after either mark; NULL for anything else, and for the infinite."""
    return _evaluated(text, _number(pl.col("x")))


def _learn(text: pl.Series, value: pl.Series, known: set[Proof], shown: tuple[str, ...]) -> None:
    """Adds to `known` what texts prove.

    value: the texts as plain numbers, NULL when their thousands are grouped. shown: the marks that the sender wrote.
    """
    for mark in shown:
        if (mark, DECIMAL) not in known:
            marked = text.filter(text.str.contains(mark, literal=True) & value.is_not_null())
            if len(marked) and not marked.str.contains(_AMBIGUOUS).all():
                known.add((mark, DECIMAL))
    others = text.filter(text.is_not_null() & value.is_null())
    if others.is_empty():
        return
    for form, groups, decimal in ((_ENGLISH, ",", "."), (_CONTINENTAL, ".", ",")):
        written = others.filter(others.str.contains(form))
        if len(written):
            known.add((groups, GROUPS))
        if written.str.contains(decimal, literal=True).any():
            known.add((decimal, DECIMAL))
    spaced = others.filter(others.str.contains(_SPACED))
    known |= {(mark, DECIMAL) for mark in MARKS if spaced.str.contains(mark, literal=True).any()}


def _grouped(text: pl.Series) -> pl.Series:
    """Numbers with grouped thousands, where the form of the text alone shows how it groups; NULL for anything else."""
    x = pl.col("x")
    digits = (
        pl.when(x.str.contains(_SPACED))
        .then(x.str.replace_all(rf"{_SPACE}|{_TICK}", ""))
        .when(x.str.contains(_CONTINENTAL))
        .then(x.str.replace_all(".", "", literal=True))
        .when(x.str.contains(_ENGLISH))
        .then(x.str.replace_all(",", "", literal=True))
    )
    return _evaluated(text, _number(digits))


def _resolved(text: pl.Series, read: Reading) -> pl.Series:
    """The numbers of ambiguous texts, read as their column demands; NULL when it does not say."""
    x = pl.col("x")
    value = pl.lit(None, pl.Float64)
    for mark, meaning in ((".", read.dot), (",", read.comma)):
        if meaning:
            digits = x if meaning == DECIMAL else x.str.replace(mark, "", literal=True)
            value = pl.when(x.str.contains(mark, literal=True)).then(_number(digits)).otherwise(value)
    return _evaluated(text, value)
