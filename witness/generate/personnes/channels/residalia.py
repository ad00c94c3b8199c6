"""Residalia (invented): EHPAD and houses for the elderly. Windows-1252, `;`, French labels, one wide row a stay.

Belongs here: its two files. Does not belong here: what they tell.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRENCH, ChannelFile, Departement
from witness.generate.personnes.record_keeping import RESIDALIA
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS

_PROVENANCES = ("Domicile", "Établissement de santé", "Autre ESMS", "Inconnue")
_TYPES = ("Hébergement permanent", "Hébergement temporaire", "Accueil de jour")
_UNKNOWN = "Unité de vie"  # a label that no list has
_PROTECTIONS = {"TUTEUR": "Tutelle", "CURATEUR": "Curatelle", "MSVG": "Sauvegarde de justice"}
ENCODING = "cp1252"


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The files of the ET that use it. `identities`: all the files of the département, one row each."""
    sejours = d.dossiers.sejours.filter(pl.col("canal") == RESIDALIA)
    if len(sejours) == 0:
        return []
    date = f.EXPORT.replace("-", "")
    presences = d.dossiers.presences.filter(pl.col("canal") == RESIDALIA)
    return [
        _sejours(d, sejours, identities, f"residalia_sejours_{date}_{d.code}.csv"),
        _mouvements(d, presences, f"residalia_mouvements_{date}_{d.code}.csv"),
    ]


def dossier(column: str = "numero_fiche") -> pl.Expr:
    """The number of a file inside its ET."""
    return pl.concat_str(pl.lit("D"), f.digits(column, 5))


def sejour(column: str = "numero") -> pl.Expr:
    """The number of a stay inside its ET."""
    return pl.concat_str(pl.lit("S"), f.digits(column, 6))


def _sejours(d: Departement, sejours: pl.DataFrame, identities: pl.DataFrame, name: str) -> ChannelFile:
    t = sejours.join(identities, left_on="fiche", right_on="rang_fiche", maintain_order="left").sort(
        "et", "numero_fiche", "numero"
    )
    t = t.with_columns(
        f.motifs(d, t, d.journal.stream("motifs", RESIDALIA)).alias("texte"),
        d.finess.gather(t["et"]).alias("finess"),
        dossier().alias("dossier"),
    )
    nia = pl.col("est_nia") | pl.col("ins").is_null()  # the product knows no other number than the NIR
    written = t.select(
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
        pl.col("naissance").dt.to_string(FRENCH).alias("Né(e) le"),
        pl.col("lieu").alias("Code commune de naissance"),
        pl.col("postal").alias("Code postal du domicile"),
        pl.col("protection").replace_strict(list(_PROTECTIONS), list(_PROTECTIONS.values()), default=None)
        .alias("Protection juridique"),
        f.day("deces", FRENCH).alias("Décédé(e) le"),
        sejour().alias("N° séjour"),
        f.day("admission", FRENCH).alias("Date d'admission"),
        f.day("entree", FRENCH).alias("Date d'entrée"),
        f.choice("provenance", _PROVENANCES).alias("Provenance"),
        f.day("sortie", FRENCH).alias("Date de sortie"),
        pl.col("texte").alias("Motif de sortie"),
        f.modalite(_TYPES, _UNKNOWN).alias("Type d'hébergement"),
        pl.concat_str(pl.lit("GIR "), pl.col("gir").cast(pl.String)).alias("GIR"),
        f.day("gir_le", FRENCH).alias("Date du GIR"),
    )  # fmt: skip
    lines = f.csv_lines(t)
    first_rows = t.with_columns(lines).unique("fiche", keep="first", maintain_order=True)
    tables = {"usagers": len(first_rows), "sejours": len(t), "evaluations": int(t["gir"].is_not_null().sum())}
    return ChannelFile(
        name,
        "dui",
        f.csv(written, ";", encoding=ENCODING, end="\r\n"),
        tables,
        ENCODING,
        locations={
            FICHES: f.locations(first_rows["fiche"], first_rows["ligne"], "usagers"),
            SEJOURS: f.locations(t["rang"], lines, "sejours"),
        },
        # A file stands once, whatever the number of its stays: the first line tells it.
        fiches=[f.fiches("usagers", *first_rows["ligne", "finess", "dossier", "personne"])],
        sejours=[f.sejours("sejours", lines, t)],
    )


def _mouvements(d: Departement, presences: pl.DataFrame, name: str) -> ChannelFile:
    fiche = d.dossiers.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"))
    sejour_dit = d.dossiers.sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    t = presences.join(fiche, on="fiche", maintain_order="left").join(
        sejour_dit, on="sejour_dit", maintain_order="left"
    )
    t = t.sort("et", "numero_fiche", "debut", "absent")
    t = t.with_columns(
        pl.int_range(1, pl.len() + 1).over("et").alias("numero"), d.finess.gather(t["et"]).alias("finess")
    )
    start, end = f.presence_bounds(f"{FRENCH} %H:%M")
    written = t.select(
        pl.col("finess").alias("N° FINESS"),
        dossier().alias("N° dossier"),
        sejour("numero_sejour").alias("N° séjour"),
        pl.concat_str(pl.lit("M"), f.digits("numero", 6)).alias("N° mouvement"),
        pl.when("absent").then(pl.lit("Absence")).otherwise(pl.lit("Présence")).alias("Type"),
        start.alias("Du"),
        end.alias("Au"),
        f.choice("motif", (None, "Hospitalisation", "Convenance")).alias("Motif"),
        pl.when("absent").then(yes_no("prevue")).alias("Prévue"),
        yes_no("facturee").alias("Facturée"),
    )
    return ChannelFile(
        name,
        "dui",
        f.csv(written, ";", encoding=ENCODING, end="\r\n"),
        {"presences_absences": len(t)},
        ENCODING,
        locations={PRESENCES: f.locations(t["rang"], f.csv_lines(t), "presences_absences")},
    )


def yes_no(column: str) -> pl.Expr:
    return pl.when(column).then(pl.lit("Oui")).otherwise(pl.lit("Non"))
