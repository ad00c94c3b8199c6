"""Going through a bundle, entry by entry; then following its references, and giving its rows.

Belongs here: streaming, what refuses a file, the rows held until the last entry is seen. In memory: one entry, the rows
as columns of text, and what is needed of the resources that others point to. Does not belong here: paths (`rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ijson

from ingest.readers.fhir import rows as mapping
from ingest.readers.fhir.classes import KNOWN, WITHOUT_ROW, class_of, is_sdo
from ingest.readers.fhir.elements import Node, part, text
from ingest.readers.fhir.held import Held
from ingest.readers.fhir.references import Index, keys_of_entry
from ingest.readers.json_stream import json_stream
from ingest.readers.model import Document, LayoutLike, Table, UnreadableFile

_SHOWN = 5
_ANSWERS = "evaluation_reponses"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a file. number: its rank, from 1. where: its path."""

    number: int
    url: str | None
    resource: Any
    deleted: bool
    where: str


def sniff(path: Path) -> Document:
    """facts: resourceType of the whole, and contenu: tddui, sdo, or cda when its first resources carry documents."""
    bundle = _is_bundle(path)
    facts = {"resourceType": "Bundle" if bundle else "ressource", "contenu": "tddui"}
    for entry in entries(path, bundle=bundle):
        facts["contenu"] = _contents(entry.resource)
        if facts["contenu"] != "cda":
            break
    return Document("json", "utf-8", None, facts)


def _contents(resource: Any) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind == "DocumentReference":
        return "cda"
    return "sdo" if kind == "Task" and is_sdo(resource) else "tddui"


def _is_bundle(path: Path) -> bool:
    """Whether the object is a Bundle, told by the first key that says so."""
    with json_stream(path) as stream:
        named = False
        for prefix, event, value in ijson.parse(stream):
            if named:
                return value == "Bundle"
            if prefix == "" and event == "map_key":
                if value == "entry":
                    return True
                named = value == "resourceType"
    return False


def entries(path: Path, *, bundle: bool | None = None) -> Iterator[Entry]:
    """The resources of a bundle in order, or the only one of the file.

    Raises:
        UnreadableFile: malformed JSON, or cut before its end.
    """
    if bundle is None:
        bundle = _is_bundle(path)
    with json_stream(path) as stream:
        if not bundle:
            for resource in ijson.items(stream, ""):
                yield Entry(1, None, resource, deleted=False, where="resource")
            return
        for number, entry in enumerate(ijson.items(stream, "entry.item"), start=1):
            node: Node = entry if isinstance(entry, dict) else {}
            yield Entry(
                number,
                text(node, "fullUrl"),
                node.get("resource"),
                deleted=part(node, "request").get("method") == "DELETE",
                where=f"entry[{number - 1}].resource",
            )


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """Rows of the wanted entities; answers to questionnaires as they come, the others once the last entry is read.

    `_ligne` is the number of the entry (the rank of the row where an entry gives several), `_chemin` its path. A row
    whose reference leads to nothing, or to two things, carries that as `_defaut`.

    Raises:
        UnreadableFile: malformed or cut JSON; entries that are no resource, or of a type or profile that nothing takes.
    """
    held = {entity: Held(entity) for entity in entities}
    index, refused = Index(), _Refused(layout.options.get("contenu", "tddui"))
    for entry in entries(path):
        kind = refused.checked(entry)
        if kind is None:
            continue
        resource: Node = entry.resource
        if entry.url and not text(resource, "id"):
            resource["id"] = entry.url.rsplit("/", 1)[-1].removeprefix("urn:uuid:")
        keys = keys_of_entry(entry.url, resource)
        first: mapping.Row | None = None
        for entity, row, below in mapping.ROWS[kind](resource) if kind not in WITHOUT_ROW else ():
            first = first or row
            if kind == "accord":
                row["@soi"] = "\n".join(sorted(keys))
            if entity in held:
                held[entity].add(row, entry.number, entry.where + below)
        if (target := mapping.target(kind, resource, first)) is not None:
            index.add(keys, target)
        if kind == "projet" and first:
            index.agreed(first)
        if _ANSWERS in held:
            yield from held[_ANSWERS].settled()
    refused.raise_if_any(path)
    for entity in entities:
        yield from held[entity].rest(index)


class _Refused:
    """What of a file is taken by no class: it refuses the whole, as a transaction is all or nothing."""

    def __init__(self, contents: str) -> None:
        self._contents = contents
        self._found: dict[str, list[int]] = {}  # reason -> [how many, first entry]

    def checked(self, entry: Entry) -> str | None:
        """The class of an entry; None when it has none, and then why is kept unless it is known to have none."""
        kind, reason = self._judged(entry)
        if reason:
            self._found.setdefault(reason, [0, entry.number])[0] += 1
        return kind

    def _judged(self, entry: Entry) -> tuple[str | None, str | None]:
        resource = entry.resource
        if entry.deleted:
            return None, "suppression demandée (DELETE), que l'entrepôt ne fait pas"
        if not isinstance(resource, dict):
            return None, "entrée sans ressource"
        kind = class_of(resource)
        if kind == "ignore":
            return None, None
        if kind is None:
            named = resource.get("resourceType")
            if isinstance(named, str) and named in KNOWN:
                return None, f"ressource {named} dont ni le profil ni l'identifiant ne disent ce qu'elle est"
            return None, "ressource d'un type que le guide ne prévoit pas, ou sans type"
        if (kind == "orientation") != (self._contents == "sdo") and kind not in WITHOUT_ROW:
            sdo = "tâche du suivi des décisions d'orientation (SDO) parmi des ressources TDDUI"
            return None, sdo if kind == "orientation" else "ressource TDDUI parmi des tâches SDO"
        return kind, None

    def raise_if_any(self, path: Path) -> None:
        if not self._found:
            return
        shown = [
            f"{reason} ({count} ressource{'s' if count > 1 else ''}, la première à l'entrée n° {first})"
            for reason, (count, first) in list(self._found.items())[:_SHOWN]
        ]
        raise UnreadableFile(
            path,
            "ressources qu'aucune table ne prend : " + " ; ".join(shown),
            "retirer ces entrées, ou faire déclarer leur profil, puis redéposer le fichier ; une transaction est prise "
            "tout entière ou pas du tout",
        )
