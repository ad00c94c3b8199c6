"""The schema of mapping files: how a product of the market exports the tables of a contract, each its own way.

Belongs here: one model for each declaration of `mappings/*.yaml`, the layouts that they add to the contract, and what
must hold between the two. Does not belong here: reading the exports (`ingest.read.csv_produit`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field as Key

from data_contracts.coherence import check_reading
from data_contracts.contract import Contract, Layout
from data_contracts.odcs import Reader
from data_contracts.strict_yaml import Free, Strict, Where, YamlFile

# Where the value of a field comes from: exactly one of the three.
_ORIGINS = ("column", "constant", "joined")


class Mapped(Strict):
    """How the value of one field is had."""

    column: str | None = None
    constant: str | None = None
    joined: tuple[str, ...] | None = None
    codes: dict[str, str] = Key(default_factory=dict)
    separator: str | None = None
    part: int | None = None
    when: str | None = None
    dates: tuple[str, ...] = ()
    prefix: str | None = None
    default: str | None = None
    pattern: str | None = None

    @property
    def origins(self) -> list[str]:
        return [name for name in _ORIGINS if getattr(self, name) is not None]


class MappedTable(Strict):
    """One table that a file fills: field -> how its value is had."""

    fields: dict[str, Mapped]
    distinct: bool = False
    when: str | None = None


class MappedFile(Strict):
    """One kind of file of the product: a layout of the contract."""

    code: str
    reader: Reader = "csv_produit"
    filename: str | None = None
    millesime: Free = Key(default_factory=dict)
    collected_on: Annotated[Free, Key(alias="collectedOn")] = Key(default_factory=dict)
    options: Free = Key(default_factory=dict)
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
    known = {layout.code for layout in contract.layouts}
    for rank, each in enumerate(declared.files):
        where: Where = ("files", rank)
        for name, table in each.tables.items():
            _check_table(file, (*where, "tables", name), contract, name, table)
        if not each.tables:
            file.say((*where, "tables"), "absent : dire quelles tables ce fichier remplit")
        layout = _layout(declared, each, file.at(where))
        check_reading(file, where, layout)
        if layout.code in known:
            file.say((*where, "code"), f"la forme « {layout.code} » existe déjà")
        known.add(layout.code)
        found.append(layout)
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
        options={**each.options, **reading},
        filename=each.filename,
        millesime=each.millesime or {"none": True, "closing": "12-31"},
        collected_on=each.collected_on or {"filename": True},
        tables={name: tuple(table.fields) for name, table in each.tables.items()},
    )


def _check_table(file: YamlFile, where: Where, contract: Contract, name: str, table: MappedTable) -> None:
    entity = next((e for e in contract.entities if e.name == name), None)
    if entity is None:
        file.one_of(where, name, {e.name for e in contract.entities})
        return
    names = [field.name for field in entity.fields]
    for field, mapped in table.fields.items():
        file.one_of((*where, "fields", field), field, names)
        if len(mapped.origins) != 1:
            file.say((*where, "fields", field), f"dire d'où vient la valeur, par un seul de : {', '.join(_ORIGINS)}")
    needed = [f.name for f in entity.fields if f.primary_key_position] + [n for n in entity.key if n in names]
    if missing := [name for name in needed if name not in table.fields]:
        file.say(where, f"champ de la clé absent : {', '.join(missing)}")
