"""A declaration in YAML: read once, held against its model, and everything wrong in it said with file and line.

Belongs here: reading with lines, the base of every model, pydantic's errors in French. Does not belong here: what a
given file may hold (`odcs`, `mapping_files`, `disclosure`, `retention`), references between files (`references`).
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Model = TypeVar("Model")
Loc = tuple[str | int, ...]


def _number(value: object) -> object:
    if type(value) not in (int, float):
        raise ValueError(f"« {value} » : un nombre est attendu")
    return value


# YAML has lists where the objects have tuples; what they hold stays strict.
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Line = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]  # however the file folds it
Number = Annotated[float, PlainValidator(_number)]  # 1 stays an integer

_SHOWN = 40  # more words would hide the rest of the message
_ROUNDS = 8  # a stand-in may itself lack something, one level deeper each time
_KEY = "[key]"
_SHELL = (
    "schema",
    "properties",
    "customProperties",
    "quality",
    "tables",
    "champs",
)  # keys that help nobody find a place
# What pydantic says, in words; anything else is said in its own.
_EXPECTED = {
    "string_type": "un texte est attendu (entre guillemets si c'est un nombre ou un oui)",
    "int_type": "un nombre entier est attendu",
    "int_from_float": "un nombre entier est attendu",
    "float_type": "un nombre est attendu",
    "bool_type": "true ou false est attendu",
    "tuple_type": "une liste est attendue",
    "list_type": "une liste est attendue",
    "dict_type": "un ensemble « clé: valeur » est attendu",
    "model_type": "un ensemble « clé: valeur » est attendu",
    "too_short": "au moins {min_length} est attendu",
    "too_long": "pas plus de {max_length} sont attendus",
    "greater_than_equal": "attendu, au moins {ge}",
    "greater_than": "attendu, plus de {gt}",
}


class DeclarationError(ValueError):
    """One or several declarations are wrong. The message lists every problem, one a line."""

    heading = "Déclarations invalides"

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(f"{self.heading} :\n" + "\n".join(f"  - {p}" for p in problems))


class Declaration(BaseModel):
    """Base of what a file declares: an unknown key or a value of another type is refused, nothing is converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def wrong_word(value: object, words: Collection[str], problem: str = "n'est pas admis") -> str | None:
    """Why a word is not admitted, with the nearest that is, or else all of them; None when it is."""
    if value in words:
        return None
    if near := difflib.get_close_matches(str(value), sorted(words), n=1):
        hint = f"vouliez-vous « {near[0]} » ?"
    elif len(words) <= _SHOWN:
        hint = f"attendu : {', '.join(sorted(words)) or 'rien'}"
    else:
        hint = f"aucun des {len(words)} mots admis ne s'en approche"
    return f"« {value} » {problem} ({hint})"


class YamlFile:
    """One file of declarations, and every problem found in it so far.

    A place in it is a path of keys and ranks from its root: `("schema", 0, "properties", 3, "logicalType")`. A custom
    property of ODCS is a key of `customProperties`, though the file lists it as {property, value}.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: Any = None
        self._problems: list[tuple[int, str]] = []
        self._stood_in: list[Loc] = []
        try:
            with _loader(path) as loader:
                root = loader.get_single_node()
                self.content = self._plain(root, loader) if root else None
                if self.content is None:
                    self._add(1, "fichier", "vide")
        except (yaml.YAMLError, ValueError) as error:  # ValueError: other bytes than UTF-8, a day that does not exist
            mark = getattr(error, "problem_mark", None)
            reason = " ".join(str(getattr(error, "problem", None) or error).split())
            self._add(mark.line + 1 if mark else 1, "fichier", f"YAML illisible ({reason})")

    @cached_property
    def _root(self) -> yaml.Node:
        """The nodes, which know their lines: read again by the first problem, for kept they slow every reading down."""
        with _loader(self.path) as loader:
            return loader.get_single_node()

    @property
    def problems(self) -> list[str]:
        """Every problem, once, in the order of the lines."""
        return list(dict.fromkeys(text for _, text in sorted(self._problems, key=lambda found: found[0])))

    def read(self, model: type[Model]) -> Model | None:
        """The file as its model says it; None when nothing of it can be understood.

        Every error of form is kept. What is wrong is then replaced by a stand-in of the right type, so that the rest
        can be read, and checked by whoever knows its meaning; what they find of a stand-in is not said.
        """
        if self.content is None:
            return None
        adapter, content = TypeAdapter(model), self.content
        for turn in range(_ROUNDS):
            try:
                return adapter.validate_python(content)
            except ValidationError as error:
                for each in error.errors(include_url=False):
                    if turn == 0:
                        self._say_error(each, model)
                    content = self._repaired(content, each, model)
        return None

    def at(self, loc: Loc) -> Any:
        """What the file holds at a place, as its author wrote it; None when there is nothing."""
        content = self.content
        for step in loc:
            content = _inside(content, step)
        return content

    def say(self, loc: Loc, problem: str) -> None:
        """Keeps a problem, with its line and the names that lead to it."""
        if not any(loc[: len(wrong)] == wrong for wrong in self._stood_in):
            self._add(self._line(loc), self._named(loc), problem)

    def one_of(self, loc: Loc, value: object, words: Collection[str], problem: str = "n'est pas admis") -> bool:
        """Whether a word is among those admitted; it is said, with the nearest one, when it is not."""
        if wrong := wrong_word(value, words, problem):
            self.say(loc, wrong)
        return wrong is None

    def _add(self, line: int, where: str, problem: str) -> None:
        self._problems.append((line, f"{self.path.name}:{line} · {where} : {problem}"))

    def _say_error(self, error: ErrorDetails, model: Any) -> None:
        loc, kind, given = error["loc"], error["type"], error["input"]
        if _is_unknown_key(error):
            key = str(_place(error)[-1])
            self._add(
                self._line(loc), self._named(_place(error)[:-1]), wrong_word(key, _known_keys(error, model)) or kind
            )
        elif kind == "missing":
            remedy = _remedy(model, loc)
            self.say(loc, f"absent : {remedy}" if remedy else "absent")
        elif words := _words(_type_at(model, loc)):
            self.say(loc, wrong_word(given, words) or kind)
        elif kind == "value_error":
            self.say(loc, str(error.get("ctx", {}).get("error", error["msg"])))
        else:
            expected = _EXPECTED.get(kind, error["msg"]).format(**error.get("ctx", {}))
            shown = f"« {given} » : " if isinstance(given, str | int | float) else ""
            self.say(loc, f"{shown}{expected}")

    def _repaired(self, content: Any, error: ErrorDetails, model: Any) -> Any:
        """The content with a stand-in where an error is; without it, where it is a key that nobody knows."""
        loc = _place(error)
        self._stood_in.append(loc)
        if _is_unknown_key(error):
            return _changed(content, loc, None)
        return _changed(content, loc, lambda: _stand_in(_type_at(model, loc), error["input"]))

    def _plain(self, node: yaml.Node, loader: Any, loc: Loc = ()) -> Any:
        """The content of a node: what PyYAML makes of it, three times faster; a key written twice is said."""
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(each, loader, (*loc, rank)) for rank, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            content: dict[Any, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.MarkedYAMLError(problem="une clé est un mot", problem_mark=key.start_mark)
                name = self._plain(key, loader)
                if name in content:
                    self._add(key.start_mark.line + 1, ".".join(map(str, (*loc, name))), "déclaré deux fois")
                content[name] = self._plain(value, loader, (*loc, name))
            return content
        return node.value if node.tag == "tag:yaml.org,2002:str" else loader.construct_object(node)

    def _line(self, loc: Loc) -> int:
        """The line of a place, or of the nearest declared thing that should hold it."""
        node, line = self._root, self._root.start_mark.line + 1
        for step in loc:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def _named(self, loc: Loc) -> str:
        """A place as people say it: the names of tables, fields, layouts instead of their ranks."""
        names: list[str] = []
        for depth, step in enumerate(loc, 1):
            content = self.at(loc[:depth])
            if isinstance(step, str):
                names += [] if step in _SHELL else [step]
            elif isinstance(content, dict) and (name := content.get("name") or content.get("code")):
                names.append(str(name))
            elif not isinstance(content, str):
                names.append(str(step + 1))
        return ".".join(names) or "fichier"


@contextmanager
def _loader(path: Path) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text(encoding="utf-8"))
    try:
        yield loader
    finally:
        loader.dispose()


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line and node of a key or a rank of a node; of the custom property of that name in a list of properties."""
    if isinstance(node, yaml.MappingNode):
        return next(((k.start_mark.line + 1, v) for k, v in node.value if k.value == str(step)), None)
    if not isinstance(node, yaml.SequenceNode):
        return None
    if isinstance(step, int):
        each = node.value[step] if step < len(node.value) else None
        return (each.start_mark.line + 1, each) if each else None
    for entry in node.value:
        held = {k.value: v for k, v in entry.value} if isinstance(entry, yaml.MappingNode) else {}
        if "value" in held and "property" in held and held["property"].value == step:
            return entry.start_mark.line + 1, held["value"]
    return None


def _inside(content: Any, step: str | int) -> Any:
    """The content of a key or a rank, None when there is none; of a custom property as in `_child`."""
    if isinstance(content, Mapping):
        return content.get(step)
    if isinstance(content, list | tuple) and isinstance(step, int):
        return content[step] if step < len(content) else None
    entries = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    return next((each.get("value") for each in entries if each.get("property") == step), None)


def _changed(content: Any, loc: Loc, stand_in: Callable[[], Any] | None) -> Any:
    """A copy of the content with something else at a place, or without it; custom properties as a mapping."""
    if not loc:
        return stand_in() if stand_in else content
    step, rest = loc[0], loc[1:]
    if isinstance(content, list) and isinstance(step, int):
        return [_changed(each, rest, stand_in) if rank == step else each for rank, each in enumerate(content)]
    if isinstance(content, list):  # custom properties
        content = {each.get("property"): each.get("value") for each in content if isinstance(each, dict)}
    if not isinstance(content, dict):
        content = {}
    if not rest and stand_in is None:
        return {key: value for key, value in content.items() if key != step}
    return {**content, step: _changed(content.get(step), rest, stand_in)}


def _is_unknown_key(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden" or error["loc"][-1:] == (_KEY,)


def _place(error: ErrorDetails) -> Loc:
    """Where an error is; pydantic puts a mark of its own after a key of a mapping that is not of the words admitted."""
    return error["loc"][:-1] if error["loc"][-1:] == (_KEY,) else error["loc"]


def _known_keys(error: ErrorDetails, model: Any) -> tuple[str, ...]:
    """The keys admitted where an error names an unknown one."""
    kind = _type_at(model, _place(error)[:-1])
    return _words(_bare(get_args(kind)[0])) if get_origin(kind) is dict else _keys(kind)


def _remedy(model: Any, loc: Loc) -> str | None:
    """What a model says of what it lacks: the description of the field."""
    field = _fields(_type_at(model, loc[:-1])).get(str(loc[-1]))
    return field.description if field else None


def _type_at(kind: Any, loc: Loc) -> Any:
    """The type that a model gives to a place; None when it has none."""
    for step in loc:
        kind = _bare(kind)
        if fields := _fields(kind):
            kind = fields[str(step)].annotation if step in fields else None
        else:
            arguments = get_args(kind)
            kind = (arguments[1] if get_origin(kind) is dict else arguments[0]) if arguments else None
    return _bare(kind)


def _bare(kind: Any) -> Any:
    """A type without its annotations, and without the None of what may be absent."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _bare(next(each for each in get_args(kind) if each is not type(None)))
    return kind


def _keys(kind: Any) -> tuple[str, ...]:
    """The keys that a model admits, as the file writes them."""
    return tuple(_fields(kind))


def _fields(kind: Any) -> dict[str, FieldInfo]:
    """The fields of a model under the keys that the file writes; none when a type is no model."""
    fields: dict[str, FieldInfo] = getattr(kind, "__pydantic_fields__", {})
    return {field.alias or name: field for name, field in fields.items()}


def _words(kind: Any) -> tuple[str, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def _stand_in(kind: Any, given: object) -> Any:
    """A value of a type: of a list of words, the one that was probably meant."""
    if words := _words(kind):
        return next(iter(difflib.get_close_matches(str(given), words, n=1)), words[0])
    if get_origin(kind) in (list, tuple):
        return []
    return {str: "x", int: 1, float: 1.0, bool: False}.get(kind, {})
