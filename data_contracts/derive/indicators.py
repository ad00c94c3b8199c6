"""dbt files derived from the declared indicators: the seeds, and the models of their terms and of their formulas.

Belongs here: writing those files as text. Does not belong here: the SQL that does the work
(`dbt_project/macros/indicateurs/`, `dbt_project/models/marts/indicateurs/`).
"""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts import dictionary
from data_contracts.derive.dbt import DERIVED
from data_contracts.indicators import ESMS, TERRITOIRES, Indicator, categories_of, indicators, published
from data_contracts.indicators.declaration import (
    FEWEST,
    Answer,
    Answered,
    Bounds,
    Calculation,
    EquipmentRate,
    Modalite,
    OfEsms,
    Outside,
    Park,
    Term,
    Total,
)

MODELS = "dbt_project/models/marts/indicateurs/calcul"
FEWEST_MACRO = "dbt_project/macros/indicateurs/_effectif_minimal.sql"
_FACTORS = {"pct": 100, "pour_mille": 1000}  # of a ratio, by its unit
Row = tuple[object, ...]


def seed_rows() -> dict[str, tuple[tuple[str, ...], Iterable[Row]]]:
    """Seed -> its header and its rows."""
    return {
        "indicateurs_territoires": (
            ("code", "libelle", "unite_mesure", "mesure", "source_code", "source_modalite", "limite", "grandeur",
             "grandeur_denominateur", "facteur", "couverture", "effectif_minimal", "min_plausible",
             "max_plausible", "source_min", "source_max", "element_id", "composante", "bases", "attendue", "exclue",
             "avant"),
            (_territory_row(i) for i in published(TERRITOIRES)),
        ),
        "indicateurs_esms": (
            ("code", "libelle", "axe", "modalite", "modalite_libelle", "element_id", "composante", "bases",
             "valeur_publiee", "admet_gestionnaire", "unite_mesure", "seuil_min", "seuil_max", "sources",
             "est_restreint"),
            (_esms_row(i, part) for i in published(ESMS) for part in i.parts),
        ),
        "indicateurs_elements": (("indicateur_code", "element_id"), _elements_of_esms()),
        "indicateurs_places": (
            ("indicateur_code", "element_id", "composante"),
            ((i.code, answer.element, answer.component) for i in published(TERRITOIRES) for answer in _places(i)),
        ),
        "indicateurs_champ": (
            ("indicateur_code", "modalite", "categorie_code"),
            (row for product in (ESMS, TERRITOIRES) for i in published(product) for row in _champ_rows(i)),
        ),
    }  # fmt: skip


def _esms_row(declared: Indicator, part: Indicator | Modalite) -> Row:
    named = (part.code, part.label) if isinstance(part, Modalite) else ("", "")
    delivered = (part.delivered.element, part.delivered.component) if part.delivered else ("", "")
    return (
        declared.code, declared.label, declared.axis, *named, *delivered, " ".join(declared.time_bases),
        declared.published_value, str(declared.admits_gestionnaire).lower(), declared.unit,
        *_bounds(declared.thresholds), declared.sources, str(declared.champ_of(part).is_restricted).lower(),
    )  # fmt: skip


def _bounds(bounds: Bounds | None) -> tuple[str, str]:
    low, high = (bounds.min, bounds.max) if bounds else (None, None)
    return "" if low is None else f"{low:.15g}", "" if high is None else f"{high:.15g}"


def _territory_row(declared: Indicator) -> Row:
    formula = declared.formula
    measure, code, part, limit, figure, over = "", "", "", "", "", ""
    if isinstance(formula, EquipmentRate):
        measure, over = "taux", _figure(formula.population)
    elif isinstance(formula, Total):
        measure = "somme"
    elif isinstance(formula, Park):
        measure = "nombre"
    elif isinstance(formula, OfEsms):
        measure, code, part = formula.by, formula.code, formula.modalite
        limit = "" if formula.below is None else f"{formula.below:.15g}"
    elif isinstance(formula, Outside):
        measure, figure, over = "externe", _figure(formula.outside), _figure(formula.over) if formula.over else ""
    elif isinstance(formula, Answered):
        measure = "part"
    return (
        declared.code, declared.label, declared.unit, measure, code, part, limit, figure, over,
        _FACTORS.get(declared.unit, 1), "" if declared.least is None else f"{declared.least:.15g}",
        _fewest(declared), *_bounds(declared.plausible), *_likely(declared), *_answered(declared),
    )  # fmt: skip


def _fewest(declared: Indicator) -> int:
    """Of how many establishments at least a figure is told, that is of something which is not open of each of them."""
    of = indicators()[declared.formula.code] if isinstance(declared.formula, OfEsms) else declared
    return FEWEST if isinstance(declared.formula, (OfEsms, Answered)) and not of.is_open else 0


def _likely(declared: Indicator) -> tuple[str, str]:
    """Outside which the fraction of one ESMS is not added up: one a thousand times too large would be the sum."""
    formula = declared.formula
    if not isinstance(formula, OfEsms) or formula.by != "rapport":
        return "", ""
    return _bounds(indicators()[formula.code].plausible)


def _answered(declared: Indicator) -> tuple[str, ...]:
    """Which answer is judged, of which time bases, and what it is held against."""
    formula = declared.formula
    if not isinstance(formula, Answered):
        return ("",) * 6
    answer, bases = formula.answer, " ".join(declared.time_bases)
    return (
        answer.element, answer.component, bases, formula.equal or "", formula.unlike or "", formula.before or "",
    )  # fmt: skip


def _figure(code: str) -> str:
    """The name of a figure from outside in int_territoires__grandeurs: the column that holds it, else its code."""
    return dictionary.outside()[code]["colonne"] or code


def _elements_of_esms() -> list[Row]:
    """Every element that an indicator of ESMS is made of, delivered made or by a formula: what is kept back of one of
    them is kept back of it."""
    made_of = {
        (i.code, answer.element)
        for i in published(ESMS)
        for part in i.parts
        for answer in (*((part.delivered,) if part.delivered else ()), *_terms(part))
    }
    return sorted(made_of)


def _terms(part: Indicator | Modalite) -> Iterable[Answer]:
    """The terms of a formula. Not what persons bear (days of absence): in a sum of days, it does not tell how many they
    are."""
    terms = part.formula.terms.values() if isinstance(part.formula, Calculation) else ()
    return [term for term in terms if not dictionary.elements()[term.element]["personnes"].startswith("porte:")]


def _places(declared: Indicator) -> tuple[Answer, ...]:
    formula = declared.formula
    return formula.places if isinstance(formula, EquipmentRate) else formula.sum if isinstance(formula, Total) else ()


def _champ_rows(declared: Indicator) -> Iterable[Row]:
    """The categories of a part that does not take them all, and those of whatever is of a territory."""
    if isinstance(declared.formula, Outside):
        return
    for part in declared.parts:
        champ = declared.champ_of(part)
        if champ.is_restricted or declared.product == TERRITOIRES:
            modality = part.code if isinstance(part, Modalite) else ""
            yield from ((declared.code, modality, category) for category in categories_of(champ))


def model_files() -> dict[str, str]:
    """Path -> SQL of the two models whose content is the declared formulas."""
    computed = [(i.code, *each) for i in published(ESMS) for each in i.calculations]
    terms: dict[str, Term] = {}
    before: dict[str, None] = {}
    for _, _, formula in computed:
        for term in formula.terms.values():
            terms.setdefault(term.column, term)
            if term.previous_year:
                before[term.column] = None
    columns = [f"({_quoted(t.column, t.element, t.component)}, {list(t.time_bases)})" for t in terms.values()]
    formulas = [f"({_quoted(code, part)}, {_call(formula)})" for code, part, formula in computed]
    head = f"-- {DERIVED}"
    return {
        FEWEST_MACRO: "\n".join(
            [
                f"{{#- {DERIVED}",
                "    Of how many establishments at least quartiles are shown (FEWEST of the declarations). -#}",
                "{% macro effectif_minimal() -%}",
                str(FEWEST),
                "{%- endmacro %}",
                "",
            ]
        ),
        f"{MODELS}/int_indicateurs__termes.sql": "\n".join(
            [head, "{{ by_unit() }}", "{{ indicator_terms(", "    ["]
            + [f"        {column}," for column in columns]
            + ["    ],", f"    previous={list(before)},", ") }}", ""]
        ),
        f"{MODELS}/int_indicateurs__calcules.sql": "\n".join(
            [head, "{{ indicator_calculations(["] + [f"    {formula}," for formula in formulas] + ["]) }}", ""]
        ),
    }


def _quoted(*texts: str) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _call(formula: Calculation) -> str:
    arguments = ", ".join(f"{name}='{term.argument}'" for name, term in formula.terms.items())
    return f"{formula.macro}({arguments})"
