"""Parts of a FHIR resource, whatever the resource holds: a part that has another shape counts as absent.

Belongs here: lists, codings, extensions, identifiers, dates. Does not belong here: which part a field is (`rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.clock import PARIS

Node = dict[str, Any]

SD = "https://interop.esante.gouv.fr/ig/fhir/tddui/StructureDefinition/"
_SYSTEM = re.compile(r"https?://identifiant-medicosocial-([a-z-]+)\.(?:esante\.gouv|cnsa)\.fr/?$", re.I)
_BUSINESS = re.compile(r"3([0-9][0-9AB][0-9]{7})/(.+)", re.S)  # « 3 » (TRE_G08), FINESS, local part
_STRUCTURE = ("urn:oid:1.2.250.1.71.4.2.2", "https://finess.esante.gouv.fr")
_PROFESSIONAL = ("urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr")
_FINESS = re.compile(r"1?([0-9][0-9AB][0-9]{7})")  # « 1 » (TRE_G07) before a FINESS
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_UTC = ("Z", "+00:00", "-00:00")


def objects(node: Node, key: str) -> list[Node]:
    """The objects of a list, or the only one."""
    value = node.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def part(node: Node, *keys: str) -> Node:
    """The object at a path, first of each list; empty when there is none."""
    for key in keys:
        value = node.get(key)
        if value is None:
            return {}
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict)), None)
        if not isinstance(value, dict):
            return {}
        node = value
    return node


def text(node: Node, key: str) -> str | None:
    """A simple value as text."""
    value = node.get(key)
    if value is None:
        return None
    return value.strip() or None if value.__class__ is str else as_text(value)


def as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal | float) else None


def code(node: Node, key: str) -> str | None:
    """The code of a CodeableConcept (first coding) or of a Coding."""
    concept = node.get(key)
    if concept is None:
        return None
    try:  # the shape that the standard gives it; any other is looked at piece by piece
        written = concept["coding"][0]["code"]
        if written.__class__ is str and (written := written.strip()):
            return written
    except (KeyError, TypeError, IndexError):
        pass
    concept = part(node, key)
    return text(part(concept, "coding"), "code") or text(concept, "code")


def extension(node: Node, url: str) -> Node:
    """The extension of that url; empty when there is none."""
    return next((each for each in objects(node, "extension") if each.get("url") == url), {})


def extensions(node: Node, url: str) -> list[Node]:
    return [each for each in objects(node, "extension") if each.get("url") == url]


def tddui(node: Node, name: str) -> Node:
    """An extension of the TDDUI guide."""
    return extension(node, SD + name)


def inputs(task: Node) -> dict[str, Node]:
    """The inputs of a Task by the code of their type, the first of each."""
    by_code: dict[str, Node] = {}
    for item in objects(task, "input"):
        if name := code(item, "type"):
            by_code.setdefault(name, item)
    return by_code


def claimed_profiles(resource: Node) -> list[str]:
    """The profiles that a resource claims, as written."""
    claimed = part(resource, "meta").get("profile")
    return [url for url in (claimed if isinstance(claimed, list) else [claimed]) if isinstance(url, str)]


def profiles(resource: Node) -> Iterator[str]:
    """Last segments of the profiles that a resource claims, versions cut off."""
    for url in claimed_profiles(resource):
        yield url.split("|")[0].rstrip("/").rsplit("/", 1)[-1].lower()


def kind_of_system(identifier: Node) -> str | None:
    """« sejour » of `https://identifiant-medicosocial-sejour.esante.gouv.fr`."""
    system = identifier.get("system")
    match = _SYSTEM.match(system) if isinstance(system, str) else None
    return match[1].lower() if match else None


def business(resource: Node, kind: str) -> tuple[str | None, str | None]:
    """(FINESS, local id) of the identifier of that kind, else of the first one; without any, the id of the resource."""
    given = [i for i in objects(resource, "identifier") if text(i, "value") and code(i, "type") != "NUMDOSS"]
    if not given:
        return None, text(resource, "id")
    chosen = next((i for i in given if kind_of_system(i) == kind), given[0] if given else {})
    return split(text(chosen, "value"))


def split(value: str | None) -> tuple[str | None, str | None]:
    """« 3480787529/1012-PA-0001 » -> (480787529, 1012-PA-0001); another shape -> (None, the value)."""
    match = _BUSINESS.fullmatch(value) if value else None
    return (match[1], match[2]) if match else (None, value)


def finess_of(organization: Node) -> str | None:
    """FINESS of an Organization, from its national number or its FINESS."""
    for identifier in objects(organization, "identifier"):
        value = text(identifier, "value")
        if identifier.get("system") in _STRUCTURE and value and (match := _FINESS.fullmatch(value)):
            return match[1]
    return None


def rpps(system: str | None, value: str | None) -> str | None:
    """The RPPS number of an identifier, without the `8` of its national form; None for another system."""
    if system not in _PROFESSIONAL or value is None:
        return None
    return value[1:] if len(value) == 12 and value.startswith("8") else value


def structure_finess(value: str | None) -> str | None:
    """FINESS of an idNat_Struct (`1` + FINESS); a number of another shape stays as it is."""
    return value[1:] if value and len(value) == 10 and value.startswith("1") else value


def day(value: str | None) -> str | None:
    """A date, or the day of a dateTime."""
    return value[:10] if value and len(value) > 10 and value[10] == "T" else value


def moment(value: str | None) -> str | None:
    """A dateTime as clock time, without its offset; UTC is converted to Paris time. Another text stays as it is."""
    match = _MOMENT.fullmatch(value) if value else None
    if not match:
        return value
    clock, seconds, offset = match.groups()
    written = clock + (seconds or ":00")
    if offset not in _UTC:
        return written
    try:
        return datetime.fromisoformat(written + "+00:00").astimezone(PARIS).replace(tzinfo=None).isoformat()
    except ValueError:
        return value
