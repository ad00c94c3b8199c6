"""The schema of a mapped table: how the value of each of its fields is had from a line of a product's export.

Belongs here: the models of one table of a mapping, in a mapping file or in a layout of a contract. Does not belong
here: whole mapping files (`mapping_files`), what must hold between a mapping and its contract (`mapping_checks`).
"""

from __future__ import annotations

from pydantic import Field as Key

from data_contracts.strict_yaml import Strict

# Where the value of a field comes from: exactly one of the three.
ORIGINS = ("column", "constant", "joined")


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
        return [name for name in ORIGINS if getattr(self, name) is not None]


class MappedTable(Strict):
    """One table that a file fills: field -> how its value is had."""

    fields: dict[str, Mapped]
    distinct: bool = False
    when: str | None = None
