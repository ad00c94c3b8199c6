"""One clock: one module reads it, only entries ask it, and SQL is told the day (ADR 17)."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest import clock
from tests.contract.test_architecture import PROJECT, ROOMS, modules

CLOCK = "ingest/clock.py"
# Whatever tells the present: methods of classes, functions of modules. Not `monotonic`, `perf_counter`, `process_time`,
# `thread_time`, `sleep`: a duration is nobody's date.
METHODS = {"today", "now", "utcnow"}
FUNCTIONS = {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime", "clock_gettime"}
MAKERS = {"datetime", "date", "Timestamp", "pendulum", "arrow"}
# Where an operation begins: it reads the clock once, and hands the instant down.
ENTRIES = {
    "orchestration/cli/deliveries.py": "a command",
    "orchestration/cli/keys.py": "a command",
    "orchestration/cli/synthetic.py": "a command",
    "orchestration/cli/retention_commands.py": "a command",
    "orchestration/cli/prepare.py": "a command",
    "orchestration/cli/person_commands.py": "a command",
    "orchestration/cli/form_commands.py": "a command",
    "orchestration/cli/supply_commands.py": "a command",
    "orchestration/resources.py": "a run of Dagster, or a look at the inbox",
}
# Durations that are compared with the times of other processes: dbt's, and files that another machine writes.
STOPWATCHES = {"ingest/remains.py", "ingest/stages.py"}


def readings(source: str) -> list[str]:
    """Where a module reads the machine's clock by itself: « line: expression »."""
    tree = ast.parse(source)
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [f"{node.lineno}: from time import {a.name}" for a in node.names if a.name in FUNCTIONS]
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        of_class = node.attr in METHODS and owner in MAKERS
        if of_class or (node.attr in FUNCTIONS and owner == "time"):
            found.append(f"{node.lineno}: {owner}.{node.attr}")
    return found


def asking(source: str, name: str) -> bool:
    """Whether a module asks the project's clock."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and getattr(node.value, "id", "") == "clock"
        for node in ast.walk(ast.parse(source))
    )


def every_module() -> list[tuple[str, str]]:
    paths = [path for room in ROOMS for path in modules(room)]
    return [(str(path.relative_to(PROJECT)), path.read_text(encoding="utf-8")) for path in paths]


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("date.today()", True),
        ("datetime.now(UTC)", True),
        ("datetime.datetime.now()", True),
        ("datetime.utcnow", True),
        ("pd.Timestamp.now()", True),
        ("time.time()", True),
        ("time.strftime('%Y')", True),
        ("from time import time", True),
        ("f(default_factory=datetime.now)", True),
        ("time.monotonic()", False),
        ("time.sleep(1)", False),
        ("jour.strftime('%Y')", False),
        ("from datetime import time", False),
        ("clock.now()", False),
    ],
)
def test_what_reads_a_clock_is_recognised(line: str, reads: bool) -> None:
    assert bool(readings(line)) is reads


def test_one_module_reads_the_clock_of_the_machine() -> None:
    found = {path: lines for path, source in every_module() if (lines := readings(source))}
    assert found.pop(CLOCK) != []
    assert found == {}


def test_only_entries_ask_what_time_it_is_and_no_name_hides_it() -> None:
    sources = every_module()
    assert {path for path, source in sources if asking(source, "now")} == set(ENTRIES)
    assert {path for path, source in sources if asking(source, "seconds")} == STOPWATCHES
    hidden = re.compile(r"from ingest\.clock import .*\b(now|seconds)\b|import ingest\.clock|import clock as")
    assert hidden.search("from ingest.clock import day, now")
    assert [path for path, source in sources if hidden.search(source)] == []


def test_no_default_stands_for_an_instant_that_was_not_given() -> None:
    """`now` and `today` are given by whoever calls: nobody can forget one, and be of another day than the rest."""
    wrong = []
    for path, source in every_module():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
                given += [a for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
                wrong += [f"{path}: {node.name}({a.arg}=…)" for a in given if a.arg in ("now", "today")]
    assert wrong == []


def test_sql_is_told_the_day() -> None:
    spoken = re.compile(
        r"\b(current_(date|time|timestamp)|localtime(stamp)?|now\s*\(|today\s*\(|get_current_timestamp|sysdate|getdate"
        r"|run_started_at|modules\.datetime|transaction_timestamp|epoch_ms\s*\(\s*\))",
        re.I,
    )
    assert spoken.search("where d <= CURRENT_DATE")
    files = [p for p in (PROJECT / "dbt_project").rglob("*") if p.suffix in (".sql", ".yml", ".py")]
    assert len(files) > 100
    wrong = [str(p.relative_to(PROJECT)) for p in files if spoken.search(p.read_text(encoding="utf-8"))]
    wrong += [path for path, source in every_module() if re.search(r"current_(date|timestamp)\b", source, re.I)]
    assert wrong == []


def test_tests_are_of_no_day() -> None:
    """No test reads the clock: it would be of another day tomorrow, and of two days at midnight."""
    paths = [p for p in Path(PROJECT / "tests").rglob("*.py") if p != Path(__file__)]
    found = {str(p.relative_to(PROJECT)): lines for p in paths if (lines := readings(p.read_text(encoding="utf-8")))}
    assert found == {}


CAYENNE, REUNION = timezone(timedelta(hours=-3)), timezone(timedelta(hours=4))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param(datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC), date(2026, 11, 30), id="winter, before midnight"),
        pytest.param(datetime(2026, 11, 30, 23, 0, tzinfo=UTC), date(2026, 12, 1), id="winter, midnight"),
        pytest.param(datetime(2026, 7, 14, 22, 0, tzinfo=UTC), date(2026, 7, 15), id="summer, midnight"),
        pytest.param(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1), id="New Year"),
        pytest.param(datetime(2028, 2, 29, 12, tzinfo=UTC), date(2028, 2, 29), id="29 February"),
        pytest.param(datetime(2026, 12, 31, 20, 30, tzinfo=CAYENNE), date(2027, 1, 1), id="Cayenne"),
        pytest.param(datetime(2027, 1, 1, 2, 0, tzinfo=REUNION), date(2026, 12, 31), id="Réunion"),
    ],
)
def test_the_day_is_that_of_paris(moment: datetime, day: date) -> None:
    assert clock.day(moment) == day
    assert clock.day_written(clock.written(moment)) == day


def test_an_instant_says_its_zone() -> None:
    for function in (clock.day, clock.written, clock.shown):
        with pytest.raises(ValueError, match="fuseau"):
            function(datetime(2026, 11, 30))


def test_instants_sort_as_they_are_written_and_are_shown_in_paris() -> None:
    first = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    later = (first + timedelta(microseconds=1)).astimezone(CAYENNE)
    assert clock.written(first) < clock.written(later)
    assert clock.shown(first) == "30/11/2026 09:30:00, heure de Paris"
