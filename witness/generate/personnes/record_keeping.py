"""Who keeps which records: the software of each ET, and which national systems it feeds.

Belongs here: the choice of a channel by operator, the perimeter of RESID-ESMS and ViaTrajectoire. Does not belong here:
what is told through them (`channels`).
RESID-ESMS: EHPAD, ESMS for disabled people paid by the Assurance maladie, home nursing (CASF, R. 314-105-3).
ViaTrajectoire: grand âge for housing and day care of the elderly, handicap for what a CDAPH decision opens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Hasard

SANS, TDDUI, RESIDALIA, HANDISOFT, DOMICILIA = "", "tddui", "residalia", "handisoft", "domicilia"
PA, PH = "pa", "ph"
_PRODUIT = {
    "EHPAD": RESIDALIA, "HEBERGEMENT_PA": RESIDALIA, "JOUR_PA": RESIDALIA, "SOINS_DOMICILE": DOMICILIA,
    "AIDE_DOMICILE": DOMICILIA,
}  # fmt: skip
PROFILS_PA = ("EHPAD", "HEBERGEMENT_PA", "JOUR_PA")
PROFILS_PH = ("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "ADULTE_VIE", "TRAVAIL", "ADULTE_SERVICE")
_RESID = {"EHPAD", "SOINS_DOMICILE", "ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "TRAVAIL"}
_RESID_CATEGORIES = {"445"}  # SAMSAH: the only service for adults that the Assurance maladie pays
PART_TDDUI = 0.05  # of the ET of a département, whole operators
PART_SANS_DUI = 0.03
PART_RESID, PART_VT = 0.94, {"EHPAD": 0.97, "HEBERGEMENT_PA": 0.6, "JOUR_PA": 0.8}
PART_VT_PH = 0.95
PART_AIDE_DOMICILE = 0.37  # home help services whose people are of this world: the others keep paper records


@dataclass(frozen=True)
class Tenue:
    """By ET (`et_id`): software (« » : none), whether its people exist here, whether it feeds RESID, ViaTrajectoire."""

    canal: np.ndarray
    peuple: np.ndarray
    resid: np.ndarray
    vt: np.ndarray


def construire(hasard: Hasard, et: pl.DataFrame) -> Tenue:
    """Choices of every ET ; those of an operator go together for TDDUI."""
    rng = hasard.flux("personnes/tenue")
    n = len(et)
    profil = np.array(facts.profils(), dtype=object)[et["profil_id"].to_numpy()]
    canal = np.array([_PRODUIT.get(p, HANDISOFT) for p in profil], dtype=object)
    canal[_en_tddui(rng, et)] = TDDUI
    canal[rng.random(n) < PART_SANS_DUI] = SANS
    aide = profil == "AIDE_DOMICILE"
    peuple = (profil != "RESSOURCE") & (~aide | (rng.random(n) < PART_AIDE_DOMICILE) & (canal != SANS))
    categorie = et["categorie"].to_numpy()
    resid = (np.isin(profil, list(_RESID)) | np.isin(categorie, list(_RESID_CATEGORIES))) & peuple
    part = np.array([PART_VT.get(p, PART_VT_PH if p in PROFILS_PH else 0.0) for p in profil])
    vt = np.where(rng.random(n) < part, np.where(np.isin(profil, PROFILS_PA), PA, PH), "").astype(object)
    return Tenue(canal, peuple, resid & (rng.random(n) < PART_RESID), np.where(peuple, vt, ""))


def _en_tddui(rng: np.random.Generator, et: pl.DataFrame) -> np.ndarray:
    """ET of the operators that send TDDUI bundles: in each département, drawn until their share is reached."""
    tirage = rng.random(int(et["ej_id"].to_numpy().max()) + 1)
    par_ej = pl.DataFrame(
        {"departement": et["departement"], "ej": et["ej_id"], "tirage": tirage[et["ej_id"].to_numpy()]}
    )
    cumul = (
        par_ej.group_by("departement", "ej", "tirage")
        .len()
        .sort("departement", "tirage", "ej")
        .with_columns(
            (pl.col("len").cum_sum() - pl.col("len")).over("departement").alias("avant"),
            pl.col("len").sum().over("departement").alias("total"),
        )
        .filter(pl.col("avant") < PART_TDDUI * pl.col("total"))
    )
    return np.isin(et["ej_id"].to_numpy(), cumul["ej"].to_numpy())
