"""Keys of identifiers: FINESS, SIREN, SIRET, NIR, RPPS.

Belongs here: whether the key of a number holds. Does not belong here: how a number was written
(`ingest.validate.rewritings`).

A wrong key is a warning, never a rejection: no normative text makes the FINESS key binding, and the national examples
themselves have wrong keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import luhn
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

_NIR = re.compile(r"(\d{5})(\d\d|2[AB])(\d{6})(\d\d)?", re.ASCII)
_CORSICAN_NIR = {"2A": "19", "2B": "18"}
_CORSICA = {"2A": "21", "2B": "22"}  # the key is computed on the numbers that replace the letters


def finess_key_holds(number: str) -> bool:
    """Luhn over nine characters, Corsica replaced by 21/22. Source: verified on 6 531 real EHPAD numbers."""
    digits = _CORSICA.get(number[:2].upper(), number[:2]) + number[2:]
    return len(digits) == 9 and digits.isascii() and digits.isdigit() and luhn.is_valid(digits)


def siren_key_holds(number: str) -> bool:
    return stdnum_siren.is_valid(number)


def siret_key_holds(number: str) -> bool:
    return stdnum_siret.is_valid(number)


def nir_key_holds(number: str) -> bool:
    """Key of a NIR, a NIA or an INS: 97 - (thirteen digits modulo 97), Corsica's 2A counted as 19 and 2B as 18.

    Thirteen characters without their key are right: INS and RESID-ESMS carry them so. Millions of numbers are checked
    here; python-stdnum takes ten times longer, and the tests compare the two.
    """
    match = _NIR.fullmatch(number) or _NIR.fullmatch(number.replace(" ", "").upper())
    if match is None:
        return False
    before, department, after, key = match.groups()
    return key is None or int(key) == 97 - int(before + _CORSICAN_NIR.get(department, department) + after) % 97


def rpps_key_holds(number: str) -> bool:
    """Luhn over the eleven digits of a number of the shared directory of professionals."""
    return len(number) == 11 and number.isascii() and number.isdigit() and luhn.is_valid(number)


KEYS: dict[str, Callable[[str], bool]] = {
    "finess": finess_key_holds,
    "siren": siren_key_holds,
    "siret": siret_key_holds,
    "nir": nir_key_holds,
    "rpps": rpps_key_holds,
}
