"""The row of each class: which part of the resource gives which field, and which references complete it.

Belongs here: paths, statuses and modalities, as docs/formats/tddui.md and docs/formats/sdo.md write them. Does not
belong here: following references (`references`), going through a file (`bundle`).

A row holds the fields of the contract by name. A key that begins with « @ » is a reference, to be followed once the
file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, DecimalException
from functools import cache

from data_contracts.nomenclatures import read_list
from data_contracts.statuses import FACT, PLANNED, REFUSED
from ingest.read.fhir import questionnaires
from ingest.read.fhir.elements import (
    SD,
    Node,
    as_text,
    business,
    code,
    day,
    extension,
    extensions,
    finess_of,
    inputs,
    kind_of_system,
    moment,
    objects,
    part,
    rpps,
    split,
    structure_finess,
    tddui,
    text,
)
from ingest.read.fhir.references import Target, key_of
from ingest.read.fhir.states import State, is_withdrawn, state_of
from ingest.read.fhir.tddui_terms import (
    ABSENT_REASON,
    BIRTH_PLACE,
    DECISION_NAT,
    FR_CORE,
    GENDERS,
    INS,
    MDPH,
    NIR,
    OBJECTS,
    PLANNED_DATE,
    STAY_OF_SLOT,
    beyond,
    is_absent,
)

Row = dict[str, str | None]
Rows = Iterator[tuple[str, Row, str]]  # entity, row, path below the resource

# How the systems of these lists are written: by their own name, by that of the terminology.
_LISTS = {"J226": ("R338", "J226"), "J264": ("R213", "J264"), "J30": ("R240", "J30")}
_PERSON = (
    "finess_et", "usager_id", "matricule_ins", "ins_type", "ins_statut", "nir", "numero_mdph", "nom_naissance",
    "nom_usage", "prenoms", "date_naissance", "rang_naissance", "sexe", "commune_naissance", "code_domicile",
    "protection_juridique", "date_deces",
)  # fmt: skip
# Uses of a name that is not, or no longer, who the person is (FHIR R4 name-use, which modifies the meaning).
_NOT_A_NAME = ("old", "anonymous", "nickname")
_TO_KM = {"m": Decimal("0.001"), "km": Decimal(1)}
_TO_MIN = {"s": 1 / Decimal(60), "min": Decimal(1), "h": Decimal(60)}


def _translated(table: dict[str, str], value: str | None) -> str | None:
    return table.get(value, value) if value else None


def _usager(patient: Node, _: State) -> Rows:
    row: Row = dict.fromkeys(_PERSON)
    for identifier in objects(patient, "identifier"):
        value, system = text(identifier, "value"), identifier.get("system")
        if value is None or identifier.get("use") == "old":
            continue
        if code(identifier, "type") == "PIN":  # whichever MDPH gave it: a DUI does not always know
            row["numero_mdph"] = value
        elif not isinstance(system, str):
            continue
        elif kind_of_system(identifier) == "localusager":
            row["finess_et"], row["usager_id"] = split(value)
        elif system in INS:
            if row["ins_type"] != "INS-NIR":  # a NIA waits for the NIR, which comes first wherever it stands
                row["matricule_ins"], row["ins_type"] = value, INS[system]
        elif system == NIR:
            row["nir"] = value
        elif system.startswith(MDPH):
            row["numero_mdph"] = value
    reliability = extension(extension(patient, FR_CORE + "identity-reliability"), "identityStatus")
    row["ins_statut"] = code(reliability, "valueCoding")
    names = [n for n in objects(patient, "name") if n.get("use") not in _NOT_A_NAME]
    official = next((n for n in names if n.get("use") == "official"), names[0] if names else {})
    usual = next((n for n in names if n.get("use") == "usual"), {})
    given = official.get("given")
    listed = [g for g in map(as_text, given if isinstance(given, list) else [given]) if g]
    birth_names = text(extension(official, FR_CORE + "patient-birth-list-given-name"), "valueString")
    row["nom_naissance"], row["nom_usage"] = text(official, "family"), text(usual, "family")
    row["prenoms"] = birth_names or " ".join(listed) or None
    row["date_naissance"] = day(text(patient, "birthDate"))
    row["rang_naissance"] = text(tddui(part(patient, "_birthDate"), "tddui-birth-order"), "valuePositiveInt")
    row["sexe"] = _translated(GENDERS, text(patient, "gender"))
    row["commune_naissance"] = _insee(part(extension(patient, BIRTH_PLACE), "valueAddress"))
    addresses = [a for a in objects(patient, "address") if a.get("use") != "old"]
    home = next((a for a in addresses if a.get("use") == "home"), addresses[0] if addresses else {})
    row["code_domicile"] = _insee(home) or text(home, "postalCode")
    row["protection_juridique"] = code(tddui(patient, "tddui-legal-protection"), "valueCodeableConcept")
    row["date_deces"] = day(text(patient, "deceasedDateTime"))
    yield "usagers", row, ""


def _insee(address: Node) -> str | None:
    return code(extension(address, FR_CORE + "address-insee-code"), "valueCoding")


def _sejour(stay: Node, state: State) -> Rows:
    finess, ident = business(stay, "sejour")
    period, inside = part(stay, "period"), part(stay, "hospitalization")
    start, end = day(text(period, "start")), day(text(period, "end"))
    expected = {
        side: day(text(extension(stay, f"{PLANNED_DATE}{side}Date"), "valueDateTime")) for side in ("Start", "End")
    }
    if state.state == PLANNED:  # the period of a planned encounter is a forecast too
        expected = {"Start": expected["Start"] or start, "End": expected["End"] or end}
        start = end = None
    yield "sejours", {
        "finess_et": finess, "sejour_id": ident,
        "@usager": key_of(stay.get("subject")), "@structure": key_of(stay.get("serviceProvider")),
        "date_admission": day(text(tddui(stay, "tddui-admission-date"), "valueDateTime")),
        "date_entree_previsionnelle": expected["Start"], "date_entree": start,
        "mode_entree": code(inside, "admitSource"),
        "libelle_mode_entree": text(tddui(stay, "tddui-entry-mode-label"), "valueString"),
        "date_sortie_previsionnelle": expected["End"], "date_sortie": end,
        "libelle_mode_sortie": text(tddui(stay, "tddui-exit-mode-label"), "valueString"),
        "modalite": _modality(stay),
        "mode_sortie": code(inside, "dischargeDisposition"), "@provenance": key_of(inside.get("origin")),
        "date_entree_provenance": day(text(tddui(inside, "tddui-entry-date-origin"), "valueDateTime")),
        "dossier_provenance": text(part(inside, "preAdmissionIdentifier"), "value"),
    }, ""  # fmt: skip


def _modality(stay: Node) -> str | None:
    """The modality that a code of J226 says by its own meaning; else one of J264, with J30; else unknown.

    The guide binds the element to J226, which says « at home » and nothing else of the ways of being received.
    """
    said: dict[str, str] = {}
    for concept in objects(stay, "serviceType"):
        for coding in objects(concept, "coding"):
            system, value = text(coding, "system") or "", text(coding, "code")
            name = next((name for name, marks in _LISTS.items() if any(mark in system for mark in marks)), None)
            if name and value:
                said.setdefault(name, value)
    of = modalities()
    return (
        of.get(("J226", said.get("J226"), ""))
        or of.get(("J264", said.get("J264"), said.get("J30") or ""))
        or of.get(("J264", said.get("J264"), ""))
    )


@cache
def modalities() -> dict[tuple[str, str | None, str], str]:
    """(list, code, temporality) -> our modality; a code that says none is not there."""
    rows = read_list("modalites_codees")
    return {(row["liste"], row["code"], row["temporalite"]): row["modalite"] for row in rows if row["modalite"]}


def _evenement(event: Node, state: State) -> Rows:
    finess, ident = business(event, "evenement")
    period, status = part(event, "period"), part(event, "_status")
    typed = (
        text(coding, "code")
        for concept in objects(event, "type")
        for coding in objects(concept, "coding")
        if coding.get("system") != ABSENT_REASON
    )
    persons = (key_of(participant.get("individual")) for participant in objects(event, "participant"))
    reason = tddui(status, "tddui-event-cancel-reason") or tddui(status, "tddui-cancel-reason")
    yield "evenements", {
        "finess_et": finess, "evenement_id": ident,
        "@usager": key_of(event.get("subject")), "@structure": key_of(event.get("serviceProvider")),
        "@sejour": key_of(event.get("partOf")),
        "@professionnel": next(filter(None, persons), None),
        "type_evenement": next((each for each in typed if each), None),
        "date_debut": moment(text(period, "start")), "date_fin": moment(text(period, "end")),
        "statut": state.word,
        "usager_present": text(tddui(event, "tddui-patient-present"), "valueBoolean"),
        "motif_non_realisation": code(reason, "valueCodeableConcept"),
    }, ""  # fmt: skip


def _presence(slot: Node, _: State) -> Rows:
    finess, ident = business(slot, "presenceabsence")
    yield "presences_absences", {
        "finess_et": finess, "presence_id": ident, "@usager": key_of(slot.get("schedule")),
        "@sejour": key_of(
            (tddui(slot, "tddui-encounter-reference") or extension(slot, STAY_OF_SLOT)).get("valueReference")
        ),
        "debut": moment(text(slot, "start")), "fin": moment(text(slot, "end")),
        "type_presence": code(slot, "serviceType"), "motif_absence": code(slot, "appointmentType"),
        "absence_prevue": text(tddui(slot, "tddui-planned-absence"), "valueBoolean"),
        "facturation": text(tddui(slot, "tddui-facturation"), "valueBoolean"),
    }, ""  # fmt: skip


def _evaluation(response: Node, state: State) -> Rows:
    finess, ident = business(response, "evaluation")
    name = (text(response, "questionnaire") or "").split("|")[0].rstrip("/").rsplit("/", 1)[-1]
    kind = questionnaires.TYPES.get(name, name or None)
    subject = key_of(response.get("subject"))
    answers = list(_answers(response, kind))
    result = next((value for link, _, value, _ in answers if link == questionnaires.RESULT), None)
    yield "evaluations", {
        "finess_et": finess, "evaluation_id": ident, "@usager": subject, "type_evaluation": kind,
        "date_evaluation": day(text(response, "authored")), "resultat": result,
        "gir": questionnaires.GIR.get(result or ""),
        "statut": state.word,
    }, ""  # fmt: skip
    for link, question, value, path in answers:
        if link != questionnaires.RESULT:
            yield "evaluation_reponses", {
                "finess_et": finess, "evaluation_id": ident, "@usager": subject, "question_code": question,
                "reponse_code": value,
            }, path  # fmt: skip


def _answers(response: Node, kind: str | None) -> Iterator[tuple[str, str, str | None, str]]:
    """(linkId, question, answer, path) of every item that has a coded answer, in the order of the file."""
    known = questionnaires.CODES.get(kind or "", {})
    waiting: list[tuple[Node, str, str | None]] = [
        (item, f".item[{n}]", None) for n, item in enumerate(objects(response, "item"))
    ]
    waiting.reverse()
    while waiting:
        item, path, above = waiting.pop()
        link = text(item, "linkId") or ""
        replies = objects(item, "answer")
        reply = replies[0] if replies else {}
        value = code(reply, "valueCoding") or next(
            (v for key in ("valueInteger", "valueDecimal", "valueBoolean") if (v := text(reply, key))), None
        )
        question = _question(link, above, known, boolean="valueBoolean" in reply)
        if link and (value is not None or is_absent(reply)):  # asked, and said to be without answer
            yield link, question, value, path
        parent = above if link == questionnaires.RESULT else question
        below = [(child, f"{path}.item[{n}]", parent) for n, child in enumerate(objects(item, "item"))]
        below += [
            (child, f"{path}.answer[{m}].item[{n}]", parent)
            for m, answer in enumerate(replies)
            for n, child in enumerate(objects(answer, "item"))
        ]
        waiting.extend(reversed(below))


def _question(link: str, above: str | None, known: dict[str, str], *, boolean: bool) -> str:
    if link in known:
        return known[link]
    stem, _, end = link.rpartition("-")
    adverb = questionnaires.ADVERBS.get(end) or ("MED-1310" if end == "commentaire" and boolean else None)
    if adverb is None:
        return link
    if above:
        return f"{above}.{adverb}"
    question = known.get(stem) or known.get(questionnaires.STEMS.get(stem, ""))
    return f"{question}.{adverb}" if question else link


def _projet(plan: Node, state: State) -> Rows:
    finess, ident = business(plan, "projetpersonnalise")
    period = part(plan, "period")
    agreed: dict[str, list[str]] = {"usager": [], "structure": []}
    # A consent that stands in the plan is no row: what it says is enough.
    own = {f"#{each.get('id')}": f"#{agreed_by(each) or ''}" for each in objects(plan, "contained")}
    for reference in objects(plan, "supportingInfo"):
        role = code(tddui(reference, "tddui-discriminator"), "valueCodeableConcept") or text(reference, "display") or ""
        key = key_of(reference)
        for who, keys in agreed.items():
            if key and role.lower().endswith(who):
                keys.append(own.get(key, key))
    yield "projets", {
        "finess_et": finess, "projet_id": ident, "@usager": key_of(plan.get("subject")),
        "type_projet": code(plan, "category"), "statut": state.word,
        "date_debut": day(text(period, "start")), "date_fin": day(text(period, "end")),
        "@accord_usager": "\n".join(agreed["usager"]) or None,
        "@accord_structure": "\n".join(agreed["structure"]) or None,
    }, ""  # fmt: skip


def _goal(nature: str, kind: str) -> Callable[[Node, State], Rows]:
    def rows(goal: Node, state: State) -> Rows:
        finess, ident = business(goal, kind)
        yield "projet_elements", {
            "finess_et": finess, "projet_element_id": ident, "@usager": key_of(goal.get("subject")),
            "@projet": key_of(tddui(goal, "tddui-careplan-reference").get("valueReference")),
            "nature": nature, "code": code(goal, "category"),
            "statut": state.word,
            "date_debut": day(text(goal, "startDate")), "date_fin": day(text(part(goal, "target"), "dueDate")),
        }, ""  # fmt: skip

    return rows


def _besoin(need: Node, state: State) -> Rows:
    finess, ident = business(need, "besoin")
    period = part(need, "occurrencePeriod")
    yield "projet_elements", {
        "finess_et": finess, "projet_element_id": ident, "@usager": key_of(need.get("subject")),
        "@projet": key_of(part(need, "basedOn")), "nature": "BESOIN", "code": code(need, "category"),
        "statut": state.word,
        "date_debut": day(text(period, "start") or text(need, "authoredOn")), "date_fin": day(text(period, "end")),
    }, ""  # fmt: skip


def _task(nature: str, kind: str, coded: str | None = None) -> Callable[[Node, State], Rows]:
    def rows(task: Node, state: State) -> Rows:
        finess, ident = business(task, kind)
        period, given = part(task, "executionPeriod"), inputs(task)
        own_code = code(given.get(coded, {}), "valueCodeableConcept") if coded else None
        yield "projet_elements", {
            "finess_et": finess, "projet_element_id": ident, "@usager": key_of(task.get("for")),
            "@projet": key_of(part(task, "basedOn")), "nature": nature, "code": own_code or code(task, "code"),
            "statut": state.word,
            "date_debut": day(text(period, "start")), "date_fin": day(text(period, "end")),
        }, ""  # fmt: skip

    return rows


def _bilan(task: Node, _: State) -> Rows:
    finess, ident = business(task, "bilan")
    following = inputs(task).get("dateProchainBilan", {})
    yield "bilans", {
        "finess_et": finess, "bilan_id": ident, "@usager": key_of(task.get("for")),
        "@projet": key_of(part(task, "basedOn")),
        "date_bilan": day(text(part(task, "executionPeriod"), "start")), "categorie": code(task, "code"),
        "date_prochain_bilan": day(text(following, "valueDateTime") or text(following, "valueDate")),
    }, ""  # fmt: skip


def _decision(basic: Node, _: State) -> Rows:
    ident, national = decision_numbers(basic)
    decision = tddui(basic, "tddui-decision") or tddui(basic, "tddui-droit-decision")
    decision = extension(decision, "decision") or decision
    subject = key_of(basic.get("subject"))
    yield "decisions", {
        "finess_et": None, "decision_id": ident, "id_nat_decision": national, "@usager": subject,
        "date_decision": day(text(extension(decision, "dateDecision"), "valueDate")),
        "type_decision": code(extension(decision, "typeDecision"), "valueCodeableConcept"),
        "date_effet_cloture": day(text(extension(decision, "dateEffetCloture"), "valueDate")),
    }, ""  # fmt: skip
    for rank, replaced in enumerate(_replaced(basic)):
        yield "decisions_remplacees", {
            "finess_et": None, "decision_id": ident, "decision_remplacee_id": replaced, "@usager": subject,
        }, f".identifier[{rank}]"  # fmt: skip
    for rank, right in enumerate(extensions(decision, "droitPrestation"), start=1):
        numbered = extension(right, "idDroitPrestation")
        own = text(numbered, "valueString") or text(part(numbered, "valueIdentifier"), "value")
        number = own or (f"{ident}-{rank}" if ident else None)
        detail = extension(right, "detailPrestation")
        where = f".extension[{SD}tddui-decision].droitPrestation[{rank - 1}]"
        more = beyond(right)
        number = more.get("droit_id", number)

        def coded(url: str, node: Node = right) -> str | None:
            return code(extension(node, url), "valueCodeableConcept")

        yield "droits_prestations", {
            "finess_et": None, "droit_id": number, "decision_id": ident,
            "@usager": subject, "categorie": coded("categorieDroitPrestation"),
            "type_droit": coded("typeDroitPrestation"), "nature": coded("natureDroitPrestation"),
            "date_ouverture": day(text(extension(right, "dateOuverture"), "valueDate")),
            "date_echeance": day(text(extension(right, "dateEcheance"), "valueDate")),
            "existence_pag": text(extension(right, "existencePAG"), "valueBoolean"),
            "motif_fin_pag": coded("motifFinPAG"), "creton": text(extension(right, "creton"), "valueBoolean"),
            "taux": text(part(extension(right, "taux"), "valueQuantity"), "value"),
            "type_compensation": coded("typeCompensation"), "temporalite": coded("temporaliteAccueil", detail),
            "accueil_sequentiel": text(extension(detail, "accueilSequentiel"), "valueBoolean"),
            "qualification": coded("qualificationOrientation", detail),
            "precision_orientation": coded("precisionOrientation", detail),
            **more,
        }, where  # fmt: skip
        for order, care in enumerate(extensions(detail, "priseCharge"), start=1):
            amount = extension(care, "quantification")
            unit = part(extension(amount, "unitePriseCharge"), "valueQuantity")
            yield "prises_en_charge", {
                "finess_et": None, "droit_id": number, "rang": str(order), "@usager": subject,
                "mode_prise_en_charge": coded("modePriseCharge", care),
                "valeur": text(extension(amount, "valeurPriseCharge"), "valueInteger"),
                "unite": text(unit, "code") or text(unit, "unit"),
                "frequence": coded("frequencePriseCharge", amount), **beyond(care),
            }, f"{where}.priseCharge[{order - 1}]"  # fmt: skip


def _replaced(basic: Node) -> list[str]:
    """The numbers of the decisions that this one revises, renews or closes, each once."""
    said = (text(i, "value") for i in objects(basic, "identifier") if code(i, "type") == "IDDECISIONMAJ")
    return list(dict.fromkeys(filter(None, said)))


def decision_numbers(basic: Node) -> tuple[str | None, str | None]:
    """(number of the decision, its national number)."""
    given = [i for i in objects(basic, "identifier") if text(i, "value")]
    national = [i for i in given if code(i, "type") == "IDNATDECISION" or i.get("system") == DECISION_NAT]
    others = [
        i for i in given if i not in national and code(i, "type") not in ("IDDECISIONMAJ", "NUMENREG", "NUMALLOC")
    ]

    def merit(identifier: Node) -> int:
        if code(identifier, "type") == "IDDECISION":
            return 0
        if identifier.get("use") == "official":
            return 1
        if kind_of_system(identifier) == "decision":
            return 2
        return 3 if str(identifier.get("system")).startswith(MDPH) else 4

    number = text(min(others, key=merit), "value") if others else text(basic, "id")
    return number, text(national[0] if national else {}, "value")


def _transport(task: Node, _: State) -> Rows:
    finess, ident = business(task, "transportusager")
    given = inputs(task)
    yield "transports", {
        "finess_et": finess, "transport_id": ident, "@usager": key_of(task.get("for")) or key_of(task.get("encounter")),
        "mode": code(task, "code"), "nature_transport": code(given.get("natureTransport", {}), "valueCodeableConcept"),
        "date_debut": moment(text(part(task, "executionPeriod"), "start")),
        "distance_km": _quantity(given.get("distance", {}), "valueDistance", _TO_KM),
        "duree_min": _quantity(given.get("dureeTheorique", {}), "valueDuration", _TO_MIN),
    }, ""  # fmt: skip


def _quantity(given: Node, name: str, factors: dict[str, Decimal]) -> str | None:
    """A quantity converted to the unit of the field. An unknown unit gives None; a value that is no number stays."""
    quantity = part(given, name) or part(given, "valueQuantity")
    value, unit = text(quantity, "value"), text(quantity, "code") or text(quantity, "unit")
    if value is None or (unit and unit not in factors):
        return None
    try:
        converted = Decimal(value) * factors[unit] if unit else Decimal(value)
        return f"{converted.quantize(Decimal('0.001')).normalize():f}"
    except DecimalException:  # no number, or one that no length and no time is
        return value


def _accord(consent: Node, state: State) -> Rows:
    finess, ident = business(consent, "accord")
    provision = part(consent, "provision")
    target = part(provision, "data", "reference")
    about = key_of(target) or ""
    performers = [key for key in map(key_of, objects(consent, "performer")) if key]
    yield "accords", {
        "finess_et": finess, "accord_id": ident, "@usager": key_of(consent.get("patient")),
        "@auteurs": "\n".join(performers) or None,
        "objet_type": OBJECTS.get(about.split("/")[-2] if about.count("/") else text(target, "type") or ""),
        "statut": state.word, "date_accord": day(text(consent, "dateTime")),
    }, ""  # fmt: skip


def _orientation(task: Node, _: State) -> Rows:
    given = inputs(task)

    def coded(name: str) -> str | None:
        return code(given.get(name, {}), "valueCodeableConcept")

    def number(name: str) -> str | None:
        value = given.get(name, {})
        return text(part(value, "valueIdentifier"), "value") or text(value, "valueString")

    def dated(name: str) -> str | None:
        value = given.get(name, {})
        return day(text(value, "valueDate") or text(value, "valueDateTime"))

    yield "orientations", {
        "finess_et": structure_finess(number("idNat_Struct")),
        "tache_id": text(task, "id") or text(part(task, "identifier"), "value"),
        "id_decision": number("idDecision"), "id_nat_decision": number("idNat_Decision"),
        "numero_mdph": number("numeroIndividu"), "statut_esms": coded("statutESMS"), "motif_esms": coded("motifESMS"),
        "date_statut_esms": dated("dateStatutESMS"), "unite_id": number("idUnite"),
        "nom_unite": text(given.get("nomUnite", {}), "valueString"),
        "categorie_organisation": coded("categorieOrganisation"), "temporalite": coded("temporaliteAccueil"),
        "accueil_sequentiel": text(given.get("accueilSequentiel", {}), "valueBoolean"),
        "mode_prise_en_charge": coded("modePriseCharge"), "statut_unite": coded("statutUnite"),
        "date_statut_unite": dated("dateStatutUnite"), "motif_unite": coded("motifUnite"),
        "type_droit": coded("typeDroitPrestation"), "derniere_maj": moment(text(part(task, "meta"), "lastUpdated")),
    }, ""  # fmt: skip


_ROWS: dict[str, Callable[[Node, State], Rows]] = {
    "usager": _usager, "sejour": _sejour, "evenement": _evenement, "presence": _presence, "evaluation": _evaluation,
    "projet": _projet, "attente": _goal("ATTENTE", "attente"), "objectif": _goal("OBJECTIF", "objectif"),
    "besoin": _besoin, "action": _task("ACTION", "action"), "moyen": _task("MOYEN", "moyenressource", "type"),
    "prestation": _task("PRESTATION", "prestation", "typePrestation"), "bilan": _bilan, "decision": _decision,
    "transport": _transport, "accord": _accord, "orientation": _orientation,
}  # fmt: skip

# Tables of the rows that stand beside the row of their resource.
_BESIDE = {"evaluation_reponses", "decisions_remplacees", "droits_prestations", "prises_en_charge"}
# Tables whose rows take no state from their resource: a Basic has no status.
_STATELESS = {"decisions", "decisions_remplacees", "droits_prestations", "prises_en_charge"}


def rows_of(kind: str, resource: Node, state: State) -> Rows:
    """The rows of a resource, with what this project wrote in it that the guide has no place for.

    « @refus » says why one cannot be taken, whatever it holds.
    """
    more = beyond(resource)
    for entity, row, below in _ROWS[kind](resource, state):
        if entity not in _STATELESS:
            row["etat"] = state.state
        row["@refus"] = state.refusal
        if entity not in _BESIDE:
            row.update(more)
        else:  # of what stands beside it, the state and the ESMS are those of the resource
            row.update({name: more[name] for name in ("etat", "finess_et") if name in more and name in row})
        yield entity, row, below


# Classes that others point to -> where the reference to their patient is.
_LEADS = {
    "sejour": "subject", "evenement": "subject", "projet": "subject", "demande_orientation": "subject",
    "agenda": "actor", "accord": "patient",
}  # fmt: skip
_IDS = {"sejour": "sejour_id", "evenement": "evenement_id", "projet": "projet_id"}


def target(kind: str, resource: Node, row: Row | None, state: State) -> Target | None:
    """What a resource gives to those that point to it; None when its class is never pointed to."""
    if kind == "usager" and row is not None:
        mark = hash(tuple(sorted((name, value) for name, value in row.items() if value is not None)))
        return Target(kind, row["finess_et"], row["usager_id"], mark=mark)
    if kind == "structure":
        return Target(kind, finess_of(resource))
    if kind in ("professionnel", "exercice"):
        numbers = (rpps(text(i, "system"), text(i, "value")) for i in objects(resource, "identifier"))
        return Target(kind, None, next(filter(None, numbers), None), key_of(resource.get("practitioner")))
    if kind not in _LEADS:
        return None
    numbered = row if row is not None and kind in _IDS else {}
    return Target(
        kind,
        numbered.get("finess_et"),
        numbered.get(_IDS.get(kind, "")),
        key_of(part(resource, _LEADS[kind])),
        _said_to_others(kind, state),
    )


def _said_to_others(kind: str, state: State) -> str | None:
    """What those that point to a resource must know of its state: an agreement that is given or refused, an agenda that
    is no longer in use."""
    if kind == "agenda" and is_withdrawn(state):
        return state.state
    return _agreement(state) if kind == "accord" else None


def agreed_by(consent: Node) -> str | None:
    """ACCORDE or REFUSE; None: the consent says neither."""
    return _agreement(state_of("accord", consent))


def _agreement(state: State) -> str | None:
    return state.word if state.state in (FACT, REFUSED) and not state.refusal else None
