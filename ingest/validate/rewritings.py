"""Numbers and codes that a spreadsheet, or a person, wrote otherwise: what they certainly were, or nothing.

Belongs here: lost zeros, added decimals, spaces and small letters, put right when the result is certain. Does not
belong here: whether a well written code exists on its date (`ingest.validate.places`), what happens to a wrong value
(`ingest.validate.chunk`).

A spreadsheet makes numbers of codes: 01053 becomes 1053, then 1053.0; 2a stands for 2A. A writing is restored only when
the result is of the domain. A zero is restored only when the key then holds or the place exists. 2,601E+13 has lost its
digits, and nothing can restore it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from data_contracts import territoires
from data_contracts.value_domains import Domain
from ingest.validate import identifiers

ZERO = "zéro de tête perdu, rétabli"
_DECIMALS = re.compile(r"(?<=\d)[.,]0+$", re.ASCII)


def restored(value: str, domain: Domain) -> tuple[str, str] | None:
    """The value as its domain writes it, and what was done to it, in French; None when it is right or beyond repair.

    >>> restored("1053", domains()["commune"])
    ('01053', 'zéro de tête perdu, rétabli')
    """
    if (code := _other_code(value, domain)) is not None:
        return code, "département d'outre-mer écrit dans l'autre code (FINESS, code officiel), ramené à celui du champ"
    if domain.pattern is None or re.fullmatch(domain.pattern, value):
        return None
    for written, done in _writings(value, domain):
        if re.fullmatch(domain.pattern, written) and (not done.endswith(ZERO) or _certain(written, domain)):
            return written, done
    return None


def _writings(value: str, domain: Domain) -> Iterator[tuple[str, str]]:
    """What the value may have been, the least changed first, and what was done to it."""
    done: list[str] = []
    for change, what in (
        (lambda text: re.sub(r"[\s'’]", "", text), "espaces ou apostrophe ôtés"),
        (lambda text: _DECIMALS.sub("", text), "décimales de tableur ôtées"),
        (str.upper, "majuscule rétablie"),
    ):
        if (changed := change(value)) != value:
            value = changed
            done.append(what)
            yield value, ", ".join(done)
    if domain.length and value.isascii() and value.isdigit() and 0 < domain.length - len(value) <= _zeros(domain):
        yield value.zfill(domain.length), ", ".join((*done, ZERO))


def _zeros(domain: Domain) -> int:
    """How many leading zeros may be restored: several only in a code that is read together with its département."""
    return 2 if domain.place == "commune_finess" else 1


def _certain(value: str, domain: Domain) -> bool:
    """Whether a value is certain once its zero is restored: its key holds, or its place exists, or it has neither."""
    if domain.key:
        return identifiers.KEYS[domain.key](value)
    exists = _EXISTS.get(domain.place or "")
    return exists is None or exists(value)


def _other_code(value: str, domain: Domain) -> str | None:
    """An overseas département in the code that the field uses: FINESS and the code officiel differ (9D is 974)."""
    if domain.place == "departement_finess":
        return _of_cog().get(value)
    if domain.place == "departement" and not _is_departement(value):
        return territoires.finess_departements().get(value)
    return None


@cache
def _of_cog() -> dict[str, str]:
    """Official code -> code of FINESS, for the départements where they differ."""
    return {cog: finess for finess, cog in territoires.finess_departements().items() if cog != finess}


@cache
def _communes() -> frozenset[str]:
    return frozenset(territoires.commune_codes())


def _is_departement(code: str) -> bool:
    return code in territoires.departements()


_EXISTS: dict[str, Callable[[str], bool]] = {
    "commune": lambda code: code in _communes(),
    "commune_ou_ancienne": lambda code: code in _communes(),
    "departement": _is_departement,
    "departement_ou_regroupement": _is_departement,
    "departement_finess": lambda code: code in territoires.finess_departements(),
    "region": lambda code: code in territoires.region_of().values(),
    "code_postal": lambda code: postal_departements(code) != (),
    "domicile": lambda code: postal_departements(code) != (),
}


def postal_departements(code: str) -> tuple[str, ...]:
    """The départements of the prefix of a postal code; none when La Poste has no such prefix.

    20 is both of Corsica, 97 and 98 take three digits; Saint-Barthélemy and Saint-Martin keep Guadeloupe's 971, and
    98000 is Monaco, whose residents FINESS serves.
    """
    if code[:2] == "20":
        return ("2A", "2B")
    if code[:3] == "980":
        return ("MC",)
    if code[:3] == "971":
        return ("971", "977", "978")
    prefix = code[:3] if code[:2] in ("97", "98") else code[:2]
    return (prefix,) if _is_departement(prefix) else ()
