"""What the macro of an indicator computes: which of its parameters stand above and below the line, and by what factor.

Belongs here: calling the macros of dbt_project/macros/indicateurs as dbt does, on the names of their parameters. Does
not belong here: what a declaration says of the fraction (`data_contracts.indicators`), the SQL of the formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

MACROS = Path(__file__).resolve().parents[2] / "dbt_project/macros"
FORMULAS = MACROS / "indicateurs"
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(([^)]*)\)")
# What dbt gives to every macro; none of it changes where a parameter stands.
_OF_DBT = ("adapter", "dbt", "exceptions", "log", "modules", "ref", "source", "target", "this", "var")


class WrongMacro(Exception):
    """A macro that cannot be called, or gives no formula. The message says why, in French."""


@dataclass(frozen=True)
class Sides:
    """The parameters above and below the line. below: None when the formula is no fraction.

    factor: what the fraction is multiplied by. multiplied: terms of one side are multiplied with one another or with a
    number, so that its unit is not theirs.
    """

    above: frozenset[str]
    below: frozenset[str] | None
    factor: str | None
    multiplied: bool


class _Returned(Exception):
    """What a macro gives by `return`, as dbt has it."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _Anything:
    """Something of dbt, of which anything may be asked."""

    def __getattr__(self, name: str) -> _Anything:
        return self

    def __call__(self, *arguments: Any, **named: Any) -> str:
        return "sql"


@lru_cache(maxsize=256)
def sides(macro: str, parameters: tuple[str, ...], folder: Path = FORMULAS) -> Sides:
    """Where the parameters of a macro stand in what it computes.

    Raises:
        WrongMacro: it cannot be read, calls what does not exist, or gives no formula.
    """
    try:
        given = _callable(macro, folder)(*(f"@{name}@" for name in parameters))
    except TemplateError as error:
        raise WrongMacro(f"{macro} ne se lit pas, ou appelle ce qui n'existe pas ({error.message})") from error
    except TypeError as error:
        raise WrongMacro(f"{macro} appelle une macro avec plus de paramètres qu'elle n'en a ({error})") from error
    if not (isinstance(given, dict) and {"numerateur", "denominateur", "valeur"} <= given.keys()):
        raise WrongMacro(f"{macro} ne rend pas une formule (ratio_formula, sum_formula)")
    if idle := sorted(set(parameters) - _within(" ".join(map(str, given.values())))):
        raise WrongMacro(f"{macro} ne se sert pas de {', '.join(idle)}")
    above, below, value = (str(given[key]) for key in ("numerateur", "denominateur", "valeur"))
    if below == "null":
        return Sides(_within(value), None, None, "*" in value)
    factor = value.partition(" * cast")[0]
    return Sides(_within(above), _within(below), factor, "*" in above or "*" in below)


def _within(sql: str) -> frozenset[str]:
    return frozenset(re.findall(r"@(\w+)@", sql))


def _written(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """The macros of some files, each with the text of its file."""
    for path in sorted(paths):
        text = path.read_text(encoding="utf-8")
        yield from ((name, text) for name, _ in MACRO.findall(text))


@lru_cache(maxsize=8)
def _environment(folder: Path) -> Environment:
    """Jinja as dbt has it: the macros of the folder, the names of all the others, what dbt gives."""
    environment = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined, autoescape=False)

    def give(value: Any) -> None:
        raise _Returned(value)

    environment.globals |= {name: _Anything() for name in _OF_DBT} | {"return": give}
    others = [path for path in MACROS.rglob("*.sql") if path.parent != FORMULAS]
    environment.globals |= {name: _Anything() for name, _ in _written(others)}
    environment.globals |= {name: _callable(name, folder) for name, _ in _written(folder.glob("*.sql"))}
    return environment


def _callable(macro: str, folder: Path) -> Callable[..., Any]:
    """A macro as a function: it gives what it returns, else its text. Read when it is called."""

    def call(*arguments: Any, **named: Any) -> Any:
        text = dict(_written(folder.glob("*.sql"))).get(macro)
        if text is None:
            raise WrongMacro(f"{macro} n'est pas dans {folder.name}")
        module = _environment(folder).from_string(text).make_module()
        try:
            return str(getattr(module, macro)(*arguments, **named))
        except _Returned as returned:
            return returned.value

    return call
