"""Documentation pages derived from the contracts.

Belongs here: the data dictionary of the sources, the elements and the indicators, as Markdown. Does not belong here:
the dictionary of what is published, which goes with each publication (`orchestration.publication`).
"""

from __future__ import annotations

from collections.abc import Mapping

from data_contracts import dictionary
from data_contracts.derive.dbt import DERIVED
from data_contracts.indicators import ESMS, TERRITOIRES, Indicator, indicators, inputs, published
from data_contracts.indicators.declaration import AUDIENCES, Term
from data_contracts.loading import Contract, Entity, Field, load_contracts


def documentation_files() -> dict[str, str]:
    """Path -> Markdown: one page a source, the elements, the indicators."""
    contracts = load_contracts()
    pages = {c.id: _page(c) for c in contracts.values()}
    pages |= {"elements": _elements(contracts), "indicateurs": _indicators(contracts)}
    return {f"docs/dictionnaire/{name}.md": content for name, content in pages.items()}


def _elements(contracts: dict[str, Contract]) -> str:
    """Every element of the dictionary by theme, and the sources that answer to it today."""
    lines = [
        "# Éléments",
        "",
        f"<!-- {DERIVED} -->",
        "",
        "Chacun est une ligne de `data_contracts/dictionary/elements.csv` ; ses sources, les contrats qui y répondent.",
    ]
    theme = ""
    for code, row in dictionary.elements().items():
        if row["groupe"] != theme:
            theme = row["groupe"]
            lines += ["", f"## {theme.partition('-')[2]}", ""]
            lines += _header("code", "libellé", "définition", "ouverture", "ordre des collectes", "sources")
        sources = ", ".join(sorted(c.id for c in contracts.values() if dictionary.carries(c, code)))
        order = row["ordre_survivance_codes"].replace(">", " > ")
        lines.append(_line(f"`{code}`", row["libelle"], row["definition"], row["ouverture"], order, sources))
    return "\n".join([*lines, ""])


_PRODUCTS = {
    ESMS: "Par ESMS",
    TERRITOIRES: "Par territoire",
}


def _indicators(contracts: Mapping[str, Contract]) -> str:
    """Every indicator: what is published and by which formula; what is not, and what would give it."""
    lines = [
        "# Indicateurs",
        "",
        f"<!-- {DERIVED} -->",
        "",
        "Chacun est déclaré dans `data_contracts/indicators/<code>.yaml`. Ses termes attendus sont ceux de sa formule",
        "qu'aucun contrat ne livre : jusque-là, il n'est connu que tel qu'une collecte le livre.",
    ]
    for product, title in _PRODUCTS.items():
        lines += ["", f"## {title}", "", f"Produit `{product}`.", ""]
        lines += _header(
            "code", "libellé", "définition", "numérateur", "dénominateur", "unité", "champ", "vraisemblable", "public",
            "termes attendus",
        )  # fmt: skip
        lines += [_published_line(i, contracts) for i in published(product)]
    lines += [
        "",
        "## Pas encore calculés",
        "",
        "Ce que chacun lirait, les contrats qui y répondent déjà, et les collectes qui donneraient l'indicateur.",
        "",
        *_header("code", "libellé", "numérateur", "dénominateur", "unité", "entrées", "collectes"),
    ]
    lines += [_awaited_line(i, contracts) for i in indicators().values() if i.product is None]
    return "\n".join([*lines, ""])


def _published_line(declared: Indicator, contracts: Mapping[str, Contract]) -> str:
    return _line(
        f"`{declared.code}`", declared.label, declared.definition, declared.numerator, declared.denominator,
        dictionary.units()[declared.unit], _champ(declared), _plausible(declared),
        AUDIENCES[declared.audience], ", ".join(_undelivered(declared, contracts)),
    )  # fmt: skip


def _champ(declared: Indicator) -> str:
    champ = declared.champ
    if champ is None:
        return ""
    left_out = tuple(f"sauf {code}" for code in champ.sauf)
    kept = ((champ.establishments,), champ.categories, champ.domaines, left_out, champ.modalites)
    return " · ".join(", ".join(filter(None, part)) for part in kept if any(part))


def _plausible(declared: Indicator) -> str:
    bounds = declared.plausible
    if bounds is None:
        return ""
    return " à ".join("…" if bound is None else f"{bound:.15g}" for bound in (bounds.min, bounds.max))


def _undelivered(declared: Indicator, contracts: Mapping[str, Contract]) -> list[str]:
    """The terms of its formulas that no contract delivers: until one does, it is known only as collections give it."""
    terms = (term for _, formula in declared.calculations for term in formula.terms.values())
    return list(dict.fromkeys(f"`{t}`" for t in terms if not _delivered(t, contracts)))


def _delivered(term: Term, contracts: Mapping[str, Contract]) -> bool:
    fields = (f for c in contracts.values() for e in c.entities for f in e.observed)
    staged = (each for c in contracts.values() for e in c.entities for each in e.staged_elements)
    if any((f.element, f.component) == (term.element, term.component) for f in fields):
        return True
    return not term.component and term.element in staged


def _awaited_line(declared: Indicator, contracts: Mapping[str, Contract]) -> str:
    return _line(
        f"`{declared.code}`", declared.label, declared.numerator, declared.denominator,
        dictionary.units()[declared.unit], " · ".join(_input(word, contracts) for word in inputs(declared)),
        ", ".join(declared.collections),
    )  # fmt: skip


def _input(word: str, contracts: Mapping[str, Contract]) -> str:
    """One input and the sources that deliver it today."""
    row = dictionary.outside().get(word)
    if row:
        return f"`{word}` : {row['source'] or 'aucun contrat'}"
    sources = sorted(c.id for c in contracts.values() if dictionary.carries(c, word))
    return f"`{word}` : {', '.join(sources) or 'aucun contrat'}"


def _page(contract: Contract) -> str:
    lines = [
        f"# {contract.name}",
        "",
        f"<!-- {DERIVED} -->",
        "",
        contract.description,
        "",
        f"Contrat `{contract.id}`, version {contract.version} · collecte `{contract.collection}`"
        f" · classe {contract.domain}.",
        "",
        *_header("forme", "version", "lecteur", "tables"),
    ]
    lines += [f"| `{x.code}` | {x.version} | {x.reader} | {', '.join(x.entities)} |" for x in contract.layouts]
    for entity in contract.entities:
        lines += ["", f"## {entity.name}", "", entity.description, ""]
        if entity.grain:
            lines += [f"Grain : {entity.grain}.", ""]
        lines += _header("champ", "intitulé", "type", "élément", "base", "preuve", "description")
        lines += [_row(entity, field) for field in entity.stored.fields]
        lines += _private(entity)
    return "\n".join(lines) + "\n"


def _private(entity: Entity) -> list[str]:
    """What is delivered and not kept as it is: the table above is what is stored."""
    private = [f for f in entity.fields if f.privacy]
    if not private:
        return []
    lines = [
        "",
        "Lu, contrôlé, et jamais conservé tel quel :",
        "",
        *_header("champ livré", "intitulé", "ce qu'il devient"),
    ]
    roles = {field for _, field in entity.identity}
    for field in private:
        becomes = "rien"
        if field.privacy and field.privacy.is_stored:
            becomes = f"`{field.privacy.name}` : {field.privacy.description}"
        elif field.name in roles:
            becomes = "sa part des clés de l'identité"
        lines.append(f"| `{field.name}` | {field.title} | {becomes} |")
    return lines


def _row(entity: Entity, field: Field) -> str:
    kind = field.logical_type + (f" ({field.unit})" if field.unit else "") + (" *" if field.required else "")
    element = f"{field.element}{' · ' + field.component if field.component else ''}" if field.element else ""
    basis = (field.time_basis or entity.time_basis or "") if field.element else ""
    return _line(f"`{field.name}`", field.title, kind, element, basis, field.proof, field.description)


def _header(*titles: str) -> tuple[str, str]:
    """The titles of a Markdown table, and the line that makes them so."""
    return _line(*titles), "|" + "---|" * len(titles)


def _line(*cells: str | None) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join((cell or "").replace("|", "\\|") for cell in cells) + " |"
