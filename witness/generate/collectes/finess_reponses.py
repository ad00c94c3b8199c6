"""ANS: what the two FINESS documents answer, and what they leave unknown.

Belongs here: their answers by question of the dictionary, judged against the truth. Does not belong here: their bytes.
An extraction tells identities in its own year, places on its day and at the 31 December that its dates of change reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from witness.generate.activite import places
from witness.generate.answers import SCHEMA, SCHEMA_VIDES, Origine, identites_de, justes
from witness.generate.capacites import ANNEES, DISCIPLINES_LOGEMENT
from witness.generate.collectes.finess import BOUCHE_TROU
from witness.generate.sheet import cles
from witness.generate.truth_files import etat_annuel, identites_au, reference
from witness.generate.world import Monde

_CHAMPS = {
    "id_finess_et": "numFinessEge",
    "id_finess_ej": "numFinessPm",
    "id_raison_sociale": "nomEgeCourt",
    "id_raison_sociale_ej": "denominationLonguePmSmsse",
    "id_statut_code": "statutJuridique",
    "id_categorie_code": "categorieentiteGeographiqueExercice",
    "id_commune_code": "adresse.cogCommune",
    "id_adresse": "adresse",
    "id_telephone": "contact.telephone",
    "id_mft": "modefixationtarifaire",
    "id_geoloc": "adresse.coordonneesGeographique",
    "id_siret": "siret",
    "date_autorisation": "datePremiereAutorisation",
    "date_ouverture": "dateOuverture",
}
_MODES = {"INTERNAT": "internat", "SEMI_INTERNAT": "semi_internat", "EXTERNAT": "externat"}
_AUTRES_MODES = ("MILIEU_ORDINAIRE", "HT", "AJ")
RECUL = 6  # years that an extraction can tell
DISCIPLINE_EXPERIMENTALE = "935"  # it does not say what is done


def identites(monde: Monde, jour: date, et: pl.DataFrame, origine: Origine) -> Iterator[pl.DataFrame]:
    """Answers of the structures: ET (`et`: as written, in the order of the document), then EJ.

    An extraction of the first days of January is the state of 31 December.
    """
    annee = jour.year - 1
    lignes = pl.Series(range(1, len(et) + 1))
    vrais = _dans_l_ordre(et, *identites_au(monde, reference(annee)))
    ecrits = _ecrites(monde, jour, et)
    for variable, champ in _CHAMPS.items():
        # The name is told short, and is right.
        vrai = ecrits[variable] if variable == "id_raison_sociale" else vrais[variable]
        yield identites_de(variable, "ET", et["finess_et"], annee, ecrits[variable], vrai, champ, lignes, origine)
    ej = monde.structures.ej
    rangs = pl.Series(range(1, len(ej) + 1))
    for variable, colonne, champ in (
        ("id_raison_sociale_ej", "raison_sociale_courte", "denominationPm"),
        ("id_siren", "siren", "siren"),
        ("id_statut_code", "statut", "statutJuridique"),
    ):
        yield identites_de(variable, "EJ", ej["finess_ej"], annee, ej[colonne], ej[colonne], champ, rangs, origine)


def vides(monde: Monde, jour: date, et: pl.DataFrame, origine: Origine) -> Iterator[pl.DataFrame]:
    """What the structures leave unknown: SIRET, position, opening dates that fill a hole."""
    ecrits = _ecrites(monde, jour, et)
    for variable, motif in (("id_siret", "vide"), ("id_geoloc", "vide"), ("date_ouverture", "date_bouche_trou")):
        element, composante, base = cles()[variable]
        inconnus = ecrits[variable].is_null()
        yield (
            et.with_row_index("ligne", 1)
            .filter(inconnus)
            .select(
                pl.lit(origine.livraison).alias("livraison"),
                pl.col("ligne").cast(pl.Int64),
                pl.lit("ET").alias("unite"),
                pl.col("finess_et").alias("unite_id"),
                pl.lit("site").alias("perimetre"),
                pl.lit(jour.year - 1, dtype=pl.Int32).alias("millesime"),
                pl.lit(element).alias("element_id"),
                pl.lit(composante).alias("composante"),
                pl.lit(base).alias("base_temporelle"),
                pl.lit(_CHAMPS[variable]).alias("champ"),
                pl.lit(motif).alias("motif"),
            )
            .select(*SCHEMA_VIDES)
        )


def capacites(monde: Monde, jour: date, t: pl.DataFrame, origine: Origine) -> Iterator[pl.DataFrame]:
    """Answers about the places of the active ET ; `t`: triplets as written, in the order of the document."""
    rangs = t.select(pl.col("et_id").unique(maintain_order=True)).with_row_index("ligne", 1)
    t = t.filter(pl.col("etat") == "A")
    vrais = places(monde.structures.et, monde.capacites)
    fermeture = monde.structures.et.select("et_id", "date_fermeture")
    for variable, colonne, garde in _variables():
        if variable not in cles():
            continue
        par_et = (
            t.filter(garde & pl.col(colonne).is_not_null())
            .group_by("et_id", "finess_et", "date_ouverture", maintain_order=True)
            .agg(pl.col(colonne).sum().alias("valeur"), pl.col("change").max())
            .join(rangs, on="et_id", how="left", maintain_order="left")
            .join(fermeture, on="et_id", how="left", maintain_order="left")
        )
        yield _places(variable, par_et, jour, jour.year, "jour", vrais[variable], origine)
        for annee in range(jour.year - RECUL, jour.year):
            fin = date(annee, 12, 31)
            dits = par_et.filter(
                (pl.col("date_ouverture") <= fin) & (pl.col("change").is_null() | (pl.col("change") <= fin))
            )
            yield _places(variable, dits, fin, annee, "stock_3112", vrais[variable], origine)


def _variables() -> Iterator[tuple[str, str, pl.Expr]]:
    """Variable, column of the triplets, and which of them make it."""
    tous, handicap = pl.lit(True), pl.col("domaine").str.starts_with("PH")
    modalite, accueil = pl.col("modalite"), ~handicap & (pl.col("discipline") != DISCIPLINE_EXPERIMENTALE)
    for prefixe, colonne in (("cap_aut", "aut"), ("cap_inst", "inst")):
        yield f"{prefixe}_total", colonne, tous
        for nom, code in (("permanent", "HP"), ("ht", "HT"), ("aj", "AJ"), ("nuit", "NUIT")):
            # Temporary care is told of everyone ; the other modalities, of those who receive the elderly.
            yield f"{prefixe}_{nom}", colonne, (modalite == code) & (pl.lit(code == "HT") | accueil)
    yield "places_ash", "ash", tous
    for code, nom in _MODES.items():
        yield f"cap_mode_{nom}", "aut", handicap & (modalite == code)
    yield "cap_mode_autre", "aut", handicap & modalite.is_in(list(_AUTRES_MODES))
    for discipline, nom in DISCIPLINES_LOGEMENT.items():
        yield f"logements_{nom}", "inst", pl.col("discipline") == discipline


def _places(
    variable: str, dits: pl.DataFrame, jour: date, millesime: int, base: str, vrais: np.ndarray, origine: Origine
) -> pl.DataFrame:
    """One question about places ; nothing is true of an ET closed on the day."""
    rang = ANNEES.index(min(max(etat_annuel(jour), ANNEES[0]), ANNEES[-1]))
    vrai = vrais[dits["et_id"].to_numpy(), rang]
    ferme = (dits["date_fermeture"] <= jour).fill_null(False).to_numpy()
    element, composante, _ = cles()[variable]
    nombres = dits["valeur"].cast(pl.Float64)
    return dits.select(
        pl.lit(origine.livraison).alias("livraison"),
        pl.col("ligne").cast(pl.Int64),
        pl.lit(origine.source).alias("source"),
        pl.lit(origine.document).alias("document"),
        pl.lit("ET").alias("unite"),
        pl.col("finess_et").alias("unite_id"),
        pl.lit("site").alias("perimetre"),
        pl.lit(millesime, dtype=pl.Int32).alias("millesime"),
        pl.lit(element).alias("element_id"),
        pl.lit(composante).alias("composante"),
        pl.lit(base).alias("base_temporelle"),
        pl.lit("capacite.nombre").alias("champ"),
        nombres.alias("valeur_nombre"),
        pl.lit(None, dtype=pl.String).alias("valeur_texte"),
        pl.lit(None, dtype=pl.Date).alias("valeur_date"),
        pl.lit(None, dtype=pl.String).alias("rang_depot"),
        pl.lit(origine.recu_rang, dtype=pl.Int32).alias("recu_rang"),
        pl.Series("est_juste", justes(variable, nombres.to_numpy(), np.where(ferme, np.nan, vrai))),
    ).select(*SCHEMA)


def _ecrites(monde: Monde, jour: date, et: pl.DataFrame) -> dict[str, pl.Series]:
    """Values of the document, by variable, in its order."""
    ecrits = _dans_l_ordre(et, *identites_au(monde, jour))
    ouverture = pl.when(pl.col("ouverture_ecrite") != BOUCHE_TROU).then(pl.col("ouverture_ecrite").str.to_date())
    position = pl.when(pl.col("coordonnees") != "null").then(ecrits["id_geoloc"])
    return ecrits | {
        "id_raison_sociale": et["raison_sociale_courte"],
        "id_siret": et["siret_jour"],
        "id_geoloc": et.select(position.alias("g")).to_series(),
        "date_ouverture": et.select(ouverture.alias("o")).to_series(),
    }


def _dans_l_ordre(et: pl.DataFrame, connus: pl.DataFrame, textes: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Identities in the order of a document ; unknown for an ET that is not among those known."""
    connus = connus.select("et_id").with_row_index("r")
    rangs = et.select("et_id").join(connus, on="et_id", how="left", maintain_order="left")["r"]
    return {nom: valeurs.gather(rangs) for nom, valeurs in textes.items()}
