"""The indicators against the contracts of sources: who delivers what they read, and in which unit.

Belongs here: sources that deliver nothing of an indicator, numbers that contracts only give in parts, units that do not
go together. Does not belong here: the fraction itself (`fraction`). Contracts read the indicators, so this is asked
apart, once both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from data_contracts.contract import Contract
from data_contracts.indicators import FOLDER, formulas, indicators
from data_contracts.indicators.declaration import Answer, Calculation, Indicator, Modalite
from data_contracts.indicators.sides import WrongMacro, sides
from data_contracts.strict_yaml import Where, YamlFile

Said = Iterator[tuple[Where, str]]
_STAGED = "*"  # a model gives it, under components that contracts cannot say
_RATES = frozenset({"pct", "fraction"})  # one unit of the layer, whichever the source writes
Carried = dict[str, dict[str, dict[str, str | None]]]  # element -> component -> source -> unit


def problems(contracts: Mapping[str, Contract], folder: Path = FOLDER) -> list[str]:
    """All that published indicators say of sources that these do not deliver, with file and line."""
    carried = _carried(contracts)
    found: list[str] = []
    for code, declared in indicators(folder).items():
        told = list(_of(declared, carried))
        if told:
            file = YamlFile(folder / f"{code}.yaml")
            for where, problem in told:
                file.say(where, problem)
            found += file.problems
    return found


def _carried(contracts: Mapping[str, Contract]) -> Carried:
    found: Carried = {}
    for contract in contracts.values():
        for entity in contract.entities:
            for field in entity.observed:
                unit = "pct" if field.unit in _RATES else field.unit
                found.setdefault(str(field.element), {}).setdefault(field.component, {})[contract.id] = unit
            for element in entity.staged_elements:
                found.setdefault(element, {}).setdefault(_STAGED, {})[contract.id] = None
    return found


def _of(declared: Indicator, carried: Carried) -> Said:
    for part in declared.parts:
        where: Where = ("modalites", declared.modalites.index(part)) if isinstance(part, Modalite) else ()
        if part.delivered:
            yield from _in_parts((*where, "delivered"), part.delivered, carried)
        if isinstance(part.formula, Calculation):
            for name, term in part.formula.terms.items():
                yield from _in_parts((*where, "formula", "terms", name), term, carried)
            yield from _units(declared, part.formula, (*where, "formula"), carried)
    answers = [part.delivered for part in declared.parts if part.delivered]
    for source in re.split("[>=]", declared.sources) if declared.sources and answers else ():
        if not any(source in _sources_of(answer, carried) for answer in answers):
            read = ", ".join(dict.fromkeys(map(str, answers)))
            yield ("sources",), f"« {source} » ne livre pas {read} : aucun champ de ce contrat n'y est lié"


def _sources_of(answer: Answer, carried: Carried) -> set[str]:
    given = carried.get(answer.element, {})
    return {*given.get(answer.component, ()), *given.get(_STAGED, ())}


def _in_parts(where: Where, answer: Answer, carried: Carried) -> Said:
    """A number that no contract gives whole, though some give parts of it, is never there."""
    given = carried.get(answer.element, {})
    if given and not answer.component and not {"", _STAGED} & given.keys():
        yield where, f"{answer.element} n'est livré qu'en composantes ({', '.join(sorted(given))}) : dire laquelle"


def _units(declared: Indicator, formula: Calculation, where: Where, carried: Carried) -> Said:
    """A sum is of numbers of one unit, that of the indicator; a percentage, of a number over another of its unit. What
    is shared among others keeps its unit, or says of what it is a share: « eur », « eur_par_place »."""
    parameters = formulas().get(formula.macro)
    try:
        found = sides(formula.macro, parameters) if parameters else None
    except WrongMacro:
        found = None  # said of the indicator itself
    if found is None or found.multiplied:
        return
    units = {name: _unit(term, carried) for name, term in formula.terms.items()}
    above = {units.get(name) for name in found.above} - {None}
    if found.below is None or found.factor == "1":
        for name in sorted(found.above):
            shared = found.below is not None and declared.unit.startswith(f"{units.get(name)}_par_")
            if (unit := units.get(name)) and unit != declared.unit and not shared:
                term = formula.terms[name]
                yield (*where, "terms", name), f"{term} est en « {unit} », l'indicateur en « {declared.unit} »"
        return
    below = {units.get(name) for name in found.below} - {None}
    if above and below and not above & below:
        yield (
            (*where, "terms"),
            f"le numérateur est en {', '.join(sorted(map(str, above)))}, le dénominateur en "
            f"{', '.join(sorted(map(str, below)))} : leur rapport n'est pas un « {declared.unit} »",
        )


def _unit(term: Answer, carried: Carried) -> str | None:
    """The unit of a number, when the contracts that give it agree on one."""
    units = {unit for unit in carried.get(term.element, {}).get(term.component, {}).values() if unit}
    return next(iter(units)) if len(units) == 1 else None
