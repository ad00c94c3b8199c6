"""`make fuzz`: changed deliveries for as long as asked, every source in turn, and what they did.

Belongs here: the loop, its seed, its report; the files that did harm are kept. Does not belong here: how files are
changed (`mutations`), what must hold (`attempt`).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from data_contracts.loading import load_contracts
from ingest.guard import guarded
from ingest.guard.guarded import Stopped, Work
from ingest.protect import keyrings
from tests.fuzz.attempt import attempt, received_as
from tests.fuzz.corpus_of import seeds
from tests.fuzz.mutations import mutated
from tests.instants import now

MEMORY_MIB = "1200"


def main() -> int:
    """Runs; the exit code is 1 when a file did harm."""
    arguments = argparse.ArgumentParser(prog="make fuzz")
    arguments.add_argument("--seconds", type=float, default=3600)
    arguments.add_argument("--files", type=int, default=10**9)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where harmful files are kept")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place, guarded.readers():
        os.environ |= {"DLNUF_CLES": f"{place}/cles.json", "DLNUF_LIMITE_MEMOIRE": MEMORY_MIB}
        keyrings.create(now=now())
        return _run(Path(place), asked)


def _run(place: Path, asked: argparse.Namespace) -> int:
    contracts, sown, done = load_contracts(), seeds(), Counter[str]()
    start, number, harm = time.monotonic(), 0, 0
    as_before = {}
    for seed in sown:
        path = place / seed.name
        path.write_bytes(seed.content)
        as_before[seed.name] = received_as(contracts, path)
        path.unlink()
    work = Work(attempt, contracts, str, lambda _: 0)
    while number < asked.files and time.monotonic() - start < asked.seconds:
        seed = sown[number % len(sown)]
        content = mutated(seed.content, Random(f"{asked.seed} {number}"))
        path = place / seed.name
        path.write_bytes(content)
        told = guarded.one(work, (path, as_before[seed.name]))
        number += 1
        said = told.what if isinstance(told, Stopped) else told
        done["arrêté" if isinstance(told, Stopped) else said.split(" ")[0]] += 1
        if isinstance(told, Stopped) or said.startswith("PROBLÈME"):
            harm += 1
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"{number:06d}_{seed.name}").write_bytes(content)
            print(f"{number} {seed.name}\n{said}", flush=True)
    seconds = time.monotonic() - start
    print(f"{number} fichiers en {seconds:.0f} s : {dict(done)}", flush=True)
    return 1 if harm else 0


if __name__ == "__main__":
    sys.exit(main())
