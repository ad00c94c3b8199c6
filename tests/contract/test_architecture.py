"""The house stays as drawn: dependencies point one way, each library keeps its role, a name is that of one module."""

from __future__ import annotations

import ast
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("data_contracts", "ingest", "orchestration", "dashboards")
WITNESS = "witness"
MAY_IMPORT = {
    "data_contracts": set(),
    "ingest": {"data_contracts"},
    "orchestration": {"data_contracts", "ingest"},
    "dashboards": {"data_contracts", "ingest"},
}
# Commands start the application and call the witness; the demonstration generates, then judges what became of it.
DOORS = {
    "orchestration/cli/*": {"dashboards", WITNESS},
    "orchestration/demo.py": {WITNESS},
}
# What is seen there (ADR 21). What Git ignores may stand beside.
TOP_LEVEL = {
    *ROOMS, WITNESS, "dbt_project", "docs", "tests", "CHANGELOG.md", "Makefile", "README.md", "pyproject.toml",
    "requirements.lock",
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Every dotted name that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(folder: str) -> list[Path]:
    found = sorted((PROJECT / folder).rglob("*.py"))
    assert found, folder
    return found


def imported_rooms(path: Path) -> set[str]:
    """The rooms, the witness among them, that a module imports from."""
    return {name.split(".")[0] for name in imports(path)} & {*ROOMS, WITNESS}


def doors(path: Path) -> set[str]:
    """What a module alone may import, that its room may not."""
    relative = path.relative_to(PROJECT).as_posix()
    return {room for pattern, rooms in DOORS.items() if fnmatch(relative, pattern) for room in rooms}


@pytest.mark.parametrize("room", ROOMS)
def test_dependencies_point_one_way(room: str) -> None:
    wrong = {
        str(path.relative_to(PROJECT)): forbidden
        for path in modules(room)
        if (forbidden := imported_rooms(path) - MAY_IMPORT[room] - doors(path) - {room})
    }
    assert wrong == {}


@pytest.mark.parametrize("pattern", DOORS)
def test_what_a_module_alone_may_import_is_imported_there(pattern: str) -> None:
    """A door that nobody uses any more is to be closed."""
    used = [imported_rooms(path) for path in sorted(PROJECT.glob(pattern)) if path.suffix == ".py"]
    assert set().union(*used) >= DOORS[pattern]


@pytest.mark.parametrize("part", ["generate", "score", "bench"])
def test_the_witness_imports_nothing_of_what_it_judges(part: str) -> None:
    wrong = {
        str(path.relative_to(PROJECT)): found
        for path in modules(f"{WITNESS}/{part}")
        if (found := imported_rooms(path) - {WITNESS})
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("dagster", {"orchestration"}),
        ("streamlit", {"dashboards"}),
        ("great_expectations", {"orchestration"}),
        ("pandera", {"data_contracts", "ingest"}),
        ("typer", {"orchestration"}),
    ],
)
def test_each_library_keeps_its_rooms(library: str, rooms: set[str]) -> None:
    users = {
        room
        for room in (*ROOMS, WITNESS)
        for path in modules(room)
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert users == rooms


def test_pages_hold_no_sql() -> None:
    words = ("select ", "read_parquet", "duckdb")
    views = sorted((PROJECT / "dashboards" / "views").rglob("*.py"))
    assert len(views) >= 6
    wrong = [
        f"{path.relative_to(PROJECT)} : {word}"
        for path in views
        for word in words
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert wrong == []


def test_every_module_says_what_belongs_in_it_and_what_does_not() -> None:
    silent = [
        str(path.relative_to(PROJECT))
        for room in (*ROOMS, WITNESS)
        for path in modules(room)
        if not says_what_belongs(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    ]
    assert silent == []


def says_what_belongs(docstring: str) -> bool:
    words = " ".join(docstring.split())
    return "Belongs here: " in words and "Does not belong here" in words


def test_a_name_is_that_of_one_module() -> None:
    """A reader who is told « parsing » finds one file, wherever it is."""
    names = Counter(
        path.stem
        for room in (*ROOMS, WITNESS)
        for path in modules(room)
        if path.name not in ("__init__.py", "__main__.py")
    )
    assert [name for name, n in names.items() if n > 1] == []


def test_nothing_else_stands_at_the_top() -> None:
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    present = {path.name for path in PROJECT.iterdir() if not path.name.startswith(".")}
    assert {name for name in present if not any(fnmatch(name, line.strip("/")) for line in ignored)} == TOP_LEVEL
