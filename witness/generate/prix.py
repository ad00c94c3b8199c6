"""True prices that residents pay, at 31/12, and the rooms.

Belongs here: accommodation prices, dependency rates, rooms and surfaces. Does not belong here: the accounts.

A room or a service that does not exist has no price: it is unknown, never 0.
"""

from __future__ import annotations

import numpy as np

from witness.generate.panel import Panel
from witness.generate.streams import Streams, noise

GIR_TARIFS = ("12", "34", "56")


def fill(streams: Streams, p: Panel) -> None:
    """Fill the panel with rooms and prices."""
    _premises(streams.stream("locaux"), p)
    _prix(streams.stream("prix"), p)


def _premises(rng: np.random.Generator, p: Panel) -> None:
    n_et = len(p.table_et)
    lits = np.nan_to_num(p.v["cap_inst_hp"]) + np.nan_to_num(p.v["cap_inst_internat"])
    housed = (lits > 0) & p.is_a("EHPAD", "HEBERGEMENT_PA", "ADULTE_SOINS", "ADULTE_VIE", "ENFANT_ETAB")
    double_share = np.where(p.by_et(rng.random(n_et) < 0.45), 0.0, p.by_et(rng.uniform(0.02, 0.12, n_et)))
    doubles = np.floor(lits * double_share)
    p.v["chambres_doubles"] = np.where(housed, doubles, np.nan)
    p.v["chambres_total"] = np.where(housed, lits - doubles, np.nan)
    p.v["chambres_individuelles"] = p.v["chambres_total"] - p.v["chambres_doubles"]
    surface = np.maximum(lits, 8) * np.where(housed, 46, 14) * p.by_et(noise(rng, n_et, 0.22))
    p.v["surface"] = np.where(p.is_a("AIDE_DOMICILE", "RESSOURCE"), np.nan, np.rint(surface))
    p.v["surface_terrain"] = np.where(housed, np.rint(p.v["surface"] * p.by_et(noise(rng, n_et, 0.5))), np.nan)
    energy = np.rint(p.v["surface"] * p.by_et(rng.uniform(110, 260, n_et)))
    p.v["energie_kwh"] = energy
    p.v["energie_par_m2"] = np.round(energy / p.v["surface"], 1)


def _prix(rng: np.random.Generator, p: Panel) -> None:
    n_et = len(p.table_et)
    ehpad = p.is_a("EHPAD") & (p.v["cap_inst_hp"] > 0)
    habilite = p.by_et(p.table_et["aide_sociale"].to_numpy())
    lucratif = p.by_et((p.table_et["statut_agrege"] == "PRIVE_LUCRATIF").to_numpy())
    rise = np.array([0.95, 1.0, 1.042])[p.year_rank]
    base = np.where(lucratif, 91.0, np.where(habilite, 63.5, 74.0)) * p.by_et(noise(rng, n_et, 0.11)) * rise
    free = np.round(np.clip(base, 45, 190), 2)
    p.v["prix_hp_cs"] = np.where(ehpad, free, np.nan)
    double = ehpad & (p.v["chambres_doubles"] > 0)
    p.v["prix_hp_cd"] = np.where(double, np.round(free * 0.93, 2), np.nan)
    ash = np.round(np.minimum(free * 0.97, 92), 2)
    p.v["prix_hp_cs_ash"] = np.where(ehpad & habilite, ash, np.nan)
    p.v["prix_hp_cd_ash"] = np.where(double & habilite, np.round(ash * 0.94, 2), np.nan)
    ht = ehpad & (p.v["cap_inst_ht"] > 0)
    p.v["prix_ht_cs"] = np.where(ht, np.round(free * p.by_et(rng.uniform(1.0, 1.12, n_et)), 2), np.nan)
    p.v["prix_ht_cd"] = np.where(ht & double, np.round(p.v["prix_ht_cs"] * 0.93, 2), np.nan)
    p.v["prix_ht_cs_ash"] = np.where(ht & habilite, np.round(np.minimum(p.v["prix_ht_cs"] * 0.97, 95), 2), np.nan)
    p.v["prix_ht_cd_ash"] = np.where(ht & double & habilite, np.round(p.v["prix_ht_cs_ash"] * 0.94, 2), np.nan)
    day = p.is_a("EHPAD", "JOUR_PA") & (p.v["cap_inst_aj"] > 0)
    p.v["prix_aj"] = np.where(day, np.round(p.by_et(rng.uniform(22, 44, n_et)) * rise, 2), np.nan)
    gir12 = p.by_et(rng.normal(21.8, 1.7, n_et)) * rise
    for gir, share in zip(GIR_TARIFS, (1.0, 0.635, 0.27), strict=True):
        p.v[f"tarif_gir_{gir}"] = np.where(ehpad, np.round(np.clip(gir12, 15, 32) * share, 2), np.nan)
    rent = p.by_et(rng.normal(690, 110, n_et)) * rise
    p.v["redevance_ra"] = np.where(p.is_a("HEBERGEMENT_PA"), np.round(np.clip(rent, 380, 1500), 2), np.nan)
    updated_on = np.array([np.datetime64(f"{a}-01-02") for a in p.year]) + rng.integers(0, 360, len(p))
    p.d["date_maj_prix"] = np.where(ehpad, updated_on, np.datetime64("NaT"))
