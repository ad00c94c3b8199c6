"""Domicilia (invented): services at home. UTF-16 with its mark, tabs, capitals, compact dates, identity in one column.

Belongs here: its two files. Does not belong here: what they tell.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import COMPACT, ChannelFile, Departement
from witness.generate.personnes.record_keeping import DOMICILIA
from witness.generate.personnes.records import FICHES, SEJOURS

ENCODING = "utf-16-le"
_BOM = b"\xff\xfe"


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The files of the ET that use it. `identities`: all the files of the département, one row each."""
    sejours = d.dossiers.sejours.filter(pl.col("canal") == DOMICILIA)
    if len(sejours) == 0:
        return []
    date = f.EXPORT.replace("-", "")
    return [
        _dossiers(d, sejours, identities, f"DOMICILIA_{date}_{d.code}.txt"),
        _interventions(d, f"DOMICILIA_INTERVENTIONS_{date}_{d.code}.txt"),
    ]


def _dossiers(d: Departement, sejours: pl.DataFrame, identities: pl.DataFrame, name: str) -> ChannelFile:
    t = sejours.join(identities, left_on="fiche", right_on="rang_fiche", maintain_order="left").sort(
        "et", "numero_fiche", "numero"
    )
    t = t.with_columns(
        f.motifs(d, t, d.journal.stream("motifs", DOMICILIA)).str.to_uppercase().alias("texte"),
        d.finess.gather(t["et"]).alias("finess"),
        f.digits("numero_fiche", 6).alias("dossier"),
    )
    known = pl.col("ins").is_not_null() & ~pl.col("est_nia")  # the product knows no other number than the NIR
    written = t.select(
        pl.col("finess").alias("FINESS"),
        pl.col("dossier").alias("DOSSIER"),
        pl.concat_str("nom", pl.lit(", "), "prenoms").alias("IDENTITE"),
        pl.col("sexe").replace_strict(["M", "F"], ["MR", "MME"], default=None).alias("CIVILITE"),
        pl.col("naissance").dt.to_string(COMPACT).alias("NAISSANCE"),
        pl.col("lieu").alias("LIEU_NAISSANCE_INSEE"),
        pl.col("commune").alias("INSEE_DOMICILE"),
        pl.when(known).then(pl.concat_str("ins", "ins_cle")).alias("INS"),
        pl.when(known & (pl.col("ins_statut") == "VALI")).then(pl.lit("X")).alias("INS_OK"),
        f.day("admission", COMPACT).alias("ADMISSION"),
        f.day("entree", COMPACT).alias("DEBUT"),
        f.day("sortie", COMPACT).alias("FIN"),
        pl.col("texte").alias("MOTIF_FIN"),
        pl.col("gir").alias("GIR"),
        f.day("gir_le", COMPACT).alias("GIR_LE"),
    )
    lines = f.csv_lines(t)
    first_rows = t.with_columns(lines).unique("fiche", keep="first", maintain_order=True)
    tables = {"usagers": len(first_rows), "sejours": len(t), "evaluations": int(t["gir"].is_not_null().sum())}
    return ChannelFile(
        name, "dui", f.csv(written, "\t", encoding=ENCODING, bom=_BOM, end="\r\n"), tables, ENCODING,
        locations={
            FICHES: f.locations(first_rows["fiche"], first_rows["ligne"], "usagers"),
            SEJOURS: f.locations(t["rang"], lines, "sejours"),
        },
        # A file stands once, whatever the number of its stays: the first line tells it.
        fiches=[f.fiches("usagers", *first_rows["ligne", "finess", "dossier", "personne"])],
        sejours=[f.sejours("sejours", lines, t)],
    )  # fmt: skip


def uid(d: Departement) -> pl.Expr:
    """The number of a visit: that of the shared diary, or that of the service alone."""
    own = pl.concat_str("finess", pl.lit("-"), pl.col("numero").cast(pl.String))
    shared = pl.concat_str(pl.lit(f"AGENDA-{d.code}-"), pl.col("vraie").cast(pl.String))
    return pl.when("uid_commun").then(shared).otherwise(own)


def visites(d: Departement, t: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """The visits of a file, for the truth."""
    where = (lines.alias("ligne"), pl.col("finess").alias("finess_et"), pl.col("uid").alias("identifiant"))
    return t.select(*where, "vraie", "personne")


def _interventions(d: Departement, name: str) -> ChannelFile:
    t = d.dossiers.visites.filter(pl.col("canal") == DOMICILIA)
    fiche = d.dossiers.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"), "personne")
    t = t.join(fiche, on="fiche", maintain_order="left")
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess")).with_columns(uid(d).alias("uid"))
    t = t.sort("et", "numero")
    written = t.select(
        pl.col("finess").alias("FINESS"),
        f.digits("numero_fiche", 6).alias("DOSSIER"),
        pl.col("uid").alias("UID"),
        f.moment(pl.col("jour"), pl.col("debut"), "%Y%m%d%H%M").alias("DEBUT"),
        f.moment(pl.col("jour"), pl.col("fin"), "%Y%m%d%H%M").alias("FIN"),
        pl.col("etat").alias("ETAT"),
        pl.when("present").then(pl.lit("X")).alias("PRESENT"),
    )
    return ChannelFile(
        name, "dui", f.csv(written, "\t", encoding=ENCODING, bom=_BOM, end="\r\n"), {"evenements": len(t)}, ENCODING,
        visites=[visites(d, t, f.csv_lines(t))],
    )  # fmt: skip
