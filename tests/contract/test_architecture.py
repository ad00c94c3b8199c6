"""The house stays as drawn: dependencies point one way, and each library keeps its role."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("data_contracts", "ingest", "orchestration", "dashboards")
MAY_IMPORT = {
    "data_contracts": set(),
    "ingest": {"data_contracts"},
    "orchestration": {"data_contracts", "ingest", "dashboards"},  # `dlnuf dashboard` starts the application
    "dashboards": {"data_contracts", "ingest"},
}


def imports(path: Path) -> set[str]:
    """Every dotted name that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(room: str) -> list[Path]:
    found = sorted((PROJECT / room).rglob("*.py"))
    assert found, room
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_dependencies_point_one_way(room: str) -> None:
    forbidden = set(ROOMS) - MAY_IMPORT[room] - {room}
    wrong = [
        f"{path.relative_to(PROJECT)} importe {name}"
        for path in modules(room)
        for name in imports(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_the_generator_is_a_witness_it_shares_nothing_with_what_it_judges() -> None:
    wrong = [
        f"{path.relative_to(PROJECT)} importe {name}"
        for path in sorted((PROJECT / "witness" / "generate").rglob("*.py"))
        for name in imports(path)
        if name.split(".")[0] in ROOMS and not name.startswith("witness.generate")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("dagster", {"orchestration"}),
        ("streamlit", {"dashboards"}),
        ("great_expectations", {"orchestration"}),
        ("pandera", {"data_contracts", "ingest"}),
        ("polars", {"data_contracts", "ingest", "dashboards", "orchestration"}),
    ],
)
def test_each_library_keeps_its_room(library: str, rooms: set[str]) -> None:
    wrong = [
        str(path.relative_to(PROJECT))
        for room in set(ROOMS) - rooms
        for path in modules(room)
        if any(name.split(".")[0] == library for name in imports(path))
    ]
    assert wrong == []


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


def test_every_module_says_what_belongs_in_it() -> None:
    silent = [
        str(path.relative_to(PROJECT))
        for room in ROOMS
        for path in modules(room)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
