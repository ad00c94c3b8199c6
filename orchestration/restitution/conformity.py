"""Whether a FHIR message is what a national guide asks: every problem, with its place, the rule, what to do.

Belongs here: judging a resource, or a bundle and its entries, by the declarations of `data_contracts.guides`, on top of
FHIR R4B itself (`fhir.resources`). Does not belong here: those declarations, making a message (`sdo_tasks`). What is
read from outside is not judged here: a reader takes what it is given, and the contracts say what is wrong with it.

Of a profile are checked: FHIR's own structure and closed code lists, cardinalities, types, fixed values, slices,
required bindings (system by its canonical url, code by our list when there is one), targets of references when they
say what they are, extensions, invariants in FHIRPath, pairs of status and reason. Not checked: bindings without a list
of ours, what a reference points to when the message does not hold it, profiles of HL7 France beyond what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from data_contracts.guides import Element, Extension, Guide, Profile, parent, split
from data_contracts.nomenclatures import codes, read_list

Json = Mapping[str, Any]

# The types that follow the name of a choice: `valueString` is the `value` of a string.
_TYPES = (
    "Address", "Age", "Annotation", "Attachment", "Base64Binary", "Boolean", "Canonical", "Code", "CodeableConcept",
    "Coding", "ContactPoint", "Count", "Date", "DateTime", "Decimal", "Distance", "Dosage", "Duration", "HumanName",
    "Id", "Identifier", "Instant", "Integer", "Markdown", "Money", "Oid", "Period", "PositiveInt", "Quantity", "Range",
    "Ratio", "Reference", "SampledData", "Signature", "String", "Time", "Timing", "UnsignedInt", "Uri", "Url", "Uuid",
)  # fmt: skip
_CHOICE = re.compile(rf"^(?P<name>[a-z]\w*?)(?P<type>{'|'.join(sorted(_TYPES, key=len, reverse=True))})$")
_PRIMITIVE = {name[0].lower() + name[1:] for name in _TYPES if name in {
    "Base64Binary", "Boolean", "Canonical", "Code", "Date", "DateTime", "Decimal", "Id", "Instant", "Integer",
    "Markdown", "Oid", "PositiveInt", "String", "Time", "UnsignedInt", "Uri", "Url", "Uuid",
}}  # fmt: skip
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# What fhir.resources says, in words; anything else is said in its own.
_OF_FHIR = {
    "missing": ("élément obligatoire absent", "le donner"),
    "model_field_validation.missing": ("élément obligatoire absent", "le donner"),
    "extra_forbidden": ("élément que FHIR ne connaît pas ici", "le retirer, ou corriger son nom"),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a message. value: what stands there, which may be about a person."""

    path: str
    rule: str
    said: str
    remedy: str
    value: str = field(default="", repr=False)

    def __str__(self) -> str:
        value = f" ({self.value})" if self.value else ""
        return f"{self.path} · {self.rule} : {self.said}{value}. Remède : {self.remedy}."


def problems(message: object, guide: Guide, profile: str | None = None) -> list[Problem]:
    """Everything wrong in a resource, or in a bundle and in each of its entries; nothing: it conforms.

    profile: name of the one to hold it against; by default the one that it claims (`meta.profile`), else the only one
    of its resource, or the one whose system of identifier it bears.
    """
    if not isinstance(message, Mapping) or not isinstance(message.get("resourceType"), str):
        remedy = "donner un objet JSON avec resourceType"
        return [Problem("", "FHIR", "ce n'est pas une ressource", remedy, _shown(message))]
    return list(dict.fromkeys(_Judge(guide, message).problems(profile)))


def profile_of(resource: Json, guide: Guide) -> str | None:
    """The name of the profile that a resource is to be held against; None: nothing says it."""
    meta = resource.get("meta")
    claims = [str(url).partition("|")[0] for url in _list(meta.get("profile") if isinstance(meta, Mapping) else None)]
    known = {url: name for name, each in guide.profiles.items() for url in (each.url, *each.also) if url}
    if claimed := next((known[url] for url in claims if url in known), None):
        return claimed
    of_type = {name: each for name, each in guide.profiles.items() if each.resource == resource["resourceType"]}
    named = {name: each for name, each in of_type.items() if each.url}
    if len(named) == 1:
        return next(iter(named))
    systems = {_text(each.get("system")) for each in _list(resource.get("identifier")) if isinstance(each, Mapping)}
    told = [
        name
        for name, each in named.items()
        if any(
            e.fixed and e.fixed in systems
            for path, e in each.elements.items()
            if re.match(r"identifier.*\.system$", path)
        )
    ]
    return told[0] if len(told) == 1 else None


@dataclass(frozen=True)
class _Node:
    """A value in the message. type: what the name of a choice says. beside: `_name`, where a primitive has the rest."""

    value: Any
    path: str
    type: str | None = None
    beside: Any = None

    def children(self, name: str) -> Iterator[_Node]:
        """The elements of that name, each repetition apart."""
        if not isinstance(self.value, Mapping):
            if name == "extension" and isinstance(self.beside, Mapping):
                yield from _Node(self.beside, self.path).children(name)
            return
        for key in (name, *(k for k in self.value if (m := _CHOICE.match(k)) and m["name"] == name)):
            if key not in self.value and f"_{key}" not in self.value:
                continue
            said = _CHOICE.match(key) if key != name else None
            kind = (said["type"] if said else "") or None
            found, beside = self.value.get(key), self.value.get(f"_{key}")
            repeated = isinstance(found, list) or isinstance(beside, list)
            values, besides = (_list(found), _list(beside)) if repeated else ([found], [beside])
            for rank in range(max(len(values), len(besides))):
                value = values[rank] if rank < len(values) else None
                rest = besides[rank] if rank < len(besides) else None
                if value is not None or rest is not None:
                    place = f"{self.path}.{key}" if self.path else key
                    yield _Node(value, f"{place}[{rank}]" if repeated else place, kind, rest)

    def at(self, path: str) -> Iterator[_Node]:
        """The elements at a path without slices."""
        name, _, rest = path.partition(".")
        for child in self.children(name):
            yield from child.at(rest) if rest else (child,)


class _Judge:
    """A message held against a guide. around: kinds of the resources of the bundle that it stands in, by fullUrl."""

    def __init__(self, guide: Guide, message: Json, path: str = "", around: Mapping[str, str] | None = None) -> None:
        self.guide = guide
        self.message = message
        self.kind = str(message["resourceType"])
        self.root = _Node(message, path)
        self.path = path or self.kind
        self.around = around or {}
        self.sound = True

    def problems(self, profile: str | None) -> Iterator[Problem]:
        entries: list[_Node] = []
        shell = self.message
        if self.kind == "Bundle":  # each entry is judged by itself, and once
            entries = [each for each in self.root.at("entry.resource") if isinstance(each.value, Mapping)]
            bare = [_without(each, "resource") for each in _list(shell.get("entry"))]
            shell = {**shell, "entry": bare} if bare else _without(shell, "entry")
        wrong = list(self._of_fhir(shell))
        yield from wrong
        # Of a message that FHIR itself does not understand, an invariant says nothing.
        self.sound = not wrong
        name = profile or profile_of(self.message, self.guide)
        if name is not None:
            yield from self._of_profile(self.guide.profiles[name])
        elif self.kind != "Bundle":
            known = sorted(n for n, each in self.guide.profiles.items() if each.resource == self.kind and each.url)
            remedy = f"le dire dans meta.profile ({', '.join(known)})" if known else "retirer cette ressource"
            said = f"aucun profil du guide {self.guide.name} n'est annoncé ni reconnu"
            yield Problem(self.path, "profil", said, remedy)
        yield from self._empty_extensions(self.root)
        around = {
            each.value["fullUrl"]: each.value["resource"]["resourceType"]
            for each in (self.root.at("entry") if entries else ())
            if isinstance(each.value, Mapping)
            and isinstance(each.value.get("fullUrl"), str)
            and isinstance(each.value.get("resource"), Mapping)
            and isinstance(each.value["resource"].get("resourceType"), str)
        }
        for entry in entries:
            if isinstance(entry.value.get("resourceType"), str):
                yield from _Judge(self.guide, entry.value, entry.path, around).problems(None)
            else:
                yield Problem(entry.path, "FHIR", "ce n'est pas une ressource", "donner resourceType")

    def _of_fhir(self, resource: Json) -> Iterator[Problem]:
        """What FHIR R4B says of any resource of that kind: structure, types, closed lists of codes."""
        # Here, for it takes a third of a second, which only those who judge a message wait for.
        from fhir.resources.R4B import get_fhir_model_class
        from pydantic import BaseModel, ValidationError

        try:
            model = get_fhir_model_class(self.kind)
        except ValueError:
            yield Problem(self.path, "FHIR", "ressource inconnue de FHIR R4", "corriger resourceType", self.kind)
            return
        try:
            read = model.model_validate(_without_beside(resource))
        except ValidationError as error:
            for each in error.errors(include_url=False):
                place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in each["loc"])
                said, remedy = _OF_FHIR.get(each["type"], (f"valeur refusée ({each['msg'][:80]})", "la corriger"))
                value = "" if "missing" in each["type"] else _shown(each["input"])
                yield Problem(self.path + place, "FHIR", said, remedy, value)
            return

        def closed(part: BaseModel, path: str) -> Iterator[Problem]:
            for name, info in type(part).model_fields.items():
                extra = info.json_schema_extra
                admitted = extra.get("enum_values") if isinstance(extra, dict) else None
                for rank, value in enumerate(_list(getattr(part, name))):
                    place = f"{path}.{info.alias or name}" + (
                        f"[{rank}]" if isinstance(getattr(part, name), list) else ""
                    )
                    if isinstance(value, BaseModel):
                        yield from closed(value, place)
                    # « + » : the library does not know them all.
                    elif isinstance(admitted, list) and "+" not in admitted and value not in admitted:
                        remedy = f"choisir parmi {', '.join(map(str, admitted))}"
                        yield Problem(place, "FHIR", "code que FHIR n'admet pas", remedy, _shown(value))

        yield from closed(read, self.path)

    def _of_profile(self, profile: Profile) -> Iterator[Problem]:
        if profile.resource != self.kind:
            remedy = "corriger resourceType, ou le profil annoncé"
            yield Problem(
                self.path, "profil", f"ce profil est celui d'une ressource {profile.resource}", remedy, self.kind
            )
            return
        yield from self._of_elements(profile, self.root, self.kind)
        for pairs in profile.pairs:
            legal = {(row["statut_code"], row["motif_code"]) for row in read_list(pairs.nomenclature)}
            statuses, reasons = (self._codes(profile, path) for path in (pairs.status, pairs.reason))
            for status in statuses:
                admitted = sorted(reason for known, reason in legal if known == status)
                if admitted and not set(reasons) & set(admitted):
                    remedy = f"donner l'un des motifs {', '.join(admitted)}"
                    yield Problem(
                        f"{self.path}.{pairs.reason}", pairs.key, f"{pairs.says} {status}", remedy, ", ".join(reasons)
                    )
                elif reasons and not admitted:
                    said = f"{pairs.says}, et le statut {status} n'en admet aucun"
                    yield Problem(f"{self.path}.{pairs.reason}", pairs.key, said, "le retirer", ", ".join(reasons))

    def _codes(self, declared: Profile, path: str) -> list[str]:
        return [code for node in self._nodes(declared, self.root, path) for _, code in _codings(node.value) if code]

    def _nodes(self, declared: Profile | Extension, root: _Node, path: str) -> list[_Node]:
        """The elements at a path, through its slices; at an empty one, the root."""
        found, done = [root], ""
        for name, sliced in split(path):
            done = f"{done}.{name}" if done else name
            found = [child for node in found for child in node.children(name)]
            if sliced:
                done += f"[{sliced}]"
                found = [node for node in found if self._is(declared.elements[done], node)]
        return found

    def _of_elements(self, declared: Profile | Extension, root: _Node, base: str) -> Iterator[Problem]:
        known: dict[str, list[_Node]] = {"": [root]}
        for path, element in declared.elements.items():
            above = parent(path)
            step = path[len(above) + 1 :] if above else path
            name, sliced = next(split(step))
            if above not in known:  # a parent that the profile says nothing of
                known[above] = self._nodes(declared, root, above)
            known[path] = []
            for over in known[above]:
                nodes = [n for n in over.children(name) if not sliced or self._is(element, n)]
                known[path] += nodes
                yield from self._counted(element, over, step, nodes)
                for node in nodes:
                    yield from self._of_value(element, node)
                    if inside := self.guide.extensions.get(element.extension or ""):
                        yield from self._of_elements(inside, node, "Extension")
        for rule in declared.rules if self.sound else ():
            about = "".join(f".{name}" for name, _ in split(rule.about))
            for node in known.get(rule.about) or self._nodes(declared, root, rule.about):
                holds = _evaluator(self._expression(rule.expression), base + about)
                if holds(node.value) != [True]:
                    yield Problem(self._place(node), rule.key, f"règle non tenue : {rule.says}", rule.remedy)

    def _counted(self, element: Element, over: _Node, step: str, nodes: list[_Node]) -> Iterator[Problem]:
        if element.count is None:
            return
        place = f"{self._place(over)}.{step}"
        if len(nodes) < element.least:
            said = f"{element.count} attendu, {len(nodes)} donné" + ("s" if len(nodes) > 1 else "")
            yield Problem(place, "cardinalité", said, "le donner")
        elif element.most is not None and len(nodes) > element.most:
            remedy = "le retirer" if element.most == 0 else f"n'en garder que {element.most}"
            yield Problem(place, "cardinalité", f"{element.count} attendu, {len(nodes)} donnés", remedy)

    def _of_value(self, element: Element, node: _Node) -> Iterator[Problem]:
        place = self._place(node)
        if node.value is None:  # a primitive that only has extensions
            return
        admitted = element.type.split(" | ") if element.type else []
        if admitted and node.type and node.type not in {each[0].upper() + each[1:] for each in admitted}:
            yield Problem(place, "type", f"{element.type} attendu", f"donner un {element.type}", node.type)
        if element.fixed is not None and _text(node.value) != element.fixed:
            said = f"« {element.fixed} » attendu"
            yield Problem(place, "valeur fixe", said, f"écrire {element.fixed}", _shown(node.value))
        if element.code is not None and self.guide.coding(element.code) not in _codings(node.value):
            system, code = self.guide.coding(element.code)
            yield Problem(place, "valeur fixe", f"code {code} de {system} attendu", "le donner", _shown(node.value))
        if element.binding is not None and element.strength == "required":
            yield from self._bound(element.binding, node, place)
        if element.refers:
            yield from self._refers(element, node, place)

    def _bound(self, name: str, node: _Node, place: str) -> Iterator[Problem]:
        """A required binding: one code at least is of the list, by the canonical url of its system."""
        listed = self.guide.declared.lists[name]
        if node.type and node.type[0].lower() + node.type[1:] in _PRIMITIVE - {"code", "string"}:
            return  # its type is wrong, and said
        admitted = frozenset(listed.codes) or (codes(listed.nomenclature) if listed.nomenclature else None)
        found = _codings(node.value)
        if not found:
            if not any(each.value.get("url") == _ABSENT for each in node.children("extension")):
                yield Problem(
                    place, "liste", f"un code de {name} attendu", f"le donner ({listed.value_set})", "aucun code"
                )
            return
        coded = isinstance(node.value, Mapping)
        of_system = [c for c in found if not coded or not listed.systems or c[0] in listed.systems]
        if not of_system:
            wrong = found[0][0]
            remedy = f"écrire {self.guide.declared.oids.get(wrong or '') or listed.systems[0]}"
            yield Problem(place, "système", f"{name} est lié au système {listed.systems[0]}", remedy, wrong or "aucun")
        elif admitted is not None and not any(code in admitted for _, code in of_system):
            remedy = f"choisir un code de {listed.value_set}"
            yield Problem(place, "liste", f"code hors de {name}", remedy, ", ".join(code for _, code in of_system))

    def _refers(self, element: Element, node: _Node, place: str) -> Iterator[Problem]:
        if not isinstance(node.value, Mapping):
            return
        if "resourceType" in node.value:  # an entry of a bundle
            named = profile_of(node.value, self.guide)
            if named is not None and named not in element.refers:
                yield Problem(place, "profil", "profil hors de ceux qu'admet le guide ici", "le retirer", named)
            return
        admitted = {
            self.guide.profiles[each].resource if each in self.guide.profiles else each for each in element.refers
        }
        kind = self._target(str(node.value.get("reference") or ""), node.value.get("type"))
        if kind and kind not in admitted:
            wanted = ", ".join(sorted(admitted))
            yield Problem(place, "référence", f"une ressource {wanted} attendue", "corriger la référence", kind)

    def _target(self, reference: str, said: object) -> str | None:
        """What a reference points to, when it or the bundle says so."""
        if reference in self.around:
            return self.around[reference]
        told = re.search(r"(?:^|/)([A-Z][A-Za-z]+)(?:/[\w.-]+|\?\S+)$", reference)
        return told[1] if told else str(said) if said else None

    def _is(self, element: Element, node: _Node) -> bool:
        """Whether a repetition is of a slice."""
        if element.extension is not None:
            return isinstance(node.value, Mapping) and node.value.get("url") == self.guide.url_of_extension(
                element.extension
            )
        return all(self._says(node, path, said) for path, said in (element.where or {}).items())

    def _says(self, node: _Node, path: str, said: str) -> bool:
        if said.partition("#")[0] in self.guide.declared.systems:
            return any(self.guide.coding(said) in _codings(found.value) for found in node.at(path))
        return any(_text(found.value) == said for found in node.at(path))

    def _empty_extensions(self, node: _Node) -> Iterator[Problem]:
        """FHIR's own ext-1, which the library does not hold: an extension has a value or extensions, never both."""
        if isinstance(node.value, Mapping):
            if "url" in node.value and re.search(r"xtension\[\d+\]$", node.path):
                valued = any(key.lstrip("_").startswith("value") for key in node.value)
                if valued == bool(node.value.get("extension")):
                    remedy = "lui donner une valeur, ou des extensions"
                    yield Problem(self._place(node), "ext-1", "ni valeur ni extension, ou les deux", remedy)
            for key, inside in node.value.items():
                if self.kind == "Bundle" and key == "resource":
                    continue
                for rank, each in enumerate(_list(inside)):
                    place = f"{node.path}.{key}" if node.path else key
                    yield from self._empty_extensions(
                        _Node(each, f"{place}[{rank}]" if isinstance(inside, list) else place)
                    )

    def _expression(self, said: str) -> str:
        return said.replace("%SD", f"{self.guide.declared.canonical}/StructureDefinition")

    def _place(self, node: _Node) -> str:
        if not node.path:
            return self.kind
        return node.path if self.root.path else f"{self.kind}.{node.path}"


@lru_cache(maxsize=256)
def _evaluator(expression: str, base: str) -> Callable[[Any], list[Any]]:
    """An expression of FHIRPath, ready. base: what the element is, for choices to be understood."""
    # Here too: antlr, and the model of FHIR.
    from fhirpathpy import compile as compiled
    from fhirpathpy.engine.nodes import ResourceNode
    from fhirpathpy.models import models

    ready = compiled(expression, models["r4"])
    node: Any = ResourceNode  # which a compiled expression takes as well as a resource, whatever its types say
    return lambda value: ready(node.create_node(value, base), {})


def _codings(value: Any) -> list[tuple[str | None, str]]:
    """(system, code) of a coded value, whatever its type; of a code alone, without its system."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, Mapping):
        return []
    found = [each for each in _list(value.get("coding")) if isinstance(each, Mapping)] if "coding" in value else [value]
    return [(_text(each.get("system")), str(each["code"])) for each in found if each.get("code")]


def _without_beside(value: Any, *, of_extension: bool = False) -> Any:
    """A part as the library understands it: a value that is said to be absent (`_value…`) is dropped from an extension,
    where it has no such element, and stands for one elsewhere, where it wants one all the same.
    """
    if isinstance(value, Mapping):
        known = {
            name: _without_beside(each, of_extension=name in ("extension", "modifierExtension"))
            for name, each in value.items()
            if not name.startswith("_value")
        }
        stands = "_valueString" in value and not of_extension
        return {**known, **({"valueString": "absent"} if stands and "valueString" not in known else {})}
    return [_without_beside(each, of_extension=of_extension) for each in value] if isinstance(value, list) else value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _without(value: Any, key: str) -> Any:
    return {name: each for name, each in value.items() if name != key} if isinstance(value, Mapping) else value


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else None


def _shown(value: object) -> str:
    said = "" if value is None else str(value)
    return said if len(said) <= 60 else f"{said[:59]}…"
