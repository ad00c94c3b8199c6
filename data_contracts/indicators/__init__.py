"""The indicators, one file each: what it is, how it is computed, on whom, and who may read it.

Belongs here: reading the files, and checking all that they refer to (elements, categories, units, formulas, columns).
Does not belong here: the keys of a file (`declaration`), the seeds, models and pages that derive from it
(`data_contracts.derive`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from data_contracts import dictionary, nomenclatures
from data_contracts.indicators import fraction
from data_contracts.indicators.declaration import (
    ESMS,
    REPERES,
    TERRITOIRES,
    Answered,
    Calculation,
    Champ,
    EquipmentRate,
    Indicator,
    Modalite,
    OfEsms,
    Outside,
    Term,
    Total,
)
from data_contracts.indicators.sides import FORMULAS, MACRO
from data_contracts.strict_yaml import DeclarationError, Where, YamlFile

__all__ = [
    "ESMS",
    "TERRITOIRES",
    "Indicator",
    "IndicatorError",
    "accepted",
    "categories_of",
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
    shown = published(ESMS if product == REPERES else product)
    used = {i.unit for i in shown}
    return {
        "indicateur_code": tuple(i.code for i in shown),
        "unite_mesure": tuple(unit for unit in dictionary.units() if unit in used),
    }


def categories_of(champ: Champ) -> tuple[str, ...]:
    """The FINESS categories of a champ, in order: those that it names and those of its publics, else all of ESMS."""
    rows = nomenclatures.read_list("finess_categories")
    named = {*champ.categories, *(row["code"] for row in rows if row["domaine"] in champ.domaines)}
    return tuple(sorted((named or {row["code"] for row in rows if row["est_esms"] == "true"}) - {*champ.sauf}))


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
    problems += _of_nothing({i.code: i for _, i in found})
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
    lists = {"categories": "finess_categories", "sauf": "finess_categories", "modalites": "modalites_accueil"}
    champs: list[tuple[Where, Champ | None]] = [((), declared.champ)]
    champs += [(("modalites", rank), part.champ) for rank, part in enumerate(declared.modalites)]
    for where, champ in champs:
        for key, listed in lists.items() if champ else ():
            for place, code in enumerate(getattr(champ, key)):
                known = nomenclatures.codes(listed)
                file.one_of((*where, "champ", key, place), code, known, f"un code de la nomenclature {listed}")
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
    elif isinstance(formula, (EquipmentRate, Total)):
        key, answers = ("places", formula.places) if isinstance(formula, EquipmentRate) else ("sum", formula.sum)
        for place, answer in enumerate(answers):
            file.one_of(("formula", key, place), answer.element, elements, "un élément du dictionnaire")
            _named(file, declared, ("formula", key, place), answer.element)
        if isinstance(formula, EquipmentRate):
            file.one_of(
                ("formula", "population"), formula.population, _populations(), "une population reçue (externes.csv)"
            )
    elif isinstance(formula, Answered):
        file.one_of(("formula", "answer"), formula.answer.element, elements, "un élément du dictionnaire")
        _named(file, declared, ("formula", "answer"), formula.answer.element)
    elif isinstance(formula, Outside):
        for key in ("outside", "over"):
            if (figure := getattr(formula, key)) is not None:
                file.one_of(("formula", key), figure, dictionary.outside(), "un chiffre de externes.csv")


def _populations() -> set[str]:
    return {code for code, row in dictionary.outside().items() if row["colonne"]}


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


def _of_nothing(found: Mapping[str, Indicator]) -> list[str]:
    """What a territory makes of an indicator of ESMS is of one that is published, and reads what its words name."""
    problems = []
    for declared in found.values():
        formula = declared.formula
        if not isinstance(formula, OfEsms):
            continue
        of = found.get(formula.code)
        if of is None or of.product != ESMS:
            if len(found) > 1:
                problems.append(f"{declared.code}.yaml · formula.of : {formula.code} n'est pas un indicateur de {ESMS}")
            continue
        parts = {part.code if isinstance(part, Modalite) else "": part for part in of.parts}
        if formula.modalite not in parts:
            problems.append(f"{declared.code}.yaml · formula.of : {formula.of} n'a pas de valeur à lui")
        elif formula.by == "rapport" and not isinstance(parts[formula.modalite].formula, Calculation):
            problems.append(f"{declared.code}.yaml · formula.of : {formula.of} n'est pas calculé, rien à rapporter")
        named = {word for word in _words(declared) if word in dictionary.elements()}
        read = {*_words(of), *(part.delivered.element for part in of.parts if part.delivered)}
        if strangers := sorted(named - read):
            problems.append(
                f"{declared.code}.yaml · numerator : {', '.join(strangers)} n'est pas de la fraction de {formula.code}"
            )
        if not {*categories_of(declared.champ or Champ())} & {
            *categories_of(of.champ_of(parts.get(formula.modalite, of)))
        }:
            problems.append(f"{declared.code}.yaml · champ : aucune catégorie du champ de {formula.code}")
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
