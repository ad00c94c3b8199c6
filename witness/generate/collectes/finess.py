"""ANS: FINESS+ JSON v1, structures, as extracted on a day.

Belongs here: the document of structures, with the real nesting and codes, and the defects that only it carries.
Does not belong here: what is true of the structures, their activities (`finess_activites`).
Every leaf is a text or null, as in the real files. An extraction speaks of its day: an ET opened later is absent, one
closed before is there, inactive, with its date.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from witness.generate.collectes.templates import Champ, gabarit, lambert_93
from witness.generate.defects import Question, Registre, TauxDefauts, combien
from witness.generate.et_identity import acheminement
from witness.generate.sheet import cles
from witness.generate.world import Monde

BLOC_EJ = 2_000  # EJ written at a time
PART_SANS_SIRET = 0.05
PART_SANS_COORDONNEES = 0.35
BOUCHE_TROU = "1904-04-04"


def nom_fichier(contenu: str, jour: date) -> str:
    """`finess-structures-mensuel-202501.json.gz`."""
    return f"finess-{contenu}-mensuel-{jour:%Y%m}.json.gz"


def ecrire(monde: Monde, jour: date, et: pl.DataFrame) -> Iterator[str]:
    """Text of the structures document, in blocks ; `et`: what `livrees` says."""
    ej = _ej(monde)
    yield f'{{"schemaVersion":"v1.0.0","generatedAt":"{instant(jour)}","gco":[],"gcc":[],"pmej":['
    for debut in range(0, len(ej), BLOC_EJ):
        bloc = ej.slice(debut, BLOC_EJ)
        membres = et.filter(pl.col("ej_jour").is_in(bloc["ej_id"].implode()))
        membres = membres.with_columns(_engagements()).with_columns(_ege().alias("json"))
        par_ej = membres.group_by("ej_jour", maintain_order=True).agg(pl.col("json").str.join(","))
        bloc = bloc.join(par_ej, left_on="ej_id", right_on="ej_jour", how="left", maintain_order="left")
        bloc = bloc.with_columns(pl.concat_str(pl.lit("["), pl.col("json").fill_null(""), pl.lit("]")).alias("ege"))
        yield ("," if debut else "") + ",".join(bloc.select(_pmej())["json"])
    yield "]}\n"


def instant(jour: date) -> str:
    """Moment of the extraction, as the documents write it."""
    return f"{jour:%Y-%m-%d}T02:07:30.574916747Z"


def etats(monde: Monde, jour: date, taux: TauxDefauts) -> pl.DataFrame:
    """ET known on a day, in the order of the document (EJ of the day, then ET), with what the registry says of them."""
    et = monde.structures.et.filter(pl.col("date_ouverture") <= jour)
    change = pl.col("date_changement_ej") > jour
    ferme = (pl.col("date_fermeture") <= jour) & ~pl.col("et_id").is_in(tardives(monde, jour, taux))
    et = et.with_columns(
        pl.when(change).then("ej_id_avant").otherwise("ej_id").alias("ej_jour"),
        pl.when(change).then("siret_avant").otherwise("siret").alias("siret_jour"),
        pl.when(ferme).then("date_fermeture").alias("fermeture_jour"),
        pl.when(ferme).then(pl.lit("I")).otherwise(pl.lit("A")).alias("etat"),
        pl.col("et_id").add(1).alias("ege_id"),
        (pl.col("et_id") * 2 + 1_000_001).alias("evt_ouverture"),
        (pl.col("et_id") * 2 + 1_000_002).alias("evt_autorisation"),
        (pl.col("et_id") + 20_001).alias("engagement_id"),
        pl.max_horizontal("date_ouverture", pl.lit(date(2019, 3, 4))).alias("maj"),
    )
    rng = monde.hasard.flux("finess/identite")
    n = len(monde.structures.et)
    sans_siret = rng.random(n)[et["et_id"].to_numpy()] < PART_SANS_SIRET
    et = et.with_columns(pl.when(pl.Series(sans_siret)).then(None).otherwise(pl.col("siret_jour")).alias("siret_jour"))
    return _adresse(et, rng.random(n)[et["et_id"].to_numpy()]).sort("ej_jour", "et_id")


def tardives(monde: Monde, jour: date, taux: TauxDefauts) -> list[int]:
    """ET closed in the year before an extraction that does not know it yet."""
    depuis = pl.col("date_fermeture").is_between(jour - timedelta(days=365), jour)
    fermes = monde.structures.et.filter(depuis)["et_id"].to_list()
    rng = random.Random(int(monde.hasard.flux(f"finess/fermetures/{jour}").integers(2**62)))
    return sorted(rng.sample(fermes, combien(taux.fermeture_tardive, len(fermes))))


def _ej(monde: Monde) -> pl.DataFrame:
    ej = monde.structures.ej.with_columns(
        pl.col("ej_id").add(1).alias("pm_id"),
        pl.col("ej_id").add(500_001).alias("evt_creation"),
        pl.lit("2021-10-18 00:00:00").alias("maj"),
    )
    return _adresse(ej, monde.hasard.flux("finess/adresse_ej").random(len(ej)))


def _adresse(table: pl.DataFrame, tirage: np.ndarray) -> pl.DataFrame:
    x, y = lambert_93(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    metropole = ~table["departement"].str.starts_with("97")
    voie = pl.concat_str(pl.col("numero_voie").cast(pl.String), "type_voie", "libelle_voie", separator=" ")
    table = table.with_columns(
        pl.when(pl.col("numero_voie") > 0).then(pl.col("numero_voie").cast(pl.String)).alias("numero"),
        voie.str.strip_prefix("0 ").alias("ligne_quatre"),
        acheminement().alias("acheminement"),
        pl.when(metropole).then(pl.Series(np.round(x, 2))).alias("x_93"),
        pl.when(metropole).then(pl.Series(np.round(y, 2))).alias("y_93"),
        pl.format("{}_0{}_{}", "commune_code", (pl.col("longitude").abs() * 1000 % 900 + 100).cast(pl.Int64),
                  pl.col("numero_voie").cast(pl.String).str.zfill(5)).alias("cle_ban"),
        pl.Series([f"0.9{int(t * 1e6):06d}" for t in tirage]).alias("score_ban"),
    )  # fmt: skip
    coordonnees = gabarit(
        {
            "coordonneeX": Champ("longitude"),
            "coordonneeY": Champ("latitude"),
            "directionLatitude": Champ("y_93"),
            "directionLongitude": Champ("x_93"),
            "cleInInteropBAN": Champ("cle_ban"),
            "scoreBAN": Champ("score_ban"),
        }
    )
    sans = pl.Series(tirage < PART_SANS_COORDONNEES)
    return table.with_columns(pl.when(sans).then(pl.lit("null")).otherwise(coordonnees).alias("coordonnees"))


def _modele_adresse(usage: str) -> dict[str, object]:
    return {
        "usageAdresse": usage,
        "numeroVoie": Champ("numero"),
        "typeVoie": Champ("type_voie"),
        "libelleVoie": Champ("libelle_voie"),
        "complementVoie": None,
        "complementPointGeographique": None,
        "lieuDit": None,
        "cogCommune": Champ("commune_code"),
        "ligneAcheminement": Champ("acheminement"),
        "ligneUne": None,
        "ligneDeux": None,
        "ligneTrois": None,
        "ligneQuatre": Champ("ligne_quatre"),
        "ligneCinq": None,
        "ligneSix": None,
        "codePostal": Champ("code_postal"),
        "coordonneesGeographique": pl.col("coordonnees"),
    }


_CONTACT = {"typeContact": {"roleContact": "01"},
            "telecom": {"telephone": Champ("telephone"), "telecopie": None, "courriel": None}}  # fmt: skip


def evenement(numero: str, jour: str, objet: str, identifiant: str, genre: str, second: tuple[str, str] | None) -> dict:
    return {
        "evenementId": Champ(numero),
        "dateEnregistrement": "2023-03-15 11:21:01",
        "dateEvenement": Champ(jour),
        "etatObjet1": genre,
        "identifiantObjet1": Champ(identifiant),
        "identifiantObjet2": Champ(second[1]) if second else None,
        "systemeMaitre": "01",
        "typeObjet1": objet,
        "typeObjet2": second[0] if second else None,
        "codeEvenement": genre,
    }


def _engagements() -> pl.Expr:
    """Agreement for social assistance, for the ET that have one."""
    convention = {
        "engagementId": Champ("engagement_id"),
        "typeEngagement": "CONV",
        "sousTypeEngagement": "ASE",
        "dateEffetEngagement": Champ("date_autorisation"),
        "dateSignatureEngagement": Champ("date_autorisation"),
        "dateCaduciteEngagement": None,
        "dateFinEngagement": None,
        "dateNotificationEngagement": None,
        "nomEngagement": None,
        "identifiantEngagement": None,
        "motifArrete": None,
        "autoriteRegulationEngagement": [],
    }
    return pl.when("aide_sociale").then(gabarit([convention])).otherwise(pl.lit("[]")).alias("engagements")


def _ege() -> pl.Expr:
    identite = {
        "egeId": Champ("ege_id"),
        "complementDenominationEg": None,
        "dateFermeture": Champ("fermeture_jour"),
        "dateOuverture": Champ("ouverture_ecrite"),
        "datePremiereAutorisation": Champ("date_autorisation"),
        "nomEgeCourt": Champ("raison_sociale_courte"),
        "nomEgeLong": Champ("raison_sociale"),
        "numeroEducationNationale": None,
        "numeroReferenceExterne": None,
        "numFinessEge": Champ("finess_et"),
        "espic": None,
        "siret": Champ("siret_jour"),
    }
    return gabarit(
        {
            "informationsGeneralesEGE": identite,
            "categorieentiteGeographiqueExercice": Champ("categorie"),
            "modefixationtarifaire": Champ("mft"),
            "typeBudget": ["01"],
            "adresse": [_modele_adresse("03")],
            "contact": [_CONTACT],
            "engagement": pl.col("engagements"),
            "evenement": [
                evenement("evt_ouverture", "date_ouverture", "EG", "ege_id", "003", None),
                evenement("evt_autorisation", "date_autorisation", "EG", "ege_id", "007", None),
            ],
            "roleEge": [],
            "etatObjet": Champ("etat"),
            "dateDerniereMaj": Champ("maj_instant"),
        }
    )


def _pmej() -> pl.Expr:
    return gabarit(
        {
            "informationsGeneralesPMEJ": {
                "pmSmsseId": Champ("pm_id"),
                "codeApe": Champ("ape"),
                "complementAdressePmSmsse": None,
                "dateCreation": Champ("date_creation"),
                "dateFermeture": None,
                "denominationLonguePmSmsse": Champ("raison_sociale"),
                "denominationPm": Champ("raison_sociale_courte"),
                "numFinessPm": Champ("finess_ej"),
                "fonctionPublique": Champ("fonction_publique"),
                "categorieentiteGeographiqueExercice": None,
                "siren": Champ("siren"),
                "statutJuridique": Champ("statut"),
                "typeGroupeGco": None,
                "typePersonneMorale": "01",
            },
            "adresse": [_modele_adresse("02")],
            "contact": [_CONTACT],
            "engagement": [],
            "evenement": [evenement("evt_creation", "date_creation", "PM", "pm_id", "001", None)],
            "ege": pl.col("ege"),
            "etatObjet": "A",
            "dateDerniereMaj": Champ("maj"),
        }
    ).alias("json")


def livrees(monde: Monde, jour: date, taux: TauxDefauts, registre: Registre) -> pl.DataFrame:
    """ET as the document tells them: closures not yet known, opening dates that fill a hole, SIRET with a wrong digit.

    Each defect is recorded with the rank of the ET and its JSON path.
    """
    et = etats(monde, jour, taux)
    livraison = nom_fichier("structures", jour)

    def tirage(nature: str) -> random.Random:
        return random.Random(int(monde.hasard.flux(f"finess/{nature}/{jour}").integers(2**62)))

    ouverture = et["date_ouverture"].dt.to_string("%Y-%m-%d").to_list()
    siret = et["siret_jour"].to_list()
    rang_ej = {e: i for i, e in enumerate(monde.structures.ej["ej_id"])}
    ej_jour = et["ej_jour"].to_list()
    debuts: dict[int, int] = {}
    for i, e in enumerate(ej_jour):
        debuts.setdefault(e, i)

    unites = et["finess_et"].to_list()

    def noter(i: int, champ: str, nature: str, vraie: str, livree: str, variable: str | None) -> None:
        chemin = f"pmej[{rang_ej[ej_jour[i]]}].ege[{i - debuts[ej_jour[i]]}].informationsGeneralesEGE.{champ}"
        cle = ("", "", "") if variable is None else cles()[variable]
        registre.noter(
            livraison, i + 1, chemin, nature, vraie, livree, Question("ET", unites[i], "site", str(jour.year), *cle)
        )

    n = len(et)
    tard = set(tardives(monde, jour, taux))
    fermetures = et.select("et_id", "date_fermeture").iter_rows()
    for i, (et_id, ferme_le) in enumerate(fermetures):
        if et_id in tard:
            noter(i, "dateFermeture", "fermeture_tardive", str(ferme_le), "", None)
    for i in sorted(tirage("date_bouche_trou").sample(range(n), combien(taux.date_bouche_trou, n))):
        noter(i, "dateOuverture", "date_bouche_trou", ouverture[i], BOUCHE_TROU, "date_ouverture")
        ouverture[i] = BOUCHE_TROU
    avec_siret = [i for i, s in enumerate(siret) if s]
    for i in sorted(
        tirage("faute_de_frappe").sample(avec_siret, min(len(avec_siret), combien(taux.faute_de_frappe, n)))
    ):
        vrai = siret[i]
        faux = vrai[:-1] + str((int(vrai[-1]) + 1) % 10)
        noter(i, "siret", "faute_de_frappe", vrai, faux, "id_siret")
        siret[i] = faux
    return et.with_columns(
        pl.Series("ouverture_ecrite", ouverture),
        pl.Series("siret_jour", siret, dtype=pl.String),
        pl.format("{} 00:00:00", pl.col("maj").dt.to_string("%Y-%m-%d")).alias("maj_instant"),
    )
