"""What a FHIR profile of a national guide asks of a message: the model of its file.

Belongs here: the keys of a profile, of an extension, of a guide. Does not belong here: reading the files and checking
what they refer to (`data_contracts.guides`), judging a message by them (`orchestration.restitution.conformity`).

A path goes from the resource, as FHIRPath does: `identifier[idPA].value`; `value` stands for every `value[x]`. A name
between brackets is a slice: one of the repetitions, recognised by `where` or by the url of its `extension`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Key

from data_contracts.strict_yaml import Line, Strict

Count = Annotated[str, Key(pattern=r"^\d+\.\.(\d+|\*)$")]
Url = Annotated[str, Key(pattern=r"^(https?://|urn:)\S+$")]
Strength = Literal["required", "extensible", "preferred", "example"]


class Element(Strict):
    """One element that a profile constrains, names or maps; nothing said of it: it is only mapped.

    count: least and most, for each parent. type: words of FHIR, separated by « | ». refers: profiles of the guide, or
    resources, that a reference may name. fixed: a primitive value. code: « system#code » that a coded value holds, its
    system by the name that the guide gives it. binding: a list of the guide. maps: its name in the content model.
    """

    count: Count | None = None
    type: str | None = None
    refers: tuple[str, ...] = ()
    fixed: str | None = None
    code: str | None = None
    binding: str | None = None
    strength: Strength = "required"
    where: dict[str, str] | None = None
    extension: str | None = None
    maps: str | None = None

    @property
    def least(self) -> int:
        return int(self.count.partition("..")[0]) if self.count else 0

    @property
    def most(self) -> int | None:
        """None: as many as one likes."""
        most = self.count.partition("..")[2] if self.count else "*"
        return None if most == "*" else int(most)


class Rule(Strict):
    """An invariant. about: the element that it is about (default: the whole). says: the rule, in French, in our words.

    published: the expression of the guide, when it is not the one that is applied; because: why it is not. In both,
    `%SD` stands for the url under which the guide publishes its profiles and extensions.
    """

    key: str
    about: str = ""
    says: Line
    remedy: Line
    expression: Line
    published: Line | None = None
    because: Line | None = None


class Pairs(Strict):
    """Two coded elements whose pair must be in a list; a status that the list knows needs a reason."""

    key: str
    says: Line
    status: str
    reason: str
    nomenclature: str


class Declared(Strict):
    """What a profile and an extension have in common."""

    elements: dict[str, Element]
    rules: tuple[Rule, ...] = ()


class Extension(Declared):
    """An extension of the guide, under its name. inner: it stands in another, and its url is its name alone."""

    inner: bool = False


class Profile(Declared):
    """One profile. also: other urls that name it, of older versions. version: the one that was read.

    extends: a file of the same guide whose elements it takes. Without a url of its own, it is there to be extended.
    """

    resource: str
    version: str
    url: Url | None = None
    also: tuple[Url, ...] = ()
    extends: str | None = None
    note: Line | None = None
    pairs: tuple[Pairs, ...] = ()


class CodeList(Strict):
    """A value set that elements are bound to. systems: of its codes, by canonical url; none: any.

    nomenclature: our list of its codes; codes: the codes themselves, when they are few. Neither: not checked.
    """

    value_set: Annotated[Url, Key(alias="valueSet")]
    systems: tuple[Url, ...] = ()
    nomenclature: str | None = None
    codes: tuple[str, ...] = ()


class GuideDeclaration(Strict):
    """A guide. systems: name that its files use -> canonical url. oids: canonical url -> what some write instead."""

    title: str
    canonical: Url
    version: str
    source: str
    systems: dict[str, Url]
    lists: dict[str, CodeList]
    oids: dict[str, Url] = Key(default_factory=dict)
