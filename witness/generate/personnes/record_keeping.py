"""Who keeps which records: the software of each ET, and the national systems that it feeds.

Belongs here: the choice of a software by operator, the perimeter of RESID-ESMS and of ViaTrajectoire. Does not belong
here: what is told through them (`channels`).

RESID-ESMS: EHPAD, ESMS for disabled people that the Assurance maladie pays, home nursing (CASF, R. 314-105-3).
ViaTrajectoire: « grand âge » for the housing and the day care of the elderly, « handicap » for what a decision of the
CDAPH opens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Streams

NO_SOFTWARE, TDDUI, RESIDALIA, HANDISOFT, DOMICILIA = "", "tddui", "residalia", "handisoft", "domicilia"
PA, PH = "pa", "ph"
_PRODUCT = {
    "EHPAD": RESIDALIA, "HEBERGEMENT_PA": RESIDALIA, "JOUR_PA": RESIDALIA, "SOINS_DOMICILE": DOMICILIA,
    "AIDE_DOMICILE": DOMICILIA,
}  # fmt: skip
PROFILS_PA = ("EHPAD", "HEBERGEMENT_PA", "JOUR_PA")
PROFILS_PH = ("ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "ADULTE_VIE", "TRAVAIL", "ADULTE_SERVICE")
_RESID = {"EHPAD", "SOINS_DOMICILE", "ENFANT_ETAB", "ENFANT_SERVICE", "ADULTE_SOINS", "TRAVAIL"}
_RESID_CATEGORIES = {"445"}  # SAMSAH: the only service for adults that the Assurance maladie pays
TDDUI_SHARE = 0.05  # of the ET of a département; all those of an operator together
WITHOUT_DUI_SHARE = 0.03
RESID_SHARE, VT_SHARES = 0.94, {"EHPAD": 0.97, "HEBERGEMENT_PA": 0.6, "JOUR_PA": 0.8}
VT_PH_SHARE = 0.95
HOME_HELP_SHARE = (
    0.37  # of the home help services, those whose people exist in this world; the others keep paper records
)


@dataclass(frozen=True)
class RecordKeeping:
    """By ET (`et_id`): the software, and the national systems that it feeds.

    `channel`: the software, empty when there is none. `has_people`: whether its people exist in this world. `resid`:
    whether it feeds RESID-ESMS. `vt`: its side of ViaTrajectoire (`PA`, `PH`), empty when it feeds none.
    """

    channel: np.ndarray
    has_people: np.ndarray
    resid: np.ndarray
    vt: np.ndarray


def build(streams: Streams, et: pl.DataFrame) -> RecordKeeping:
    """The choices of every ET. All the ET of an operator that sends TDDUI bundles send them."""
    rng = streams.stream("personnes/tenue")
    n = len(et)
    profil = np.array(facts.profils(), dtype=object)[et["profil_id"].to_numpy()]
    channel = np.array([_PRODUCT.get(p, HANDISOFT) for p in profil], dtype=object)
    channel[_sends_tddui(rng, et)] = TDDUI
    channel[rng.random(n) < WITHOUT_DUI_SHARE] = NO_SOFTWARE
    home_help = profil == "AIDE_DOMICILE"
    has_people = (profil != "RESSOURCE") & (~home_help | (rng.random(n) < HOME_HELP_SHARE) & (channel != NO_SOFTWARE))
    categorie = et["categorie"].to_numpy()
    resid = (np.isin(profil, list(_RESID)) | np.isin(categorie, list(_RESID_CATEGORIES))) & has_people
    share = np.array([VT_SHARES.get(p, VT_PH_SHARE if p in PROFILS_PH else 0.0) for p in profil])
    vt = np.where(rng.random(n) < share, np.where(np.isin(profil, PROFILS_PA), PA, PH), "").astype(object)
    return RecordKeeping(channel, has_people, resid & (rng.random(n) < RESID_SHARE), np.where(has_people, vt, ""))


def _sends_tddui(rng: np.random.Generator, et: pl.DataFrame) -> np.ndarray:
    """Mask of the ET whose operator sends TDDUI bundles.

    In each département, operators are drawn until they run the share of the ET that is wanted.
    """
    draw = rng.random(int(et["ej_id"].to_numpy().max()) + 1)
    by_ej = pl.DataFrame({"departement": et["departement"], "ej": et["ej_id"], "tirage": draw[et["ej_id"].to_numpy()]})
    cumulated = (
        by_ej.group_by("departement", "ej", "tirage")
        .len()
        .sort("departement", "tirage", "ej")
        .with_columns(
            (pl.col("len").cum_sum() - pl.col("len")).over("departement").alias("avant"),
            pl.col("len").sum().over("departement").alias("total"),
        )
        .filter(pl.col("avant") < TDDUI_SHARE * pl.col("total"))
    )
    return np.isin(et["ej_id"].to_numpy(), cumulated["ej"].to_numpy())
