"""FINESS, SIREN and SIRET numbers that are valid by their key and cannot be anyone's.

Belongs here: making numbers. Does not belong here: reading or checking delivered ones.

Why these cannot be real:
- FINESS: département (2 characters) + « 9 » + sequence + Luhn key. The third character of every real number seen
  (the 6 531 EHPAD of the CNSA price file and 1 400 EJ and ET of the FINESS+ sample) is 0;
  « 9 » is kept for what is invented.
  Overseas numbers start 97 or 98 as the real ones do (970…, 980…), hence 9791… to 9794…, 9895….
  For the key, Corsica reads 2A -> 21 and 2B -> 22.
- SIREN: « 000 » + sequence + Luhn key: INSEE has never allotted a number under 005.
- SIRET: that SIREN + sequence of the site + Luhn key over the fourteen digits.
"""

from __future__ import annotations

from collections.abc import Iterable


def luhn_key(digits: str) -> str:
    """The digit that, written after `digits`, makes them pass the test of Luhn."""
    total = 0
    for rank, panel_text in enumerate(reversed(digits)):
        value = int(panel_text) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def finess_digits(number: str) -> str:
    """A FINESS number as its key requires: the letter of the département replaced by a digit in Corsica."""
    return {"2A": "21", "2B": "22"}.get(number[:2], number[:2]) + number[2:]


def finess_number(root: str, sequence: int) -> str:
    """A FINESS number: the reserved root of the département, the sequence, the key."""
    body = f"{root}{sequence:0{8 - len(root)}d}"
    if len(body) != 8:
        raise ValueError(f"plus de place dans la plage FINESS fictive {root} pour le rang {sequence}")
    return body + luhn_key(finess_digits(body))


def siren_number(sequence: int) -> str:
    """A SIREN in the range that INSEE never allotted."""
    body = f"000{sequence:05d}"
    if len(body) != 8:
        raise ValueError(f"plus de place dans la plage SIREN fictive pour le rang {sequence}")
    return body + luhn_key(body)


def siret_number(siren: str, rank: int) -> str:
    """The SIRET of the n-th site of a company."""
    body = f"{siren}{rank:04d}"
    return body + luhn_key(body)


def finess_numbers(roots: Iterable[str], sequences: Iterable[int]) -> list[str]:
    """The FINESS numbers of many structures."""
    return [finess_number(root, int(s)) for root, s in zip(roots, sequences, strict=True)]
