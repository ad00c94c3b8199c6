"""The forms that collections ask ESMS to fill in, derived from contracts, and the rules by which they come filled.

Belongs here: which contracts are forms, in which layout, what each column asks, who may fill it before the ESMS does
and for how long (`dictionary/preremplissage.csv`). Does not belong here: what is known of an ESMS (dbt), writing forms
(`orchestration.forms`), reading them back (`ingest.returned_forms`).

A collection that is added has its form by its contract alone: an element that no line of the table names has the
careful rule, which is that two collections must agree before a cell is filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field as Key
from pydantic import ValidationError

from data_contracts import dictionary
from data_contracts.contract import Contract, Entity, Field, Layout
from data_contracts.dictionary import DictionaryError
from data_contracts.dictionary.element_lines import AUTHORITIES
from data_contracts.strict_yaml import Strict, problems_of, wrong_word
from data_contracts.titles import rank_off

TABLE = "preremplissage.csv"
SOURCES = Path(__file__).resolve().parent / "sources"
CONFIRMED_UNTIL_MONTHS = 36  # an answer older than that says nothing any more: the question is asked anew
PUBLICS = ("PA", "PH_ENFANT", "PH_ADULTE")  # domains of `finess_categories`; one of several publics is asked all
_READERS = ("csv", "xlsx")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


class RuleLine(Strict):
    """One line of the table: how the cells of an element may be filled."""

    element_id: str
    # How many months before the day that the form asks about an answer may speak of, and still be filled in. After that
    # it is shown, to be confirmed. 0: the very year that is asked for.
    fraicheur_mois: Annotated[str, Key(pattern=r"^\d{1,3}$")]
    # The collections, or sources of them, whose answer alone fills the cell. Others must be two to agree.
    seules: str
    # The publics that the question is about; empty: everybody.
    publics: str
    # By how much, in percent of the larger, an answer that is alone may differ from that of the year before. Beyond it,
    # or when an amount is the same to the cent, it is to be confirmed. Empty: the two years are not compared.
    evolution_pct: Annotated[str, Key(pattern=r"^\d{0,3}$")]


@dataclass(frozen=True)
class Rule:
    """How the cells of one element may be filled. alone: sources; empty when two must always agree."""

    fresh_months: int = 0
    alone: tuple[str, ...] = ()
    publics: tuple[str, ...] = ()
    evolution_pct: int | None = None


@dataclass(frozen=True)
class Form:
    """The form of a collection: one table of its contract, in the newest layout that a spreadsheet can hold."""

    contract: Contract
    layout: Layout
    entity: Entity

    @cached_property
    def columns(self) -> dict[str, Field]:
        """Heading -> field, in the order of the layout, to the character."""
        carried = self.contract.fields_in(self.layout, self.entity)
        fields = [(column, self.entity.field(name)) for name, column in carried.items()]
        if all(isinstance(column, int) for column, _ in fields):
            fields.sort(key=lambda pair: int(pair[0]))
        return dict(_named(fields))

    def basis(self, field: Field) -> str | None:
        return field.time_basis or self.entity.time_basis

    @cached_property
    def asked(self) -> dict[str, Field]:
        """Name -> field, of those that ask for an element of the dictionary."""
        observed = {field.name for field in self.entity.observed}
        return {field.name: field for field in self.columns.values() if field.name in observed}

    @cached_property
    def needed(self) -> frozenset[str]:
        """The fields without which a row of it is none, or means something else."""
        return self.entity.needed(())


def _named(fields: list[tuple[str | int, Field]]) -> list[tuple[str, Field]]:
    """Headings told apart: two columns of one title are two keys, of which the second carries its position."""
    seen: dict[str, int] = {}
    named: list[tuple[str, Field]] = []
    for place, (column, field) in enumerate(fields, start=1):
        title = field.title if isinstance(column, int) else column
        named.append((f"{title}\x00{place}" if title in seen else title, field))
        seen[title] = place
    return named


def heading(key: str) -> str:
    """The heading that a column shows, of its key in `Form.columns`; nothing where the layout has no title."""
    shown = rank_off(key.partition("\x00")[0])
    return "" if shown == "(sans titre)" else shown


def forms(contracts: Mapping[str, Contract]) -> dict[str, Form]:
    """The form of each collection that ESMS fill in about themselves, by source.

    That is so when its contract names who answers (`respondents`), or when the matrix of collections says it.
    Of several channels of one document, the one that its collection names first (precedence.yaml). Collections about
    persons have none: `dlnuf prepare` gives those back.
    """
    found: dict[str, Form] = {}
    documents: dict[str, str] = {}
    order = dictionary.precedence().collections
    for source, contract in sorted(contracts.items(), key=lambda item: _place(order, item[1])):
        form = _form(contract)
        if form is not None and contract.document not in documents:
            documents[contract.document] = source
            found[source] = form
    return {source: found[source] for source in contracts if source in found}


def _place(order: Mapping[str, tuple[str, ...]], contract: Contract) -> int:
    named = order.get(contract.collection, ())
    return named.index(contract.id) if contract.id in named else len(named)


def _form(contract: Contract) -> Form | None:
    asks_esms = contract.respondents or contract.collection in dictionary.filled_by_esms()
    if contract.personal or contract.nature != "collecte" or not asks_esms:
        return None
    candidates = [
        (tuple(map(int, layout.version.split("."))), rank, layout, contract.entity(layout.entities[0]))
        for rank, layout in enumerate(contract.layouts)
        if layout.reader in _READERS and len(layout.entities) == 1
    ]
    direct = [c for c in candidates if c[3].unit == "ET" and c[3].observed]
    if not direct:
        return None
    *_, layout, entity = max(direct, key=lambda c: (c[0], c[1]))
    return Form(contract, layout, entity)


@lru_cache(maxsize=4)
def rules(folder: Path = dictionary.FOLDER) -> dict[str, Rule]:
    """The rule of each element that the table names. What it names must be in the dictionary, or a source.

    Raises:
        DictionaryError: with every problem of every line.
    """
    problems: list[str] = []
    known: dict[str, Rule] = {}
    sources = {path.name.removesuffix(".odcs.yaml") for path in SOURCES.glob("*.odcs.yaml")}
    answerers = {*dictionary.names_of_collections(), *AUTHORITIES, *sources}
    for line, row in dictionary.read_lines(TABLE, folder):
        where = f"{TABLE}:{line} · {row['element_id']}"
        try:
            declared = RuleLine.model_validate(row)
        except ValidationError as error:
            problems += [f"{where} · {problem}" for problem in problems_of(error, RuleLine)]
            continue
        alone, publics = _split(declared.seules), _split(declared.publics)
        if declared.element_id not in dictionary.elements():
            problems.append(f"{where} · element_id : n'est pas un élément du dictionnaire (elements.csv)")
        if declared.element_id in known:
            problems.append(f"{where} · element_id : déclaré deux fois")
        unknown = (wrong_word(name, answerers, "n'est ni une collecte, ni une source") for name in alone)
        problems += [f"{where} · seules : {problem}" for problem in unknown if problem]
        unknown = (wrong_word(name, PUBLICS) for name in publics)
        problems += [f"{where} · publics : {problem}" for problem in unknown if problem]
        known[declared.element_id] = Rule(
            int(declared.fraicheur_mois),
            alone,
            publics,
            int(declared.evolution_pct) if declared.evolution_pct else None,
        )
    if problems:
        raise DictionaryError(problems)
    return known


def rule(element_id: str) -> Rule:
    """The rule of an element; the careful one when no line names it."""
    return rules().get(element_id, Rule())


def cells_of_rules(contracts: Mapping[str, Contract]) -> Iterator[tuple[str, str, str, Field, str]]:
    """Source, table, rule, field, time basis: the cells that each warning of a contract speaks about.

    A row that breaks it says that one of them is wrong, not which.
    """
    for contract in contracts.values():
        for entity in () if contract.personal else contract.entities:
            observed = {field.name: field for field in entity.observed}
            for rule in entity.rules:
                if rule.severity != "warning":
                    continue
                for name in dict.fromkeys(_WORD.findall(rule.expression)):
                    if field := observed.get(name):
                        basis = field.time_basis or entity.time_basis or ""
                        yield contract.id, entity.name, rule.description, field, basis


def _split(cell: str) -> tuple[str, ...]:
    return tuple(name for name in cell.split(">") if name)
