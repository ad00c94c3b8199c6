"""RESID-ESMS: the file that ESMS prepare every month for the Assurance maladie. UTF-8, `;`.

Belongs here: its columns. Does not belong here: who is told, and with which dates (`declared_stays`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRANCAIS, Departement, Fichier
from witness.generate.personnes.declared_stays import RESID
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import PROFILS_PH
from witness.generate.personnes.sejours import RESTE

_PROVENANCES = ("DOMICILE", "ETABLISSEMENT_SANTE", "ESMS", "INCONNUE")
_MOTIFS = ("124", "157", "DOMICILE", "91", None)
_HANDICAPS = ("DI", "TSA", "PSY", "MOT", "VIS", "AUD", "POLY", "CEREBRO", "AUTRE")
_PARTS_HANDICAPS = (0.42, 0.14, 0.2, 0.07, 0.02, 0.02, 0.07, 0.03, 0.03)
_ANTERIEURES = {"PA": ("SAAD", "ETABLISSEMENT_SANTE", "ESMS_PA", "INCONNUE"),
                "PH": ("AUCUNE", "ETABLISSEMENT_SANTE", "ESMS_PH", "INCONNUE")}  # fmt: skip


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """The file of December. `identites`: those of its rows, in order."""
    dits = d.declarations.resid
    if len(dits) == 0:
        return []
    rng = d.journal.flux("contenu", RESID)
    sejour = dits["sejour"].to_numpy()
    handicap = np.isin(d.e.profil[dits["et"].to_numpy()], PROFILS_PH)
    decision = d.decisions.du_sejour[sejour]
    dates = d.decisions.table["date_decision"].to_numpy()
    t = dits.hstack(identites.drop("personne")).with_columns(
        d.finess.gather(dits["et"]).alias("finess"),
        pl.Series("personne_id", identites["personne"]),
        pl.Series("ph", handicap),
        pl.Series("provenance", d.s.provenance[sejour]),
        pl.Series("motif", np.where(d.s.sortie[sejour] < RESTE, d.s.motif[sejour], -1)),
        pl.Series("gir", np.where(handicap, 0, d.s.gir[sejour])),
        pl.Series("a_decision", decision >= 0),
        pl.Series("decision_le", np.append(dates, 0)[decision]),
        pl.Series("handicap", rng.choice(len(_HANDICAPS), len(sejour), p=_PARTS_HANDICAPS)),
    )  # fmt: skip
    t = t.sort("finess", "personne_id", "entree")
    sorti = pl.col("sortie").is_not_null()
    ecrit = t.select(
        pl.col("finess").alias("FINESS"),
        pl.lit(f.EXPORT[:7]).alias("MOIS"),
        pl.col("nir").alias("NIR"),
        pl.when("est_nia").then(pl.lit("NIA")).otherwise(pl.lit("NIR")).alias("TYPE_NIR"),
        f.chiffres("organisme", 9).alias("ORGANISME"),
        pl.col("nom").alias("NOM"),
        pl.col("prenoms").alias("PRENOMS"),
        pl.col("naissance").dt.to_string(FRANCAIS).alias("DATE_NAISSANCE"),
        pl.col("sexe").replace_strict(["M", "F"], ["1", "2"], default=None).alias("SEXE"),
        pl.col("lieu").alias("LIEU_NAISSANCE"),
        pl.col("departement").alias("DEPT_DOMICILE"),
        pl.when(pl.col("protection").is_not_null()).then("departement").alias("DEPT_SECOURS"),
        pl.when(pl.col("gir") > 0).then("gir").alias("GIR"),
        pl.when("ph").then(f.choix("handicap", _HANDICAPS)).alias("HANDICAP"),
        pl.when("ph").then(pl.when("a_decision").then(pl.lit("O")).otherwise(pl.lit("N"))).alias("DECISION_CDAPH"),
        pl.when(pl.col("ph") & pl.col("a_decision")).then(f.jour("decision_le", FRANCAIS)).alias("DATE_DECISION"),
        f.choix("modalite", MODALITES).alias("MODALITE"),
        f.jour("entree", FRANCAIS).alias("DATE_ENTREE"),
        f.choix("provenance", _PROVENANCES).alias("PROVENANCE"),
        pl.when("ph")
        .then(f.choix("provenance", _ANTERIEURES["PH"]))
        .otherwise(f.choix("provenance", _ANTERIEURES["PA"]))
        .alias("PRISE_EN_CHARGE_ANTERIEURE"),
        f.jour("sortie", FRANCAIS).alias("DATE_SORTIE"),
        pl.when(sorti).then(f.choix("motif", _MOTIFS)).alias("MOTIF_SORTIE"),
    )  # fmt: skip
    lignes = f.lignes_csv(t)
    rien = t.select("sejour", pl.lit(None, dtype=pl.Int64).alias("admission"), "entree", "sortie")
    nir = t["nir"]
    return [
        Fichier(
            f"resid_esms_{f.EXPORT[:7]}_{d.code}.csv", "resid_esms", f.csv(ecrit, ";"), {"residents": len(t)},
            reperes={RESID: f.reperes(t["rang"], lignes, "residents")},
            fiches=[f.fiches("residents", lignes, t["finess"], nir, t["personne_id"])],
            sejours=[f.sejours("residents", lignes, rien)],
        )
    ]  # fmt: skip
