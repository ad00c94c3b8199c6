"""One more delivery, a month later: the bundle of one ESMS, where some people have come and some have left.

Belongs here: which ESMS it is, who comes and who leaves in that month. Does not belong here: the writing of a bundle
(`tddui`).

Those who were admitted enter, and so do some of those who had asked for a place elsewhere. Nothing else has changed at
the ESMS, and no mistake is made.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from witness.generate.personnes import person_files
from witness.generate.personnes.channels import tddui
from witness.generate.personnes.channels.channel_file import ChannelFile, Departement
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.rates import PersonRates
from witness.generate.personnes.record_keeping import PROFILS_PH, TDDUI
from witness.generate.personnes.sejours import DAYS, FIRST_DAY
from witness.generate.streams import Streams

MONTH = 31
EXPORT = str(FIRST_DAY + DAYS + MONTH - 1)
ENTERING_SHARE = LEAVING_SHARE = 0.04  # of those present
SCHEMA = {"livraison": pl.String, "finess_et": pl.String, "identifiant": pl.String, "personne_vraie": pl.Int64,
          "evenement": pl.String, "date": pl.Date}  # fmt: skip


def write(streams: Streams, d: Departement) -> tuple[ChannelFile, pl.DataFrame] | None:
    """The bundle, and who came or left (`SCHEMA`); None when no ESMS of the département sends bundles."""
    sejours = d.dossiers.sejours.filter((pl.col("canal") == TDDUI) & ~pl.col("est_double"))
    if len(sejours) == 0:
        return None
    presents = sejours.filter(pl.col("sortie").is_null() & pl.col("entree").is_not_null())
    et = int(presents.group_by("et").len().sort("len", "et", descending=[True, False])["et"][0])
    rng = streams.stream(f"personnes/suite/{d.code}")
    fiches = d.dossiers.fiches.filter(pl.col("et") == et)
    its_sejours = d.dossiers.sejours.filter(pl.col("et") == et)
    its_sejours = its_sejours.with_columns(
        pl.when(pl.col("est_admis")).then(DAYS + pl.col("rang") % MONTH).otherwise("entree").alias("entree")
    )
    leavers = _leavers(rng, its_sejours)
    its_sejours = its_sejours.with_columns(leavers["sortie"], leavers["motif"])
    newcomers, arrivals = _newcomers(rng, d, et, fiches, its_sejours)
    fiches, its_sejours = pl.concat([fiches, newcomers]), pl.concat([its_sejours, arrivals])
    its_sejours = its_sejours.with_columns(est_admis=pl.lit(False))
    change = its_sejours.filter((pl.col("entree") >= DAYS) | pl.col("sortie").is_between(DAYS, DAYS + MONTH))

    journal = Journal(streams, f"{d.code}/suite", PersonRates.none())
    written = person_files.written(journal, "suite", d.personnes, fiches, its_sejours)
    d.written.append(written)
    tables = replace(
        d.dossiers,
        fiches=fiches,
        sejours=its_sejours,
        **{
            n: getattr(d.dossiers, n).filter(pl.col("et") == et)
            for n in ("besoins", "projets", "bilans", "presences", "visites")
        },
    )
    name = f"tddui_{EXPORT}_{d.e.finess[et]}.json"
    file = tddui.write(replace(d, dossiers=tables, journal=journal), written, name)[0]
    who = change.join(written.select("rang_fiche", "identifiant", "personne"), left_on="fiche", right_on="rang_fiche",
                      maintain_order="left")  # fmt: skip
    entered = pl.col("entree") >= DAYS
    day = pl.when(entered).then("entree").otherwise("sortie") + int(FIRST_DAY.astype(int))
    return file, who.select(
        pl.lit(f"personnes/{name}").alias("livraison"),
        pl.lit(d.e.finess[et]).alias("finess_et"),
        "identifiant",
        pl.col("personne").alias("personne_vraie"),
        pl.when(entered).then(pl.lit("entree")).otherwise(pl.lit("sortie")).alias("evenement"),
        day.cast(pl.Int32).cast(pl.Date).alias("date"),
    )


def _leavers(rng: np.random.Generator, sejours: pl.DataFrame) -> pl.DataFrame:
    """The exits of the stays, with those of the month among them."""
    present = (sejours["sortie"].is_null() & ~sejours["est_admis"] & ~sejours["est_double"]).to_numpy()
    ranks = np.flatnonzero(present)
    chosen = np.sort(rng.permutation(ranks)[: max(round(LEAVING_SHARE * len(ranks)), 1)])
    sortie = sejours["sortie"].scatter(chosen.tolist(), (DAYS + rng.integers(0, MONTH, len(chosen))).tolist())
    motif = sejours["motif"].scatter(chosen.tolist(), rng.integers(0, 4, len(chosen)).tolist())
    return pl.DataFrame({"sortie": sortie, "motif": motif})


def _newcomers(
    rng: np.random.Generator, d: Departement, et: int, fiches: pl.DataFrame, sejours: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Files and stays of persons whom this ESMS did not know."""
    same_public = d.requests.ph == (d.e.profil[et] in PROFILS_PH)
    awaiting = np.setdiff1d(d.requests.personne[same_public], fiches["personne"].to_numpy())
    others = np.setdiff1d(d.rank, fiches["personne"].to_numpy())
    possible = awaiting if len(awaiting) else others
    n = min(max(round(ENTERING_SHARE * len(sejours)), 1), len(possible))
    who = np.sort(rng.permutation(possible)[:n])
    rank = len(d.dossiers.fiches) + np.arange(n)
    newcomers = pl.DataFrame(
        {
            "rang": rank,
            "personne": who,
            "et": et,
            "canal": TDDUI,
            "numero": _next_number(fiches) + np.arange(n),
        }
    )
    entree = DAYS + rng.integers(0, MONTH, n)
    usual = sejours["modalite"].mode().sort()[0]
    arrivals = pl.DataFrame(
        {
            "rang": len(d.dossiers.sejours) + np.arange(n),
            "sejour": np.full(n, -1),
            "fiche": rank,
            "et": et,
            "canal": TDDUI,
            "numero": _next_number(sejours) + np.arange(n),
            "admission": entree - rng.integers(1, 12, n),
            "entree": entree,
            "attendu": entree,
            "modalite": usual,
            "motif": -1,
            "provenance": rng.integers(0, 3, n),
            "gir_le": entree,
        }
    )
    wrong = dict.fromkeys(
        ("est_admis", "est_double", "est_illisible", "sans_modalite", "code_inconnu", "sortie_oubliee", "evalue"), False
    )
    unanswered = dict.fromkeys(("sortie", "gir", "gir_le"))
    arrivals = arrivals.with_columns(**{c: pl.lit(v) for c, v in (wrong | unanswered).items()})

    def shaped_like(t: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
        return t.select(pl.col(c).cast(kind) for c, kind in like.schema.items())

    return shaped_like(newcomers, fiches), shaped_like(arrivals, sejours)


def _next_number(table: pl.DataFrame) -> int:
    """The first number that the software has not given yet."""
    return int(table["numero"].to_numpy().max()) + 1
