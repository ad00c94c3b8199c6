"""The TDDUI bundle of one ESMS, written entry by entry: memory holds its rows as columns, never the bundle.

Belongs here: the order of the entries, what they point to, what is counted on the way. Does not belong here: which
element holds which field (`tddui_resources`), where the rows come from (`portability`).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from ingest import owner_only
from ingest.clock import PARIS
from ingest.read.fhir import tddui_terms
from ingest.read.fhir.elements import SD, Node
from orchestration.restitution import tddui_resources as resources
from orchestration.restitution.tddui_resources import Links, Row

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, tddui_terms.CANONICAL)
NO_EVALUATION = "l'évaluation à laquelle elles répondent n'est dans aucune livraison"
NO_DECISION = "la décision qui les ouvre n'est dans aucune livraison"
NO_RIGHT = "le droit dont elles sont le détail n'est dans aucune livraison"
NO_NATURE = "leur nature (attente, besoin, objectif…) n'est pas dite"
OTHER_PERSON = "ils nomment un autre usager que leur décision"
OTHER_QUESTION = "le code de la question est un nom que la grille du guide donne à une autre"


@dataclass
class Content:
    """What was written. entries: resources by class. rows: rows that the bundle says, by table.

    absent: (class, element that the guide or FHIR wants) -> resources where no row gives it. beyond: (table, field) ->
    rows whose value goes by an extension of ours. left: (table, reason) -> rows that could not be said. misshapen:
    class -> resources whose identifier is not in the form of the guide. crowded: decisions that open several rights,
    of which version 2.4 of the guide wants one.
    """

    entries: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    absent: Counter[tuple[str, str]] = field(default_factory=Counter)
    beyond: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    misshapen: Counter[str] = field(default_factory=Counter)
    crowded: int = 0
    sha256: str = ""


def write(
    path: Path | None, frames: Mapping[str, pl.DataFrame], finess: str, name: str | None, now: datetime
) -> Content:
    """Writes the bundle of an ESMS; None: it is only made and counted.

    frames: table of the contract `dui` -> its rows, typed and in clear. name: of the ESMS, when it is known.
    """
    content = Content()
    if path is None:
        for _ in _Making(frames, finess, name, content).entries():
            pass
        return content
    digest = hashlib.sha256()
    with owner_only.opened(path) as file:
        for part in _text(_Making(frames, finess, name, content).entries(), now):
            _put(file, digest, part)
    content.sha256 = digest.hexdigest()
    return content


def _put(file: BinaryIO, digest: Any, part: str) -> None:
    written = part.encode()
    digest.update(written)
    file.write(written)


def _text(entries: Iterator[Node], now: datetime) -> Iterator[str]:
    """The bundle as text, an entry a line."""
    head = {
        "resourceType": "Bundle", "meta": {"profile": [f"{SD}tddui-bundle"]}, "type": "transaction",
        "timestamp": now.astimezone(PARIS).isoformat(timespec="seconds"),
    }  # fmt: skip
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "entry": ['
    mark = "\n"
    for entry in entries:
        yield mark + json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        mark = ",\n"
    yield "\n]}\n"


class _Making:
    """The entries of one ESMS, in their order: what others point to is written when it is first pointed to."""

    def __init__(self, frames: Mapping[str, pl.DataFrame], finess: str, name: str | None, content: Content) -> None:
        self._frames = frames
        self._finess = finess
        self._content = content
        self._waiting: list[tuple[str, str, Node]] = []  # class, url, resource
        self._written: set[str] = set()
        self._links = Links(
            person=lambda local: self._numbered("usager", local),
            stay=lambda local: self._numbered("sejour", local),
            plan=lambda local: self._numbered("projet", local),
            structure=lambda number: self._once("structure", number, resources.organization(number)),
            professional=lambda number: self._once("professionnel", number, resources.practitioner(number)),
            schedule=self._schedule,
        )
        self._once("structure", finess, resources.organization(finess, name))

    def entries(self) -> Iterator[Node]:
        for made in (
            self._each("usagers", "usager", lambda row, _: resources.usager(row)),
            self._each("sejours", "sejour", resources.sejour),
            self._evaluations(),
            self._each("projets", "projet", resources.projet),
            self._each("projet_elements", None, resources.projet_element),
            self._each("bilans", "bilan", resources.bilan),
            self._each("evenements", "evenement", resources.evenement),
            self._each("presences_absences", "presence", resources.presence),
            self._decisions(),
            self._each("transports", "transport", resources.transport),
            self._each("accords", "accord", resources.accord),
        ):
            yield from made

    # ------------------------------------------------------------ classes

    def _each(self, table: str, kind: str | None, make: Any) -> Iterator[Node]:
        key = KEYS[table]
        for row in self._rows(table):
            is_of = kind or tddui_terms.NATURES.get(row["nature"])
            if is_of is None:
                self._leave(table, NO_NATURE, 1)
                continue
            node = make(row, self._links)
            self._complete(table, is_of, node, row)
            self._content.rows[table] += 1
            yield from self._entry(is_of, self._url(is_of, row[key]), node)

    def _evaluations(self) -> Iterator[Node]:
        answers = _Grouped(self._frame("evaluation_reponses"), "evaluation_id")
        for row in self._rows("evaluations"):
            own = answers.take(row["evaluation_id"])
            node = resources.evaluation(row, own, self._links)
            if wrong := _said_otherwise(node, own):
                self._content.left["evaluation_reponses", OTHER_QUESTION] += len(wrong)
                own = [answer for answer in own if answer["question_code"] not in wrong]
                node = resources.evaluation(row, own, self._links)
            self._complete("evaluations", "evaluation", node, row)
            self._content.rows["evaluations"] += 1
            self._content.rows["evaluation_reponses"] += len(own)
            yield from self._entry("evaluation", self._url("evaluation", row["evaluation_id"]), node)
        self._leave("evaluation_reponses", NO_EVALUATION, answers.remaining)

    def _decisions(self) -> Iterator[Node]:
        rights = _Grouped(self._frame("droits_prestations"), "decision_id")
        formers = _Grouped(self._frame("decisions_remplacees"), "decision_id")
        cares = _Grouped(self._frame("prises_en_charge"), "droit_id")
        for row in self._rows("decisions"):
            ident, person = row["decision_id"], row["usager_id"]
            found = rights.take(ident)
            own = sorted((r for r in found if r["usager_id"] in (None, person)), key=lambda r: _rank(r, ident))
            self._leave("droits_prestations", OTHER_PERSON, len(found) - len(own))
            subject = None
            if (who := self._links.person(person)) is not None:
                subject = self._once("demande_orientation", ident, resources.demande(who))
            replaced = [each["decision_remplacee_id"] for each in formers.take(ident)]
            parts = {
                right["droit_id"]: sorted(cares.take(right["droit_id"]), key=lambda care: int(care["rang"]))
                for right in own
            }
            node = resources.decision(row, replaced, own, parts, subject)
            ordered = [care for right in own for care in parts[right["droit_id"]]]
            for table, added in (
                ("droits_prestations", resources.completed_rights(node, own)),
                ("prises_en_charge", resources.completed_cares(node, ordered)),
            ):
                for name in added:
                    self._content.beyond[table, name] += 1
            self._complete("decisions", "decision", node, row)
            self._content.rows["decisions"] += 1
            self._content.crowded += len(own) > 1
            self._content.rows["droits_prestations"] += len(own)
            self._content.rows["decisions_remplacees"] += len(replaced)
            self._content.rows["prises_en_charge"] += len(ordered)
            yield from self._entry("decision", self._url("decision", ident), node)
        self._leave("droits_prestations", NO_DECISION, rights.remaining)
        self._leave("decisions_remplacees", NO_DECISION, formers.remaining)
        self._leave("prises_en_charge", NO_RIGHT, cares.remaining)

    # ------------------------------------------------------------ what entries need

    def _frame(self, table: str) -> pl.DataFrame:
        return self._frames.get(table, pl.DataFrame())

    def _rows(self, table: str) -> Iterator[Row]:
        return self._frame(table).iter_rows(named=True)

    def _complete(self, table: str, kind: str, node: Node, row: Row) -> None:
        for name in resources.completed(kind, node, row):
            if name != KEYS.get(table):  # written in the form of the guide, it goes beside as it is
                self._content.beyond[table, name] += 1
        self._content.misshapen[kind] += resources.is_misshapen(kind, node)

    def _leave(self, table: str, reason: str, rows: int) -> None:
        if rows:
            self._content.left[table, reason] += rows

    def _entry(self, kind: str, url: str, node: Node) -> Iterator[Node]:
        """The entry of a resource, after those that it is the first to point to."""
        waiting, self._waiting = self._waiting, []
        for of, where, each in (*waiting, (kind, url, node)):
            self._content.entries[of] += 1
            for element in set(resources.missing(each)):
                self._content.absent[of, f"{each['resourceType']}.{element}"] += 1
            yield {"fullUrl": where, "resource": each, "request": {"method": "POST", "url": each["resourceType"]}}

    def _url(self, kind: str, local: str) -> str:
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{kind}|{self._finess}|{local}')}"

    def _once(self, kind: str, local: str, node: Node) -> Node:
        """A reference to a resource that no row numbers; the resource comes with the entry that points to it first."""
        url = self._url(kind, local)
        if url not in self._written:
            self._written.add(url)
            self._waiting.append((kind, url, node))
        return {"reference": url}

    def _schedule(self, person: str) -> Node:
        return self._once("agenda", person, resources.schedule(self._numbered("usager", person) or {}))

    def _numbered(self, kind: str, local: str | None) -> Node | None:
        """A reference to what a row numbers: to its entry, or by its number alone when no row is about it."""
        if local is None:
            return None
        if local in self._known[kind]:
            return {"reference": self._url(kind, local)}
        number = resources.identifier(kind, self._finess, local)
        return {"type": resources.type_of(kind), "identifier": number}

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        tables = {"usager": "usagers", "sejour": "sejours", "projet": "projets"}
        return {
            kind: set(self._frame(table)[KEYS[table]]) if self._frame(table).height else set()
            for kind, table in tables.items()
        }


KEYS = {
    "usagers": "usager_id", "sejours": "sejour_id", "projets": "projet_id", "projet_elements": "projet_element_id",
    "bilans": "bilan_id", "evenements": "evenement_id", "presences_absences": "presence_id",
    "transports": "transport_id", "accords": "accord_id",
}  # fmt: skip


class _Grouped:
    """The rows of a table by the value of a column, taken once each."""

    def __init__(self, frame: pl.DataFrame, key: str) -> None:
        self.remaining = frame.height
        self._frame = frame.sort(key, maintain_order=True) if frame.height else frame
        self._places: dict[str | None, tuple[int, int]] = {}
        start = 0
        if frame.height:
            for value, count in self._frame.group_by(key, maintain_order=True).len().iter_rows():
                self._places[value] = (start, count)
                start += count

    def take(self, value: str) -> list[Row]:
        start, count = self._places.pop(value, (0, 0))
        self.remaining -= count
        return list(self._frame.slice(start, count).iter_rows(named=True))


def _said_otherwise(node: Node, answers: list[Row]) -> set[str]:
    """The questions whose answers the reader does not find again."""
    found = {
        row["question_code"]: row["reponse_code"]
        for entity, row in resources.read_back("evaluation", node)
        if entity == "evaluation_reponses"
    }
    asked: dict[str, str | None] = {answer["question_code"]: answer["reponse_code"] for answer in answers}
    return {question for question, value in asked.items() if question not in found or found[question] != value}


def _rank(right: Row, decision: str) -> tuple[int, str]:
    """Rights numbered by their rank come first, in its order: the reader numbers them so."""
    number = right["droit_id"]
    rank = number.removeprefix(f"{decision}-")
    return (int(rank) if rank != number and rank.isdecimal() else 10**9, number)
