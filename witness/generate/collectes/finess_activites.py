"""ANS: the activities of FINESS+ (JSON v1) and their capacities, as extracted on a day.

Belongs here: the document of activities, each of them authorised to the EJ and exercised at an ET, with its totals and
its sub-rows by habilitation. Does not belong here: identities (`finess`), what the document answers (`finess_answers`).

An installed capacity may still be that of the year before, since the registry learns of it later than of the
authorisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from witness.generate.capacites import YEARS
from witness.generate.collectes.finess import EJ_BLOCK, event, instant
from witness.generate.collectes.templates import Field, from_template, json_array
from witness.generate.world import World

LATE_INSTALLED_SHARE = 0.2


def write(world: World, day: date, t: pl.DataFrame) -> Iterator[str]:
    """The text of the document, block by block. `t`: what `delivered` returns."""
    yield f'{{"schemaVersion":"v1.0.0","generatedAt":"{instant(day)}","pmej":['
    first = True
    ej = world.structures.ej.select("ej_id", "finess_ej", pl.col("ej_id").add(1).alias("pm_id"))
    for start in range(0, len(ej), EJ_BLOCK):
        block = ej.slice(start, EJ_BLOCK)
        rows = t.filter(pl.col("ej_jour").is_in(block["ej_id"].implode()))
        rows = rows.with_columns(_activite("autorisee").alias("autorisee"), _activite("exercee").alias("exercee"))
        by_et = rows.group_by("ej_jour", "et_id", "finess_et", "ege_id", maintain_order=True).agg(
            pl.col("autorisee").str.join(","), pl.col("exercee").str.join(",")
        )
        by_et = by_et.with_columns(
            from_template(
                {
                    "egeId": Field("ege_id"),
                    "numFinessEge": Field("finess_et"),
                    "activitesExercees": [pl.col("exercee")],
                }
            ).alias("ege")
        )
        by_ej = by_et.group_by("ej_jour", maintain_order=True).agg(
            pl.col("autorisee").str.join(","), pl.col("ege").str.join(",")
        )
        block = block.join(by_ej, left_on="ej_id", right_on="ej_jour", how="inner", maintain_order="left")
        if len(block) == 0:
            continue
        template = {
            "numFiness": Field("finess_ej"),
            "pmSmsseId": Field("pm_id"),
            "activitesAutorisees": [pl.col("autorisee")],
            "ege": [pl.col("ege")],
        }
        yield ("" if first else ",") + ",".join(block.select(from_template(template).alias("json"))["json"])
        first = False
    yield "]}\n"


def delivered(world: World, et: pl.DataFrame, day: date) -> pl.DataFrame:
    """The activities of the ET that are known, with their capacities as the registry has them on the day."""
    year = day.year - 1
    columns = ["et_id", "ej_jour", "finess_et", "ege_id", "etat", "domaine", "date_ouverture", "date_autorisation"]
    t = world.capacites.triplets.with_row_index("t").join(
        et.select(columns), on="et_id", how="inner", maintain_order="left"
    )
    late = world.streams.stream(f"finess/retard/{year}").random(len(t)) < LATE_INSTALLED_SHARE
    before = max(year - 1, YEARS[0])
    t = t.with_columns(
        pl.col(f"cap_aut_{year}").alias("aut"),
        pl.when(pl.Series(late)).then(f"cap_inst_{before}").otherwise(f"cap_inst_{year}").alias("inst"),
        pl.col(f"places_ash_{year}").alias("ash"),
        pl.when(pl.col("date_changement") <= day).then("date_changement").alias("change"),
        (pl.col("t") * 2 + 100_001).alias("id_autorisee"),
        (pl.col("t") * 2 + 100_002).alias("id_exercee"),
        (pl.col("t") + 300_001).alias("id_sociale"),
        pl.struct("discipline", "mode", "clientele").rank("dense").add(70_000).alias("type_activite"),
        pl.col("ej_jour").add(1).alias("pm_id"),
    )
    ids = [(pl.col("t") * 10 + k + 3_000_000).alias(f"id_{k}") for k in range(8)]
    whole = [pl.col(c).fill_nan(None).cast(pl.Int64) for c in ("aut", "inst", "ash")]
    return t.with_columns(*ids, *whole).sort("ej_jour", "et_id", "t")


def counts(t: pl.DataFrame) -> dict[str, int]:
    """How many records the document has.

    An activity is one record of the EJ, to which it is authorised, and one of the ET where it is exercised; each has
    its own places.
    """
    aut, inst, ash = (len(t) - t[c].null_count() for c in ("aut", "inst", "ash"))
    return {"activites": 2 * len(t), "capacites": 2 * aut + inst + 3 * ash}


def _activite(level: str) -> pl.Expr:
    exercised = level == "exercee"
    identifier, object_2 = f"id_{level}", ("EG", "ege_id") if exercised else ("PM", "pm_id")
    generic: dict[str, object] = {
        "activiteAeId": Field(identifier),
        "etatObjet": Field("etat"),
        "identifiantAutorisation": Field("id_autorisee") if exercised else None,
        "numAutorisationArhgos": None,
        "dateDebutActiviteAutorisee": Field("date_autorisation"),
        "dateFinActiviteAutorisee": None,
        "dateFinEffectiveActivite": None,
        "dateCaduciteAutorisation": None,
        "egeId": Field("ege_id") if exercised else None,
        "typeActiviteSMSSE": Field("type_activite"),
    }
    generic |= {"egeExploitanteId": None, "egeFacturante": None} if exercised else {"pmSmsseExploitanteId": None}
    rank = 4 if exercised else 0
    events = [from_template(event(f"id_{rank}", "date_autorisation", "AC", identifier, "010", object_2))]
    if exercised:
        events.append(from_template(event(f"id_{rank + 1}", "date_ouverture", "AC", identifier, "012", object_2)))
    for code, k in (("010", 2), ("012", 3)) if exercised else (("010", 1),):
        change = from_template(event(f"id_{rank + k}", "change", "AC", identifier, code, object_2))
        events.append(pl.when(pl.col("change").is_not_null()).then(change))
    capacites = [_capacite("09", "aut", identifier, 0 if exercised else 6, None)]
    capacites.append(_capacite("09", "ash", identifier, 1 if exercised else 7, "02"))
    if exercised:
        capacites += [_capacite("08", "inst", identifier, 2, None), _capacite("08", "ash", identifier, 3, "02")]
    specific = {
        "aaSocialeReguleeId": Field("id_sociale"),
        "ageMaxAutorise": None,
        "ageMaxInstalle": None,
        "ageMinAutorise": None,
        "ageMinInstalle": None,
        "activiteAeId": Field(identifier),
        "typeActiviteAMSR": {"activiteSocialeRegulee": Field("discipline"), "modeFonctionnement": Field("mode"),
                             "public": Field("clientele")},
    }  # fmt: skip
    return from_template(
        {
            "caracteristiquesGeneriques": generic,
            "nature": {"codeNature": "ASMR", "caracteristiquesSpecifiques": specific},
            "evenement": json_array(*events),
            "engagement": [],
            "capacite": json_array(*capacites),
            "zoneIntervention": None,
        }
    )


def _capacite(statut: str, number: str, activite: str, rank: int, habilitation: str | None) -> pl.Expr:
    template = {
        "idCapacite": Field(f"id_{rank}"),
        "nombre": Field(number),
        "precision": None,
        "variation": None,
        "activiteAeId": Field(activite),
        "engagementId": None,
        "habilitation": habilitation,
        "statutCapacite": statut,
        "modeFinancement": None,
        "uniteMesureCapacite": "02",
        "typeLogement": None,
        "genre": None,
    }
    return pl.when(pl.col(number).is_not_null()).then(from_template(template))
