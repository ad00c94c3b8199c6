"""How long what is said of persons is kept: the classes and tables of `conservation.yaml`, held against the contracts.

Belongs here: reading that file, and saying everything that is wrong with it at once. Does not belong here: computing
dates, listing or eliminating anything (`ingest.retain`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_contracts.contract import Contract, Entity
from data_contracts.loading import load_contracts

PATH = Path(__file__).resolve().parent / "conservation.yaml"
LAST_CLASS, NONE = "derniere_classe", "aucune"
DELIVERIES = "livraisons"  # the class of bytes that no person is tied to
STARTS = ("dernier_contact", "reception")
FATES = ("destruction", "conservation")
CONFIDENCES = ("V", "E", "S", "G")
STILL, SEEN = "en_cours", "export"
_UNITS = {"an": "y", "ans": "y", "mois": "mo", "jour": "d", "jours": "d"}
_DURATION = re.compile(rf"(\d{{1,3}}) ({'|'.join(_UNITS)})")


class ConservationError(ValueError):
    """The rules are wrong. The message lists every problem, one a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Règles de conservation invalides :\n" + "\n".join(f"  - {p}" for p in problems))


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


@dataclass(frozen=True)
class Source:
    """The text a rule rests on, and how sure we are of it: V read, E checked on data, S secondary, G not confirmed."""

    text: str
    confidence: str

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
    start: str
    fate: str
    sources: tuple[Source, ...]
    birthday: int | None = None
    after_death: Duration | None = None
    died_within: Duration | None = None
    in_force_until: str | None = None

    @property
    def text(self) -> str:
        """The rule in words, in French."""
        parts = [f"{self.active} après {'le dernier contact' if self.start == STARTS[0] else 'la réception'}"]
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


def load(path: Path | None = None, contracts: Mapping[str, Contract] | None = None) -> Conservation:
    """The rules of conservation. Every table of every contract about persons must have its class.

    Raises:
        ConservationError: with every problem of the file.
    """
    parser = _Parser(path or PATH, load_contracts() if contracts is None else contracts)
    found = parser.conservation()
    if parser.problems:
        raise ConservationError(parser.problems)
    return found


_RULE_KEYS = {
    "libelle", "base_active", "archive_intermediaire", "point_depart", "sort_final", "sources", "anniversaire", "deces",
    "en_vigueur",
}  # fmt: skip
_HELD_KEYS = {"classe", "personne", "contacts", "ouvert", "sauf", "naissance", "deces"}


class _Parser:
    def __init__(self, path: Path, contracts: Mapping[str, Contract]) -> None:
        self.path, self.contracts = path, contracts
        self.problems: list[str] = []

    def say(self, where: str, problem: str) -> None:
        self.problems.append(f"{self.path.name} · {where} : {problem}")

    def one_of(self, where: str, value: Any, allowed: Collection[str]) -> bool:
        if value in allowed:
            return True
        near = difflib.get_close_matches(str(value), sorted(allowed), n=1)
        hint = f" (vouliez-vous « {near[0]} » ?)" if near else f" (attendu : {', '.join(sorted(allowed))})"
        self.say(where, f"« {value} » n'est pas admis{hint}")
        return False

    def keys(self, where: str, node: Any, allowed: Collection[str]) -> dict[str, Any]:
        if not isinstance(node, dict):
            self.say(where, "un ensemble « clé: valeur » est attendu")
            return {}
        for key in node:
            self.one_of(where, key, allowed)
        return node

    def conservation(self) -> Conservation:
        try:
            content = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            self.say("fichier", f"YAML illisible ({' '.join(str(error).split())})")
            content = {}
        node = self.keys("fichier", content, ("version", "classes", "entites"))
        if not node.get("version"):
            self.say("version", "absente")
        rules = {code: self.rule(str(code), rule) for code, rule in (node.get("classes") or {}).items()}
        if DELIVERIES not in rules:
            self.say("classes", f"la classe « {DELIVERIES} » (octets sans personne) est absente")
        tables = tuple(self.held(str(name), held, rules) for name, held in (node.get("entites") or {}).items())
        self.complete({(h.source, h.entity) for h in tables})
        return Conservation(str(node.get("version")), rules, tables)

    def complete(self, declared: set[tuple[str, str]]) -> None:
        """Nothing about persons is without a rule: it would be kept for ever, and nobody would know."""
        for contract in self.contracts.values():
            for entity in contract.entities if contract.personal else ():
                if (contract.id, entity.name) not in declared:
                    self.say("entites", f"{contract.id}.{entity.name} porte des personnes et n'a pas de classe")

    def duration(self, where: str, value: Any) -> Duration:
        found = _DURATION.fullmatch(str(value))
        if not found or not int(found[1]):
            self.say(where, f"« {value} » n'est pas une durée (exemples : 2 ans, 18 mois, 90 jours)")
            return Duration(1, "an")
        return Duration(int(found[1]), found[2])

    def rule(self, code: str, content: Any) -> Rule:
        where = f"classes.{code}"
        node = self.keys(where, content, _RULE_KEYS)
        for key in ("libelle", "base_active", "archive_intermediaire", "point_depart", "sort_final", "sources"):
            if not node.get(key):
                self.say(where, f"{key} absent")
        archive = node.get("archive_intermediaire", NONE)
        years = archive not in (NONE, LAST_CLASS)
        death = self.keys(f"{where}.deces", node.get("deces") or {}, ("duree", "si_dans"))
        birthday = node.get("anniversaire")
        if birthday is not None and not (isinstance(birthday, int) and birthday > 0):
            self.say(f"{where}.anniversaire", f"« {birthday} » n'est pas un âge")
        self.one_of(f"{where}.point_depart", node.get("point_depart"), STARTS)
        self.one_of(f"{where}.sort_final", node.get("sort_final"), FATES)
        return Rule(
            code=code,
            label=str(node.get("libelle")),
            active=self.duration(f"{where}.base_active", node.get("base_active")),
            archive=self.duration(f"{where}.archive_intermediaire", archive) if years else None,
            follows_others=archive == LAST_CLASS,
            start=str(node.get("point_depart")),
            fate=str(node.get("sort_final")),
            sources=tuple(self.source(f"{where}.sources", s) for s in node.get("sources") or ()),
            birthday=birthday,
            after_death=self.duration(f"{where}.deces.duree", death.get("duree")) if death else None,
            died_within=self.duration(f"{where}.deces.si_dans", death.get("si_dans")) if death else None,
            in_force_until=node.get("en_vigueur"),
        )

    def source(self, where: str, content: Any) -> Source:
        node = self.keys(where, content, ("texte", "confiance"))
        if not node.get("texte"):
            self.say(where, "texte absent")
        self.one_of(f"{where}.confiance", node.get("confiance"), CONFIDENCES)
        return Source(str(node.get("texte")), str(node.get("confiance")))

    def held(self, name: str, content: Any, rules: Mapping[str, Rule]) -> Held:
        where = f"entites.{name}"
        node = self.keys(where, content, _HELD_KEYS)
        source, _, entity_name = name.partition(".")
        entity = self.entity(where, source, entity_name)
        if self.one_of(f"{where}.classe", node.get("classe"), {*rules} - {DELIVERIES}):
            ends = rules[node["classe"]].in_force_until
            self.columns(where, entity, ends)
        person = self.keys(f"{where}.personne", node.get("personne") or {}, ("usager", "par", "cles"))
        if not person:
            self.say(f"{where}.personne", "absent : à qui sont ces lignes ?")
        contacts = tuple(node.get("contacts") or ())
        keys = tuple(person.get("cles") or ())
        but = self.keys(f"{where}.sauf", node.get("sauf") or {}, _names(entity) or node.get("sauf") or ())
        self.columns(where, entity, person.get("usager"), node.get("naissance"), *keys)
        self.columns(where, entity, node.get("deces"), *contacts, dates=True)
        return Held(
            source=source,
            entity=entity_name,
            rule=str(node.get("classe")),
            key=entity.primary_key if entity else (),
            usager=person.get("usager"),
            through=self.through(f"{where}.personne.par", entity, person["par"]) if person.get("par") else None,
            keys=keys,
            contacts=contacts,
            open_end=self.open_end(f"{where}.ouvert", entity, node["ouvert"]) if node.get("ouvert") else None,
            but=next(((str(k), tuple(map(str, v))) for k, v in but.items()), None),
            birth_year=node.get("naissance"),
            death=node.get("deces"),
        )

    def entity(self, where: str, source: str, name: str) -> Entity | None:
        contract = self.contracts.get(source)
        entity = next((e for e in contract.entities if e.name == name), None) if contract else None
        if entity is None:
            self.say(where, "aucun contrat ne déclare cette table")
        return entity.stored if entity else None

    def columns(self, where: str, entity: Entity | None, *names: str | None, dates: bool = False) -> None:
        for name in names:
            if entity is None or name is None or not self.one_of(where, name, _names(entity)):
                continue
            if dates and entity.field(name).logical_type not in ("date", "timestamp"):
                self.say(where, f"« {name} » n'est pas une date")

    def through(self, where: str, entity: Entity | None, content: Any) -> Through:
        node = self.keys(where, content, ("champ", "table", "cle"))
        column, table = str(node.get("champ")), str(node.get("table"))
        source, _, name = table.partition(".")
        key = str(node.get("cle", column))
        self.columns(where, entity, column)
        self.columns(where, self.entity(where, source, name), key, "usager_id")
        return Through(column, source, name, key)

    def open_end(self, where: str, entity: Entity | None, content: Any) -> OpenEnd:
        node = self.keys(where, content, ("debut", "fin", "alors"))
        self.columns(where, entity, str(node.get("debut")), str(node.get("fin")), dates=True)
        self.one_of(f"{where}.alors", node.get("alors"), (STILL, SEEN))
        return OpenEnd(str(node.get("debut")), str(node.get("fin")), str(node.get("alors")))


def _names(entity: Entity | None) -> set[str]:
    return {f.name for f in entity.fields} if entity else set()
