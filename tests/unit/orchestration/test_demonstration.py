"""The demonstration: what it announces, what it had planned, and what is a fault all the same."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.home import Home
from orchestration import demo
from orchestration.cli import command, console, summary
from orchestration.cli.options import Scale
from orchestration.demo import COSTS, Plan, Played, judged
from orchestration.run import RunOutcome
from orchestration.status import Delivery, status
from tests.instants import NOW
from witness.generate import SCALES, SpoiledDelivery

SPOILED = {"aa": SpoiledDelivery("a.csv", "colonne_manquante", "Finess")}


def delivery(sha256: str, state: str) -> Delivery:
    return Delivery(
        sha256, None, f"{sha256[0]}.csv", datetime(2026, 1, 1, tzinfo=UTC), state, sha256, "En-tête inconnu."
    )


@pytest.mark.parametrize(
    ("states", "as_planned", "faults"),
    [
        ({"aa": "refused", "bb": "accepted"}, 1, []),
        ({"aa": "accepted"}, 0, ["a.csv (sans sa colonne « Finess ») devait être refusé, et ne l'a pas été"]),
        ({}, 0, ["a.csv (sans sa colonne « Finess ») devait être refusé, et ne l'a pas été"]),
        ({"aa": "refused", "bb": "refused"}, 1, ["b.csv, refusé sans que ce soit prévu : En-tête inconnu."]),
        (
            {"aa": "received", "bb": "refused"},
            0,
            [
                "b.csv, refusé sans que ce soit prévu : En-tête inconnu.",
                "a.csv (sans sa colonne « Finess ») devait être refusé, et ne l'a pas été",
            ],
        ),
    ],
)
def test_only_what_was_spoiled_is_refused_as_planned(
    states: dict[str, str], as_planned: int, faults: list[str]
) -> None:
    refused, told = judged(SPOILED, [delivery(sha256, state) for sha256, state in states.items()])
    assert refused == list(SPOILED.values())[:as_planned]
    assert told == faults


PLAYED = Played(
    outcome=RunOutcome(False, True, "v2", 95.4, ["GMP à vérifier : 3 lignes concernées"]),
    refused=list(SPOILED.values()),
    faults=[],
    sown={"ecriture": 7, "ligne_a_rejeter": 1, "livraison_a_refuser": 1, "valeur_fausse": 1234},
    right=0.99891,
)


def said(played: Played, home: Home, keyring: Path | None = None) -> list[str]:
    words = summary.of_demo(status(home), Plan(NOW, Home(Path("/var")), "x", 1, keyring), played, None)
    return words.replace("\u202f", " ").splitlines()


def test_the_end_tells_what_was_planned_apart_from_warnings(home: Home) -> None:
    lines = said(PLAYED, home, Path("/ailleurs/cles.json"))
    assert lines[:4] == [
        "Publié : v2 (en 95 s).",
        "Comme prévu : 1 fichier incomplet à dessein a été refusé : a.csv (sans sa colonne « Finess »).",
        "Comme prévu : 1 243 erreurs semées à dessein (1 ligne à rejeter, 1 234 valeurs fausses, …). La liste : "
        "/var/demo/x-1/verite (defauts…) ; ce qu'elles deviennent : pages « Qualité des livraisons » et "
        "« Exactitude ».",
        "Attention : GMP à vérifier : 3 lignes concernées",
    ]
    assert "Exactitude       99,89 % des valeurs sont justes" in lines
    assert "Trousseau        /ailleurs/cles.json (créé ; hors du dossier des données)" in lines


def test_a_second_time_nothing_is_said_again_but_faults(home: Home) -> None:
    again = replace(PLAYED, outcome=RunOutcome(True, False, "v2", 2.0), faults=["a.csv devait être refusé"])
    lines = said(again, home)
    assert lines[0].startswith("Rien de nouveau")
    assert lines[1:3] == ["Attention : a.csv devait être refusé", ""]


def test_every_scale_says_what_it_takes(home: Home) -> None:
    assert set(COSTS) == set(SCALES) == {scale.value for scale in Scale}
    words = summary.of_plan(Plan(NOW, home, "departement", 1)).replace("\u202f", " ")
    assert "Ain, environ 330 établissements et 22 000 personnes, tous inventés" in words
    assert f"Compter 1 minute sur deux cœurs libres, 0,9 Go de mémoire et 0,3 Go de disque dans {home.root}" in words


def test_preparing_an_empty_home_makes_a_keyring_and_nothing_else(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLNUF_CLES", str(tmp_path / "cles.json"))
    found = demo.prepare(home, now=NOW)
    assert found == Plan(NOW, home, "demonstration", 1, tmp_path / "cles.json")
    assert summary.of_plan(found).startswith(
        f"Trousseau créé, hors du dossier des données : {tmp_path / 'cles.json'} (lisible par ce compte seul). "
    )
    assert demo.prepare(home, now=NOW).keyring is None
    assert not home.root.exists()


Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def called(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """`dlnuf demo` over a pretended demonstration: exit code, standard output, standard error."""
    monkeypatch.setenv("DLNUF_HOME", str(home.root))

    def call(played: Played, *arguments: str, done: bool = False) -> tuple[int, str, str]:
        def prepare(home: Home, scale: str, seed: int, *, now: datetime) -> Plan:
            return Plan(now, home, scale, seed, generated=done, done=done)

        def play(wanted: Plan, progress: Any) -> Played:
            progress("Génération", 0, None)
            progress("Génération", 1, 12)
            progress("Réception des fichiers", 0, 12)
            return played

        monkeypatch.setattr(demo, "prepare", prepare)
        monkeypatch.setattr(demo, "play", play)
        monkeypatch.setattr(sys, "argv", ["dlnuf", "demo", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def test_it_announces_itself_then_one_line_a_step_on_standard_error(called: Called) -> None:
    code, out, err = called(PLAYED)
    assert code == 0
    announced, cost, *steps = err.replace("\u202f", " ").splitlines()
    assert announced.startswith("Démonstration : Centre-Val de Loire (6 départements), environ 1 400 établissements")
    assert cost.startswith("Compter 4 minutes sur deux cœurs libres, ")
    assert [step.split(" s  ", 1)[1] for step in steps] == ["Génération", "Réception des fichiers (12)"]
    assert out.startswith("Publié : v2")


def test_when_it_was_done_before_nothing_is_announced(called: Called) -> None:
    _, _, err = called(PLAYED, "--scale", "departement", done=True)
    assert "Démonstration" not in err


def test_a_refusal_that_was_not_planned_is_a_failure(called: Called) -> None:
    code, out, _ = called(replace(PLAYED, faults=["b.csv, refusé sans que ce soit prévu : x"]))
    assert code == 1
    assert "Attention : b.csv, refusé sans que ce soit prévu : x" in out.splitlines()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "ci", "lines", "shown"),
    [
        (False, "", False, ""),  # a command of an instant
        (False, "", True, "line"),
        (True, "true", True, "line"),  # a log that somebody will read
        (True, "", True, "bar"),
    ],
)
def test_steps_are_bars_for_who_looks_and_lines_for_who_will_read(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, ci: str, lines: bool, shown: str
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("CI", ci)
    with console.bars(lines=lines) as progress:
        for done in range(3):
            progress("Lecture", done, 2)
    told = stream.getvalue()
    if shown == "line":
        assert [line.split(" s  ", 1)[1] for line in told.splitlines()] == ["Lecture (2)"]
    else:
        assert ("Lecture" in told, "2/2" in told) == (shown == "bar", shown == "bar")


def test_without_a_place_for_a_keyring_one_sentence_says_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(home.root))
    monkeypatch.setenv("DLNUF_CLES", "/dev/null/cles.json")  # nobody writes there, not even root
    monkeypatch.setattr(sys, "argv", ["dlnuf", "demo"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (1, "")
    (sentence,) = told.err.splitlines()
    assert sentence.startswith("Erreur : Le trousseau ne peut pas être écrit (/dev/null/cles.json")
    assert "Remède : définir DLNUF_CLES" in sentence
