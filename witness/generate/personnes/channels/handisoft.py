"""Handisoft (invented): ESMS for disabled people. UTF-8 with its mark, `,`, ISO dates, numeric codes, one file a class.

Belongs here: its seven files. Does not belong here: what they tell.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import Departement, Fichier
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import HANDISOFT
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS

_REGIMES = {"INT": "1", "HP": "1", "SEMI": "2", "EXT": "3", "HT": "4", "AJ": "5", "SEA": "6", "DOM": "7"}
_INCONNU = "8"
_PROTECTIONS = {"TUTEUR": "1", "CURATEUR": "2", "MSVG": "3"}
_HORODATAGE = "%Y-%m-%dT%H:%M:%S"
CLASSES = ("usagers", "sejours", "projets", "bilans", "decisions", "presences", "serafin")


def ecrire(d: Departement, identites: pl.DataFrame) -> list[Fichier]:
    """Files of the ET that use it. `identites`: those of all the files of the département, one row each."""
    t = d.dossiers
    fiches = identites.filter(pl.col("canal") == HANDISOFT)
    if len(fiches) == 0:
        return []

    def a_lui(table: pl.DataFrame) -> pl.DataFrame:
        """Its own rows, with the number of the file and of the ET."""
        numeros = t.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"))
        garde = table.filter(pl.col("canal") == HANDISOFT).join(numeros, on="fiche", maintain_order="left")
        return garde.with_columns(d.finess.gather(garde["et"]).alias("finess"))

    return [
        _usagers(d, fiches),
        _sejours(d, a_lui(t.sejours), identites),
        _projets(d, a_lui(t.projets)),
        _bilans(d, a_lui(t.bilans)),
        _decisions(d, a_lui(t.sejours)),
        _presences(d, a_lui(t.presences)),
        _serafin(d, a_lui(t.besoins)),
    ]


def _fichier(d: Departement, classe: str, ecrit: pl.DataFrame, tables: dict[str, int]) -> Fichier:
    nom = f"handisoft_{classe}_{f.EXPORT.replace('-', '')}_{d.code}.csv"
    return Fichier(nom, "dui", f.csv(ecrit, ",", marque=b"\xef\xbb\xbf"), tables, "utf-8-sig")


def _bit(colonne: str) -> pl.Expr:
    return pl.col(colonne).cast(pl.Int8)


def _usagers(d: Departement, fiches: pl.DataFrame) -> Fichier:
    t = fiches.sort("et", "numero_fiche")
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess"))
    dit = pl.col("ins").is_not_null()
    # The number of social security is known of four in five, and nobody knows that of who waits for one.
    nir = (pl.col("numero_fiche") % 5 != 0) & ~pl.col("est_nia")
    ecrit = t.select(
        "finess",
        pl.col("numero_fiche").alias("id_usager"),
        pl.concat_str("ins", "ins_cle").alias("ins"),
        pl.when(dit).then(pl.when("est_nia").then(2).otherwise(1)).alias("ins_nature"),
        pl.when(dit).then((pl.col("ins_statut") == "VALI").cast(pl.Int8)).alias("ins_qualifie"),
        pl.when(nir).then(pl.concat_str("nir", "cle")).alias("nir"),
        "mdph",
        pl.col("nom").alias("nom_naissance"),
        "nom_usage",
        pl.col("prenoms").str.extract(r"^(\S+)").alias("prenom_1"),
        pl.col("prenoms").str.extract(r"^\S+ (.+)$").alias("prenoms_autres"),
        pl.col("naissance").dt.to_string(f.ISO).alias("ddn"),
        pl.col("sexe").replace_strict(["M", "F"], [1, 2], default=9).alias("sexe"),
        pl.col("lieu").alias("cog_naissance"),
        pl.col("commune").alias("cog_domicile"),
        pl.col("protection")
        .replace_strict(list(_PROTECTIONS), list(_PROTECTIONS.values()), default="0")
        .alias("protection"),
        f.jour("deces").alias("date_deces"),
    )
    fichier = _fichier(d, "usagers", ecrit, {"usagers": len(t)})
    lignes = f.lignes_csv(t)
    fichier.reperes[FICHES] = f.reperes(t["rang_fiche"], lignes, "usagers")
    numero = t["numero_fiche"].cast(pl.String)
    fichier.fiches.append(f.fiches("usagers", lignes, t["finess"], numero, t["personne"]))
    return fichier


def _sejours(d: Departement, sejours: pl.DataFrame, identites: pl.DataFrame) -> Fichier:
    noms = identites.select("rang_fiche", "nom")
    t = sejours.sort("et", "numero").join(noms, left_on="fiche", right_on="rang_fiche", maintain_order="left")
    t = t.with_columns(f.motifs(d, t, d.journal.flux("motifs", HANDISOFT)).alias("texte"))
    regimes = [_REGIMES[m] for m in MODALITES]
    ecrit = t.select(
        "finess",
        pl.col("numero").alias("id_sejour"),
        pl.col("numero_fiche").alias("id_usager"),
        f.jour("admission").alias("admission"),
        pl.when("est_admis").then(f.jour("attendu")).alias("entree_prevue"),
        f.jour("entree").alias("entree"),
        f.choix("provenance", ("1", "2", "3", "9")).alias("mode_entree"),
        pl.lit(None, dtype=pl.String).alias("sortie_prevue"),
        f.jour("sortie").alias("sortie"),
        pl.col("texte").alias("mode_sortie"),
        f.modalite(regimes, _INCONNU).alias("regime"),
    )
    fichier = _fichier(d, "sejours", ecrit, {"sejours": len(t)})
    fichier.reperes[SEJOURS] = f.reperes(t["rang"], f.lignes_csv(t), "sejours")
    fichier.sejours.append(f.sejours("sejours", f.lignes_csv(t), t))
    return fichier


def _projets(d: Departement, projets: pl.DataFrame) -> Fichier:
    t = projets.sort("et", "projet")
    ecrit = t.select(
        "finess",
        pl.col("projet").alias("id_projet"),
        pl.col("numero_fiche").alias("id_usager"),
        "type",
        pl.when("est_fini").then(3).otherwise(2).alias("etat"),
        f.jour("debut").alias("debut"),
        pl.when("est_fini").then(f.jour("fin")).alias("fin"),
        _bit("accord_usager"),
        _bit("accord_structure"),
    )
    return _fichier(d, "projets", ecrit, {"projets": len(t)})


def _bilans(d: Departement, bilans: pl.DataFrame) -> Fichier:
    t = bilans.sort("et", "projet")
    ecrit = t.select(
        "finess",
        (pl.col("projet") * 10 + 1).alias("id_bilan"),
        pl.col("projet").alias("id_projet"),
        pl.col("numero_fiche").alias("id_usager"),
        f.jour("jour").alias("date_bilan"),
        "categorie",
        f.jour("prochain").alias("prochain"),
    )
    return _fichier(d, "bilans", ecrit, {"bilans": len(t)})


def decisions(d: Departement, sejours: pl.DataFrame) -> pl.DataFrame:
    """Decision behind each stay that has one, once for each file."""
    vrais = sejours["sejour"].to_numpy()
    rang = np.where(vrais >= 0, d.decisions.du_sejour[vrais], -1)
    t = sejours.with_columns(pl.Series("rang_decision", rang)).filter(pl.col("rang_decision") >= 0)
    table = d.decisions.table.with_row_index("rang_decision").with_columns(pl.col("rang_decision").cast(pl.Int64))
    t = t.unique(["fiche", "rang_decision"], keep="first", maintain_order=True)
    # A file made twice has the decision too: only once in an ET.
    t = t.unique(["et", "rang_decision"], keep="first", maintain_order=True)
    return t.join(table.drop("personne"), on="rang_decision", maintain_order="left").sort(
        "et", "numero_fiche", "decision"
    )


def _decisions(d: Departement, sejours: pl.DataFrame) -> Fichier:
    t = decisions(d, sejours)
    ecrit = t.select(
        "finess",
        pl.col("decision").alias("id_decision"),
        pl.col("decision_nationale").alias("id_nat_decision"),
        pl.col("numero_fiche").alias("id_usager"),
        f.jour("date_decision").alias("date_decision"),
        pl.lit("1").alias("type_decision"),
        pl.concat_str("decision", pl.lit("-1")).alias("id_droit"),
        pl.col("type").str.extract(r"^(\d+)").alias("categorie"),
        pl.col("type").alias("type_droit"),
        "nature",
        f.jour("ouverture").alias("ouverture"),
        f.jour("echeance").alias("echeance"),
        _bit("pag"),
        _bit("creton"),
    )
    return _fichier(d, "decisions", ecrit, {"decisions": len(t), "droits_prestations": len(t)})


def _presences(d: Departement, presences: pl.DataFrame) -> Fichier:
    numeros = d.dossiers.sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    t = presences.join(numeros, on="sejour_dit", maintain_order="left").sort("et", "numero_sejour", "absent")
    t = t.with_columns(pl.int_range(1, pl.len() + 1).over("et").alias("numero"))
    debut, fin = f.bornes_presence(_HORODATAGE)
    ecrit = t.select(
        "finess",
        pl.col("numero").alias("id_presence"),
        pl.col("numero_fiche").alias("id_usager"),
        pl.col("numero_sejour").alias("id_sejour"),
        debut.alias("debut"),
        fin.alias("fin"),
        pl.when("absent").then(2).otherwise(1).alias("type"),
        "motif",
        pl.when("absent").then(_bit("prevue")).alias("prevue"),
        _bit("facturee"),
    )
    fichier = _fichier(d, "presences", ecrit, {"presences_absences": len(t)})
    fichier.reperes[PRESENCES] = f.reperes(t["rang"], f.lignes_csv(t), "presences_absences")
    return fichier


def _serafin(d: Departement, besoins: pl.DataFrame) -> Fichier:
    t = besoins.sort("et", "evaluation", "code")
    ecrit = t.select(
        "finess",
        pl.col("evaluation").alias("id_evaluation"),
        pl.col("numero_fiche").alias("id_usager"),
        f.jour("jour").alias("date_evaluation"),
        pl.col("code").alias("code_besoin"),
        "valeur",
    )
    return _fichier(d, "serafin", ecrit, {"evaluations": t["evaluation"].n_unique(), "evaluation_reponses": len(t)})
