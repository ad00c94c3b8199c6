"""The national FHIR guides that the project follows (SDO, TDDUI), as declarations: a folder a guide, a file a profile.

Belongs here: reading them, and checking all that they refer to (lists, systems, slices, other profiles). Does not
belong here: the keys of a file (`profile_declaration`), judging a message (`orchestration.restitution.conformity`).

Facts are those of the guides of the Agence du Numérique en Santé (urls, cardinalities, codes, invariants), in our own
form and words. `guide.yaml` says the version that is followed; each profile, the version that was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data_contracts import nomenclatures
from data_contracts.guides.profile_declaration import (
    CodeList,
    Declared,
    Element,
    Extension,
    GuideDeclaration,
    Profile,
)
from data_contracts.strict_yaml import DeclarationError, YamlFile

FOLDER = Path(__file__).resolve().parent
_PATH = re.compile(r"^[a-z]\w*(\[[\w.-]+\])?(\.[a-z]\w*(\[[\w.-]+\])?)*$", re.IGNORECASE)


class GuideError(DeclarationError):
    """One or several declarations of a guide are wrong. The message lists every problem, with its file and its line."""

    title = "Guides invalides"


@dataclass(frozen=True)
class Guide:
    """A guide: its profiles by the name of their file, its extensions by their name.

    Elements that a profile extends stand in it, before its own.
    """

    name: str
    declared: GuideDeclaration
    profiles: Mapping[str, Profile]
    extensions: Mapping[str, Extension]

    @property
    def by_url(self) -> dict[str, Profile]:
        """Every url that names a profile, older ones included."""
        return {url: profile for profile in self.profiles.values() for url in (profile.url, *profile.also) if url}

    def url_of_extension(self, name: str) -> str:
        """The url of an extension: that of the guide for one of its own, else the name as it is."""
        known = self.extensions.get(name)
        return f"{self.declared.canonical}/StructureDefinition/{name}" if known and not known.inner else name

    def every_element(self, profile: str) -> dict[str, Element]:
        """Path -> element, of a profile and of all the extensions that stand in it, however deep."""
        found: dict[str, Element] = {}
        self._add(found, "", self.profiles[profile])
        return found

    def _add(self, found: dict[str, Element], above: str, said: Declared) -> None:
        for path, element in said.elements.items():
            found[above + path] = element
            if inside := self.extensions.get(element.extension or ""):
                self._add(found, f"{above}{path}.", inside)

    def coding(self, said: str) -> tuple[str, str]:
        """« system#code » -> canonical url of the system, code."""
        system, _, code = said.partition("#")
        return self.declared.systems[system], code


@cache
def guide(name: str, folder: Path = FOLDER) -> Guide:
    """A guide by the name of its folder.

    Raises:
        GuideError: with every problem of every file.
    """
    root = folder / name
    file = YamlFile(root / "guide.yaml")
    declared = file.read(GuideDeclaration)
    known = YamlFile(root / "extensions.yaml") if (root / "extensions.yaml").exists() else None
    extensions = (known.read(dict[str, Extension]) if known else None) or {}
    profiles: dict[str, tuple[YamlFile, Profile]] = {}
    for path in sorted(root.glob("*.yaml")):
        if path.name not in ("guide.yaml", "extensions.yaml"):
            each = YamlFile(path)
            if profile := each.read(Profile):
                profiles[path.stem] = (each, profile)
            else:
                profiles[path.stem] = (each, Profile(resource="", version="", elements={}))
    files = [file, *([known] if known else []), *(each for each, _ in profiles.values())]
    if declared is not None:
        _check_lists(file, declared)
        whole = Guide(name, declared, {}, extensions)
        for each, profile in profiles.values():
            if profile.extends is not None:
                each.one_of(("extends",), profile.extends, set(profiles), "un profil du guide")
            _check(each, (), profile, whole, set(profiles))
            for rank, pairs in enumerate(profile.pairs):
                each.one_of(("pairs", rank, "nomenclature"), pairs.nomenclature, nomenclatures.names(), "une liste")
        for title, extension in extensions.items():
            assert known is not None  # where they were read
            _check(known, (title,), extension, whole, set(profiles))
    problems = [problem for each in files for problem in each.problems]
    if problems or declared is None:
        raise GuideError(problems)
    merged = {title: _with_elements_of(profile, profiles) for title, (_, profile) in profiles.items()}
    return Guide(name, declared, merged, extensions)


def names(folder: Path = FOLDER) -> list[str]:
    """The guides that are declared."""
    return sorted(path.parent.name for path in folder.glob("*/guide.yaml"))


def guides() -> dict[str, Guide]:
    """Every guide by name.

    Raises:
        GuideError: with every problem of every file.
    """
    found: dict[str, Guide] = {}
    problems: list[str] = []
    for name in names():
        try:
            found[name] = guide(name)
        except GuideError as error:
            problems += error.problems
    if problems:
        raise GuideError(problems)
    return found


def split(path: str) -> Iterator[tuple[str, str | None]]:
    """Each step of a path: name, slice."""
    for step in re.findall(r"(\w+)(?:\[([\w.-]+)\])?", path):
        yield step[0], step[1] or None


def parent(path: str) -> str:
    """What stands above an element: of a slice, the element that it is a slice of is not above it."""
    depth = path.rfind(".", 0, path.rfind("[") if path.endswith("]") else None)
    return path[:depth] if depth >= 0 else ""


def _with_elements_of(profile: Profile, profiles: Mapping[str, tuple[YamlFile, Profile]]) -> Profile:
    if profile.extends is None:
        return profile
    base = _with_elements_of(profiles[profile.extends][1], profiles)
    return profile.model_copy(
        update={"elements": {**base.elements, **profile.elements}, "rules": (*base.rules, *profile.rules)}
    )


def _check_lists(file: YamlFile, declared: GuideDeclaration) -> None:
    for name, each in declared.lists.items():
        if each.nomenclature is not None:
            file.one_of(("lists", name, "nomenclature"), each.nomenclature, nomenclatures.names(), "une liste")
        if each.nomenclature and each.codes:
            file.say(("lists", name), "une nomenclature ou des codes, pas les deux")


def _check(file: YamlFile, at: tuple[str, ...], said: Declared, guide: Guide, profiles: set[str]) -> None:
    """All that an element names is declared, and stands where its path says."""
    for path, element in said.elements.items():
        where = (*at, "elements", path)
        if not _PATH.match(path):
            file.say(where, f"« {path} » n'est pas un chemin (nom, ou nom[tranche], séparés par des points)")
        sliced = path.endswith("]")
        if sliced != bool(element.where or element.extension):
            file.say(where, "une tranche, entre crochets, se reconnaît à « where » ou « extension » ; elle seule")
        if element.binding is not None:
            file.one_of((*where, "binding"), element.binding, guide.declared.lists, "une liste du guide")
        for coded in filter(None, (element.code, *(element.where or {}).values())):
            if "#" in coded:
                file.one_of(where, coded.partition("#")[0], guide.declared.systems, "un système du guide")
        for rank, target in enumerate(element.refers):
            if not target[:1].isupper():  # a resource of FHIR
                file.one_of((*where, "refers", rank), target, profiles, "un profil du guide")
    for rank, rule in enumerate(said.rules):
        if (rule.published is None) != (rule.because is None):
            file.say((*at, "rules", rank), "« published » et « because » vont ensemble")


__all__ = [
    "CodeList",
    "Element",
    "Extension",
    "Guide",
    "GuideError",
    "Profile",
    "guide",
    "guides",
    "names",
    "parent",
    "split",
]
