"""dbt files derived from the declared indicators: the seeds, and the models of their terms and of their formulas.

Belongs here: writing those files as text. Does not belong here: the SQL that does the work
(`dbt_project/macros/indicateurs/`, `dbt_project/models/marts/indicateurs/`).
"""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts import dictionary
from data_contracts.derive.dbt import DERIVED
from data_contracts.indicators import EQUIPEMENT, ESMS, Indicator, published
from data_contracts.indicators.declaration import Bounds, Calculation, EquipmentRate, Modalite, Term

MODELS = "dbt_project/models/marts/indicateurs/calcul"
Row = tuple[object, ...]


def seed_rows() -> dict[str, tuple[tuple[str, ...], Iterable[Row]]]:
    """Seed -> its header and its rows."""
    return {
        "indicateurs": (
            ("code", "libelle", "min_plausible", "max_plausible"),
            ((i.code, i.label, *_bounds(i.plausible)) for i in published(EQUIPEMENT)),
        ),
        "indicateurs_esms": (
            ("code", "libelle", "axe", "modalite", "modalite_libelle", "element_id", "composante", "bases",
             "valeur_publiee", "admet_gestionnaire", "unite_mesure", "seuil_min", "seuil_max", "sources"),
            (_esms_row(i, part) for i in published(ESMS) for part in i.parts),
        ),
        "indicateurs_equipement": (
            ("indicateur_code", "element_id", "composante", "categorie_code", "population"),
            (row for i in published(EQUIPEMENT) for row in _equipment_rows(i)),
        ),
    }  # fmt: skip


def _esms_row(declared: Indicator, part: Indicator | Modalite) -> Row:
    named = (part.code, part.label) if isinstance(part, Modalite) else ("", "")
    delivered = (part.delivered.element, part.delivered.component) if part.delivered else ("", "")
    return (
        declared.code, declared.label, declared.axis, *named, *delivered, " ".join(declared.time_bases),
        declared.published_value, str(declared.admits_gestionnaire).lower(), declared.unit,
        *_bounds(declared.thresholds), declared.sources,
    )  # fmt: skip


def _bounds(bounds: Bounds | None) -> tuple[str, str]:
    low, high = (bounds.min, bounds.max) if bounds else (None, None)
    return "" if low is None else f"{low:.15g}", "" if high is None else f"{high:.15g}"


def _equipment_rows(declared: Indicator) -> Iterable[Row]:
    formula, champ = declared.formula, declared.champ
    if isinstance(formula, EquipmentRate) and champ is not None:
        column = dictionary.outside()[formula.population]["colonne"]
        for answer in formula.places:
            for category in champ.categories:
                yield declared.code, answer.element, answer.component, category, column


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
