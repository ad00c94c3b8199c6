"""One YAML file read into a strict pydantic model: every problem of the file, each with its line.

Belongs here: reading, the line of a key, and pydantic's errors told in French. Does not belong here: any model, and
what a file may refer to (the modules that declare).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

M = TypeVar("M", bound=BaseModel)
Where = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(BaseModel):
    """A part of a declaration: no unknown key, no value of another type, and nobody changes it once it is read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class DeclarationError(ValueError):
    """One or several declarations are wrong. The message lists every problem, one a line."""

    title = "Déclarations invalides"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(f"{self.title} :\n" + "\n".join(f"  - {p}" for p in self.problems))


def read_yaml(path: Path) -> Any:
    """What a file holds, as YAML says it. Raises yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)


class YamlFile:
    """A file and what was found wrong in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def read(self, model: type[M]) -> M | None:
        """The file as the model says it, or None once its problems are kept."""
        try:
            node = read_yaml(self.path)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._keep(mark.line + 1 if mark else 1, f"YAML illisible ({getattr(error, 'problem', None) or error})")
            return None
        try:
            return model.model_validate(_frozen(node))
        except ValidationError as error:
            for where, told in _told(error, model):
                self.say(where, told)
            return None

    def say(self, where: Where, problem: str) -> None:
        """Keeps a problem found at a key: ("champ", "categories", 0)."""
        self._keep(self._line(where), _at(where, problem))

    def one_of(self, where: Where, value: str, known: Iterable[str], what: str) -> None:
        """Keeps a problem when nothing of that name is known, with the name that looks most like it."""
        if value not in (names := set(known)):
            self.say(where, f"« {value} » n'est pas {what}{_near(value, names)}")

    def _keep(self, line: int, problem: str) -> None:
        self.problems.append(f"{self.path.name}:{line} · {problem}")

    def _line(self, where: Where) -> int:
        """The line of a key; of the nearest one above it when the file does not hold it."""
        node, line = self._tree, 1
        for key in where:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
        return line

    @cached_property
    def _tree(self) -> yaml.Node | None:
        return yaml.compose(self.path.read_text(encoding="utf-8"), Loader=_LOADER)


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """What is wrong with something that is no YAML (a line of a table), each with the name of its key."""
    return [_at(where, told) for where, told in _told(error, model)]


def _told(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Where, str]]:
    for each in error.errors():
        # The tag of a union (« =calcul ») is no key of the file.
        yield tuple(key for key in each["loc"] if not str(key).startswith("=")), _in_french(each, model)


def _at(where: Where, problem: str) -> str:
    named = ".".join(str(key) for key in where)
    return f"{named} : {problem}" if named else problem


def _frozen(node: Any) -> Any:
    """Lists as tuples, which is how models that do not change hold them."""
    if isinstance(node, dict):
        return {key: _frozen(value) for key, value in node.items()}
    return tuple(map(_frozen, node)) if isinstance(node, list) else node


def _near(value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value, sorted(known), n=1)
    return f" (vouliez-vous « {near[0]} » ?)" if near else ""


_TOLD: dict[str, Callable[[Any], str]] = {
    "missing": lambda _: "absent",
    "string_type": lambda e: f"un texte est attendu, pas {e['input']!r}",
    "float_type": lambda e: f"un nombre est attendu, pas {e['input']!r}",
    "int_type": lambda e: f"un entier est attendu, pas {e['input']!r}",
    "bool_type": lambda e: f"true ou false est attendu, pas {e['input']!r}",
    "tuple_type": lambda e: f"une liste est attendue, pas {e['input']!r}",
    "dict_type": lambda e: f"des clés et leurs valeurs sont attendues, pas {e['input']!r}",
    "model_type": lambda e: f"des clés et leurs valeurs sont attendues, pas {e['input']!r}",
    "string_too_short": lambda _: "vide",
    "string_pattern_mismatch": lambda e: f"« {e['input']} » n'a pas la forme {e['ctx']['pattern']}",
    "too_short": lambda _: "vide",
    "value_error": lambda e: str(e["ctx"]["error"]),
}


def _in_french(error: Any, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return f"clé inconnue{_near(str(error['loc'][-1]), model.model_fields)}"
    if error["type"] == "literal_error":
        expected = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"« {error['input']} » n'est pas admis (attendu : {expected})"
    told = _TOLD.get(error["type"])
    return told(error) if told else error["msg"]
