"""What a reference leads to. It is known once every entry was read: it may point forward, to nothing, or to two things.

Belongs here: the index of the resources that references lead to. Does not belong here: which reference a class follows
(`rows`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ingest.read.fhir.elements import Node, code, kind_of_system, objects, part, rpps, split, text

ABSENT = "la ressource visée n'est pas dans le fichier"
AMBIGUOUS = "deux ressources différentes du fichier portent l'identifiant visé"
INACTIVE = "l'agenda visé n'est plus en usage"
ELSEWHERE = "la ressource visée n'est pas du type attendu"
_HISTORY = re.compile(r"/_history/[^/]*$")
_CONDITIONAL = re.compile(r"([A-Za-z]+)\?(?:.*&)?identifier=([^&]*)")
_NUMBERED = {"sejour": "sejour", "projetpersonnalise": "projet"}  # kind of system -> class
_LOCAL_USER = re.compile(r"https?://identifiant-medicosocial-localusager\.(?:esante\.gouv|cnsa)\.fr/?$")


@dataclass(frozen=True, slots=True)
class Target:
    """What is needed of a resource that others point to. mark: differs when two resources share an identifier."""

    kind: str
    finess: str | None = None
    id: str | None = None
    leads_to: str | None = None  # key of the reference that leads to its patient
    state: str | None = None
    mark: int = 0


def key_of(reference: Any) -> str | None:
    """The key under which the target of a Reference, or of its text, is looked up; None when it points to nothing."""
    if isinstance(reference, dict):
        written = text(reference, "reference")
        if written is None:
            identifier = part(reference, "identifier")
            value = text(identifier, "value")
            return None if value is None else f"?{text(identifier, 'system') or ''}|{value}"
    elif isinstance(reference, str):
        written = reference.strip() or None
    else:
        written = None
    if written is None:
        return None
    if match := _CONDITIONAL.search(written):
        return f"?{unquote(match[2])}"
    return _HISTORY.sub("", written)


def keys_of_entry(full_url: Any, resource: Node) -> set[str]:
    """Every key under which a resource may be referred to."""
    kind, ident = resource.get("resourceType"), text(resource, "id")
    keys = {f"{kind}/{ident}"} if ident else set()
    if isinstance(full_url, str) and full_url.strip():
        url = _HISTORY.sub("", full_url.strip())
        keys.add(url)
        if not ident and not url.startswith("urn:") and url.count("/") > 1:
            keys.add("/".join(url.rsplit("/", 2)[1:]))
    for identifier in objects(resource, "identifier"):
        if (value := text(identifier, "value")) and code(identifier, "type") != "NUMDOSS":
            keys.add(f"?{text(identifier, 'system') or ''}|{value}")
    return keys


def _by_number(key: str, kinds: tuple[str, ...]) -> Target | None:
    """What a reference by identifier says of a stay or a plan that is not in the file: its number, which is enough."""
    system, bar, value = key.removeprefix("?").partition("|")
    kind = _NUMBERED.get(kind_of_system({"system": system}) or "")
    if not (key.startswith("?") and bar and kind in kinds):
        return None
    return Target(kind, *split(value))


class Index:
    """The resources of a file by every key that leads to them."""

    def __init__(self) -> None:
        self._targets: dict[str, Target | None] = {}  # None: two contents under one key
        self._patients: dict[str, tuple[Target | None, str | None]] = {}
        self._plans: dict[str, tuple[str | None, str | None]] = {}

    def agreed(self, plan: dict[str, str | None]) -> None:
        """Keeps, for each consent that a plan points to, the reference to the person of the plan, and its FINESS."""
        for key in filter(None, f"{plan['@accord_usager'] or ''}\n{plan['@accord_structure'] or ''}".split("\n")):
            self._plans.setdefault(key, (plan["@usager"], plan["finess_et"]))

    def plan_of(self, key: str) -> tuple[str | None, str | None] | None:
        """Person and FINESS of the plan that points to the consent of that key."""
        return self._plans.get(key)

    def add(self, keys: set[str], target: Target) -> None:
        for key in keys:
            known = self._targets.setdefault(key, target)
            if known is not None and known != target:
                self._targets[key] = None

    def target(self, key: str, *kinds: str) -> tuple[Target | None, str | None]:
        """The resource of that key and of one of these kinds, or why there is none."""
        if key not in self._targets:
            short = key.rsplit("/", 2)[-2:]
            absolute = key.startswith(("http://", "https://")) and "/".join(short) in self._targets
            if not absolute:
                numbered = _by_number(key, kinds)
                return (numbered, None) if numbered else (None, ABSENT)
            key = "/".join(short)
        target = self._targets[key]
        if target is None:
            return None, AMBIGUOUS
        return (None, ELSEWHERE) if kinds and target.kind not in kinds else (target, None)

    def professional(self, key: str) -> str | None:
        """RPPS of the professional that a reference leads to; None when there is none, which is no defect."""
        target, _ = self.target(key, "professionnel", "exercice")
        if target is not None and target.id is None and target.leads_to is not None:
            target, key = self.target(target.leads_to, "professionnel")[0], target.leads_to
        if target is not None:
            return target.id
        system, _, value = key.removeprefix("?").partition("|")
        return rpps(system, value) if key.startswith("?") else None

    def patient(self, key: str) -> tuple[Target | None, str | None]:
        """The patient that a reference leads to, directly or through a stay, a plan, a schedule…; or why none."""
        if key not in self._patients:
            self._patients[key] = self._patient(key)
        return self._patients[key]

    def _patient(self, key: str) -> tuple[Target | None, str | None]:
        followed: set[str] = set()
        while key not in followed:
            followed.add(key)
            target, problem = self.target(key)
            if target is None:
                if problem != ABSENT:
                    return None, problem
                # Of a plan or a stay that is only numbered, nobody knows whose it is: that is no defect.
                return (None, None) if _by_number(key, tuple(_NUMBERED.values())) else self._local_person(key)
            if target.kind == "usager":
                return target, None
            if target.kind == "agenda" and target.state is not None:
                return None, INACTIVE
            if target.leads_to is None:
                return None, ELSEWHERE
            key = target.leads_to
        return None, ELSEWHERE

    @staticmethod
    def _local_person(key: str) -> tuple[Target | None, str | None]:
        """The person of a logical reference by local identifier, which needs no resource in the file."""
        system, bar, value = key.removeprefix("?").partition("|")
        if key.startswith("?") and bar and _LOCAL_USER.match(system):
            finess, ident = split(value)
            return Target("usager", finess, ident), None
        return None, ABSENT
