"""CDA v1 of TDDUI: one person a document, in an `.xml`, or in base64 inside DocumentReference (alone or in a Bundle).

Belongs here: the sections and their rows, as docs/formats/cda.md says. Does not belong here: types, code lists (the
contract). A document type declaration, hence any entity, is refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.parsers import expat

from data_contracts.limits import limit
from data_contracts.statuses import FACT, PLANNED, REFUSED, statuses, withdrawn
from ingest.read import cda_header
from ingest.read.cda_header import ROOT
from ingest.read.fhir import elements as json_parts
from ingest.read.fhir.bundle import entries
from ingest.read.fhir.elements import rpps, split
from ingest.read.fhir.questionnaires import GIR
from ingest.read.fhir.tddui_terms import INS
from ingest.read.frames import REMEDY, LayoutLike, Over, Rows, Table, UnreadableFile
from ingest.read.opening import opened

_BLOCK = 1 << 16
_COLUMNS = {
    "usagers": (
        "finess_et", "usager_id", "matricule_ins", "ins_type", "ins_statut", "nir", "numero_mdph", "nom_naissance",
        "nom_usage", "prenoms", "date_naissance", "sexe", "commune_naissance", "code_domicile",
    ),
    "sejours": (
        "finess_et", "sejour_id", "usager_id", "date_admission", "date_entree_previsionnelle", "date_entree",
        "mode_entree", "libelle_mode_entree", "date_sortie_previsionnelle", "date_sortie", "libelle_mode_sortie",
        "etat",
    ),
    "evaluations": (
        "finess_et", "evaluation_id", "usager_id", "type_evaluation", "date_evaluation", "resultat", "gir", "statut",
        "etat",
    ),
    "evaluation_reponses": ("finess_et", "evaluation_id", "question_code", "reponse_code", "etat"),
    "evenements": (
        "finess_et", "evenement_id", "usager_id", "sejour_id", "type_evenement", "date_debut", "date_fin", "statut",
        "rpps_intervenant", "etat",
    ),
    "transports": (
        "finess_et", "transport_id", "usager_id", "mode", "date_debut", "distance_km", "duree_min", "etat",
    ),
}  # fmt: skip
_STAYS, _EVENTS, _ASSESSMENTS = "GEN-362", "89793-4", "47420-5"
_ENTRY, _EXIT, _STATUS = "ORG-070", "ORG-074", "106199-3"
_DISTANCE, _DURATION = "103208-5", "GEN-353"
_TRANSPORT = "1.2.250.1.213.1.1.3.216"
_STRUCTURE, _NIR, _MDPH = "1.2.250.1.71.4.2.2", "1.2.250.1.213.1.4.13", "1.2.250.1.213.7."
_INS = {system.removeprefix("urn:oid:"): nature for system, nature in INS.items()}
_OF_PERSON = re.compile(r"(.+?)-(?:SEJOUR|EVN|EVAL|PPER|PA|TPPro|TPPat)-", re.S)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(?:\.\d+)?(?:[+-]\d{4})?")
_COG = re.compile(r"\d{5}|2[AB]\d{3}")
DENIED = "ANNULE"  # what a negation says of its statement
NOT_FACTS = (*sorted(withdrawn()), REFUSED)
_SAY = "dire ce qu'il en est, puis renvoyer le document."
_REMEDY = "déposer le document d'origine, entier"
_REMEDY_OF_MODEL = "retirer ce document du transfert, ou l'exporter du DUI au format TDDUI"


@dataclass(slots=True)
class Element:
    """One element: its name without namespace, attributes, text and children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """The elements at a path below."""
        if not names:
            yield self
            return
        for child in self.children:
            if child.name == names[0]:
                yield from child.all(*names[1:])

    def first(self, *names: str) -> Element:
        """The first element at a path below; an empty one when there is none."""
        return next(self.all(*names), Element(names[-1] if names else self.name, {}))

    def get(self, name: str) -> str | None:
        return self.attributes.get(name, "").strip() or None

    def code(self) -> str | None:
        return self.first("code").get("code")

    def walk(self) -> Iterator[Element]:
        waiting: list[Element] = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))

    def words(self) -> str | None:
        return " ".join(" ".join(part.text for part in self.walk()).split()) or None


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """Rows of the wanted entities, document after document; `_ligne` is the rank of the row.

    Raises:
        UnreadableFile: malformed XML, a DOCTYPE, an attachment that is not a CDA document.
    """
    collected = {entity: Rows(entity, _COLUMNS[entity]) for entity in entities}
    for number, root in enumerate(_documents(path)):
        for entity, row in _Document(root).rows():
            if (rows := collected.get(entity)) is not None:
                rows.add(row, path=f"document[{number}].{entity}", defect=row.pop("@refus", None))
        for rows in collected.values():
            if rows.full:
                yield rows.take()
    for rows in collected.values():
        if not rows.empty or not rows.count:
            yield rows.take()


def _documents(path: Path) -> Iterator[Element]:
    if cda_header.header_of(path) is not None:
        with opened(path) as stream:
            yield _parsed(path, iter(lambda: stream.read(_BLOCK), b""), "")
        return
    for entry in entries(path):
        where = f" de l'entrée n° {entry.number}"
        resource = entry.resource if isinstance(entry.resource, dict) else {}
        if resource.get("resourceType") != "DocumentReference":
            raise UnreadableFile(path, f"la ressource{where} n'est pas un document (DocumentReference)", _REMEDY)
        for content in json_parts.objects(resource, "content"):
            data = json_parts.text(json_parts.part(content, "attachment"), "data")
            try:
                document = base64.b64decode("".join((data or "").split()), validate=True)
            except ValueError as error:  # a sign that is not ASCII among them
                raise UnreadableFile(path, f"pièce jointe{where} illisible (base64)", _REMEDY) from error
            if not document.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                raise UnreadableFile(path, f"la pièce jointe{where} n'est pas un document CDA", _REMEDY)
            root = _parsed(path, [document], where)
            if not (model := cda_header.header([document])) or not model.is_tddui:
                what = f"la pièce jointe{where} est un document CDA d'un autre modèle que TDDUI ({cda_header.CODE})"
                raise UnreadableFile(path, what, _REMEDY_OF_MODEL)
            yield root


def _local(name: str) -> str:
    return name.rsplit(" ", 1)[-1]


def _parsed(path: Path, blocks: Iterable[bytes], where: str) -> Element:
    """The document as a tree. A document type declaration is refused, so that nothing in it can expand."""
    top = Element("", {})
    open_elements = [top]
    deepest = limit("profondeur")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > deepest:
            raise Over("profondeur")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def text(data: str) -> None:
        open_elements[-1].text += data

    def doctype(*_: object) -> None:
        raise UnreadableFile(path, f"XML{where} avec une déclaration DOCTYPE, refusée par sécurité", _REMEDY)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = f"XML{where} tronqué ou mal formé à la ligne {error.lineno} ({expat.ErrorString(error.code)})"
        raise UnreadableFile(path, what, _REMEDY) from error
    except (LookupError, ValueError) as error:  # of Python, not of expat
        what = f"XML{where} dont l'encodage annoncé est inconnu ou n'est pas le sien"
        raise UnreadableFile(path, what, _REMEDY) from error
    root = top.first(ROOT)
    if not root.children:
        raise UnreadableFile(path, f"XML{where} dont la racine n'est pas « {ROOT} »", _REMEDY)
    return root


Row = dict[str, str | None]


class _Document:
    """One document, which is about one person."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.role = root.first("recordTarget", "patientRole")

    @cached_property
    def numbers(self) -> list[tuple[str, str]]:
        """(FINESS, local id) of every business identifier, in the order of the document."""
        pairs = (split(e.get("extension")) for e in self.root.walk() if e.name == "id")
        return [(finess, ident) for finess, ident in pairs if finess and ident]

    @cached_property
    def finess(self) -> str | None:
        """The FINESS of the custodian, else that of the first business identifier."""
        for element in self.root.first("custodian").walk():
            number = element.get("extension") if element.name == "id" and element.get("root") == _STRUCTURE else None
            if number:
                return number[1:] if len(number) == 10 else number
        return self.numbers[0][0] if self.numbers else None

    @cached_property
    def person(self) -> str | None:
        """The local id of the person: as given, else what precedes the suffix of a business number, else the INS."""
        given = [split(e.get("extension")) for e in self.role.all("id")]
        for finess, ident in given:
            if finess:
                return ident
        for _, ident in self.numbers:
            if match := _OF_PERSON.match(ident):
                return match[1]
        return next((e.get("extension") for e in self.role.all("id") if e.get("root") in _INS), None)

    def number(self, element: Element) -> tuple[str | None, str | None]:
        finess, ident = split(element.first("id").get("extension"))
        return finess or self.finess, ident

    def rows(self) -> Iterator[tuple[str, Row]]:
        yield "usagers", self._usager()
        stays: dict[str | None, str | None] = {}
        for organizer in self._in(_STAYS, "entry", "organizer"):
            yield from self._stay(organizer, stays)
        for event in self._in(_EVENTS, "entry", "encounter"):
            yield from self._event(event, stays)
        for assessment in self._in(_ASSESSMENTS, "entry", "organizer", "component", "observation"):
            yield from self._assessment(assessment)

    def _in(self, section_code: str, *names: str) -> Iterator[Element]:
        for section in self.root.all("component", "structuredBody", "component", "section"):
            if section.code() == section_code:
                yield from section.all(*names)

    def _usager(self) -> Row:
        patient = self.role.first("patient")
        row: Row = {"finess_et": self.finess, "usager_id": self.person}
        for number in self.role.all("id"):
            root, value = number.get("root") or "", number.get("extension")
            if root in _INS:
                if row.get("ins_type") != "INS-NIR":  # a NIA waits for the NIR, which comes first wherever it stands
                    row["matricule_ins"], row["ins_type"] = value, _INS[root]
            elif root == _NIR:
                row["nir"] = value
            elif root.startswith(_MDPH):
                row["numero_mdph"] = value
        names = patient.first("name")

        def name_of(name: str, *qualifiers: str | None) -> str | None:
            parts = {part.get("qualifier"): part.words() for part in reversed(list(names.all(name)))}
            return next((parts[q] for q in qualifiers if parts.get(q)), None)

        place = patient.first("birthplace", "place", "addr", "county").words()
        row["nom_naissance"], row["nom_usage"] = name_of("family", "BR"), name_of("family", "CL", None)
        row["prenoms"] = name_of("given", None, "BR")
        row["date_naissance"] = _day(patient.first("birthTime"))
        sex = patient.first("administrativeGenderCode").get("code")
        row["sexe"] = "I" if sex == "UN" else sex
        row["commune_naissance"] = place if place and _COG.fullmatch(place) else None
        row["code_domicile"] = self.role.first("addr", "postalCode").words()
        return row

    def _stay(self, organizer: Element, stays: dict[str | None, str | None]) -> Iterator[tuple[str, Row]]:
        told = [o for o in organizer.all("component", "observation") if _said(o)["etat"] not in NOT_FACTS]
        observed = {(o.code(), o.get("moodCode") == "INT"): o for o in told}
        nothing = Element("observation", {})
        entered, left = observed.get((_ENTRY, False), nothing), observed.get((_EXIT, False), nothing)
        expected, planned = observed.get((_ENTRY, True), nothing), observed.get((_EXIT, True), nothing)
        for stay in organizer.all("component", "encounter"):
            finess, ident = self.number(stay)
            for act in organizer.all("component", "act"):
                stays[self.number(act)[1]] = ident
            yield "sejours", {
                "finess_et": finess, "sejour_id": ident, "usager_id": self.person,
                "date_admission": _day(stay.first("effectiveTime")),
                "date_entree_previsionnelle": _day(expected.first("effectiveTime")),
                "date_entree": _day(entered.first("effectiveTime")),
                "mode_entree": entered.first("value").get("code"), "libelle_mode_entree": self._label(entered),
                "date_sortie_previsionnelle": _day(planned.first("effectiveTime")),
                "date_sortie": _day(left.first("effectiveTime")), "libelle_mode_sortie": self._label(left),
                **_said(organizer, stay),
            }  # fmt: skip

    def _label(self, observation: Element) -> str | None:
        """The text that an observation refers to, in the human part of the document, else its own text."""
        text = observation.first("text")
        target = (text.first("reference").get("value") or "").removeprefix("#")
        if target:
            return next((element.words() for element in self.root.walk() if element.get("ID") == target), None)
        return text.words()

    def _event(self, event: Element, stays: dict[str | None, str | None]) -> Iterator[tuple[str, Row]]:
        finess, ident = self.number(event)
        when = event.first("effectiveTime")
        status = _observed(event, _STATUS).get("code")
        yield "evenements", {
            "finess_et": finess, "evenement_id": ident, "usager_id": self.person, "sejour_id": stays.get(ident),
            "type_evenement": event.first("code", "qualifier", "value").get("code") or event.code(),
            "date_debut": _moment(when.first("low")) or _moment(when), "date_fin": _moment(when.first("high")),
            "statut": status, "rpps_intervenant": _professional(event),
            **_said(event, status=status, planned=("VALIDE",)),
        }  # fmt: skip
        for act in event.all("entryRelationship", "act"):
            finess, ident = self.number(act)
            templates = {template.get("root") for template in act.all("templateId")}
            if _TRANSPORT in templates and ident and "-TPPat-" in ident:
                yield "transports", {
                    "finess_et": finess, "transport_id": ident, "usager_id": self.person, "mode": act.code(),
                    "date_debut": _moment(act.first("effectiveTime", "low")),
                    "distance_km": _observed(act, _DISTANCE).get("value"),
                    "duree_min": _observed(act, _DURATION).first("width").get("value"), **_said(act),
                }  # fmt: skip

    def _assessment(self, assessment: Element) -> Iterator[tuple[str, Row]]:
        finess, ident = self.number(assessment)
        result = assessment.first("value").get("code")
        status = _observed(assessment, _STATUS).get("code")
        said = _said(assessment, status=status)
        yield "evaluations", {
            "finess_et": finess, "evaluation_id": ident, "usager_id": self.person,
            "type_evaluation": assessment.code(), "date_evaluation": _day(assessment.first("effectiveTime")),
            "resultat": result, "gir": GIR.get(result or ""), "statut": status, **said,
        }  # fmt: skip
        for question in assessment.all("entryRelationship", "observation"):
            if question.code() == _STATUS or _said(question)["etat"] in NOT_FACTS:
                continue
            for asked, answered in ((None, question), *((question, o) for o in _below(question))):
                value = answered.first("value")
                yield "evaluation_reponses", {
                    "finess_et": finess, "evaluation_id": ident,
                    "question_code": f"{asked.code()}.{answered.code()}" if asked else answered.code(),
                    "reponse_code": value.get("code") or value.get("value"), **said,
                }  # fmt: skip


def _said(*elements: Element, status: str | None = None, planned: tuple[str, ...] = ()) -> Row:
    """`etat` of what these elements state together, and « @refus » when nothing says whether it is a fact.

    A negation says that it did not take place; a mood other than EVN, that it is intended. status: of J281, when one is
    observed. planned: those which are only a plan for this class.
    """
    states: list[str] = []
    for element in elements:
        if element.get("negationInd") == "true":
            states.append(DENIED)
        if element.get("nullFlavor"):
            return {"etat": None, "@refus": f"élément déclaré inconnu (nullFlavor) : il n'énonce rien{REMEDY}{_SAY}"}
        if (element.get("moodCode") or "EVN") != "EVN":
            states.append(PLANNED)
        if code := element.first("statusCode").get("code"):
            known = statuses("cda", "statusCode").get(code)
            if known is None:
                return {"etat": None, "@refus": f"statut inconnu (statusCode) : rien ne dit un fait{REMEDY}{_SAY}"}
            states.append(known.state)
    if status and (known := statuses("cda", _STATUS).get(status)):
        states.append(PLANNED if status in planned else known.state)
    for state in (*sorted(withdrawn()), REFUSED, PLANNED, FACT):
        if state in states:
            return {"etat": state, "@refus": None}
    return {"etat": None, "@refus": None}


def _below(question: Element) -> Iterator[Element]:
    return question.all("entryRelationship", "observation")


def _observed(element: Element, code: str) -> Element:
    """The value of the observation of that code under an element."""
    for observation in element.all("entryRelationship", "observation"):
        if observation.code() == code:
            return observation.first("value")
    return Element("value", {})


def _professional(event: Element) -> str | None:
    """RPPS of the first performer who has one."""
    numbers = (
        rpps(f"urn:oid:{i.get('root')}", i.get("extension")) for i in event.all("performer", "assignedEntity", "id")
    )
    return next(filter(None, numbers), None)


def _stamp(element: Element) -> re.Match[str] | None:
    value = element.get("value") or element.first("low").get("value")
    return _STAMP.fullmatch(value) if value else None


def _day(element: Element) -> str | None:
    """The date of a time stamp. A stamp of another shape stays as it is."""
    stamp = _stamp(element)
    return "-".join(stamp.group(1, 2, 3)) if stamp else element.get("value")


def _moment(element: Element) -> str | None:
    """The clock time of a time stamp, without its offset. A stamp of another shape stays as it is."""
    stamp = _stamp(element)
    if not stamp:
        return element.get("value")
    hours, minutes, seconds = stamp.group(4, 5, 6)
    day = "-".join(stamp.group(1, 2, 3))
    return f"{day}T{hours}:{minutes}:{seconds or '00'}" if hours else day
