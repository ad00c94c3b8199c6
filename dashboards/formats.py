"""Numbers, units and dates as French readers write them.

Belongs here: turning a value into text. Unknown is written « inconnu », never 0.
Does not belong here: labels of codes (`labels`).
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from unicodedata import combining, normalize

from data_contracts.dictionary import units
from data_contracts.figures import NARROW, trimmed, written
from ingest.clock import PARIS

INCONNU = "inconnu"
SECRET = "secret"  # known, and hidden because it counts too few persons
NBSP = "\u00a0"

# Decimals of a figure to compare with others; an amount has them only under 1 000.
DECIMALS = {
    "pct": 1,
    "%": 1,
    "pour_mille": 1,
    "pour 1 000": 1,
    "points": 0,
    "eur_par_jour": 2,
    "places": 0,
    "personnes": 0,
}
NO_UNIT = {"", "nombre", "code", "texte", "date", "booleen"}
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
# Numbers of the charts, for Vega (d3-format and d3-time-format locales).
NUMBER_LOCALE = {"decimal": ",", "thousands": NARROW, "grouping": [3], "currency": ["", f"{NBSP}€"]}
TIME_LOCALE = {
    "dateTime": "%A %e %B %Y à %X",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["", ""],
    "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    "months": list(MONTHS),
    "shortMonths": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
}


def is_unknown(value: object) -> bool:
    """True for None and for the NaN / NaT / NA that a data frame makes of it."""
    if value is None:
        return True
    return bool(value != value) if isinstance(value, float) else str(value) in ("NaT", "<NA>")


def decimals_of(value: float, decimals: int | None = None, unit: str = "") -> int:
    """How many decimals a number is written with: those asked for, else those of its unit, else by its size.

    By size: none for whole or large numbers, one from 10 on, two below.
    """
    asked = DECIMALS.get(unit) if decimals is None else decimals
    if asked is not None:
        return asked
    return 0 if value == int(value) or abs(value) >= 10_000 else 1 if abs(value) >= 10 else 2


def number(value: float | None, decimals: int | None = None) -> str:
    """1234.5 → « 1 234,5 »; decimals are those of `decimals_of`."""
    if value is None or is_unknown(value):
        return INCONNU
    value = float(value)
    if math.isinf(value):
        return INCONNU
    return written(value, decimals_of(value, decimals))


def unit_sign(code: str | None) -> str:
    """Sign of a unit by the dictionary: « pct » → « % »; a unit already in words stays; none for a bare number."""
    if not code or code in NO_UNIT:
        return ""
    return re.sub(r"(?<=\d) (?=\d{3})", NARROW, units().get(code, code)).replace("pour ", f"pour{NBSP}")


def with_unit(value: float | None, unit_code: str | None, decimals: int | None = None) -> str:
    """1234.5, « eur » → « 1 234,5 € »; « inconnu » has no unit. Decimals are those of the unit unless given."""
    text = number(value, DECIMALS.get(unit_code or "") if decimals is None else decimals)
    sign = unit_sign(unit_code)
    return text if text == INCONNU or not sign else f"{text}{NBSP}{sign}"


def share(part: float | None) -> str:
    """0.99697 → « 99,69 % ». Digits are cut and not rounded, so that a share that is not whole never reads 100 %."""
    return INCONNU if part is None else with_unit(math.floor(part * 10_000 + 1e-9) / 100, "pct", 2)


def exact(value: float | None, unit_code: str | None) -> str:
    """A value as it was given, with six decimals at most, so that two answers that differ look different."""
    if value is None or is_unknown(value):
        return INCONNU
    return f"{trimmed(number(value, 6))}{nbsp_unit(unit_code)}"


def count(n: float | None, one: str, several: str) -> str:
    """« 1 établissement », « 0 établissement », « 12 établissements »."""
    return INCONNU if n is None else f"{whole(n)} {one if abs(n) < 2 else several}"


def whole(value: float | None) -> str:
    return number(value, 0)


def text(value: object) -> str:
    """Any text, « inconnu » when there is none."""
    return INCONNU if is_unknown(value) or str(value).strip() == "" else str(value)


def day_text(value: date | datetime | None) -> str:
    """Date as 31/12/2023."""
    return INCONNU if value is None or is_unknown(value) else value.strftime("%d/%m/%Y")


def instant_text(value: datetime | None) -> str:
    """« 21 novembre 2026 à 14 h 05 », Paris time."""
    if value is None:
        return INCONNU
    local = value.astimezone(PARIS)
    day = "1er" if local.day == 1 else str(local.day)
    return f"{day}{NBSP}{MONTHS[local.month - 1]} {local.year} à {local:%H}{NBSP}h{NBSP}{local:%M}"


def nbsp_unit(code: str | None) -> str:
    """Unit to write after a number, with its no-break space; empty when there is none."""
    sign = unit_sign(code)
    return f"{NBSP}{sign}" if sign else ""


def plain(value: str) -> str:
    """Text of a file or of a name, safe to write inside Markdown: every sign is shown as it is, on one line, and an
    address is no link."""
    on_one_line = re.sub(r"[\t-\r ]+", " ", value).strip(" ")
    return re.sub(r"([\\`*_\[\]<>#|~$:@&!]|(?<=www)\.)", r"\\\1", on_one_line, flags=re.IGNORECASE)


def folded(value: str) -> str:
    """A text without accents nor capitals, to search in: « Œuvre d'Étampes » → « oeuvre d'etampes »."""
    bare = normalize("NFKD", value.casefold().replace("œ", "oe"))
    return "".join(c for c in bare if not combining(c)).strip()
