"""Work done by processes apart gives what one process gives, survives whatever a file does to them, and leaves nobody
behind."""

from __future__ import annotations

import errno
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import stages
from ingest.guard import guarded
from ingest.guard.child import DONE
from ingest.guard.guarded import Stopped, Work
from ingest.guard.shortages import MachineFails
from ingest.home import Home
from tests.patience import PATIENCE_S

MB = 2**20


def doubled(_: None, number: int) -> int:
    with stages.stage("validation"):
        return 2 * number


def process_of(_: None, _number: int) -> int:
    return os.getpid()


def broken(_: None, number: int) -> int:
    if number == 1:
        raise ValueError("le deuxième")
    return number


def killed(signum: int, number: int) -> int:
    """The second of three kills its reader, once the first was read."""
    if number == 1:
        os.kill(os.getpid(), signum)
    return number


def killed_after_another(_: None, number: int) -> int:
    """Whoever serves a second file dies of it: of what the first left behind, not of the second."""
    served = len(os.environ.get("DLNUF_SERVED", ""))
    os.environ["HOME_OF_TEST"] = os.environ.get("HOME_OF_TEST", "") + "x"
    if len(os.environ["HOME_OF_TEST"]) > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return number + served


def lacking(number: int, form: str) -> int:
    """The machine lacks something, as Python says it, a library that wraps it, or one that panics."""
    error = OSError(number, os.strerror(number))
    if form == "as it is":
        raise error
    if form == "wrapped":
        raise ValueError("fichier abîmé") from error
    raise RuntimeError(f"cannot write: {os.strerror(number)} (os error {number})")


def half_answered(_: None, _number: int) -> int:
    os.write(int(sys.argv[2]), struct.pack("!i", 1_000) + DONE)
    time.sleep(PATIENCE_S)
    return 0


def deaf(_: None, _number: int) -> int:
    os.closerange(3, 200)
    time.sleep(PATIENCE_S)
    return 0


def ended_by_somebody(_: None, number: int) -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    return number


def greedy(_: None, _number: int) -> int:
    return len(bytearray(2**33))


def endless(_: None, number: int) -> int:
    while number:
        pass
    return number


def slow(_: None, number: int) -> int:
    if number:
        time.sleep(PATIENCE_S)
    return number


def setting(_: None, _number: int) -> str:
    return os.environ.get("DLNUF_ESSAI", "")


def key_at_start(_: None, _number: int) -> str:
    """What anyone who lists the processes of this account may read of this one."""
    return Path("/proc/self/environ").read_text(encoding="utf-8") + Path("/proc/self/cmdline").read_text("utf-8")


def limits_here(_: None, _number: int) -> list[list[int]]:
    kinds = (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE, resource.RLIMIT_DATA)
    return [list(resource.getrlimit(kind)) for kind in kinds]


def chatty(_: None, number: int) -> int:
    print("nom d'une personne")
    print("nom d'une personne", file=sys.stderr)
    return number


def asleep(_: None, folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    time.sleep(PATIENCE_S)


def work(do: Callable[[Any, Any], Any], answers: Any = int, shared: Any = None, size: int = 0) -> Work[Any, Any, Any]:
    return Work(do, shared, answers, lambda _: size)


@pytest.mark.parametrize(
    ("sizes", "several"),
    [
        pytest.param([], False, id="nothing to read"),
        pytest.param([400 * MB], False, id="one file"),
        pytest.param([MB] * 20, False, id="little to read"),
        pytest.param([20 * MB] * 20, True, id="much to read"),
    ],
)
def test_several_processes_work_when_it_pays(sizes: list[int], several: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert guarded.processes(sizes) == (2 if several else 1)


@pytest.mark.parametrize("n", [1, 2])
def test_results_come_in_the_order_of_the_items_with_the_times_they_took(n: int, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with stages.journal(home):
        assert list(guarded.each(work(doubled), range(5), n)) == [0, 2, 4, 6, 8]
    assert stages.path_of(home).read_text(encoding="utf-8").count('"validation"') == 5


def test_one_process_that_is_not_this_one_serves_many_files() -> None:
    pids = {guarded.one(work(process_of), number) for number in range(3)}
    assert len(pids) == 1
    assert os.getpid() not in pids
    assert len(set(guarded.each(work(process_of), range(4), 2))) == 2


@pytest.mark.parametrize(
    ("signum", "cause", "said"),
    [
        pytest.param(signal.SIGSEGV, "arret", "fait tomber le programme qui le lit (SIGSEGV)", id="a crash"),
        pytest.param(signal.SIGABRT, "arret", "SIGABRT", id="an abort"),
        pytest.param(signal.SIGKILL, "memoire", "mémoire du lecteur", id="the system, out of memory"),
        pytest.param(signal.SIGXCPU, "calcul", "temps de calcul du lecteur", id="the kernel, out of time"),
    ],
)
def test_who_kills_its_reader_is_known_and_the_others_are_read(signum: int, cause: str, said: str) -> None:
    first, second, third = guarded.each(work(killed, shared=signum), range(3))
    assert (first, third) == (0, 2)
    assert isinstance(second, Stopped)
    assert second.cause == cause
    assert said in second.reason("a.csv")
    assert "« a.csv »" in second.reason("a.csv")
    assert "Remède" in second.reason("a.csv")


def test_a_file_does_not_answer_for_what_an_earlier_one_left_behind() -> None:
    assert list(guarded.each(work(killed_after_another), range(4))) == [0, 1, 2, 3]


def test_an_unforeseen_error_tells_its_kind_and_nothing_of_the_file() -> None:
    first, second, third = guarded.each(work(broken), range(3))
    assert (first, third) == (0, 2)
    assert isinstance(second, Stopped)
    assert "ValueError" in second.what
    assert "deuxième" not in second.what


@pytest.mark.parametrize("form", ["as it is", "wrapped", "in words"])
def test_what_the_machine_lacks_says_nothing_of_the_file(form: str) -> None:
    with pytest.raises(MachineFails, match="le disque est plein"):
        guarded.one(work(lacking, shared=errno.ENOSPC), form)
    stopped = guarded.one(work(lacking, shared=errno.EMFILE), form)
    assert isinstance(stopped, Stopped)
    assert "fichiers ouverts par le lecteur (limite : 256 fichiers)" in stopped.what
    assert "DLNUF_LIMITE_FICHIERS_OUVERTS" in stopped.remedy


def test_half_an_answer_and_none_do_not_hold_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "_GRACE_S", 0.1)
    stopped = guarded.one(work(deaf), 1)
    assert isinstance(stopped, Stopped)
    assert stopped.cause == "arret"
    monkeypatch.setenv("DLNUF_LIMITE_DUREE", "1")
    stopped = guarded.one(work(half_answered), 1)
    assert isinstance(stopped, Stopped)
    assert stopped.cause == "duree"


def test_a_reader_is_stopped_by_its_parent_alone() -> None:
    assert guarded.one(work(ended_by_somebody), 1) == 1


def test_an_answer_of_another_kind_than_promised_is_none() -> None:
    stopped = guarded.one(work(setting, answers=int), 1)
    assert isinstance(stopped, Stopped)


def test_too_much_memory_is_said_with_the_limit_and_how_to_raise_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_MEMOIRE", "1500")
    stopped = guarded.one(work(greedy), 1)
    assert isinstance(stopped, Stopped)
    assert "mémoire du lecteur (limite : 1\u202f500 Mio)" in stopped.what
    assert "DLNUF_LIMITE_MEMOIRE=3000" in stopped.remedy


def test_too_much_cpu_is_said_with_what_its_size_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_CALCUL", "1")
    monkeypatch.setenv("DLNUF_LIMITE_CALCUL_PAR_MIO", "1")
    stopped = guarded.one(work(endless), 1)
    assert isinstance(stopped, Stopped)
    assert "limite : 1 s" in stopped.what


def test_who_waits_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setenv("DLNUF_LIMITE_DUREE", "1")
        stopped = guarded.one(work(slow), 1)
    assert isinstance(stopped, Stopped)
    assert stopped.cause == "duree"
    assert guarded.one(work(slow), 0) == 0


def test_a_large_file_may_take_longer() -> None:
    stopped = Stopped("duree", 1800)
    assert "limite : 1\u202f200 s, 1\u202f800 s pour sa taille" in stopped.what


def test_settings_are_those_of_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = work(setting, answers=str)
    monkeypatch.setenv("DLNUF_ESSAI", "un")
    assert guarded.one(asked, 0) == "un"
    monkeypatch.delenv("DLNUF_ESSAI")
    assert guarded.one(asked, 0) == ""


def test_a_key_of_the_environment_is_not_in_that_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_CLE", "c2VjcmV0")
    told = run_apart(work(key_at_start, answers=str))
    assert "DLNUF_CLE=" not in told
    assert "c2VjcmV0" not in told


def test_a_reader_leaves_no_core_and_is_held_to_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_MEMOIRE", "2000")
    monkeypatch.setenv("DLNUF_LIMITE_FICHIERS_OUVERTS", "99")
    core, files, memory = run_apart(work(limits_here, answers=list[list[int]]))
    assert core == [0, 0]
    assert files[0] == 99
    assert memory[0] == 2000 * MB


def test_a_reader_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_apart(work(chatty)) == 1
    assert capfd.readouterr() == ("", "")


def run_apart(asked: Work[Any, Any, Any]) -> Any:
    """What a reader gives that was started for this alone: those of a thread are its own."""
    told: list[Any] = []
    thread = threading.Thread(target=lambda: told.append(guarded.one(asked, 1)))
    thread.start()
    thread.join()
    return told[0]


def test_readers_end_with_the_block_that_kept_them() -> None:
    pids: list[Any] = []

    def look() -> None:
        with guarded.readers():
            pids.extend(guarded.one(work(process_of), 1) for _ in range(2))
            assert _lives(pids[0])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert pids[0] == pids[1]
    assert not _lives(pids[0])


def test_readers_that_are_kept_end_with_their_process() -> None:
    program = (
        "from ingest.guard import guarded\nfrom tests.unit.guard.test_guarded import process_of, work\n"
        "guarded.keep()\nprint(*{guarded.one(work(process_of), n) for n in range(2)})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True, check=True
    )
    (pid,) = map(int, done.stdout.split())
    assert not _lives(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_who_is_killed_takes_its_processes_along(how: signal.Signals, tmp_path: Path) -> None:
    parent, children = _with_readers_asleep(tmp_path)
    os.kill(parent.pid, how)
    parent.wait()
    _end(children)


def test_who_is_interrupted_stops_its_processes(tmp_path: Path) -> None:
    parent, children = _with_readers_asleep(tmp_path)
    os.kill(parent.pid, signal.SIGINT)
    assert parent.wait() != 0
    _end(children)


def _with_readers_asleep(folder: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    program = (
        "from ingest.guard import guarded\nfrom tests.unit.guard.test_guarded import asleep, work\n"
        f"list(guarded.each(work(asleep, type(None)), [{str(folder)!r}] * 2, 2))\n"
    )
    script = folder / "endormi.py"
    script.write_text(program, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": os.getcwd()}, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE_S
    while len(found := [int(p.name) for p in folder.iterdir() if p.name.isdigit()]) < 2:
        assert time.monotonic() < deadline, "les processus n'ont pas commencé"
        time.sleep(0.05)
    return parent, found


def _end(children: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(_lives(child) for child in children):
        assert time.monotonic() < deadline, "un processus continue après la fin de celui qui l'a lancé"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
