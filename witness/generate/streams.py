"""Named random streams, and the few draws that numpy does not offer row by row.

Belongs here: drawing. Does not belong here: what is drawn.

Each subject has its own stream, derived from the seed and from its name. A draw added to one subject leaves every other
subject as it was, and the same seed gives the same bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Streams:
    """The source of the random streams of one generation."""

    seed: int

    def stream(self, name: str) -> np.random.Generator:
        """The stream of a subject (« structures », « comptes »…), always the same for one seed."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, weights: Floats, n: int | None = None) -> Integers:
    """Indices drawn with weights: `weights` (k,) are drawn `n` times, `weights` (n, k) once for each row."""
    if weights.ndim == 1:
        thresholds = np.cumsum(weights / weights.sum())
        indices = np.searchsorted(thresholds, rng.random(n), side="right")
        return np.minimum(indices, len(weights) - 1).astype(np.int64)
    thresholds = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    indices = (rng.random((len(weights), 1)) > thresholds).sum(axis=1)
    return np.minimum(indices, weights.shape[1] - 1).astype(np.int64)


def shares(rng: np.random.Generator, expected: Floats | Integers, concentration: float) -> Floats:
    """Shares that sum to 1 on each row, drawn around expected shares (n, k). A share expected to be 0 stays 0."""
    alpha = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-12) * concentration
    draw = rng.standard_gamma(np.maximum(alpha, 1e-9)) * (expected > 0)
    return draw / np.maximum(draw.sum(axis=1, keepdims=True), 1e-12)


def spread_counts(rng: np.random.Generator, totals: Integers, probabilities: Floats) -> Integers:
    """Whole counts (n, k) whose rows sum to `totals` (n,). A row without any probability gets zeros."""
    sums = probabilities.sum(axis=1, keepdims=True)
    clean = np.where(sums > 0, probabilities / np.maximum(sums, 1e-12), 0.0)
    clean[:, -1] += np.where(sums[:, 0] > 0, 0.0, 1.0)
    counts = rng.multinomial(totals, clean)
    return np.where(sums > 0, counts, 0).astype(np.int64)


def rank_within(group: Integers) -> Integers:
    """Rank, from 0, of each element inside its group, in the order of the array."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[len(ordered) > 0, ordered[1:] != ordered[:-1]])
    ranks = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    result = np.empty(len(group), dtype=np.int64)
    result[order] = ranks
    return result


def noise(rng: np.random.Generator, n: int, spread: float) -> Floats:
    """Factors around 1, of which `spread` is the standard deviation of the logarithm."""
    return np.exp(rng.normal(0.0, spread, n))


def percentages(counts: Integers | Floats) -> Floats:
    """Counts (n, k) as percentages of their row, unknown (NaN) where the row is empty."""
    totals = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(totals > 0, 100.0 * counts / totals, np.nan)


def blanked(texts: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """The texts, with None where `empty` is true."""
    result = texts.astype(object)
    result[empty] = None
    return result


def ratio(numerator: Floats | Integers, denominator: Floats | Integers) -> Floats:
    """The ratio of two arrays, unknown (NaN) where the denominator is zero or unknown."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(denominator) > 0, np.asarray(numerator) / np.asarray(denominator), np.nan)
