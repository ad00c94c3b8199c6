"""One more delivery, a month later: the bundle of one ESMS, in which some have come and some have left.

Belongs here: which ESMS, who comes and goes in that month. Does not belong here: the writing of a bundle
(`canaux.tddui`).
Those who were admitted enter, some of those who asked for a place elsewhere too ; nothing else of the ESMS has
changed, and no mistake is made.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from witness.generate.personnes import person_files as _fiches
from witness.generate.personnes.channels import tddui
from witness.generate.personnes.channels.channel_file import Departement, Fichier
from witness.generate.personnes.person_defects import Journal
from witness.generate.personnes.rates import TauxPersonnes
from witness.generate.personnes.record_keeping import PROFILS_PH, TDDUI
from witness.generate.personnes.sejours import JOURS, PREMIER_JOUR
from witness.generate.streams import Hasard

MOIS = 31
EXPORT = str(PREMIER_JOUR + JOURS + MOIS - 1)
PART_ENTREES = PART_SORTIES = 0.04  # of those present
SCHEMA = {"livraison": pl.String, "finess_et": pl.String, "identifiant": pl.String, "personne_vraie": pl.Int64,
          "evenement": pl.String, "date": pl.Date}  # fmt: skip


def ecrire(hasard: Hasard, d: Departement) -> tuple[Fichier, pl.DataFrame] | None:
    """The bundle and who came or left (`SCHEMA`) ; None when no ESMS of the département sends bundles."""
    sejours = d.dossiers.sejours.filter((pl.col("canal") == TDDUI) & ~pl.col("est_double"))
    if len(sejours) == 0:
        return None
    presents = sejours.filter(pl.col("sortie").is_null() & pl.col("entree").is_not_null())
    et = int(presents.group_by("et").len().sort("len", "et", descending=[True, False])["et"][0])
    rng = hasard.flux(f"personnes/suite/{d.code}")
    fiches = d.dossiers.fiches.filter(pl.col("et") == et)
    siens = d.dossiers.sejours.filter(pl.col("et") == et)
    siens = siens.with_columns(
        pl.when(pl.col("est_admis")).then(JOURS + pl.col("rang") % MOIS).otherwise("entree").alias("entree")
    )
    partants = _partants(rng, siens)
    siens = siens.with_columns(partants["sortie"], partants["motif"])
    venus, arrivees = _arrivants(rng, d, et, fiches, siens)
    fiches, siens = pl.concat([fiches, venus]), pl.concat([siens, arrivees])
    siens = siens.with_columns(est_admis=pl.lit(False))
    change = siens.filter((pl.col("entree") >= JOURS) | pl.col("sortie").is_between(JOURS, JOURS + MOIS))

    journal = Journal(hasard, f"{d.code}/suite", TauxPersonnes.aucun())
    ecrites = _fiches.ecrites(journal, "suite", d.personnes, fiches, siens)
    d.ecrites.append(ecrites)
    tables = replace(
        d.dossiers,
        fiches=fiches,
        sejours=siens,
        **{
            n: getattr(d.dossiers, n).filter(pl.col("et") == et)
            for n in ("besoins", "projets", "bilans", "presences", "visites")
        },
    )
    nom = f"tddui_{EXPORT}_{d.e.finess[et]}.json"
    fichier = tddui.ecrire(replace(d, dossiers=tables, journal=journal), ecrites, nom)[0]
    qui = change.join(ecrites.select("rang_fiche", "identifiant", "personne"), left_on="fiche", right_on="rang_fiche",
                      maintain_order="left")  # fmt: skip
    entre = pl.col("entree") >= JOURS
    jour = pl.when(entre).then("entree").otherwise("sortie") + int(PREMIER_JOUR.astype(int))
    return fichier, qui.select(
        pl.lit(f"personnes/{nom}").alias("livraison"),
        pl.lit(d.e.finess[et]).alias("finess_et"),
        "identifiant",
        pl.col("personne").alias("personne_vraie"),
        pl.when(entre).then(pl.lit("entree")).otherwise(pl.lit("sortie")).alias("evenement"),
        jour.cast(pl.Int32).cast(pl.Date).alias("date"),
    )


def _partants(rng: np.random.Generator, sejours: pl.DataFrame) -> pl.DataFrame:
    """Exits of the stays, those of the month among them."""
    present = (sejours["sortie"].is_null() & ~sejours["est_admis"] & ~sejours["est_double"]).to_numpy()
    rangs = np.flatnonzero(present)
    choisis = np.sort(rng.permutation(rangs)[: max(round(PART_SORTIES * len(rangs)), 1)])
    sortie = sejours["sortie"].scatter(choisis.tolist(), (JOURS + rng.integers(0, MOIS, len(choisis))).tolist())
    motif = sejours["motif"].scatter(choisis.tolist(), rng.integers(0, 4, len(choisis)).tolist())
    return pl.DataFrame({"sortie": sortie, "motif": motif})


def _arrivants(
    rng: np.random.Generator, d: Departement, et: int, fiches: pl.DataFrame, sejours: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Files and stays of persons whom this ESMS did not know."""
    du_meme_public = d.attentes.ph == (d.e.profil[et] in PROFILS_PH)
    attendus = np.setdiff1d(d.attentes.personne[du_meme_public], fiches["personne"].to_numpy())
    autres = np.setdiff1d(d.rang, fiches["personne"].to_numpy())
    possibles = attendus if len(attendus) else autres
    n = min(max(round(PART_ENTREES * len(sejours)), 1), len(possibles))
    qui = np.sort(rng.permutation(possibles)[:n])
    rang = len(d.dossiers.fiches) + np.arange(n)
    venus = pl.DataFrame(
        {
            "rang": rang,
            "personne": qui,
            "et": et,
            "canal": TDDUI,
            "numero": _suivant(fiches) + np.arange(n),
        }
    )
    entree = JOURS + rng.integers(0, MOIS, n)
    courante = sejours["modalite"].mode().sort()[0]
    arrivees = pl.DataFrame(
        {
            "rang": len(d.dossiers.sejours) + np.arange(n),
            "sejour": np.full(n, -1),
            "fiche": rang,
            "et": et,
            "canal": TDDUI,
            "numero": _suivant(sejours) + np.arange(n),
            "admission": entree - rng.integers(1, 12, n),
            "entree": entree,
            "attendu": entree,
            "modalite": courante,
            "motif": -1,
            "provenance": rng.integers(0, 3, n),
            "gir_le": entree,
        }
    )
    faux = dict.fromkeys(
        ("est_admis", "est_double", "est_illisible", "sans_modalite", "code_inconnu", "sortie_oubliee", "evalue"), False
    )
    vides = dict.fromkeys(("sortie", "gir", "gir_le"))
    arrivees = arrivees.with_columns(**{c: pl.lit(v) for c, v in (faux | vides).items()})

    def comme(t: pl.DataFrame, modele: pl.DataFrame) -> pl.DataFrame:
        return t.select(pl.col(c).cast(genre) for c, genre in modele.schema.items())

    return comme(venus, fiches), comme(arrivees, sejours)


def _suivant(table: pl.DataFrame) -> int:
    """First number that the software has not given."""
    return int(table["numero"].to_numpy().max()) + 1
