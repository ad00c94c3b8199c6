"""The contracts of the project: loading them, and saying everything that is wrong with them at once.

Belongs here: which files are contracts, which tables of columns and which mapping files add to one. The objects are in
`contract`, their parsing in `parsing`, the tables in `columns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from data_contracts import columns, indicators
from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule
from data_contracts.parsing import Parser
from data_contracts.privacy import Privacy
from data_contracts.strict_yaml import DeclarationError

__all__ = [
    "Contract",
    "ContractError",
    "Entity",
    "Field",
    "Layout",
    "Privacy",
    "Product",
    "RowRule",
    "load_contracts",
    "load_products",
]

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "sources"
PRODUCTS = ROOT / "products"
MAPPINGS = ROOT / "mappings"
DECLARED = ("indicateurs",)  # accepted values of a product that its declared indicators say
MAPPED = "dui"  # the contract whose entities the products of the market export, each its own way


class ContractError(DeclarationError):
    """One or several contracts are wrong. The message lists every problem, one a line."""

    title = "Contrats invalides"


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """Every source contract of a folder (default: the project's), by id.

    A table `<id>.columns.csv` beside a contract says the columns of its fields in each of its layouts. The mapping
    files of the folder `mappings` beside the folder add one layout a kind of file to the contract `dui`; without that
    contract they are not looked at.

    Raises:
        ContractError: with every problem of every file.
    """
    sources = folder or SOURCES
    paths = sorted(sources.glob("*.odcs.yaml"))
    mappings = sorted((sources.parent / MAPPINGS.name).glob("*.yaml"))
    tables = sorted(sources.glob(f"*{columns.SUFFIX}"))
    return dict(_load_contracts(_dated(paths), _dated(tables), _dated(mappings)))


def _dated(paths: list[Path]) -> tuple[tuple[Path, int], ...]:
    return tuple((path, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=8)
def _load_contracts(
    files: tuple[tuple[Path, int], ...], tables: tuple[tuple[Path, int], ...], mappings: tuple[tuple[Path, int], ...]
) -> tuple[tuple[str, Contract], ...]:
    contracts, problems = _parsed([path for path, _ in files], _contract)
    alone = {path for path, _ in tables} - {columns.beside(path) for path, _ in files}
    problems += [f"{path.name}:1 · aucun contrat de ce nom à côté de cette table" for path in sorted(alone)]
    found = {c.id: c for c in contracts}
    for path, _ in mappings if MAPPED in found else ():
        parser = Parser(path)
        layouts = parser.mapping(found[MAPPED])
        known = {x.code for x in found[MAPPED].layouts}
        for repeated in sorted(x.code for x in layouts if x.code in known):
            parser.say("fichiers", f"la forme « {repeated} » existe déjà")
        problems += parser.problems
        found[MAPPED] = replace(found[MAPPED], layouts=(*found[MAPPED].layouts, *layouts))
    if problems:
        raise ContractError(problems)
    return tuple(found.items())


def _contract(parser: Parser) -> Contract | None:
    """A source as its file declares it, with the columns of its fields when there is a table of them beside it."""
    contract, path = parser.contract(), columns.beside(parser.path)
    if not path.is_file():
        return contract
    table = columns.read(path)
    parser.problems += columns.problems(table, parser.node)
    return columns.applied(contract, table) if contract and not parser.problems else None


def load_products(folder: Path | None = None) -> dict[str, Product]:
    """Every product contract of a folder (default: the project's), by id. Raises ContractError or IndicatorError."""
    products, problems = _parsed(sorted((folder or PRODUCTS).glob("*.odcs.yaml")), Parser.product)
    if problems:
        raise ContractError(problems)
    return {p.id: _with_indicators(p) for p in products}


def _with_indicators(product: Product) -> Product:
    """`acceptedValues: [indicateurs]` stands for what the declared indicators of the product hold in that column."""
    asked = [f for f in product.fields if f.accepted_values == DECLARED]
    if not asked:
        return product
    said = indicators.accepted(product.id)
    if unknown := [f.name for f in asked if f.name not in said]:
        lacking = f"acceptedValues [indicateurs] ne se dit que de {', '.join(said)}"
        raise ContractError([f"{product.id} · {name} : {lacking}" for name in unknown])
    fields = (replace(f, accepted_values=said[f.name]) if f in asked else f for f in product.fields)
    return replace(product, fields=tuple(fields))


def _parsed(paths: list[Path], parse: Callable[[Parser], T | None]) -> tuple[list[T], list[str]]:
    """What each file holds, and every problem of every file."""
    problems: list[str] = []
    found: list[T] = []
    for path in paths:
        parser = Parser(path)
        parsed = parse(parser)
        problems += parser.problems
        if parsed is not None:
            found.append(parsed)
    return found, problems
