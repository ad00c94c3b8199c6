"""`make sessions`: how fast the pages answer, and what fifty people at once take of the server, as JSON.

Belongs here: the application as it is started for people, asked over its socket as a browser asks it; its memory. Does
not belong here: the time of each query (`timing`), what a browser takes to draw.

A first view is that of a person who has just come: a session of its own, from the request to the end of the page. A
change is another territory, in a session that is open. Sessions stay open to the end: their memory is that of people
who leave their page on the screen.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

import dashboards
from ingest.home import Home

PAGES = (
    "", "territoire", "activite", "publics", "parcours", "domicile", "ressources-humaines", "finances", "comparer",
    "dlnuf", "qualite", "cadre", "donnees-ouvertes", "glossaire",
)  # fmt: skip
FIRST, OTHER = "niveau=france&code=FR", "niveau=region&code={}"
REPEATS, SESSIONS = 3, 50
_PATIENCE_S = 120


class PageFailed(RuntimeError):
    """A page did not come to its end; the message names it."""


def asked(query: str, page: str) -> bytes:
    """What a browser sends for a page at an address."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    return message.SerializeToString()


def drawn(session: ClientConnection, page: str, query: str) -> float:
    """Milliseconds until a page is whole. Raises PageFailed when it ends in an error, or never."""
    start = time.perf_counter()
    session.send(asked(query, page))
    while True:
        answer = ForwardMsg()
        try:
            answer.ParseFromString(bytes(session.recv(timeout=_PATIENCE_S)))  # type: ignore[arg-type]  frames are binary
        except TimeoutError as error:
            raise PageFailed(f"{page or 'accueil'} : rien depuis {_PATIENCE_S} s") from error
        if answer.delta.new_element.HasField("exception"):
            raise PageFailed(f"{page or 'accueil'} : {answer.delta.new_element.exception.type}")
        if answer.WhichOneof("type") == "script_finished":
            if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                status = ForwardMsg.ScriptFinishedStatus.Name(answer.script_finished)
                raise PageFailed(f"{page or 'accueil'} : {status}")
            return 1000 * (time.perf_counter() - start)


@contextmanager
def server(home: Home) -> Iterator[tuple[str, int]]:
    """The application over a home, as `dlnuf dashboard` starts it: the address of its socket, its process."""
    with socket.socket() as probe:
        probe.bind((dashboards.ADDRESS, 0))
        port = probe.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        dashboards.command(port), env=dashboards.environment() | {"DLNUF_HOME": str(home.root.resolve())}, stdin=quiet,
        stdout=quiet, stderr=quiet,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                socket.create_connection((dashboards.ADDRESS, port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise PageFailed("l'application n'a pas démarré") from None
                time.sleep(0.1)
        yield f"ws://{dashboards.ADDRESS}:{port}/_stcore/stream", process.pid
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_S)


def measure(home: Home, region: str, pages: tuple[str, ...] = PAGES, sessions: int = SESSIONS) -> dict[str, Any]:
    """First views and changes by page (milliseconds), and the memory of the server (MB) as sessions add up."""
    with ExitStack() as opened, server(home) as (address, pid):

        def come() -> ClientConnection:
            origin = address.replace("ws", "http", 1).removesuffix("/_stcore/stream")
            session = connect(address, subprotocols=["streamlit"], origin=origin, max_size=None)  # type: ignore[arg-type]  an origin is a text
            return opened.enter_context(session)

        memory = {"started": _megabytes(pid)}
        cold = drawn(come(), pages[0], FIRST)
        memory["first_session"] = _megabytes(pid)
        views = {page: [drawn(come(), page, FIRST) for _ in range(REPEATS)] for page in pages}
        changing = come()
        changes = {page: _changes(changing, page, region) for page in pages}
        memory["pages_drawn"] = _megabytes(pid)
        held = 2 + REPEATS * len(pages)
        for rank in range(max(sessions - held, 0)):
            drawn(come(), pages[rank % len(pages)], FIRST)
        memory["sessions"] = _megabytes(pid)
        return {
            "sessions": max(sessions, held),
            "cold_ms": cold,
            "first_view_ms": {page or "accueil": median(times) for page, times in views.items()},
            "change_ms": {page or "accueil": median(times) for page, times in changes.items()},
            "first_view_median_ms": median(t for times in views.values() for t in times),
            "change_median_ms": median(t for times in changes.values() for t in times),
            "memory_mb": memory,
        }


def _changes(session: ClientConnection, page: str, region: str) -> list[float]:
    """Times of a territory, then of another, in a session where the page was seen."""
    drawn(session, page, FIRST)
    return [drawn(session, page, query) for _ in range(REPEATS) for query in (OTHER.format(region), FIRST)]


def _megabytes(pid: int) -> float:
    """What the server holds in memory (resident set)."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", told)[1]) * 1024 / 1e6  # type: ignore[index]  Linux says it of every process


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--region", default="84", help="code of the région that is asked for as a change")
    arguments.add_argument("--sessions", type=int, default=SESSIONS)
    given = arguments.parse_args()
    print(json.dumps(measure(Home.from_env(), given.region, sessions=given.sessions), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
