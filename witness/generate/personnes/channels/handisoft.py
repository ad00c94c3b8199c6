"""Handisoft (invented): ESMS for disabled people. UTF-8 with its mark, `,`, ISO dates, numeric codes, one file a class.

Belongs here: its seven files. Does not belong here: what they tell.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels.channel_file import ChannelFile, Departement
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import HANDISOFT
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS

_REGIMES = {"INT": "1", "HP": "1", "SEMI": "2", "EXT": "3", "HT": "4", "AJ": "5", "SEA": "6", "DOM": "7"}
_UNKNOWN = "8"
_PROTECTIONS = {"TUTEUR": "1", "CURATEUR": "2", "MSVG": "3"}
_TIMESTAMP = "%Y-%m-%dT%H:%M:%S"
CLASSES = ("usagers", "sejours", "projets", "bilans", "decisions", "presences", "serafin")


def write(d: Departement, identities: pl.DataFrame) -> list[ChannelFile]:
    """The files of the ET that use it. `identities`: all the files of the département, one row each."""
    t = d.dossiers
    fiches = identities.filter(pl.col("canal") == HANDISOFT)
    if len(fiches) == 0:
        return []

    def its_own(table: pl.DataFrame) -> pl.DataFrame:
        """The rows of a table that are of this software, with the number of their file and of their ET."""
        numbers = t.fiches.select(pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"))
        kept = table.filter(pl.col("canal") == HANDISOFT).join(numbers, on="fiche", maintain_order="left")
        return kept.with_columns(d.finess.gather(kept["et"]).alias("finess"))

    return [
        _usagers(d, fiches),
        _sejours(d, its_own(t.sejours), identities),
        _projets(d, its_own(t.projets)),
        _bilans(d, its_own(t.bilans)),
        _decisions(d, its_own(t.sejours)),
        _presences(d, its_own(t.presences)),
        _serafin(d, its_own(t.besoins)),
    ]


def _file(d: Departement, class_name: str, written: pl.DataFrame, tables: dict[str, int]) -> ChannelFile:
    name = f"handisoft_{class_name}_{f.EXPORT.replace('-', '')}_{d.code}.csv"
    return ChannelFile(name, "dui", f.csv(written, ",", bom=b"\xef\xbb\xbf"), tables, "utf-8-sig")


def _bit(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int8)


def _usagers(d: Departement, fiches: pl.DataFrame) -> ChannelFile:
    t = fiches.sort("et", "numero_fiche")
    t = t.with_columns(d.finess.gather(t["et"]).alias("finess"))
    told = pl.col("ins").is_not_null()
    # The number of social security of four people in five is known; nobody knows that of a person who waits for one.
    nir = (pl.col("numero_fiche") % 5 != 0) & ~pl.col("est_nia")
    written = t.select(
        "finess",
        pl.col("numero_fiche").alias("id_usager"),
        pl.concat_str("ins", "ins_cle").alias("ins"),
        pl.when(told).then(pl.when("est_nia").then(2).otherwise(1)).alias("ins_nature"),
        pl.when(told).then((pl.col("ins_statut") == "VALI").cast(pl.Int8)).alias("ins_qualifie"),
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
        f.day("deces").alias("date_deces"),
    )
    file = _file(d, "usagers", written, {"usagers": len(t)})
    lines = f.csv_lines(t)
    file.locations[FICHES] = f.locations(t["rang_fiche"], lines, "usagers")
    number = t["numero_fiche"].cast(pl.String)
    file.fiches.append(f.fiches("usagers", lines, t["finess"], number, t["personne"]))
    return file


def _sejours(d: Departement, sejours: pl.DataFrame, identities: pl.DataFrame) -> ChannelFile:
    names = identities.select("rang_fiche", "nom")
    t = sejours.sort("et", "numero").join(names, left_on="fiche", right_on="rang_fiche", maintain_order="left")
    t = t.with_columns(f.motifs(d, t, d.journal.stream("motifs", HANDISOFT)).alias("texte"))
    regimes = [_REGIMES[m] for m in MODALITES]
    written = t.select(
        "finess",
        pl.col("numero").alias("id_sejour"),
        pl.col("numero_fiche").alias("id_usager"),
        f.day("admission").alias("admission"),
        pl.when("est_admis").then(f.day("attendu")).alias("entree_prevue"),
        f.day("entree").alias("entree"),
        f.choice("provenance", ("1", "2", "3", "9")).alias("mode_entree"),
        pl.lit(None, dtype=pl.String).alias("sortie_prevue"),
        f.day("sortie").alias("sortie"),
        pl.col("texte").alias("mode_sortie"),
        f.modalite(regimes, _UNKNOWN).alias("regime"),
    )
    file = _file(d, "sejours", written, {"sejours": len(t)})
    file.locations[SEJOURS] = f.locations(t["rang"], f.csv_lines(t), "sejours")
    file.sejours.append(f.sejours("sejours", f.csv_lines(t), t))
    return file


def _projets(d: Departement, projets: pl.DataFrame) -> ChannelFile:
    t = projets.sort("et", "projet")
    written = t.select(
        "finess",
        pl.col("projet").alias("id_projet"),
        pl.col("numero_fiche").alias("id_usager"),
        "type",
        pl.when("est_fini").then(3).otherwise(2).alias("etat"),
        f.day("debut").alias("debut"),
        pl.when("est_fini").then(f.day("fin")).alias("fin"),
        _bit("accord_usager"),
        _bit("accord_structure"),
    )
    return _file(d, "projets", written, {"projets": len(t)})


def _bilans(d: Departement, bilans: pl.DataFrame) -> ChannelFile:
    t = bilans.sort("et", "projet")
    written = t.select(
        "finess",
        (pl.col("projet") * 10 + 1).alias("id_bilan"),
        pl.col("projet").alias("id_projet"),
        pl.col("numero_fiche").alias("id_usager"),
        f.day("jour").alias("date_bilan"),
        "categorie",
        f.day("prochain").alias("prochain"),
    )
    return _file(d, "bilans", written, {"bilans": len(t)})


def decisions(d: Departement, sejours: pl.DataFrame) -> pl.DataFrame:
    """The decision behind each stay that has one, once for each file."""
    true_sejours = sejours["sejour"].to_numpy()
    rank = np.where(true_sejours >= 0, d.decisions.of_sejour[true_sejours], -1)
    t = sejours.with_columns(pl.Series("rang_decision", rank)).filter(pl.col("rang_decision") >= 0)
    table = d.decisions.table.with_row_index("rang_decision").with_columns(pl.col("rang_decision").cast(pl.Int64))
    t = t.unique(["fiche", "rang_decision"], keep="first", maintain_order=True)
    # A person whose file was made twice has the decision only once in an ET.
    t = t.unique(["et", "rang_decision"], keep="first", maintain_order=True)
    return t.join(table.drop("personne"), on="rang_decision", maintain_order="left").sort(
        "et", "numero_fiche", "decision"
    )


def _decisions(d: Departement, sejours: pl.DataFrame) -> ChannelFile:
    t = decisions(d, sejours)
    written = t.select(
        "finess",
        pl.col("decision").alias("id_decision"),
        pl.col("decision_nationale").alias("id_nat_decision"),
        pl.col("numero_fiche").alias("id_usager"),
        f.day("date_decision").alias("date_decision"),
        pl.lit("1").alias("type_decision"),
        pl.concat_str("decision", pl.lit("-1")).alias("id_droit"),
        pl.col("type").str.extract(r"^(\d+)").alias("categorie"),
        pl.col("type").alias("type_droit"),
        "nature",
        f.day("ouverture").alias("ouverture"),
        f.day("echeance").alias("echeance"),
        _bit("pag"),
        _bit("creton"),
    )
    return _file(d, "decisions", written, {"decisions": len(t), "droits_prestations": len(t)})


def _presences(d: Departement, presences: pl.DataFrame) -> ChannelFile:
    numbers = d.dossiers.sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    t = presences.join(numbers, on="sejour_dit", maintain_order="left").sort("et", "numero_sejour", "absent")
    t = t.with_columns(pl.int_range(1, pl.len() + 1).over("et").alias("numero"))
    start, end = f.presence_bounds(_TIMESTAMP)
    written = t.select(
        "finess",
        pl.col("numero").alias("id_presence"),
        pl.col("numero_fiche").alias("id_usager"),
        pl.col("numero_sejour").alias("id_sejour"),
        start.alias("debut"),
        end.alias("fin"),
        pl.when("absent").then(2).otherwise(1).alias("type"),
        "motif",
        pl.when("absent").then(_bit("prevue")).alias("prevue"),
        _bit("facturee"),
    )
    file = _file(d, "presences", written, {"presences_absences": len(t)})
    file.locations[PRESENCES] = f.locations(t["rang"], f.csv_lines(t), "presences_absences")
    return file


def _serafin(d: Departement, besoins: pl.DataFrame) -> ChannelFile:
    t = besoins.sort("et", "evaluation", "code")
    written = t.select(
        "finess",
        pl.col("evaluation").alias("id_evaluation"),
        pl.col("numero_fiche").alias("id_usager"),
        f.day("jour").alias("date_evaluation"),
        pl.col("code").alias("code_besoin"),
        "valeur",
    )
    return _file(d, "serafin", written, {"evaluations": t["evaluation"].n_unique(), "evaluation_reponses": len(t)})
