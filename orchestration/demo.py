"""`dlnuf demo`: an invented territory, from its deliveries to its publication. It is what `make run` calls.

Belongs here: chaining the other commands, what a demonstration takes, and whether exactly the deliveries that the
generator spoiled were refused. Does not belong here: the commands themselves, wording (`summary`).
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import clock
from ingest.home import Home
from ingest.protect import keyrings
from ingest.protect.landed_keys import sha256_by_delivery
from ingest.receive import chronology
from ingest.receive.landing import digests, sha256_of
from ingest.store.lake import REFUSED
from orchestration.dbt_runtime import DbtFailed, prepare_manifest
from orchestration.lock import HomeBusy, finish_upkeep, writing
from orchestration.progress import Progress, as_one, silent
from orchestration.run import RunOutcome, nothing_new, run
from orchestration.status import Delivery, deliveries

if TYPE_CHECKING:
    from witness.generate import SpoiledDelivery

DEFAULT = "demonstration"


@dataclass(frozen=True)
class Cost:
    """What a scale holds, and what it takes on two free cores once the project is installed (decimal MB)."""

    establishments: int
    persons: int
    seconds: int
    memory_mb: int
    disk_mb: int


# Counts of the generator with seed 1; the rest measured on the machine of docs/benchmarks, rounded up.
COSTS = {
    "petit": Cost(50, 3_000, 45, 800, 120),
    "departement": Cost(330, 22_000, 60, 900, 250),
    "demonstration": Cost(1_400, 96_000, 240, 3_100, 950),
    "region": Cost(2_900, 183_000, 180, 2_000, 1_400),
    "national": Cost(35_500, 2_300_000, 1_200, 6_000, 16_000),
}


@dataclass(frozen=True)
class Plan:
    """What `play` will do, at an instant.

    `keyring`: where a keyring was just made, if one was. `done`: everything was done before and nothing changed since.
    """

    now: datetime
    home: Home
    scale: str
    seed: int
    keyring: Path | None = None
    generated: bool = False
    done: bool = False

    @property
    def folder(self) -> Path:
        """Where the generation stands."""
        return self.home.root / "demo" / f"{self.scale}-{self.seed}"


@dataclass(frozen=True)
class Played:
    """What a demonstration did.

    `refused`: deliveries that were spoiled to be refused, and were refused. `faults`: spoiled deliveries that were not
    refused, and refused ones that were not spoiled. `sown`: errors sown in the deliveries, by what a right system does
    with them. `right`: among the questions to which some source answers right, the share whose retained value is right.
    """

    outcome: RunOutcome
    refused: Sequence[SpoiledDelivery]
    faults: Sequence[str]
    sown: Mapping[str, int]
    right: float | None


def prepare(home: Home, scale: str = DEFAULT, seed: int = 1, *, now: datetime) -> Plan:
    """What is to be done in this home. A keyring is made when there is none; nothing else is written.

    Some deliveries are about (invented) persons: without a keyring they would be refused.

    Raises:
        KeyringProblem: there is a keyring that cannot be used, or none can be written.
    """
    from witness.generate import is_done

    wanted = Plan(now, home, scale, seed, _keyring(home, now))
    generated = is_done(wanted.folder, scale=scale, seed=seed)
    return replace(wanted, generated=generated, done=generated and nothing_new(home, clock.day(now)))


def play(wanted: Plan, progress: Progress = silent) -> Played:
    """Generates in `<home>/demo/<scale>-<seed>/`, delivers its `livraisons/`, runs, and compares with the truth.

    The same scale and seed give the same bytes, so that playing again receives nothing and publishes nothing.
    """
    from ingest.receive.delivery import deliver
    from witness.generate import effects, generate, to_be_refused

    start = time.monotonic()
    home, folder = wanted.home, wanted.folder
    chronology.check(home, wanted.now)
    if not wanted.generated:
        progress("Génération", 0, None)
        with ThreadPoolExecutor(1) as background:  # dbt reads its project, some seconds of the other core, meanwhile
            background.submit(_prepare_dbt, home)
            generate(folder, scale=wanted.scale, seed=wanted.seed, progress=as_one(progress, "Génération"))
    finish_upkeep(home)
    deliver([folder / "livraisons"], home, now=wanted.now, progress=as_one(progress, "Réception des fichiers"))
    spoiled = {sha256_of(folder / "livraisons" / each.livraison): each for each in to_be_refused(folder)}
    sent = {sha256_of(path) for path in (folder / "livraisons").rglob("*") if path.is_file()}
    keyring = keyrings.load(home)
    known = {digest: sha256 for sha256 in sent for digest in digests(sha256, keyring)}
    to_refuse = frozenset(digest for digest, sha256 in known.items() if sha256 in spoiled)
    outcome = run(home, progress=progress, now=wanted.now, to_refuse=to_refuse)
    received = [replace(d, digest=known[d.digest]) for d in deliveries(home) if d.digest in known]
    refused, faults = judged(spoiled, received)
    right = _right(home, folder, outcome.version, progress)
    outcome = replace(outcome, seconds=time.monotonic() - start)
    return Played(outcome, refused, faults, effects(folder), right)


def judged(spoiled: Mapping[str, SpoiledDelivery], sent: Sequence[Delivery]) -> tuple[list[SpoiledDelivery], list[str]]:
    """The spoiled deliveries (by SHA-256, as the digests of those sent) that were refused as planned; and what did not
    go as planned, in words."""
    refused = {delivery.digest: delivery for delivery in sent if delivery.status == REFUSED}
    unplanned = [d for sha256, d in refused.items() if sha256 not in spoiled]
    taken = [each for sha256, each in spoiled.items() if sha256 not in refused]
    faults = [f"{d.filename}, refusé sans que ce soit prévu : {d.reason}" for d in unplanned]
    faults += [f"{each} devait être refusé, et ne l'a pas été" for each in taken]
    return [each for sha256, each in spoiled.items() if sha256 in refused], faults


def _prepare_dbt(home: Home) -> None:
    """Reads the dbt project ahead of the run. When that fails, the run will say why."""
    with contextlib.suppress(HomeBusy, DbtFailed, OSError), writing(home):
        prepare_manifest(home)


def _right(home: Home, folder: Path, version: str | None, progress: Progress) -> float | None:
    """Judges the publication once, for the page « Exactitude », and returns its figure."""
    from witness.score import keep, score

    if version is None:
        return None
    kept = home.scores / f"{version}.json"
    if not kept.is_file():
        progress("Comparaison avec la vérité", 0, None)
        keep(home.root, score(home.root, folder, sha256_by_delivery(home)))
    return json.loads(kept.read_text(encoding="utf-8"))["retained_right"]


def _keyring(home: Home, now: datetime) -> Path | None:
    """Makes a keyring when there is none. Returns its path; None when there was one."""
    try:
        keyrings.load(home)
    except keyrings.NoKeyring:
        return keyrings.create(home, now=now)
    return None
