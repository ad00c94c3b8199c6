"""The contracts of the project: loading them, and saying everything that is wrong with them at once.

Belongs here: which files are contracts. The objects are in `contract`, their parsing in `parsing`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from data_contracts.contract import Contract, Entity, Field, Layout, Product, RowRule
from data_contracts.parsing import Parser

__all__ = [
    "Contract",
    "ContractError",
    "Entity",
    "Field",
    "Layout",
    "Product",
    "RowRule",
    "load_contracts",
    "load_products",
]

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "sources"
PRODUCTS = ROOT / "products"


class ContractError(ValueError):
    """One or several contracts are wrong. The message lists every problem, one a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Contrats invalides :\n" + "\n".join(f"  - {p}" for p in problems))


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """Every source contract of a folder (default: the project's), by id.

    Raises:
        ContractError: with every problem of every file.
    """
    paths = sorted((folder or SOURCES).glob("*.odcs.yaml"))
    return dict(_load_contracts(tuple((path, path.stat().st_mtime_ns) for path in paths)))


@lru_cache(maxsize=8)
def _load_contracts(files: tuple[tuple[Path, int], ...]) -> tuple[tuple[str, Contract], ...]:
    return tuple((c.id, c) for c in _parsed([path for path, _ in files], Parser.contract))


def load_products(folder: Path | None = None) -> dict[str, Product]:
    """Every product contract of a folder (default: the project's), by id. Raises ContractError."""
    return {p.id: p for p in _parsed(sorted((folder or PRODUCTS).glob("*.odcs.yaml")), Parser.product)}


def _parsed(paths: list[Path], parse: Callable[[Parser], T | None]) -> list[T]:
    """What each file holds; every problem of every file is raised at once."""
    problems: list[str] = []
    found: list[T] = []
    for path in paths:
        parser = Parser(path)
        parsed = parse(parser)
        problems += parser.problems
        if parsed is not None:
            found.append(parsed)
    if problems:
        raise ContractError(problems)
    return found
