"""Which guide a resource follows: by its profiles, else by what only that guide names in it.

Belongs here: from a resource to the name of a guide of the ANS. Does not belong here: which of our classes a resource
of that guide is (`classes`), what is said of a file of another guide (`ingest.receive.refusals`).

No guide requires `meta.profile` (their bundles are sliced by conformance, not by claim). A resource without a profile
is therefore recognised by its extensions, its identifier systems, its code systems and its questionnaire.
"""

from __future__ import annotations

import re
from typing import Any

from ingest.read.fhir.elements import Node, claimed_profiles, code, kind_of_system

TDDUI, SDO, ROR = "tddui", "sdo", "ror"
# Canonical bases: ig/fhir/<guide>, ig/cda/<guide> (the CDA form of TDDUI since it has a guide of its own) and, before
# them, fhir/ig/<guide> (« ror30 »).
_CANONICAL = re.compile(r"https?://interop\.esante\.gouv\.fr/(?:ig/(?:fhir|cda)|fhir/ig)/([a-z-]+)\d*(?=[/|]|$)", re.I)
_BY_PREFIX = {"tddui-": TDDUI, "sdo-": SDO, "esms-task": SDO, "ror-": ROR}
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
