"""Invented family and given names, made of syllables, borne as often as real ones are.

Belongs here: words, and how often each is borne. Does not belong here: who bears them (`etat_civil`).

No list of real names is used: words are invented, their frequencies alone follow life.

- Family names: the first is borne by 3.8 people in a thousand at the end of the 19th century, 3.2 in 1990 (Filae, from
  the « fichier des noms » of INSEE); the twelve first by a million of 52 million (Tesnière, Journal de la Société de
  statistique de Paris, 1975); a quarter of the people share 1 000 names, another quarter 6 000, another 40 000, the
  last more than 800 000, which 1 to 250 people bear each (planet.fr, from INSEE).
- Given names, in 1946: the first boy's 12.3 %, and 20.5 % with the compound names that begin with it; the five first
  35 %; the first girl's 6.2 %, 10 % with its compounds; the five first 20 %; a hundred names cover 95 %. In 2020: the
  first 1.4 %, the five first 7 % and 6 %, a hundred names 49 % (INSEE, Hauts-de-France, « 75 ans de prénoms »). Before
  1946 the shares are those of 1946, between the two they change by degrees. The first names stay first until the middle
  of the fifties (INSEE, fichier des prénoms), the others change with the generation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from witness.generate.streams import Floats, Integers, Streams

_BEGINNINGS = (
    "vra", "zlo", "kse", "tsu", "plé", "gno", "dvi", "fnou", "skau", "wol", "xan", "yvro", "zan", "quo", "bji", "chto",
    "druï", "fja", "ghi", "jol", "klé", "mne", "nyo", "pso", "rhau", "sré", "tzi", "vou", "wré", "zbo", "glaï", "chvé",
)  # fmt: skip
_MIDDLES = (
    "ba", "bel", "cor", "da", "del", "fa", "gan", "gué", "ka", "lam", "lé", "lou", "ma", "mon", "na", "né", "o", "pa",
    "ran", "ri", "ro", "sa", "sil", "ta", "tel", "ti", "va", "vi", "xo", "ya", "zé", "zou",
)  # fmt: skip
_ENDINGS = (
    "bec", "blin", "bré", "chel", "dac", "dour", "dreu", "fian", "gnol", "gric", "jac", "kiel", "lange", "leux", "mard",
    "mène", "mic", "nault", "nian", "nouf", "pier", "plot", "quin", "rault", "reux", "rond", "sart", "sol", "tain",
    "tric", "vaux", "vec", "xier", "zac", "zeau", "zin",
)  # fmt: skip
_FEMININE_ENDINGS = (
    "bine", "delle", "drine", "guette", "line", "mette", "nisse", "phèle", "rane", "rielle", "sée", "tiane", "vane",
    "zée", "zelle", "xine",
)  # fmt: skip
_MASCULINE_ENDINGS = (
    "bert", "brec", "dric", "dran", "fin", "gaël", "lian", "maud", "nald", "phin", "rec", "rien", "stan", "tère", "vic",
    "xel",
)  # fmt: skip
_WITHOUT_ACCENT = dict(zip("ÉÈÊËÏÎÔÖÛÜÀÂÇÆ", "EEEEIIOOUUAACA", strict=True))
N_SHORT_NAMES = 30_000  # frequent names, of three syllables; the others have four
# (rank, share of the people who bear this name or one before it)
FAMILY_NAMES = ((1, 0.0036), (12, 0.0190), (1_000, 0.25), (7_000, 0.50), (47_000, 0.75), (850_000, 1.0))
N_GIVEN_NAMES = 6_000
GIVEN_YEARS = (1946, 2020)
# By year, of the names that begin a given name, whether compound or not.
FEMININE = (((1, 0.10), (5, 0.235), (100, 0.92), (N_GIVEN_NAMES, 1.0)),
            ((1, 0.014), (5, 0.06), (100, 0.49), (N_GIVEN_NAMES, 1.0)))  # fmt: skip
MASCULINE = (((1, 0.205), (5, 0.40), (100, 0.95), (N_GIVEN_NAMES, 1.0)),
             ((1, 0.014), (5, 0.07), (100, 0.49), (N_GIVEN_NAMES, 1.0)))  # fmt: skip
FIRST_UNTIL = 1956  # the first given name is the same for those born before
GENERATION, NEW_NAMES = 15, 23  # years, and names that leave the first ranks
Anchors = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class FamilyNames:
    """Family names by rank, the most borne first; `thresholds` are their cumulated frequencies."""

    short: pl.Series
    long: tuple[pl.Series, ...]
    step: int
    thresholds: Floats

    def pick(self, rng: np.random.Generator, n: int) -> Integers:
        """Ranks of `n` names, each drawn as often as it is borne."""
        return np.minimum(np.searchsorted(self.thresholds, rng.random(n)), len(self.thresholds) - 1)

    def texts(self, ranks: Integers) -> pl.Series:
        """The names of these ranks. A rare one is composed when it is asked for: there are too many to keep."""
        rare = ranks >= N_SHORT_NAMES
        # Neighbours in rank do not look alike: a step prime with the number of words goes through all of them.
        number = np.where(rare, ranks * self.step, 0) % np.prod([len(part) for part in self.long])
        parts = []
        for part in reversed(self.long):
            number, index = np.divmod(number, len(part))
            parts.insert(0, part.gather(index))
        composed = pl.select(pl.concat_str(parts)).to_series()
        return composed.zip_with(pl.Series(rare), self.short.gather(np.where(rare, 0, ranks)))


@dataclass(frozen=True)
class GivenNames:
    """Given names; `thresholds` are the cumulated frequencies of their ranks, by decade of birth since the first."""

    words: pl.Series
    first_decade: int
    thresholds: Floats

    def pick(self, rng: np.random.Generator, year: Integers) -> Integers:
        """For each person born in `year`, the index of a name, drawn as often as it was given then."""
        decade = np.clip(year // 10 - self.first_decade, 0, len(self.thresholds) - 1)
        draws = rng.random(len(year))
        ranks = np.empty(len(year), dtype=np.int64)
        for i in np.unique(decade):
            ranks[decade == i] = np.searchsorted(self.thresholds[i], draws[decade == i])
        ranks = np.minimum(ranks, len(self.words) - 1)
        others = 1 + (ranks + year // GENERATION * NEW_NAMES) % (len(self.words) - 1)
        return np.where((ranks == 0) & (year < FIRST_UNTIL), 0, others)


@dataclass(frozen=True)
class Names:
    """Family names, and given names of women and of men."""

    family_names: FamilyNames
    feminine: GivenNames
    masculine: GivenNames


def build(streams: Streams) -> Names:
    """The names of one generation."""
    rng = streams.stream("personnes/noms")
    short = _words(rng, _ENDINGS, N_SHORT_NAMES)
    beginnings = pl.Series([d.capitalize() for d in rng.permutation(_BEGINNINGS).tolist()], dtype=pl.String)
    middles = [pl.Series(rng.permutation(_MIDDLES).tolist(), dtype=pl.String) for _ in range(2)]
    endings = pl.Series(rng.permutation(_ENDINGS).tolist(), dtype=pl.String)
    return Names(
        FamilyNames(short, (beginnings, *middles, endings), 700_001, np.cumsum(frequencies(FAMILY_NAMES))),
        _given(rng, _FEMININE_ENDINGS, FEMININE),
        _given(rng, _MASCULINE_ENDINGS, MASCULINE),
    )


def capitals(names: pl.Expr) -> pl.Expr:
    """Capitals without accents, as the registers write."""
    return names.str.to_uppercase().str.replace_many(_WITHOUT_ACCENT)


@cache
def frequencies(anchors: Anchors) -> Floats:
    """The frequency of each rank, decreasing, such that the first ranks of each anchor have its share.

    Between two anchors it is a power of the rank, and continuous.
    """
    (start, done), *others = anchors
    result = np.zeros(anchors[-1][0])
    result[:start] = value = done / start
    for end, share in others:
        ratio = np.arange(start + 1, end + 1) / start
        low, high = 0.0, 8.0
        for _ in range(50):
            power = (low + high) / 2
            low, high = (power, high) if value * (ratio**-power).sum() > share - done else (low, power)
        band = value * ratio**-low
        result[start:end] = band * (share - done) / band.sum()
        start, done, value = end, share, result[end - 1]
    result.flags.writeable = False  # kept, and given to whoever asks
    return result


def _given(rng: np.random.Generator, endings: tuple[str, ...], anchors: tuple[Anchors, Anchors]) -> GivenNames:
    decades = range(1900 // 10, GIVEN_YEARS[1] // 10 + 1)
    since = [
        np.clip((10 * decade + 5 - GIVEN_YEARS[0]) / (GIVEN_YEARS[1] - GIVEN_YEARS[0]), 0, 1) for decade in decades
    ]
    shares = [
        tuple((rank, old ** (1 - t) * new**t) for (rank, old), (_, new) in zip(*anchors, strict=True)) for t in since
    ]
    thresholds = {those: np.cumsum(frequencies(those)) for those in dict.fromkeys(shares)}
    return GivenNames(
        _words(rng, endings, N_GIVEN_NAMES), decades[0], np.stack([thresholds[those] for those in shares])
    )


def _words(rng: np.random.Generator, endings: tuple[str, ...], n: int) -> pl.Series:
    chosen = list(dict.fromkeys(d + m + f for d in _BEGINNINGS for m in _MIDDLES for f in endings))
    return pl.Series([chosen[i].capitalize() for i in rng.permutation(len(chosen))[:n]], dtype=pl.String)
