"""Numbers of persons whose key is right and that cannot be anyone's: NIR, NIA, file of a MDPH.

Belongs here: birth places and numbers made of them. Does not belong here: who bears them (`etat_civil`).

Why these cannot be real: a NIR (or NIA, which starts with 7 or 8) is sex, year and month of birth, place of birth,
rank, key.
The place of birth is a département followed by a number that no commune of it ever had: 990 to 999 (the highest in
France is under 910), 90 to 99 overseas (where three digits tell the département) ; abroad, 99 and 980 to 989, which are
no country (the codes of countries stop at 99 5xx).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Entiers, rang_dans

ETRANGER = -1  # rank of the département of those who were born abroad
_NATIFS = 5  # of the ten invented communes of a département, those kept for people who live in it
_RANGS = 999  # ranks of a NIR by commune, month and sex
_CORSE = {"2A": "19", "2B": "18"}  # for the key


@dataclass(frozen=True)
class Lieux:
    """Roots of the birth places: `racines[d]` for a département, the last one for abroad ; `numeriques` for the key."""

    racines: np.ndarray
    numeriques: np.ndarray


def lieux() -> Lieux:
    """Every birth place less its last digit."""
    codes = facts.textes("departements", "code")
    racines = [f"{c}99" if len(c) == 2 else f"{c}9" for c in codes] + ["9998"]
    chiffres = [_CORSE.get(r[:2], r[:2]) + r[2:] for r in racines]
    return Lieux(np.array(racines, dtype=object), np.array([int(c) for c in chiffres]))


def places(cles: Entiers, naissance: Entiers, residence: int) -> tuple[Entiers, Entiers]:
    """Last digit of the birth place and rank in the register of each person, so that no two have the same number.

    `cles`: sex and month of birth as one number ; `naissance`: rank of the département of birth ; `residence`: rank of
    the one where they live: those born elsewhere share ranks that no other département of residence uses.
    """
    rang = rang_dans(cles * 1000 + naissance + 1)
    natif = naissance == residence
    n_departements = len(facts.textes("departements", "code"))
    par_residence = (10 - _NATIFS) * _RANGS // n_departements
    if (rang[natif] >= _NATIFS * _RANGS).any() or (rang[~natif] >= par_residence).any():
        raise ValueError("plus de place dans la plage des NIR fictifs : trop de personnes nées le même mois")
    suite = np.where(natif, rang, residence * par_residence + rang)
    chiffre = np.where(natif, suite % _NATIFS, _NATIFS + suite % (10 - _NATIFS))
    return chiffre, suite // np.where(natif, _NATIFS, 10 - _NATIFS) + 1


def matricules(
    genre: Entiers, annee: Entiers, mois: Entiers, naissance: Entiers, chiffre: Entiers, rang: Entiers
) -> pl.DataFrame:
    """`lieu` (five characters), `nir` (thirteen) and `cle` (two). `genre`: 1 man, 2 woman ; 7 and 8 for a NIA."""
    racines = lieux()
    tete = (genre * 100 + annee % 100) * 100 + mois
    nombre = ((tete * 10_000 + racines.numeriques[naissance]) * 10 + chiffre) * 1000 + rang
    textes = {
        "tete": tete,
        "racine": racines.racines[naissance].astype(str),
        "chiffre": chiffre,
        "rang": rang,
        "cle": 97 - nombre % 97,
    }
    zeros = (("rang", 3), ("cle", 2))
    table = pl.DataFrame(textes).with_columns(pl.col(c).cast(pl.String).str.zfill(n) for c, n in zeros)
    lieu = pl.concat_str("racine", "chiffre")
    return table.select(lieu.alias("lieu"), pl.concat_str("tete", lieu, "rang").alias("nir"), "cle")


def cle_nir(numero: str) -> str:
    """The key of thirteen characters."""
    return f"{97 - int(numero[:5] + _CORSE.get(numero[5:7], numero[5:7]) + numero[7:13]) % 97:02d}"
