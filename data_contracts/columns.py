"""Columns as a table: in which column of which layout each field stands, beside the contract that says what it means.

Belongs here: reading `<source>.columns.csv`, everything that is wrong with it, giving its columns to the fields of a
contract, adding a column to it; what a layout takes over from another one (`like`). Does not belong here: the meaning
of fields (`odcs`), comparing a delivered header with a layout (`ingest.receive`).

A line is a field, a column is a layout: adding a year adds a column, and a reviewer sees at a glance what moved. A cell
is empty (the layout does not carry the field), a title or path (`FINESS`), or the position of the column from 1 (`12`).
`12 = Titre` is the position of a column whose title is not the usual one, `(sans titre)` a column without title, and
`= 2019` a title that is made of digits. The contract names the entities that stand in its table (`columns`), so that a
table, or a part of it, that went astray is missed. docs/contracts.md says which entities do.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, Entity, Field, Layout
from data_contracts.titles import shown, title_key

SUFFIX = ".columns.csv"
LAYOUT_CODE = re.compile(r"^[a-z][a-z0-9_]*$")
UNTITLED = "(sans titre)"
_HEAD = ("entity", "field")
_POSITION = re.compile(r"(?P<position>[1-9]\d*)(\s*=\s*(?P<title>\S.*))?")
_LIKE_A_POSITION = re.compile(r"[-+]?\d+(\s*=.*)?")  # such a cell is a position, well written or not
_CELL = r'(?:"(?:[^"]|"")*"|[^";]*)'
_ROW = re.compile(rf"{_CELL}(?:;{_CELL})*")  # a quote only opens, closes, or is doubled between the two
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ENTITY_KEYS = {"entity", "entities"}
_OWN_KEYS = {"formerly"}  # what a layout never takes over from another one


@dataclass(frozen=True)
class Line:
    """The line of a field: its number in the file, and its cells by layout; an empty cell is not there."""

    number: int
    entity: str
    field: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Columns:
    """A table of columns. malformed: what kept a part of the file from being read, each with its place."""

    path: Path
    layouts: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    malformed: tuple[str, ...] = field(default=(), compare=False)

    @property
    def entities(self) -> frozenset[str]:
        """The entities that stand in the table: the layouts that carry them say where each of their fields is."""
        return frozenset(line.entity for line in self.lines)

    @property
    def text(self) -> str:
        """The table as it is written in its file."""
        written = io.StringIO()
        rows = csv.writer(written, delimiter=";", lineterminator="\n")
        rows.writerow((*_HEAD, *self.layouts))
        for line in self.lines:
            rows.writerow((line.entity, line.field, *(line.cells.get(code, "") for code in self.layouts)))
        return written.getvalue()


def beside(contract: Path) -> Path:
    """The file of the table that goes with the file of a contract, whether or not there is one."""
    return contract.with_name(contract.name.removesuffix(".odcs.yaml") + SUFFIX)


def read(path: Path) -> Columns:
    """The table that a file holds: as much of it as can be read, and what kept the rest from being so."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Columns(path, malformed=(f"{path.name}:1 · ce fichier n'est pas en UTF-8 : l'enregistrer ainsi",))
    except OSError:
        said = f"{path.name}:1 · ceci n'est pas un fichier qui se lit : remettre la table des colonnes à sa place"
        return Columns(path, malformed=(said,))
    malformed: list[str] = []
    rows = _rows(text, path, malformed)
    head = [cell.strip() for cell in next(rows, (1, []))[1]]
    layouts = tuple(head[len(_HEAD) :])
    if tuple(head[: len(_HEAD)]) != _HEAD:
        malformed.append(f"{path.name}:1 · attendu, « {';'.join(_HEAD)} » puis une colonne par forme")
    for code, times in Counter(layouts).items():
        if not code:
            malformed.append(f"{path.name}:1 · une colonne n'a pas de nom de forme")
        elif times > 1:
            malformed.append(f"{path.name}:1 · la forme « {code} » a {times} colonnes")
    lines: list[Line] = []
    for number, row in rows:
        if len(row) != len(head):
            malformed.append(f"{path.name}:{number} · {len(row)} cellules, {len(head)} attendues")
        elif len(row) >= len(_HEAD):
            entity, name, *cells = (cell.strip() for cell in row)
            filled = {code: cell for code, cell in zip(layouts, cells, strict=True) if cell}
            lines.append(Line(number, entity, name, filled))
    return Columns(path, layouts, tuple(lines), tuple(malformed))


def _rows(text: str, path: Path, malformed: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with their line. What is no CSV is said: characters that nobody sees, quotes that
    cut nothing, a cell that never ends (after which nothing can be read)."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    rows = csv.reader(lines(), delimiter=";", strict=True)
    first = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            malformed.append(f"{path.name}:{first} · guillemets mal placés ou cellule sans fin ({error})")
            return
        raw = "".join(taken).rstrip("\r\n")
        taken.clear()
        if found := _CONTROL.search(raw):
            malformed.append(
                f"{path.name}:{first} · caractère invisible U+{ord(found[0]):04X} : le retirer (fichier abîmé ?)"
            )
        if "\n" in raw:
            malformed.append(f"{path.name}:{first} · une cellule tient sur plusieurs lignes : guillemet de trop ?")
        elif not _ROW.fullmatch(raw):
            malformed.append(
                f"{path.name}:{first} · guillemet au milieu d'une cellule : le retirer, ou mettre la cellule entre "
                "guillemets et le doubler"
            )
        if row:
            yield first, row
        first = rows.line_num + 1


def parsed(cell: str) -> tuple[str | int, str | None]:
    """What a filled cell says: the title, path or position of a column, then its title when that is not the usual."""
    if found := _POSITION.fullmatch(cell):
        return int(found["position"]), "" if found["title"] == UNTITLED else found["title"]
    if cell.startswith("="):
        return cell[1:].strip(), None
    return ("" if cell == UNTITLED else cell), None


def written(column: str | int, title: str | None = None) -> str:
    """The cell that says this column: the contrary of `parsed`."""
    if isinstance(column, int):
        return str(column) if title is None else f"{column} = {title or UNTITLED}"
    return f"= {column}" if column.startswith("=") or _LIKE_A_POSITION.fullmatch(column) else column or UNTITLED


def missed(columns: Columns, named: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    """What a contract says of its table that the table does not hold: rank among the entities that it names, problem.

    The rank is None for an entity that stands in the table and that the contract does not name.
    """
    for rank, name in enumerate(named):
        if name not in columns.entities and not columns.malformed:
            yield rank, f"{columns.path.name} ne dit pas les colonnes de « {name} » : remettre la table, ou ses lignes"
    for name in sorted(columns.entities - set(named)):
        yield None, f"« {name} » est dans {columns.path.name} : la nommer ici ({{property: columns, value: [{name}]}})"


def problems(columns: Columns, contract: Contract) -> list[str]:
    """Everything that is wrong with a table, each with its line and column. contract: as it is written, even wrong."""
    declared = _Declared.of(contract)
    if not declared.entities:  # the contract lacks its tables, which is said once, of the contract
        return [*map(shown, columns.malformed)]
    found = [*columns.malformed]
    found += [f"{columns.path.name}{said}" for said in _of_layouts(columns, declared)]
    found += [f"{columns.path.name}{said}" for said in _of_lines(columns, declared)]
    found += [f"{columns.path.name}{said}" for said in _of_cells(columns, declared)]
    return [*map(shown, found)]


@dataclass(frozen=True)
class _Declared:
    """Names that a contract declares: the fields of its entities, and the entities of its layouts.

    apart: the layouts that say themselves which fields they carry (`tables`), and never stand in a table.
    """

    entities: dict[str, list[str]]
    layouts: dict[str, list[str]]
    apart: frozenset[str]

    @classmethod
    def of(cls, contract: Contract) -> _Declared:
        return cls(
            {entity.name: [each.name for each in entity.fields] for entity in contract.entities},
            {layout.code: list(layout.entities) for layout in contract.layouts if not layout.tables},
            frozenset(layout.code for layout in contract.layouts if layout.tables),
        )


def _of_layouts(columns: Columns, declared: _Declared) -> Iterator[str]:
    """The columns of the table are the layouts of the contract that carry its entities."""
    for code in filter(None, dict.fromkeys(columns.layouts)):
        if code in declared.apart:
            yield f":1 · colonne « {code} » : cette forme dit elle-même ses champs (tables), retirer la colonne"
        elif code not in declared.layouts:
            yield f":1 · colonne « {code} » : le contrat n'a pas cette forme{_hint(code, declared.layouts)}"
    for code, carried in declared.layouts.items():
        known = columns.entities.intersection(carried)
        if known and code not in columns.layouts:
            yield f":1 · la forme « {code} » du contrat n'a pas de colonne"
        for entity in carried if code in columns.layouts else ():
            if entity in known and not any(x.entity == entity and code in x.cells for x in columns.lines):
                yield f":1 · colonne « {code} » : vide, la forme ne porterait aucun champ de « {entity} »"
        if code in columns.layouts and not known:
            yield f":1 · colonne « {code} » : vide, aucune table de cette forme n'est ici"


def _of_lines(columns: Columns, declared: _Declared) -> Iterator[str]:
    """The lines of the table are the fields of its entities, each once."""
    first: dict[tuple[str, str], int] = {}
    for line in columns.lines:
        place = f":{line.number}"
        if line.entity not in declared.entities:
            yield f"{place} · colonne « entity » : « {line.entity} » n'est pas une table du contrat" + _hint(
                line.entity, declared.entities
            )
        elif line.field not in (fields := declared.entities[line.entity]):
            yield f"{place} · colonne « field » : « {line.entity} » n'a pas de champ « {line.field} »" + _hint(
                line.field, fields
            )
        if before := first.get((line.entity, line.field)):
            yield f"{place} · le champ « {line.entity}.{line.field} » est déjà ligne {before}"
        if not line.cells:
            yield f"{place} · aucune forme ne porte « {line.entity}.{line.field} », retirer la ligne ou le situer"
        first.setdefault((line.entity, line.field), line.number)
    for entity in sorted(columns.entities & declared.entities.keys()):
        for name in declared.entities[entity]:
            if (entity, name) not in first:
                yield f":1 · le champ « {entity}.{name} » du contrat n'a pas de ligne"


def _of_cells(columns: Columns, declared: _Declared) -> Iterator[str]:
    """Within a table of a layout, columns are all positions or all titles, and no two fields are one column."""
    for code in dict.fromkeys(columns.layouts):
        seen: dict[tuple[str, str | int], Line] = {}
        kinds: dict[str, tuple[type, Line]] = {}
        for line in columns.lines:
            cell = line.cells.get(code)
            if cell is None:
                continue
            place = f":{line.number} · colonne « {code} »"
            if line.entity not in declared.layouts.get(code, [line.entity]):
                yield f"{place} : cette forme ne porte pas la table « {line.entity} »"
            if _LIKE_A_POSITION.fullmatch(cell) and not _POSITION.fullmatch(cell):
                yield f"{place} : « {cell} » n'est pas une position (attendu : un entier à partir de 1)"
                continue
            column, _ = parsed(cell)
            kind, other = kinds.setdefault(line.entity, (type(column), line))
            if kind is not type(column):
                yield (
                    f"{place} : « {cell} » et, ligne {other.number}, « {other.cells[code]} » : "
                    "attendu, des positions partout ou des intitulés partout"
                )
            key = (line.entity, column if isinstance(column, int) else title_key(column))
            if key in seen:
                what = f"la position {column}" if isinstance(column, int) else f"l'intitulé « {column} »"
                yield f"{place} : {what} désigne déjà le champ « {seen[key].field} », ligne {seen[key].number}"
            seen.setdefault(key, line)


def alike(contract: Contract) -> Iterator[tuple[int, int, str]]:
    """Titles of one layout, aliases included, that name two fields: which of them a delivered column is, nothing says.

    Returns: rank of the entity, rank of its second field, problem. Two cells of a table are `problems`.
    """
    for layout in contract.layouts:
        for rank, entity in enumerate(contract.entities):
            if layout.tables or entity.name not in layout.entities:
                continue
            first: dict[str, Field] = {}
            for place, each in enumerate(entity.fields):
                column = each.column_in(layout.code)
                if not isinstance(column, str):
                    continue
                for title in dict.fromkeys((column, *each.aliases)):
                    other = first.setdefault(title_key(title), each)
                    its = title_key(str(other.column_in(layout.code)))
                    is_told = each.columns is not None and title_key(column) == title_key(title) == its
                    if other.name != each.name and not is_told:
                        yield rank, place, f"forme « {layout.code} » : « {title} » désigne déjà « {other.name} »"


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (vouliez-vous « {near[0]} » ?)" if near else ""


def applied(contract: Contract, columns: Columns) -> Contract:
    """The contract whose fields know their columns, as far as the table says them."""
    lines = {(line.entity, line.field): line for line in columns.lines}

    def placed(entity: str, each: Field) -> Field:
        line = lines.get((entity, each.name))
        if line is None:
            return each
        told = {code: parsed(line.cells[code]) for code in columns.layouts if code in line.cells}
        titles = dict.fromkeys((*each.aliases, *(title for _, title in told.values() if title is not None)))
        places = tuple((code, column) for code, (column, _) in told.items())
        return replace(each, columns=places, aliases=tuple(titles))

    entities = (replace(e, fields=tuple(placed(e.name, each) for each in e.fields)) for e in contract.entities)
    return replace(contract, entities=tuple(entities))


def with_column(
    columns: Columns,
    contract: Contract,
    entity: Entity,
    code: str,
    cells: Mapping[str, str],
) -> Columns:
    """The table with one more layout of an entity. cells: by field; one that the contract has not yet gets a line.

    An entity that was not in the table, because its layouts all wrote the same titles, enters it with all its layouts.
    """
    whole = columns if entity.name in columns.entities else _entered(columns, contract, entity)
    lines = [
        replace(x, cells={**x.cells, code: cells[x.field]}) if _is_of(x, entity, cells) else x for x in whole.lines
    ]
    last = max(rank for rank, line in enumerate(lines) if line.entity == entity.name)
    known = {line.field for line in lines if line.entity == entity.name}
    lines[last + 1 : last + 1] = [
        Line(0, entity.name, name, {code: cells[name]}) for name in cells if name not in known
    ]
    return replace(whole, layouts=(*whole.layouts, code), lines=tuple(lines))


def _is_of(line: Line, entity: Entity, cells: Mapping[str, str]) -> bool:
    return line.entity == entity.name and line.field in cells


def _entered(columns: Columns, contract: Contract, entity: Entity) -> Columns:
    carrying = [layout for layout in contract.layouts if entity.name in layout.entities and not layout.tables]
    layouts = dict.fromkeys((*columns.layouts, *(layout.code for layout in carrying)))
    lines = (_line(contract, entity, each, carrying) for each in entity.fields)
    return replace(columns, layouts=tuple(layouts), lines=(*columns.lines, *lines))


def _line(contract: Contract, entity: Entity, each: Field, layouts: Sequence[Layout]) -> Line:
    places = {layout.code: contract.fields_in(layout, entity).get(each.name) for layout in layouts}
    cells = {code: written(column) for code, column in places.items() if column is not None}
    return Line(0, entity.name, each.name, cells)


def inherited(layouts: Any) -> Any:
    """The layouts of a contract, each with what it takes over from the one above it that `like` names.

    A key that a layout says itself replaces the one of the other whole: nothing is merged inside `options`. What is not
    written as layouts is given back as it is, for the model of contracts to say what is wrong with it.
    """
    if not isinstance(layouts, tuple) or not all(isinstance(node, Mapping) for node in layouts):
        return layouts
    whole: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for own in layouts:
        hidden = _OWN_KEYS | (_ENTITY_KEYS if _ENTITY_KEYS & own.keys() else set())
        taken = {key: value for key, value in whole.get(str(own.get("like")), {}).items() if key not in hidden}
        whole[str(own.get("code"))] = {**taken, **own}
        found.append(whole[str(own.get("code"))])
    return tuple(found)
