"""ANS: the structures of FINESS+ (JSON v1), as extracted on a day.

Belongs here: the document of structures, with the real nesting and codes, and the defects that it alone carries. Does
not belong here: what is true of the structures, their activities (`finess_activites`).

Every leaf is a text or null, as in the real files. An extraction speaks of its day: an ET that opened later is absent,
an ET that closed before is there, inactive, with its date.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from witness.generate.collectes.templates import Field, from_template, lambert_93
from witness.generate.defects import DefectRates, Ledger, Question, how_many
from witness.generate.et_identity import acheminement
from witness.generate.sheet import question_keys
from witness.generate.world import World

EJ_BLOCK = 2_000  # EJ written at a time
WITHOUT_SIRET_SHARE = 0.05
WITHOUT_COORDINATES_SHARE = 0.35
PLACEHOLDER_DATE = "1904-04-04"


def filename(content: str, day: date) -> str:
    """Name of a document: `finess-structures-mensuel-202501.json.gz`."""
    return f"finess-{content}-mensuel-{day:%Y%m}.json.gz"


def write(world: World, day: date, et: pl.DataFrame) -> Iterator[str]:
    """The text of the document, block by block. `et`: what `delivered` returns."""
    ej = _ej(world)
    yield f'{{"schemaVersion":"v1.0.0","generatedAt":"{instant(day)}","gco":[],"gcc":[],"pmej":['
    for start in range(0, len(ej), EJ_BLOCK):
        block = ej.slice(start, EJ_BLOCK)
        members = et.filter(pl.col("ej_jour").is_in(block["ej_id"].implode()))
        members = members.with_columns(_engagements()).with_columns(_ege().alias("json"))
        by_ej = members.group_by("ej_jour", maintain_order=True).agg(pl.col("json").str.join(","))
        block = block.join(by_ej, left_on="ej_id", right_on="ej_jour", how="left", maintain_order="left")
        block = block.with_columns(pl.concat_str(pl.lit("["), pl.col("json").fill_null(""), pl.lit("]")).alias("ege"))
        yield ("," if start else "") + ",".join(block.select(_pmej())["json"])
    yield "]}\n"


def instant(day: date) -> str:
    """The moment of the extraction, as the documents write it."""
    return f"{day:%Y-%m-%d}T02:07:30.574916747Z"


def states(world: World, day: date, rates: DefectRates) -> pl.DataFrame:
    """The ET known on a day, with what the registry says of them, in the order of the document: by EJ, then by ET."""
    et = world.structures.et.filter(pl.col("date_ouverture") <= day)
    change = pl.col("date_changement_ej") > day
    closed = (pl.col("date_fermeture") <= day) & ~pl.col("et_id").is_in(late_closures(world, day, rates))
    et = et.with_columns(
        pl.when(change).then("ej_id_avant").otherwise("ej_id").alias("ej_jour"),
        pl.when(change).then("siret_avant").otherwise("siret").alias("siret_jour"),
        pl.when(closed).then("date_fermeture").alias("fermeture_jour"),
        pl.when(closed).then(pl.lit("I")).otherwise(pl.lit("A")).alias("etat"),
        pl.col("et_id").add(1).alias("ege_id"),
        (pl.col("et_id") * 2 + 1_000_001).alias("evt_ouverture"),
        (pl.col("et_id") * 2 + 1_000_002).alias("evt_autorisation"),
        (pl.col("et_id") + 20_001).alias("engagement_id"),
        pl.max_horizontal("date_ouverture", pl.lit(date(2019, 3, 4))).alias("maj"),
    )
    rng = world.streams.stream("finess/identite")
    n = len(world.structures.et)
    without_siret = rng.random(n)[et["et_id"].to_numpy()] < WITHOUT_SIRET_SHARE
    et = et.with_columns(
        pl.when(pl.Series(without_siret)).then(None).otherwise(pl.col("siret_jour")).alias("siret_jour")
    )
    return _address(et, rng.random(n)[et["et_id"].to_numpy()]).sort("ej_jour", "et_id")


def late_closures(world: World, day: date, rates: DefectRates) -> list[int]:
    """The ET that closed in the year before an extraction, and that it still shows as open."""
    since = pl.col("date_fermeture").is_between(day - timedelta(days=365), day)
    closed = world.structures.et.filter(since)["et_id"].to_list()
    rng = random.Random(int(world.streams.stream(f"finess/fermetures/{day}").integers(2**62)))
    return sorted(rng.sample(closed, how_many(rates.fermeture_tardive, len(closed))))


def _ej(world: World) -> pl.DataFrame:
    ej = world.structures.ej.with_columns(
        pl.col("ej_id").add(1).alias("pm_id"),
        pl.col("ej_id").add(500_001).alias("evt_creation"),
        pl.lit("2021-10-18 00:00:00").alias("maj"),
    )
    return _address(ej, world.streams.stream("finess/adresse_ej").random(len(ej)))


def _address(table: pl.DataFrame, draw: np.ndarray) -> pl.DataFrame:
    x, y = lambert_93(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    mainland = ~table["departement"].str.starts_with("97")
    street = pl.concat_str(pl.col("numero_voie").cast(pl.String), "type_voie", "libelle_voie", separator=" ")
    table = table.with_columns(
        pl.when(pl.col("numero_voie") > 0).then(pl.col("numero_voie").cast(pl.String)).alias("numero"),
        street.str.strip_prefix("0 ").alias("ligne_quatre"),
        acheminement().alias("acheminement"),
        pl.when(mainland).then(pl.Series(np.round(x, 2))).alias("x_93"),
        pl.when(mainland).then(pl.Series(np.round(y, 2))).alias("y_93"),
        pl.format("{}_0{}_{}", "commune_code", (pl.col("longitude").abs() * 1000 % 900 + 100).cast(pl.Int64),
                  pl.col("numero_voie").cast(pl.String).str.zfill(5)).alias("cle_ban"),
        pl.Series([f"0.9{int(t * 1e6):06d}" for t in draw]).alias("score_ban"),
    )  # fmt: skip
    coordinates = from_template(
        {
            "coordonneeX": Field("longitude"),
            "coordonneeY": Field("latitude"),
            "directionLatitude": Field("y_93"),
            "directionLongitude": Field("x_93"),
            "cleInInteropBAN": Field("cle_ban"),
            "scoreBAN": Field("score_ban"),
        }
    )
    without = pl.Series(draw < WITHOUT_COORDINATES_SHARE)
    return table.with_columns(pl.when(without).then(pl.lit("null")).otherwise(coordinates).alias("coordonnees"))


def _address_template(usage: str) -> dict[str, object]:
    return {
        "usageAdresse": usage,
        "numeroVoie": Field("numero"),
        "typeVoie": Field("type_voie"),
        "libelleVoie": Field("libelle_voie"),
        "complementVoie": None,
        "complementPointGeographique": None,
        "lieuDit": None,
        "cogCommune": Field("commune_code"),
        "ligneAcheminement": Field("acheminement"),
        "ligneUne": None,
        "ligneDeux": None,
        "ligneTrois": None,
        "ligneQuatre": Field("ligne_quatre"),
        "ligneCinq": None,
        "ligneSix": None,
        "codePostal": Field("code_postal"),
        "coordonneesGeographique": pl.col("coordonnees"),
    }


_CONTACT = {"typeContact": {"roleContact": "01"},
            "telecom": {"telephone": Field("telephone"), "telecopie": None, "courriel": None}}  # fmt: skip


def event(number: str, day: str, object_type: str, identifier: str, kind: str, second: tuple[str, str] | None) -> dict:
    return {
        "evenementId": Field(number),
        "dateEnregistrement": "2023-03-15 11:21:01",
        "dateEvenement": Field(day),
        "etatObjet1": kind,
        "identifiantObjet1": Field(identifier),
        "identifiantObjet2": Field(second[1]) if second else None,
        "systemeMaitre": "01",
        "typeObjet1": object_type,
        "typeObjet2": second[0] if second else None,
        "codeEvenement": kind,
    }


def _engagements() -> pl.Expr:
    """The agreement for social assistance of the ET that have one."""
    convention = {
        "engagementId": Field("engagement_id"),
        "typeEngagement": "CONV",
        "sousTypeEngagement": "ASE",
        "dateEffetEngagement": Field("date_autorisation"),
        "dateSignatureEngagement": Field("date_autorisation"),
        "dateCaduciteEngagement": None,
        "dateFinEngagement": None,
        "dateNotificationEngagement": None,
        "nomEngagement": None,
        "identifiantEngagement": None,
        "motifArrete": None,
        "autoriteRegulationEngagement": [],
    }
    return pl.when("aide_sociale").then(from_template([convention])).otherwise(pl.lit("[]")).alias("engagements")


def _ege() -> pl.Expr:
    identity = {
        "egeId": Field("ege_id"),
        "complementDenominationEg": None,
        "dateFermeture": Field("fermeture_jour"),
        "dateOuverture": Field("ouverture_ecrite"),
        "datePremiereAutorisation": Field("date_autorisation"),
        "nomEgeCourt": Field("raison_sociale_courte"),
        "nomEgeLong": Field("raison_sociale"),
        "numeroEducationNationale": None,
        "numeroReferenceExterne": None,
        "numFinessEge": Field("finess_et"),
        "espic": None,
        "siret": Field("siret_jour"),
    }
    return from_template(
        {
            "informationsGeneralesEGE": identity,
            "categorieentiteGeographiqueExercice": Field("categorie"),
            "modefixationtarifaire": Field("mft"),
            "typeBudget": ["01"],
            "adresse": [_address_template("03")],
            "contact": [_CONTACT],
            "engagement": pl.col("engagements"),
            "evenement": [
                event("evt_ouverture", "date_ouverture", "EG", "ege_id", "003", None),
                event("evt_autorisation", "date_autorisation", "EG", "ege_id", "007", None),
            ],
            "roleEge": [],
            "etatObjet": Field("etat"),
            "dateDerniereMaj": Field("maj_instant"),
        }
    )


def _pmej() -> pl.Expr:
    return from_template(
        {
            "informationsGeneralesPMEJ": {
                "pmSmsseId": Field("pm_id"),
                "codeApe": Field("ape"),
                "complementAdressePmSmsse": None,
                "dateCreation": Field("date_creation"),
                "dateFermeture": None,
                "denominationLonguePmSmsse": Field("raison_sociale"),
                "denominationPm": Field("raison_sociale_courte"),
                "numFinessPm": Field("finess_ej"),
                "fonctionPublique": Field("fonction_publique"),
                "categorieentiteGeographiqueExercice": None,
                "siren": Field("siren"),
                "statutJuridique": Field("statut"),
                "typeGroupeGco": None,
                "typePersonneMorale": "01",
            },
            "adresse": [_address_template("02")],
            "contact": [_CONTACT],
            "engagement": [],
            "evenement": [event("evt_creation", "date_creation", "PM", "pm_id", "001", None)],
            "ege": pl.col("ege"),
            "etatObjet": "A",
            "dateDerniereMaj": Field("maj"),
        }
    ).alias("json")


def delivered(world: World, day: date, rates: DefectRates, ledger: Ledger) -> pl.DataFrame:
    """The ET as the document tells them, wrongly for some.

    Some closures are not known yet, some opening dates are placeholders, some SIRET have a wrong digit. Each defect is
    recorded with the rank of the ET and its JSON path.
    """
    et = states(world, day, rates)
    delivery = filename("structures", day)

    def draw(nature: str) -> random.Random:
        return random.Random(int(world.streams.stream(f"finess/{nature}/{day}").integers(2**62)))

    opening = et["date_ouverture"].dt.to_string("%Y-%m-%d").to_list()
    siret = et["siret_jour"].to_list()
    ej_rank = {e: i for i, e in enumerate(world.structures.ej["ej_id"])}
    ej_jour = et["ej_jour"].to_list()
    starts: dict[int, int] = {}
    for i, e in enumerate(ej_jour):
        starts.setdefault(e, i)

    units = et["finess_et"].to_list()

    def record(i: int, field_name: str, nature: str, true_value: str, written_value: str, variable: str | None) -> None:
        path = f"pmej[{ej_rank[ej_jour[i]]}].ege[{i - starts[ej_jour[i]]}].informationsGeneralesEGE.{field_name}"
        key = ("", "", "") if variable is None else question_keys()[variable]
        ledger.record(
            delivery,
            i + 1,
            path,
            nature,
            true_value,
            written_value,
            Question("ET", units[i], "site", str(day.year), *key),
        )

    n = len(et)
    late = set(late_closures(world, day, rates))
    closures = et.select("et_id", "date_fermeture").iter_rows()
    for i, (et_id, closed_on) in enumerate(closures):
        if et_id in late:
            record(i, "dateFermeture", "fermeture_tardive", str(closed_on), "", None)
    for i in sorted(draw("date_bouche_trou").sample(range(n), how_many(rates.date_bouche_trou, n))):
        record(i, "dateOuverture", "date_bouche_trou", opening[i], PLACEHOLDER_DATE, "date_ouverture")
        opening[i] = PLACEHOLDER_DATE
    with_siret = [i for i, s in enumerate(siret) if s]
    for i in sorted(
        draw("faute_de_frappe").sample(with_siret, min(len(with_siret), how_many(rates.faute_de_frappe, n)))
    ):
        true = siret[i]
        wrong = true[:-1] + str((int(true[-1]) + 1) % 10)
        record(i, "siret", "faute_de_frappe", true, wrong, "id_siret")
        siret[i] = wrong
    return et.with_columns(
        pl.Series("ouverture_ecrite", opening),
        pl.Series("siret_jour", siret, dtype=pl.String),
        pl.format("{} 00:00:00", pl.col("maj").dt.to_string("%Y-%m-%d")).alias("maj_instant"),
    )
