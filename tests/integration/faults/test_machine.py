"""A machine that fails: one French sentence, exit code 1, nothing lost, and the same end once it is mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dashboards.current import NoPublicationError, current_publication
from ingest import clock, home_format
from ingest.guard import shortages
from ingest.home import Home
from ingest.pipeline import load_warehouse, process_pending
from ingest.receive import landing
from ingest.receive.delivery import deliver
from ingest.store import lake
from orchestration import service
from orchestration.definitions import build
from orchestration.lock import writing
from orchestration.publication import read_current
from orchestration.publication.manifest import damage
from orchestration.resources import Warehouse
from tests.instants import NOW, now
from tests.integration.faults.conftest import Dlnuf
from tests.integration.faults.dying import sent, take_in
from tests.integration.publication.trial_warehouse import (
    LATER,
    build_warehouse,
    publish_trial,
    trial_declarations,
    trial_rows,
)
from tests.plugins.failing_disk import Disk
from tests.same_end import end_of, faults_of

FULL, FROZEN = "Le disque est plein", "Le disque est en lecture seule"
Fail = Callable[[Disk], None]
FAILURES: dict[str, tuple[Fail, str]] = {
    "full": (lambda disk: disk.leave(0), FULL),
    "nearly full": (lambda disk: disk.leave(8), FULL),
    "without inode": (lambda disk: disk.leave_inodes(0), FULL),
    "with few inodes": (lambda disk: disk.leave_inodes(3), FULL),
    "read-only": (lambda disk: disk.freeze(), FROZEN),
}


def one_sentence(said: str, what: str) -> None:
    """It says what, that nothing is lost, what to do; on one line, without a stack."""
    remedy = r"Rien n'est perdu : remédiez-y, puis relancez la même commande\."
    assert re.fullmatch(rf"Erreur : {what}[^\n]*{remedy}\n", said), said


def failed(do: Callable[[], object]) -> str:
    """What the command would say of the failure of this; nothing when it did not fail."""
    try:
        do()
    except Exception as error:
        return f"Erreur : {shortages.told(error) or repr(error)}\n"
    return ""


@pytest.mark.parametrize("kind", FAILURES)
def test_nothing_can_be_received_then_all_is(kind: str, disk: Disk, dlnuf: Dlnuf, tmp_path: Path) -> None:
    undisturbed, paths = Home(tmp_path / "var"), [str(path) for path in sent(tmp_path / "envoi")]
    assert dlnuf(undisturbed, "deliver", *paths) == (0, "")
    assert dlnuf(disk.home, "deliver", paths[0]) == (0, "")
    fail, what = FAILURES[kind]
    fail(disk)
    code, said = dlnuf(disk.home, "deliver", *paths)
    assert code == 1
    one_sentence(said, what)
    if kind == "read-only":
        code, said = dlnuf(disk.home, "run")
        assert code == 1
        one_sentence(said, what)
    assert dlnuf(disk.home, "status") == (0, "")
    disk.mend()
    assert dlnuf(disk.home, "deliver", *paths) == (0, "")
    assert end_of(disk.home) == end_of(undisturbed)
    assert faults_of(disk.home) == []


# The first write that fails, and a later one: reception shows both of each; the others, the later one.
LATER_WRITES = ("nearly full", "with few inodes", "read-only")
STEPS = [(step, kind) for step in (process_pending, load_warehouse) for kind in LATER_WRITES]


# Loading makes one file: three inodes suffice.
@pytest.mark.parametrize(("step", "kind"), [each for each in STEPS if each != (load_warehouse, "with few inodes")])
def test_nothing_can_be_read_nor_loaded_then_all_is(
    step: Callable[[Home], object], kind: str, disk: Disk, tmp_path: Path
) -> None:
    undisturbed = Home(tmp_path / "var")
    take_in(undisturbed, tmp_path / "envoi")
    deliver(sent(tmp_path / "envoi"), disk.home, now=now())
    if step is load_warehouse:
        process_pending(disk.home)
    fail, what = FAILURES[kind]
    fail(disk)
    one_sentence(failed(lambda: step(disk.home)), what)
    assert all(result.statut == lake.ACCEPTED for result in lake.results(disk.home))
    disk.mend()
    take_in(disk.home, tmp_path / "envoi")
    assert end_of(disk.home) == end_of(undisturbed)
    assert faults_of(disk.home) == []


@pytest.mark.parametrize("kind", LATER_WRITES)
def test_nothing_can_be_published_and_the_last_publication_stays(kind: str, disk: Disk) -> None:
    build_warehouse(disk.home, trial_declarations().products, trial_rows())
    first = publish_trial(disk.home)
    build_warehouse(disk.home, trial_declarations().products, trial_rows(15))
    fail, what = FAILURES[kind]
    fail(disk)
    one_sentence(failed(lambda: publish_trial(disk.home, "empreinte-2", now=LATER)), what)
    current = read_current(disk.home)
    assert current is not None
    assert (current.version, damage(current.path, current.manifest)) == (first.version, [])
    disk.mend()
    after = publish_trial(disk.home, "empreinte-2", now=LATER)
    assert (after.published, faults_of(disk.home)) == (True, [])


def test_a_clock_that_went_back_receives_nothing_until_it_is_right(
    home: Home, dlnuf: Dlnuf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (str(path) for path in sent(tmp_path / "envoi"))

    def at(hours: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=hours))

    at(0)
    assert dlnuf(home, "deliver", first) == (0, "")
    at(-2)
    code, said = dlnuf(home, "deliver", second)
    assert code == 1
    assert re.fullmatch(r"Erreur : L'horloge de la machine \(21/11/2026 07:30:00[^\n]*Remède : [^\n]*\n", said)
    assert len(list(landing.manifests(home))) == 1
    at(-0.5)  # a clock that was set right: the order of reception is kept
    assert dlnuf(home, "deliver", second) == (0, "")
    at(-2)
    assert dlnuf(home, "deliver", "--reinstate", first) == (0, "")  # the one that was badly dated is dated again
    at(1)
    assert dlnuf(home, "deliver", third) == (0, "")
    assert [m.filename[-8:-4] for m in landing.manifests(home)] == ["2021", "2022", "2023"]


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        (None, 0, ""),
        ('{"format": 0}', 0, ""),
        (f'{{"format": {home_format.FORMAT}}}', 0, ""),
        (f'{{"format": {home_format.FORMAT + 1}}}', 1, "version plus récente du logiciel"),
        ('{"form', 1, "ne se lit pas"),
        ("[]", 1, "ne se lit pas"),
        ('{"format": 1e999}', 1, "ne se lit pas"),
    ],
)
@pytest.mark.parametrize("command", ["deliver", "status"])
def test_a_home_of_a_later_version_is_left_alone_and_one_of_before_is_taken_up(
    command: str, written: str | None, code: int, words: str, home: Home, dlnuf: Dlnuf, tmp_path: Path
) -> None:
    home.root.mkdir(parents=True)
    path = home.root / home_format.NAME
    if written:
        path.write_text(written, encoding="utf-8")
    found, said = dlnuf(home, command, *([str(sent(tmp_path / "envoi")[0])] if command == "deliver" else []))
    assert found == code
    assert re.fullmatch(rf"(Erreur : [^\n]*{words}[^\n]*Remède : [^\n]*\n)?", said)
    assert bool(said) == bool(code)
    if code:
        assert [found.name for found in home.root.iterdir()] == [home_format.NAME]
        assert path.read_text(encoding="utf-8") == written
    elif command == "deliver":
        assert home_format.check(home) == home_format.FORMAT


@pytest.mark.parametrize(
    ("enter", "raised"),
    [
        (lambda _home: current_publication(), NoPublicationError),
        (lambda _home: service.serve([]), SystemExit),
        (lambda home: build(home, Warehouse(home, now())), home_format.HomeTooNew),
        (lambda home: deliver([], home, now=now()), home_format.HomeTooNew),
        (lambda home: writing(home).__enter__(), home_format.HomeTooNew),
    ],
    ids=["pages", "service", "code location", "inbox", "writer"],
)
def test_nor_does_anybody_else_touch_a_home_of_a_later_version(
    enter: Callable[[Home], object], raised: type[BaseException], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLNUF_HOME", str(home.root))
    home.root.mkdir(parents=True)
    (home.root / home_format.NAME).write_text(f'{{"format": {home_format.FORMAT + 1}}}', encoding="utf-8")
    with pytest.raises(raised, match="version plus récente du logiciel"):
        enter(home)
    assert {path.name for path in home.root.iterdir()} <= {home_format.NAME, "verrou"}


def test_a_second_writer_is_told_who_holds_the_home(home: Home, dlnuf: Dlnuf, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(home):
        monkeypatch.setattr("orchestration.lock._held", set())  # as another process sees it
        code, said = dlnuf(home, "run")
    assert code == 1
    assert re.fullmatch(r"Erreur : Un autre traitement écrit déjà dans ce dossier \(processus \d+[^\n]*\.\n", said)
