"""RESID-ESMS: the file that ESMS prepare every month for the Assurance maladie. UTF-8, `;`.

Belongs here: its columns. Does not belong here: who is told, and with which dates (`declared_stays`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRENCH, ChannelFile, Departement
from witness.generate.personnes.declared_stays import RESID
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import PROFILS_PH
from witness.generate.personnes.sejours import STILL_THERE

_PROVENANCES = ("DOMICILE", "ETABLISSEMENT_SANTE", "ESMS", "INCONNUE")
_MOTIFS = ("124", "157", "DOMICILE", "91", None)
_HANDICAPS = ("DI", "TSA", "PSY", "MOT", "VIS", "AUD", "POLY", "CEREBRO", "AUTRE")
_HANDICAP_SHARES = (0.42, 0.14, 0.2, 0.07, 0.02, 0.02, 0.07, 0.03, 0.03)
_PREVIOUS_CARE = {"PA": ("SAAD", "ETABLISSEMENT_SANTE", "ESMS_PA", "INCONNUE"),
                "PH": ("AUCUNE", "ETABLISSEMENT_SANTE", "ESMS_PH", "INCONNUE")}  # fmt: skip


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The file of December. `identities`: those of its rows, in the same order."""
    told = d.declarations.resid
    if len(told) == 0:
        return []
    rng = d.journal.stream("contenu", RESID)
    sejour = told["sejour"].to_numpy()
    handicap = np.isin(d.e.profil[told["et"].to_numpy()], PROFILS_PH)
    decision = d.decisions.of_sejour[sejour]
    decision_days = d.decisions.table["date_decision"].to_numpy()
    t = told.hstack(identities.drop("personne")).with_columns(
        d.finess.gather(told["et"]).alias("finess"),
        pl.Series("personne_id", identities["personne"]),
        pl.Series("ph", handicap),
        pl.Series("provenance", d.s.provenance[sejour]),
        pl.Series("motif", np.where(d.s.sortie[sejour] < STILL_THERE, d.s.motif[sejour], -1)),
        pl.Series("gir", np.where(handicap, 0, d.s.gir[sejour])),
        pl.Series("a_decision", decision >= 0),
        pl.Series("decision_le", np.append(decision_days, 0)[decision]),
        pl.Series("handicap", rng.choice(len(_HANDICAPS), len(sejour), p=_HANDICAP_SHARES)),
    )  # fmt: skip
    t = t.sort("finess", "personne_id", "entree")
    left = pl.col("sortie").is_not_null()
    written = t.select(
        pl.col("finess").alias("FINESS"),
        pl.lit(f.EXPORT[:7]).alias("MOIS"),
        pl.col("nir").alias("NIR"),
        pl.when("est_nia").then(pl.lit("NIA")).otherwise(pl.lit("NIR")).alias("TYPE_NIR"),
        f.digits("organisme", 9).alias("ORGANISME"),
        pl.col("nom").alias("NOM"),
        pl.col("prenoms").alias("PRENOMS"),
        pl.when("jour_inconnu")
        .then(pl.col("naissance").dt.to_string("00/00/%Y"))
        .otherwise(pl.col("naissance").dt.to_string(FRENCH))
        .alias("DATE_NAISSANCE"),
        pl.col("sexe").replace_strict(["M", "F"], ["1", "2"], default=None).alias("SEXE"),
        pl.col("lieu").alias("LIEU_NAISSANCE"),
        pl.col("departement").alias("DEPT_DOMICILE"),
        pl.when(pl.col("protection").is_not_null()).then("departement").alias("DEPT_SECOURS"),
        pl.when(pl.col("gir") > 0).then("gir").alias("GIR"),
        pl.when("ph").then(f.choice("handicap", _HANDICAPS)).alias("HANDICAP"),
        pl.when("ph").then(pl.when("a_decision").then(pl.lit("O")).otherwise(pl.lit("N"))).alias("DECISION_CDAPH"),
        pl.when(pl.col("ph") & pl.col("a_decision")).then(f.day("decision_le", FRENCH)).alias("DATE_DECISION"),
        f.choice("modalite", MODALITES).alias("MODALITE"),
        f.day("entree", FRENCH).alias("DATE_ENTREE"),
        f.choice("provenance", _PROVENANCES).alias("PROVENANCE"),
        pl.when("ph")
        .then(f.choice("provenance", _PREVIOUS_CARE["PH"]))
        .otherwise(f.choice("provenance", _PREVIOUS_CARE["PA"]))
        .alias("PRISE_EN_CHARGE_ANTERIEURE"),
        f.day("sortie", FRENCH).alias("DATE_SORTIE"),
        pl.when(left).then(f.choice("motif", _MOTIFS)).alias("MOTIF_SORTIE"),
    )  # fmt: skip
    lines = f.csv_lines(t)
    undated = t.select("sejour", pl.lit(None, dtype=pl.Int64).alias("admission"), "entree", "sortie")
    nir = t["nir"]
    return [
        ChannelFile(
            f"resid_esms_{f.EXPORT[:7]}_{d.code}.csv", "resid_esms", f.csv(written, ";"), {"residents": len(t)},
            locations={RESID: f.locations(t["rang"], lines, "residents")},
            fiches=[f.fiches("residents", lines, t["finess"], nir, t["personne_id"])],
            sejours=[f.sejours("residents", lines, undated)],
        )
    ]  # fmt: skip
