"""Pages for people: acceptance report, dictionary, usage warnings. Anyone can read them offline, without script.

Belongs here: what the templates are given. Does not belong here: how pages look (`templates/`), what they state (the
contracts).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from data_contracts.dictionary import UNRANKED
from data_contracts.loading import Product
from orchestration.publication import french, non_regression
from orchestration.publication.acceptance import RuleOutcome
from orchestration.publication.datapackage import LICENCE
from orchestration.publication.declared import Declarations
from orchestration.publication.non_regression import KEY_FIGURES, Comparison, KeyFigure, Line
from orchestration.publication.open_data import FOLDER, OpenDataset

TEMPLATES = Path(__file__).resolve().parent / "templates"
TYPES = {
    "string": "texte", "integer": "entier", "number": "nombre", "boolean": "vrai ou faux",
    "date": "date", "timestamp": "date et heure",
}  # fmt: skip
UNITS = {
    "pct": "%", "eur": "€", "etp": "ETP", "m2": "m²", "kwh": "kWh", "annees": "années", "pour_mille": "pour 1 000",
    "booleen": "vrai ou faux",
}  # fmt: skip


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name) and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "nombre": french.number,
        "part": french.percent,
        "taux": lambda pct: "–" if pct is None else french.percent(pct / 100),
        "instant": french.moment,
        "case": lambda text: " ".join(str(text).split()).replace("|", "\\|"),  # a Markdown table cell
    }
    return environment


def page(template: str, **given: object) -> str:
    """A page of another module, from its template."""
    return _environment().get_template(template).render(**given)


@dataclass(frozen=True)
class Attempt:
    """The head of an acceptance report: which attempt to publish it is about, published or blocked."""

    version: str
    at: datetime
    previous_version: str | None
    contenu_sha256: str
    dictionary_version: str
    software: dict[str, str]
    allow_shrink: bool


def acceptance_report(
    attempt: Attempt,
    outcomes: Sequence[RuleOutcome],
    comparisons: Sequence[Comparison],
    figures: Mapping[str, float | None],
    titles: Mapping[str, str],
) -> str:
    """The HTML page that says whether the publication was accepted, and why. `titles`: table -> title for people."""
    lines = {c.rule.scope: c.lines for c in comparisons}
    known = {x.name: x for x in lines.get(non_regression.FIGURES, ())}
    scopes = dict.fromkeys(o.rule.scope for o in outcomes)
    return (
        _environment()
        .get_template("acceptation.html")
        .render(
            attempt=attempt,
            blocking=[o for o in outcomes if o.blocks],
            warnings=[o for o in outcomes if not o.kept and not o.blocks],
            total=len(outcomes),
            kept=sum(o.kept for o in outcomes),
            figures=[_figure(k, figures[k.name], known.get(k.name)) for k in KEY_FIGURES if k.name in figures],
            volumes=lines.get(non_regression.VOLUMES, ()),
            groups=[(_title(scope, titles), scope, [o for o in outcomes if o.rule.scope == scope]) for scope in scopes],
        )
    )


_SCOPES = {
    non_regression.VOLUMES: "Volumes, face à la version précédente",
    non_regression.FIGURES: "Chiffres clés, face à la version précédente",
    non_regression.COMPLETENESS: "Complétude, face à la version précédente",
}


def _title(scope: str, titles: Mapping[str, str]) -> str:
    table = scope.removeprefix(f"{FOLDER}/")
    title = _SCOPES.get(table) or titles.get(table, table)
    return f"{title} (données ouvertes)" if table != scope else title


def _figure(figure: KeyFigure, now: float | None, line: Line | None) -> dict[str, object]:
    return {
        "label": figure.label,
        "now": now,
        "before": line.before if line else None,
        "minimum": line.minimum if line else None,
        "change": line.change if line else None,
    }


@dataclass(frozen=True)
class ElementEntry:
    """An element of the dictionary, as readers need it."""

    id: str
    row: dict[str, str]
    units: str
    sources: tuple[str, ...]  # in the order in which they are believed
    fields: tuple[str, ...]  # contract.field that carry it

    @property
    def tolerance(self) -> str:
        return self.row.get("tolerance_accord") or "non précisée"

    @property
    def opening(self) -> str:
        threshold = self.row.get("seuil_diffusion")
        return self.row.get("ouverture", "") + (f", seuil {threshold}" if threshold else "")


def dictionary_pages(declared: Declarations, datasets: Iterable[OpenDataset]) -> dict[str, str]:
    """File name -> content: the dictionary of every published field and of every element that a source carries."""
    opened = {d.product.id: d for d in datasets}
    context = {
        "products": [(p, opened.get(p.id), _key(p)) for p in declared.products.values()],
        "elements": element_entries(declared),
        "version": declared.dictionary_version,
        "types": TYPES,
        "units": UNITS,
    }
    names = ("dictionnaire.html", "dictionnaire.md")
    return {name: _environment().get_template(name).render(context) for name in names}


def usage_warnings(datasets: Sequence[OpenDataset]) -> str:
    """AVERTISSEMENTS.md: what to know before using each open dataset."""
    return _environment().get_template("avertissements.md").render(datasets=datasets, licence=LICENCE)


def element_entries(declared: Declarations) -> list[ElementEntry]:
    """The elements that a contract of a source or of a product names, in the order of the dictionary."""
    order: dict[str, list[tuple[int, str]]] = {}
    for element, source, rank in declared.ranks:
        order.setdefault(element, []).append((rank, source))
    carriers: dict[str, list[tuple[str, str]]] = {}
    for contract in declared.contracts.values():
        for entity in contract.entities:
            for field in entity.fields:
                if field.element:
                    place = f"{contract.id}.{entity.name}.{field.name}"
                    carriers.setdefault(field.element, []).append((place, field.unit or ""))
    named = {f.element for p in declared.products.values() for f in p.fields if f.element}
    used = [e for e in declared.elements if e in order or e in carriers or e in named]
    return [
        ElementEntry(
            id=element,
            row=declared.elements[element],
            units=", ".join(sorted({_unit(u) for _, u in carriers.get(element, ()) if u})),
            sources=tuple(_ranked(rank, source) for rank, source in sorted(order.get(element, ()))),
            fields=tuple(place for place, _ in carriers.get(element, ())),
        )
        for element in used
    ]


def _ranked(rank: int, source: str) -> str:
    return f"{source} (hors ordre déclaré)" if rank >= UNRANKED else source


def _unit(unit: str) -> str:
    """The unit of an element in the layer, where fractions have become percentages."""
    return UNITS.get("pct" if unit == "fraction" else unit, unit)


def _key(product: Product) -> str:
    return ", ".join(product.primary_key)
