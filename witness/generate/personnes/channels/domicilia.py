"""Domicilia (invented): services at home. UTF-16 with its mark, tabs, capitals, compact dates, identity in one column.

Belongs here: its two files. Does not belong here: what they tell.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import COMPACT, Departement, Fichier
from witness.generate.personnes.record_keeping import DOMICILIA
from witness.generate.personnes.records import FICHES, SEJOURS

ENCODAGE = "utf-16-le"
_MARQUE = b"\xff\xfe"


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """Files of the ET that use it. `identites`: those of all the files of the département, one row each."""
    sejours = d.dossiers.sejours.filter(pl.col("canal") == DOMICILIA)
    if len(sejours) == 0:
        return []
    date = f.EXPORT.replace("-", "")
    return [
        _dossiers(d, sejours, identites, f"DOMICILIA_{date}_{d.code}.txt"),
        _interventions(d, f"DOMICILIA_INTERVENTIONS_{date}_{d.code}.txt"),
    ]


def _dossiers(d: Departement, sejours: pl.DataFrame, identites: pl.DataFrame, nom: str) -> Fichier:
    t = sejours.join(identites, left_on="fiche", right_on="rang_fiche", maintain_order="left").sort(
        "et", "numero_fiche", "numero"
    )
    t = t.with_columns(
        f.motifs(d, t, d.journal.flux("motifs", DOMICILIA)).str.to_uppercase().alias("texte"),
        d.finess.gather(t["et"]).alias("finess"),
        f.chiffres("numero_fiche", 6).alias("dossier"),
    )
    connu = pl.col("ins").is_not_null() & ~pl.col("est_nia")  # the product knows no other number than the NIR
    ecrit = t.select(
        pl.col("finess").alias("FINESS"),
        pl.col("dossier").alias("DOSSIER"),
        pl.concat_str("nom", pl.lit(", "), "prenoms").alias("IDENTITE"),
        pl.col("sexe").replace_strict(["M", "F"], ["MR", "MME"], default=None).alias("CIVILITE"),
        pl.col("naissance").dt.to_string(COMPACT).alias("NAISSANCE"),
        pl.col("lieu").alias("LIEU_NAISSANCE_INSEE"),
        pl.col("commune").alias("INSEE_DOMICILE"),
        pl.when(connu).then(pl.concat_str("ins", "ins_cle")).alias("INS"),
        pl.when(connu & (pl.col("ins_statut") == "VALI")).then(pl.lit("X")).alias("INS_OK"),
        f.jour("admission", COMPACT).alias("ADMISSION"),
        f.jour("entree", COMPACT).alias("DEBUT"),
        f.jour("sortie", COMPACT).alias("FIN"),
        pl.col("texte").alias("MOTIF_FIN"),
        pl.col("gir").alias("GIR"),
        f.jour("gir_le", COMPACT).alias("GIR_LE"),
    )
    lignes = f.lignes_csv(t)
    premieres = t.with_columns(lignes).unique("fiche", keep="first", maintain_order=True)
    tables = {"usagers": len(premieres), "sejours": len(t), "evaluations": int(t["gir"].is_not_null().sum())}
    return Fichier(
        nom, "dui", f.csv(ecrit, "\t", encodage=ENCODAGE, marque=_MARQUE, fin="\r\n"), tables, ENCODAGE,
        reperes={
            FICHES: f.reperes(premieres["fiche"], premieres["ligne"], "usagers"),
            SEJOURS: f.reperes(t["rang"], lignes, "sejours"),
        },
        fiches=[f.fiches("usagers", lignes, t["finess"], t["dossier"], t["personne"])],
        sejours=[f.sejours("sejours", lignes, t)],
    )  # fmt: skip


def uid(d: Departement) -> pl.Expr:
    """Number of a visit: that of the shared diary, or the service's own."""
    propre = pl.concat_str("finess", pl.lit("-"), pl.col("numero").cast(pl.String))
    commun = pl.concat_str(pl.lit(f"AGENDA-{d.code}-"), pl.col("vraie").cast(pl.String))
    return pl.when("uid_commun").then(commun).otherwise(propre)


def visites(d: Departement, t: pl.DataFrame, lignes: pl.Series) -> pl.DataFrame:
    """Visits told, for the truth."""
    ou = (lignes.alias("ligne"), pl.col("finess").alias("finess_et"), pl.col("uid").alias("identifiant"))
    return t.select(*ou, "vraie", "personne")


def _interventions(d: Departement, nom: str) -> Fichier:
    t = d.dossiers.visites.filter(pl.col("canal") == DOMICILIA)
    fiche = d.dossiers.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"), "personne")
    t = t.join(fiche, on="fiche", maintain_order="left")
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess")).with_columns(uid(d).alias("uid"))
    t = t.sort("et", "numero")
    ecrit = t.select(
        pl.col("finess").alias("FINESS"),
        f.chiffres("numero_fiche", 6).alias("DOSSIER"),
        pl.col("uid").alias("UID"),
        f.heure(pl.col("jour"), pl.col("debut"), "%Y%m%d%H%M").alias("DEBUT"),
        f.heure(pl.col("jour"), pl.col("fin"), "%Y%m%d%H%M").alias("FIN"),
        pl.col("etat").alias("ETAT"),
        pl.when("present").then(pl.lit("X")).alias("PRESENT"),
    )
    return Fichier(
        nom, "dui", f.csv(ecrit, "\t", encodage=ENCODAGE, marque=_MARQUE, fin="\r\n"), {"evenements": len(t)}, ENCODAGE,
        visites=[visites(d, t, f.lignes_csv(t))],
    )  # fmt: skip
