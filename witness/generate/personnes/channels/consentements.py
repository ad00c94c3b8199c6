"""Register of oppositions and consents of each ESMS, for the users of its software. UTF-8, `;`, ISO dates.

Belongs here: who opposed or consented, when, its columns. Does not belong here: what follows from it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import ChannelFile, Departement
from witness.generate.personnes.sejours import DAYS

OPPOSITION_SHARE, CONSENT_SHARE, WITHDRAWN_SHARE = 0.004, 0.006, 0.2
_FINALITES = ("toutes", "pilotage", "appariement", "recherche")


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The register. `identities`: the files of the département, whose numbers (`identifiant`) it refers to."""
    rng = d.journal.streams.stream(f"personnes/consentements/{d.code}")
    draw = rng.random(len(identities))
    # At least one person is in the register, even in a small département.
    rows = np.flatnonzero(draw <= max(OPPOSITION_SHARE + CONSENT_SHARE, draw.min()))
    n = len(rows)
    opposition = draw[rows] < OPPOSITION_SHARE
    finalite = np.where(opposition, rng.choice(4, n, p=[0.3, 0.25, 0.15, 0.3]), rng.choice(4, n, p=[0.1, 0, 0.2, 0.7]))
    effective_on = DAYS - 1 - rng.integers(5, 900, n)
    withdrawn_on = np.minimum(effective_on + rng.integers(20, 400, n), DAYS - 2)
    t = identities[rows].with_columns(
        pl.Series("opposition", opposition),
        pl.Series("finalite", finalite),
        pl.Series("effet", effective_on),
        pl.Series("retire", np.where(rng.random(n) < WITHDRAWN_SHARE, np.maximum(withdrawn_on, effective_on), DAYS)),
        pl.Series("preuve", np.arange(n) + 1),
    )
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess_et")).sort("finess_et", "numero_fiche")
    written = t.select(
        "finess_et",
        pl.col("identifiant").alias("usager_id"),
        f.choice("finalite", _FINALITES),
        pl.when("opposition").then(pl.lit("opposition")).otherwise(pl.lit("consentement")).alias("nature"),
        f.day("effet").alias("date_effet"),
        pl.when(pl.col("retire") < DAYS).then(f.day("retire")).alias("retire_le"),
        pl.concat_str(pl.lit("REG-"), f.digits("preuve", 6)).alias("preuve_ref"),
    )
    name = f"consentements_{f.EXPORT}_{d.code}.csv"
    lines = f.csv_lines(t)
    # A file is in the register once: no later consent lifts what it says.
    standing = t.filter(pl.col("opposition") & (pl.col("retire") == DAYS))
    return [
        ChannelFile(
            name, "consentements", f.csv(written, ";"), {"registre": n},
            fiches=[f.fiches("registre", lines, t["finess_et"], t["identifiant"], t["personne"])],
            oppositions=[standing.select("personne", f.choice("finalite", _FINALITES))],
        )
    ]  # fmt: skip
