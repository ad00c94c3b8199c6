"""What a run says of its stages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest import stages
from ingest.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def busy(seconds: float) -> None:
    """Works, rather than waits: CPU is measured too."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def kept(home: Home) -> list[dict[str, Any]]:
    return json.loads(stages.path_of(home).read_text(encoding="utf-8"))["intervalles"]


def test_a_stage_met_inside_another_one_suspends_it(home: Home) -> None:
    def chunks() -> Iterator[int]:
        for number in range(2):
            busy(0.02)
            yield number

    with stages.journal(home), stages.stage("validation"):
        for _ in stages.during("lecture", chunks()):
            busy(0.01)
    told = kept(home)
    assert [each["etape"] for each in told] == ["validation", "lecture"] * 3 + ["validation"]
    assert all(before["fin"] == after["debut"] for before, after in pairwise(told))
    spent = {name: sum(e["fin"] - e["debut"] for e in told if e["etape"] == name) for name in ("lecture", "validation")}
    assert spent["lecture"] >= 0.04
    assert spent["validation"] >= 0.02
    assert sum(each["cpu_s"] for each in told if each["etape"] == "lecture") > 0.02


def test_what_a_decorated_function_gives_is_what_it_gave(home: Home) -> None:
    @stages.stage("chargement")
    def double(number: int) -> int:
        return 2 * number

    with stages.journal(home):
        assert [double(1), double(2)] == [2, 4]
    assert [each["etape"] for each in kept(home)] == ["chargement", "chargement"]


def test_a_run_that_fails_leaves_its_journal(home: Home) -> None:
    with pytest.raises(RuntimeError, match="panne"), stages.journal(home), stages.stage("lecture"):
        raise RuntimeError("panne")
    assert [each["etape"] for each in kept(home)] == ["lecture"]


def test_a_run_without_stages_leaves_the_journal_of_the_one_before(home: Home) -> None:
    with stages.journal(home), stages.stage("lecture"):
        pass
    with stages.journal(home):
        pass
    assert [each["etape"] for each in kept(home)] == ["lecture"]


def test_outside_a_journal_nothing_is_kept(home: Home) -> None:
    with stages.stage("lecture"):
        pass
    with stages.journal(home), stages.stage("validation"):
        pass
    assert [each["etape"] for each in kept(home)] == ["validation"]
