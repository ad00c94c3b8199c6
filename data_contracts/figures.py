"""Numbers as French readers read them: rounded as spreadsheets round, written with French signs.

Belongs here: rounding for whoever shows or writes a figure (pages, files, reports, commands), and its digits.
Does not belong here: units, how many decimals a figure has (`dashboards.formats`), computing.

Python's `round` takes 0.5 to 0 and its formats take 2.675 to 2.67: no figure that people read goes through them (a test
of contract looks for both).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

NARROW = "\u202f"  # narrow no-break space: groups of thousands
_MINUS = "\u2212"
# Digits that a spreadsheet keeps of a number: what comes after is the noise of sums of doubles (100 × 1.005 is
# 100.49999999999999, which reads 100.5).
_KEPT = 15
_WHOLE = 10.0**_KEPT  # from there on, a double holds no half that would be read
# Its own context: that of the thread has 28 digits, which a large sum can pass, and anyone may change it.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)


def rounded(value: float, decimals: int) -> float:
    """A number as it is read, half away from zero as spreadsheets do: 69.125 → 69.13; 2.675 → 2.68; −0.5 → −1."""
    return float(_at(value, decimals)) + 0.0  # no « −0 »


def written(value: float, decimals: int) -> str:
    """The same in French: 1234.5 with two decimals → « 1 234,50 ». The number is finite."""
    digits = _at(value, decimals)
    text = f"{digits.copy_abs():,f}"  # copied: `abs` would round as the thread does
    text = text.replace(",", NARROW).replace(".", ",")
    return f"{_MINUS}{text}" if digits < 0 else text


def trimmed(text: str) -> str:
    """A written number without the zeros that end its decimals: « 1 234,50 » → « 1 234,5 »."""
    return text.rstrip("0").rstrip(",") if "," in text else text


def _at(value: float, decimals: int) -> Decimal:
    is_read = isinstance(value, float) and abs(value) < _WHOLE
    exact = Decimal(format(value, f".{_KEPT}g") if is_read else repr(value))
    return exact.quantize(Decimal((0, (1,), -decimals)), context=_EXACT)
