"""Persons who are easily taken for one another: homonyms, twins, couples. All of it is true; nothing is a mistake.

Belongs here: how often it happens, and choosing who. Does not belong here: what it makes of their names and births
(`etat_civil`), mistakes about anybody (`rates`).

A rate is a share of the persons of whom one is first known in an ET (for applicants: of the applicants).
`verite/situations_personnes.parquet` has one row a pair.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.streams import Integers

# Two of one sex born the same year, known in one ET. Drawn at random, names would bring about one such pair in two
# thousand establishments; but names are local and families stay (cousins; a brother's widow): one establishment of a
# hundred persons in ten has a pair (assumption).
HOMONYMS = 0.002  # same names and place, another day
# The same, born abroad in one country, both on the first of January: the shares of `births`, then the names that few
# bear there more often than here (assumption).
FIRST_OF_JANUARY_HOMONYMS = 0.0005
APPLICANT_HOMONYMS = 0.002  # somebody who asks for a place where a homonym born the same year stays (assumption)
NEAR_HOMONYMS = (
    0.0005  # same given name, day and place, another family name (assumption: one in 365 of those of a year)
)
# Of the residents of houses for the elderly, 9 % of the women have a husband or a partner (DREES, Études et résultats
# 1015, 2017); half of them in the same house (assumption). She bears his name.
COUPLES = 0.04
# Twins are chosen with the stays (`several_stays.TWIN_SHARE`), since they have their births from them.

TWINS, COUPLE = "jumeaux", "couple"
HOMONYM, JANUARY, APPLICANT, NEAR = "homonymes", "homonymes_premier_janvier", "homonyme_demandeur", "quasi_homonymes"
SITUATIONS = (HOMONYM, JANUARY, APPLICANT, NEAR, TWINS, COUPLE)
SCHEMA = {"nature": pl.String, "personne_a": pl.Int64, "personne_b": pl.Int64}
Pairs = dict[str, tuple[Integers, Integers]]


def choose(
    rng: np.random.Generator, et: Integers, woman: np.ndarray, year: Integers, applicant: np.ndarray,
    elderly: np.ndarray, twin: Integers,
) -> Pairs:  # fmt: skip
    """The pairs of each nature, as two arrays of ranks: the second takes after the first.

    `et`: where each is first known. `applicant`: has asked for a place, and stays nowhere. `elderly`: stays in a house
    for the elderly. Nobody is in two pairs.
    """
    free = twin < 0
    pairs: Pairs = {}
    twins = np.flatnonzero(twin >= 0)
    twins = twins[twins < twin[twins]]
    pairs[TWINS] = (twins, twin[twins])
    same = (et * 2 + woman) * 10_000 + year

    def take(nature: str, first: np.ndarray, second: np.ndarray, key: Integers, share: float) -> None:
        """Pairs of a `first` and a `second` who share the key, as many as make the share of those who could be."""
        possible = np.flatnonzero((first | second) & free)
        # Those who share a key follow each other, in a random order.
        order = possible[np.lexsort((rng.random(len(possible)), key[possible]))]
        a, b = order[:-1], order[1:]
        fit = (key[a] == key[b]) & ((first[a] & second[b]) | (first[b] & second[a]))
        starts = np.flatnonzero(fit)
        starts = starts[np.diff(starts, prepend=-2) > 1]  # a chain of three makes one pair
        n = round(share * len(np.flatnonzero(second & free)) / (2 if (first & second).any() else 1))
        starts = np.sort(rng.permutation(starts)[:n])
        a, b = a[starts], b[starts]
        a, b = np.where(first[a] & second[b], a, b), np.where(first[a] & second[b], b, a)
        free[a] = free[b] = False
        pairs[nature] = (a, b)

    everybody = np.ones(len(et), dtype=bool)
    take(APPLICANT, ~applicant, applicant, same, APPLICANT_HOMONYMS)
    take(JANUARY, everybody, everybody, same, FIRST_OF_JANUARY_HOMONYMS)
    take(HOMONYM, everybody, everybody, same, HOMONYMS)
    take(NEAR, everybody, everybody, same, NEAR_HOMONYMS)
    take(COUPLE, ~woman & elderly, woman & elderly, et, COUPLES)
    return pairs


def table(pairs: Pairs, personnes: np.ndarray) -> pl.DataFrame:
    """The pairs as `SCHEMA`; `personnes`: the number of each person."""
    pieces = [
        pl.DataFrame({"nature": [nature] * len(a), "personne_a": personnes[a], "personne_b": personnes[b]}, SCHEMA)
        for nature, (a, b) in pairs.items()
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *pieces])
