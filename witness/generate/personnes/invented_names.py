"""Invented family and given names, drawn from syllables: frequent ones, rare ones, accents, hyphens and particles.

Belongs here: words, and how often each is borne. Does not belong here: who bears them (`etat_civil`).
No list of real names is used. A few names are borne by many, as in life, so that two people may share name, given name,
birth date and sex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate.streams import Entiers, Flottants, Hasard

_DEBUTS = (
    "vra", "zlo", "kse", "tsu", "plé", "gno", "dvi", "fnou", "skau", "wol", "xan", "yvro", "zan", "quo", "bji", "chto",
    "druï", "fja", "ghi", "jol", "klé", "mne", "nyo", "pso", "rhau", "sré", "tzi", "vou", "wré", "zbo", "glaï", "chvé",
)  # fmt: skip
_MILIEUX = (
    "ba", "bel", "cor", "da", "del", "fa", "gan", "gué", "ka", "lam", "lé", "lou", "ma", "mon", "na", "né", "o", "pa",
    "ran", "ri", "ro", "sa", "sil", "ta", "tel", "ti", "va", "vi", "xo", "ya", "zé", "zou",
)  # fmt: skip
_FINS = (
    "bec", "blin", "bré", "chel", "dac", "dour", "dreu", "fian", "gnol", "gric", "jac", "kiel", "lange", "leux", "mard",
    "mène", "mic", "nault", "nian", "nouf", "pier", "plot", "quin", "rault", "reux", "rond", "sart", "sol", "tain",
    "tric", "vaux", "vec", "xier", "zac", "zeau", "zin",
)  # fmt: skip
_FEMININS = ("bine", "delle", "drine", "guette", "line", "mette", "nisse", "phèle", "rane", "rielle", "sée", "tiane",
             "vane", "zée", "zelle", "xine")  # fmt: skip
_MASCULINS = ("bert", "brec", "dric", "dran", "fin", "gaël", "lian", "maud", "nald", "phin", "rec", "rien", "stan",
              "tère", "vic", "xel")  # fmt: skip
_SANS_ACCENT = dict(zip("ÉÈÊËÏÎÔÖÛÜÀÂÇÆ", "EEEEIIOOUUAACA", strict=True))
N_FAMILLES, N_PRENOMS = 30_000, 400


@dataclass(frozen=True)
class Repertoire:
    """Names with their accents ; `seuils` are their cumulated frequencies."""

    mots: pl.Series
    seuils: Flottants

    def tirer(self, rng: np.random.Generator, n: int) -> Entiers:
        """Ranks of `n` names, drawn as often as each is borne."""
        return np.minimum(np.searchsorted(self.seuils, rng.random(n)), len(self.seuils) - 1)


@dataclass(frozen=True)
class Noms:
    """Family names, and given names of women and of men."""

    familles: Repertoire
    feminins: Repertoire
    masculins: Repertoire


def construire(hasard: Hasard) -> Noms:
    """The words of one generation."""
    rng = hasard.flux("personnes/noms")
    longs = [d + m + f for d in _DEBUTS for m in _MILIEUX for f in _FINS]
    return Noms(
        _repertoire(rng, longs, N_FAMILLES, (12.0, 0.85)),
        _repertoire(rng, [d + m + f for d in _DEBUTS for m in _MILIEUX for f in _FEMININS], N_PRENOMS, (3.0, 1.0)),
        _repertoire(rng, [d + m + f for d in _DEBUTS for m in _MILIEUX for f in _MASCULINS], N_PRENOMS, (3.0, 1.0)),
    )


def majuscules(noms: pl.Expr) -> pl.Expr:
    """Capitals without accents, as registers write."""
    return noms.str.to_uppercase().str.replace_many(_SANS_ACCENT)


def _repertoire(rng: np.random.Generator, mots: list[str], n: int, loi: tuple[float, float]) -> Repertoire:
    choisis = list(dict.fromkeys(mots))
    retenus = [choisis[i].capitalize() for i in rng.permutation(len(choisis))[:n]]
    poids = 1.0 / (np.arange(n) + loi[0]) ** loi[1]
    return Repertoire(pl.Series(retenus, dtype=pl.String), np.cumsum(poids / poids.sum()))
