"""Titles of columns: how two titles are compared, how one is shown.

Belongs here: normalising a title, escaping what is quoted of a file. Does not belong here: comparing headers
(`ingest.receive.headers`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ARTEFACTS = str.maketrans({"\ufeff": "", "\u00a0": " ", "\u202f": " ", "\x92": "'", "\u2019": "'", "\u2018": "'"})


def normalise_title(title: str) -> str:
    """A title without the artefacts of exports: BOM, no-break or doubled spaces, curly apostrophes, NFD accents."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", title).translate(_ARTEFACTS)).strip()


@lru_cache(maxsize=16_384)  # the titles of every contract, compared with those of every file
def title_key(name: str) -> str:
    """The key under which a column is looked up: its normalised title, or nothing when a reader had to name it."""
    return "" if re.fullmatch(r"\(colonne \d+ sans titre\)", name) else normalise_title(name)


def rank_off(title: str) -> str:
    """A title without the rank that tells its second occurrence from the first."""
    return re.sub(r" \([2-9]\d*\)$", "", title)


def shown(text: str) -> str:
    """A text that quotes a file, on one line, without what would act on a terminal or a page: that is escaped.

    Control characters (the escape of a colour or of a window's title), marks of direction, separators of lines.
    """
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else character
        for character in text.replace("\n", " ")
    )
