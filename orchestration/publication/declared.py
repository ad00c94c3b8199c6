"""Everything declared that a publication reads, loaded once.

Belongs here: gathering contracts, products, indicators and dictionary. Does not belong here: deriving anything from
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data_contracts import dictionary
from data_contracts.indicators import Indicator, indicators
from data_contracts.loading import Contract, Product, load_contracts, load_products


@dataclass(frozen=True)
class Declarations:
    """Products to publish, and the dictionary that says what their values mean and which are open."""

    products: Mapping[str, Product]
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    elements: Mapping[str, dict[str, str]] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    ranks: tuple[tuple[str, str, int], ...] = ()
    dictionary_version: str = ""

    @classmethod
    def load(cls) -> Declarations:
        """Those of the project. Raises ContractError or IndicatorError when one is wrong."""
        contracts = load_contracts()
        return cls(
            products=load_products(),
            contracts=contracts,
            elements=dictionary.elements(),
            indicators=indicators(),
            ranks=tuple(dictionary.ranks(contracts)),
            dictionary_version=dictionary.precedence().version,
        )
