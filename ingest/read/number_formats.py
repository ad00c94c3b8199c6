"""What the number format of a workbook cell says of its number: a percentage, a date, a code with leading zeros.

Belongs here: format codes (ECMA-376 part 1, 18.8.30 and 18.8.31), and a number with its format as text. Does not belong
here: cells and sheets (`workbook`), what a text means for a column (`ingest.validate.values`).

A value is read as it is stored, not as it is shown: a format never rounds, scales or groups it. A format only says what
the value is. 0.975 under `0.0%` is « 97.5 % », 45292 under `dd/mm/yyyy` is a day, 10000024 under `000000000` is a code
of nine figures.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from openpyxl.utils.datetime import from_excel

from ingest.read.frames import unambiguous

# A quoted text, an escaped sign, the width of a sign, a repeated sign, a bracket, the end of a section, any other sign.
_TOKEN = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|;|.', re.S)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[\d.]+)\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.I)
_TEST: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
# « Standard » is « General » in French; some exporters write format codes in the language of their users (jj/mm/aaaa).
_GENERAL = ("", "general", "standard", "@")
_CLOCK = re.compile(r"s+\.0+", re.I)  # fractions of a second: the only zeros of a date
_DATE_LETTERS = re.compile(r"[dmyhsj]|a{2,}", re.I)
_INTEGER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Section:
    """One of the parts of a format. applies: whether a value is shown by it. width: least number of figures shown."""

    applies: Callable[[float], bool]
    kind: Literal["number", "date", "elapsed"] = "number"
    percents: int = 0
    width: int = 1


@lru_cache(maxsize=4_096)
def sections(code: str) -> tuple[Section, ...]:
    """The parts of a format code, in order. A value is shown by the first part that applies to it."""
    parts = list(_parts(code))
    listed: list[Section] = []
    for rank, (body, condition, elapsed) in enumerate(parts):
        last = rank == len(parts) - 1 or rank == 2
        applies = condition or _by_sign(rank, len(parts), last=last)
        listed.append(_section(body, applies, elapsed=elapsed))
        if last:
            break
    return tuple(listed)


def _parts(code: str) -> Iterator[tuple[str, Callable[[float], bool] | None, bool]]:
    """For each part: its signs that are not literal, escaped or in brackets; its condition; whether it counts hours."""
    body, condition, elapsed = "", None, False
    for token in _TOKEN.findall(code):
        if token == ";":
            yield body, condition, elapsed
            body, condition, elapsed = "", None, False
        elif token[0] == "[":
            if asked := _CONDITION.fullmatch(token):
                condition = _compared(_TEST[asked[1]], float(asked[2]))
            elapsed = elapsed or _ELAPSED.fullmatch(token) is not None
        elif token[0] not in '"\\_*':
            body += token
    yield body, condition, elapsed


def _compared(test: Callable[[float, float], bool], bound: float) -> Callable[[float], bool]:
    return lambda value: test(value, bound)


def _by_sign(rank: int, count: int, *, last: bool) -> Callable[[float], bool]:
    """A single part applies to all values. The first of two applies to those that are not negative, the second to the
    others. Three parts apply to positive values, negative values, zero.
    """
    if last:
        return lambda value: True
    if rank == 0:
        return (lambda value: value >= 0) if count == 2 else (lambda value: value > 0)
    return lambda value: value < 0


def _section(body: str, applies: Callable[[float], bool], *, elapsed: bool) -> Section:
    bare = body.strip().lower()
    if elapsed:
        return Section(applies, "elapsed")
    if bare in _GENERAL:
        return Section(applies)
    if _DATE_LETTERS.search(bare) and not re.search(r"[0#?]", _CLOCK.sub("", bare)):
        return Section(applies, "date")
    return Section(applies, percents=bare.count("%"), width=_width(bare))


def _width(body: str) -> int:
    """The least number of figures that a whole number shows: nine for `000000000`, ten for `0#" "##" "##" "##" "##`."""
    if re.search(r"[.%/e]", body):
        return 1
    places = re.sub(r"[^0#?]", "", body)
    return len(places) - places.index("0") if "0" in places else 1


def number_text(stored: str, code: str, epoch: datetime) -> str:
    """A stored number as text, with what its format says that it is, so that it can be read in one way only.

    It has fifteen significant figures, as in a spreadsheet: further figures are the noise of binary fractions. A whole
    number keeps all its figures. A number that is no possible day or hour stays a number.
    """
    value = float(stored)
    section = next((s for s in sections(code) if s.applies(value)), None)
    if section is None or section.kind == "number":
        return _plain(stored, value, section)
    try:
        moment = from_excel(_to_the_second(value), epoch, timedelta=section.kind == "elapsed")
    except (OverflowError, ValueError):
        return _plain(stored, value, None)
    return moment_text(moment) if value >= 0 else _plain(stored, value, None)


def _plain(stored: str, value: float, section: Section | None) -> str:
    if _INTEGER.fullmatch(stored):
        text = str(int(stored))
    else:
        text = f"{value:.15g}"
        if "e" in text:
            text = format(Decimal(text), "f")
    if section is None:
        return unambiguous(text)
    if section.percents:
        scaled = (Decimal(text) * 100**section.percents).normalize()
        return unambiguous(format(scaled, "f")) + " %"
    return text.zfill(section.width) if text.isdigit() else unambiguous(text)


def _to_the_second(days: float) -> float:
    """A time in days, rounded to the second: fractions of a day are seldom exact (8 h 30 is 0.354166666666667)."""
    return round(days * 86_400) / 86_400


def moment_text(value: Any) -> str:
    """A day or an hour in ISO form; a duration in hours, minutes and seconds, with as many hours as there are."""
    match value:
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
        case time():
            return value.isoformat("seconds")
        case date():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)
