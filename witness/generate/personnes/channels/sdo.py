"""ViaTrajectoire handicap: follow-up of decisions (SDO 4.0.7), Tasks in the answer to a search.

Belongs here: the shape of a Task. Does not belong here: who is told, and how far it went (`declared_stays`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels import fhir_resources
from witness.generate.personnes.channels.channel_file import ChannelFile, Departement
from witness.generate.personnes.declared_stays import SDO
from witness.generate.personnes.et_facts import MODALITES

_INPUT_SYSTEM = "https://interop.esante.gouv.fr/ig/fhir/sdo/CodeSystem/input-task-sdo-codesystem"
_PROFILE = "https://interop.esante.gouv.fr/ig/fhir/sdo/StructureDefinition/esms-task"
_NOS = "https://mos.esante.gouv.fr/NOS"
# One task in so many does not say which unit its status is about.
_WITHOUT_UNIT = 5
# The codes of J264 (way of being received) and J30 (for how long), for the modalites that these lists know.
_MODES = {"HP": "46", "HT": "46", "INT": "46", "AJ": "47", "SEMI": "47", "EXT": "47"}
# Category of FINESS -> of J34, for those that both lists name alike.
_KINDS = {
    "182": "57", "183": "48", "186": "50", "188": "51", "192": "49", "194": "52", "195": "53", "196": "54",
    "246": "43", "252": "96", "255": "40", "382": "97", "437": "39", "445": "32", "446": "31", "448": "39", "449": "41",
}  # fmt: skip
_TIMES = {"HP": "02", "INT": "02", "HT": "01"}


def write(d: Departement) -> list[ChannelFile]:
    """The answer to the search of the last day."""
    told = d.declarations.sdo
    if len(told) == 0:
        return []
    decisions = d.decisions.table.select("decision", "decision_nationale", pl.col("personne").alias("rang_personne"))[
        told["decision"].to_numpy()
    ].rename({"decision": "id_decision"})
    personnes = d.personnes[told["personne"].to_numpy()].select("mdph", pl.col("personne").alias("personne_id"))
    t = (
        told.hstack(decisions)
        .hstack(personnes)
        .with_columns(
            d.finess.gather(told["et"]).alias("finess"),
            pl.Series(
                "kind", [_KINDS.get(str(each)) for each in d.e.categorie[told["et"].to_numpy()]], dtype=pl.String
            ),
        )
    )
    t = t.sort("finess", "numero").with_columns(
        pl.concat_str(pl.lit(f"sdo-{d.code}-"), pl.col("numero").cast(pl.String)).alias("tache")
    )
    modes, times = ([c.get(m, "") for m in MODALITES] for c in (_MODES, _TIMES))
    day, unit_day = f.day("esms_le"), pl.when(pl.col("unite").is_not_null()).then(f.day("esms_le"))
    mode, kind = f.choice("modalite", modes), pl.col("kind")
    of_lists = kind.is_not_null() & mode.is_not_null()
    in_unit = pl.when(pl.col("unite").is_not_null() & of_lists & (pl.col("numero") % _WITHOUT_UNIT != 0))
    unit = pl.concat_str(pl.lit("OI-"), "finess", pl.lit("-"), mode)  # one unit an ESMS and way of being received
    template = {
        "resourceType": "Task",
        "id": pl.col("tache"),
        "meta": {"lastUpdated": pl.concat_str(day, pl.lit("T08:00:00.000Z")), "profile": [_PROFILE]},
        "status": "completed",
        "intent": "plan",
        "input": [
            _number("idNat_Struct", pl.concat_str(pl.lit("1"), "finess")),
            _input("nomESMS", "String", pl.concat_str(pl.lit("Établissement "), "finess")),
            _number("idDecision", pl.col("id_decision")),
            _number("idNat_Decision", pl.col("decision_nationale")),
            _number("numeroIndividu", pl.col("mdph")),
            _code("statutESMS", "TRE_R357-StatutPersonnePriseCharge", pl.col("esms").cast(pl.String)),
            _input("dateStatutESMS", "Date", day),
            _code("motifESMS", "TRE_R358-MotifStatutPersonnePriseCharge", pl.col("motif_esms").cast(pl.String)),
            _number("idUnite", in_unit.then(unit)),
            _input("nomUnite", "String", in_unit.then(pl.concat_str(pl.lit("Unité "), mode))),
            _code("categorieOrganisation", "TRE_R244-CategorieOrganisation", in_unit.then(kind)),
            _code("modePriseCharge", "TRE_R213-ModePriseEnCharge", mode),
            _code("temporaliteAccueil", "TRE_R240-TemporaliteAccueil", f.choice("modalite", times)),
            _code("statutUnite", "TRE_R357-StatutPersonnePriseCharge", pl.col("unite").cast(pl.String)),
            _input("dateStatutUnite", "Date", unit_day),
            _code("motifUnite", "TRE_R358-MotifStatutPersonnePriseCharge", pl.col("motif_unite").cast(pl.String)),
        ],
    }
    content, n = fhir_resources.bundle("searchset", [fhir_resources.write(t, {"resource": template})])
    lines = pl.Series("ligne", np.arange(n) + 1)
    dates = t.select(
        "sejour",
        pl.lit(None, dtype=pl.Int64).alias("admission"),
        pl.when(pl.col("esms") == 47).then("esms_le").alias("entree"),
        pl.when(pl.col("esms") == 48).then("esms_le").alias("sortie"),
    )
    of_sejours = (dates["sejour"] >= 0).to_numpy()
    return [
        ChannelFile(
            f"sdo_{f.EXPORT}_{d.code}.json", "viatrajectoire_ph", content, {"orientations": n},
            locations={SDO: f.locations(t["rang"], lines, "orientations")},
            fiches=[f.fiches("orientations", lines, t["finess"], t["tache"], t["personne_id"])],
            sejours=[f.sejours("orientations", lines.filter(of_sejours), dates.filter(of_sejours))],
        )
    ]  # fmt: skip


def _input(name: str, nature: str, value: object) -> fhir_resources.Template:
    return {"type": {"coding": [{"system": _INPUT_SYSTEM, "code": name}]}, f"value{nature}": value}


def _number(name: str, value: pl.Expr) -> fhir_resources.Template:
    return _input(name, "Identifier", {"value": value})


def _code(name: str, list_of_codes: str, value: pl.Expr) -> fhir_resources.Template:
    system = f"{_NOS}/{list_of_codes}/FHIR/{list_of_codes.replace('_', '-')}"
    return _input(name, "CodeableConcept", fhir_resources.concept(system, value))
