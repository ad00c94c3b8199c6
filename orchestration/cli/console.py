"""How the command writes: progress and logs on standard error, numbers and texts in French.

Belongs here: the terminal. Does not belong here: the wording (`summary`, the commands).
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from data_contracts.figures import written
from orchestration.progress import Progress, silent


@contextmanager
def bars(*, lines: bool = False) -> Iterator[Progress]:
    """Progress on standard error: one bar a step on a terminal; elsewhere, one plain line a step, or nothing.

    `lines`: write the plain lines. It is for commands so long that silence would be taken for a fault.
    """
    if not sys.stderr.isatty() or os.environ.get("CI"):
        yield _lines() if lines else silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    shown = Bars(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def close() -> None:
        for task in shown.tasks:
            if not task.finished:
                shown.update(task.id, total=task.total or 1, completed=task.total or 1)

    def tell(step: str, done: int, total: int | None) -> None:
        if step not in tasks:
            close()
            tasks[step] = shown.add_task(step, total=total)
        shown.update(tasks[step], completed=done, total=total)

    with shown:
        yield tell
        close()


def _lines() -> Progress:
    """One line when a step begins: the seconds since the first step, its name, how many units it has."""
    start = time.monotonic()
    begun: set[str] = set()

    def tell(step: str, _done: int, total: int | None) -> None:
        if step not in begun:
            begun.add(step)
            units = f" ({number(total)})" if total else ""
            print(f"{time.monotonic() - start:5.0f} s  {step}{units}", file=sys.stderr, flush=True)

    return tell


def log(event: str, **facts: object) -> None:
    """Writes a line of log, for machines: what a command did."""
    import structlog

    structlog.get_logger().info(event, **facts)


def configure_logs() -> None:
    """Sends logs to standard error, one JSON object a line, from level `DLNUF_LOG`.

    The level is WARNING by default; with INFO, each command says what it did.
    """
    import structlog

    level = logging.getLevelNamesMapping().get(os.environ.get("DLNUF_LOG", "WARNING").upper(), logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.raiseExceptions = False  # a line that cannot be written, on a full disk, is lost without a stack
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.setLevel(level)  # Dagster and Great Expectations lower the level of their own loggers


def number(value: int | float) -> str:
    """12345 -> « 12 345 » (narrow no-break space, as in French typography)."""
    return written(value, 0)


def plural(count: int, one: str, many: str | None = None) -> str:
    """« 1 livraison », « 2 livraisons »."""
    return f"{number(count)} {one if count < 2 else many or one + 's'}"
