"""`dlnuf bench`: what goes to standard output, what is written, what is refused. The measures are pretended."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli.command import main
from tests.unit.bench.test_bench_report import figures
from witness.bench import bench_report, machine, measuring
from witness.bench.process_tree import BenchFailed

Asked = list[tuple[list[str], int | None]]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The scales and repeats asked for; the measures are invented."""
    calls: Asked = []

    def pretended(scales: list[str], *, today: date, seed: int, repeats: int | None, progress: Any) -> dict[str, Any]:
        calls.append((list(scales), repeats))
        return figures(*scales)

    monkeypatch.setattr(measuring, "bench", pretended)
    return calls


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Calls the command as a shell would: exit code, standard output, standard error."""

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dlnuf", "bench", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


def test_the_three_scales_are_measured_by_default(asked: Asked, call: Call) -> None:
    code, out, _ = call()
    assert code == 0
    assert asked == [(["departement", "region", "national"], None)]
    assert out == bench_report.summarise(figures("departement", "region", "national")) + "\n"


def test_json_alone_goes_to_standard_output(asked: Asked, call: Call, tmp_path: Path) -> None:
    report = tmp_path / "rapport.md"
    _, out, _ = call("--scale", "region", "--scale", "departement", "--repeats", "2", "--json", "--out", str(report))
    assert asked == [(["region", "departement"], 2)]
    assert json.loads(out) == json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("wrong", [("--scale", "lune"), ("--repeats", "0")])
def test_wrong_use_is_refused(asked: Asked, call: Call, wrong: tuple[str, str]) -> None:
    assert call(*wrong)[0] == 2
    assert asked == []


def test_a_command_that_fails_is_said_without_a_stack(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise BenchFailed("« dlnuf run » s'est arrêtée avec le code 1")

    monkeypatch.setattr(measuring, "bench", failing)
    assert call() == (1, "", "Erreur : « dlnuf run » s'est arrêtée avec le code 1\n")


def test_the_cores_are_given_back() -> None:
    before = os.sched_getaffinity(0)
    with machine.on_cores(1) as used:
        assert used == len(os.sched_getaffinity(0)) == machine.describe()["cores"] == 1
    assert os.sched_getaffinity(0) == before


def test_the_machine_is_described() -> None:
    told = machine.describe()
    assert told["memory_gb"] > 0
    assert told["cpu"]
    assert {"python", "load_before", "system", *machine.PACKAGES} <= told.keys()
