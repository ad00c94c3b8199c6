"""Whether a resource is a fact: what its status and its other modifier elements say (FHIR R4, 2.6.1 « isModifier »).

Belongs here: which element of which class says it, and why a row cannot be taken. Does not belong here: what each code
means (`data_contracts.statuses`), the fields of a row (`rows`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.statuses import FACT, PLANNED, REFUSED, UNKNOWN, Status, statuses, withdrawn
from ingest.read.fhir.elements import Node, extension, objects, part, text
from ingest.read.fhir.tddui_terms import STATUSLESS
from ingest.read.frames import REMEDY

# The element of each class that is always there (1..1 in FHIR R4), and says what its statement is.
_STATUS = {
    **dict.fromkeys(
        ("sejour", "evenement", "presence", "evaluation", "projet", "besoin", "action", "moyen", "prestation", "bilan",
         "transport", "accord", "orientation"),
        "status",
    ),
    **dict.fromkeys(("attente", "objectif"), "lifecycleStatus"),
}  # fmt: skip
# Elements that may be absent, and change what the resource is when they say something of the list.
_MODIFIERS = {
    "usager": (("active",), ("link", "type")), "agenda": (("active",),), "projet": (("intent",),),
    "besoin": (("doNotPerform",),), "accord": (("provision", "type"),),
}  # fmt: skip
_STRENGTH = (FACT, PLANNED, REFUSED)  # of two that a resource says, the later counts; a withdrawal, above all
_RESEND = REMEDY + "retirer cet élément s'il ne change rien au sens, puis renvoyer ; sinon, demander qu'il soit lu."


@dataclass(frozen=True, slots=True)
class State:
    """What a resource is. state: of `etats_enonces`; None of a class without status. word: of J281, or of agreements.

    refusal: why no row can be made of it.
    """

    state: str | None = None
    word: str | None = None
    refusal: str | None = None


def state_of(kind: str, resource: Node, *, deep: bool = True) -> State:
    """What a resource says it is. deep: modifier extensions are looked for below the root too."""
    if resource.get("implicitRules") is not None:
        return State(refusal="la ressource suit des règles implicites (implicitRules) qui ne sont pas lues" + _RESEND)
    if "modifierExtension" in resource or (deep and _modified(resource)):
        return State(
            refusal="une extension inconnue change le sens de la ressource (modifierExtension) : elle ne peut pas être "
            "prise pour un fait" + _RESEND
        )
    said: list[Status] = []
    if element := _STATUS.get(kind):
        given = text(resource, element)
        known = statuses(kind, element)
        if given is None and extension(part(resource, f"_{element}"), STATUSLESS):
            return State()  # this project wrote it: the format that the row came from has no status
        if given is None:
            return State(
                refusal=f"statut absent ({element}) : il est obligatoire, et dit si l'énoncé est un fait{REMEDY}"
                "renvoyer la ressource avec son statut."
            )
        if given not in known:  # not quoted: it could be anything
            return State(
                refusal=f"statut inconnu ({element}) : rien ne dit que l'énoncé est un fait{REMEDY}donner un statut "
                "du guide, puis renvoyer."
            )
        said.append(known[given])
    said += _modifiers(kind, resource)
    unsure = next((each for each in said if each.state == UNKNOWN), None)
    if unsure:
        return State(
            refusal=f"statut « {unsure.code} » : {unsure.label[:1].lower()}{unsure.label[1:]}{REMEDY}"
            "renvoyer la ressource quand son statut est connu."
        )
    if not said:
        return State()
    strongest = max(said, key=lambda each: _STRENGTH.index(each.state) if each.state in _STRENGTH else len(_STRENGTH))
    return State(strongest.state, strongest.word or said[0].word)


def _modifiers(kind: str, resource: Node) -> list[Status]:
    found: list[Status] = []
    for *above, name in _MODIFIERS.get(kind, ()):
        known, nodes = statuses(kind, ".".join((*above, name))), [resource]
        for key in above:
            nodes = [below for node in nodes for below in objects(node, key)]
        found += [known[given] for node in nodes if (given := text(node, name)) and given in known]
    return found


def is_withdrawn(state: State) -> bool:
    return state.state in withdrawn()


def _modified(resource: Mapping[str, Any]) -> bool:
    """Whether a part below the root has a modifier extension; contained resources are others."""
    waiting: list[Any] = [value for key, value in resource.items() if key != "contained"]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            if "modifierExtension" in node:
                return True
            waiting.extend(node.values())
    return False
