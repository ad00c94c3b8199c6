"""A declaration in YAML: read once, held against a strict model, everything wrong in it said with file and line.

Belongs here: reading with lines, the base of every model, pydantic's errors in French. Does not belong here: what a
given file may hold (`odcs`, `mapping_files`, `disclosure`, `retention`), references between files
(`declared_references`).
"""

from __future__ import annotations

import difflib
import gc
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from data_contracts.system_errors import said
from data_contracts.titles import shown

Model = TypeVar("Model")
Where = tuple[str | int, ...]

_KEY = "[key]"  # what pydantic puts after a key of a mapping that is not of the words admitted
_TAG = "="  # the alternatives of a union are tagged so, for their tags to be told from keys
_SHOWN = 40  # more words would hide the rest of the message
_ROUNDS = 8  # a stand-in may itself lack something, one level deeper each time
# Keys that help nobody to find a place.
_SHELL = ("schema", "properties", "customProperties", "quality", "tables")
# What pydantic says, in words; anything else is said in its own.
_EXPECTED = {
    "string_type": "un texte est attendu, pas {given}",
    "int_type": "un entier est attendu, pas {given}",
    "int_from_float": "un entier est attendu, pas {given}",
    "float_type": "un nombre est attendu, pas {given}",
    "bool_type": "true ou false est attendu, pas {given}",
    "tuple_type": "une liste est attendue, pas {given}",
    "dict_type": "des clés et leurs valeurs sont attendues, pas {given}",
    "model_type": "des clés et leurs valeurs sont attendues, pas {given}",
    "model_attributes_type": "des clés et leurs valeurs sont attendues, pas {given}",
    "too_short": "au moins {min_length} attendu",
    "too_long": "pas plus de {max_length} attendu",
    "string_too_short": "vide",
    "string_pattern_mismatch": "« {value} » n'a pas la forme {pattern}",
    "greater_than": "{given} : attendu, plus de {gt}",
    "greater_than_equal": "{given} : attendu, au moins {ge}",
    "less_than": "{given} : attendu, moins de {lt}",
    "less_than_equal": "{given} : attendu, au plus {le}",
}


def _number(value: object) -> object:
    if type(value) not in (int, float):
        raise ValueError(f"un nombre est attendu, pas {value!r}")
    return value


def _as_written(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_written(each) for key, each in value.items()}
    return [_as_written(each) for each in value] if isinstance(value, tuple) else value


Line = Annotated[str, AfterValidator(lambda text: " ".join(text.split()))]  # however the file folds it
Number = Annotated[float, PlainValidator(_number)]  # 1 stays an integer
Free = Annotated[dict[str, Any], AfterValidator(_as_written)]  # for others to understand: lists stay lists


class DeclarationError(ValueError):
    """One or several declarations are wrong. The message lists every problem, one a line."""

    title = "Déclarations invalides"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(f"{self.title} :\n" + "\n".join(f"  - {p}" for p in self.problems))


class Strict(BaseModel):
    """Base of what a file declares: no unknown key, no value of another type, nothing converted, nothing changed after.

    Lists of the file come as tuples. The description of a field is the remedy that is said when it is absent.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _NotText(ValueError):
    """A file that is no text, with the line where that is seen."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def wrong_word(value: object, words: Collection[str], problem: str = "n'est pas admis") -> str | None:
    """Why a word is not one of those, with the nearest one, or else all of them; None when it is."""
    if value in words:
        return None
    known = list(words) if isinstance(words, tuple) else sorted(words)  # words that are listed have their order
    if near := difflib.get_close_matches(str(value), known, n=1):
        hint = f"vouliez-vous « {near[0]} » ?"
    elif len(known) <= _SHOWN:
        hint = f"attendu : {', '.join(known) or 'rien'}"
    else:
        hint = f"aucun des {len(known)} mots admis ne s'en approche"
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
        self._stood_in: list[Where] = []
        try:
            with _loader(path) as loader, _without_collector():
                root = loader.get_single_node()
                self.content = self._plain(root, loader) if root else None
                if self.content is None:
                    self._add(1, "fichier", "vide")
        except _NotText as error:
            self._add(error.line, "fichier", str(error))
        # ValueError: a day that does not exist. RecursionError: a node that holds itself.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
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
                        where, problem = _in_french(each, model)
                        self._add(self._line(_place(each)), self._named(where), problem)
                    content = self._repaired(content, each, model)
        return None

    def at(self, where: Where) -> Any:
        """What the file holds at a place, as its author wrote it; None when there is nothing."""
        return _as_written(self._held(where))

    def held(self, where: Where, model: type[Model]) -> Model | None:
        """What the file holds at a place, as a model says it; None when there is nothing, or something else, said."""
        if (content := self._held(where)) is None:
            return None
        try:
            return TypeAdapter(model).validate_python(content)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                inside, problem = _in_french(each, model)
                self._add(self._line((*where, *_place(each))), self._named((*where, *inside)), problem)
        return None

    def _held(self, where: Where) -> Any:
        content = self.content
        for step in where:
            content = _inside(content, step)
        return content

    def say(self, where: Where, problem: str) -> None:
        """Keeps a problem, with its line and the names that lead to it."""
        if not any(where[: len(wrong)] == wrong for wrong in self._stood_in):
            self._add(self._line(where), self._named(where), problem)

    def one_of(self, where: Where, value: object, words: Collection[str], what: str = "admis") -> bool:
        """Whether a word is among those; it is said, with the nearest one, when it is not. what: each of them is."""
        if wrong := wrong_word(value, words, f"n'est pas {what}"):
            self.say(where, wrong)
        return wrong is None

    def _add(self, line: int, named: str, problem: str) -> None:
        said = shown(f"{named} : {problem}")  # whatever is quoted of the file, a problem is one line
        self._problems.append((line, f"{self.path.name}:{line} · {said}"))

    def _repaired(self, content: Any, error: ErrorDetails, model: Any) -> Any:
        """The content with a stand-in where an error is; without it, where it is a key that nobody knows."""
        where = _place(error)
        self._stood_in.append(where)
        if _is_unknown_key(error):
            return _changed(content, where, None)
        return _changed(content, where, lambda: _stand_in(_types_at(model, where), error["input"]))

    def _plain(self, node: yaml.Node, loader: Any, where: Where = ()) -> Any:
        """The content of a node: what PyYAML makes of it, three times faster, with tuples for lists.

        A key written twice is said.
        """
        if isinstance(node, yaml.SequenceNode):
            return tuple([self._plain(each, loader, (*where, rank)) for rank, each in enumerate(node.value)])
        if isinstance(node, yaml.MappingNode):
            content: dict[Any, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.MarkedYAMLError(problem="une clé est un mot", problem_mark=key.start_mark)
                name = self._plain(key, loader)
                if name in content:
                    self._add(key.start_mark.line + 1, ".".join(map(str, (*where, name))), "déclaré deux fois")
                content[name] = self._plain(value, loader, (*where, name))
            return content
        return node.value if node.tag == "tag:yaml.org,2002:str" else loader.construct_object(node)

    def _line(self, where: Where) -> int:
        """The line of a place, or of the nearest declared thing that should hold it."""
        node, line = self._root, self._root.start_mark.line + 1
        for step in where:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def _named(self, where: Where) -> str:
        """A place as people say it: the names of tables, fields, layouts instead of their ranks."""
        names: list[str] = []
        for depth, step in enumerate(where, 1):
            content = self.at(where[:depth])
            if isinstance(step, str):
                names += [] if step in _SHELL else [step]
            elif isinstance(content, dict) and (name := content.get("name") or content.get("code")):
                names.append(str(name))
            elif not isinstance(content, str):
                names.append(str(step + 1))
        return ".".join(names) or next((str(step) for step in where), "fichier")


@contextmanager
def _loader(path: Path) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(_text(path))
    try:
        yield loader
    finally:
        loader.dispose()


def _text(path: Path) -> str:
    """The text of a file.

    Raises:
        _NotText: it is no file, not in UTF-8, or holds what no text holds.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _NotText(1, f"ceci n'est pas un fichier qui se lit ({said(error)})") from error
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"l'octet 0x{content[error.start]:02X} n'est pas de l'UTF-8 : enregistrer ce fichier en UTF-8"
        raise _NotText(line, reason) from error
    if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _NotText(line, f"le caractère U+{ord(found[0]):04X} n'est pas du texte : le retirer (fichier abîmé ?)")
    return text


@contextmanager
def _without_collector() -> Iterator[None]:
    """Some hundred thousand objects are made, none in a cycle: looking for cycles takes as long as reading."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# ---------------------------------------------------------------- places of a file


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
    if not isinstance(content, tuple):
        return None
    if isinstance(step, int):
        return content[step] if step < len(content) else None
    entries = (each for each in content if isinstance(each, dict) and each.get("property") == step)
    return next((each.get("value") for each in entries), None)


def _changed(content: Any, where: Where, stand_in: Callable[[], Any] | None) -> Any:
    """A copy of the content with something else at a place, or without it; custom properties as a mapping."""
    if not where:
        return stand_in() if stand_in else content
    step, rest = where[0], where[1:]
    if isinstance(content, tuple) and isinstance(step, int):
        return tuple(_changed(each, rest, stand_in) if rank == step else each for rank, each in enumerate(content))
    if isinstance(content, tuple):  # custom properties
        content = {str(each.get("property")): each.get("value") for each in content if isinstance(each, dict)}
    if not isinstance(content, dict):
        content = {}
    if not rest and stand_in is None:  # a key that is no text is named as Python writes it
        return {key: value for key, value in content.items() if step not in (key, repr(key))}
    return {**content, step: _changed(content.get(step), rest, stand_in)}


# ---------------------------------------------------------------- what pydantic says, and the types of a model


def _place(error: ErrorDetails) -> Where:
    """Where an error is in the file: without the marks that pydantic adds for unions and keys of mappings."""
    return tuple(step for step in error["loc"] if not str(step).startswith(_TAG) and step != _KEY)


def problems_of(error: ValidationError, model: Any) -> list[str]:
    """What is wrong with something that is no YAML (a line of a table), each after the name of its key."""
    told = (_in_french(each, model) for each in error.errors(include_url=False))
    return [" : ".join(filter(None, (".".join(map(str, where)), problem))) for where, problem in told]


def _in_french(error: ErrorDetails, model: Any) -> tuple[Where, str]:
    """Where an error of pydantic is, and what is wrong there: an unknown key is a problem of what holds it."""
    where, kind, given = _place(error), error["type"], error["input"]
    if kind == "invalid_key" or (error["loc"][-1:] == (_KEY,) and kind == "string_type"):
        key = given.isoformat() if isinstance(given, date) else where[-1]
        return where[:-1], f"la clé « {key} » n'est pas un texte : l'écrire entre guillemets si c'en est un"
    if _is_unknown_key(error):
        return where[:-1], wrong_word(where[-1], _known_keys(where, model), ": clé inconnue") or kind
    if kind == "missing":
        remedy = _remedy(where, model)
        return where, f"absent : {remedy}" if remedy else "absent"
    if kind == "value_error":
        return where, str(error.get("ctx", {}).get("error", error["msg"]))
    if words := _words(_types_at(model, where)):
        return where, wrong_word(given, words) or kind
    problem = _EXPECTED.get(kind, error["msg"]).format(given=_given(given), value=given, **error.get("ctx", {}))
    is_written_bare = kind == "string_type" and isinstance(given, int | float | date)
    return where, f"{problem} : l'écrire entre guillemets" if is_written_bare else problem


def _given(value: object) -> str:
    """What was given instead, as a person would name it."""
    if isinstance(value, date):  # YAML makes one of what looks like it
        return f"la date {value.isoformat()}"
    return repr(value) if isinstance(value, str | int | float | None) else "un ensemble"


def _is_unknown_key(error: ErrorDetails) -> bool:
    return error["type"] in ("extra_forbidden", "invalid_key") or error["loc"][-1:] == (_KEY,)


def _known_keys(where: Where, model: Any) -> tuple[str, ...]:
    """The keys admitted where an unknown one stands."""
    found: list[str] = []
    for kind in _types_at(model, where[:-1]):
        found += _words(_alternatives(get_args(kind)[0])) if get_origin(kind) is dict else _fields(kind)
    return tuple(dict.fromkeys(found))


def _remedy(where: Where, model: Any) -> str | None:
    """What a model says of what it lacks: the description of the field."""
    fields = (_fields(kind).get(str(where[-1])) for kind in _types_at(model, where[:-1]))
    return next((field.description for field in fields if field and field.description), None)


def _types_at(model: Any, where: Where) -> tuple[Any, ...]:
    """The types that a model admits at a place; none when it knows no such place."""
    kinds = _alternatives(model)
    for step in where:
        kinds = tuple(each for kind in kinds for inner in _inner(kind, step) for each in _alternatives(inner))
    return kinds


def _inner(kind: Any, step: str | int) -> tuple[Any, ...]:
    if fields := _fields(kind):
        return (fields[str(step)].annotation,) if step in fields else ()
    arguments = get_args(kind)
    return (arguments[1 if get_origin(kind) is dict else 0],) if arguments else ()


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """The types that a type stands for: without annotations, without the None of what may be absent."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(each for one in get_args(kind) if one is not type(None) for each in _alternatives(one))
    return (kind,)


def _fields(kind: Any) -> dict[str, FieldInfo]:
    """The fields of a model under the keys that the file writes; none when a type is no model."""
    fields: dict[str, FieldInfo] = getattr(kind, "__pydantic_fields__", {})
    return {field.alias or name: field for name, field in fields.items()}


def _words(kinds: Collection[Any]) -> tuple[str, ...]:
    return tuple(word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))


def _stand_in(kinds: Collection[Any], given: object) -> Any:
    """A value of one of these types: of a list of words, the one that was probably meant."""
    if words := _words(kinds):
        return next(iter(difflib.get_close_matches(str(given), words, n=1)), words[0])
    kind = next(iter(kinds), None)
    if get_origin(kind) is tuple:
        return ()
    return {str: "x", int: 1, float: 1.0, bool: False}.get(kind, {})
