"""Value domains: what a number or a code must be, declared once for sources and products alike.

Belongs here: reading `value_domains.yaml`. Does not belong here: judging values by it (`ingest.validate`), the
contracts that name domains (`data_contracts.odcs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from data_contracts.strict_yaml import DeclarationError, Number, Strict, YamlFile

PATH = Path(__file__).resolve().parent / "value_domains.yaml"
KeyCheck = Literal["finess", "siren", "siret", "nir", "rpps"]
Place = Literal[
    "commune", "commune_ou_ancienne", "commune_finess", "departement", "departement_ou_regroupement",
    "departement_finess", "region", "code_postal", "domicile", "longitude", "latitude", "x_projete", "y_projete",
]  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """One value domain. shape: said to people; length: what lost zeros are put back to; place: what it names."""

    name: str
    shape: str
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    key: KeyCheck | None = None
    length: int | None = None
    place: Place | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The hard rules, as `logicalTypeOptions` of ODCS."""
        named = {"pattern": self.pattern, "minimum": self.minimum, "maximum": self.maximum}
        return {name: value for name, value in named.items() if value is not None}


class DomainDeclaration(Strict):
    """A domain as the file says it, under its name."""

    shape: str
    pattern: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    key: KeyCheck | None = None
    length: int | None = None
    place: Place | None = None


@cache
def domains() -> dict[str, Domain]:
    """Every domain by name.

    Raises:
        DeclarationError: with every problem of the file.
    """
    file = YamlFile(PATH)
    declared = file.read(dict[str, DomainDeclaration]) or {}
    if file.problems:
        raise DeclarationError(file.problems)
    return {
        name: Domain(name, d.shape, d.pattern, d.minimum, d.maximum, d.key, d.length, d.place)
        for name, d in declared.items()
    }
