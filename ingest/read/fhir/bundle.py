"""Going through a bundle, entry by entry; then following its references, and giving its rows.

Belongs here: streaming, what refuses a file, holding the rows until the last entry is seen. Does not belong here: the
paths of the fields (`rows`).

Memory holds the bytes of the file, one entry, the rows as columns of text, and what is needed of the resources that
others point to.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ingest.read import bounds, cda_header
from ingest.read.fhir import guides
from ingest.read.fhir import rows as mapping
from ingest.read.fhir.classes import KNOWN, WITHOUT_ROW, class_of
from ingest.read.fhir.elements import Node, claimed_profiles, part, text
from ingest.read.fhir.held import Held
from ingest.read.fhir.references import Index, keys_of_entry
from ingest.read.fhir.states import state_of
from ingest.read.frames import Document, LayoutLike, Table, UnreadableFile
from ingest.read.json_stream import json_stream, whole_json
from ingest.read.opening import opened

_SHOWN = 5
_MISSING = msgspec.Raw(b"null")  # a key that is not there, or says nothing
_BLOCK = 1 << 20
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
    """facts: resourceType of the whole, and content: tddui, sdo, cda (only documents of TDDUI), or empty.

    A file of ours is recognised by any resource that names the guide, wherever it stands and whatever the type of the
    bundle. For a file of another guide, four facts help to word its refusal: types (of its resources, the most frequent
    first), guides (that they name), type (of the bundle), document (code of the CDA that it carries).
    """
    whole = _Whole(path)
    facts = {"resourceType": "Bundle" if whole.is_bundle else "ressource", "content": ""}
    types: Counter[str] = Counter()
    named: dict[str, None] = {}
    carried: str | None = None
    says_tddui = False
    for entry in whole.entries():
        resource: Node = entry.resource if isinstance(entry.resource, dict) else {}
        kind = str(resource.get("resourceType") or "")
        types[kind] += 1
        guide = guides.guide_of(resource)
        if kind == "DocumentReference" and guide in (None, guides.TDDUI):
            header = _document(resource)
            if header is not None and not header.is_tddui:
                carried, guide = carried or header.code or "", None
            elif header is not None:
                guide = guides.TDDUI
        if guide == guides.SDO and kind == "Task":
            return Document("json", "utf-8", None, {**facts, "content": "sdo"})
        says_tddui = says_tddui or guide == guides.TDDUI
        if says_tddui and set(types) - {"DocumentReference"}:
            return Document("json", "utf-8", None, {**facts, "content": "tddui"})
        if guide:
            named.setdefault(guide)
    if not says_tddui and whole.is_bundle:
        claimed = [guides.guide_of_profile(url) for url in claimed_profiles(whole.said)]
        says_tddui = guides.TDDUI in claimed
        named |= dict.fromkeys(filter(None, claimed))
    if says_tddui and types:
        facts["content"] = "cda" if set(types) == {"DocumentReference"} else "tddui"
        return Document("json", "utf-8", None, facts)
    facts["types"] = ",".join(kind for kind, _ in types.most_common() if kind)
    facts["guides"] = ",".join(named)
    facts["type"] = (text(whole.said, "type") or "") if whole.is_bundle else ""
    if carried is not None:
        facts["document"] = carried
    return Document("json", "utf-8", None, facts)


def version_of(path: Path) -> str | None:
    """The version of the guide that a JSON file follows (`guides.version_in`); None when nothing says it."""
    with opened(path) as stream:
        return guides.version_in(iter(lambda: stream.read(_BLOCK), b""))


def _document(resource: Node) -> cda_header.Header | None:
    """The header of the first document that a DocumentReference carries; None when it is no CDA."""
    data = text(part(resource, "content", "attachment"), "data")
    with suppress(binascii.Error, ValueError):
        return cda_header.header([base64.b64decode("".join((data or "").split()), validate=True)])
    return None


class _Top(msgspec.Struct):
    """The keys of a whole file that say what it is; each still as it is written, for a file may hold anything."""

    resourceType: msgspec.Raw = _MISSING  # noqa: N815 - the name that the standard gives it
    type: msgspec.Raw = _MISSING
    meta: msgspec.Raw = _MISSING
    entry: msgspec.Raw = _MISSING


_TOP = msgspec.json.Decoder(_Top)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_NODE = msgspec.json.Decoder(float_hook=Decimal)


class _Whole:
    """A file as its bytes, of which one entry at a time becomes Python objects. said: what it says of itself.

    Raises:
        UnreadableFile: malformed JSON, or cut before its end; of some numbers and texts, when their entry is reached.
    """

    def __init__(self, path: Path) -> None:
        with json_stream(path) as stream:
            self._content, self._path = bounds.whole(stream), path
            top = _TOP.decode(self._content)
            self.said: Node = {name: _NODE.decode(getattr(top, name)) for name in ("resourceType", "type", "meta")}
        kind, self._entry = self.said["resourceType"], memoryview(top.entry)
        self.is_bundle = kind == "Bundle" or (kind is None and self._entry != _MISSING)

    def entries(self) -> Iterator[Entry]:
        """The resources of a bundle in order, or the only one of the file."""
        with whole_json(self._path):
            if not self.is_bundle:
                yield Entry(1, None, _NODE.decode(self._content), deleted=False, where="resource")
                return
            written = _LIST.decode(self._entry) if self._entry[:1] == b"[" else []
            for number, raw in enumerate(written, start=1):
                entry = _NODE.decode(raw)
                node: Node = entry if isinstance(entry, dict) else {}
                yield Entry(
                    number,
                    text(node, "fullUrl"),
                    node.get("resource"),
                    deleted=part(node, "request").get("method") == "DELETE",
                    where=f"entry[{number - 1}].resource",
                )


def entries(path: Path) -> Iterator[Entry]:
    """The resources of a bundle in order, or the only one of the file.

    Raises:
        UnreadableFile: malformed JSON, or cut before its end.
    """
    return _Whole(path).entries()


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """Rows of the wanted entities: answers to questionnaires as they come, other rows once the last entry is read.

    `_ligne` is the number of the entry (the rank of the row where an entry gives several), `_chemin` its path. When a
    reference of a row leads to nothing, or to two things, its `_defaut` says so.

    Raises:
        UnreadableFile: malformed or truncated JSON; entries that are no resource, or are of a type or profile that no
            class takes.
    """
    held = {entity: Held(entity) for entity in entities}
    index, unexpected = Index(), _Unexpected(layout.options.get("content", "tddui"))
    deep = _names(path, b"modifierExtension")
    for entry in entries(path):
        kind = unexpected.checked(entry)
        if kind is None:
            continue
        resource: Node = entry.resource
        if entry.url and not text(resource, "id"):
            resource["id"] = entry.url.rsplit("/", 1)[-1].removeprefix("urn:uuid:")
        keys = keys_of_entry(entry.url, resource)
        first: mapping.Row | None = None
        state = state_of(kind, resource, deep=deep)
        for entity, row, below in mapping.rows_of(kind, resource, state) if kind not in WITHOUT_ROW else ():
            first = first or row
            if kind == "accord":
                row["@soi"] = "\n".join(sorted(keys))
            if entity in held:
                held[entity].add(row, entry.number, entry.where + below)
        if (target := mapping.target(kind, resource, first, state)) is not None:
            index.add(keys, target)
        if kind == "projet" and first:
            index.agreed(first)
        if _ANSWERS in held:
            yield from held[_ANSWERS].settled()
    unexpected.raise_if_any(path)
    for entity in entities:
        yield from held[entity].rest(index)


def _names(path: Path, key: bytes) -> bool:
    """Whether the bytes of a file hold a key, wherever: going through every resource for it is dear."""
    with opened(path) as stream:
        before = b""
        while block := stream.read(_BLOCK):
            if key in before + block:
                return True
            before = block[-len(key) :]
    return False


class _Unexpected:
    """The entries that no class takes. One of them is enough to refuse the file: a transaction is all or nothing."""

    def __init__(self, contents: str) -> None:
        self._contents = contents
        self._reasons: dict[str, list[int]] = {}  # reason -> [how many, first entry]

    def checked(self, entry: Entry) -> str | None:
        """The class of an entry; None when it has none. The reason is kept, unless its type is known to have none."""
        kind, reason = self._judged(entry)
        if reason:
            self._reasons.setdefault(reason, [0, entry.number])[0] += 1
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
        if not self._reasons:
            return
        shown = [
            f"{reason} ({count} ressource{'s' if count > 1 else ''}, la première à l'entrée n° {first})"
            for reason, (count, first) in list(self._reasons.items())[:_SHOWN]
        ]
        raise UnreadableFile(
            path,
            "ressources qu'aucune table ne prend : " + " ; ".join(shown),
            "retirer ces entrées, ou faire déclarer leur profil, puis redéposer le fichier ; une transaction est prise "
            "tout entière ou pas du tout",
        )
