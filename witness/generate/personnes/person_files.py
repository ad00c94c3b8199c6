"""Who the files of a software are about, as the software writes them: identity, local number, death.

Belongs here: one row for each file of a DUI, ready for its channel. Does not belong here: mistakes (`spellings`),
columns (`channels`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import residalia
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.record_keeping import DOMICILIA, HANDISOFT, RESIDALIA
from witness.generate.personnes.spellings import write as write_identity

_DEATH = 0  # rank among the reasons of exit


def written(
    journal: Journal, where: str, personnes: pl.DataFrame, fiches: pl.DataFrame, sejours: pl.DataFrame
) -> pl.DataFrame:
    """The columns of `spellings.write`, then those of the file.

    The latter are rang_fiche, et, canal, numero_fiche, deces and identifiant (as it is written).
    """
    in_capitals = np.isin(fiches["canal"].to_numpy(), (HANDISOFT, DOMICILIA))
    second = fiches.select(pl.int_range(pl.len()).over("personne", "et") > 0).to_series().to_numpy()
    t = write_identity(journal, where, personnes, fiches["personne"].to_numpy(), in_capitals, ins=True, second=second)
    t = t.hstack(
        fiches.select(pl.col("rang").alias("rang_fiche"), "et", "canal", pl.col("numero").alias("numero_fiche"))
    )
    dead = sejours.filter((pl.col("motif") == _DEATH) & ~pl.col("est_illisible"))
    deces = dead.group_by("fiche").agg(pl.col("sortie").max().alias("deces"))
    t = t.join(deces, left_on="rang_fiche", right_on="fiche", how="left", maintain_order="left")
    return t.with_columns(_identifier())


def _identifier() -> pl.Expr:
    """The number that each software gives to its files."""
    return (
        pl.when(pl.col("canal") == RESIDALIA)
        .then(residalia.dossier())
        .when(pl.col("canal") == DOMICILIA)
        .then(pl.col("numero_fiche").cast(pl.String).str.zfill(6))
        .otherwise(pl.col("numero_fiche").cast(pl.String))
        .alias("identifiant")
    )
