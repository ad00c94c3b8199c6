"""FINESS+ JSON (structures and activités), streamed one legal entity at a time.

Belongs here: which rows and columns each entity takes from the nested objects, and how lists become one text.
Does not belong here: meaning, types, code lists (the contract).

The published schema differs from the real files. The paths here are those of the files of July and August 2026, checked
on all the paths of the national files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ijson

from ingest.read.finess_json_columns import ACTIVITES, ACTIVITY_EVENTS, CAPACITES, EJ, ET, LEFT_OUT
from ingest.read.frames import LayoutLike, Rows, Table, UnreadableFile, as_text
from ingest.read.json_file import sniff
from ingest.read.json_stream import json_stream

Node = dict[str, Any]
Values = dict[str, str | None]
Emit = Callable[[str, Values, str], None]

_COLUMNS = {"ej": EJ, "et": ET, "activites": ACTIVITES, "capacites": CAPACITES}
_ENTITIES = {"structures": ("ej", "et"), "activites": ("activites", "capacites")}
_GEOGRAPHIC, _SEAT = "03", "02"  # usageAdresse: every ET has exactly one 03, every EJ exactly one 02
_MAIN_CONTACT = "01"  # roleContact
# Natures whose activity is a triplet (what is done, how, for whom), with the key of the first of the three.
# codeNature ASMR is spelt typeActiviteAMSR in the files.
_TRIPLETS = {
    "typeActiviteAMSR": "activiteSocialeRegulee",
    "typeActiviteASOCR": "activiteSocialeRegulee",
    "typeActiviteASDR": "activiteSanitaireDiverseRegulee",
    "typeActiviteAER": "activiteEnseignementRegulee",
}


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """Rows of the wanted entities: ej and et from a structures file, activites and capacites from an activités file."""
    facts = sniff(path).facts
    contents = facts.get("content", "")
    if strange := [e for e in entities if e not in _ENTITIES.get(contents, ())]:
        raise UnreadableFile(
            path,
            f"fichier FINESS+ « {contents or 'inconnu'} », où ne se trouve pas : {', '.join(strange)}",
            "déposer l'autre fichier FINESS+ (structures : EJ et ET ; activités : activités et capacités)",
        )
    collected = {entity: Rows(entity, _COLUMNS[entity]) for entity in entities}
    stated_on = facts.get("generatedAt", "")[:10]

    def emit(entity: str, values: Values, path: str) -> None:
        if entity in collected:
            collected[entity].add(values, path=path)

    with json_stream(path) as stream:
        for index, person in enumerate(ijson.items(stream, "pmej.item")):
            try:
                if contents == "structures":
                    _structures(_known(person, "pmej"), f"pmej[{index}]", stated_on, emit)
                else:
                    _activities(_known(person, "pmej"), f"pmej[{index}]", emit)
            except _OtherShape as other:
                what = f"« {other.key} » de pmej[{index}] n'a pas la forme d'un fichier FINESS+"
                raise UnreadableFile(path, what, "télécharger de nouveau le fichier, puis le redéposer") from other
            for rows in collected.values():
                if rows.full:
                    yield rows.take()
    for rows in collected.values():
        if not rows.empty or not rows.count:
            yield rows.take()


class _OtherShape(Exception):
    """A text or a list where an object stands in every file, or the other way round. key: its own."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def _known(value: Any, key: str) -> Node:
    if not isinstance(value, dict):
        raise _OtherShape(key)
    return value


def _object(node: Node, key: str) -> Node:
    """The object of a key; an empty one when there is none."""
    return _known(value, key) if (value := node.get(key)) else {}


def _objects(node: Node, key: str) -> list[Node]:
    """The objects of a list; none when there is no list."""
    if not (value := node.get(key)):
        return []
    if not isinstance(value, list):
        raise _OtherShape(key)
    return [_known(each, key) for each in value]


def _structures(person: Node, where: str, stated_on: str, emit: Emit) -> None:
    emit("ej", _structure(person, stated_on), where)
    general = _object(person, "informationsGeneralesPMEJ")
    for index, establishment in enumerate(_objects(person, "ege")):
        values = _structure(establishment, stated_on)
        for key in ("numFinessPm", "pmSmsseId"):
            values[f"informationsGeneralesPMEJ.{key}"] = as_text(general.get(key))
        emit("et", values, f"{where}.ege[{index}]")


def _structure(node: Node, stated_on: str) -> Values:
    """An EJ or an ET: its own values, one address, one contact, its current engagements."""
    values: Values = {}
    _flatten(node, "", values)
    _flatten(_preferred(_objects(node, "adresse"), _usage, (_GEOGRAPHIC, _SEAT)), "adresse", values)
    _flatten(_preferred(_objects(node, "contact"), _role, (_MAIN_CONTACT,)), "contact", values)
    current = (e for e in _objects(node, "engagement") if _is_current(e, stated_on))
    kinds = {as_text(e.get("sousTypeEngagement")) for e in current}
    values["engagement.sousTypeEngagement"] = "|".join(sorted(k for k in kinds if k)) or None
    return values


def _activities(person: Node, where: str, emit: Emit) -> None:
    bearer: Values = {}
    _flatten(person, "", bearer)
    for index, activity in enumerate(_objects(person, "activitesAutorisees")):
        _activity(activity, {"niveau": "autorisee", **bearer}, f"{where}.activitesAutorisees[{index}]", emit)
    for rank, establishment in enumerate(_objects(person, "ege")):
        place: Values = {"niveau": "exercee", **bearer}
        _flatten(establishment, "", place)
        for index, activity in enumerate(_objects(establishment, "activitesExercees")):
            _activity(activity, place, f"{where}.ege[{rank}].activitesExercees[{index}]", emit)


def _activity(activity: Node, place: Values, where: str, emit: Emit) -> None:
    nature = _object(activity, "nature")
    specific = _object(nature, "caracteristiquesSpecifiques")
    values: Values = dict(place)
    _flatten(activity, "", values)
    values["nature.codeNature"] = as_text(nature.get("codeNature"))
    for kind, first in _TRIPLETS.items():
        if triplet := _object(specific, kind):
            values["typeActivite.discipline"] = as_text(triplet.get(first))
            values["typeActivite.modeFonctionnement"] = as_text(triplet.get("modeFonctionnement"))
            values["typeActivite.public"] = as_text(triplet.get("public"))
    for age in ("ageMinAutorise", "ageMaxAutorise", "ageMinInstalle", "ageMaxInstalle"):
        values[f"nature.caracteristiquesSpecifiques.{age}"] = as_text(specific.get(age))
    for code in ACTIVITY_EVENTS:
        events = (e for e in _objects(activity, "evenement") if e.get("codeEvenement") == code)
        dates = [as_text(e.get("dateEvenement")) for e in events]
        values[f"evenement.{code}"] = max((d for d in dates if d), default=None)
    emit("activites", values, where)
    shared = {column: values.get(column) for column in CAPACITES if not column.startswith("capacite.")}
    for index, capacity in enumerate(_objects(activity, "capacite")):
        row = dict(shared)
        _flatten(capacity, "capacite", row)
        emit("capacites", row, f"{where}.capacite[{index}]")


def _flatten(node: Node, prefix: str, values: Values) -> None:
    """Puts the leaves of nested objects under their dotted path. A list of plain values is joined with `|`."""
    for key, value in node.items():
        path = f"{prefix}.{key}" if prefix else key
        if path in LEFT_OUT:
            continue
        if isinstance(value, dict):
            _flatten(value, path, values)
        elif isinstance(value, list) and not any(isinstance(v, (dict, list)) for v in value):
            values[path] = "|".join(as_text(v) or "" for v in value) or None
        else:
            values[path] = as_text(value)


def _preferred(nodes: list[Node], kind: Callable[[Node], Any], order: Sequence[str]) -> Node:
    """The node whose kind comes first in that order, else the first node, else nothing."""
    for wanted in order:
        for node in nodes:
            if kind(node) == wanted:
                return node
    return nodes[0] if nodes else {}


def _usage(address: Node) -> Any:
    return address.get("usageAdresse")


def _role(contact: Node) -> Any:
    return _object(contact, "typeContact").get("roleContact")


def _is_current(engagement: Node, stated_on: str) -> bool:
    """Whether an engagement had neither ended nor lapsed on the day the file speaks from."""
    ends = (as_text(engagement.get(key)) for key in ("dateFinEngagement", "dateCaduciteEngagement"))
    return all(not end or end[:10] >= stated_on for end in ends)
