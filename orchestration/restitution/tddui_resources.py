"""A row of the DUI as the FHIR resource that the TDDUI guide makes of it: the inverse of `ingest.read.fhir.rows`.

Belongs here: which element of a resource holds which field. Does not belong here: which rows there are, what they point
to, the file (`tddui_bundle`).

Two truths that could drift are held together here: what was written is read back by the reader itself (`completed`). A
field that comes back otherwise is one that the guide has no place for, or no word for: it goes by an extension of ours
(`tddui_terms.BEYOND`), which the reader takes, and is counted. An element that must be there and that no row gives is
said to be absent, as FHIR says it (data-absent-reason): a value is never invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from data_contracts.nomenclatures import codes, read_list
from data_contracts.statuses import FACT, statuses
from ingest.clock import PARIS
from ingest.read.fhir import questionnaires, tddui_terms
from ingest.read.fhir.classes import PROFILES
from ingest.read.fhir.elements import SD, Node, rpps
from ingest.read.fhir.rows import rows_of
from ingest.read.fhir.states import state_of

Row = Mapping[str, Any]

_SMT, _NOS = "https://smt.esante.gouv.fr/", "https://mos.esante.gouv.fr/NOS/"
_CISIS, _SERAFIN, _CIF = (
    f"{_SMT}fhir/CodeSystem/terminologie-cisis",
    f"{_SMT}terminologie-SERAFINPH",
    "http://hl7.org/fhir/sid/icf",
)
_CIM10 = f"{_SMT}terminologie-cim-10"
_SYSTEM_OF = {  # field -> code system; of the others, by what the code looks like (`_system`)
    "type_presence": f"{_SMT}fhir/CodeSystem/tre-r423-type-presence-absence",
    "motif_absence": f"{_SMT}fhir/CodeSystem/tre-r424-motif-absence",
    "type_decision": f"{_NOS}TRE_R327-TypeDecision/FHIR/TRE-R327-TypeDecision",
    "nature": f"{_NOS}TRE_R327-TypeDecision/FHIR/TRE-R327-TypeDecision",
    "categorie_droit": f"{_SMT}fhir/CodeSystem/tre-r420-droit-prestation",
    "type_droit": f"{_SMT}fhir/CodeSystem/tre-r420-droit-prestation",
    "ins_statut": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445",
    "commune": f"{_NOS}TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM",
}  # fmt: skip
_FR_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
# Of several statuses that say the same, the one that the profiles name.
_NAMED = ("planned", "finished", "active", "completed", "in-progress", "cancelled", "busy", "free")
# Classes whose identifier an invariant of the guide shapes.
_MARKS, _SIGNS = {"presence": "PA", "besoin": "BESO"}, "[A-Za-z0-9]+"
# TRE_R327: decisions, and natures of a right that take the place of another.
_GRANTING, _CLOSING, _REPLACING = "1", "5", {"6", "7"}
ABSENCE = "2"  # TRE_R423
_UCUM = "http://unitsofmeasure.org"


# ---------------------------------------------------------------- parts


def absent() -> Node:
    """An element that must be there, and whose value no row gives."""
    return {"extension": [{"url": tddui_terms.DATA_ABSENT, "valueCode": "unknown"}]}


def said(name: str, value: Any) -> Node:
    """A primitive element, or the word that it is absent."""
    return {f"_{name}": absent()} if value is None else {name: _plain(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # a clock time of Paris
        return value.replace(tzinfo=PARIS).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _given(**parts: Any) -> Node:
    """The parts that hold something. A name that ends with « _ » is a word of Python."""
    return {name.rstrip("_"): _plain(value) for name, value in parts.items() if value not in (None, [], {})}


def _system(code: str) -> str | None:
    if code.startswith(("MED-", "GEN-", "ORG-")):
        return _CISIS
    if code[:1].isdigit():
        return _SERAFIN
    return _CIF if code[:1] in "bdq" and code[1:2].isalnum() else None


def concept(code: str | None, system: str | None = None) -> Node | None:
    """A CodeableConcept; None without code. Without a system that is sure, the code stands alone."""
    return None if code is None else {"coding": [_given(system=system or _system(code), code=code)]}


def _extension(url: str, kind: str, value: Any) -> list[Node]:
    return [] if value is None else [{"url": url, f"value{kind}": _plain(value)}]


def _of_guide(name: str, kind: str, value: Any) -> list[Node]:
    return _extension(SD + name, kind, value)


def _must(url: str, kind: str, value: Any) -> Node:
    """An extension that must be there: its value is said to be absent when nothing gives it."""
    if value is not None:
        return {"url": url, f"value{kind}": _plain(value)}
    return {"url": url, f"{'' if kind == 'CodeableConcept' else '_'}value{kind}": absent()}


def identifier(kind: str, finess: str, local: str, **more: Any) -> Node:
    """The business identifier of a class: « 3 », the FINESS, « / », the local number as it is."""
    return {**more, "system": tddui_terms.system_of(kind), "value": f"3{finess}/{local}"}


def shaped(kind: str, row: Row, local: str) -> str:
    """The local number as an invariant of the guide wants it: that of the person, a mark, its own.

    A number that cannot be written so, of other signs than letters and digits, stays as it is.
    """
    mark = _MARKS[kind]
    if re.fullmatch(f"{_SIGNS}-{mark}-{_SIGNS}", local):
        return local
    formed = f"{row['usager_id']}-{mark}-{local}"
    return formed if row["usager_id"] and re.fullmatch(f"{_SIGNS}-{mark}-{_SIGNS}", formed) else local


def is_misshapen(kind: str, node: Node) -> bool:
    """Whether an identifier does not have the form that an invariant of the guide wants."""
    mark = _MARKS.get(kind)
    return mark is not None and not re.fullmatch(
        f"3[0-9]{{9}}/{_SIGNS}-{mark}-{_SIGNS}", node["identifier"][0]["value"]
    )


def _typed(system: str, code: str) -> Node:
    return {"type": {"coding": [{"system": f"{tddui_terms.CODE_SYSTEM}{system}", "code": code}]}}


def resource(kind: str, **parts: Any) -> Node:
    """A resource of a class, under the first profile that the guide gives it."""
    type_, profile = _profile(kind)
    return {"resourceType": type_, "meta": {"profile": [SD + profile]}, **_given(**parts)}


def type_of(kind: str) -> str:
    return _profile(kind)[0]


@cache
def _profile(kind: str) -> tuple[str, str]:
    return next(
        (type_, profile) for type_, profiles in PROFILES.items() for profile, named in profiles.items() if named == kind
    )


def _status(kind: str, row: Row, *, worded: bool = True) -> Node:
    """The status of a class: what says the word and the state of the row; without either, it is said to be absent.

    worded: the class has words of its own (« statut »); of the others, a row without state is a fact. What no status
    says is kept by `completed`.
    """
    name = "lifecycleStatus" if kind in ("attente", "objectif") else "status"
    word, state = row.get("statut"), row["etat"] or (None if worded else FACT)
    known = statuses(kind, name).values()
    fitting = [each.code for each in known if state in (None, each.state) and (not worded or each.word == word)]
    if word is None and state is None:
        fitting = []
    named = [code for code in _NAMED if code in fitting]
    for code in named or fitting:
        return {name: code}
    mark = {"url": tddui_terms.STATUSLESS, "valueBoolean": True}
    return {f"_{name}": {"extension": [*absent()["extension"], mark]}}


# ---------------------------------------------------------------- classes


@dataclass(frozen=True)
class Links:
    """What the resources of one file point to: each method gives a reference."""

    person: Callable[[str | None], Node | None]
    stay: Callable[[str | None], Node | None]
    plan: Callable[[str | None], Node | None]
    structure: Callable[[str], Node]
    professional: Callable[[str], Node]
    schedule: Callable[[str], Node]


def organization(finess: str, name: str | None = None) -> Node:
    return resource(
        "structure",
        identifier=[{"system": tddui_terms.STRUCTURE, "value": f"1{finess}"}],
        name=name,
    )


def practitioner(number: str) -> Node:
    """number: RPPS. Its national form is « 8 » and the number, when the reader would find the number again."""
    national = f"8{number}"
    is_national = rpps(tddui_terms.PROFESSIONAL, national) == number
    system, value = (tddui_terms.PROFESSIONAL, national) if is_national else (tddui_terms.RPPS, number)
    return resource("professionnel", identifier=[{"system": system, "value": value}])


def schedule(person: Node) -> Node:
    return resource("agenda", actor=[person])


def usager(row: Row) -> Node:
    nature = {"INS-NIR": "urn:oid:1.2.250.1.213.1.4.8", "INS-NIA": "urn:oid:1.2.250.1.213.1.4.9"}.get(row["ins_type"])
    identifiers = [
        identifier("usager", row["finess_et"], row["usager_id"],
                   type={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}]})
    ]  # fmt: skip
    if row["matricule_ins"] is not None and nature:
        identifiers.append({"use": "official", "type": {"coding": [{"system": _FR_TYPES, "code": row["ins_type"]}]},
                            "system": nature, "value": row["matricule_ins"]})  # fmt: skip
    if row["nir"] is not None:
        identifiers.append({"type": {"coding": [{"system": _FR_TYPES, "code": "NH"}]},
                            "system": tddui_terms.NIR, "value": row["nir"]})  # fmt: skip
    if row["numero_mdph"] is not None:  # its system is the MDPH that gave it, which no row says
        identifiers.append({"use": "usual", **_typed("tddui-identifier", "PIN"), "_system": absent(),
                            "value": row["numero_mdph"]})  # fmt: skip
    first = row["prenoms"] if row["prenoms"] and not {" ", ","} & set(row["prenoms"]) else None
    official = _given(
        extension=_extension(f"{tddui_terms.FR_CORE}patient-birth-list-given-name", "String", row["prenoms"]),
        use="official", given=[first] if first else None,
    )  # fmt: skip
    names = [{**official, **said("family", row["nom_naissance"])}]
    if row["nom_usage"] is not None:
        names.append({"use": "usual", "family": row["nom_usage"]})
    born = _insee(row["commune_naissance"])
    status = row["ins_statut"]
    reliability = {
        "url": f"{tddui_terms.FR_CORE}identity-reliability",
        "extension": [{"url": "identityStatus", "valueCoding": {"system": _SYSTEM_OF["ins_statut"], "code": status}}],
    }
    gender = {word: code for code, word in reversed(tddui_terms.GENDERS.items()) if code != "other"}.get(row["sexe"])
    birth_order = _must(f"{SD}tddui-birth-order", "PositiveInt", row["rang_naissance"])
    found = resource(
        "usager",
        extension=[
            *([reliability] if status is not None else []),
            *([{"url": tddui_terms.BIRTH_PLACE, "valueAddress": born}] if born else []),
        ],
        identifier=identifiers,
        name=names,
        deceasedDateTime=row["date_deces"],
        address=[{"use": "home", **_home(row["code_domicile"])}] if row["code_domicile"] is not None else None,
    )
    if row["etat"] is not None:
        found["active"] = row["etat"] == FACT
    found |= said("gender", gender) | said("birthDate", row["date_naissance"])
    if row["matricule_ins"] is not None and nature:
        found["meta"] = {"profile": [f"{SD}tddui-patient-ins"]}
    if row["rang_naissance"] is not None or "tddui-patient-ins" not in found["meta"]["profile"][0]:
        below = found.setdefault("_birthDate", {})
        below["extension"] = [*below.get("extension", ()), birth_order]
    return found


def _insee(code: str | None) -> Node | None:
    url = f"{tddui_terms.FR_CORE}address-insee-code"
    coding = {"system": _SYSTEM_OF["commune"], "code": code}
    return None if code is None else {"extension": [{"url": url, "valueCoding": coding}]}


def _home(code: str) -> Node:
    """Only a letter says that a code is that of a commune: a code of five digits may be a postal one."""
    return (_insee(code) or {}) if not code.isdigit() else {"postalCode": code}


def sejour(row: Row, links: Links) -> Node:
    """The status is what the row says of itself; else what its dates say: gone, there, expected."""
    official = {code["code"] for code in read_list("modes_entree") if code["source"].startswith("ANS")}
    start, end = row["date_entree"], row["date_sortie"]
    if row["etat"] in (None, FACT):
        status = {"status": "finished" if end else "in-progress" if start or row["etat"] else "planned"}
    else:
        status = _status("sejour", row, worded=False)
    origin = row["finess_provenance"]
    return resource(
        "sejour",
        extension=[
            *_extension(f"{tddui_terms.PLANNED_DATE}StartDate", "DateTime", row["date_entree_previsionnelle"]),
            *_extension(f"{tddui_terms.PLANNED_DATE}EndDate", "DateTime", row["date_sortie_previsionnelle"]),
            *_of_guide("tddui-admission-date", "DateTime", row["date_admission"]),
            *_of_guide("tddui-entry-mode-label", "String", row["libelle_mode_entree"]),
            *_of_guide("tddui-exit-mode-label", "String", row["libelle_mode_sortie"]),
        ],
        identifier=[
            identifier("sejour", row["finess_et"], row["sejour_id"], **_typed("tddui-encounter-identifier", "SEJ"))
        ],
        **status,
        class_=absent(),
        subject=links.person(row["usager_id"]) or absent(),
        period=_given(start=start, end=end),
        hospitalization=_given(
            origin=links.structure(origin) if origin else absent(),
            admitSource=concept(row["mode_entree"], _CISIS) if row["mode_entree"] in official else None,
            dischargeDisposition=concept(row["mode_sortie"]),
            preAdmissionIdentifier=_given(value=row["dossier_provenance"]),
            extension=_of_guide("tddui-entry-date-origin", "DateTime", row["date_entree_provenance"]),
        ),
        serviceProvider=links.structure(row["finess_et"]),
    )


def evenement(row: Row, links: Links) -> Node:
    who = row["rpps_intervenant"]
    reason = _of_guide("tddui-event-cancel-reason", "CodeableConcept", concept(row["motif_non_realisation"]))
    found = resource(
        "evenement",
        extension=_of_guide("tddui-patient-present", "Boolean", row["usager_present"]),
        identifier=[identifier("evenement", row["finess_et"], row["evenement_id"])],
        class_=absent(),
        type=_listed(concept(row["type_evenement"])),
        subject=links.person(row["usager_id"]) or absent(),
        participant=[{"individual": links.professional(who)}] if who else None,
        period={**said("start", row["date_debut"]), **said("end", row["date_fin"])},
        partOf=links.stay(row["sejour_id"]),
    )
    found |= _status("evenement", row)
    if reason:
        below = found.setdefault("_status", {})
        below["extension"] = [*below.get("extension", ()), *reason]
    return found


def presence(row: Row, links: Links) -> Node:
    stay = links.stay(row["sejour_id"])
    planned = _of_guide("tddui-planned-absence", "Boolean", row["absence_prevue"])
    reason = concept(row["motif_absence"], _SYSTEM_OF["motif_absence"])
    if row["type_presence"] == ABSENCE:
        planned = [_must(f"{SD}tddui-planned-absence", "Boolean", row["absence_prevue"])]
        reason = reason or absent()
    return resource(
        "presence",
        extension=[
            *planned,
            *_of_guide("tddui-facturation", "Boolean", row["facturation"]),
            *_extension(tddui_terms.STAY_OF_SLOT, "Reference", stay),
        ],
        identifier=[
            identifier(
                "presence",
                row["finess_et"],
                shaped("presence", row, row["presence_id"]),
                **_typed("tddui-slot-identifier", "PA"),
            )
        ],
        serviceType=_listed(concept(row["type_presence"], _SYSTEM_OF["type_presence"])),
        appointmentType=reason,
        schedule=links.schedule(row["usager_id"]),
        start=row["debut"],
        end=row["fin"],
        **_status("presence", row, worded=False),
    )


def evaluation(row: Row, answers: Iterable[Row], links: Links) -> Node:
    kind = row["type_evaluation"]
    grid = next((name for name, code in questionnaires.TYPES.items() if code == kind), None)
    if kind in questionnaires.CODES:
        name = f"{tddui_terms.CANONICAL}/Questionnaire/{grid}"
    else:
        name = f"{tddui_terms.QUESTIONNAIRES}{kind}" if kind else None
    result = row["resultat"] or next((c for c, gir in questionnaires.GIR.items() if gir == str(row["gir"])), None)
    items = _items(answers, questionnaires.CODES.get(kind or "", {}))
    if result is not None:
        top: Node = {"linkId": questionnaires.RESULT, "answer": [{"valueCoding": _coding(result)}]}
        if items:
            top["answer"][0]["item"] = items
        items = [top]
    elif not items:
        items = [{"linkId": questionnaires.RESULT, "answer": [absent()]}]
    found = resource(
        "evaluation",
        identifier=identifier("evaluation", row["finess_et"], row["evaluation_id"]),
        subject=links.person(row["usager_id"]) or absent(),
        authored=row["date_evaluation"],
        author=absent(),
        item=items,
    )
    return found | said("questionnaire", name) | _status("evaluation", row)


def _items(answers: Iterable[Row], known: Mapping[str, str]) -> list[Node]:
    """The answers as the grid places them: an adverb of AGGIR under its question, under the name of the guide."""
    links = {question: link for link, question in known.items()}
    stems = {link: stem for stem, link in questionnaires.STEMS.items()}
    ends = {adverb: end for end, adverb in questionnaires.ADVERBS.items()}
    items: dict[str, Node] = {}
    for answer in answers:
        question, _, adverb = answer["question_code"].partition(".MED-")
        end = ends.get(f"MED-{adverb}")
        if end and question in links:
            above = items.setdefault(question, {"linkId": links[question]})
            place = above["answer"][0] if "answer" in above else above
            link = f"{stems.get(links[question], links[question])}-{end}"
            place.setdefault("item", []).append({"linkId": link, "answer": [_answer(answer["reponse_code"])]})
        else:
            code = answer["question_code"]
            item = items.setdefault(code, {"linkId": links.get(code, code)})
            below = item.pop("item", None)
            item["answer"] = [{**_answer(answer["reponse_code"]), **({"item": below} if below else {})}]
    return list(items.values())


def _answer(value: str | None) -> Node:
    if value is None:
        return absent()
    if value in ("true", "false"):
        return {"valueBoolean": value == "true"}
    if value.isdigit() and str(int(value)) == value:
        return {"valueInteger": int(value)}
    if value.replace(".", "", 1).isdigit() and str(float(value)) == value:
        return {"valueDecimal": float(value)}
    return {"valueCoding": _coding(value)}


def _coding(code: str) -> Node:
    system = _CIM10 if code[:1].isupper() and code[1:3].isdigit() else _system(code)
    return _given(system=system, code=code)


def projet(row: Row, links: Links) -> Node:
    found = resource(
        "projet",
        identifier=[identifier("projet", row["finess_et"], row["projet_id"])],
        intent="plan",
        category=_listed(concept(row["type_projet"])),
        subject=links.person(row["usager_id"]) or absent(),
        period=_given(start=row["date_debut"], end=row["date_fin"]),
    )
    found |= _status("projet", row) | said("title", None)
    for who in ("usager", "structure"):
        given = row[f"accord_{who}"]
        info: Node = {"extension": [_discriminator(f"accord{who.title()}")]}
        if given is not None:
            # Who signed, when, is not said: what is said stands in the plan, and is no consent of its own.
            found.setdefault("contained", []).append(_consent(f"accord-{who}", given))
            info["reference"] = f"#accord-{who}"
        elif who == "structure":  # the guide wants one
            info["extension"] += absent()["extension"]
        else:
            continue
        found.setdefault("supportingInfo", []).append(info)
    return found


def _consent(ident: str, given: bool) -> Node:
    found = resource("accord", status="active" if given else "rejected", scope=absent(), category=[absent()])
    return {**found, "id": ident, "_dateTime": absent(), "performer": [absent()], "policyRule": absent()}


def _discriminated(code: str) -> Node:
    """A note that the profile wants, whose text no row gives."""
    return {"extension": [_discriminator(code)], "_text": absent()}


def _discriminator(code: str) -> Node:
    coding = {"system": f"{tddui_terms.CODE_SYSTEM}tddui-discriminator", "code": code}
    return {"url": f"{SD}tddui-discriminator", "valueCodeableConcept": {"coding": [coding]}}


def projet_element(row: Row, links: Links) -> Node:
    kind = tddui_terms.NATURES[row["nature"]]
    number = identifier(kind, row["finess_et"], row["projet_element_id"])
    person, plan = links.person(row["usager_id"]), links.plan(row["projet_id"]) or absent()
    start, end = row["date_debut"], row["date_fin"]
    if kind in ("attente", "objectif"):
        found = resource(
            kind,
            extension=[{"url": f"{SD}tddui-careplan-reference", "valueReference": plan}],
            identifier=[number],
            category=_listed(concept(row["code"])),
            description=absent(),
            subject=person or absent(),
            startDate=start,
            target=[{"dueDate": end.isoformat()}] if end else None,
            note=[_discriminated("origineAttente" if kind == "attente" else "titreObjectif")],
        )
    elif kind == "besoin":
        need = row["code"] if row["code"] in codes("serafin_besoins") else None  # J285, and nothing else
        number = identifier(kind, row["finess_et"], shaped(kind, row, row["projet_element_id"]),
                            **_typed("tddui-service-request-identifier", "BES"))  # fmt: skip
        found = resource(
            kind, identifier=[number], basedOn=[plan], intent="plan", category=_listed(concept(need)),
            code=said("text", None), subject=person or absent(), occurrencePeriod=_given(start=start, end=end),
        )  # fmt: skip
    else:
        coded = {"prestation": "typePrestation", "moyen": "type"}.get(kind)
        titled = {"moyen": "moyen-ressource"}.get(kind, kind)
        found = resource(
            kind, identifier=[number], basedOn=[plan], intent="unknown", for_=person,
            code=concept(row["code"]) if not coded else None, executionPeriod=_given(start=start, end=end),
            input=[
                {**_input(titled, "titre"), "_valueString": absent()},
                *([{**_input(titled, coded), "valueCodeableConcept": concept(row["code"])}]
                  if coded and row["code"] is not None else []),
            ],
        )  # fmt: skip
    return found | _status(kind, row)


def _input(task: str, code: str) -> Node:
    return _typed(f"tddui-task-input-{task}", code)


def bilan(row: Row, links: Links) -> Node:
    following = row["date_prochain_bilan"]
    return resource(
        "bilan",
        identifier=[identifier("bilan", row["finess_et"], row["bilan_id"])],
        basedOn=[links.plan(row["projet_id"]) or absent()],
        intent="unknown",
        **_status("bilan", row, worded=False),
        code=concept(row["categorie"]),
        for_=links.person(row["usager_id"]),
        executionPeriod=said("start", row["date_bilan"]),
        input=[{**_input("bilan", "dateProchainBilan"), "valueDateTime": following.isoformat()}] if following else None,
    )


def demande(person: Node) -> Node:
    """The request that a decision answers: the guide has a decision say whose it is by it alone."""
    found = resource("demande_orientation", status="unknown", subject=person, identifier=[_no_identifier()])
    return found | said("intent", None)


def _no_identifier() -> Node:
    return {"_system": absent(), "_value": absent()}


def decision(
    row: Row, replaced: Iterable[str], rights: Sequence[Row], cares: Mapping[str, Sequence[Row]], subject: Node | None
) -> Node:
    """replaced: numbers of the decisions that it takes the place of. rights: in the order of their numbers. cares: what
    each right, by its number, is made of, in the order of their ranks.
    """
    numbered = "tddui-basic-decision-identifier"
    numbers: list[Node] = [  # as the MDPH gave it: it is no number of the ESMS
        {**_typed(numbered, "IDDECISION"), "system": tddui_terms.system_of("decision"), "value": row["decision_id"]}
    ]
    if row["id_nat_decision"] is not None:
        national = {"system": tddui_terms.DECISION_NAT, "value": row["id_nat_decision"]}
        numbers.append({**_typed(numbered, "IDNATDECISION"), **national})
    kinds = {right["nature"] for right in rights}
    former = [{**_typed(numbered, "IDDECISIONMAJ"), "_system": absent(), "value": number} for number in replaced]
    if row["type_decision"] == _CLOSING or (row["type_decision"] == _GRANTING and kinds and kinds <= _REPLACING):
        former = former or [{**_typed(numbered, "IDDECISIONMAJ"), "_system": absent(), "_value": absent()}]
    numbers += former
    inside: list[Node] = [
        _must("typeDecision", "CodeableConcept", concept(row["type_decision"], _SYSTEM_OF["type_decision"])),
        *_extension("dateDecision", "Date", row["date_decision"]),
        *(
            [_must("dateEffetCloture", "Date", row["date_effet_cloture"])]
            if row["type_decision"] == _CLOSING
            else _extension("dateEffetCloture", "Date", row["date_effet_cloture"])
        ),
        *(_right(right, cares.get(right["droit_id"], ())) for right in rights),
    ]
    return resource(
        "decision",
        extension=[{"url": f"{SD}tddui-decision", "extension": inside}],
        identifier=numbers,
        code={"coding": [{"system": f"{tddui_terms.CODE_SYSTEM}tddui-basic-type", "code": "DECISION"}]},
        subject=subject,
    )


def _right(row: Row, cares: Sequence[Row]) -> Node:
    """A right, with what the guide asks of an orientation to an ESMS."""
    kind = row["type_droit"] or ""
    for_children = row["categorie"] == "7" or kind.startswith("7.")
    to_esms = row["categorie"] in ("7", "13") or kind in ("8.6", "8.7", "8.8", "8.10")
    time = concept(row["temporalite"], f"{_NOS}TRE_R240-TemporaliteAccueil/FHIR/TRE-R240-TemporaliteAccueil")
    target = concept(row["qualification"], f"{_SMT}fhir/CodeSystem/tre-r422-qualification-orientation")
    detail = [_must("qualificationOrientation", "CodeableConcept", target)]
    detail += [_must("temporaliteAccueil", "CodeableConcept", time)] if to_esms or time else []
    detail += _extension("precisionOrientation", "CodeableConcept", concept(row["precision_orientation"]))
    detail += _extension("accueilSequentiel", "Boolean", row["accueil_sequentiel"])
    detail += map(_care, cares)
    detail += [_must("formation", "String", None)] if kind == "11.1" else []
    return {
        "url": "droitPrestation",
        "extension": [
            _must("categorieDroitPrestation", "CodeableConcept",
                  concept(row["categorie"], _SYSTEM_OF["categorie_droit"])),
            _must("typeDroitPrestation", "CodeableConcept", concept(row["type_droit"], _SYSTEM_OF["type_droit"])),
            _must("natureDroitPrestation", "CodeableConcept", concept(row["nature"], _SYSTEM_OF["nature"])),
            _must("dateOuverture", "Date", row["date_ouverture"]),
            _must("dateEcheance", "Date", row["date_echeance"]),
            _must("existencePAG", "Boolean", row["existence_pag"]),
            *_extension("motifFinPAG", "CodeableConcept", concept(row["motif_fin_pag"])),
            *([_must("creton", "Boolean", row["creton"])] if for_children else
              _extension("creton", "Boolean", row["creton"])),
            *_extension("taux", "Quantity", None if row["taux"] is None else {"value": row["taux"]}),
            *_extension("typeCompensation", "CodeableConcept", concept(row["type_compensation"])),
            {"url": "detailPrestation", "extension": detail},
        ],
    }  # fmt: skip


def _care(row: Row) -> Node:
    mode = concept(row["mode_prise_en_charge"], f"{_NOS}TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge")
    amount = [
        *_extension("valeurPriseCharge", "Integer", row["valeur"]),
        *_extension("unitePriseCharge", "Quantity", None if row["unite"] is None else {"code": row["unite"]}),
        *_extension("frequencePriseCharge", "CodeableConcept", concept(row["frequence"])),
    ]
    inside = _extension("modePriseCharge", "CodeableConcept", mode)
    return {
        "url": "priseCharge",
        "extension": [*inside, *([{"url": "quantification", "extension": amount}] if amount else [])],
    }


def transport(row: Row, links: Links) -> Node:
    inputs = [
        *_quantity("distance", "Distance", row["distance_km"], "km"),
        *_quantity("dureeTheorique", "Duration", row["duree_min"], "min"),
    ]
    if row["nature_transport"] is not None:
        inputs.append(
            {**_input("transport", "natureTransport"), "valueCodeableConcept": concept(row["nature_transport"])}
        )
    return resource(
        "transport",
        identifier=[identifier("transport", row["finess_et"], row["transport_id"])],
        intent="unknown",
        **_status("transport", row, worded=False),
        code=concept(row["mode"]),
        for_=links.person(row["usager_id"]),
        encounter=absent(),
        executionPeriod={**said("start", row["date_debut"]), **said("end", None)},
        input=inputs,
    )


def _quantity(name: str, kind: str, value: float | None, unit: str) -> list[Node]:
    if value is None:
        return []
    quantity = {"value": value, "unit": unit, "system": _UCUM, "code": unit}
    return [{**_input("transport", name), f"value{kind}": quantity}]


def accord(row: Row, links: Links) -> Node:
    """An agreement: about what kind of thing, is said; about which, is not."""
    about = next((type_ for type_, word in tddui_terms.OBJECTS.items() if word == row["objet_type"]), None)
    reference = {**absent(), "type": about}
    found = resource(
        "accord",
        identifier=[identifier("accord", row["finess_et"], row["accord_id"])],
        scope=absent(),
        category=[absent()],
        patient=links.person(row["usager_id"]),
        performer=[absent()],
        policyRule=absent(),
        provision={"data": [{"meaning": "related", "reference": reference}]} if about else None,
    )
    return found | _status("accord", row) | said("dateTime", row["date_accord"])


def _listed(node: Node | None) -> list[Node]:
    return [] if node is None else [node]


# ---------------------------------------------------------------- reading back


def completed(kind: str, node: Node, row: Row) -> Iterator[str]:
    """Adds to a resource the fields of its row that the reader does not find in it. Yields their names.

    The number of the ESMS is not looked for in the resources that have it from their person.
    """
    read = next(values for entity, values in read_back(kind, node) if entity not in _SEVERAL)
    yield from _add(node, read, row)


def completed_rights(node: Node, rights: Sequence[Row]) -> Iterator[str]:
    """The same for the rights of a decision, each in its own extension."""
    inside = node["extension"][0]["extension"]
    places = [each for each in inside if each["url"] == "droitPrestation"]
    found = [values for entity, values in read_back("decision", node) if entity == "droits_prestations"]
    for place, read, row in zip(places, found, rights, strict=True):
        yield from _add(place, read, row)


def completed_cares(node: Node, cares: Sequence[Row]) -> Iterator[str]:
    """The same for what rights are made of, in the order in which they were written."""
    places = [
        care
        for right in node["extension"][0]["extension"] if right["url"] == "droitPrestation"
        for detail in right["extension"] if detail["url"] == "detailPrestation"
        for care in detail["extension"] if care["url"] == "priseCharge"
    ]  # fmt: skip
    found = [values for entity, values in read_back("decision", node) if entity == "prises_en_charge"]
    for place, read, row in zip(places, found, cares, strict=True):
        yield from _add(place, read, row)


def read_back(kind: str, node: Node) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """(table, row) that the reader makes of a resource, before references are followed."""
    for entity, row, _ in rows_of(kind, node, state_of(kind, node, deep=False)):
        yield entity, row


_SEVERAL = ("evaluation_reponses", "decisions_remplacees", "droits_prestations", "prises_en_charge")


def _add(node: Node, read: Mapping[str, str | None], row: Row) -> Iterator[str]:
    more: list[Node] = []
    for name, text in read.items():
        if name.startswith("@") or name not in row or _same(text, row[name]):
            continue
        if name == "etat" and row[name] is None and text == FACT:  # what its absence means
            continue
        if name == "finess_et" and "@usager" in read and read["@usager"]:
            continue
        value = _as_text(row[name])
        more.append({"url": name, **(absent() if value is None else {"valueString": value})})
        yield name
    if more:
        node.setdefault("extension", []).append({"url": tddui_terms.BEYOND, "extension": more})


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(_plain_text(value))


def _plain_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _same(text: str | None, value: Any) -> bool:
    if text is None or value is None:
        return text is value
    if isinstance(value, float):
        try:
            return float(text) == value
        except ValueError:
            return False
    return text == _as_text(value)


def missing(node: Any, path: str = "") -> Iterator[str]:
    """The paths of the elements that are said to be absent, without those that only this project adds."""
    if isinstance(node, list):
        for each in node:
            yield from missing(each, path)
    elif isinstance(node, dict):
        for each in node.get("extension", ()):
            if each.get("url") == tddui_terms.DATA_ABSENT:
                yield path
            elif each.get("url") != tddui_terms.BEYOND:
                yield from missing(each, f"{path}.{each['url'].rsplit('/', 1)[-1]}".removeprefix("."))
        for name, each in node.items():
            if name != "extension" and isinstance(each, dict | list):
                short = name.removeprefix("_")
                yield from missing(each, path if short.startswith("value") else f"{path}.{short}".removeprefix("."))
