"""What senders write when they do not answer: declared once for all, in `dictionary/non_reponses.csv`.

Belongs here: reading the list, and what a text means as a non-answer. Does not belong here: what becomes of the value
(`ingest.validate.chunk`). A field's own words (`nullValues`) are its contract's.

A word has a sens: `inconnu` (nobody knows), `sans_objet` (there is nothing to know), `secret` (its producer knows and
may not say), `erreur` (a spreadsheet failed), `nul` (zero, as the Insee writes it). Its portee: `partout`, or
`hors_texte`, where it cannot be a name or a word of a sentence: numbers, dates, yes-no, and texts that have a list of
codes or a pattern. A code of the field is never a non-answer. A row that names collections speaks for them alone, and
before the others.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data_contracts.contract import Field
from data_contracts.nomenclatures import codes

FOLDER, FILE = Path(__file__).resolve().parent / "dictionary", "non_reponses.csv"
UNKNOWN, NOTHING, SECRET, ERROR, ZERO = "inconnu", "sans_objet", "secret", "erreur", "nul"
EVERYWHERE, NOT_IN_TEXT = "partout", "hors_texte"


@dataclass(frozen=True)
class NonAnswers:
    """The words of one collection that are non-answers in one kind of field, in small letters, and the patterns."""

    words: dict[str, str]
    patterns: tuple[tuple[str, str], ...]

    @property
    def pattern(self) -> str:
        """One regular expression for a whole text in small letters that matches any of the patterns."""
        return f"^(?:{'|'.join(pattern for pattern, _ in self.patterns)})$"

    def meaning(self, text: str) -> str | None:
        """What a text means as a non-answer; None when it is none."""
        low = text.lower()
        if low in self.words:
            return self.words[low]
        return next((meaning for pattern, meaning in self.patterns if re.fullmatch(pattern, low)), None)


@lru_cache(maxsize=128)
def of(collection: str, *, free_text: bool, folder: Path = FOLDER) -> NonAnswers:
    """The non-answers of a collection. free_text: of a field where any word may stand."""
    with (folder / FILE).open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if not free_text or row["portee"] == EVERYWHERE]
    own = [row for row in rows if collection in row["collections"].split()]
    common = [row for row in rows if not row["collections"]]
    words = {row["mot"].lower(): row["sens"] for row in (*common, *own) if row["mot"]}
    patterns = tuple((row["motif"], row["sens"]) for row in (*own, *common) if row["motif"])
    return NonAnswers(words, patterns)


def is_free_text(field: Field) -> bool:
    """Whether any word may stand in a field: a text without list nor pattern."""
    return field.logical_type == "string" and not (
        field.nomenclature or field.accepted_values or field.option("pattern")
    )


def meaning(text: str, field: Field, collection: str) -> str | None:
    """What a text of a field means as a non-answer; None when it is an answer, of the field's own codes for one."""
    if text.lower() in {word.lower() for word in field.null_values}:
        return UNKNOWN
    found = of(collection, free_text=is_free_text(field)).meaning(text)
    return None if found is None or _is_code(text, field) else found


def _is_code(text: str, field: Field) -> bool:
    known = {*field.accepted_values, *(codes(field.nomenclature) if field.nomenclature else ())}
    if field.logical_type == "boolean":
        known |= {*field.true_values, *field.false_values}
    pattern = field.option("pattern") if field.logical_type == "string" else None
    return text.lower() in {code.lower() for code in known} or bool(pattern and re.search(pattern, text))
