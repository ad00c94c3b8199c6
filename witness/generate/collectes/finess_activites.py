"""ANS: FINESS+ JSON v1, activities and their capacities, as extracted on a day.

Belongs here: the document of activities (authorised, held by the EJ ; exercised, at an ET), its totals and sub-rows by
habilitation. Does not belong here: identities (`finess`), what it answers (`finess_reponses`).
An installed capacity may still be last year's: the registry learns of it later than of the authorisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from witness.generate.capacites import ANNEES
from witness.generate.collectes.finess import BLOC_EJ, evenement, instant
from witness.generate.collectes.templates import Champ, gabarit, tableau
from witness.generate.world import Monde

PART_RETARD_INSTALLE = 0.2


def ecrire(monde: Monde, jour: date, t: pl.DataFrame) -> Iterator[str]:
    """Text of the activities document, in blocks ; `t`: what `livrees` says."""
    yield f'{{"schemaVersion":"v1.0.0","generatedAt":"{instant(jour)}","pmej":['
    premier = True
    ej = monde.structures.ej.select("ej_id", "finess_ej", pl.col("ej_id").add(1).alias("pm_id"))
    for debut in range(0, len(ej), BLOC_EJ):
        bloc = ej.slice(debut, BLOC_EJ)
        lignes = t.filter(pl.col("ej_jour").is_in(bloc["ej_id"].implode()))
        lignes = lignes.with_columns(_activite("autorisee").alias("autorisee"), _activite("exercee").alias("exercee"))
        par_et = lignes.group_by("ej_jour", "et_id", "finess_et", "ege_id", maintain_order=True).agg(
            pl.col("autorisee").str.join(","), pl.col("exercee").str.join(",")
        )
        par_et = par_et.with_columns(
            gabarit(
                {
                    "egeId": Champ("ege_id"),
                    "numFinessEge": Champ("finess_et"),
                    "activitesExercees": [pl.col("exercee")],
                }
            ).alias("ege")
        )
        par_ej = par_et.group_by("ej_jour", maintain_order=True).agg(
            pl.col("autorisee").str.join(","), pl.col("ege").str.join(",")
        )
        bloc = bloc.join(par_ej, left_on="ej_id", right_on="ej_jour", how="inner", maintain_order="left")
        if len(bloc) == 0:
            continue
        modele = {
            "numFiness": Champ("finess_ej"),
            "pmSmsseId": Champ("pm_id"),
            "activitesAutorisees": [pl.col("autorisee")],
            "ege": [pl.col("ege")],
        }
        yield ("" if premier else ",") + ",".join(bloc.select(gabarit(modele).alias("json"))["json"])
        premier = False
    yield "]}\n"


def livrees(monde: Monde, et: pl.DataFrame, jour: date) -> pl.DataFrame:
    """Activities of the known ET, capacities as the registry has them on the day."""
    annee = jour.year - 1
    colonnes = ["et_id", "ej_jour", "finess_et", "ege_id", "etat", "domaine", "date_ouverture", "date_autorisation"]
    t = monde.capacites.triplets.with_row_index("t").join(
        et.select(colonnes), on="et_id", how="inner", maintain_order="left"
    )
    retard = monde.hasard.flux(f"finess/retard/{annee}").random(len(t)) < PART_RETARD_INSTALLE
    avant = max(annee - 1, ANNEES[0])
    t = t.with_columns(
        pl.col(f"cap_aut_{annee}").alias("aut"),
        pl.when(pl.Series(retard)).then(f"cap_inst_{avant}").otherwise(f"cap_inst_{annee}").alias("inst"),
        pl.col(f"places_ash_{annee}").alias("ash"),
        pl.when(pl.col("date_changement") <= jour).then("date_changement").alias("change"),
        (pl.col("t") * 2 + 100_001).alias("id_autorisee"),
        (pl.col("t") * 2 + 100_002).alias("id_exercee"),
        (pl.col("t") + 300_001).alias("id_sociale"),
        pl.struct("discipline", "mode", "clientele").rank("dense").add(70_000).alias("type_activite"),
        pl.col("ej_jour").add(1).alias("pm_id"),
    )
    ids = [(pl.col("t") * 10 + k + 3_000_000).alias(f"id_{k}") for k in range(8)]
    entiers = [pl.col(c).fill_nan(None).cast(pl.Int64) for c in ("aut", "inst", "ash")]
    return t.with_columns(*ids, *entiers).sort("ej_jour", "et_id", "t")


def comptes(t: pl.DataFrame) -> dict[str, int]:
    """Records of the document: an activity is authorised to the EJ and exercised at the ET, each with its places."""
    aut, inst, ash = (len(t) - t[c].null_count() for c in ("aut", "inst", "ash"))
    return {"activites": 2 * len(t), "capacites": 2 * aut + inst + 3 * ash}


def _activite(niveau: str) -> pl.Expr:
    exercee = niveau == "exercee"
    identifiant, objet2 = f"id_{niveau}", ("EG", "ege_id") if exercee else ("PM", "pm_id")
    generiques: dict[str, object] = {
        "activiteAeId": Champ(identifiant),
        "etatObjet": Champ("etat"),
        "identifiantAutorisation": Champ("id_autorisee") if exercee else None,
        "numAutorisationArhgos": None,
        "dateDebutActiviteAutorisee": Champ("date_autorisation"),
        "dateFinActiviteAutorisee": None,
        "dateFinEffectiveActivite": None,
        "dateCaduciteAutorisation": None,
        "egeId": Champ("ege_id") if exercee else None,
        "typeActiviteSMSSE": Champ("type_activite"),
    }
    generiques |= {"egeExploitanteId": None, "egeFacturante": None} if exercee else {"pmSmsseExploitanteId": None}
    rang = 4 if exercee else 0
    evenements = [gabarit(evenement(f"id_{rang}", "date_autorisation", "AC", identifiant, "010", objet2))]
    if exercee:
        evenements.append(gabarit(evenement(f"id_{rang + 1}", "date_ouverture", "AC", identifiant, "012", objet2)))
    for code, k in (("010", 2), ("012", 3)) if exercee else (("010", 1),):
        changement = gabarit(evenement(f"id_{rang + k}", "change", "AC", identifiant, code, objet2))
        evenements.append(pl.when(pl.col("change").is_not_null()).then(changement))
    capacites = [_capacite("09", "aut", identifiant, 0 if exercee else 6, None)]
    capacites.append(_capacite("09", "ash", identifiant, 1 if exercee else 7, "02"))
    if exercee:
        capacites += [_capacite("08", "inst", identifiant, 2, None), _capacite("08", "ash", identifiant, 3, "02")]
    specifiques = {
        "aaSocialeReguleeId": Champ("id_sociale"),
        "ageMaxAutorise": None,
        "ageMaxInstalle": None,
        "ageMinAutorise": None,
        "ageMinInstalle": None,
        "activiteAeId": Champ(identifiant),
        "typeActiviteAMSR": {"activiteSocialeRegulee": Champ("discipline"), "modeFonctionnement": Champ("mode"),
                             "public": Champ("clientele")},
    }  # fmt: skip
    return gabarit(
        {
            "caracteristiquesGeneriques": generiques,
            "nature": {"codeNature": "ASMR", "caracteristiquesSpecifiques": specifiques},
            "evenement": tableau(*evenements),
            "engagement": [],
            "capacite": tableau(*capacites),
            "zoneIntervention": None,
        }
    )


def _capacite(statut: str, nombre: str, activite: str, rang: int, habilitation: str | None) -> pl.Expr:
    modele = {
        "idCapacite": Champ(f"id_{rang}"),
        "nombre": Champ(nombre),
        "precision": None,
        "variation": None,
        "activiteAeId": Champ(activite),
        "engagementId": None,
        "habilitation": habilitation,
        "statutCapacite": statut,
        "modeFinancement": None,
        "uniteMesureCapacite": "02",
        "typeLogement": None,
        "genre": None,
    }
    return pl.when(pl.col(nombre).is_not_null()).then(gabarit(modele))
