"""Who the persons are: names, birth, numbers, where they live.

Belongs here: the true identity of each person of a département. Does not belong here: how a system writes it
(`spellings`), where the person stays.

No address exists: an invented person lives in a commune, and no more is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts, geography
from witness.generate.personnes.invented_names import Names, Repertory
from witness.generate.personnes.person_numbers import ABROAD, matricules, places
from witness.generate.personnes.sejours import FIRST_DAY
from witness.generate.streams import Floats, Integers, Streams, pick

PER_DEPARTEMENT = 10_000_000  # persons are numbered by département
NATIVE_SHARE, BORN_ABROAD_SHARE = 0.64, 0.06
NIA_SHARE = 0.012  # base of the shares who wait for their NIR: more of those born abroad, fewer of the others
COMPOUND_SHARE, DOUBLE_NAME_SHARE, PARTICLE_SHARE = 0.07, 0.03, 0.015
MARRIED_NAME_SHARE = 0.55
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


def build(streams: Streams, names: Names, code: str, p: Personnes) -> pl.DataFrame:
    """Identity of the persons who live or stay in the département `code`. Texts keep their accents.

    Columns: personne, date_naissance, femme, nom, nom_usage, prenom, prenoms, lieu, nir, cle, est_nia, mdph, commune,
    postal, departement, protection.
    """
    rng = streams.stream(f"personnes/etat_civil/{code}")
    codes = facts.texts("departements", "code")
    here = codes.index(code)
    n = len(p.birth)
    birth = FIRST_DAY + p.birth
    year = birth.astype("datetime64[Y]").astype(int) + 1970
    month = birth.astype("datetime64[M]").astype(int) % 12 + 1
    where = _birth_departements(rng, here, n)
    twins = np.flatnonzero(p.twin >= 0)
    where[twins] = where[np.minimum(twins, p.twin[twins])]
    nia = rng.random(n) < np.where(where == ABROAD, 8 * NIA_SHARE, NIA_SHARE / 2)
    kind = np.where(p.woman, 2, 1) + np.where(nia, 6, 0)
    digit, rank = places((kind * 100 + year % 100) * 100 + month, where, here)
    residence = _communes(rng, here, codes, p.elsewhere)
    return pl.DataFrame(
        {
            "personne": (here + 1) * PER_DEPARTEMENT + np.arange(n) + 1,
            "date_naissance": birth,
            "femme": p.woman,
            **_names(rng, names, p, year),
            "est_nia": nia,
            "mdph": pl.Series(np.where(p.handicap, 900_000 + np.arange(n), -1)),
            "protection": _protection(rng, p.protected),
        }
    ).with_columns(
        pl.when(pl.col("mdph") >= 0).then(pl.format("{}{}", pl.lit(code), pl.col("mdph"))).alias("mdph"),
        *residence,
        *matricules(kind, year, month, where, digit, rank).get_columns(),
    )


def _birth_departements(rng: np.random.Generator, here: int, n: int) -> Integers:
    """Rank of the département of birth, mostly the one of residence; `ABROAD` for a birth abroad."""
    weights = facts.numbers("departements", "population").copy()
    weights[here] = 0.0
    chance = rng.random(n)
    elsewhere = pick(rng, weights, n)
    return np.where(chance < NATIVE_SHARE, here, np.where(chance > 1 - BORN_ABROAD_SHARE, ABROAD, elsewhere))


def _communes(rng: np.random.Generator, here: int, codes: list[str], elsewhere: Floats) -> list[pl.Series]:
    """The commune where each person lives, its postal code and its département."""
    n = len(elsewhere)
    neighbours = np.array([(here + step) % len(codes) for step in (-2, -1, 1, 2)])
    rank = np.where(rng.random(n) < elsewhere, neighbours[rng.integers(0, len(neighbours), n)], here)
    all_communes = geography.communes(codes)
    where = all_communes[geography.pick_communes(rng, all_communes, rank).tolist()]
    return [where["code"].alias("commune"), where["code_postal"].alias("postal"), where["departement"]]


def _names(rng: np.random.Generator, names: Names, p: Personnes, year: Integers) -> dict[str, pl.Series]:
    n = len(p.birth)
    family_names = names.family_names
    rank = family_names.pick(rng, n)
    double = np.where(rng.random(n) < DOUBLE_NAME_SHARE, family_names.pick(rng, n), -1)
    particle = rng.random(n) < PARTICLE_SHARE
    twins = np.flatnonzero(p.twin >= 0)
    first_ones = np.minimum(twins, p.twin[twins])
    for values in (rank, double, particle):
        values[twins] = values[first_ones]
    spouse = family_names.pick(rng, n)
    is_married = rng.random(n) < np.where(p.woman & (year < 1990), MARRIED_NAME_SHARE, 0.01)
    prenoms = [_prenoms(rng, names, p.woman, year) for _ in range(3)]
    # Twins of the same sex have different given names.
    same = p.woman[twins] == p.woman[p.twin[twins]]
    seconds = twins[same & (twins > p.twin[twins])]
    shifted = (prenoms[0][p.twin[seconds]] + 1) % len(names.feminine.thresholds)
    prenoms[0][seconds] = shifted
    compound = rng.random(n) < COMPOUND_SHARE
    others = rng.integers(0, 3, n)
    table = pl.DataFrame(
        {
            "nom": family_names.words.gather(rank),
            "double": family_names.words.gather(np.maximum(double, 0)),
            "est_double": double >= 0,
            "particule": particle,
            "conjoint": family_names.words.gather(spouse),
            "usage": is_married,
            **{f"p{i}": _texts(names, r, p.woman) for i, r in enumerate(prenoms)},
            "compose": compound,
            "autres": others,
        }
    )
    name = pl.when("est_double").then(pl.concat_str("nom", pl.lit("-"), "double")).otherwise("nom")
    name = pl.when("particule").then(pl.concat_str(pl.lit("De "), name)).otherwise(name)
    prenom = pl.when("compose").then(pl.concat_str("p0", pl.lit("-"), "p1")).otherwise("p0")
    second = (
        pl.when(pl.col("compose") | (pl.col("autres") < 1)).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p1"))
    )
    third = pl.when(pl.col("autres") < 2).then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" "), "p2"))
    return table.select(
        name.alias("nom"),
        pl.when("usage").then("conjoint").alias("nom_usage"),
        prenom.alias("prenom"),
        pl.concat_str(prenom, second, third).alias("prenoms"),
    ).to_dict()


def _prenoms(rng: np.random.Generator, names: Names, woman: np.ndarray, year: Integers) -> Integers:
    """Ranks of given names. The frequent ones change from one generation to the next."""
    n = len(woman)
    ranks = np.where(woman, names.feminine.pick(rng, n), names.masculine.pick(rng, n))
    return (ranks + (year // 15) * 23) % len(names.feminine.thresholds)


def _texts(names: Names, ranks: Integers, woman: np.ndarray) -> pl.Series:
    def borne(repertory: Repertory) -> pl.Series:
        return repertory.words.gather(ranks)

    return borne(names.feminine).zip_with(pl.Series(woman), borne(names.masculine))


def _protection(rng: np.random.Generator, share: Floats) -> pl.Series:
    measure = pick(rng, np.array([58.0, 34, 8]), len(share))
    measure = np.where(rng.random(len(share)) < share, measure, len(_PROTECTIONS))
    return pl.Series([*_PROTECTIONS, None], dtype=pl.String).gather(measure)
