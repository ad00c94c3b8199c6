"""`make kills`: deliveries and runs of a département with persons, killed at random moments, then left to end.

Belongs here: the loop, its seed, its journal (with which it resumes), its report. Does not belong here: what two homes
must have in common (`tests.same_end`).

A life begins with nothing, or with what an earlier delivery published. Its commands (`deliver`, then `run`) are killed
several times, one after the other on what the last one left; then they are let go to their end, which must be that of
a life that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ingest.home import Home
from orchestration.interruption import EXIT_CODE
from tests.same_end import end_of, faults_of
from witness.generate import generate

DLNUF = str(Path(sys.executable).with_name("dlnuf"))
SEED_OF_DATA = 3
WAYS = ("kill -9", "kill -9", "kill -9", "coupure", "SIGTERM")  # a power cut ends the children at the same instant
LIVES = {"nouveau": 8, "suite": 8}  # how a life begins -> at most how many kills of its run
_SENT = {"debut": ["debut"], "nouveau": ["debut", "suite"], "suite": ["suite"]}  # what is delivered in a life
_LAST = ("ANN_ERRD_", "ANN_CA_", "DUI", "tddui", "viatrajectoire")  # deliveries that come after the first publication


@dataclass(frozen=True)
class Place:
    """The folder of the work: what was generated, the lives that nobody disturbed, the journal."""

    root: Path

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    def sent(self, part: str) -> Path:
        return self.root / "envois" / part

    def undisturbed(self, life: str) -> Home:
        return Home(self.root / "reference" / life)

    @property
    def home(self) -> Home:
        return Home(self.root / "var")


def main() -> int:
    """Runs; the exit code is 1 when an end differs, or when a command showed a stack."""
    arguments = argparse.ArgumentParser(prog="make kills")
    arguments.add_argument("--kills", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--folder", type=Path, default=Path("build/kills"))
    asked = arguments.parse_args()
    place = Place(asked.folder.resolve())
    os.environ |= {"DLNUF_CLES": str(place.root / "cles.json"), "DLNUF_HOME": str(place.home.root)}
    _prepare(place)
    lives = _told(place)
    while (done := sum(len(life["kills"]) for life in lives)) < asked.kills:
        kind = list(LIVES)[len(lives) % len(LIVES)]
        told = _live(place, kind, Random(f"{asked.seed} {len(lives)}"), asked.kills - done)
        lives.append(told)
        with place.journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(told, ensure_ascii=False) + "\n")
        print(f"vie {len(lives)} ({kind}) : {told['kills']} ; {told['faults'] or 'même fin'}", flush=True)
    return _report(lives, asked.seed)


def _told(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.journal.read_text(encoding="utf-8").splitlines()]


def _report(lives: list[dict[str, Any]], seed: int) -> int:
    kills = Counter(f"{command} {stage}" for life in lives for command, stage, _ in life["kills"])
    ways = Counter(way for life in lives for *_, way in life["kills"])
    harmed = [life for life in lives if life["faults"]]
    print(f"graine {seed} : {kills.total()} arrêts ({dict(ways)}), {len(lives)} fins, {len(harmed)} différentes")
    for stage, count in sorted(kills.items()):
        print(f"  {count:4} {stage}")
    return 1 if harmed else 0


def _prepare(place: Place) -> None:
    """Generates the deliveries, in two parts."""
    if place.journal.exists():
        return
    shutil.rmtree(place.root, ignore_errors=True)
    place.root.mkdir(parents=True)
    _let("keys", "create")
    generate(place.root / "generation", departements=("48",), seed=SEED_OF_DATA)
    for path in sorted((place.root / "generation" / "livraisons").rglob("*")):
        if path.is_file():
            part = place.sent("suite" if path.name.startswith(_LAST) else "debut")
            part.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, part / path.name)
    place.journal.touch()


def _undisturbed(place: Place, life: str) -> tuple[Home, dict[str, float]]:
    """The home of a life that nobody disturbed, lived when it is first asked for; how long its commands last, in s."""
    home = place.undisturbed(life)
    lasts = home.root.with_suffix(".json")
    if not lasts.exists():
        shutil.rmtree(home.root, ignore_errors=True)
        _begin(place, life)
        seconds: dict[str, float] = {}
        faults: list[str] = []
        for command in _commands(place, life):
            start = time.monotonic()
            faults += _let(*command)
            seconds[command[0]] = time.monotonic() - start
        if faults := [*faults, *faults_of(place.home)]:
            raise SystemExit(f"sans arrêt : {faults}")
        shutil.copytree(place.home.root, home.root)
        lasts.write_text(json.dumps(seconds), encoding="utf-8")
        print(f"vie sans arrêt ({life}) : {seconds}", flush=True)
    return home, json.loads(lasts.read_text(encoding="utf-8"))


def _begin(place: Place, life: str) -> None:
    before = _undisturbed(place, "debut")[0] if life == "suite" else None
    shutil.rmtree(place.home.root, ignore_errors=True)
    if before is not None:
        shutil.copytree(before.root, place.home.root)


def _commands(place: Place, life: str) -> list[list[str]]:
    return [*(["deliver", str(place.sent(part))] for part in _SENT[life]), ["run"]]


def _live(place: Place, life: str, chance: Random, most: int) -> dict[str, Any]:
    undisturbed, seconds = _undisturbed(place, life)
    _begin(place, life)
    kills: list[tuple[str, str, str]] = []
    faults: list[str] = []
    for command in _commands(place, life):
        times = min(most - len(kills), 1 if command[0] == "deliver" else LIVES[life])
        for _ in range(times):
            way = chance.choice(WAYS)
            killed = _killed(command, way, chance.uniform(0.3, seconds[command[0]]))
            if killed is None:  # it ended before
                break
            stage, wrong = killed
            kills.append((command[0], stage, way))
            faults += wrong
        if command[0] == "deliver":
            faults += _let(*command)
    faults += _let("run")
    faults += faults_of(place.home)
    ours, theirs = end_of(place.home), end_of(undisturbed)
    faults += [f"différent : {name}" for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    return {"vie": life, "kills": kills, "faults": faults}


def _killed(command: list[str], way: str, delay_s: float) -> tuple[str, list[str]] | None:
    """Starts a command and ends it after a delay: the stage that it was in, and what it said that it should not.

    None when it ended by itself before.
    """
    with subprocess.Popen(
        [DLNUF, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay_s)
        if process.poll() is not None:
            _, told = process.communicate()
            wrong = _wrong(command, process.returncode, told)
            return ("fin", wrong) if wrong else None
        _WAY[way](process.pid)
        _, told = process.communicate()
    steps = [line.split(" s  ")[1].split(" : ")[0].split(" (")[0] for line in told.splitlines() if " s  " in line]
    if process.returncode == 0:  # it ended at the same instant
        return None
    wrong = ["une pile est montrée : " + told[-500:]] if "Traceback" in told else []
    if way == "SIGTERM" and process.returncode != EXIT_CODE:
        wrong.append(f"code {process.returncode} après SIGTERM : {told[-300:]}")
    return steps[-1] if steps else "réception" if command[0] == "deliver" else "démarrage", wrong


_WAY: dict[str, Callable[[int], None]] = {
    "kill -9": lambda pid: os.kill(pid, signal.SIGKILL),
    "coupure": lambda pid: os.killpg(pid, signal.SIGKILL),
    "SIGTERM": lambda pid: os.kill(pid, signal.SIGTERM),
}


def _let(*command: str) -> list[str]:
    """Lets a command go to its end; what went wrong."""
    done = subprocess.run([DLNUF, *command], capture_output=True, text=True, check=False)
    return _wrong(command, done.returncode, done.stderr)


def _wrong(command: Sequence[str], code: int, told: str) -> list[str]:
    expected = (0, 1) if command[0] == "deliver" else (0,)  # the generator makes a file to be refused
    return [] if code in expected and "Traceback" not in told else [f"{command[0]} : code {code} : {told[-500:]}"]


if __name__ == "__main__":
    sys.exit(main())
