"""Numbers of persons (NIR, NIA) whose key is right and that cannot be anyone's.

Belongs here: invented birth places, and the numbers made of them. Does not belong here: who bears them (`etat_civil`),
where a person is said to be born (`births`), which is a place of the same département.

A NIR is made of sex, year and month of birth, place of birth, rank and key; a NIA starts with 7 or 8. None of these can
be real, because of the place of birth. It is a département followed by a number that no commune of it ever had: 990 to
999 (the highest in France is under 910), 90 to 99 overseas, where three digits tell the département. Abroad, it is 99
followed by 980 to 989, which are no country (the codes of countries stop at 99 5xx).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Integers, rank_within

ABROAD = -1  # rank of the département of those who were born abroad
_N_NATIVE = 5  # of the ten invented communes of a département, those kept for people who live in it
_N_RANKS = 999  # ranks of a NIR by commune, month and sex
_CORSE = {"2A": "19", "2B": "18"}  # for the key


@dataclass(frozen=True)
class BirthPlaces:
    """The birth places less their last digit, one a département, then one for abroad.

    `roots` are the texts; `numeric` are the numbers from which the key is computed.
    """

    roots: np.ndarray
    numeric: np.ndarray


def birth_places() -> BirthPlaces:
    """Every birth place less its last digit."""
    codes = facts.texts("departements", "code")
    roots = [f"{c}99" if len(c) == 2 else f"{c}9" for c in codes] + ["9998"]
    digits = [_CORSE.get(r[:2], r[:2]) + r[2:] for r in roots]
    return BirthPlaces(np.array(roots, dtype=object), np.array([int(c) for c in digits]))


def places(keys: Integers, birth: Integers, residence: int) -> tuple[Integers, Integers]:
    """Last digit of the birth place and rank in the register, so that no two persons have the same number.

    `keys`: sex and month of birth, as one number. `birth`: rank of the département of birth. `residence`: rank of the
    département where they live; those born elsewhere share ranks that no other département of residence uses.
    """
    rank = rank_within(keys * 1000 + birth + 1)
    native = birth == residence
    n_departements = len(facts.texts("departements", "code"))
    per_residence = (10 - _N_NATIVE) * _N_RANKS // n_departements
    if (rank[native] >= _N_NATIVE * _N_RANKS).any() or (rank[~native] >= per_residence).any():
        raise ValueError("plus de place dans la plage des NIR fictifs : trop de personnes nées le même mois")
    sequence = np.where(native, rank, residence * per_residence + rank)
    digit = np.where(native, sequence % _N_NATIVE, _N_NATIVE + sequence % (10 - _N_NATIVE))
    return digit, sequence // np.where(native, _N_NATIVE, 10 - _N_NATIVE) + 1


def matricules(
    kind: Integers, year: Integers, month: Integers, birth: Integers, digit: Integers, rank: Integers
) -> pl.DataFrame:
    """The columns `nir` (thirteen characters) and `cle` (two).

    `kind` is 1 for a man, 2 for a woman, 7 and 8 for their NIA.
    """
    roots = birth_places()
    head = (kind * 100 + year % 100) * 100 + month
    number = ((head * 10_000 + roots.numeric[birth]) * 10 + digit) * 1000 + rank
    texts = {
        "tete": head,
        "racine": roots.roots[birth].astype(str),
        "chiffre": digit,
        "rang": rank,
        "cle": 97 - number % 97,
    }
    zeros = (("rang", 3), ("cle", 2))
    table = pl.DataFrame(texts).with_columns(pl.col(c).cast(pl.String).str.zfill(n) for c, n in zeros)
    return table.select(pl.concat_str("tete", "racine", "chiffre", "rang").alias("nir"), "cle")
