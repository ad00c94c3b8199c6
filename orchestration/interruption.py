"""Ctrl-C and SIGTERM: the command stops where it is, and says what became of what is published.

Belongs here: that somebody asked to stop, and the words for it. Does not belong here: undoing anything (every step may
be stopped at any instant: ADR 2).

What a signal raises does not always come out as such: Dagster takes both signals for itself while it executes, DuckDB
turns what was raised into an error of its own, the command line into an exit code. So each signal is noted by the
interpreter itself, whoever handles it, and whoever ends the command looks at that note rather than at what was raised.
"""

from __future__ import annotations

import os
import signal

EXIT_CODE = 130  # as shells say of a command that Ctrl-C ended
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_UNCHANGED = "Interrompu. Rien de publié n'a changé ; relancez la même commande pour reprendre."

_notes: int | None = None  # where the interpreter writes the number of each signal that comes
_asked = False
_published: str | None = None


def listen() -> None:
    """From now on, both signals raise KeyboardInterrupt in this process, and are noted. For the main thread."""
    global _notes
    _notes, written = os.pipe()
    for end in (_notes, written):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def asked() -> bool:
    """Whether somebody asked to stop."""
    global _asked
    if not _asked and _notes is not None:
        try:
            _asked = any(number in SIGNALS for number in os.read(_notes, 4096))
        except BlockingIOError:
            return False
    return _asked


def already_published(version: str) -> None:
    """The demand, if it comes, comes once this version is current."""
    global _published
    _published = version


def said() -> str:
    """What to tell whoever stopped the command."""
    if _published is None:
        return _UNCHANGED
    return f"Interrompu, une fois la version {_published} publiée : elle est en vigueur et entière."
