"""Who the persons are: names, birth, numbers, where they live.

Belongs here: the true identity of each person of a département. Does not belong here: how a system writes it
(`spellings`), how often a name is borne (`invented_names`), where people are born (`births`), where the person stays.

No address exists: an invented person lives in a commune, and no more is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts, geography
from witness.generate.personnes import births, situations
from witness.generate.personnes.invented_names import Names
from witness.generate.personnes.person_numbers import ABROAD, matricules, places
from witness.generate.personnes.sejours import FIRST_DAY
from witness.generate.streams import Floats, Integers, Streams, pick

PER_DEPARTEMENT = 10_000_000  # persons are numbered by département
NIA_SHARE = 0.012  # base of the shares who wait for their NIR: more of those born abroad, fewer of the others
# Compound given names, of those that begin with the first name of their time and of the others. In 1946, 8.2 boys of
# 20.5 and 3.8 girls of 10 (INSEE, see `invented_names`); the others: assumption.
COMPOUND_SHARES = (0.39, 0.02)
# 89 % of the children born in 2012 bear the name of their father alone (Atlantico, from INSEE); before 2005 the law did
# not allow two names but by exception.
DOUBLE_NAME_SHARES, TWO_NAMES_SINCE = (0.01, 0.09), 2005
PARTICLE_SHARE = 0.007  # 0.4 % of births at the end of the 19th century, 0.9 % at the end of the 20th (B. Coulmont)
_PARTICLES = ("De ", "De La ", "Du ", "D'")
# 91 % of married women bear the name of their husband (1995, INED), 90 % of those over 65 and 60 % of those under 35
# (IFOP, 2022); times how many are or were married (assumption), who are fewer among the disabled.
MARRIED_NAME_SHARES, MARRIAGE_YEARS = (0.80, 0.55, 0.25, 0.0), (1950, 1975, 1995)
MARRIED_NAME_OF_DISABLED = 0.12
BOTH_NAMES_SHARE = 0.06  # of those, who write both (5 % over 65, 13 % under 35: IFOP, 2022)
_PROTECTIONS = ("TUTEUR", "CURATEUR", "MSVG")


@dataclass(frozen=True)
class Personnes:
    """What is known of persons before they have a name; one row each."""

    birth: Integers  # day
    woman: np.ndarray
    protected: Floats  # probability of a legal protection
    elsewhere: Floats  # probability of living in another département
    handicap: np.ndarray  # known to a MDPH
    twin: Integers  # rank of the twin, or -1
    et: Integers  # where the person is first known: the ET of a stay, else one that was asked
    applicant: np.ndarray  # stays nowhere
    elderly: np.ndarray  # stays in a house for the elderly


def build(streams: Streams, names: Names, code: str, p: Personnes) -> tuple[pl.DataFrame, situations.Pairs]:
    """Identity of the persons who live or stay in the département `code`, and who is easily taken for whom.

    Columns: personne, date_naissance, femme, nom, nom_usage, prenom, prenoms, particule, lieu, lieu_autre, lieu_cas,
    lieu_postal, nir, cle, est_nia, nir_definitif, cle_definitive (of those who have a NIA), nir_conjoint (of wives in
    couple), a_l_etranger, mdph, commune, postal, departement, protection. Texts keep their accents.
    """
    rng = streams.stream(f"personnes/etat_civil/{code}")
    codes = facts.texts("departements", "code")
    here = codes.index(code)
    n = len(p.birth)
    year = (FIRST_DAY + p.birth).astype("datetime64[Y]").astype(int) + 1970
    pairs = situations.choose(
        streams.stream(f"personnes/situations/{code}"), p.et, p.woman, year, p.applicant, p.elderly, p.twin
    )
    birth, where, place = _births(rng, here, p, year, pairs)
    month = birth.astype("datetime64[M]").astype(int) % 12 + 1
    residence = _communes(rng, here, codes, p.elsewhere)
    numbers = _numbers(rng, here, p.woman, year, month, where)
    return pl.DataFrame(
        {
            "personne": (here + 1) * PER_DEPARTEMENT + np.arange(n) + 1,
            "date_naissance": birth,
            "femme": p.woman,
            **_names(rng, names, p, year, pairs),
            "a_l_etranger": where == ABROAD,
            **numbers,
            "nir_conjoint": _of_husbands(numbers, pairs),
            "mdph": pl.Series(np.where(p.handicap, 900_000 + np.arange(n), -1)),
            "protection": _protection(rng, p.protected),
        }
    ).with_columns(
        pl.when(pl.col("mdph") >= 0).then(pl.format("{}{}", pl.lit(code), pl.col("mdph"))).alias("mdph"),
        *residence,
        *births.places().written(place, year),
    ), pairs


def _births(
    rng: np.random.Generator, here: int, p: Personnes, year: Integers, pairs: situations.Pairs
) -> tuple[np.ndarray, Integers, Integers]:
    """The day of birth, the département of birth and the place, as a row of `births.places`."""
    where = births.departements(rng, here, len(year))
    where[pairs[situations.JANUARY][0]] = ABROAD
    place = births.places().draw(rng, where, year)
    january = births.first_of_january(rng, place) & (p.twin < 0)
    for nature, (a, b) in pairs.items():
        if nature != situations.COUPLE:
            where[b], place[b] = where[a], place[a]
        if nature == situations.JANUARY:
            january[a] = january[b] = True
    first_days = year - 1970
    birth = np.where(january, first_days.astype("datetime64[Y]").astype("datetime64[D]"), FIRST_DAY + p.birth)
    a, b = pairs[situations.NEAR]
    birth[b] = birth[a]
    return birth, where, place


def _numbers(
    rng: np.random.Generator, here: int, woman: np.ndarray, year: Integers, month: Integers, where: Integers
) -> dict[str, pl.Series]:
    """The number of each person, and the NIR that those who have a NIA are given in the end."""
    n = len(year)
    nia = rng.random(n) < np.where(where == ABROAD, 8 * NIA_SHARE, NIA_SHARE / 2)
    waiting = np.flatnonzero(nia)
    # The NIR to come are numbered after all the others, so that none is anybody's.
    row = np.concatenate([np.arange(n), waiting])
    kind = np.where(woman, 2, 1)[row] + np.where(np.arange(len(row)) < n, 6 * nia[row], 0)
    digit, rank = places((kind * 100 + year[row] % 100) * 100 + month[row], where[row], here)
    numbers = matricules(kind, year[row], month[row], where[row], digit, rank)
    later = pl.repeat(None, n, dtype=pl.String, eager=True)
    return {
        "est_nia": pl.Series(nia),
        **{c: numbers[c][:n] for c in ("nir", "cle")},
        **{
            column: later.clone().scatter(waiting.tolist(), numbers[c][n:])
            for c, column in (("nir", "nir_definitif"), ("cle", "cle_definitive"))
        },
    }


def _of_husbands(numbers: dict[str, pl.Series], pairs: situations.Pairs) -> pl.Series:
    """Of a wife in couple, the NIR of her husband; unknown of all others."""
    husbands, wives = pairs[situations.COUPLE]
    known = ~numbers["est_nia"].to_numpy()[husbands]
    of_wives = pl.repeat(None, len(numbers["nir"]), dtype=pl.String, eager=True)
    return of_wives.scatter(wives[known].tolist(), numbers["nir"].gather(husbands[known]))


def _communes(rng: np.random.Generator, here: int, codes: list[str], elsewhere: Floats) -> list[pl.Series]:
    """The commune where each person lives, its postal code and its département."""
    n = len(elsewhere)
    neighbours = np.array([(here + step) % len(codes) for step in (-2, -1, 1, 2)])
    rank = np.where(rng.random(n) < elsewhere, neighbours[rng.integers(0, len(neighbours), n)], here)
    all_communes = geography.communes(codes)
    where = all_communes[geography.pick_communes(rng, all_communes, rank).tolist()]
    return [where["code"].alias("commune"), where["code_postal"].alias("postal"), where["departement"]]


def _names(
    rng: np.random.Generator, names: Names, p: Personnes, year: Integers, pairs: situations.Pairs
) -> dict[str, pl.Series]:
    n = len(p.birth)
    family_names = names.family_names
    rank = family_names.pick(rng, n)
    two_names = np.array(DOUBLE_NAME_SHARES)[(year >= TWO_NAMES_SINCE).astype(int)]
    double = np.where(rng.random(n) < two_names, family_names.pick(rng, n), -1)
    particle = np.where(rng.random(n) < PARTICLE_SHARE, rng.integers(0, len(_PARTICLES), n), -1)
    spouse = family_names.pick(rng, n)
    share = np.array(MARRIED_NAME_SHARES)[np.searchsorted(MARRIAGE_YEARS, year, side="right")]
    share = np.where(p.handicap, np.minimum(share, MARRIED_NAME_OF_DISABLED), share)
    is_married = rng.random(n) < np.where(p.woman, share, 0.01)
    both = rng.random(n) < BOTH_NAMES_SHARE
    prenoms = [np.where(p.woman, names.feminine.pick(rng, year), names.masculine.pick(rng, year)) for _ in range(3)]
    for shift, others in enumerate(prenoms[1:], start=1):  # nobody is called twice the same
        others[others == prenoms[0]] += shift
        others %= len(names.feminine.words)
    chance = rng.random(n)
    compound = chance < np.where(prenoms[0] == 0, *COMPOUND_SHARES)
    others = rng.integers(0, 3, n)
    for nature, (a, b) in pairs.items():
        if nature == situations.COUPLE:
            spouse[b], is_married[b], both[b], double[a], particle[a] = rank[a], True, False, -1, -1
            continue
        if nature != situations.NEAR:
            for values in (rank, double, particle):
                values[b] = values[a]
        if nature == situations.TWINS:
            # Twins of the same sex have different given names.
            same = b[p.woman[a] == p.woman[b]]
            prenoms[0][same] = (prenoms[0][p.twin[same]] + 1) % len(names.feminine.words)
        else:
            for values in (*prenoms, compound, others):
                values[b] = values[a]
    table = pl.DataFrame(
        {
            "nom": family_names.texts(rank),
            "double": family_names.texts(np.maximum(double, 0)),
            "est_double": double >= 0,
            "particule": pl.Series([*_PARTICLES, None], dtype=pl.String).gather(particle),
            "conjoint": family_names.texts(spouse),
            "usage": is_married,
            "deux": both,
            **{f"p{i}": _texts(names, r, p.woman) for i, r in enumerate(prenoms)},
            "compose": compound,
            "autres": others,
        }
    )
    name = pl.when("est_double").then(pl.concat_str("nom", pl.lit("-"), "double")).otherwise("nom")
    name = pl.concat_str(pl.col("particule").fill_null(""), name)
    usage = pl.when("deux").then(pl.concat_str(name, pl.lit("-"), "conjoint")).otherwise("conjoint")
    prenom = pl.when("compose").then(pl.concat_str("p0", pl.lit("-"), "p1")).otherwise("p0")
    second = (
        pl.when(pl.col("compose") | (pl.col("autres") < 1)).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p1"))
    )
    third = pl.when(pl.col("autres") < 2).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p2"))
    return table.select(
        name.alias("nom"),
        pl.when("usage").then(usage).alias("nom_usage"),
        prenom.alias("prenom"),
        pl.concat_str(prenom, second, third).alias("prenoms"),
        "particule",
    ).to_dict()


def _texts(names: Names, ranks: Integers, woman: np.ndarray) -> pl.Series:
    of_women, of_men = names.feminine.words.gather(ranks), names.masculine.words.gather(ranks)
    return of_women.zip_with(pl.Series(woman), of_men)


def _protection(rng: np.random.Generator, share: Floats) -> pl.Series:
    measure = pick(rng, np.array([58.0, 34, 8]), len(share))
    measure = np.where(rng.random(len(share)) < share, measure, len(_PROTECTIONS))
    return pl.Series([*_PROTECTIONS, None], dtype=pl.String).gather(measure)
