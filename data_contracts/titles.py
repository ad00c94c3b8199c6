"""Titles of columns: how two titles are compared.

Belongs here: normalising a title. Does not belong here: comparing headers (`ingest.receive.headers`).
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
