"""ViaTrajectoire handicap: follow-up of decisions (SDO), Tasks in the answer to a search.

Belongs here: the shape of a Task. Does not belong here: who is told, and how far it went (`declared_stays`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels import fhir
from witness.generate.personnes.channels.channel_file import Departement, Fichier
from witness.generate.personnes.declared_stays import SDO
from witness.generate.personnes.et_facts import MODALITES

_ENTREES = "https://interop.esante.gouv.fr/ig/fhir/sdo/CodeSystem/input-task-sdo-codesystem"
_PROFIL = "https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/sdo-task"
# Way of being received (J264), and for how long (J30), of those that these lists know.
_MODES = {"HP": "46", "HT": "46", "INT": "46", "AJ": "47", "SEMI": "47", "EXT": "47"}
_TEMPS = {"HP": "02", "INT": "02", "HT": "01"}


def ecrire(d: Departement) -> list[Fichier]:
    """The answer of the last day."""
    dits = d.declarations.sdo
    if len(dits) == 0:
        return []
    decisions = d.decisions.table.select(
        "decision", "decision_nationale", "type", pl.col("personne").alias("rang_personne")
    )[dits["decision"].to_numpy()].rename({"decision": "id_decision"})
    personnes = d.personnes[dits["personne"].to_numpy()].select("mdph", pl.col("personne").alias("personne_id"))
    t = dits.hstack(decisions).hstack(personnes).with_columns(d.finess.gather(dits["et"]).alias("finess"))
    t = t.sort("finess", "numero").with_columns(
        pl.concat_str(pl.lit(f"sdo-{d.code}-"), pl.col("numero").cast(pl.String)).alias("tache")
    )
    modes, temps = ([c.get(m, "") for m in MODALITES] for c in (_MODES, _TEMPS))
    le, unite_le = f.jour("esms_le"), pl.when(pl.col("unite").is_not_null()).then(f.jour("esms_le"))
    modele = {
        "resourceType": "Task",
        "id": pl.col("tache"),
        "meta": {"lastUpdated": pl.concat_str(le, pl.lit("T08:00:00.000Z")), "profile": [_PROFIL]},
        "status": "completed",
        "intent": "plan",
        "input": [
            _numero("idNat_Struct", pl.concat_str(pl.lit("1"), "finess")),
            _numero("idDecision", pl.col("id_decision")),
            _numero("idNat_Decision", pl.col("decision_nationale")),
            _numero("numeroIndividu", pl.col("mdph")),
            _code("statutESMS", "TRE_R357", pl.col("esms").cast(pl.String)),
            _dit("dateStatutESMS", "Date", le),
            _code("motifESMS", "TRE_R358", pl.col("motif_esms").cast(pl.String)),
            _code("modePriseCharge", "TRE_R213", f.choix("modalite", modes)),
            _code("temporaliteAccueil", "TRE_R240", f.choix("modalite", temps)),
            _code("statutUnite", "TRE_R357", pl.col("unite").cast(pl.String)),
            _dit("dateStatutUnite", "Date", unite_le),
            _code("motifUnite", "TRE_R358", pl.col("motif_unite").cast(pl.String)),
            _code("typeDroitPrestation", "JDV_J402", pl.col("type")),
        ],
    }
    octets, n = fhir.bundle("searchset", [fhir.ecrire(t, {"resource": modele})])
    lignes = pl.Series("ligne", np.arange(n) + 1)
    dates = t.select(
        "sejour",
        pl.lit(None, dtype=pl.Int64).alias("admission"),
        pl.when(pl.col("esms") == 47).then("esms_le").alias("entree"),
        pl.when(pl.col("esms") == 48).then("esms_le").alias("sortie"),
    )
    des_sejours = (dates["sejour"] >= 0).to_numpy()
    return [
        Fichier(
            f"sdo_{f.EXPORT}_{d.code}.json", "viatrajectoire_ph", octets, {"orientations": n},
            reperes={SDO: f.reperes(t["rang"], lignes, "orientations")},
            fiches=[f.fiches("orientations", lignes, t["finess"], t["tache"], t["personne_id"])],
            sejours=[f.sejours("orientations", lignes.filter(des_sejours), dates.filter(des_sejours))],
        )
    ]  # fmt: skip


def _dit(nom: str, nature: str, valeur: object) -> fhir.Modele:
    return {"type": {"coding": [{"system": _ENTREES, "code": nom}]}, f"value{nature}": valeur}


def _numero(nom: str, valeur: pl.Expr) -> fhir.Modele:
    return _dit(nom, "Identifier", {"value": valeur})


def _code(nom: str, systeme: str, valeur: pl.Expr) -> fhir.Modele:
    return _dit(nom, "CodeableConcept", fhir.concept(systeme, valeur))
