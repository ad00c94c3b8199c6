"""True people, counted: dependency (GIR, GMP, PMP), ages, main disabilities.

Belongs here: counts of people and what follows from them. Does not belong here: any person.
GMP = (1000·GIR1 + 840·GIR2 + 660·GIR3 + 420·GIR4 + 250·GIR5 + 70·GIR6) / people rated (CASF, R. 314-170 s.).
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.capacites import ANNEES
from witness.generate.panel import Panel
from witness.generate.streams import Entiers, Flottants, Hasard, parts, rapport, repartir

POINTS_GIR = np.array([1000, 840, 660, 420, 250, 70])
# Lower bounds of the 22 age classes of the tableau de bord.
BORNES_AGE = (0, 1, 2, 3, 4, 5, 6, 11, 16, 18, 20, 25, 30, 35, 40, 45, 50, 55, 60, 75, 85, 96)
DEFICIENCES = tuple(facts.table("deficiences").columns[1:])


def gmp(comptes: Flottants | Entiers) -> Flottants:
    """GMP of counts by GIR (n, 6), to two decimals ; unknown (NaN) without anyone rated."""
    return np.round(rapport(comptes @ POINTS_GIR, comptes.sum(axis=1)), 2)


def remplir(hasard: Hasard, p: Panel) -> pl.DataFrame:
    """Fill the panel ; returns the validated GIR and PATHOS assessments (« coupes »), one row per ET and assessment."""
    _ages(hasard.flux("ages"), p)
    _deficiences(hasard.flux("deficiences"), p)
    return _dependance(hasard.flux("dependance"), p)


def _dependance(rng: np.random.Generator, p: Panel) -> pl.DataFrame:
    n_et = len(p.table_et)
    concernes = p.est("EHPAD", "HEBERGEMENT_PA", "SOINS_DOMICILE")
    evalues = np.where(concernes, np.nan_to_num(p.v["presents_permanent"]), 0).astype(np.int64)
    niveau = p.par_et(rng.normal(0, 0.22, n_et))
    comptes = _gir(rng, p, niveau, evalues)
    for i in range(6):
        p.v[f"gir_{i + 1}"] = np.where(evalues > 0, comptes[:, i], np.nan)
    p.v["gmp_connu"] = gmp(comptes)

    # Assessments of the EHPAD: one before the period, for half of them another during it ; without one, no valid GMP.
    ehpad = p.est("EHPAD")
    pmp_base = np.clip(rng.normal(213, 24, n_et), 120, 320)
    premiere = np.where(rng.random(n_et) < 0.96, rng.integers(2018, ANNEES[0] + 1, n_et), 0)
    seconde = np.where(rng.random(n_et) < 0.5, rng.integers(ANNEES[1], ANNEES[-1] + 1, n_et), 0)
    sans_pmp = rng.random(n_et) < 0.04
    pmp_annee = np.round(pmp_base[:, None] + rng.normal(0, 3, (n_et, len(ANNEES))), 1)
    gir_coupe = np.zeros((n_et, 2, 6))
    premiere_ligne = np.full(n_et, -1)
    premiere_ligne[p.et[::-1]] = np.arange(len(p))[::-1]
    existe = premiere_ligne >= 0
    anciens = _gir(rng, p, niveau, evalues)
    gir_coupe[existe, 0] = anciens[premiere_ligne[existe]]
    p.v["gmp_valide"] = np.full(len(p), np.nan)
    p.v["pmp_valide"] = np.full(len(p), np.nan)
    p.v["pmp_connu"] = np.full(len(p), np.nan)
    ouvert_en = p.table_et["date_ouverture"].dt.year().to_numpy()
    premiere = np.where(ouvert_en < premiere, premiere, 0)
    pmp_premiere = np.round(pmp_base - rng.uniform(0, 12, n_et), 1)
    pmp_seconde = np.full(n_et, np.nan)
    for ligne in np.flatnonzero(ehpad):
        e, annee = int(p.et[ligne]), int(p.annee[ligne])
        if seconde[e] == annee:
            gir_coupe[e, 1] = comptes[ligne]
            pmp_seconde[e] = pmp_annee[e, p.rang_annee[ligne]]
        if seconde[e] and seconde[e] <= annee and gir_coupe[e, 1].any():
            p.v["gmp_valide"][ligne] = gmp(gir_coupe[e, 1][None, :])[0]
            p.v["pmp_valide"][ligne] = np.nan if sans_pmp[e] else pmp_seconde[e]
        elif premiere[e]:
            p.v["gmp_valide"][ligne] = gmp(gir_coupe[e, 0][None, :])[0]
            p.v["pmp_valide"][ligne] = np.nan if sans_pmp[e] else pmp_premiere[e]
        if premiere[e] and not sans_pmp[e]:
            p.v["pmp_connu"][ligne] = pmp_annee[e, p.rang_annee[ligne]]
    return _coupes(p, ehpad, gir_coupe, (premiere, seconde), (pmp_premiere, pmp_seconde), sans_pmp)


def _gir(rng: np.random.Generator, p: Panel, niveau: Flottants, evalues: Entiers) -> Entiers:
    """Counts by GIR around the national shares of EHPAD, of housing for the elderly, of home nursing."""
    ehpad = np.array([15.5, 39.0, 17.5, 19.0, 5.0, 4.0])
    autonomie = np.array([0.5, 2.5, 4.0, 17.0, 18.0, 58.0])
    domicile = np.array([9.0, 36.0, 22.0, 25.0, 5.0, 3.0])
    base = np.where(p.est("EHPAD")[:, None], ehpad, np.where(p.est("SOINS_DOMICILE")[:, None], domicile, autonomie))
    pente = np.array([1.0, 0.6, 0.1, -0.6, -1.0, -1.2])
    return repartir(rng, evalues, parts(rng, base * np.exp(niveau[:, None] * pente), 120))


def _coupes(
    p: Panel,
    ehpad: np.ndarray,
    gir: Flottants,
    annees: tuple[Entiers, Entiers],
    pmp: tuple[Flottants, Flottants],
    sans_pmp: np.ndarray,
) -> pl.DataFrame:
    ids = np.unique(p.et[ehpad])
    morceaux = []
    for rang in (0, 1):
        garde = ids[(annees[rang][ids] > 0) & (gir[ids, rang].sum(axis=1) > 0)]
        morceaux.append(
            pl.DataFrame(
                {
                    "et_id": garde,
                    "annee_coupe": annees[rang][garde],
                    **{f"gir_{i + 1}": gir[garde, rang, i].astype(np.int64) for i in range(6)},
                    "gmp": gmp(gir[garde, rang]),
                    "pmp": np.where(sans_pmp[garde], np.nan, pmp[rang][garde]),
                }
            )
        )
    return pl.concat(morceaux).with_columns(pl.col("pmp").fill_nan(None)).sort("et_id", "annee_coupe")


def _ages(rng: np.random.Generator, p: Panel) -> None:
    """Ages by the 22 classes, from a normal law by profile shifted by ET."""
    bornes = np.array([-1e9, *BORNES_AGE[1:], 1e9])
    ecart = p.fait("age_ecart")
    centre = p.fait("age_moyen") + p.par_et(rng.normal(0, 0.25, len(p.table_et))) * ecart
    erf = np.vectorize(math.erf)
    # A grid of centred scores is enough: erf is evaluated once per grid point, not once per ET and bound.
    grille = np.linspace(-5, 5, 2001)
    repartition = 0.5 * (1 + erf(grille / math.sqrt(2)))
    score = (bornes[None, :] - centre[:, None]) / ecart[:, None]
    probabilites = np.diff(np.interp(score, grille, repartition), axis=1)
    comptes = repartir(rng, np.nan_to_num(p.v["presents"]).astype(np.int64), np.maximum(probabilites, 0))
    for i in range(len(BORNES_AGE)):
        p.v[f"age_{i + 1:02d}"] = np.where(np.isnan(p.v["presents"]), np.nan, comptes[:, i])


def _deficiences(rng: np.random.Generator, p: Panel) -> None:
    """Main and associated disabilities, for the profiles that accompany disabled people."""
    faits_def = facts.table("deficiences")
    cles = faits_def["cle"].to_list()
    poids = facts.matrice("deficiences", list(DEFICIENCES))
    profils = p.par_et(p.table_et["profil"].to_numpy())
    categories = p.par_et(p.table_et["categorie"].to_numpy())
    rang = np.array([cles.index(c) if c in cles else cles.index(q) if q in cles else -1
                     for c, q in zip(categories, profils, strict=True)])  # fmt: skip
    attendu = np.where(rang[:, None] >= 0, poids[np.maximum(rang, 0)], 0.0)
    presents = np.where(rang >= 0, np.nan_to_num(p.v["presents"]), 0).astype(np.int64)
    principale = repartir(rng, presents, parts(rng, attendu, 60))
    associee = repartir(rng, (presents * 0.45).astype(np.int64), parts(rng, attendu + (attendu > 0) * 4, 30))
    for nature, comptes in (("principale", principale), ("associee", associee)):
        for i, nom in enumerate(DEFICIENCES):
            p.v[f"def_{nature}_{nom.lower()}"] = np.where(presents > 0, comptes[:, i], np.nan)
