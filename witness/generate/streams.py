"""Named random streams, and the few draws that numpy does not offer row by row.

Belongs here: drawing. Does not belong here: what is drawn.
Each subject has its own stream, derived from the seed and the subject's name: adding a draw to one subject
leaves every other subject as it was, and the same seed gives the same bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Flottants = NDArray[np.floating[Any]]
Entiers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Hasard:
    """Source of the streams of one generation."""

    graine: int

    def flux(self, nom: str) -> np.random.Generator:
        """The stream of a subject (« structures », « comptes »…)."""
        return np.random.default_rng([self.graine, zlib.crc32(nom.encode())])


def tirer(rng: np.random.Generator, poids: Flottants, n: int | None = None) -> Entiers:
    """Index drawn with weights: `poids` (k,) drawn `n` times, or (n, k) drawn once per row."""
    if poids.ndim == 1:
        seuils = np.cumsum(poids / poids.sum())
        indices = np.searchsorted(seuils, rng.random(n), side="right")
        return np.minimum(indices, len(poids) - 1).astype(np.int64)
    seuils = np.cumsum(poids / poids.sum(axis=1, keepdims=True), axis=1)
    indices = (rng.random((len(poids), 1)) > seuils).sum(axis=1)
    return np.minimum(indices, poids.shape[1] - 1).astype(np.int64)


def parts(rng: np.random.Generator, esperance: Flottants | Entiers, concentration: float) -> Flottants:
    """Shares that sum to 1 on each row, drawn around expected shares (n, k) ; a share expected 0 stays 0."""
    alpha = esperance / np.maximum(esperance.sum(axis=1, keepdims=True), 1e-12) * concentration
    tirage = rng.standard_gamma(np.maximum(alpha, 1e-9)) * (esperance > 0)
    return tirage / np.maximum(tirage.sum(axis=1, keepdims=True), 1e-12)


def repartir(rng: np.random.Generator, totaux: Entiers, probabilites: Flottants) -> Entiers:
    """Integer counts (n, k) summing to `totaux` (n,) ; a row without probability gets zeros."""
    sommes = probabilites.sum(axis=1, keepdims=True)
    propres = np.where(sommes > 0, probabilites / np.maximum(sommes, 1e-12), 0.0)
    propres[:, -1] += np.where(sommes[:, 0] > 0, 0.0, 1.0)
    comptes = rng.multinomial(totaux, propres)
    return np.where(sommes > 0, comptes, 0).astype(np.int64)


def rang_dans(groupe: Entiers) -> Entiers:
    """Rank (from 0) of each element inside its group, in the order of the array."""
    ordre = np.argsort(groupe, kind="stable")
    tries = groupe[ordre]
    debuts = np.flatnonzero(np.r_[len(tries) > 0, tries[1:] != tries[:-1]])
    rangs = np.arange(len(groupe)) - np.repeat(debuts, np.diff(np.r_[debuts, len(groupe)]))
    resultat = np.empty(len(groupe), dtype=np.int64)
    resultat[ordre] = rangs
    return resultat


def bruit(rng: np.random.Generator, n: int, ecart: float) -> Flottants:
    """Multiplicative noise around 1."""
    return np.exp(rng.normal(0.0, ecart, n))


def proportions_en_pourcent(comptes: Entiers | Flottants) -> Flottants:
    """Counts (n, k) turned into percentages of their row, unknown (NaN) where the row is empty."""
    totaux = comptes.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(totaux > 0, 100.0 * comptes / totaux, np.nan)


def sauf(textes: np.ndarray, vides: np.ndarray) -> np.ndarray:
    """Texts, None where `vides` is true."""
    resultat = textes.astype(object)
    resultat[vides] = None
    return resultat


def rapport(numerateur: Flottants | Entiers, denominateur: Flottants | Entiers) -> Flottants:
    """Ratio, unknown (NaN) where the denominator is zero or unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(denominateur) > 0, np.asarray(numerateur) / np.asarray(denominateur), np.nan)
