"""The indicators, one file each: what it is, how it is computed, on whom, and who may read it.

Belongs here: reading the files, and checking all that they refer to (elements, categories, units, formulas, columns).
Does not belong here: the keys of a file (`declaration`), the seeds, models and pages that derive from it
(`data_contracts.derive`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from data_contracts import dictionary, nomenclatures
from data_contracts.indicators import fraction
from data_contracts.indicators.declaration import (
    EQUIPEMENT,
    ESMS,
    SYNTHESE,
    Calculation,
    EquipmentRate,
    Indicator,
    Modalite,
    SynthesisColumn,
    Term,
)
from data_contracts.indicators.sides import FORMULAS, MACRO
from data_contracts.strict_yaml import DeclarationError, Where, YamlFile

__all__ = [
    "EQUIPEMENT",
    "ESMS",
    "SYNTHESE",
    "Indicator",
    "IndicatorError",
    "accepted",
    "indicators",
    "inputs",
    "published",
]

FOLDER = Path(__file__).resolve().parent


class IndicatorError(DeclarationError):
    """One or several indicators are wrong. The message lists every problem, with its file and its line."""

    title = "Indicateurs invalides"


def indicators(folder: Path = FOLDER) -> dict[str, Indicator]:
    """Every declared indicator by code, those that nothing computes yet included.

    Raises:
        IndicatorError: with every problem of every file.
    """
    return dict(_read(tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml")))))


def published(product: str, folder: Path = FOLDER) -> tuple[Indicator, ...]:
    """The indicators of a product, in reading order."""
    found = (i for i in indicators(folder).values() if i.product == product)
    return tuple(sorted(found, key=lambda i: (i.rank is None, i.rank or 0, i.code)))


def accepted(product: str) -> dict[str, tuple[str, ...]]:
    """What the columns of a product may hold, by the declarations: codes in reading order, units in their own."""
    shown = published(product)
    used = {i.unit for i in shown}
    return {
        "indicateur_code": tuple(i.code for i in shown),
        "unite_mesure": tuple(unit for unit in dictionary.units() if unit in used),
    }


def inputs(declared: Indicator) -> tuple[str, ...]:
    """The elements and the figures from outside that its fraction names, in reading order."""
    known = {*dictionary.elements(), *dictionary.outside()}
    return tuple(word for word in dict.fromkeys(_words(declared)) if word in known)


def _words(declared: Indicator) -> list[str]:
    return re.findall(r"\w+", f"{declared.numerator} {declared.denominator or ''}")


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[Path, int], ...]) -> tuple[tuple[str, Indicator], ...]:
    found: list[tuple[YamlFile, Indicator]] = []
    problems: list[str] = []
    for path, _ in files:
        file = YamlFile(path)
        declared = file.read(Indicator)
        if declared is not None:
            _check(file, declared)
            found.append((file, declared))
        problems += file.problems
    problems += _two_bases(i for _, i in found)
    if problems:
        raise IndicatorError(problems)
    return tuple((i.code, i) for _, i in found)


def _check(file: YamlFile, declared: Indicator) -> None:
    """All that a file refers to stands: what is wrong is kept, with its line."""
    if declared.code != file.path.stem:
        file.say(("code",), f"« {declared.code} » doit être le nom du fichier, « {file.path.stem} »")
    file.one_of(("unit",), declared.unit, dictionary.units(), "une unité connue (dictionary/unites.csv)")
    outside = dictionary.outside()
    for word in declared.named:
        key = "numerator" if word in declared.numerator else "denominator"
        file.one_of((key,), word, {*dictionary.elements(), *outside}, "un élément du dictionnaire")
    if declared.champ is not None:
        for key, listed in (("categories", "finess_categories"), ("modalites", "modalites_accueil")):
            for place, code in enumerate(getattr(declared.champ, key)):
                known = nomenclatures.codes(listed)
                file.one_of(("champ", key, place), code, known, f"un code de la nomenclature {listed}")
    for place, collection in enumerate(declared.collections):
        file.one_of(("collections", place), collection, dictionary.names_of_collections(), "une collecte connue")
    for source in re.split("[>=]", declared.sources) if declared.sources else ():
        file.one_of(("sources",), source, _sources(), "un contrat de data_contracts/sources")
    for part in declared.parts:
        _check_part(file, declared, part)
    for where, problem in fraction.check(declared, formulas()):
        file.say(where, problem)


def _check_part(file: YamlFile, declared: Indicator, part: Indicator | Modalite) -> None:
    where = () if isinstance(part, Indicator) else ("modalites", declared.modalites.index(part))
    elements = dictionary.elements()
    if part.delivered:
        file.one_of((*where, "delivered"), part.delivered.element, elements, "un élément du dictionnaire")
    formula = part.formula
    if isinstance(formula, Calculation):
        at = (*where, "formula")
        known = formulas()
        file.one_of((*at, "macro"), formula.macro, known, "une macro de dbt_project/macros/indicateurs")
        for name, term in formula.terms.items():
            file.one_of((*at, "terms", name), term.element, elements, "un élément du dictionnaire")
            _named(file, declared, (*at, "terms", name), term.element)
        if formula.macro in known:
            parameters = known[formula.macro]
            for name in sorted(set(formula.terms) - set(parameters)):
                file.one_of((*at, "terms", name), name, parameters, f"un paramètre de {formula.macro}")
            if missing := [name for name in parameters if name not in formula.terms]:
                file.say((*at, "terms"), f"{formula.macro} attend aussi : {', '.join(missing)}")
    elif isinstance(formula, EquipmentRate):
        for place, answer in enumerate(formula.places):
            file.one_of(("formula", "places", place), answer.element, elements, "un élément du dictionnaire")
            _named(file, declared, ("formula", "places", place), answer.element)
        held = {code for code, row in dictionary.outside().items() if row["colonne"]}
        file.one_of(("formula", "population"), formula.population, held, "une population reçue (externes.csv)")
    elif isinstance(formula, SynthesisColumn):
        columns = product_columns(SYNTHESE)
        for name, column in formula.model_dump(exclude_none=True).items():
            file.one_of(("formula", name), column, columns, f"une colonne de {SYNTHESE}")


def _named(file: YamlFile, declared: Indicator, where: Where, element: str) -> None:
    """What a formula reads is named by the fraction that people read."""
    if element in dictionary.elements() and element not in _words(declared):
        file.say(where, f"{element} n'est ni au numérateur ni au dénominateur")


def _two_bases(found: Iterable[Indicator]) -> list[str]:
    """A term has one column for all the formulas that read it: the same element, the same state or flow."""
    first: dict[str, tuple[Term, str]] = {}
    problems = []
    for declared in found:
        for _, formula in declared.calculations:
            for term in formula.terms.values():
                other, code = first.setdefault(term.column, (term, declared.code))
                if (str(other), other.time_bases) != (str(term), term.time_bases):
                    problems.append(
                        f"{declared.code}.yaml · {term} : {code}.yaml lit la même colonne ({term.column}) autrement ; "
                        "dire le même élément, et « stock » de la même façon"
                    )
    return problems


@lru_cache(maxsize=1)
def _sources() -> frozenset[str]:
    """The contracts of sources, by their file: their parser itself reads the indicators."""
    return frozenset(path.name.removesuffix(".odcs.yaml") for path in (FOLDER.parent / "sources").glob("*.odcs.yaml"))


@lru_cache(maxsize=1)
def formulas() -> dict[str, tuple[str, ...]]:
    """The macros that compute an indicator, and their parameters. Files that begin with « _ » only help them."""
    return {
        name: tuple(parameter.split("=")[0].strip() for parameter in parameters.split(",") if parameter.strip())
        for path in sorted(FORMULAS.glob("[!_]*.sql"))
        for name, parameters in MACRO.findall(path.read_text(encoding="utf-8"))
    }


def product_columns(product: str) -> frozenset[str]:
    """The columns that a product contract declares. Read here without its parser, which itself reads the indicators."""
    file = YamlFile(FOLDER.parent / "products" / f"{product}.odcs.yaml")
    return frozenset(str(column["name"]) for column in file.at(("schema", 0, "properties")) or ())
