"""What a process that reads does: it limits itself, then answers one request after another until nobody asks.

Belongs here: the limits that the kernel holds it to, its loop, what goes through the pipe. Does not belong here: the
work (functions of other modules), what is made of its death (`guarded`).

Requests come pickled, from the process that started this one. Answers go back as plain data (msgpack), never pickled:
a reader that a file took over has no way to hand code to its parent.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import resource
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from ingest import stages
from ingest.guard import shortages
from ingest.home import reserve
from ingest.stages import Interval

READY, DONE, BROKEN, NO_MEMORY, MACHINE = b"p", b"+", b"!", b"m", b"x"  # how each message of this process begins
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux
_MIB = 2**20
_OBJECTS = 50_000  # made between two looks for cycles: readers make many objects and no cycle; at 700, a tenth is lost


@dataclass(frozen=True)
class Request:
    """One file to work on. shared: what is the same for many; None when this process has it already (`has_shared`)."""

    work: Callable[[Any, Any], Any]
    item: Any
    shared: Any
    has_shared: bool
    environment: Mapping[str, str]  # the settings of whoever asks, which may have changed since this process began
    folder: str
    memory_mib: int
    cpu_s: int
    files: int


class Told(msgspec.Struct):
    """An answer: what the work gave, still as it came, and the times it took."""

    result: msgspec.Raw
    times: list[Interval]


def main(handle: int, parent: int) -> None:
    """Serves the requests that come through this pipe."""
    _confine(parent)
    gc.set_threshold(_OBJECTS)
    pipe = Connection(handle)
    pipe.send_bytes(READY)
    shared: Any = None
    with suppress(EOFError, OSError):  # whoever asked is gone
        while True:
            request: Request = pickle.loads(pipe.recv_bytes())
            shared = shared if request.has_shared else request.shared
            pipe.send_bytes(_answer(request, shared))


def _answer(request: Request, shared: Any) -> bytes:
    try:
        _settle(request)
        with stages.collected() as times:
            result = request.work(shared, request.item)
        return DONE + msgspec.msgpack.encode(Told(msgspec.Raw(msgspec.msgpack.encode(result)), times))
    except MemoryError:
        return NO_MEMORY
    except BaseException as error:  # a panic of polars is no Exception: whatever it is, the parent is told its kind
        number = shortages.cause(error)
        return BROKEN + type(error).__name__.encode() if number is None else MACHINE + str(number).encode()


def _confine(parent: int) -> None:
    """This process dies with its parent, leaves no image of its memory, which holds keys, and is interrupted by nobody
    else: Ctrl-C and SIGTERM are for its parent."""
    reserve()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _settle(request: Request) -> None:
    """The settings and the limits of one request."""
    for name in [name for name in os.environ if is_setting(name) and name not in request.environment]:
        del os.environ[name]
    os.environ.update(request.environment)
    os.chdir(request.folder)
    _limit(resource.RLIMIT_DATA, request.memory_mib * _MIB)
    _limit(resource.RLIMIT_NOFILE, request.files)
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + request.cpu_s)


def _limit(kind: int, value: int) -> None:
    """Lowers or raises what the kernel allows, as far as it lets us; macOS does not hold a process to its memory."""
    _, most = resource.getrlimit(kind)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def is_setting(name: str) -> bool:
    """Whether an environment variable may change while the program runs, and changes how a file is read."""
    return name.startswith("DLNUF_") or name in ("HOME", "XDG_CONFIG_HOME", "TMPDIR")
