"""Work on several deliveries side by side, one process each, when there is enough work to be worth starting them.

Belongs here: the processes, the order of their results, the times they measured. Does not belong here: the work.

Reading a delivery is mostly Python, which one process does on one core. Processes are started afresh (no fork: polars
has threads), and die with the one that started them: after a kill, nobody writes behind the back of the next run.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from ingest import stages
from ingest.stages import Interval

T = TypeVar("T")
R = TypeVar("R")

WORTH = 32 * 2**20  # bytes to read under which one process ends before the others would have started
MOST = 4  # processes: each holds a chunk of a national file in memory
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


def processes(sizes: Sequence[int]) -> int:
    """How many processes are worth starting for files of these sizes, in bytes."""
    if sum(sizes) < WORTH or multiprocessing.current_process().daemon:  # such a process may not have children
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(len(sizes), MOST, cores))


def each(work: Callable[[T], R], items: Sequence[T], n: int) -> Iterator[R]:
    """What the work gives for each item, in the order of the items. n: how many processes share the work.

    Items, results and the work itself go from one process to another: items and results are plain data, and the work is
    a function of a module.
    """
    if n < 2:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n, context, initializer=_die_with, initargs=(os.getpid(),)) as pool:
        pending = [pool.submit(_measured, work, item) for item in items]
        try:
            for future in pending:
                result, times = future.result()
                stages.add(times)
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _measured(work: Callable[[T], R], item: T) -> tuple[R, list[Interval]]:
    with stages.collected() as times:
        result = work(item)
    return result, times


def _die_with(parent: int) -> None:
    """This process is killed as soon as its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops the pool
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
