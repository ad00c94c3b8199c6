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


def cle_luhn(chiffres: str) -> str:
    """The digit that makes `chiffres` + digit pass Luhn's test."""
    somme = 0
    for rang, caractere in enumerate(reversed(chiffres)):
        valeur = int(caractere) * (2 if rang % 2 == 0 else 1)
        somme += valeur - 9 if valeur > 9 else valeur
    return str(-somme % 10)


def luhn_valide(numero: str) -> bool:
    """Whether a number (FINESS included: Corsica's letter is read as a digit) carries its right key."""
    chiffres = chiffres_finess(numero)
    return chiffres.isdigit() and cle_luhn(chiffres[:-1]) == chiffres[-1]


def chiffres_finess(numero: str) -> str:
    """A FINESS number with Corsica's département letter replaced as its key requires."""
    return {"2A": "21", "2B": "22"}.get(numero[:2], numero[:2]) + numero[2:]


def numero_finess(racine: str, sequence: int) -> str:
    """FINESS number: reserved root of the département, sequence, key."""
    corps = f"{racine}{sequence:0{8 - len(racine)}d}"
    if len(corps) != 8:
        raise ValueError(f"plus de place dans la plage FINESS fictive {racine} pour le rang {sequence}")
    return corps + cle_luhn(chiffres_finess(corps))


def numero_siren(sequence: int) -> str:
    """SIREN in the range that INSEE never allotted."""
    corps = f"000{sequence:05d}"
    if len(corps) != 8:
        raise ValueError(f"plus de place dans la plage SIREN fictive pour le rang {sequence}")
    return corps + cle_luhn(corps)


def numero_siret(siren: str, rang: int) -> str:
    """SIRET of the n-th site of a company."""
    corps = f"{siren}{rang:04d}"
    return corps + cle_luhn(corps)


def numeros_finess(racines: Iterable[str], sequences: Iterable[int]) -> list[str]:
    """FINESS numbers of many structures."""
    return [numero_finess(racine, int(s)) for racine, s in zip(racines, sequences, strict=True)]
