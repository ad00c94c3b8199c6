"""ViaTrajectoire grand âge: requests of the elderly, as an establishment exports them. UTF-8 with its mark, `;`.

Belongs here: its columns. Does not belong here: who asks what, and how far it went (`declared_stays`).
A file (« dossier ») is typed once: its identity is the same on every row.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRENCH, ChannelFile, Departement
from witness.generate.personnes.declared_stays import DOSSIERS, VT

_TYPES = ("Hébergement permanent", "Hébergement temporaire", "Accueil de jour")
_STATES = {
    "ENVOYEE": "Demande envoyée", "CONSULTEE": "Demande consultée", "EN_ANALYSE": "En cours d'analyse",
    "LISTE_ATTENTE": "Liste d'attente", "ACCEPTEE": "Accord de principe", "ADMISSION": "Admission", "REFUSEE": "Refus",
    "ENTREE": "Entrée", "SORTIE": "Sortie", "ANNULEE": "Annulée", "ARCHIVEE": "Archivé",
}  # fmt: skip
_REFUSALS = {
    "PLACES": "Pas de place disponible", "PROFIL": "Profil non adapté", "AGE": "Âge", "RESSOURCES": "Ressources",
    "USAGER": "Désistement", "DOSSIER": "Dossier incomplet", "AUTRE": "Autre motif",
}  # fmt: skip


def number(d: Departement) -> pl.Expr:
    """The number of a file; paper files have numbers of their own."""
    on_paper = pl.concat_str(pl.lit(f"P{d.code}-"), f.digits("numero", 7))
    return pl.when("papier").then(on_paper).otherwise(pl.concat_str(pl.lit(f"GA{d.code}-"), f.digits("numero", 7)))


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The export of the last day. `identities`: those of the files, in the same order."""
    demandes, dossiers = d.declarations.vt, d.declarations.dossiers
    if len(demandes) == 0:
        return []
    known = dossiers.select(pl.col("rang").alias("dossier"), number(d).alias("numero")).hstack(
        identities.select(
            "nom", "prenoms", "naissance", "sexe", "lieu", "commune", pl.col("personne").alias("personne_id")
        )
    )
    t = demandes.join(known, on="dossier", maintain_order="left").with_columns(
        d.finess.gather(demandes["et"]).alias("finess")
    )
    t = t.sort("finess", "demande", "rang")
    written = t.select(
        pl.col("numero").alias("N° dossier"),
        pl.when("papier").then(pl.lit("Oui")).otherwise(pl.lit("Non")).alias("Dossier papier"),
        pl.col("finess").alias("FINESS établissement"),
        pl.col("nom").alias("Nom de naissance"),
        pl.col("prenoms").alias("Prénom"),
        pl.col("naissance").dt.to_string(FRENCH).alias("Date de naissance"),
        pl.col("sexe").replace_strict(["M", "F"], ["Masculin", "Féminin"], default=None).alias("Sexe"),
        pl.col("lieu").alias("Commune de naissance"),
        pl.col("commune").alias("Code commune domicile"),
        pl.concat_str(pl.lit("GIR "), pl.col("gir").cast(pl.String)).alias("GIR"),
        f.choice("modalite", _TYPES).alias("Type d'accueil"),
        f.day("demande", FRENCH).alias("Date de la demande"),
        pl.col("etat").replace_strict(_STATES).alias("Statut"),
        f.day("etat_le", FRENCH).alias("Date du statut"),
        pl.col("refus").replace_strict(_REFUSALS, default=None).alias("Motif de refus"),
        f.day("admission", FRENCH).alias("Date d'admission"),
        f.day("entree", FRENCH).alias("Date d'entrée"),
        f.day("sortie", FRENCH).alias("Date de sortie"),
    )
    lines = f.csv_lines(t)
    of_sejours = t.with_columns(lines).filter(pl.col("sejour") >= 0)
    return [
        ChannelFile(
            f"viatrajectoire_ga_{f.EXPORT}_{d.code}.csv",
            "viatrajectoire_pa",
            f.csv(written, ";", bom=b"\xef\xbb\xbf"),
            {"demandes": len(t)},
            "utf-8-sig",
            locations={
                VT: f.locations(t["rang"], lines, "demandes"),
                DOSSIERS: f.locations(t["dossier"], lines, "demandes"),
            },
            fiches=[f.fiches("demandes", lines, t["finess"], t["numero"], t["personne_id"])],
            sejours=[f.sejours("demandes", of_sejours["ligne"], of_sejours)],
        )
    ]
