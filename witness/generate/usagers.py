"""True people, counted: dependency (GIR, GMP, PMP), ages, main disabilities.

Belongs here: counts of people and what follows from them. Does not belong here: any person.

GMP = (1000·GIR1 + 840·GIR2 + 660·GIR3 + 420·GIR4 + 250·GIR5 + 70·GIR6) / people rated (CASF, R. 314-170 s.).
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import YEARS
from witness.generate.panel import Panel
from witness.generate.streams import Floats, Integers, Streams, ratio, shares, spread_counts

GIR_POINTS = np.array([1000, 840, 660, 420, 250, 70])
# Lower bounds of the 22 age classes of the tableau de bord.
AGE_BOUNDS = (0, 1, 2, 3, 4, 5, 6, 11, 16, 18, 20, 25, 30, 35, 40, 45, 50, 55, 60, 75, 85, 96)
DEFICIENCES = tuple(facts.table("deficiences").columns[1:])


def gmp(counts: Floats | Integers) -> Floats:
    """The GMP of counts by GIR (n, 6), to two decimals; unknown (NaN) where nobody is rated."""
    return np.round(ratio(counts @ GIR_POINTS, counts.sum(axis=1)), 2)


def fill(streams: Streams, p: Panel) -> pl.DataFrame:
    """Fill the panel; returns the validated GIR and PATHOS assessments (« coupes »), one row each."""
    _ages(streams.stream("ages"), p)
    _deficiences(streams.stream("deficiences"), p)
    return _dependance(streams.stream("dependance"), p)


def _dependance(rng: np.random.Generator, p: Panel) -> pl.DataFrame:
    n_et = len(p.table_et)
    concerned = p.is_a("EHPAD", "HEBERGEMENT_PA", "SOINS_DOMICILE")
    rated = np.where(concerned, np.nan_to_num(p.v["presents_permanent"]), 0).astype(np.int64)
    level = p.by_et(rng.normal(0, 0.22, n_et))
    counts = _gir(rng, p, level, rated)
    for i in range(6):
        p.v[f"gir_{i + 1}"] = np.where(rated > 0, counts[:, i], np.nan)
    p.v["gmp_connu"] = gmp(counts)

    # Nearly every EHPAD was assessed before the period, and half of them again during it. An EHPAD that was not has no
    # valid GMP.
    ehpad = p.is_a("EHPAD")
    pmp_base = np.clip(rng.normal(213, 24, n_et), 120, 320)
    first = np.where(rng.random(n_et) < 0.96, rng.integers(2018, YEARS[0] + 1, n_et), 0)
    second = np.where(rng.random(n_et) < 0.5, rng.integers(YEARS[1], YEARS[-1] + 1, n_et), 0)
    without_pmp = rng.random(n_et) < 0.04
    pmp_by_year = np.round(pmp_base[:, None] + rng.normal(0, 3, (n_et, len(YEARS))), 1)
    gir_coupe = np.zeros((n_et, 2, 6))
    first_row = np.full(n_et, -1)
    first_row[p.et[::-1]] = np.arange(len(p))[::-1]
    exists = first_row >= 0
    earlier = _gir(rng, p, level, rated)
    gir_coupe[exists, 0] = earlier[first_row[exists]]
    p.v["gmp_valide"] = np.full(len(p), np.nan)
    p.v["pmp_valide"] = np.full(len(p), np.nan)
    p.v["pmp_connu"] = np.full(len(p), np.nan)
    opened_in = p.table_et["date_ouverture"].dt.year().to_numpy()
    first = np.where(opened_in < first, first, 0)
    pmp_first = np.round(pmp_base - rng.uniform(0, 12, n_et), 1)
    pmp_second = np.full(n_et, np.nan)
    for row in np.flatnonzero(ehpad):
        e, year = int(p.et[row]), int(p.year[row])
        if second[e] == year:
            gir_coupe[e, 1] = counts[row]
            pmp_second[e] = pmp_by_year[e, p.year_rank[row]]
        if second[e] and second[e] <= year and gir_coupe[e, 1].any():
            p.v["gmp_valide"][row] = gmp(gir_coupe[e, 1][None, :])[0]
            p.v["pmp_valide"][row] = np.nan if without_pmp[e] else pmp_second[e]
        elif first[e]:
            p.v["gmp_valide"][row] = gmp(gir_coupe[e, 0][None, :])[0]
            p.v["pmp_valide"][row] = np.nan if without_pmp[e] else pmp_first[e]
        if first[e] and not without_pmp[e]:
            p.v["pmp_connu"][row] = pmp_by_year[e, p.year_rank[row]]
    return _coupes(p, ehpad, gir_coupe, (first, second), (pmp_first, pmp_second), without_pmp)


def _gir(rng: np.random.Generator, p: Panel, level: Floats, rated: Integers) -> Integers:
    """Counts by GIR, drawn around the national shares of EHPAD, of housing for the elderly and of home nursing."""
    ehpad = np.array([15.5, 39.0, 17.5, 19.0, 5.0, 4.0])
    autonomie = np.array([0.5, 2.5, 4.0, 17.0, 18.0, 58.0])
    at_home = np.array([9.0, 36.0, 22.0, 25.0, 5.0, 3.0])
    base = np.where(p.is_a("EHPAD")[:, None], ehpad, np.where(p.is_a("SOINS_DOMICILE")[:, None], at_home, autonomie))
    slope = np.array([1.0, 0.6, 0.1, -0.6, -1.0, -1.2])
    return spread_counts(rng, rated, shares(rng, base * np.exp(level[:, None] * slope), 120))


def _coupes(
    p: Panel,
    ehpad: np.ndarray,
    gir: Floats,
    years: tuple[Integers, Integers],
    pmp: tuple[Floats, Floats],
    without_pmp: np.ndarray,
) -> pl.DataFrame:
    ids = np.unique(p.et[ehpad])
    pieces = []
    for rank in (0, 1):
        kept = ids[(years[rank][ids] > 0) & (gir[ids, rank].sum(axis=1) > 0)]
        pieces.append(
            pl.DataFrame(
                {
                    "et_id": kept,
                    "annee_coupe": years[rank][kept],
                    **{f"gir_{i + 1}": gir[kept, rank, i].astype(np.int64) for i in range(6)},
                    "gmp": gmp(gir[kept, rank]),
                    "pmp": np.where(without_pmp[kept], np.nan, pmp[rank][kept]),
                }
            )
        )
    return pl.concat(pieces).with_columns(pl.col("pmp").fill_nan(None)).sort("et_id", "annee_coupe")


def _ages(rng: np.random.Generator, p: Panel) -> None:
    """Fill the 22 age classes, from a normal law whose centre belongs to the profile and is shifted by ET."""
    bounds = np.array([-1e9, *AGE_BOUNDS[1:], 1e9])
    spread = p.fact("age_ecart")
    centre = p.fact("age_moyen") + p.by_et(rng.normal(0, 0.25, len(p.table_et))) * spread
    erf = np.vectorize(math.erf)
    # erf is evaluated at each point of a grid and interpolated, rather than for every ET and bound.
    grid = np.linspace(-5, 5, 2001)
    distribution = 0.5 * (1 + erf(grid / math.sqrt(2)))
    score = (bounds[None, :] - centre[:, None]) / spread[:, None]
    probabilities = np.diff(np.interp(score, grid, distribution), axis=1)
    counts = spread_counts(rng, np.nan_to_num(p.v["presents"]).astype(np.int64), np.maximum(probabilities, 0))
    for i in range(len(AGE_BOUNDS)):
        p.v[f"age_{i + 1:02d}"] = np.where(np.isnan(p.v["presents"]), np.nan, counts[:, i])


def _deficiences(rng: np.random.Generator, p: Panel) -> None:
    """Fill the main and associated disabilities, for the profiles that accompany disabled people."""
    deficiences = facts.table("deficiences")
    keys = deficiences["cle"].to_list()
    weights = facts.matrix("deficiences", list(DEFICIENCES))
    profils = p.by_et(p.table_et["profil"].to_numpy())
    categories = p.by_et(p.table_et["categorie"].to_numpy())
    rank = np.array([keys.index(c) if c in keys else keys.index(q) if q in keys else -1
                     for c, q in zip(categories, profils, strict=True)])  # fmt: skip
    expected = np.where(rank[:, None] >= 0, weights[np.maximum(rank, 0)], 0.0)
    presents = np.where(rank >= 0, np.nan_to_num(p.v["presents"]), 0).astype(np.int64)
    main = spread_counts(rng, presents, shares(rng, expected, 60))
    associated = spread_counts(rng, (presents * 0.45).astype(np.int64), shares(rng, expected + (expected > 0) * 4, 30))
    for nature, counts in (("principale", main), ("associee", associated)):
        for i, name in enumerate(DEFICIENCES):
            p.v[f"def_{nature}_{name.lower()}"] = np.where(presents > 0, counts[:, i], np.nan)
