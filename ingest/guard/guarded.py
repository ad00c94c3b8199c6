"""Work on files that come from outside, in processes apart: what each gave, or why its reading was stopped.

Belongs here: starting these processes, giving them work in order, what their death says. Does not belong here: what
such a process does (`child`), the work.

A process serves many files, because starting one takes a second. It is started afresh (no fork: polars has threads),
dies with the thread that started it, and is replaced when it dies. A file is said to have killed its reader only when
it killed one that had served no other: what an earlier file left behind never condemns the next one. The verdict on a
file therefore depends neither on the others nor on their order.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import msgspec

from data_contracts.limits import Limit, in_force, limit, limits, thousands
from ingest import stages
from ingest.guard import child, shortages
from ingest.home import PROJECT
from ingest.protect import keyrings
from ingest.stages import Interval

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

WORTH = 32 * 2**20  # bytes to read under which one process ends before the others would have started
MOST = 4  # processes: each holds a chunk of a national file in memory
_LONGEST_ANSWER = 2**30
_GRACE_S = 10.0  # within which a process whose pipe is closed has ended
# Started by path, and not by `-m`: the folder from which a command is called may hold modules of its own.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ingest.guard import child; child.main(*map(int, sys.argv[2:]))"
)
# What a signal says of the death of a reader: the limit that was met. Others are crashes of a library.
_BY_SIGNAL = {signal.SIGXCPU: "calcul", signal.SIGKILL: "memoire"}
_CRASH = "arret"


@dataclass(frozen=True)
class Stopped:
    """Why the reading of a file was stopped: the limit that was met, or how its reader died (`detail`).

    cause: the name of a limit (memoire, calcul, duree), or `arret`. allowed: what the limit allowed this file.
    """

    cause: str
    allowed: int | None = None
    detail: str = ""

    @property
    def what(self) -> str:
        """« lecture arrêtée : … », without the file."""
        if (met := limits().get(self.cause)) is not None:
            return f"lecture arrêtée au-delà de ce qui est admis : {met.label} ({_allowed(met, self.allowed)})"
        return f"lecture arrêtée, ce fichier fait tomber le programme qui le lit ({self.detail})"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        again = "redemander le fichier à son expéditeur, exporté de nouveau"
        if (met := limits().get(self.cause)) is not None:
            return f"{again} ; {met.remedy}"
        memory = limits()["memoire"].setting  # a library that lacks memory may fall, and say nothing else
        return f"{again}, et signaler celui-ci aux mainteneurs ; s'il est très grand, relever {memory}"

    def reason(self, name: str) -> str:
        """Why the file of this name is refused."""
        return f"Fichier « {name} » : {self.what}. Remède : {self.remedy}."


def _allowed(met: Limit, allowed: int | None) -> str:
    return met.said if allowed in (None, met.value) else f"{met.said}, {thousands(allowed or 0)} s pour sa taille"


@dataclass(frozen=True)
class Work(Generic[S, T, R]):
    """What is to be done with each file: a function of a module, what all calls share, and the type of its answers.

    do: raises nothing for a file that is merely bad; its answer is plain data. size: bytes of the file of an item, from
    which follow the seconds it may take.
    """

    do: Callable[[S, T], R]
    shared: S
    answers: Any
    size: Callable[[T], int]


def processes(sizes: Sequence[int]) -> int:
    """How many processes are worth starting for files of these sizes, in bytes."""
    if sum(sizes) < WORTH:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(len(sizes), MOST, cores))


def each(work: Work[S, T, R], items: Sequence[T], n: int = 1) -> Generator[R | Stopped, None, None]:
    """What the work gives for each item, or why it was stopped, in the order of the items.

    n: how many processes share the work.

    Raises:
        DeclarationError: the setting of a limit is wrong.
    """
    in_force()
    with readers() as pool:
        yield from _Round(pool, work, items, n).results()


def one(work: Work[S, T, R], item: T) -> R | Stopped:
    """What the work gives for one item."""
    (result,) = each(work, [item])
    return result


_mine = threading.local()  # the readers of this thread: they die with it


@contextmanager
def readers() -> Iterator[_Pool]:
    """Keeps the processes of this thread until the end of the block; within another such block, nothing changes."""
    pool: _Pool | None = getattr(_mine, "pool", None)
    if pool is not None:
        yield pool
        return
    _mine.pool = pool = _Pool()
    try:
        yield pool
    finally:
        _mine.pool = None
        pool.close()


def keep() -> None:
    """Keeps the processes of this thread until this process ends: for a run, whose steps follow one another here."""
    if getattr(_mine, "pool", None) is None:
        _mine.pool = pool = _Pool()
        atexit.register(pool.close)


def start() -> None:
    """Starts a process ahead of the work that is coming, when its block of `readers` is open."""
    pool: _Pool | None = getattr(_mine, "pool", None)
    if pool is not None and not pool.idle:
        pool.idle.append(_Reader())


class _Pool:
    """The processes that wait for work."""

    def __init__(self) -> None:
        self.idle: list[_Reader] = []

    def take(self, *, fresh: bool) -> _Reader:
        """A process, one that served no file when `fresh`."""
        for reader in reversed(self.idle):  # the last one again, so that few are kept busy
            if not fresh or not reader.served:
                self.idle.remove(reader)
                return reader
        return _Reader()

    def close(self) -> None:
        for reader in self.idle:
            reader.end()
        self.idle.clear()


class _Reader:
    """One process that reads. served: how many files it answered for. shared: what it holds for the next ones."""

    def __init__(self) -> None:
        self.pipe, other = multiprocessing.Pipe()
        try:
            command = [sys.executable, "-P", "-c", _START, str(PROJECT), str(other.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what a library writes may quote the file
                pass_fds=(other.fileno(),),
                env={name: value for name, value in os.environ.items() if name != keyrings.IN_ENVIRONMENT},
            )
        finally:
            other.close()
        self._ready = False
        self.served = 0
        self.shared: Any = None
        self.deadline = 0.0
        self.allowed: dict[str, int] = {}
        self._overran = False

    def ask(self, work: Work[Any, Any, Any], item: Any) -> None:
        """Gives it a file."""
        if not self._ready:
            self._ready = self._begun()
        has_shared = self.served > 0 and self.shared == work.shared
        mib = work.size(item) / 2**20
        self.allowed = {
            "memoire": limit("memoire"),
            "calcul": limit("calcul") + int(mib * limit("calcul_par_mio")),
            "duree": limit("duree") + int(mib * limit("duree_par_mio")),
            "fichiers_ouverts": limit("fichiers_ouverts"),
        }
        request = child.Request(
            work.do,
            item,
            None if has_shared else work.shared,
            has_shared,
            {name: value for name, value in os.environ.items() if child.is_setting(name)} | keyrings.of_environment(),
            os.getcwd(),
            self.allowed["memoire"],
            self.allowed["calcul"],
            self.allowed["fichiers_ouverts"],
        )
        self.shared = work.shared
        self.deadline = time.monotonic() + self.allowed["duree"]
        with suppress(OSError):  # it is dead: what comes back says so
            self.pipe.send_bytes(pickle.dumps(request))

    def _begun(self) -> bool:
        try:
            if self.pipe.recv_bytes(1) == child.READY:
                return True
        except (EOFError, OSError):
            pass
        self.end()
        raise RuntimeError("le processus qui lit les fichiers n'a pas pu démarrer")

    def answer(self, kind: Any) -> tuple[Any, list[Interval]] | Stopped:
        """What it answered, of this kind; or why it died, in which case it is over.

        Raises:
            MachineFails: the machine lacks something, and nothing is said of the file.
        """
        watch = threading.Timer(max(0.0, self.deadline - time.monotonic()), self._stop)  # for half an answer
        watch.start()
        try:
            message = self.pipe.recv_bytes(_LONGEST_ANSWER)
        except (EOFError, OSError):
            return self._died()
        finally:
            watch.cancel()
        sign, content = message[:1], message[1:]
        if sign == child.DONE:
            with suppress(msgspec.DecodeError):
                told = msgspec.msgpack.decode(content, type=child.Told)
                result = msgspec.msgpack.decode(told.result, type=kind)
                self.served += 1
                return result, told.times
        self.end()
        if sign == child.NO_MEMORY:
            return self._met("memoire")
        if sign == child.MACHINE:
            if (number := int(content)) not in shortages.OF_A_LIMIT:
                raise shortages.MachineFails(number, "")
            return self._met("fichiers_ouverts")
        told = content[:60].decode("ascii", "replace") if sign == child.BROKEN else "réponse illisible"
        return Stopped(_CRASH, detail=told)

    def overran(self) -> Stopped:
        """Ends it, because its time is over."""
        self.end()
        return self._met("duree")

    def _stop(self) -> None:
        self._overran = True
        self._process.kill()

    def _died(self) -> Stopped:
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:  # it closed its end, or answers without end, and lives
            self.end()
            return Stopped(_CRASH, detail="réponse illisible")
        self.pipe.close()
        if self._overran:
            return self._met("duree")
        if code >= 0:
            return Stopped(_CRASH, detail=f"code {code}")
        if (cause := _BY_SIGNAL.get(signal.Signals(-code))) is not None:
            return self._met(cause)
        return Stopped(_CRASH, detail=signal.Signals(-code).name)

    def _met(self, cause: str) -> Stopped:
        return Stopped(cause, self.allowed[cause])

    def end(self) -> None:
        """Stops it at once: it holds nothing that must be written."""
        self._process.kill()
        self._process.wait()
        self.pipe.close()


class _Round(Generic[S, T, R]):
    """One series of items: which process has which, what was answered, and what is to be done again."""

    def __init__(self, pool: _Pool, work: Work[S, T, R], items: Sequence[T], n: int) -> None:
        self._pool, self._work, self._items, self._n = pool, work, items, n
        self._waiting = deque((rank, False) for rank in range(len(items)))  # rank, whether it killed a used process
        self._busy: dict[Connection, tuple[_Reader, int]] = {}
        self._done: dict[int, R | Stopped] = {}

    def results(self) -> Iterator[R | Stopped]:
        try:
            for rank in range(len(self._items)):
                while rank not in self._done:
                    self._feed()
                    self._collect()
                yield self._done.pop(rank)
        finally:
            for reader, _ in self._busy.values():
                reader.end()

    def _feed(self) -> None:
        while self._waiting and len(self._busy) < self._n:
            rank, fresh = self._waiting.popleft()
            reader = self._pool.take(fresh=fresh)
            self._busy[reader.pipe] = (reader, rank)
            reader.ask(self._work, self._items[rank])

    def _collect(self) -> None:
        soonest = min(reader.deadline for reader, _ in self._busy.values())
        heard = wait(list(self._busy), max(0.0, soonest - time.monotonic()))
        for pipe in heard:
            reader, rank = self._busy.pop(pipe)  # pyright: ignore[reportArgumentType] - only pipes are waited for
            used = reader.served > 0
            self._settle(rank, used, reader, reader.answer(self._work.answers))
        now = time.monotonic()
        for pipe, (reader, rank) in list(self._busy.items()):
            if reader.deadline <= now:
                del self._busy[pipe]
                self._settle(rank, reader.served > 0, reader, reader.overran())

    def _settle(self, rank: int, used: bool, reader: _Reader, said: tuple[R, list[Interval]] | Stopped) -> None:
        if not isinstance(said, Stopped):
            self._done[rank], times = said
            stages.add(times)
            self._pool.idle.append(reader)
        elif used:
            self._waiting.appendleft((rank, True))
        else:
            self._done[rank] = said
