"""Invented family and given names, made of syllables: frequent ones, rare ones, accents, hyphens, particles.

Belongs here: words, and how often each is borne. Does not belong here: who bears them (`etat_civil`).

No list of real names is used. A few names are borne by many people, as in life, so that two people may share their
name, given name, birth date and sex.
"""

from __future__ import annotations

from dataclasses import dataclass

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
N_FAMILY_NAMES, N_GIVEN_NAMES = 30_000, 400


@dataclass(frozen=True)
class Repertory:
    """Names with their accents; `thresholds` are their cumulated frequencies."""

    words: pl.Series
    thresholds: Floats

    def pick(self, rng: np.random.Generator, n: int) -> Integers:
        """Ranks of `n` names, each drawn as often as it is borne."""
        return np.minimum(np.searchsorted(self.thresholds, rng.random(n)), len(self.thresholds) - 1)


@dataclass(frozen=True)
class Names:
    """Family names, and given names of women and of men."""

    family_names: Repertory
    feminine: Repertory
    masculine: Repertory


def build(streams: Streams) -> Names:
    """The names of one generation."""
    rng = streams.stream("personnes/noms")
    long = [d + m + f for d in _BEGINNINGS for m in _MIDDLES for f in _ENDINGS]
    return Names(
        _repertory(rng, long, N_FAMILY_NAMES, (12.0, 0.85)),
        _repertory(
            rng,
            [d + m + f for d in _BEGINNINGS for m in _MIDDLES for f in _FEMININE_ENDINGS],
            N_GIVEN_NAMES,
            (3.0, 1.0),
        ),
        _repertory(
            rng,
            [d + m + f for d in _BEGINNINGS for m in _MIDDLES for f in _MASCULINE_ENDINGS],
            N_GIVEN_NAMES,
            (3.0, 1.0),
        ),
    )


def capitals(names: pl.Expr) -> pl.Expr:
    """Capitals without accents, as the registers write."""
    return names.str.to_uppercase().str.replace_many(_WITHOUT_ACCENT)


def _repertory(rng: np.random.Generator, words: list[str], n: int, law: tuple[float, float]) -> Repertory:
    chosen = list(dict.fromkeys(words))
    retained = [chosen[i].capitalize() for i in rng.permutation(len(chosen))[:n]]
    weights = 1.0 / (np.arange(n) + law[0]) ** law[1]
    return Repertory(pl.Series(retained, dtype=pl.String), np.cumsum(weights / weights.sum()))
