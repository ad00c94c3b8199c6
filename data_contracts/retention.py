"""How long what is said of persons is kept: the classes and tables of `conservation.yaml`, held against the contracts.

Belongs here: reading that file, and saying everything that is wrong with it at once. Does not belong here: computing
dates, listing or eliminating anything (`ingest.retain`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import PlainValidator

from data_contracts.contract import Contract, Entity
from data_contracts.loading import load_contracts
from data_contracts.strict_yaml import DeclarationError, Strict, Where, YamlFile

PATH = Path(__file__).resolve().parent / "conservation.yaml"
LAST_CLASS, NONE = "derniere_classe", "aucune"
DELIVERIES = "livraisons"  # the class of bytes that no person is tied to
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
    """Whose a row is, by another table: `column` here is `key` there."""

    column: str
    source: str
    entity: str
    key: str


@dataclass(frozen=True)
class OpenEnd:
    """A row whose `end` is empty: a stay that goes on (`en_cours`), or a presence on the day of the file (`export`)."""

    begin: str
    end: str
    means: str


@dataclass(frozen=True)
class Held:
    """One table of persons: its class, whose its rows are, which of its dates are a contact."""

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

    @property
    def columns(self) -> tuple[str, ...]:
        """The stored columns that say whose a row is."""
        ways = (self.usager, self.through.column if self.through else None, *self.keys)
        return ("finess_et", *(name for name in ways if name))


@dataclass(frozen=True)
class Conservation:
    """The whole file."""

    version: str
    rules: dict[str, Rule]
    tables: tuple[Held, ...]

    def rule_of(self, held: Held) -> Rule:
        return self.rules[held.rule]


class SourceDeclaration(Strict):
    """A text, and how sure we are of it."""

    texte: str
    confiance: Confidence


class DeathDeclaration(Strict):
    """How long after a death, when it came soon enough after the last contact."""

    duree: DurationText
    si_dans: DurationText


class ClassDeclaration(Strict):
    """How long one class of data is kept."""

    libelle: str
    base_active: DurationText
    archive_intermediaire: Annotated[Duration | str, PlainValidator(_archive)]
    point_depart: Start
    sort_final: Fate
    sources: Annotated[tuple[SourceDeclaration, ...], Key(min_length=1)]
    anniversaire: Annotated[int, Key(gt=0)] | None = None
    deces: DeathDeclaration | None = None
    en_vigueur: str | None = None

    def build(self, code: str) -> Rule:
        return Rule(
            code=code,
            label=self.libelle,
            active=self.base_active,
            archive=self.archive_intermediaire if isinstance(self.archive_intermediaire, Duration) else None,
            follows_others=self.archive_intermediaire == LAST_CLASS,
            start=self.point_depart,
            fate=self.sort_final,
            sources=tuple(Source(each.texte, each.confiance) for each in self.sources),
            birthday=self.anniversaire,
            after_death=self.deces.duree if self.deces else None,
            died_within=self.deces.si_dans if self.deces else None,
            in_force_until=self.en_vigueur,
        )


class ThroughDeclaration(Strict):
    """A column, and the table that says whose it is; `cle`: the same column there, when it has another name."""

    champ: str
    table: str
    cle: str | None = None

    def build(self) -> Through:
        source, _, entity = self.table.partition(".")
        return Through(self.champ, source, entity, self.cle or self.champ)


class PersonDeclaration(Strict):
    """Whose the rows of a table are."""

    usager: str | None = None
    par: ThroughDeclaration | None = None
    cles: tuple[str, ...] = ()


class OpenEndDeclaration(Strict):
    """What an empty end means."""

    debut: str
    fin: str
    alors: Literal["en_cours", "export"]


class TableDeclaration(Strict):
    """One table of persons."""

    classe: str
    personne: Annotated[PersonDeclaration, Key(description="à qui sont ces lignes ?")]
    contacts: tuple[str, ...] = ()
    ouvert: OpenEndDeclaration | None = None
    sauf: dict[str, tuple[str, ...]] = Key(default_factory=dict)
    naissance: str | None = None
    deces: str | None = None

    def build(self, name: str, entity: Entity | None) -> Held:
        """entity: the table as it is stored; None when no contract declares it."""
        source, _, table = name.partition(".")
        return Held(
            source=source,
            entity=table,
            rule=self.classe,
            key=entity.primary_key if entity else (),
            usager=self.personne.usager,
            through=self.personne.par.build() if self.personne.par else None,
            keys=self.personne.cles,
            contacts=self.contacts,
            open_end=OpenEnd(self.ouvert.debut, self.ouvert.fin, self.ouvert.alors) if self.ouvert else None,
            but=next(iter(self.sauf.items()), None),
            birth_year=self.naissance,
            death=self.deces,
        )


class ConservationDeclaration(Strict):
    """The whole file."""

    version: str
    classes: dict[str, ClassDeclaration]
    entites: dict[str, TableDeclaration]


def load(path: Path | None = None, contracts: Mapping[str, Contract] | None = None) -> Conservation:
    """The rules of conservation. Every table of every contract about persons must have its class.

    Raises:
        ConservationError: with every problem of the file.
    """
    contracts = load_contracts() if contracts is None else contracts
    found, problems = read(path or PATH, contracts)
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
    stored: dict[str, Entity] = {}
    if contracts is not None:
        stored = {f"{c.id}.{e.name}": e.stored for c in contracts.values() for e in c.entities}
        _check_complete(file, declared, contracts)
        for name, table in declared.entites.items():
            _check_table(file, name, table, declared.classes, stored)
    rules = {code: each.build(code) for code, each in declared.classes.items()}
    tables = tuple(table.build(name, stored.get(name)) for name, table in declared.entites.items())
    return Conservation(declared.version, rules, tables), file.problems


def _check_complete(file: YamlFile, declared: ConservationDeclaration, contracts: Mapping[str, Contract]) -> None:
    """Nothing about persons is without a rule: it would be kept for ever, and nobody would know."""
    if DELIVERIES not in declared.classes:
        file.say(("classes",), f"la classe « {DELIVERIES} » (octets sans personne) est absente")
    for name in (f"{c.id}.{e.name}" for c in contracts.values() if c.personal for e in c.entities):
        if name not in declared.entites:
            file.say(("entites",), f"{name} porte des personnes et n'a pas de classe")


def _check_table(
    file: YamlFile,
    name: str,
    table: TableDeclaration,
    classes: Mapping[str, ClassDeclaration],
    stored: Mapping[str, Entity],
) -> None:
    """The class and the columns that a table names. stored: every table of every contract, as it is stored."""
    where: Where = ("entites", name)
    entity = stored.get(name)
    if entity is None:
        file.say(where, "aucun contrat ne déclare cette table")
    in_force = None
    if file.one_of((*where, "classe"), table.classe, {*classes} - {DELIVERIES}):
        in_force = classes[table.classe].en_vigueur
    person, opened = table.personne, table.ouvert
    if not (person.usager or person.par or person.cles):
        file.say((*where, "personne"), "absent : à qui sont ces lignes ?")
    if len(table.sauf) > 1:
        file.say((*where, "sauf"), "une seule colonne est attendue")
    for key, names, is_date in (
        (("classe",), (in_force,), False),
        (("personne", "usager"), (person.usager,), False),
        (("personne", "cles"), person.cles, False),
        (("personne", "par", "champ"), (person.par.champ if person.par else None,), False),
        (("naissance",), (table.naissance,), False),
        (("sauf",), tuple(table.sauf), False),
        (("deces",), (table.deces,), True),
        (("contacts",), table.contacts, True),
        (("ouvert", "debut"), (opened.debut if opened else None,), True),
        (("ouvert", "fin"), (opened.fin if opened else None,), True),
    ):
        _check_columns(file, (*where, *key), entity, names, is_date)
    if person.par:
        through, place = person.par.build(), (*where, "personne", "par")
        other = stored.get(person.par.table)
        if other is None:
            file.say((*place, "table"), f"aucun contrat ne déclare « {person.par.table} »")
        _check_columns(file, place, other, (through.key, "usager_id"), False)


def _check_columns(
    file: YamlFile, where: Where, entity: Entity | None, names: Iterable[str | None], is_date: bool
) -> None:
    types = {f.name: f.logical_type for f in entity.fields} if entity else {}
    for name in names:
        if entity is None or name is None or not file.one_of(where, name, types, f"une colonne de {entity.name}"):
            continue
        if is_date and types[name] not in ("date", "timestamp"):
            file.say(where, f"« {name} » n'est pas une date")
