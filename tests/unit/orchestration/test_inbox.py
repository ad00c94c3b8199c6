"""Files dropped in the inbox are taken once they are whole, and kept once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.receive.delivery import Receipt
from orchestration import inbox
from tests.instants import now


def drop(home: Home, relative: str, text: str = "a;b\n") -> Path:
    path = home.inbox / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, list[str]]]:
    """Calls made to the landing: a file whose name has « mauvais » is refused."""
    calls: list[tuple[str | None, list[str]]] = []

    def deliver(
        paths: list[Path], home: Home, *, now: datetime, source: str | None, within: Path | None
    ) -> list[Receipt]:
        assert within == home.inbox
        calls.append((source, [path.name for path in paths]))
        return [
            Receipt(str(path), source, None, "refused", "En-tête inconnu.")
            if "mauvais" in path.name
            else Receipt(str(path), source, f"id-{path.name}", "received", None)
            for path in paths
        ]

    monkeypatch.setattr(inbox, "deliver", deliver)
    return calls


@pytest.mark.parametrize(
    ("relative", "source"),
    [
        ("finess/structures.json", "finess"),
        ("finess/2023/structures.json", "finess"),
        ("a-reconnaitre/structures.json", None),
        ("structures.json", None),
    ],
)
def test_the_folder_says_the_source(home: Home, relative: str, source: str | None) -> None:
    drop(home, relative)
    assert [file.source for file in inbox.scan(home)] == [source]


@pytest.mark.parametrize("relative", ["finess/.cache", ".git/x.csv", "finess/gros.csv.part", "refuses/vieux.csv"])
def test_unfinished_hidden_and_refused_files_are_left_alone(home: Home, relative: str) -> None:
    drop(home, relative)
    assert inbox.scan(home) == []


def test_no_inbox_is_an_empty_inbox(home: Home) -> None:
    assert inbox.scan(home) == []


def test_a_file_is_taken_when_it_stops_growing(home: Home) -> None:
    path = drop(home, "finess/structures.json", "{")
    first = inbox.scan(home)
    assert inbox.settled(first, None) == []
    path.write_text("{}", encoding="utf-8")
    second = inbox.scan(home)
    assert inbox.settled(second, inbox.cursor(first)) == []
    assert inbox.settled(inbox.scan(home), inbox.cursor(second)) == second


def test_a_received_file_leaves_the_inbox(home: Home, delivered: list[tuple[str | None, list[str]]]) -> None:
    path = drop(home, "finess/structures.json")
    drop(home, "occupation.csv")
    inbox.take(home, inbox.scan(home), now=now())
    assert delivered == [(None, ["occupation.csv"]), ("finess", ["structures.json"])]
    assert not path.exists()
    assert inbox.scan(home) == []


def test_a_refused_file_is_set_aside_with_its_reason(home: Home, delivered: list[tuple[str | None, list[str]]]) -> None:
    drop(home, "finess/mauvais.csv", "premier")
    good = drop(home, "finess/bon.csv")
    inbox.take(home, inbox.scan(home), now=now())
    drop(home, "finess/mauvais.csv", "second")
    inbox.take(home, inbox.scan(home), now=now())
    aside = home.inbox / inbox.REFUSED
    assert not good.exists()
    assert sorted(path.name for path in aside.iterdir()) == [
        "mauvais (2).csv",
        "mauvais (2).csv.txt",
        "mauvais.csv",
        "mauvais.csv.txt",
    ]
    assert (aside / "mauvais.csv").read_text(encoding="utf-8") == "premier"
    assert (aside / "mauvais.csv.txt").read_text(encoding="utf-8") == "En-tête inconnu.\n"
