"""The schema of mapping files: how a product of the market exports the tables of a contract, each its own way.

Belongs here: one model for each declaration of `mappings/*.yaml`, and the layouts that they add to the contract. Does
not belong here: what must hold between the two (`mapping_checks`), reading the exports (`ingest.read.csv_produit`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field as Key

from data_contracts.coherence import check_codes, check_reading
from data_contracts.contract import Contract, Layout
from data_contracts.mapped_tables import MappedTable
from data_contracts.mapping_checks import check_tables
from data_contracts.odcs import LayoutCode, SourceDeclaration
from data_contracts.strict_yaml import Free, Strict, Where, YamlFile

READER: Final = "csv_produit"


class MappedOptions(Strict):
    """What the reader of exports is told of their form."""

    separator: str | None = None
    quote: str | None = None
    decimal: str | None = None
    ignored_titles: tuple[str, ...] = ()
    ignored_sheets: tuple[str, ...] = ()


class MappedLayout(MappedOptions):
    """The options of a layout of a contract that says its own mapping: a national file that software exports."""

    dates: tuple[str, ...] = ()
    tables: dict[str, MappedTable]


class MappedFile(Strict):
    """One kind of file of the product: a layout of the contract, whose code is the product and its own.

    Only one reader follows a mapping. formerly: whole codes that the layout had, be it under another product.
    """

    code: LayoutCode
    formerly: tuple[LayoutCode, ...] = ()
    reader: Literal["csv_produit"] = READER
    filename: str | None = None
    millesime: Free = Key(default_factory=dict)
    collected_on: Annotated[Free, Key(alias="collectedOn")] = Key(default_factory=dict)
    options: MappedOptions = MappedOptions()
    dates: tuple[str, ...] = ()
    tables: dict[str, MappedTable]


class MappingDeclaration(Strict):
    """One product of the market: one file of `mappings/`."""

    product: str
    contract: Annotated[str, Key(description="dire quel contrat ce produit exporte")]
    version: str
    files: tuple[MappedFile, ...]


def layouts(file: YamlFile, contracts: Mapping[str, Contract]) -> tuple[str, tuple[Layout, ...]] | None:
    """The contract that a mapping file serves, and the layouts that it adds to it; what is wrong is said to the file.

    None when it serves none.
    """
    declared = file.read(MappingDeclaration)
    if declared is None or not file.one_of(("contract",), declared.contract, contracts, "un contrat"):
        return None
    contract = contracts[declared.contract]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", declared.product):
        file.say(("product",), f"« {declared.product} » : attendu, un nom en minuscules, chiffres et soulignés")
    found = []
    for rank, each in enumerate(declared.files):
        where: Where = ("files", rank)
        ignored = each.options.ignored_titles
        check_tables(file, where, contract, each.tables, dates=each.dates, ignored=ignored)
        layout = _layout(declared, each, file.at(where))
        check_reading(file, where, layout, contract.entities)
        found.append(layout)
    check_codes(file, ("files",), found, {code for layout in contract.layouts for code in layout.codes})
    return contract.id, tuple(found)


def _layout(declared: MappingDeclaration, each: MappedFile, written: Any) -> Layout:
    """written: the file as its author wrote it, for the reader to which its tables and formats are options."""
    said = written if isinstance(written, dict) else {}
    reading = {"product": declared.product, "dates": said.get("dates") or [], "tables": said.get("tables") or {}}
    return Layout(
        code=f"{declared.product}_{each.code}",
        version=declared.version,
        reader=each.reader,
        entities=tuple(each.tables),
        options={**(said.get("options") or {}), **reading},
        filename=each.filename,
        millesime=each.millesime or {"none": True, "closing": "12-31"},
        collected_on=each.collected_on or {"filename": True},
        tables={name: tuple(table.fields) for name, table in each.tables.items()},
        formerly=each.formerly,
    )


def check_own(file: YamlFile, declared: SourceDeclaration, contract: Contract) -> None:
    """Says to the file of a contract what is wrong with the mappings that its own layouts say."""
    for rank, layout in enumerate(declared.custom_properties.layouts):
        where: Where = ("customProperties", "layouts", rank, "options")
        if layout.reader != READER or (options := file.held(where, MappedLayout)) is None:
            continue
        check_tables(file, where, contract, options.tables, dates=options.dates, ignored=options.ignored_titles)
