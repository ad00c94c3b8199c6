"""ViaTrajectoire grand âge: requests of the elderly, as an establishment exports them. UTF-8 with its mark, `;`.

Belongs here: its columns. Does not belong here: who asks what, and how far it went (`declared_stays`).
A file (« dossier ») is typed once: its identity is the same on every row.
"""

from __future__ import annotations

import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import FRANCAIS, Departement, Fichier
from witness.generate.personnes.declared_stays import DOSSIERS, VT

_TYPES = ("Hébergement permanent", "Hébergement temporaire", "Accueil de jour")
_ETATS = {
    "ENVOYEE": "Demande envoyée", "CONSULTEE": "Demande consultée", "EN_ANALYSE": "En cours d'analyse",
    "LISTE_ATTENTE": "Liste d'attente", "ACCEPTEE": "Accord de principe", "ADMISSION": "Admission", "REFUSEE": "Refus",
    "ENTREE": "Entrée", "SORTIE": "Sortie", "ANNULEE": "Annulée", "ARCHIVEE": "Archivé",
}  # fmt: skip
_REFUS = {
    "PLACES": "Pas de place disponible", "PROFIL": "Profil non adapté", "AGE": "Âge", "RESSOURCES": "Ressources",
    "USAGER": "Désistement", "DOSSIER": "Dossier incomplet", "AUTRE": "Autre motif",
}  # fmt: skip


def numero(d: Departement) -> pl.Expr:
    """Number of a file: paper ones have their own."""
    papier = pl.concat_str(pl.lit(f"P{d.code}-"), f.chiffres("numero", 7))
    return pl.when("papier").then(papier).otherwise(pl.concat_str(pl.lit(f"GA{d.code}-"), f.chiffres("numero", 7)))


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """The export of the last day. `identites`: those of the files, in order."""
    demandes, dossiers = d.declarations.vt, d.declarations.dossiers
    if len(demandes) == 0:
        return []
    connus = dossiers.select(pl.col("rang").alias("dossier"), numero(d).alias("numero")).hstack(
        identites.select(
            "nom", "prenoms", "naissance", "sexe", "lieu", "commune", pl.col("personne").alias("personne_id")
        )
    )
    t = demandes.join(connus, on="dossier", maintain_order="left").with_columns(
        d.finess.gather(demandes["et"]).alias("finess")
    )
    t = t.sort("finess", "demande", "rang")
    ecrit = t.select(
        pl.col("numero").alias("N° dossier"),
        pl.when("papier").then(pl.lit("Oui")).otherwise(pl.lit("Non")).alias("Dossier papier"),
        pl.col("finess").alias("FINESS établissement"),
        pl.col("nom").alias("Nom de naissance"),
        pl.col("prenoms").alias("Prénom"),
        pl.col("naissance").dt.to_string(FRANCAIS).alias("Date de naissance"),
        pl.col("sexe").replace_strict(["M", "F"], ["Masculin", "Féminin"], default=None).alias("Sexe"),
        pl.col("lieu").alias("Commune de naissance"),
        pl.col("commune").alias("Code commune domicile"),
        pl.concat_str(pl.lit("GIR "), pl.col("gir").cast(pl.String)).alias("GIR"),
        f.choix("modalite", _TYPES).alias("Type d'accueil"),
        f.jour("demande", FRANCAIS).alias("Date de la demande"),
        pl.col("etat").replace_strict(_ETATS).alias("Statut"),
        f.jour("etat_le", FRANCAIS).alias("Date du statut"),
        pl.col("refus").replace_strict(_REFUS, default=None).alias("Motif de refus"),
        f.jour("admission", FRANCAIS).alias("Date d'admission"),
        f.jour("entree", FRANCAIS).alias("Date d'entrée"),
        f.jour("sortie", FRANCAIS).alias("Date de sortie"),
    )
    lignes = f.lignes_csv(t)
    des_sejours = t.with_columns(lignes).filter(pl.col("sejour") >= 0)
    return [
        Fichier(
            f"viatrajectoire_ga_{f.EXPORT}_{d.code}.csv",
            "viatrajectoire_pa",
            f.csv(ecrit, ";", marque=b"\xef\xbb\xbf"),
            {"demandes": len(t)},
            "utf-8-sig",
            reperes={
                VT: f.reperes(t["rang"], lignes, "demandes"),
                DOSSIERS: f.reperes(t["dossier"], lignes, "demandes"),
            },
            fiches=[f.fiches("demandes", lignes, t["finess"], t["numero"], t["personne_id"])],
            sejours=[f.sejours("demandes", des_sejours["ligne"], des_sejours)],
        )
    ]
