"""True prices asked of residents, at 31/12, and rooms.

Belongs here: accommodation prices, dependency rates, rooms and surfaces. Does not belong here: the accounts.
A room or service that does not exist has no price (unknown), never 0.
"""

from __future__ import annotations

import numpy as np

from witness.generate.panel import Panel
from witness.generate.streams import Hasard, bruit

GIR_TARIFS = ("12", "34", "56")


def remplir(hasard: Hasard, p: Panel) -> None:
    """Fill the panel with rooms and prices."""
    _locaux(hasard.flux("locaux"), p)
    _prix(hasard.flux("prix"), p)


def _locaux(rng: np.random.Generator, p: Panel) -> None:
    n_et = len(p.table_et)
    lits = np.nan_to_num(p.v["cap_inst_hp"]) + np.nan_to_num(p.v["cap_inst_internat"])
    heberge = (lits > 0) & p.est("EHPAD", "HEBERGEMENT_PA", "ADULTE_SOINS", "ADULTE_VIE", "ENFANT_ETAB")
    part_double = np.where(p.par_et(rng.random(n_et) < 0.45), 0.0, p.par_et(rng.uniform(0.02, 0.12, n_et)))
    doubles = np.floor(lits * part_double)
    p.v["chambres_doubles"] = np.where(heberge, doubles, np.nan)
    p.v["chambres_total"] = np.where(heberge, lits - doubles, np.nan)
    p.v["chambres_individuelles"] = p.v["chambres_total"] - p.v["chambres_doubles"]
    surface = np.maximum(lits, 8) * np.where(heberge, 46, 14) * p.par_et(bruit(rng, n_et, 0.22))
    p.v["surface"] = np.where(p.est("AIDE_DOMICILE", "RESSOURCE"), np.nan, np.rint(surface))
    p.v["surface_terrain"] = np.where(heberge, np.rint(p.v["surface"] * p.par_et(bruit(rng, n_et, 0.5))), np.nan)
    energie = np.rint(p.v["surface"] * p.par_et(rng.uniform(110, 260, n_et)))
    p.v["energie_kwh"] = energie
    p.v["energie_par_m2"] = np.round(energie / p.v["surface"], 1)


def _prix(rng: np.random.Generator, p: Panel) -> None:
    n_et = len(p.table_et)
    ehpad = p.est("EHPAD") & (p.v["cap_inst_hp"] > 0)
    habilite = p.par_et(p.table_et["aide_sociale"].to_numpy())
    lucratif = p.par_et((p.table_et["statut_agrege"] == "PRIVE_LUCRATIF").to_numpy())
    hausse = np.array([0.95, 1.0, 1.042])[p.rang_annee]
    base = np.where(lucratif, 91.0, np.where(habilite, 63.5, 74.0)) * p.par_et(bruit(rng, n_et, 0.11)) * hausse
    libre = np.round(np.clip(base, 45, 190), 2)
    p.v["prix_hp_cs"] = np.where(ehpad, libre, np.nan)
    double = ehpad & (p.v["chambres_doubles"] > 0)
    p.v["prix_hp_cd"] = np.where(double, np.round(libre * 0.93, 2), np.nan)
    ash = np.round(np.minimum(libre * 0.97, 92), 2)
    p.v["prix_hp_cs_ash"] = np.where(ehpad & habilite, ash, np.nan)
    p.v["prix_hp_cd_ash"] = np.where(double & habilite, np.round(ash * 0.94, 2), np.nan)
    ht = ehpad & (p.v["cap_inst_ht"] > 0)
    p.v["prix_ht_cs"] = np.where(ht, np.round(libre * p.par_et(rng.uniform(1.0, 1.12, n_et)), 2), np.nan)
    p.v["prix_ht_cd"] = np.where(ht & double, np.round(p.v["prix_ht_cs"] * 0.93, 2), np.nan)
    p.v["prix_ht_cs_ash"] = np.where(ht & habilite, np.round(np.minimum(p.v["prix_ht_cs"] * 0.97, 95), 2), np.nan)
    p.v["prix_ht_cd_ash"] = np.where(ht & double & habilite, np.round(p.v["prix_ht_cs_ash"] * 0.94, 2), np.nan)
    jour = p.est("EHPAD", "JOUR_PA") & (p.v["cap_inst_aj"] > 0)
    p.v["prix_aj"] = np.where(jour, np.round(p.par_et(rng.uniform(22, 44, n_et)) * hausse, 2), np.nan)
    gir12 = p.par_et(rng.normal(21.8, 1.7, n_et)) * hausse
    for gir, part in zip(GIR_TARIFS, (1.0, 0.635, 0.27), strict=True):
        p.v[f"tarif_gir_{gir}"] = np.where(ehpad, np.round(np.clip(gir12, 15, 32) * part, 2), np.nan)
    loyer = p.par_et(rng.normal(690, 110, n_et)) * hausse
    p.v["redevance_ra"] = np.where(p.est("HEBERGEMENT_PA"), np.round(np.clip(loyer, 380, 1500), 2), np.nan)
    maj = np.array([np.datetime64(f"{a}-01-02") for a in p.annee]) + rng.integers(0, 360, len(p))
    p.d["date_maj_prix"] = np.where(ehpad, maj, np.datetime64("NaT"))
