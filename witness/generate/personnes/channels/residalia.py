"""Residalia (invented): EHPAD and houses for the elderly. Windows-1252, `;`, French labels, one wide row a stay.

Belongs here: its two files. Does not belong here: what they tell.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRANCAIS, Departement, Fichier
from witness.generate.personnes.record_keeping import RESIDALIA
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS

_PROVENANCES = ("Domicile", "Établissement de santé", "Autre ESMS", "Inconnue")
_TYPES = ("Hébergement permanent", "Hébergement temporaire", "Accueil de jour")
_INCONNU = "Unité de vie"  # a label that no list has
_PROTECTIONS = {"TUTEUR": "Tutelle", "CURATEUR": "Curatelle", "MSVG": "Sauvegarde de justice"}
ENCODAGE = "cp1252"


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """Files of the ET that use it. `identites`: those of all the files of the département, one row each."""
    sejours = d.dossiers.sejours.filter(pl.col("canal") == RESIDALIA)
    if len(sejours) == 0:
        return []
    date = f.EXPORT.replace("-", "")
    presences = d.dossiers.presences.filter(pl.col("canal") == RESIDALIA)
    return [
        _sejours(d, sejours, identites, f"residalia_sejours_{date}_{d.code}.csv"),
        _mouvements(d, presences, f"residalia_mouvements_{date}_{d.code}.csv"),
    ]


def dossier(colonne: str = "numero_fiche") -> pl.Expr:
    """Number of a file, inside its ET."""
    return pl.concat_str(pl.lit("D"), f.chiffres(colonne, 5))


def sejour(colonne: str = "numero") -> pl.Expr:
    """Number of a stay, inside its ET."""
    return pl.concat_str(pl.lit("S"), f.chiffres(colonne, 6))


def _sejours(d: Departement, sejours: pl.DataFrame, identites: pl.DataFrame, nom: str) -> Fichier:
    t = sejours.join(identites, left_on="fiche", right_on="rang_fiche", maintain_order="left").sort(
        "et", "numero_fiche", "numero"
    )
    t = t.with_columns(
        f.motifs(d, t, d.journal.flux("motifs", RESIDALIA)).alias("texte"),
        d.finess.gather(t["et"]).alias("finess"),
        dossier().alias("dossier"),
    )
    nia = pl.col("est_nia") | pl.col("ins").is_null()  # the product knows no other number than the NIR
    ecrit = t.select(
        pl.col("finess").alias("N° FINESS"),
        pl.col("dossier").alias("N° dossier"),
        pl.when(~nia).then(pl.concat_str("ins", "ins_cle")).alias("Matricule INS"),
        pl.when(nia)
        .then(None)
        .when(pl.col("ins_statut") == "VALI")
        .then(pl.lit("Validée"))
        .otherwise(pl.lit("Provisoire"))
        .alias("Statut INS"),
        pl.col("sexe").replace_strict(["M", "F"], ["M.", "Mme"], default=None).alias("Civilité"),
        pl.col("nom").alias("Nom de naissance"),
        pl.col("nom_usage").alias("Nom d'usage"),
        pl.col("prenoms").alias("Prénoms"),
        pl.col("naissance").dt.to_string(FRANCAIS).alias("Né(e) le"),
        pl.col("lieu").alias("Code commune de naissance"),
        pl.col("postal").alias("Code postal du domicile"),
        pl.col("protection").replace_strict(list(_PROTECTIONS), list(_PROTECTIONS.values()), default=None)
        .alias("Protection juridique"),
        f.jour("deces", FRANCAIS).alias("Décédé(e) le"),
        sejour().alias("N° séjour"),
        f.jour("admission", FRANCAIS).alias("Date d'admission"),
        f.jour("entree", FRANCAIS).alias("Date d'entrée"),
        f.choix("provenance", _PROVENANCES).alias("Provenance"),
        f.jour("sortie", FRANCAIS).alias("Date de sortie"),
        pl.col("texte").alias("Motif de sortie"),
        f.modalite(_TYPES, _INCONNU).alias("Type d'hébergement"),
        pl.concat_str(pl.lit("GIR "), pl.col("gir").cast(pl.String)).alias("GIR"),
        f.jour("gir_le", FRANCAIS).alias("Date du GIR"),
    )  # fmt: skip
    lignes = f.lignes_csv(t)
    premieres = t.with_columns(lignes).unique("fiche", keep="first", maintain_order=True)
    tables = {"usagers": len(premieres), "sejours": len(t), "evaluations": int(t["gir"].is_not_null().sum())}
    return Fichier(
        nom,
        "dui",
        f.csv(ecrit, ";", encodage=ENCODAGE, fin="\r\n"),
        tables,
        ENCODAGE,
        reperes={
            FICHES: f.reperes(premieres["fiche"], premieres["ligne"], "usagers"),
            SEJOURS: f.reperes(t["rang"], lignes, "sejours"),
        },
        fiches=[f.fiches("usagers", lignes, t["finess"], t["dossier"], t["personne"])],
        sejours=[f.sejours("sejours", lignes, t)],
    )


def _mouvements(d: Departement, presences: pl.DataFrame, nom: str) -> Fichier:
    fiche = d.dossiers.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"))
    sejour_dit = d.dossiers.sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    t = presences.join(fiche, on="fiche", maintain_order="left").join(
        sejour_dit, on="sejour_dit", maintain_order="left"
    )
    t = t.sort("et", "numero_fiche", "debut", "absent")
    t = t.with_columns(
        pl.int_range(1, pl.len() + 1).over("et").alias("numero"), d.finess.gather(t["et"]).alias("finess")
    )
    debut, fin = f.bornes_presence(f"{FRANCAIS} %H:%M")
    ecrit = t.select(
        pl.col("finess").alias("N° FINESS"),
        dossier().alias("N° dossier"),
        sejour("numero_sejour").alias("N° séjour"),
        pl.concat_str(pl.lit("M"), f.chiffres("numero", 6)).alias("N° mouvement"),
        pl.when("absent").then(pl.lit("Absence")).otherwise(pl.lit("Présence")).alias("Type"),
        debut.alias("Du"),
        fin.alias("Au"),
        f.choix("motif", (None, "Hospitalisation", "Convenance")).alias("Motif"),
        pl.when("absent").then(oui_non("prevue")).alias("Prévue"),
        oui_non("facturee").alias("Facturée"),
    )
    return Fichier(
        nom,
        "dui",
        f.csv(ecrit, ";", encodage=ENCODAGE, fin="\r\n"),
        {"presences_absences": len(t)},
        ENCODAGE,
        reperes={PRESENCES: f.reperes(t["rang"], f.lignes_csv(t), "presences_absences")},
    )


def oui_non(colonne: str) -> pl.Expr:
    return pl.when(colonne).then(pl.lit("Oui")).otherwise(pl.lit("Non"))
