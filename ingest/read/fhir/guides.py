"""Which guide a resource follows: by its profiles, else by what only that guide names in it.

Belongs here: from a resource to the name of a guide of the ANS. Does not belong here: which of our classes a resource
of that guide is (`classes`), what is said of a file of another guide (`ingest.receive.refusals`).

No guide requires `meta.profile` (their bundles are sliced by conformance, not by claim). A resource without a profile
is therefore recognised by its extensions, its identifier systems, its code systems and its questionnaire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ingest.read.fhir.elements import Node, claimed_profiles, code, kind_of_system

TDDUI, SDO, ROR = "tddui", "sdo", "ror"
# Canonical bases: ig/fhir/<guide>, ig/cda/<guide> (the CDA form of TDDUI since it has a guide of its own) and, before
# them, fhir/ig/<guide> (« ror30 »).
_CANONICAL = re.compile(r"https?://interop\.esante\.gouv\.fr/(?:ig/(?:fhir|cda)|fhir/ig)/([a-z-]+)\d*(?=[/|]|$)", re.I)
_BY_PREFIX = {"tddui-": TDDUI, "sdo-": SDO, "esms-task": SDO, "ror-": ROR}
_SAID = re.compile(rb"ig/fhir/(tddui|sdo)/StructureDefinition/[a-z0-9-]+\|([0-9]+(?:\.[0-9]+)*(?:-[a-z0-9.]+)?)")
# The profiles that each version of the TDDUI guide brought, the latest first (its page of changes).
_BROUGHT = (
    (b"tddui-basic-decision", "2.4"), (b"tddui-slot-presence-absence", "2.3"),
    (b"tddui-careplan-projet-personnalise", "2.2"), (b"tddui-questionnaire-response", "2.1"),
    (b"tddui-encounter-evenement", "2.1"), (b"tddui-encounter-sejour", "2.0"), (b"tddui-patient", "2.0"),
)  # fmt: skip
_OVERLAP = 200  # of two blocks, so that a profile cut by the end of one is seen
_NAMING = ("url", "system", "questionnaire")
EXPORT_DUI = "EXPORT_DUI"  # type of a DocumentReference that carries a CDA of TDDUI (TRE_A05)


def guide_of(resource: Any) -> str | None:
    """The guide that a resource follows, as the ANS abbreviates it (tddui, sdo, ror…); None when nothing says so."""
    if not isinstance(resource, dict):
        return None
    for url in claimed_profiles(resource):
        if guide := guide_of_profile(url):
            return guide
    if resource.get("resourceType") == "DocumentReference" and code(resource, "type") == EXPORT_DUI:
        return TDDUI
    return _named_in(resource)


def guide_of_profile(url: str) -> str | None:
    """The guide that a profile belongs to."""
    if match := _CANONICAL.match(url):
        return match[1].lower()
    last = url.split("|")[0].rstrip("/").rsplit("/", 1)[-1].lower()
    return next((guide for prefix, guide in _BY_PREFIX.items() if last.startswith(prefix)), None)


def _named_in(resource: Node) -> str | None:
    """The guide whose names stand in a resource, at whatever depth, but not in the resources that it contains.

    An identifier of the médico-social sector means TDDUI, unless a code system of the SDO stands beside it: tasks of
    the SDO quote decisions of the DUI.
    """
    named: list[str] = []
    is_medico_social = False
    waiting: list[Any] = [resource]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            is_medico_social = is_medico_social or kind_of_system(node) is not None
            urls = (node.get(name) for name in _NAMING)
            named += [match[1].lower() for url in urls if isinstance(url, str) and (match := _CANONICAL.match(url))]
            waiting.extend(value for key, value in reversed(node.items()) if key not in ("meta", "contained"))
    if TDDUI in named or (is_medico_social and SDO not in named):
        return TDDUI
    return SDO if SDO in named else next(iter(named), None)


def version_in(blocks: Iterable[bytes]) -> str | None:
    """The version of its guide that a file follows, by its bytes: « tddui 2.2.0 », « tddui 2.4 au moins »; else None.

    What a profile that it names says after « | », wherever it stands (a resource, or the bundle); else the version that
    brought the latest of the profiles that it names, which is the least that it can follow.
    """
    latest: tuple[int, str] | None = None
    before = b""
    for block in blocks:
        text_read = before + block
        if said := _SAID.search(text_read):
            return f"{said[1].decode()} {said[2].decode()}"
        for rank, (profile, version) in enumerate(_BROUGHT):
            if profile in text_read and (latest is None or rank < latest[0]):
                latest = (rank, version)
        before = text_read[-_OVERLAP:]
    return f"tddui {latest[1]} au moins" if latest else None
