"""TDDUI: transaction bundles of FHIR R4, one a département, of the ESMS whose software sends them.

Belongs here: the resources, by the paths of docs/formats/tddui.md. Does not belong here: what they tell.
A resource is named `<class>-<finess>-<number>` ; its business identifier is `3<finess>/<number>` and the suffix of its
class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels import domicilia, fhir
from witness.generate.personnes.channels.channel_file import Departement, Fichier
from witness.generate.personnes.channels.fhir import Modele, concept, extension, reference
from witness.generate.personnes.channels.handisoft import decisions
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import TDDUI
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS
from witness.generate.personnes.sejours import JOURS

_GUIDE = "https://interop.esante.gouv.fr/ig/fhir/tddui/"
_SD = f"{_GUIDE}StructureDefinition/tddui-"
_FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-"
_PREVU = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate"
_NAISSANCE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_CISIS = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"
_NOS = "https://mos.esante.gouv.fr/NOS/"
_COMMUNES = f"{_NOS}TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
_J264, _J30, _J226 = (f"{_NOS}{n}" for n in ("TRE_R213-ModePriseEnCharge", "TRE_R240-Temporalite", "TRE_R338-J226"))
_NOTRES = f"{_GUIDE}CodeSystem/tddui-modalite-accueil"
_PROVENANCES = ("DOMICILE", "ETABLISSEMENT_SANTE", "ESMS", "INCONNUE")
_MODE = {"HP": "46", "HT": "46", "AJ": "47"}
_TEMPS = {"HP": "02", "HT": "01"}
_TYPES_PROJET = ("", "PAI", "PPA", "PPIA", "PP", "PPI", "PA", "PI")
_CATEGORIES = (None, "PARTIEL", "INTERMEDIAIRE", "FINAL")
_ETATS = {"R": "finished", "V": "triaged", "P": "planned", "A": "cancelled"}
_HORODATAGE = "%Y-%m-%dT%H:%M:%S"
PART_TRANSPORTS = 0.06  # of those who come by day, whose journeys of one day are told


@dataclass
class _Entrees:
    """Entries of a bundle as they come: their texts, and the line of each."""

    textes: list[pl.Series] = field(default_factory=list)
    n: int = 0
    tables: dict[str, int] = field(default_factory=dict)

    def ajouter(self, t: pl.DataFrame, modele: Modele, *tables: str) -> pl.Series:
        """Add one resource per row, of which the tables have a row ; gives their lines."""
        self.textes.append(fhir.ecrire(t, fhir.entree(modele)))
        lignes = pl.Series("ligne", np.arange(len(t)) + self.n + 1)
        self.n += len(t)
        for table in tables:
            self.tables[table] = self.tables.get(table, 0) + len(t)
        return lignes


def ecrire(d: Departement, identites: pl.DataFrame, nom: str | None = None) -> list[Fichier]:
    """The bundle of the last day, or `nom`. `identites`: those of all the files of the département, one row each."""
    fiches = identites.filter(pl.col("canal") == TDDUI).sort("et", "numero_fiche")
    if len(fiches) == 0:
        return []
    fiches = fiches.with_columns(d.finess.gather(fiches["et"]).alias("finess"))
    fichier = Fichier(nom or f"tddui_{f.EXPORT}_{d.code}.json", "dui", b"", {})
    e = _Entrees()
    numeros = d.dossiers.fiches.select(
        pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"), "personne"
    )

    def siens(table: pl.DataFrame, *cles: str) -> pl.DataFrame:
        garde = table.filter(pl.col("canal") == TDDUI).join(numeros, on="fiche", maintain_order="left")
        return garde.with_columns(d.finess.gather(garde["et"]).alias("finess")).sort("et", *cles)

    e.ajouter(fiches.select("finess").unique(maintain_order=True), _structure())
    lignes = e.ajouter(fiches, _patient(), "usagers")
    fichier.reperes[FICHES] = f.reperes(fiches["rang_fiche"], lignes, "usagers")
    numero = fiches["numero_fiche"].cast(pl.String)
    fichier.fiches.append(f.fiches("usagers", lignes, fiches["finess"], numero, fiches["personne"]))
    sejours = siens(d.dossiers.sejours, "numero")
    noms = identites.select(pl.col("rang_fiche").alias("fiche"), "nom")
    sejours = sejours.join(noms, on="fiche", maintain_order="left")
    sejours = sejours.with_columns(f.motifs(d, sejours, d.journal.flux("motifs", TDDUI)).alias("texte"))
    lignes = e.ajouter(sejours, _sejour(), "sejours")
    fichier.reperes[SEJOURS] = f.reperes(sejours["rang"], lignes, "sejours")
    fichier.sejours.append(f.sejours("sejours", lignes, sejours))
    e.ajouter(sejours.filter(pl.col("gir").is_not_null()), _aggir(), "evaluations")
    _serafin(e, siens(d.dossiers.besoins, "evaluation", "code"))
    _projets(e, siens(d.dossiers.projets, "projet"), siens(d.dossiers.bilans, "projet"))
    _presences(e, fichier, siens(d.dossiers.presences, "sejour_dit", "absent"), sejours)
    _visites(e, fichier, d, siens(d.dossiers.visites, "numero"), sejours)
    suivis = sejours.drop("personne", "nom", "texte")
    e.ajouter(decisions(d, suivis), _decision(), "decisions", "droits_prestations")
    _transports(e, d, sejours)
    fichier.octets, _ = fhir.bundle("transaction", e.textes)
    fichier.tables = e.tables
    return [fichier]


def _nom(classe: str, numero: str = "numero_fiche") -> pl.Expr:
    return pl.concat_str(pl.lit(f"{classe}-"), "finess", pl.lit("-"), pl.col(numero).cast(pl.String))


def _metier(genre: str, suffixe: str = "", numero: str = "numero") -> Modele:
    """Business identifier ; `suffixe`: letters of its class."""
    parties = [pl.lit("3"), pl.col("finess"), pl.lit("/")]
    if suffixe:
        parties += [pl.col("numero_fiche").cast(pl.String), pl.lit(f"-{suffixe}-")]
    return {
        "system": f"https://identifiant-medicosocial-{genre}.esante.gouv.fr",
        "value": pl.concat_str(*parties, pl.col(numero).cast(pl.String)),
    }


def _systeme(nom: str) -> str:
    return f"{_GUIDE}CodeSystem/tddui-{nom}"


def _profil(nom: str) -> Modele:
    return {"profile": [f"{_SD}{nom}"]}


def _patient_de() -> Modele:
    return reference(_nom("pat"))


def _structure() -> Modele:
    return {
        "resourceType": "Organization",
        "id": pl.concat_str(pl.lit("org-"), "finess"),
        "meta": _profil("organization"),
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": pl.concat_str(pl.lit("1"), "finess")}],
    }


def _patient() -> Modele:
    nia = pl.col("est_nia")
    matricule = pl.concat_str("ins", "ins_cle")
    nir = (pl.col("numero_fiche") % 5 == 0) & ~nia  # the number of social security is known of one in five
    insee = f"{_FR}address-insee-code"
    statut = extension("identityStatus", "Coding", {"code": pl.col("ins_statut")})
    return {
        "resourceType": "Patient",
        "id": _nom("pat"),
        "meta": _profil("patient-ins"),
        "extension": [
            {"url": f"{_FR}identity-reliability", "extension": [statut]},
            extension(_NAISSANCE, "Address", {
                "extension": [extension(insee, "Coding", {"system": _COMMUNES, "code": pl.col("lieu")})]
            }),
            extension(f"{_SD}legal-protection", "CodeableConcept", concept(f"{_NOS}TRE_R217", pl.col("protection"))),
        ],
        "identifier": [
            {"use": "official", "type": concept(_V2, "INS-NIR"), "system": "urn:oid:1.2.250.1.213.1.4.8",
             "value": pl.when(~nia).then(matricule)},
            {"use": "official", "type": concept(_V2, "INS-NIA"), "system": "urn:oid:1.2.250.1.213.1.4.9",
             "value": pl.when(nia).then(matricule)},
            {"type": concept(_V2, "NH"), "system": "urn:oid:1.2.250.1.213.1.4.13",
             "value": pl.when(nir).then(pl.concat_str("nir", "cle"))},
            {"type": concept(_V2, "PIN"), "system": "urn:oid:1.2.250.1.213.7.1", "value": pl.col("mdph")},
            {"type": concept(_V2, "PI"), **_metier("localusager", numero="numero_fiche")},
        ],
        "name": [
            {
                "extension": [extension(f"{_FR}patient-birth-list-given-name", "String", pl.col("prenoms"))],
                "use": "official",
                "family": pl.col("nom"),
                "given": [pl.col("prenoms").str.extract(r"^(\S+)")],
            },
            {"use": "usual", "family": pl.col("nom_usage")},
        ],
        "gender": pl.col("sexe").replace_strict(["M", "F"], ["male", "female"], default=None),
        "birthDate": pl.col("naissance").dt.to_string(f.ISO),
        "deceasedDateTime": f.jour("deces"),
        "address": [{
            "use": "home",
            "extension": [extension(insee, "Coding", {"system": _COMMUNES, "code": pl.col("commune")})],
            "postalCode": pl.col("postal"),
        }],
    }  # fmt: skip


def _sejour() -> Modele:
    chez_soi = pl.col("modalite") == MODALITES.index("DOM")
    codes = {
        c: [t.get(m, "") for m in MODALITES] for c, t in (("mode", _MODE), ("temps", _TEMPS), ("dom", {"DOM": "27"}))
    }
    autres = [m if m not in ("HP", "HT", "AJ", "DOM") else "" for m in MODALITES]
    codings = [
        {"system": _J264, "code": f.choix("modalite", codes["mode"])},
        {"system": _J30, "code": f.choix("modalite", codes["temps"])},
        {"system": _J226, "code": f.choix("modalite", codes["dom"])},
        {"system": _NOTRES, "code": f.choix("modalite", autres)},
    ]
    codings = [{**c, "code": pl.when(~pl.col("sans_modalite")).then(c["code"])} for c in codings]
    fini = pl.col("sortie").is_not_null()
    return {
        "resourceType": "Encounter",
        "id": _nom("sej", "numero"),
        "meta": _profil("encounter-sejour"),
        "extension": [
            extension(f"{_SD}admission-date", "DateTime", f.jour("admission")),
            extension(f"{_SD}exit-mode-label", "String", pl.col("texte")),
            extension(_PREVU, "DateTime", pl.when("est_admis").then(f.jour("attendu"))),
        ],
        "identifier": [{"type": concept(_systeme("encounter-identifier"), "SEJ"), **_metier("sejour", "SEJOUR")}],
        "status": pl.when("est_admis").then(pl.lit("planned")).when(fini).then(pl.lit("finished"))
        .otherwise(pl.lit("in-progress")),
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                  "code": pl.when(chez_soi).then(pl.lit("HH")).otherwise(pl.lit("IMP"))},
        "serviceType": {"coding": codings},
        "subject": _patient_de(),
        "period": {"start": f.jour("entree"), "end": f.jour("sortie")},
        "hospitalization": {"admitSource": concept(_systeme("mode-entree"), f.choix("provenance", _PROVENANCES))},
        "serviceProvider": reference(pl.concat_str(pl.lit("org-"), "finess")),
    }  # fmt: skip


def _reponse(nom: str, numero: str, questionnaire: str, jour: pl.Expr, items: pl.Expr | list) -> Modele:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": _nom(nom, numero),
        "meta": _profil("questionnaire-response"),
        "identifier": _metier("evaluation", "EVAL", numero),
        "questionnaire": f"{_GUIDE}Questionnaire/tddui-questionnaire-{questionnaire}",
        "status": "completed",
        "subject": _patient_de(),
        "authored": jour,
        "item": items,
    }


def _aggir() -> Modele:
    # MED-339 is GIR 1.
    resultat = {"system": _CISIS, "code": pl.concat_str(pl.lit("MED-"), (pl.col("gir") + 338).cast(pl.String))}
    items = [{"linkId": "resultat-eval", "answer": [{"valueCoding": resultat}]}]
    return _reponse("aggir", "numero", "aggir-pa-ssiad", f.jour("gir_le"), items)


def _serafin(e: _Entrees, besoins: pl.DataFrame) -> None:
    item = {"linkId": pl.col("code"), "answer": [{"valueInteger": fhir.nu(pl.col("valeur"))}]}
    t = besoins.with_columns(fhir.ecrire(besoins, item).alias("item"))
    # Numbered after the ratings of the stays.
    t = t.group_by("et", "finess", "numero_fiche", "evaluation", "jour", maintain_order=True).agg(
        pl.concat_str(pl.lit("["), pl.col("item").str.join(","), pl.lit("]")).alias("items"),
        (pl.col("evaluation").first() + 1_000_000).alias("numero"),
    )
    e.ajouter(t, _reponse("serafin", "numero", "serafin", f.jour("jour"), fhir.nu(pl.col("items"))), "evaluations")
    e.tables["evaluation_reponses"] = len(besoins)


def _projets(e: _Entrees, projets: pl.DataFrame, bilans: pl.DataFrame) -> None:
    plan = reference(_nom("pper", "projet"))
    fini = pl.col("est_fini")
    discriminant = f"{_SD}discriminator"

    def accord(qui: str) -> Modele:
        dit = extension(discriminant, "CodeableConcept", concept(_systeme("discriminator"), f"accord{qui}"))
        return {"extension": [dit], **reference(_nom(f"accord-{qui.lower()}", "projet"))}

    e.ajouter(
        projets,
        {
            "resourceType": "CarePlan",
            "id": _nom("pper", "projet"),
            "meta": _profil("careplan-projet-personnalise"),
            "identifier": [_metier("projetpersonnalise", "PPER", "projet")],
            "status": pl.when(fini).then(pl.lit("completed")).otherwise(pl.lit("active")),
            "intent": "plan",
            "category": [concept(f"{_NOS}JDV_J367", f.choix("type", _TYPES_PROJET))],
            "subject": _patient_de(),
            "period": {"start": f.jour("debut"), "end": pl.when(fini).then(f.jour("fin"))},
            "supportingInfo": [accord("Usager"), accord("Structure")],
        },
        "projets",
    )
    for qui in ("usager", "structure"):
        oui = pl.col(f"accord_{qui}")
        e.ajouter(
            projets,
            {
                "resourceType": "Consent",
                "id": _nom(f"accord-{qui}", "projet"),
                "meta": _profil("consent-accord"),
                "identifier": [_metier("accord", f"ACCO{qui[0].upper()}", "projet")],
                "status": pl.when(oui).then(pl.lit("active")).otherwise(pl.lit("rejected")),
                "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
                "category": [concept("http://loinc.org", "59284-0")],
                "patient": _patient_de(),
                "dateTime": f.jour("debut"),
                "provision": {"data": [{"meaning": "instance", "reference": plan}]},
            },
            "accords",
        )
    e.ajouter(
        projets,
        {
            "resourceType": "Goal",
            "id": _nom("obje", "projet"),
            "meta": _profil("goal-objectif"),
            "extension": [extension(f"{_SD}careplan-reference", "Reference", plan)],
            "identifier": [_metier("objectif", "OBJE", "projet")],
            "lifecycleStatus": pl.when(fini).then(pl.lit("completed")).otherwise(pl.lit("active")),
            "subject": _patient_de(),
            "startDate": f.jour("debut"),
            "target": [{"dueDate": f.jour(pl.col("debut") + 365)}],
        },
        "projet_elements",
    )
    suite = {
        "type": concept(_systeme("task-input"), "dateProchainBilan"),
        "valueDateTime": f.jour("prochain"),
    }
    e.ajouter(
        bilans,
        {
            "resourceType": "Task",
            "id": _nom("bila", "projet"),
            "meta": _profil("task-bilan"),
            "identifier": [_metier("bilan", "BILA", "projet")],
            "basedOn": [plan],
            "status": "completed",
            "intent": "plan",
            "code": concept(f"{_NOS}JDV_J366", f.choix("categorie", _CATEGORIES)),
            "for": _patient_de(),
            "executionPeriod": {"start": f.jour("jour")},
            "input": [suite],
        },
        "bilans",
    )


def _avec_sejour(t: pl.DataFrame, sejours: pl.DataFrame) -> pl.DataFrame:
    numeros = sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    return t.join(numeros, on="sejour_dit", maintain_order="left")


def _presences(e: _Entrees, fichier: Fichier, presences: pl.DataFrame, sejours: pl.DataFrame) -> None:
    t = _avec_sejour(presences, sejours).with_columns(pl.int_range(1, pl.len() + 1).over("et").alias("numero"))
    agendas = t.unique("fiche", keep="first", maintain_order=True)
    e.ajouter(
        agendas,
        {"resourceType": "Schedule", "id": _nom("sch"), "meta": _profil("schedule"), "actor": [_patient_de()]},
    )
    debut, fin = f.bornes_presence(_HORODATAGE)
    absent = pl.col("absent")
    lignes = e.ajouter(
        t,
        {
            "resourceType": "Slot",
            "id": _nom("pa", "numero"),
            "meta": _profil("slot-presence-absence"),
            "extension": [
                extension(f"{_SD}facturation", "Boolean", fhir.nu(pl.col("facturee"))),
                extension(f"{_SD}planned-absence", "Boolean", fhir.nu(pl.when(absent).then("prevue"))),
                extension(f"{_SD}encounter-reference", "Reference", reference(_nom("sej", "numero_sejour"))),
            ],
            "identifier": [_metier("presenceabsence", "PA")],
            "serviceType": [
                concept("https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r423-type-presence-absence",
                        pl.when(absent).then(pl.lit("2")).otherwise(pl.lit("1")))
            ],
            "appointmentType": concept(
                "https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r424-motif-absence", pl.col("motif").cast(pl.String)
            ),
            "schedule": reference(_nom("sch")),
            "status": pl.when(absent).then(pl.lit("free")).otherwise(pl.lit("busy")),
            "start": pl.concat_str(debut, _decalage("debut")),
            "end": pl.concat_str(fin, _decalage("fin")),
        },
        "presences_absences",
    )  # fmt: skip
    fichier.reperes[PRESENCES] = f.reperes(t["rang"], lignes, "presences_absences")


def _decalage(jour: str) -> pl.Expr:
    """Offset of Paris on a day."""
    ete = pl.col(jour).is_between(*f.HEURE_D_ETE, closed="left")
    return pl.when(ete).then(pl.lit("+02:00")).otherwise(pl.lit("+01:00"))


def _visites(e: _Entrees, fichier: Fichier, d: Departement, visites: pl.DataFrame, sejours: pl.DataFrame) -> None:
    t = _avec_sejour(visites, sejours).with_columns(domicilia.uid(d).alias("uid"))
    soins = (d.e.profil == "SOINS_DOMICILE")[t["et"].to_numpy()]
    t = t.with_columns(pl.Series("type", np.where(soins, "MED-1296", "MED-1323").tolist(), dtype=pl.String))
    motif = extension(f"{_SD}event-cancel-reason", "CodeableConcept",
                      concept(_CISIS, pl.when(pl.col("etat") == "A").then(pl.lit("GEN-358"))))  # fmt: skip
    decalage = _decalage("jour")
    lignes = e.ajouter(
        t,
        {
            "resourceType": "Encounter",
            "id": _nom("evn", "numero"),
            "meta": _profil("encounter-evenement"),
            "extension": [extension(f"{_SD}patient-present", "Boolean", fhir.nu(pl.col("present")))],
            "identifier": [_metier("evenement", numero="uid")],
            "status": pl.col("etat").replace_strict(_ETATS),
            "_status": {"extension": [motif]},
            "class": {"code": "HH"},
            "type": [concept(_CISIS, pl.col("type"))],
            "subject": _patient_de(),
            "period": {
                "start": pl.concat_str(f.heure(pl.col("jour"), pl.col("debut"), _HORODATAGE), decalage),
                "end": pl.concat_str(f.heure(pl.col("jour"), pl.col("fin"), _HORODATAGE), decalage),
            },
            "partOf": reference(_nom("sej", "numero_sejour")),
        },
        "evenements",
    )
    fichier.visites.append(domicilia.visites(d, t, lignes))


def _decision() -> Modele:
    def jour(url: str, colonne: str) -> Modele:
        return extension(url, "Date", f.jour(colonne))

    def code(url: str, systeme: str, valeur: pl.Expr | str) -> Modele:
        return extension(url, "CodeableConcept", concept(f"{_NOS}{systeme}", valeur))

    def vrai(url: str, colonne: str) -> Modele:
        return extension(url, "Boolean", fhir.nu(pl.col(colonne)))

    droit = [
        code("categorieDroitPrestation", "JDV_J401", pl.col("type").str.extract(r"^(\d+)")),
        code("typeDroitPrestation", "JDV_J402", pl.col("type")),
        code("natureDroitPrestation", "JDV_J400", pl.col("nature")),
        jour("dateOuverture", "ouverture"),
        jour("dateEcheance", "echeance"),
        vrai("existencePAG", "pag"),
        vrai("creton", "creton"),
    ]
    return {
        "resourceType": "Basic",
        "id": _nom("dec", "decision"),
        "meta": _profil("basic-decision"),
        "extension": [
            {
                "url": f"{_SD}decision",
                "extension": [
                    jour("dateDecision", "date_decision"),
                    code("typeDecision", "TRE_R327", "1"),
                    {"url": "droitPrestation", "extension": droit},
                ],
            }
        ],
        "identifier": [
            {"type": concept(_V2, "IDDECISION"), "value": pl.col("decision")},
            {"system": "urn:oid:1.2.250.1.213.8.1", "value": pl.col("decision_nationale")},
        ],
        "code": concept(_systeme("basic"), "DECISION"),
        "subject": _patient_de(),
    }


def _transports(e: _Entrees, d: Departement, sejours: pl.DataFrame) -> None:
    """Journeys to a place where one comes by day: one day of the last month, of some."""
    rng = d.journal.hasard.flux(f"personnes/transports/{d.code}")
    jour = [MODALITES.index(m) for m in ("AJ", "SEMI", "EXT")]
    presents = pl.col("sortie").is_null() & pl.col("entree").is_not_null() & ~pl.col("est_double")
    t = sejours.filter(pl.col("modalite").is_in(jour) & presents & (pl.col("entree") < JOURS - 31))
    t = t.filter(pl.Series(rng.random(len(t)) < PART_TRANSPORTS))
    n = len(t)
    t = t.with_columns(
        pl.Series("jour", JOURS - rng.integers(12, 31, n)),
        pl.Series("metres", 100 * rng.integers(8, 420, n)),
        pl.Series("minutes", 5 * rng.integers(2, 14, n)),
        pl.Series(
            "mode",
            rng.choice(np.array(["ORG-156", "ORG-203", "ORG-157"]), n, p=[0.2, 0.65, 0.15]).tolist(),
            dtype=pl.String,
        ),
    )
    systeme = _systeme("task-input")

    def mesure(nom: str, nature: str, colonne: str, unite: str) -> Modele:
        return {"type": concept(systeme, nom), f"value{nature}": {"value": fhir.nu(pl.col(colonne)), "code": unite}}

    depart = pl.concat_str(f.heure(pl.col("jour"), pl.lit(510), _HORODATAGE), _decalage("jour"))
    e.ajouter(
        t,
        {
            "resourceType": "Task",
            "id": _nom("tppat", "numero"),
            "meta": _profil("task-transport-usager"),
            "identifier": [_metier("transportusager", "TPPat")],
            "status": "completed",
            "intent": "plan",
            "code": concept(_CISIS, pl.col("mode")),
            "for": _patient_de(),
            "executionPeriod": {"start": depart},
            "input": [
                mesure("distance", "Distance", "metres", "m"),
                mesure("dureeTheorique", "Duration", "minutes", "min"),
            ],
        },
        "transports",
    )
