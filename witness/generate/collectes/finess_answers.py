"""ANS: what the two FINESS documents answer, and what they leave unknown.

Belongs here: their answers to the questions of the dictionary, judged against the truth. Does not belong here: their
bytes.

An extraction tells identities for its own year. It tells places for its own day, and for each 31 December that the
dates of change allow to go back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from witness.generate.activite import places
from witness.generate.answers import SCHEMA, UNANSWERED_SCHEMA, Origin, identity_answers, right_numbers
from witness.generate.capacites import HOUSING_DISCIPLINES, YEARS
from witness.generate.collectes.finess import PLACEHOLDER_DATE
from witness.generate.sheet import question_keys
from witness.generate.truth_files import identities_on, last_full_year, reference
from witness.generate.world import World

_FIELDS = {
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
_OTHER_MODES = ("MILIEU_ORDINAIRE", "HT", "AJ")
YEARS_BACK = 6  # years that an extraction can tell
EXPERIMENTAL_DISCIPLINE = "935"  # a discipline that does not say what is done


def identities(world: World, day: date, et: pl.DataFrame, origin: Origin) -> Iterator[pl.DataFrame]:
    """Answers of the document of structures: those about ET, then those about EJ.

    `et` is the table as written, in the order of the document. An extraction of the first days of January tells the
    state of 31 December.
    """
    year = day.year - 1
    rows = pl.Series(range(1, len(et) + 1))
    true_values = _in_order(et, *identities_on(world, reference(year)))
    written = _written(world, day, et)
    for variable, field_name in _FIELDS.items():
        # The name is shortened, and is right all the same.
        true = written[variable] if variable == "id_raison_sociale" else true_values[variable]
        yield identity_answers(variable, "ET", et["finess_et"], year, written[variable], true, field_name, rows, origin)
    ej = world.structures.ej
    ranks = pl.Series(range(1, len(ej) + 1))
    for variable, column, field_name in (
        ("id_raison_sociale_ej", "raison_sociale_courte", "denominationPm"),
        ("id_siren", "siren", "siren"),
        ("id_statut_code", "statut", "statutJuridique"),
    ):
        yield identity_answers(variable, "EJ", ej["finess_ej"], year, ej[column], ej[column], field_name, ranks, origin)


def unanswered(world: World, day: date, et: pl.DataFrame, origin: Origin) -> Iterator[pl.DataFrame]:
    """What the document of structures leaves unknown: SIRET, position, and opening dates that are placeholders."""
    written = _written(world, day, et)
    for variable, motif in (("id_siret", "vide"), ("id_geoloc", "vide"), ("date_ouverture", "date_bouche_trou")):
        element, composante, base = question_keys()[variable]
        unknown = written[variable].is_null()
        yield (
            et.with_row_index("ligne", 1)
            .filter(unknown)
            .select(
                pl.lit(origin.livraison).alias("livraison"),
                pl.col("ligne").cast(pl.Int64),
                pl.lit("ET").alias("unite"),
                pl.col("finess_et").alias("unite_id"),
                pl.lit("site").alias("perimetre"),
                pl.lit(day.year - 1, dtype=pl.Int32).alias("millesime"),
                pl.lit(element).alias("element_id"),
                pl.lit(composante).alias("composante"),
                pl.lit(base).alias("base_temporelle"),
                pl.lit(_FIELDS[variable]).alias("champ"),
                pl.lit(motif).alias("motif"),
            )
            .select(*UNANSWERED_SCHEMA)
        )


def capacites(world: World, day: date, t: pl.DataFrame, origin: Origin) -> Iterator[pl.DataFrame]:
    """Answers about the places of the active ET. `t`: the triplets as written, in the order of the document."""
    ranks = t.select(pl.col("et_id").unique(maintain_order=True)).with_row_index("ligne", 1)
    t = t.filter(pl.col("etat") == "A")
    true_values = places(world.structures.et, world.capacites)
    closure = world.structures.et.select("et_id", "date_fermeture")
    for variable, column, kept in _variables():
        if variable not in question_keys():
            continue
        by_et = (
            t.filter(kept & pl.col(column).is_not_null())
            .group_by("et_id", "finess_et", "date_ouverture", maintain_order=True)
            .agg(pl.col(column).sum().alias("valeur"), pl.col("change").max())
            .join(ranks, on="et_id", how="left", maintain_order="left")
            .join(closure, on="et_id", how="left", maintain_order="left")
        )
        yield _places(variable, by_et, day, day.year, "jour", true_values[variable], origin)
        for year in range(day.year - YEARS_BACK, day.year):
            end = date(year, 12, 31)
            told = by_et.filter(
                (pl.col("date_ouverture") <= end) & (pl.col("change").is_null() | (pl.col("change") <= end))
            )
            yield _places(variable, told, end, year, "stock_3112", true_values[variable], origin)


def _variables() -> Iterator[tuple[str, str, pl.Expr]]:
    """Each variable about places, with the column of the triplets and the triplets that make it."""
    everything, handicap = pl.lit(True), pl.col("domaine").str.starts_with("PH")
    modalite, elderly = pl.col("modalite"), ~handicap & (pl.col("discipline") != EXPERIMENTAL_DISCIPLINE)
    for prefix, column in (("cap_aut", "aut"), ("cap_inst", "inst")):
        yield f"{prefix}_total", column, everything
        for name, code in (("permanent", "HP"), ("ht", "HT"), ("aj", "AJ"), ("nuit", "NUIT")):
            # FINESS tells temporary care of every ET, the other modalities of those that receive the elderly only.
            yield f"{prefix}_{name}", column, (modalite == code) & (pl.lit(code == "HT") | elderly)
    yield "places_ash", "ash", everything
    for code, name in _MODES.items():
        yield f"cap_mode_{name}", "aut", handicap & (modalite == code)
    yield "cap_mode_autre", "aut", handicap & modalite.is_in(list(_OTHER_MODES))
    for discipline, name in HOUSING_DISCIPLINES.items():
        yield f"logements_{name}", "inst", pl.col("discipline") == discipline


def _places(
    variable: str, told: pl.DataFrame, day: date, millesime: int, base: str, true_values: np.ndarray, origin: Origin
) -> pl.DataFrame:
    """The answers to one question about places. Nothing is true of an ET that is closed on the day."""
    rank = YEARS.index(min(max(last_full_year(day), YEARS[0]), YEARS[-1]))
    true = true_values[told["et_id"].to_numpy(), rank]
    closed = (told["date_fermeture"] <= day).fill_null(False).to_numpy()
    element, composante, _ = question_keys()[variable]
    numbers = told["valeur"].cast(pl.Float64)
    return told.select(
        pl.lit(origin.livraison).alias("livraison"),
        pl.col("ligne").cast(pl.Int64),
        pl.lit(origin.source).alias("source"),
        pl.lit(origin.document).alias("document"),
        pl.lit("ET").alias("unite"),
        pl.col("finess_et").alias("unite_id"),
        pl.lit("site").alias("perimetre"),
        pl.lit(millesime, dtype=pl.Int32).alias("millesime"),
        pl.lit(element).alias("element_id"),
        pl.lit(composante).alias("composante"),
        pl.lit(base).alias("base_temporelle"),
        pl.lit("capacite.nombre").alias("champ"),
        numbers.alias("valeur_nombre"),
        pl.lit(None, dtype=pl.String).alias("valeur_texte"),
        pl.lit(None, dtype=pl.Date).alias("valeur_date"),
        pl.lit(None, dtype=pl.String).alias("rang_depot"),
        pl.lit(origin.recu_rang, dtype=pl.Int32).alias("recu_rang"),
        pl.Series("est_juste", right_numbers(variable, numbers.to_numpy(), np.where(closed, np.nan, true))),
    ).select(*SCHEMA)


def _written(world: World, day: date, et: pl.DataFrame) -> dict[str, pl.Series]:
    """The values of the document by variable, in its order."""
    written = _in_order(et, *identities_on(world, day))
    opening = pl.when(pl.col("ouverture_ecrite") != PLACEHOLDER_DATE).then(pl.col("ouverture_ecrite").str.to_date())
    position = pl.when(pl.col("coordonnees") != "null").then(written["id_geoloc"])
    return written | {
        "id_raison_sociale": et["raison_sociale_courte"],
        "id_siret": et["siret_jour"],
        "id_geoloc": et.select(position.alias("g")).to_series(),
        "date_ouverture": et.select(opening.alias("o")).to_series(),
    }


def _in_order(et: pl.DataFrame, known: pl.DataFrame, texts: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Identities in the order of a document; unknown for an ET that is not in `known`."""
    known = known.select("et_id").with_row_index("r")
    ranks = et.select("et_id").join(known, on="et_id", how="left", maintain_order="left")["r"]
    return {name: values.gather(ranks) for name, values in texts.items()}
