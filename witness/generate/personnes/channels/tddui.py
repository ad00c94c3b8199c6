"""TDDUI: transaction bundles of FHIR R4, one a département, of the ESMS whose software sends them.

Belongs here: the resources, by the paths of docs/formats/tddui.md. Does not belong here: what they tell.

A resource is named `<class>-<finess>-<number>`. Its business identifier is `3<finess>/<number>` with the suffix of its
class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from witness.generate.personnes.channels import channel_file as f
from witness.generate.personnes.channels import domicilia, fhir_resources
from witness.generate.personnes.channels.channel_file import ChannelFile, Departement
from witness.generate.personnes.channels.fhir_resources import Template, concept, extension, reference
from witness.generate.personnes.channels.handisoft import decisions
from witness.generate.personnes.et_facts import MODALITES
from witness.generate.personnes.record_keeping import TDDUI
from witness.generate.personnes.records import FICHES, PRESENCES, SEJOURS
from witness.generate.personnes.sejours import DAYS

_GUIDE = "https://interop.esante.gouv.fr/ig/fhir/tddui/"
_SD = f"{_GUIDE}StructureDefinition/tddui-"
_FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-"
_PLANNED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate"
_BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
_FR_IDENTIFIERS = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_CISIS = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"
_NOS = "https://mos.esante.gouv.fr/NOS/"
_COMMUNES = f"{_NOS}TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
_J226 = f"{_NOS}TRE_R338-ModaliteAccueil/FHIR/TRE-R338-ModaliteAccueil"
_J264 = f"{_NOS}TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge"
_J30 = f"{_NOS}TRE_R240-TemporaliteAccueil/FHIR/TRE-R240-TemporaliteAccueil"
_DECISIONS = f"{_NOS}TRE_R327-TypeDecision/FHIR/TRE-R327-TypeDecision"
_SMT = "https://smt.esante.gouv.fr/fhir/CodeSystem/"
# In words: the coded element asks for the structure that a person comes from, which not every DUI knows.
_PROVENANCES = ("Domicile", "Établissement de santé", "Autre établissement médico-social", "Inconnue")
_PROJECT_TYPES = ("", "PAI", "PPA", "PPIA", "PP", "PPI", "PA", "PI")
_CATEGORIES = (None, "PARTIEL", "INTERMEDIAIRE", "FINAL")
_STATES = {"R": "finished", "V": "triaged", "P": "planned", "A": "cancelled"}
_TIMESTAMP = "%Y-%m-%dT%H:%M:%S"
_RENEWED = "6"  # JDV_J400: a right that follows another
TRANSPORT_SHARE = 0.06  # of those who come by day, the ones whose journeys of one day are told


@dataclass
class _Entries:
    """The entries of a bundle as they are added: their texts, and how many there are."""

    texts: list[pl.Series] = field(default_factory=list)
    n: int = 0
    tables: dict[str, int] = field(default_factory=dict)

    def add(self, t: pl.DataFrame, template: Template, *tables: str) -> pl.Series:
        """Add one resource for each row of `t`, counted as a row of each of `tables`; returns their lines."""
        self.texts.append(fhir_resources.write(t, fhir_resources.entry(template)))
        lines = pl.Series("ligne", np.arange(len(t)) + self.n + 1)
        self.n += len(t)
        for table in tables:
            self.tables[table] = self.tables.get(table, 0) + len(t)
        return lines


def write(d: Departement, identities: pl.DataFrame, name: str | None = None) -> list[ChannelFile]:
    """The bundle of the last day, or `name`. `identities`: all the files of the département, one row each."""
    fiches = identities.filter(pl.col("canal") == TDDUI).sort("et", "numero_fiche")
    if len(fiches) == 0:
        return []
    fiches = fiches.with_columns(d.finess.gather(fiches["et"]).alias("finess"))
    file = ChannelFile(name or f"tddui_{f.EXPORT}_{d.code}.json", "dui", b"", {})
    e = _Entries()
    numbers = d.dossiers.fiches.select(
        pl.col("rang").alias("fiche"), pl.col("numero").alias("numero_fiche"), "personne"
    )

    def its_own(table: pl.DataFrame, *keys: str) -> pl.DataFrame:
        kept = table.filter(pl.col("canal") == TDDUI).join(numbers, on="fiche", maintain_order="left")
        return kept.with_columns(d.finess.gather(kept["et"]).alias("finess")).sort("et", *keys)

    e.add(fiches.select("finess").unique(maintain_order=True), _structure())
    e.add(fiches.select("finess").unique(maintain_order=True), _practitioner())
    lines = e.add(fiches, _patient(), "usagers")
    file.locations[FICHES] = f.locations(fiches["rang_fiche"], lines, "usagers")
    number = fiches["numero_fiche"].cast(pl.String)
    file.fiches.append(f.fiches("usagers", lines, fiches["finess"], number, fiches["personne"]))
    sejours = its_own(d.dossiers.sejours, "numero")
    names = identities.select(pl.col("rang_fiche").alias("fiche"), "nom")
    sejours = sejours.join(names, on="fiche", maintain_order="left")
    sejours = sejours.with_columns(f.motifs(d, sejours, d.journal.stream("motifs", TDDUI)).alias("texte"))
    lines = e.add(sejours, _sejour(), "sejours")
    file.locations[SEJOURS] = f.locations(sejours["rang"], lines, "sejours")
    file.sejours.append(f.sejours("sejours", lines, sejours))
    e.add(sejours.filter(pl.col("gir").is_not_null()), _aggir(), "evaluations")
    _serafin(e, its_own(d.dossiers.besoins, "evaluation", "code"))
    _projets(e, its_own(d.dossiers.projets, "projet"), its_own(d.dossiers.bilans, "projet"))
    _presences(e, file, its_own(d.dossiers.presences, "sejour_dit", "absent"), sejours)
    _visites(e, file, d, its_own(d.dossiers.visites, "numero"), sejours)
    followed = sejours.drop("personne", "nom", "texte")
    told = decisions(d, followed)
    e.add(told, _orientation_request())
    e.add(told, _decision(), "decisions", "droits_prestations")
    e.tables["decisions_remplacees"] = told.filter(pl.col("nature") == _RENEWED).height
    _transports(e, d, sejours)
    file.content, _ = fhir_resources.bundle("transaction", e.texts)
    file.tables = e.tables
    return [file]


def _id(class_name: str, number: str = "numero_fiche") -> pl.Expr:
    return pl.concat_str(pl.lit(f"{class_name}-"), "finess", pl.lit("-"), pl.col(number).cast(pl.String))


def _business_identifier(kind: str, suffix: str = "", number: str = "numero") -> Template:
    """The business identifier of a resource; `suffix`: the letters of its class."""
    parts = [pl.lit("3"), pl.col("finess"), pl.lit("/")]
    if suffix:
        parts += [pl.col("numero_fiche").cast(pl.String), pl.lit(f"-{suffix}-")]
    return {
        "system": f"https://identifiant-medicosocial-{kind}.esante.gouv.fr",
        "value": pl.concat_str(*parts, pl.col(number).cast(pl.String)),
    }


def _system(name: str) -> str:
    return f"{_GUIDE}CodeSystem/tddui-{name}"


def _profile(name: str) -> Template:
    return {"profile": [f"{_SD}{name}"]}


def _subject() -> Template:
    return reference(_id("pat"))


def _structure() -> Template:
    return {
        "resourceType": "Organization",
        "id": pl.concat_str(pl.lit("org-"), "finess"),
        "meta": _profile("organization"),
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": pl.concat_str(pl.lit("1"), "finess")}],
    }


def _practitioner() -> Template:
    """Who assesses: one professional an ESMS, known by a number of the structure, as those without RPPS are."""
    number = pl.concat_str(pl.lit("3"), "finess", pl.lit("/EVAL"))
    return {
        "resourceType": "Practitioner",
        "id": pl.concat_str(pl.lit("pro-"), "finess"),
        "meta": _profile("practitioner"),
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": number}],
    }


def _patient() -> Template:
    nia = pl.col("est_nia")
    matricule = pl.concat_str("ins", "ins_cle")
    nir = (pl.col("numero_fiche") % 5 == 0) & ~nia  # the number of social security of one person in five is known
    insee = f"{_FR}address-insee-code"
    statut = extension("identityStatus", "Coding", {"code": pl.col("ins_statut")})
    return {
        "resourceType": "Patient",
        "id": _id("pat"),
        "meta": _profile("patient-ins"),
        "extension": [
            {"url": f"{_FR}identity-reliability", "extension": [statut]},
            extension(_BIRTH_PLACE, "Address", {
                "extension": [extension(insee, "Coding", {"system": _COMMUNES, "code": pl.col("lieu")})]
            }),
        ],
        "identifier": [
            {"use": "official", "type": concept(_FR_IDENTIFIERS, "INS-NIR"), "system": "urn:oid:1.2.250.1.213.1.4.8",
             "value": pl.when(~nia).then(matricule)},
            {"use": "official", "type": concept(_FR_IDENTIFIERS, "INS-NIA"), "system": "urn:oid:1.2.250.1.213.1.4.9",
             "value": pl.when(nia).then(matricule)},
            {"type": concept(_FR_IDENTIFIERS, "NH"), "system": "urn:oid:1.2.250.1.213.1.4.13",
             "value": pl.when(nir).then(pl.concat_str("nir", "cle"))},
            {"use": "usual", "type": concept(_system("identifier"), "PIN"), "system": "urn:oid:1.2.250.1.213.7.1",
             "value": pl.col("mdph")},
            {"type": concept(_V2, "PI"), **_business_identifier("localusager", number="numero_fiche")},
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
        "deceasedDateTime": f.day("deces"),
        "address": [{
            "use": "home",
            "extension": [extension(insee, "Coding", {"system": _COMMUNES, "code": pl.col("commune")})],
            "postalCode": pl.col("postal"),
        }],
    }  # fmt: skip


def _sejour() -> Template:
    at_home = pl.col("modalite") == MODALITES.index("DOM")
    # J226, the only list that the guide admits here, says « at home » and no other way of being received.
    home = pl.when(at_home & ~pl.col("sans_modalite")).then(pl.lit("27"))
    finished = pl.col("sortie").is_not_null()
    return {
        "resourceType": "Encounter",
        "id": _id("sej", "numero"),
        "meta": _profile("encounter-sejour"),
        "extension": [
            extension(f"{_SD}admission-date", "DateTime", f.day("admission")),
            extension(f"{_SD}entry-mode-label", "String", f.choice("provenance", _PROVENANCES)),
            extension(f"{_SD}exit-mode-label", "String", pl.col("texte")),
            extension(_PLANNED, "DateTime", pl.when("est_admis").then(f.day("attendu"))),
        ],
        "identifier": [
            {"type": concept(_system("encounter-identifier"), "SEJ"), **_business_identifier("sejour", "SEJOUR")}
        ],
        "status": pl.when("est_admis").then(pl.lit("planned")).when(finished).then(pl.lit("finished"))
        .otherwise(pl.lit("in-progress")),
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                  "code": pl.when(at_home).then(pl.lit("HH")).otherwise(pl.lit("IMP"))},
        "serviceType": concept(_J226, home),
        "subject": _subject(),
        "period": {"start": f.day("entree"), "end": f.day("sortie")},
        "serviceProvider": reference(pl.concat_str(pl.lit("org-"), "finess")),
    }  # fmt: skip


def _questionnaire_response(
    name: str, number: str, questionnaire: str, day: pl.Expr, items: pl.Expr | list
) -> Template:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": _id(name, number),
        "meta": _profile("questionnaire-response"),
        "identifier": _business_identifier("evaluation", "EVAL", number),
        "questionnaire": f"{_GUIDE}Questionnaire/tddui-questionnaire-{questionnaire}",
        "status": "completed",
        "subject": _subject(),
        "authored": day,
        "author": reference(pl.concat_str(pl.lit("pro-"), "finess")),
        "item": items,
    }


def _aggir() -> Template:
    # MED-339 is GIR 1.
    result = {"system": _CISIS, "code": pl.concat_str(pl.lit("MED-"), (pl.col("gir") + 338).cast(pl.String))}
    items = [{"linkId": "resultat-eval", "answer": [{"valueCoding": result}]}]
    return _questionnaire_response("aggir", "numero", "aggir-pa-ssiad", f.day("gir_le"), items)


def _serafin(e: _Entries, besoins: pl.DataFrame) -> None:
    item = {"linkId": pl.col("code"), "answer": [{"valueInteger": fhir_resources.bare(pl.col("valeur"))}]}
    t = besoins.with_columns(fhir_resources.write(besoins, item).alias("item"))
    # Their numbers come after those of the ratings of the stays.
    t = t.group_by("et", "finess", "numero_fiche", "evaluation", "jour", maintain_order=True).agg(
        pl.concat_str(pl.lit("["), pl.col("item").str.join(","), pl.lit("]")).alias("items"),
        (pl.col("evaluation").first() + 1_000_000).alias("numero"),
    )
    e.add(
        t,
        _questionnaire_response("serafin", "numero", "serafin", f.day("jour"), fhir_resources.bare(pl.col("items"))),
        "evaluations",
    )
    e.tables["evaluation_reponses"] = len(besoins)


def _projets(e: _Entries, projets: pl.DataFrame, bilans: pl.DataFrame) -> None:
    plan = reference(_id("pper", "projet"))
    finished = pl.col("est_fini")
    discriminator = f"{_SD}discriminator"

    def agreement(who: str) -> Template:
        told = extension(discriminator, "CodeableConcept", concept(_system("discriminator"), f"accord{who}"))
        return {"extension": [told], **reference(_id(f"accord-{who.lower()}", "projet"))}

    e.add(
        projets,
        {
            "resourceType": "CarePlan",
            "id": _id("pper", "projet"),
            "meta": _profile("careplan-projet-personnalise"),
            "identifier": [_business_identifier("projetpersonnalise", "PPER", "projet")],
            "status": pl.when(finished).then(pl.lit("completed")).otherwise(pl.lit("active")),
            "intent": "plan",
            "title": "Projet personnalisé",
            "category": [concept(f"{_NOS}JDV_J367", f.choice("type", _PROJECT_TYPES))],
            "subject": _subject(),
            "period": {"start": f.day("debut"), "end": pl.when(finished).then(f.day("fin"))},
            "supportingInfo": [agreement("Usager"), agreement("Structure")],
        },
        "projets",
    )
    for who in ("usager", "structure"):
        yes = pl.col(f"accord_{who}")
        e.add(
            projets,
            {
                "resourceType": "Consent",
                "id": _id(f"accord-{who}", "projet"),
                "meta": _profile("consent-accord"),
                "identifier": [_business_identifier("accord", f"ACCO{who[0].upper()}", "projet")],
                "status": pl.when(yes).then(pl.lit("active")).otherwise(pl.lit("rejected")),
                "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
                "category": [concept("http://loinc.org", "59284-0")],
                "patient": _subject(),
                "dateTime": f.day("debut"),
                "performer": [_subject() if who == "usager" else reference(pl.concat_str(pl.lit("org-"), "finess"))],
                "provision": {"data": [{"meaning": "instance", "reference": plan}]},
            },
            "accords",
        )
    title = extension(discriminator, "CodeableConcept", concept(_system("discriminator"), "titreObjectif"))
    e.add(
        projets,
        {
            "resourceType": "Goal",
            "id": _id("obje", "projet"),
            "meta": _profile("goal-objectif"),
            "extension": [extension(f"{_SD}careplan-reference", "Reference", plan)],
            "identifier": [_business_identifier("objectif", "OBJE", "projet")],
            "lifecycleStatus": pl.when(finished).then(pl.lit("completed")).otherwise(pl.lit("active")),
            "subject": _subject(),
            "startDate": f.day("debut"),
            "target": [{"dueDate": f.day(pl.col("debut") + 365)}],
            "description": {"text": "Objectif du projet"},
            "note": [{"extension": [title], "text": "Objectif"}],
        },
        "projet_elements",
    )
    next_review = {
        "type": concept(_system("task-input-bilan"), "dateProchainBilan"),
        "valueDateTime": f.day("prochain"),
    }
    e.add(
        bilans,
        {
            "resourceType": "Task",
            "id": _id("bila", "projet"),
            "meta": _profile("task-bilan"),
            "identifier": [_business_identifier("bilan", "BILA", "projet")],
            "basedOn": [plan],
            "status": "completed",
            "intent": "plan",
            "code": concept(f"{_NOS}JDV_J366", f.choice("categorie", _CATEGORIES)),
            "for": _subject(),
            "executionPeriod": {"start": f.day("jour")},
            "input": [next_review],
        },
        "bilans",
    )


def _with_sejour(t: pl.DataFrame, sejours: pl.DataFrame) -> pl.DataFrame:
    numbers = sejours.select(pl.col("rang").alias("sejour_dit"), pl.col("numero").alias("numero_sejour"))
    return t.join(numbers, on="sejour_dit", maintain_order="left")


def _presences(e: _Entries, file: ChannelFile, presences: pl.DataFrame, sejours: pl.DataFrame) -> None:
    t = _with_sejour(presences, sejours).with_columns(pl.int_range(1, pl.len() + 1).over("et").alias("numero"))
    schedules = t.unique("fiche", keep="first", maintain_order=True)
    e.add(
        schedules,
        {"resourceType": "Schedule", "id": _id("sch"), "meta": _profile("schedule"), "actor": [_subject()]},
    )
    start, end = f.presence_bounds(_TIMESTAMP)
    absent = pl.col("absent")
    lines = e.add(
        t,
        {
            "resourceType": "Slot",
            "id": _id("pa", "numero"),
            "meta": _profile("slot-presence-absence"),
            "extension": [
                extension(f"{_SD}facturation", "Boolean", fhir_resources.bare(pl.col("facturee"))),
                extension(f"{_SD}planned-absence", "Boolean", fhir_resources.bare(pl.when(absent).then("prevue"))),
            ],
            "identifier": [
                {"type": concept(_system("slot-identifier"), "PA"), **_business_identifier("presenceabsence", "PA")}
            ],
            "serviceType": [
                concept("https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r423-type-presence-absence",
                        pl.when(absent).then(pl.lit("2")).otherwise(pl.lit("1")))
            ],
            "appointmentType": concept(
                "https://smt.esante.gouv.fr/fhir/CodeSystem/tre-r424-motif-absence", pl.col("motif").cast(pl.String)
            ),
            "schedule": reference(_id("sch")),
            "status": "busy",  # told as it was: present, or away
            "start": pl.concat_str(start, _utc_offset("debut")),
            "end": pl.concat_str(end, _utc_offset("fin")),
        },
        "presences_absences",
    )  # fmt: skip
    file.locations[PRESENCES] = f.locations(t["rang"], lines, "presences_absences")


def _utc_offset(day: str) -> pl.Expr:
    """The offset of Paris from UTC on a day."""
    summer = pl.col(day).is_between(*f.SUMMER_TIME, closed="left")
    return pl.when(summer).then(pl.lit("+02:00")).otherwise(pl.lit("+01:00"))


def _visites(e: _Entries, file: ChannelFile, d: Departement, visites: pl.DataFrame, sejours: pl.DataFrame) -> None:
    t = _with_sejour(visites, sejours).with_columns(domicilia.uid(d).alias("uid"))
    nursing = (d.e.profil == "SOINS_DOMICILE")[t["et"].to_numpy()]
    t = t.with_columns(pl.Series("type", np.where(nursing, "MED-1296", "MED-1323").tolist(), dtype=pl.String))
    motif = extension(f"{_SD}event-cancel-reason", "CodeableConcept",
                      concept(_CISIS, pl.when(pl.col("etat") == "A").then(pl.lit("GEN-358"))))  # fmt: skip
    offset = _utc_offset("jour")
    lines = e.add(
        t,
        {
            "resourceType": "Encounter",
            "id": _id("evn", "numero"),
            "meta": _profile("encounter-evenement"),
            "extension": [extension(f"{_SD}patient-present", "Boolean", fhir_resources.bare(pl.col("present")))],
            "identifier": [_business_identifier("evenement", number="uid")],
            "status": pl.col("etat").replace_strict(_STATES),
            "_status": {"extension": [motif]},
            "class": {"code": "HH"},
            "type": [concept(_CISIS, pl.col("type"))],
            "subject": _subject(),
            "period": {
                "start": pl.concat_str(f.moment(pl.col("jour"), pl.col("debut"), _TIMESTAMP), offset),
                "end": pl.concat_str(f.moment(pl.col("jour"), pl.col("fin"), _TIMESTAMP), offset),
            },
            "partOf": reference(_id("sej", "numero_sejour")),
        },
        "evenements",
    )
    file.visites.append(domicilia.visites(d, t, lines))


def _orientation_request() -> Template:
    """The request that a decision of the CDAPH answers: the guide ties a decision to its person through it."""
    return {
        "resourceType": "ServiceRequest",
        "id": _id("dor", "decision"),
        "meta": _profile("service-request-demande-orientation"),
        "identifier": [
            {"system": "https://identifiant-medicosocial-demandeorientation.esante.gouv.fr",
             "value": pl.concat_str(pl.col("decision"), pl.lit("/1"))},
        ],
        "status": "completed",
        "intent": "order",
        "subject": _subject(),
    }  # fmt: skip


def _decision() -> Template:
    def day(url: str, column: str) -> Template:
        return extension(url, "Date", f.day(column))

    def code(url: str, system: str, value: pl.Expr | str) -> Template:
        return extension(url, "CodeableConcept", concept(system, value))

    def boolean(url: str, column: str) -> Template:
        return extension(url, "Boolean", fhir_resources.bare(pl.col(column)))

    entitlement = [
        code("categorieDroitPrestation", f"{_SMT}tre-r420-droit-prestation", pl.col("type").str.extract(r"^(\d+)")),
        code("typeDroitPrestation", f"{_SMT}tre-r420-droit-prestation", pl.col("type")),
        code("natureDroitPrestation", _DECISIONS, pl.col("nature")),
        day("dateOuverture", "ouverture"),
        day("dateEcheance", "echeance"),
        boolean("existencePAG", "pag"),
        boolean("creton", "creton"),
        {"url": "detailPrestation", "extension": [
            extension("temporaliteAccueil", "CodeableConcept", concept(_J30, "02")),
            extension("qualificationOrientation", "CodeableConcept",
                      concept(f"{_SMT}tre-r422-qualification-orientation", "1")),
        ]},
    ]  # fmt: skip
    # A renewal names the decision that it renews: one of before, which no system tells any more.
    renewed = pl.when(pl.col("nature") == _RENEWED).then(pl.concat_str(pl.col("decision"), pl.lit("-0")))
    return {
        "resourceType": "Basic",
        "id": _id("dec", "decision"),
        "meta": _profile("basic-decision"),
        "extension": [
            {
                "url": f"{_SD}decision",
                "extension": [
                    day("dateDecision", "date_decision"),
                    code("typeDecision", _DECISIONS, "1"),
                    {"url": "droitPrestation", "extension": entitlement},
                ],
            }
        ],
        "identifier": [
            {
                "use": "official",
                "type": concept(_system("basic-decision-identifier"), "IDDECISION"),
                "system": "urn:oid:1.2.250.1.213.7.1",
                "value": pl.col("decision"),
            },
            {
                "type": concept(_system("basic-decision-identifier"), "IDDECISIONMAJ"),
                "system": "urn:oid:1.2.250.1.213.7.1",
                "value": renewed,
            },
            {
                "type": concept(_system("basic-decision-identifier"), "IDNATDECISION"),
                "system": "urn:oid:1.2.250.1.213.8.1",
                "value": pl.col("decision_nationale"),
            },
        ],
        "code": concept(_system("basic-type"), "DECISION"),
        "subject": reference(_id("dor", "decision")),
    }


def _transports(e: _Entries, d: Departement, sejours: pl.DataFrame) -> None:
    """Journeys of some people to the place where they come by day, told for one day of the last month."""
    rng = d.journal.streams.stream(f"personnes/transports/{d.code}")
    day = [MODALITES.index(m) for m in ("AJ", "SEMI", "EXT")]
    presents = pl.col("sortie").is_null() & pl.col("entree").is_not_null() & ~pl.col("est_double")
    t = sejours.filter(pl.col("modalite").is_in(day) & presents & (pl.col("entree") < DAYS - 31))
    t = t.filter(pl.Series(rng.random(len(t)) < TRANSPORT_SHARE))
    n = len(t)
    t = t.with_columns(
        pl.Series("jour", DAYS - rng.integers(12, 31, n)),
        pl.Series("metres", 100 * rng.integers(8, 420, n)),
        pl.Series("minutes", 5 * rng.integers(2, 14, n)),
        pl.Series(
            "mode",
            rng.choice(np.array(["ORG-156", "ORG-203", "ORG-157"]), n, p=[0.2, 0.65, 0.15]).tolist(),
            dtype=pl.String,
        ),
    )
    system = _system("task-input-transport")

    def measure(name: str, nature: str, column: str, unit: str) -> Template:
        return {
            "type": concept(system, name),
            f"value{nature}": {"value": fhir_resources.bare(pl.col(column)), "code": unit},
        }

    departure = pl.concat_str(f.moment(pl.col("jour"), pl.lit(510), _TIMESTAMP), _utc_offset("jour"))
    arrival = pl.concat_str(f.moment(pl.col("jour"), pl.col("minutes") + 510, _TIMESTAMP), _utc_offset("jour"))
    absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    e.add(
        t,
        {
            "resourceType": "Encounter",
            "id": _id("evt", "numero"),
            "meta": _profile("encounter-evenement"),
            "identifier": [_business_identifier("evenement", "EVN", "numero")],
            "status": "finished",
            "class": {"code": "HH"},
            "type": [{**concept(absent, "not-permitted"), "text": "Transport"}],
            "subject": _subject(),
            "period": {"start": departure, "end": arrival},
            "partOf": reference(_id("sej", "numero")),
        },
        "evenements",
    )
    e.add(
        t,
        {
            "resourceType": "Task",
            "id": _id("tppat", "numero"),
            "meta": _profile("task-transport-usager"),
            "identifier": [_business_identifier("transportusager", "TPPat")],
            "status": "completed",
            "intent": "plan",
            "code": concept(_CISIS, pl.col("mode")),
            "for": _subject(),
            "encounter": reference(_id("evt", "numero")),
            "executionPeriod": {"start": departure, "end": arrival},
            "input": [
                measure("distance", "Distance", "metres", "m"),
                measure("dureeTheorique", "Duration", "minutes", "min"),
            ],
        },
        "transports",
    )
