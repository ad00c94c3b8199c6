"""The contracts of the project: loading them, and saying everything that is wrong with them at once.

Belongs here: which files are declarations, in which order they are read and held against each other. Does not belong
here: the objects (`contract`), the form of the files (`odcs`, `columns`, `mapping_files`), what must hold (`coherence`,
`declared_references`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from data_contracts import (
    coherence,
    columns,
    declared_references,
    dictionary,
    indicators,
    mapping_files,
    person_entities,
)
from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule
from data_contracts.odcs import ProductDeclaration, SourceDeclaration
from data_contracts.privacy import Privacy
from data_contracts.strict_yaml import DeclarationError, YamlFile

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
    "read_contracts",
]

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "sources"
PRODUCTS = ROOT / "products"
MAPPINGS = ROOT / "mappings"
DECLARED = ("indicateurs",)  # accepted values of a product that its declared indicators say
CONSERVATION = ROOT / "conservation.yaml"  # its classes, which roles name; `retention` reads the rest
DELIVERIES = "livraisons"  # the class of bytes that no person is tied to


class ContractError(DeclarationError):
    """One or several contracts are wrong. The message lists every problem, one a line."""

    title = "Contrats invalides"


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """Every source contract of a folder (default: the project's), by id.

    A table `<id>.columns.csv` beside a contract says the columns of its fields in each of its layouts. Each mapping
    file of the folder `mappings` beside the folder adds one layout a kind of file to the contract that it names. A
    contract about persons says the role of each table. What contracts name in the dictionary and the nomenclatures must
    exist there. With the sources of the project, the dictionary itself is held against them.

    Raises:
        ContractError: with every problem of every file.
    """
    contracts, problems = read_contracts(folder)
    if contracts is None or problems:
        raise ContractError(problems)
    return contracts


def read_contracts(folder: Path | None = None) -> tuple[dict[str, Contract] | None, list[str]]:
    """The contracts that can be read, however wrong, and every problem; None when a file cannot be read at all.

    For those who hold other declarations against contracts, and say everything at once; others want `load_contracts`.
    """
    sources = folder or SOURCES
    paths = sorted(sources.glob("*.odcs.yaml"))
    mappings = sorted((sources.parent / MAPPINGS.name).glob("*.yaml"))
    tables = sorted(sources.glob(f"*{columns.SUFFIX}"))
    own = [dictionary.PRECEDENCE, *sorted(dictionary.FOLDER.glob("*.csv"))] if sources == ROOT / "sources" else []
    contracts, problems = _read_contracts(
        _dated(paths), _dated(tables), _dated(mappings), _dated(own), _dated([CONSERVATION])
    )
    return (None if contracts is None else dict(contracts)), list(problems)


Dated = tuple[tuple[Path, int], ...]


def _dated(paths: list[Path]) -> Dated:
    return tuple((path, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=8)
def _read_contracts(
    sources: Dated, tables: Dated, mappings: Dated, own: Dated, conservation: Dated
) -> tuple[tuple[tuple[str, Contract], ...] | None, tuple[str, ...]]:
    """own: the files of the dictionary, its orders first; none when it is not to be held against these sources."""
    files = [YamlFile(path) for path, _ in sources]
    read = [(file, declared) for file in files if (declared := file.read(SourceDeclaration))]
    contracts: dict[str, Contract] = {}
    problems: list[str] = []
    for file, declared in read:
        contracts[declared.id] = declared.build()
        coherence.check_source(file, declared, contracts[declared.id])
        mapping_files.check_own(file, declared, contracts[declared.id])
        path = columns.beside(file.path)
        table = columns.read(path) if path.exists() else columns.Columns(path)
        problems += columns.problems(table, contracts[declared.id])
        contracts[declared.id] = columns.applied(contracts[declared.id], table)
        coherence.check_columns(file, declared, contracts[declared.id], table)
    alone = {path for path, _ in tables} - {columns.beside(path) for path, _ in sources}
    problems += [f"{path.name}:1 · aucun contrat de ce nom à côté de cette table" for path in sorted(alone)]
    declared_references.check_sources(read)
    if len(contracts) == len(sources):  # of one that could not be read, others would be said to name nothing
        classes = YamlFile(conservation[0][0]).at(("classes",)) or {}
        person_entities.check({d.id: file for file, d in read}, contracts, set(classes) - {DELIVERIES})
    # What a file that cannot be read declares is named all the same: nobody who names it is wrong.
    unread = {path.name.removesuffix(".odcs.yaml") for path, _ in sources} - contracts.keys()
    for path, _ in mappings:
        files.append(YamlFile(path))
        if files[-1].at(("contract",)) in unread:
            continue
        if served := mapping_files.layouts(files[-1], contracts):
            contract, added = contracts[served[0]], served[1]
            contracts[contract.id] = replace(contract, layouts=(*contract.layouts, *added))
    if own:
        files.append(YamlFile(own[0][0]))
        if order := files[-1].read(dictionary.PrecedenceDeclaration):
            declared_references.check_precedence(files[-1], order, {*contracts, *unread})
        problems += declared_references.wrong_in_dictionary()
    problems = [*(problem for file in files for problem in file.problems), *problems]
    return (tuple(contracts.items()) if len(contracts) == len(sources) else None), tuple(problems)


def load_products(folder: Path | None = None) -> dict[str, Product]:
    """Every product contract of a folder (default: the project's), by id.

    Raises:
        ContractError, IndicatorError: with every problem of every file.
    """
    files = [YamlFile(path) for path in sorted((folder or PRODUCTS).glob("*.odcs.yaml"))]
    read = [(file, declared) for file in files if (declared := file.read(ProductDeclaration))]
    for file, declared in read:
        coherence.check_product(file, declared)
    declared_references.check_products(read, read_contracts()[0])
    if problems := [problem for file in files for problem in file.problems]:
        raise ContractError(problems)
    built = (d.build(file.at(("schema", 0, "quality")) or []) for file, d in read)
    return {product.id: _with_indicators(product) for product in built}


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
