"""JSON files, streamed with ijson: what a file holds, and arrays of records.

Belongs here: distinguishing an array of records from a FINESS+ file and from FHIR, reading the array. Does not belong
here: the shape of FINESS+ (`finess_json`), of FHIR (`fhir`), of a map (`geojson`), opening (`json_stream`).

ijson uses its C backend when the machine has it, and its Python backend otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ijson

from data_contracts.limits import limit
from ingest.protect.masks import without_digits
from ingest.read import fhir, geojson
from ingest.read.frames import Document, LayoutLike, Over, Rows, Table, UnreadableFile, as_text, column_names
from ingest.read.json_stream import json_stream

_RECORDS = "item"
_PEOPLE = "pmej.item"  # personnes morales: the only top-level array of FINESS+ that both files fill
_CONTENTS = {"informationsGeneralesPMEJ": "structures", "activitesAutorisees": "activites", "numFiness": "activites"}
_FHIR = ("resourceType", "entry.item.resource.resourceType")

_WRAPPERS = ("results", "records", "data", "value", "items", "rows")  # how web services wrap the records they answer


def sniff(path: Path) -> Document:
    """What a JSON file is.

    Of an array of records, the header is all its keys, over the whole file. Of a FINESS+ file, the facts are content,
    generatedAt and schemaVersion. Of FHIR, they are those of `fhir.sniff`.
    """
    with json_stream(path) as stream:
        for prefix, event, _ in ijson.parse(stream):
            if prefix == "" and event == "start_array":
                break
            if prefix == "" and event == "start_map":
                return _object(path)
    return Document("json", "utf-8", _keys(path), {})


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """One row per record of the array; `_ligne` is its number, `_chemin` its JSON path; nested values are JSON text.

    Option `each`, a key whose value is a list of objects (the communes of an EPCI): one row per object, whose keys
    follow that one (`membres.code`). A record whose list is empty is a row too.
    """
    each = layout.options.get("each")
    keys = _keys(path, each)
    rows = Rows(entities[0], column_names(keys))
    for record in _flattened(path, each):
        texts = (as_text(record.get(key)) for key in keys)
        rows.add(dict(zip(rows.columns, texts, strict=True)), path=f"[{rows.count}]")
        if rows.full:
            yield rows.take()
    if not rows.empty or not rows.count:
        yield rows.take()


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with json_stream(path) as stream:
        for number, record in enumerate(ijson.items(stream, _RECORDS), start=1):
            if not isinstance(record, dict):
                raise UnreadableFile(
                    path,
                    f"l'élément n° {number} du tableau JSON n'est pas un objet",
                    "fournir un tableau d'objets, un par enregistrement",
                )
            yield record


def _flattened(path: Path, each: str | None) -> Iterator[dict[str, Any]]:
    """The records, or one for each object of the list that they hold under the key `each`."""
    for record in _records(path):
        members = record.get(each) if each else None
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            yield record
            continue
        own = {key: value for key, value in record.items() if key != each}
        for member in members or [{}]:
            yield own | {f"{each}.{key}": value for key, value in member.items()}


def _keys(path: Path, each: str | None = None) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    widest = limit("colonnes")
    for record in _flattened(path, each):
        keys.update(dict.fromkeys(record))
        if len(keys) > widest:
            raise Over("colonnes")
    if not keys:
        raise UnreadableFile(path, "le tableau JSON est vide", "vérifier l'export, puis redéposer le fichier")
    return tuple(keys)


def _object(path: Path) -> Document:
    """What an object is: FHIR, or one of the two files of FINESS+ with what precedes its first personne morale."""
    facts = {"root": "pmej"}
    roots: list[str] = []
    with json_stream(path) as stream:
        for prefix, event, value in ijson.parse(stream):
            if prefix == "" and event == "map_key":
                roots.append(value)
            elif prefix == "type" and event == "string" and value == geojson.COLLECTION:
                return geojson.sniff(path)
            elif prefix in _FHIR and event == "string":
                return fhir.sniff(path)
            elif prefix in ("generatedAt", "schemaVersion") and isinstance(value, str):
                facts[prefix] = value
            elif prefix == _PEOPLE and event == "map_key" and value in _CONTENTS:
                return Document("json", "utf-8", None, {**facts, "content": _CONTENTS[value]})
    if wrapped := next((root for root in roots if root in _WRAPPERS), None):
        what = f"les enregistrements ne sont pas à la racine du JSON, mais sous « {wrapped} »"
        raise UnreadableFile(path, what, "fournir le tableau d'objets lui-même, ou l'export en CSV de la même source")
    raise UnreadableFile(
        path,
        f"objet JSON inconnu (clés : {', '.join(map(without_digits, roots[:6])) or 'aucune'})",
        "fournir un tableau d'objets, une ressource ou un Bundle FHIR, ou un fichier FINESS+ (structures, activités) "
        "avec au moins une personne morale",
    )
