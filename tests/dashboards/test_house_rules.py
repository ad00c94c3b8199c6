"""What keeps the application in order: where SQL may be, how long a page may grow, what it may speak to."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

import dashboards

ROOT = dashboards.FOLDER
MODULES = sorted(ROOT.rglob("*.py"))
PAGES = sorted((ROOT / "views").glob("*.py"))


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_only_queries_speak_to_the_engine(path: Path) -> None:
    engines = {"duckdb", "pyarrow", "sqlite3"} & {name.split(".")[0] for name in _imports(path)}
    assert not engines or path.parent.name == "queries"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_page_is_short_and_reads_no_file(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    assert "read_parquet" not in source
    assert "select " not in source.lower().replace("st.selectbox", "")


def test_no_folder_is_taken_for_pages_by_streamlit() -> None:
    assert not (ROOT / "pages").exists()


def test_the_application_depends_on_nothing_of_the_orchestration() -> None:
    assert not {name for path in MODULES for name in _imports(path) if name.startswith("orchestration")}


def test_every_view_of_the_snapshot_goes_through_the_perimeter() -> None:
    """The snapshot is opened in one place, and the perimeter is asked for in one place."""
    opened = [p.name for p in MODULES if "duckdb.connect" in p.read_text(encoding="utf-8")]
    asked = [
        p.name
        for p in MODULES
        if "current_perimeter()" in p.read_text(encoding="utf-8") and p.name not in ("access.py", "timing.py")
    ]
    assert opened == ["connection.py"]
    assert asked == ["connection.py"]


def test_the_application_answers_on_this_machine_only_and_reports_nothing() -> None:
    line = dashboards.command(8765)
    assert line[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert "--server.address=127.0.0.1" in line
    assert "--browser.gatherUsageStats=false" in line
    assert "--server.headless=true" in line
    assert "--server.port=8765" in line
    assert not [option for option in dashboards.command() if "server.port" in option]


def test_the_settings_say_the_same_as_the_command() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["headless"] is True
    assert settings["browser"]["gatherUsageStats"] is False


def test_the_home_is_made_absolute_for_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLNUF_HOME", "var")
    assert dashboards.environment()["DLNUF_HOME"] == str(tmp_path / "var")
    assert dashboards.environment()["PYTHONPATH"].split(":")[0] == str(ROOT.parent)
