"""A command watched from outside: time, CPU and memory of its whole process tree.

Belongs here: starting it, sampling /proc. Does not belong here: which stage was at work (`stage_costs`).

Memory is the sum of the resident sets (RSS). It is an upper bound, since pages that two processes share count twice.
The proportional share (PSS) would be exact, but the kernel walks every page to give it, which takes tens of
milliseconds for some gigabytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PERIOD_S = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
DLNUF = (sys.executable, "-m", "orchestration.cli")


class BenchFailed(RuntimeError):
    """A command that the bench measures did not end well. The message gives the command and its last words."""


@dataclass(frozen=True)
class Sample:
    """One look at a process tree: its time (seconds since 1970), the bytes resident, the CPU spent since the start."""

    at: float
    memory: int
    cpu_s: float


@dataclass(frozen=True)
class Execution:
    """A command that ended: its start and its end (seconds since 1970), its CPU, and the samples taken meanwhile."""

    start: float
    end: float
    cpu_s: float
    samples: list[Sample] = field(default_factory=list)

    @property
    def wall_s(self) -> float:
        return self.end - self.start

    @property
    def peak_mb(self) -> float:
        return max((s.memory for s in self.samples), default=0) / 1e6


def run(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> Execution:
    """Runs a command to its end; its output goes to `log`.

    Raises BenchFailed on an exit code that is not in `codes`.
    """
    samples: list[Sample] = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as said:
        start = time.time()
        process = subprocess.Popen(
            [str(word) for word in command],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, samples, over), daemon=True)
        watcher.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            over.set()
        end = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
    if process.returncode not in codes:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        words = " ".join(str(word) for word in command)
        raise BenchFailed(f"« {words} » s'est arrêtée avec le code {process.returncode} :\n{tail}")
    return Execution(start, end, usage.ru_utime + usage.ru_stime, samples)


def _watch(root: int, samples: list[Sample], over: threading.Event) -> None:
    while not over.is_set():
        seen = tree(root)
        if seen is not None:
            samples.append(seen)
        over.wait(PERIOD_S)


def tree(root: int) -> Sample | None:
    """A process and all its descendants at this moment; None once it is gone."""
    parents: dict[int, int] = {}
    facts: dict[int, tuple[int, int]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"/proc/{entry.name}/stat", "rb") as stat:
                words = stat.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        # After the name (proc(5)): state, ppid, ..., utime, stime, cutime, cstime (12th to 15th), ..., rss (22nd).
        pid = int(entry.name)
        parents[pid] = int(words[1])
        facts[pid] = (int(words[21]) * PAGE, sum(int(word) for word in words[11:15]))
    family = descendants(root, parents)
    if not family:
        return None
    return Sample(time.time(), sum(facts[pid][0] for pid in family), sum(facts[pid][1] for pid in family) * TICK_S)


def descendants(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and its descendants, found from the parent of each process; empty when the process is not there."""
    found = {root} & parents.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found
