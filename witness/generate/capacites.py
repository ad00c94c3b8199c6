"""True capacities: places authorised and installed, by FINESS triplet, year by year.

Belongs here: places. Does not belong here: who occupies them.
A triplet is discipline × mode de fonctionnement × clientèle ; `modalite` says which activity it feeds. Triplets without
places (home help, consultations) exist with an unknown capacity: unknown is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Entiers, Flottants, Hasard, bruit
from witness.generate.structures import MILLESIMES

ANNEES = (MILLESIMES[0] - 1, *MILLESIMES)  # the year before serves for stale answers
MODALITES = ("HP", "INTERNAT", "SEMI_INTERNAT", "EXTERNAT", "MILIEU_ORDINAIRE", "HT", "AJ", "NUIT")
PERMANENT = ("HP", "INTERNAT", "SEMI_INTERNAT", "EXTERNAT", "MILIEU_ORDINAIRE")
DISCIPLINES_LOGEMENT = {"925": "f1", "927": "f1bis", "926": "f2"}  # « Hébergement résidence autonomie P.A. F1… »
TAUX_CHANGEMENT = 0.05


@dataclass(frozen=True)
class Capacites:
    """`triplets`: one row per ET and triplet, with cap_aut_AAAA, cap_inst_AAAA, places_ash_AAAA, date of change."""

    triplets: pl.DataFrame
    autorise: dict[str, Flottants]  # modality -> (n_et, years), NaN when the ET has no such places
    installe: dict[str, Flottants]
    places_ash: Flottants  # (n_et, years)
    logements: dict[str, Flottants]  # f1, f1bis, f2 of the résidences autonomie -> (n_et, years), installed


def construire(hasard: Hasard, et: pl.DataFrame) -> Capacites:
    """Capacities of every ET for each year of `ANNEES`."""
    rng = hasard.flux("capacites")
    brut = _tirages(rng, et)
    n, n_annees = len(brut["et_id"]), len(ANNEES)
    aut = np.repeat(brut["places"][:, None], n_annees, axis=1)
    change_annee = np.where(rng.random(n) < TAUX_CHANGEMENT, rng.integers(1, n_annees, n), n_annees)
    change_annee = np.where(brut["places"] >= 8, change_annee, n_annees)
    variation = np.rint(brut["places"] * rng.uniform(0.06, 0.22, n)) * np.where(rng.random(n) < 0.7, 1, -1)
    apres = np.arange(n_annees)[None, :] >= change_annee[:, None]
    aut = np.maximum(aut + np.where(apres, variation[:, None], 0.0), 1.0)
    aut[np.isnan(brut["places"])] = np.nan
    jour_change = np.full(n, "NaT", dtype="datetime64[D]")
    debut = np.array([np.datetime64(f"{a}-01-01") for a in ANNEES])
    touche = change_annee < n_annees
    jour_change[touche] = debut[change_annee[touche]] + rng.integers(20, 320, int(touche.sum()))

    # 73 % equal, 9 % fewer installed, 18 % more: the shares seen in the FINESS+ sample.
    sort = rng.random(n)
    ecart = np.where(sort < 0.09, -np.maximum(1, np.rint(aut[:, 0] * 0.08)), np.where(sort > 0.9, 1.0, 0.0))
    inst = np.maximum(aut + ecart[:, None], 1.0)
    aide_sociale = et["aide_sociale"].to_numpy()[brut["et_id"]]
    part_ash = np.where(rng.random(n) < 0.7, 1.0, rng.uniform(0.15, 0.7, n))
    heberge = np.isin(brut["modalite"], ("HP", "INTERNAT"))
    ash = np.where((aide_sociale & heberge)[:, None], np.rint(aut * part_ash[:, None]), np.nan)

    n_et = len(et)
    triplets = pl.DataFrame(
        {
            "et_id": brut["et_id"],
            "discipline": brut["discipline"],
            "mode": brut["mode"],
            "clientele": brut["clientele"],
            "modalite": brut["modalite"],
            **{f"cap_aut_{a}": aut[:, i] for i, a in enumerate(ANNEES)},
            **{f"cap_inst_{a}": inst[:, i] for i, a in enumerate(ANNEES)},
            **{f"places_ash_{a}": ash[:, i] for i, a in enumerate(ANNEES)},
            "date_changement": jour_change,
        }
    )
    return Capacites(
        triplets=triplets,
        autorise={m: _somme(aut, brut["et_id"], brut["modalite"] == m, n_et) for m in MODALITES},
        installe={m: _somme(inst, brut["et_id"], brut["modalite"] == m, n_et) for m in MODALITES},
        logements={
            nom: _somme(inst, brut["et_id"], brut["discipline"] == d, n_et) for d, nom in DISCIPLINES_LOGEMENT.items()
        },
        places_ash=_somme(ash, brut["et_id"], aide_sociale & heberge, n_et),
    )


def somme_connue(*tableaux: Flottants) -> Flottants:
    """Sum of what is known ; unknown when nothing is."""
    pile = np.stack(tableaux)
    return np.where(np.isnan(pile).all(axis=0), np.nan, np.nansum(pile, axis=0))


def _tirages(rng: np.random.Generator, et: pl.DataFrame) -> dict[str, np.ndarray]:
    """Triplets of each ET, with their places in the first year (NaN: without places)."""
    triplets = facts.table("triplets")
    categories = facts.textes("categories", "code")
    moyennes, ecarts = facts.nombres("categories", "places_moyennes"), facts.nombres("categories", "places_ecart")
    cat = et["categorie_id"].to_numpy()
    sorties: dict[str, list[np.ndarray]] = {
        c: [] for c in ("et_id", "places", "discipline", "mode", "clientele", "modalite")
    }
    for code in dict.fromkeys(triplets["categorie"]):
        rang = categories.index(code)
        membres = np.flatnonzero(cat == rang)
        lignes = triplets.filter(pl.col("categorie") == code)
        presence = lignes["presence"].cast(pl.Float64).to_numpy()
        part = lignes["part"].cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
        fixes = lignes["places"].cast(pl.Float64, strict=False).fill_null(0.0).to_numpy()
        m, k = len(membres), len(lignes)
        present = rng.random((m, k)) < presence
        poids = part * present * np.exp(rng.normal(0, 0.2, (m, k)))
        sigma = np.sqrt(np.log1p((ecarts[rang] / max(moyennes[rang], 1.0)) ** 2))
        total = np.maximum(moyennes[rang] * bruit(rng, m, sigma) * np.exp(-(sigma**2) / 2), 4.0)
        places = np.rint(total[:, None] * poids / np.maximum(poids.sum(axis=1, keepdims=True), 1e-9))
        places += np.where(fixes > 0, np.maximum(1, rng.poisson(np.broadcast_to(fixes, (m, k)))), 0)
        sans = (lignes["modalite"] == "SANS_PLACE").to_numpy()
        places = np.where(sans, np.nan, np.maximum(places, 1.0))
        garde = present.ravel()
        sorties["et_id"].append(np.repeat(membres, k)[garde])
        sorties["places"].append(places.ravel()[garde])
        for colonne in ("discipline", "mode", "clientele", "modalite"):
            sorties[colonne].append(np.tile(lignes[colonne].to_numpy().astype(str), m)[garde])
    ordre = np.argsort(np.concatenate(sorties["et_id"]), kind="stable")
    return {c: np.concatenate(v)[ordre] for c, v in sorties.items()}


def _somme(valeurs: Flottants, et_id: Entiers, garde: np.ndarray, n_et: int) -> Flottants:
    """Sum by ET (n_et, years) of the kept triplets ; NaN where the ET has none."""
    somme = np.zeros((n_et, valeurs.shape[1]))
    compte = np.zeros(n_et)
    np.add.at(somme, et_id[garde], np.nan_to_num(valeurs[garde]))
    np.add.at(compte, et_id[garde], 1)
    somme[compte == 0] = np.nan
    return somme
