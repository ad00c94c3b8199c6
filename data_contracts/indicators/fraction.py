"""The fraction that an indicator declares in words, against what its formula computes and whom it is about.

Belongs here: which element stands above or below the line, the unit that follows, the champ. Does not belong here: what
a macro computes (`sides`), what contracts deliver (`delivered`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from data_contracts import dictionary, nomenclatures
from data_contracts.indicators.declaration import (
    Answer,
    Answered,
    Calculation,
    EquipmentRate,
    Indicator,
    Modalite,
    Outside,
    Term,
    Total,
)
from data_contracts.indicators.sides import Sides, WrongMacro, sides
from data_contracts.strict_yaml import Where

Said = Iterator[tuple[Where, str]]  # where in the file, and what is wrong there

_SEVERAL = re.compile(r"vecteur|objet|[,;]")  # types of the elements that are several numbers
_CATEGORY = "CATEGORIE_ET"
# Whom a category of FINESS is for, in the words of indicators; the others (SSIAD, SAAS) are for several publics.
_PUBLICS = {"PA": ("PA", "DOM"), "PH_ADULTE": ("PH", "DOM"), "PH_ENFANT": ("PH", "PH_ENFANT", "DOM")}
_FACTORS = {"pct": "100", "pour_mille": "1000"}
_STEM = 4  # letters by which a word of a parameter is a word of its term: realise, REALISES


def check(declared: Indicator, known: dict[str, tuple[str, ...]]) -> Said:
    """All that the fraction, the formula and the champ of an indicator say differently. known: macro -> parameters."""
    for where, answer in _answers(declared):
        kind = dictionary.elements().get(answer.element, {}).get("type", "")
        if not answer.component and _SEVERAL.search(kind):
            yield where, f"{answer.element} est plusieurs nombres ({kind}) : dire lequel ({answer.element}.COMPOSANTE)"
    if isinstance(declared.formula, EquipmentRate):
        yield from _equipment(declared, declared.formula)
    elif isinstance(declared.formula, Outside):
        yield from _outside(declared, declared.formula)
    elif declared.calculations:
        yield from _calculated(declared, known)
    elif declared.product and (told := {str(a.element) for _, a in _answers(declared)}):
        for word in _bare_words(declared.numerator):
            if word not in told:
                yield ("numerator",), f"{word} n'est livré par aucune part de cet indicateur"
    yield from _champ(declared)


def _answers(declared: Indicator) -> Iterator[tuple[Where, Answer]]:
    """Every number that the indicator reads of the layer, and where it says so."""
    for part in declared.parts:
        where: Where = ("modalites", declared.modalites.index(part)) if isinstance(part, Modalite) else ()
        if part.delivered:
            yield (*where, "delivered"), part.delivered
        if isinstance(part.formula, Calculation):
            yield from (((*where, "formula", "terms", name), term) for name, term in part.formula.terms.items())
    if isinstance(declared.formula, EquipmentRate):
        yield from ((("formula", "places", rank), answer) for rank, answer in enumerate(declared.formula.places))
    if isinstance(declared.formula, Answered):
        yield ("formula", "answer"), declared.formula.answer
    if isinstance(declared.formula, Total):
        yield from ((("formula", "sum", rank), answer) for rank, answer in enumerate(declared.formula.sum))


def _calculated(declared: Indicator, known: dict[str, tuple[str, ...]]) -> Said:
    """Each term stands on the side of the line where words name it, and words name nothing that no formula reads."""
    read: dict[str, set[str]] = {"numerator": set(), "denominator": set()}
    whole = True
    for part in declared.parts:
        formula = part.formula
        if not isinstance(formula, Calculation):
            continue
        where: Where = ("modalites", declared.modalites.index(part)) if isinstance(part, Modalite) else ()
        where = (*where, "formula")
        parameters = known.get(formula.macro)
        if parameters is None or set(parameters) != set(formula.terms):
            whole = False  # said elsewhere
            continue
        try:
            found = sides(formula.macro, parameters)
        except WrongMacro as problem:
            yield (*where, "macro"), str(problem)
            whole = False
            continue
        for name, term in formula.terms.items():
            for side, names in (("numerator", found.above), ("denominator", found.below or frozenset())):
                if name in names:
                    read[side].add(term.element)
                    if term.element not in _words(getattr(declared, side) or ""):
                        line = "au numérateur" if side == "numerator" else "au dénominateur"
                        problem = f"{term.element} est {line} de {formula.macro}, « {side} » ne le nomme pas"
                        yield (*where, "terms", name), f"{problem} (termes échangés ?)"
        yield from (((*where, *inside), problem) for inside, problem in _exchanged(formula))
        yield from _unit(declared, formula, found, where)
    for side in read if whole else ():
        for word in _bare_words(getattr(declared, side) or ""):
            if word not in read[side]:
                yield (side,), f"{word} est nommé, mais aucune formule ne l'y lit"


def _unit(declared: Indicator, formula: Calculation, found: Sides, where: Where) -> Said:
    if found.below is None and declared.denominator:
        yield ("denominator",), f"« {declared.denominator} » : {formula.macro} est une somme, rien n'y divise"
    if found.below is not None and not declared.denominator:
        yield ("denominator",), f"absent alors que {formula.macro} est un rapport"
    asked = _FACTORS.get(declared.unit)
    if asked and found.factor != asked:
        gives = f"un rapport × {found.factor}" if found.factor else "une somme"
        yield (*where, "macro"), f"{formula.macro} rend {gives}, « {declared.unit} » est un rapport × {asked}"
    if not asked and declared.unit in dictionary.units() and found.factor in _FACTORS.values():
        unit = next(unit for unit, factor in _FACTORS.items() if factor == found.factor)
        yield ("unit",), f"« {declared.unit} » : {formula.macro} rend un rapport × {found.factor}, en « {unit} »"


def _exchanged(formula: Calculation) -> Said:
    """Two terms whose parameters are named for one another."""
    terms = list(formula.terms.items())
    for rank, (one, its) in enumerate(terms):
        for other, theirs in terms[rank + 1 :]:
            as_written = _fit(one, its) + _fit(other, theirs)
            if _fit(one, theirs) + _fit(other, its) > as_written and str(its) != str(theirs):
                yield (
                    ("terms", one),
                    f"{its} et {theirs} semblent échangés : « {one} » se nomme comme {theirs}, « {other} » comme {its}",
                )


def _fit(parameter: str, term: Term) -> int:
    """How many words a parameter has in common with its term."""
    words = re.split("[_.]", str(term).lower())
    return sum(any(_alike(word, other) for other in words) for word in parameter.lower().split("_"))


def _alike(word: str, other: str) -> bool:
    return word == other or (min(len(word), len(other)) >= _STEM and word[:_STEM] == other[:_STEM])


def _equipment(declared: Indicator, formula: EquipmentRate) -> Said:
    """A rate of equipment divides the places that words name, of the categories that they say, by that population."""
    read = {answer.element for answer in formula.places}
    for word in _bare_words(declared.numerator):
        if word not in (*read, _CATEGORY):
            yield ("numerator",), f"{word} est nommé, mais la formule ne le lit pas"
    outside = dictionary.outside()
    named = {word for word in re.findall(r"\w+", declared.denominator or "") if word in outside}
    if formula.population in outside and named != {formula.population}:
        said = ", ".join(sorted(named)) or "aucune population"
        yield ("denominator",), f"nomme {said}, la formule divise par {formula.population}"
    told = re.search(rf"{_CATEGORY}\s*(?:=|∈)\s*({{[^}}]*}}|\d+)", declared.numerator)
    categories = declared.champ.categories if declared.champ else ()
    if told and (codes := set(re.findall(r"\b\d{3}\b", told[1]))) != set(categories):
        yield ("champ", "categories"), f"{', '.join(categories)} : le numérateur dit {', '.join(sorted(codes))}"
    publics = outside.get(formula.population, {}).get("domaines", "").split()
    for rank, code, domain in _domains(categories):
        if publics and domain not in publics:
            yield (
                ("champ", "categories", rank),
                f"« {code} » est de {domain}, {formula.population} est une population de {', '.join(publics)}",
            )


def _outside(declared: Indicator, formula: Outside) -> Said:
    """A figure from outside is the one that words name, over the one that they name."""
    for side, figure in (("numerator", formula.outside), ("denominator", formula.over)):
        named = {word for word in re.findall(r"\w+", getattr(declared, side) or "") if word in dictionary.outside()}
        if named != ({figure} - {None}):
            said = ", ".join(sorted(named)) or "rien"
            yield (side,), f"nomme {said}, la formule lit {figure or 'rien'}"
    if (declared.unit in _FACTORS) and formula.over is None:
        yield ("unit",), f"« {declared.unit} » est un rapport, la formule n'a pas de « over »"


def _champ(declared: Indicator) -> Said:
    """The categories and the modes of the champ are those of the publics and of the elements."""
    if declared.champ is None:
        return
    for rank, code, domain in _domains(declared.champ.categories):
        if not set(_PUBLICS[domain]) & set(declared.populations):
            populations = ", ".join(declared.populations)
            yield ("champ", "categories", rank), f"« {code} » est de {domain}, « populations » dit {populations}"
    modes = declared.champ.modalites
    for where, answer in _answers(declared) if modes else ():
        mode = (answer.component or answer.element).rpartition("_")[2]
        if mode in nomenclatures.codes("modalites_accueil") and mode not in modes:
            yield where, f"{answer} est du mode {mode}, « champ.modalites » dit {', '.join(modes)}"


def _domains(categories: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Rank, code and domain of the categories that are for one public."""
    domains = {row["code"]: row["domaine"] for row in nomenclatures.read_list("finess_categories")}
    for rank, code in enumerate(categories):
        if (domain := domains.get(code, "")) in _PUBLICS:
            yield rank, code, domain


def _words(text: str) -> list[str]:
    known = dictionary.elements()
    return [word for word in re.findall(r"\w+", text) if word in known]


def _bare_words(text: str) -> list[str]:
    """The elements that words name as terms: without what a parenthesis explains of the one before it, and without the
    conditions (« où … »)."""
    elements = "|".join(sorted({re.escape(word) for word in _words(text)}, key=len, reverse=True))
    bare = re.sub(rf"\b({elements})\s*\([^()]*\)", r"\1", text) if elements else text
    return _words(re.sub(r"\boù\b[^()]*", "", bare))
