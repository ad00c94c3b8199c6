"""Many forms: one command makes them all, and goes on where a kill stopped it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from ingest.home import PROJECT, Home
from ingest.returned_forms import state_of
from orchestration.forms import production
from orchestration.forms.production import make
from tests.instants import now
from tests.unit.forms.small_layer import FORM, YEAR, build

MADE_BEFORE = 4
KILLED = f"""
import os, signal, sys
from pathlib import Path
from ingest import owner_only
from ingest.home import Home
from orchestration.forms import production
from tests.instants import now

write, written = owner_only.write, 0
def save(path, content):
    global written
    if path.suffix == ".xlsx":
        if written == {MADE_BEFORE}:
            with owner_only.opened(path) as file:
                file.write(content[: len(content) // 2])
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        written += 1
    write(path, content)
owner_only.write = save
production._WRITERS = 1  # in turn, so that which were made is known
production.make(Home(Path(sys.argv[1])), "{FORM}", now=now(), out=Path(sys.argv[2]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "var")
    build(home, 7)
    return home


def _workbooks(out: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("*.xlsx")}


def test_a_kill_loses_nothing_and_what_is_made_is_not_made_again(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "rendus"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.root), str(out)],
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    before = _workbooks(out)
    assert len(before) == MADE_BEFORE
    assert [path.name for path in out.glob(".*.tmp")]  # what it was writing

    made = make(home, FORM, now=now(), out=out)

    assert (made.already, made.forms) == (MADE_BEFORE, 7 - MADE_BEFORE)
    after = _workbooks(out)
    assert len(after) == 7
    assert {name: after[name] for name in before} == before
    assert list(out.glob(".*.tmp")) == []
    for name in after:
        finess = name.removesuffix(".xlsx").rpartition("-")[2]
        book = load_workbook(out / name)
        state = state_of(out / name, _key(home))
        assert state is not None
        assert (state.finess, state.campaign) == (finess, YEAR + 1)
        assert book.sheetnames[1] == "Formulaire"


def _key(home: Home) -> bytes:
    from ingest.returned_forms import key

    return key(home)


def test_a_new_answer_makes_every_form_again(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "rendus"
    assert make(home, FORM, now=now(), out=out).forms == 7
    assert (again := make(home, FORM, now=now(), out=out)).forms == 0
    assert again.already == 7
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("INSERT INTO raw.livraisons VALUES (2, TIMESTAMP '2025-02-01 10:00:00')")
    assert make(home, FORM, now=now(), out=out).forms == 7


def test_memory_holds_a_batch_of_esms_whatever_their_number(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production, "_BATCH", 3)
    asked: list[int] = []
    read = production.known_columns.columns

    def columns(connection: duckdb.DuckDBPyConnection, form: object, finess: list[str], *rest: object, **how: object):  # type: ignore[no-untyped-def]
        asked.append(len(finess))
        return read(connection, form, finess, *rest, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(production.known_columns, "columns", columns)
    told: list[tuple[int, int | None]] = []
    made = make(
        home, FORM, now=now(), out=tmp_path / "rendus", progress=lambda _, done, total: told.append((done, total))
    )
    assert made.forms == 7
    assert asked == [3, 3, 1]
    assert told == [(done, 7) for done in range(1, 8)]
