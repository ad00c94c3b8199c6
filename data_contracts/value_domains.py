"""Value domains: what a number or a code must be, declared once for sources and products alike.

Belongs here: reading `value_domains.yaml`. Does not belong here: judging values by it (`ingest.validate`), the
contracts that name domains (`data_contracts.loading`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parent / "value_domains.yaml"


@dataclass(frozen=True)
class Domain:
    """One value domain. shape: said to people; length: what lost zeros are put back to; place: what it names."""

    name: str
    shape: str
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    key: str | None = None
    length: int | None = None
    place: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The hard rules, as `logicalTypeOptions` of ODCS."""
        named = {"pattern": self.pattern, "minimum": self.minimum, "maximum": self.maximum}
        return {name: value for name, value in named.items() if value is not None}


@cache
def domains() -> dict[str, Domain]:
    """Every domain by name."""
    declared: dict[str, dict[str, Any]] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return {
        name: Domain(
            name, node["forme"], node.get("motif"), node.get("minimum"), node.get("maximum"), node.get("cle"),
            node.get("caracteres"), node.get("lieu"),
        )
        for name, node in declared.items()
    }  # fmt: skip
