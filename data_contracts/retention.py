"""How long what is said of persons is kept: the classes of `conservation.yaml`, the tables that contracts put in them.

Belongs here: reading that file, and saying everything that is wrong with it at once; each table of persons as
`ingest.retain` needs it. Does not belong here: what a contract must say of its tables (`person_role`), computing dates,
listing or eliminating anything (`ingest.retain`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_contracts.contract import Contract
from data_contracts.loading import CONSERVATION, DELIVERIES, load_contracts
from data_contracts.person_role import Told, find, told

LAST_CLASS, NONE = "derniere_classe", "aucune"
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


def load(path: Path | None = None, contracts: Mapping[str, Contract] | None = None) -> Conservation:
    """The rules of conservation, and the tables that they apply to.

    Raises:
        ConservationError: with every problem of the file.
        ContractError: a contract about persons says not how long a table is kept.
    """
    parser = _Parser(path or CONSERVATION)
    version, rules = parser.conservation()
    known = load_contracts() if contracts is None else contracts
    held = tuple(_held(each, known) for each in told(known))
    parser.tables(held, rules, known)
    if parser.problems:
        raise ConservationError(parser.problems)
    return Conservation(version, rules, held)


def _held(each: Told, contracts: Mapping[str, Contract]) -> Held:
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


def _usager(each: Told) -> str | None:
    """The column that holds the number of a record."""
    if each.role.kind == "record":
        return each.role.number
    return each.role.record.field if each.role.record else None


def _through(each: Told, contracts: Mapping[str, Contract]) -> Through | None:
    via = each.role.retention.via
    way = find(contracts, via.of) if via else None
    if via is None or way is None:
        return None
    return Through(via.field, way.contract.id, way.entity.name, via.key or via.field, str(_usager(way)))


_RULE_KEYS = {
    "libelle", "base_active", "archive_intermediaire", "point_depart", "sort_final", "sources", "anniversaire", "deces",
    "en_vigueur",
}  # fmt: skip


class _Parser:
    def __init__(self, path: Path) -> None:
        self.path = path
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

    def conservation(self) -> tuple[str, dict[str, Rule]]:
        """The version of the file, and its rules by class."""
        try:
            content = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            self.say("fichier", f"YAML illisible ({' '.join(str(error).split())})")
            content = {}
        node = self.keys("fichier", content, ("version", "classes"))
        if not node.get("version"):
            self.say("version", "absente")
        rules = {code: self.rule(str(code), rule) for code, rule in (node.get("classes") or {}).items()}
        if DELIVERIES not in rules:
            self.say("classes", f"la classe « {DELIVERIES} » (octets sans personne) est absente")
        return str(node.get("version")), rules

    def tables(self, held: Collection[Held], rules: Mapping[str, Rule], contracts: Mapping[str, Contract]) -> None:
        """Each table finds its class here, and the field that ends its rows when the class names one."""
        for table in held:
            rule, stored = rules.get(table.rule), contracts[table.source].entity(table.entity).stored
            ends = rule.in_force_until if rule else None
            if rule is None:
                self.say("classes", f"la classe « {table.rule} » de {table.source}.{table.entity} est absente")
            elif ends and ends not in {f.name for f in stored.fields}:
                self.say(f"classes.{rule.code}.en_vigueur", f"« {ends} » n'est pas de {table.source}.{table.entity}")

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
