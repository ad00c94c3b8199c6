"""Register of oppositions and consents of each ESMS, for the users of its software. UTF-8, `;`, ISO dates.

Belongs here: who opposed or consented, when, its columns. Does not belong here: what follows from it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import Departement, Fichier
from witness.generate.personnes.sejours import JOURS

PART_OPPOSITIONS, PART_CONSENTEMENTS, PART_RETRAITS = 0.004, 0.006, 0.2
_FINALITES = ("toutes", "pilotage", "appariement", "recherche")


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """The register. `identites`: files of the département, with the number that each software gives (`identifiant`)."""
    rng = d.journal.hasard.flux(f"personnes/consentements/{d.code}")
    tirage = rng.random(len(identites))
    # Someone at least, in a small département too.
    lignes = np.flatnonzero(tirage <= max(PART_OPPOSITIONS + PART_CONSENTEMENTS, tirage.min()))
    n = len(lignes)
    opposition = tirage[lignes] < PART_OPPOSITIONS
    finalite = np.where(opposition, rng.choice(4, n, p=[0.3, 0.25, 0.15, 0.3]), rng.choice(4, n, p=[0.1, 0, 0.2, 0.7]))
    effet = JOURS - 1 - rng.integers(5, 900, n)
    retire = np.minimum(effet + rng.integers(20, 400, n), JOURS - 2)
    t = identites[lignes].with_columns(
        pl.Series("opposition", opposition),
        pl.Series("finalite", finalite),
        pl.Series("effet", effet),
        pl.Series("retire", np.where(rng.random(n) < PART_RETRAITS, np.maximum(retire, effet), JOURS)),
        pl.Series("preuve", np.arange(n) + 1),
    )
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess_et")).sort("finess_et", "numero_fiche")
    ecrit = t.select(
        "finess_et",
        pl.col("identifiant").alias("usager_id"),
        f.choix("finalite", _FINALITES),
        pl.when("opposition").then(pl.lit("opposition")).otherwise(pl.lit("consentement")).alias("nature"),
        f.jour("effet").alias("date_effet"),
        pl.when(pl.col("retire") < JOURS).then(f.jour("retire")).alias("retire_le"),
        pl.concat_str(pl.lit("REG-"), f.chiffres("preuve", 6)).alias("preuve_ref"),
    )
    nom = f"consentements_{f.EXPORT}_{d.code}.csv"
    lignes_ecrites = f.lignes_csv(t)
    return [
        Fichier(
            nom, "consentements", f.csv(ecrit, ";"), {"registre": n},
            fiches=[f.fiches("registre", lignes_ecrites, t["finess_et"], t["identifiant"], t["personne"])],
        )
    ]  # fmt: skip
