"""How long what is said of persons is kept: the classes of `conservation.yaml`, the tables that contracts put in them.

Belongs here: reading that file, and saying everything that is wrong with it at once; each table of persons as
`ingest.retain` needs it. Does not belong here: what a contract must say of its tables (`person_entities`), computing
dates, listing or eliminating anything (`ingest.retain`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import PlainValidator

from data_contracts.contract import Contract
from data_contracts.loading import CONSERVATION, DELIVERIES, load_contracts
from data_contracts.person_entities import PersonEntity, find, person_entities
from data_contracts.strict_yaml import DeclarationError, Strict, YamlFile

LAST_CLASS, NONE = "derniere_classe", "aucune"
Start = Literal["dernier_contact", "reception"]
Fate = Literal["destruction", "conservation"]
Confidence = Literal["V", "E", "S", "G"]
STILL, SEEN = "en_cours", "export"
_UNITS = {"an": "y", "ans": "y", "mois": "mo", "jour": "d", "jours": "d"}
_DURATION = re.compile(rf"(\d{{1,3}}) ({'|'.join(_UNITS)})")


class ConservationError(DeclarationError):
    """The rules are wrong. The message lists every problem, one a line."""

    title = "Règles de conservation invalides"


@dataclass(frozen=True)
class Duration:
    """A duration in whole years, months or days, as the law counts them."""

    number: int
    unit: str  # an, ans, mois, jour, jours

    @property
    def offset(self) -> str:
        """As polars writes it."""
        return f"{self.number}{_UNITS[self.unit]}"

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


def _duration(value: object) -> Duration:
    found = _DURATION.fullmatch(str(value))
    if not found or not int(found[1]):
        raise ValueError(f"« {value} » n'est pas une durée (exemples : 2 ans, 18 mois, 90 jours)")
    return Duration(int(found[1]), found[2])


def _archive(value: object) -> Duration | str:
    return str(value) if value in (NONE, LAST_CLASS) else _duration(value)


DurationText = Annotated[Duration, PlainValidator(_duration)]


@dataclass(frozen=True)
class Source:
    """The text a rule rests on, and how sure we are of it: V read, E checked on data, S secondary, G not confirmed."""

    text: str
    confidence: Confidence

    def __str__(self) -> str:
        return f"{self.text} [{self.confidence}]"


@dataclass(frozen=True)
class Rule:
    """How long one class is kept. follows_others: its archive lasts as long as another class of the same person."""

    code: str
    label: str
    active: Duration
    archive: Duration | None
    follows_others: bool
    start: Start
    fate: Fate
    sources: tuple[Source, ...]
    birthday: int | None = None
    after_death: Duration | None = None
    died_within: Duration | None = None
    in_force_until: str | None = None

    @property
    def text(self) -> str:
        """The rule in words, in French."""
        begins = "le dernier contact" if self.start == "dernier_contact" else "la réception"
        parts = [f"{self.active} après {begins}"]
        if self.archive:
            parts.append(f"puis {self.archive} en archive intermédiaire")
        if self.follows_others:
            parts.append("puis tant qu'une autre classe de la même personne est conservée")
        if self.birthday:
            parts.append(f"jamais avant l'année du {self.birthday}e anniversaire")
        if self.after_death:
            parts.append(f"{self.after_death} après le décès survenu dans les {self.died_within}")
        if self.in_force_until:
            parts.append("jamais tant qu'elle est en vigueur")
        return ", ".join(parts)


@dataclass(frozen=True)
class Through:
    """Whose a row is, by another table: `column` here is `key` there, where `usager` is the number of the record."""

    column: str
    source: str
    entity: str
    key: str
    usager: str


@dataclass(frozen=True)
class OpenEnd:
    """A row whose `end` is empty: a stay that goes on (`en_cours`), or a presence on the day of the file (`export`)."""

    begin: str
    end: str
    means: str


@dataclass(frozen=True)
class Held:
    """One table of persons: its class, whose its rows are, which of its dates are a contact.

    is_record: its rows are the files of persons, whose numbers and keys of identity say whose the other rows are.
    """

    source: str
    entity: str
    rule: str
    key: tuple[str, ...] = ()  # its primary key, stored columns
    usager: str | None = None
    through: Through | None = None
    keys: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    open_end: OpenEnd | None = None
    but: tuple[str, tuple[str, ...]] | None = None
    birth_year: str | None = None
    death: str | None = None
    is_record: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The stored columns that say whose a row is."""
        ways = (self.usager, self.through.column if self.through else None, *self.keys)
        return ("finess_et", *(name for name in ways if name))


@dataclass(frozen=True)
class Conservation:
    """The rules, and every table of every contract about persons."""

    version: str
    rules: dict[str, Rule]
    tables: tuple[Held, ...]

    def rule_of(self, held: Held) -> Rule:
        return self.rules[held.rule]


class SourceDeclaration(Strict):
    """A text, and how sure we are of it."""

    text: str
    confidence: Confidence


class DeathDeclaration(Strict):
    """How long after a death, when it came soon enough after the last contact."""

    kept: DurationText
    within: DurationText


class ClassDeclaration(Strict):
    """How long one class of data is kept."""

    label: str
    active: DurationText
    archive: Annotated[Duration | str, PlainValidator(_archive)]
    start: Start
    fate: Fate
    sources: Annotated[tuple[SourceDeclaration, ...], Key(min_length=1)]
    birthday: Annotated[int, Key(gt=0)] | None = None
    death: DeathDeclaration | None = None
    in_force_until: str | None = None

    def build(self, code: str) -> Rule:
        return Rule(
            code=code,
            label=self.label,
            active=self.active,
            archive=self.archive if isinstance(self.archive, Duration) else None,
            follows_others=self.archive == LAST_CLASS,
            start=self.start,
            fate=self.fate,
            sources=tuple(Source(each.text, each.confidence) for each in self.sources),
            birthday=self.birthday,
            after_death=self.death.kept if self.death else None,
            died_within=self.death.within if self.death else None,
            in_force_until=self.in_force_until,
        )


class ConservationDeclaration(Strict):
    """The whole file."""

    version: str
    classes: dict[str, ClassDeclaration]


def load(path: Path | None = None, contracts: Mapping[str, Contract] | None = None) -> Conservation:
    """The rules of conservation, and the tables that they apply to.

    Raises:
        ConservationError: with every problem of the file.
        ContractError: a contract about persons says not how long a table is kept.
    """
    contracts = load_contracts() if contracts is None else contracts
    found, problems = read(path or CONSERVATION, contracts)
    if found is None or problems:
        raise ConservationError(problems)
    return found


def read(path: Path, contracts: Mapping[str, Contract] | None) -> tuple[Conservation | None, list[str]]:
    """The rules of a file, however wrong, and every problem; None when it cannot be read at all.

    contracts: None when one of them cannot be read, and nothing can be held against them.
    """
    file = YamlFile(path)
    declared = file.read(ConservationDeclaration)
    if declared is None:
        return None, file.problems
    if DELIVERIES not in declared.classes:
        file.say(("classes",), f"la classe « {DELIVERIES} » (octets sans personne) est absente")
    tables = person_entities(contracts or {})
    for each in tables:
        _check_table(file, each, declared.classes)
    rules = {code: each.build(code) for code, each in declared.classes.items()}
    return Conservation(declared.version, rules, tuple(_held(each, contracts or {}) for each in tables)), file.problems


def _check_table(file: YamlFile, each: PersonEntity, classes: Mapping[str, ClassDeclaration]) -> None:
    """The class of a table is there, and the field that ends its rows when the class names one."""
    code = each.role.retention.retention_class
    if code not in classes:
        file.say(("classes",), f"la classe « {code} » de {each.name} est absente")
        return
    ends = classes[code].in_force_until
    if ends and ends not in {f.name for f in each.entity.stored.fields}:
        file.say(("classes", code, "in_force_until"), f"« {ends} » n'est pas une colonne de {each.name}")


def _held(each: PersonEntity, contracts: Mapping[str, Contract]) -> Held:
    role, kept = each.role, each.role.retention
    is_record = role.kind == "record"
    opened = (role.fields["date_entree"], role.fields["date_sortie"]) if kept.open else None
    return Held(
        source=each.contract.id,
        entity=each.entity.name,
        rule=kept.retention_class,
        key=each.entity.stored.primary_key,
        usager=_usager(each),
        through=_through(each, contracts),
        keys=each.strong_keys,
        contacts=tuple(kept.contacts),
        open_end=OpenEnd(*opened, str(kept.open)) if opened else None,
        but=next(((column, tuple(values)) for column, values in kept.but.items()), None),
        birth_year=each.birth_year if is_record else None,
        death=kept.death,
        is_record=is_record,
    )


def _usager(each: PersonEntity) -> str | None:
    """The column that holds the number of a record."""
    if each.role.kind == "record":
        return each.role.number
    return each.role.record.field if each.role.record else None


def _through(each: PersonEntity, contracts: Mapping[str, Contract]) -> Through | None:
    via = each.role.retention.via
    way = find(contracts, via.of) if via else None
    if via is None or way is None:
        return None
    return Through(via.field, way.contract.id, way.entity.name, via.key or via.field, str(_usager(way)))
