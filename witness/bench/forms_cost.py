"""What giving forms out costs: `dlnuf forms` of the widest collection, on the home that was measured.

Belongs here: which forms, counting them, whether memory grows with their number. Does not belong here: how a command is
watched (`process_tree`).

At the scale of the country the forms are those of one département, read from the layer of the whole country: what the
report says of all of them is multiplied, and it says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from witness.bench import process_tree
from witness.bench.process_tree import DLNUF, BenchFailed, Execution
from witness.installation import Installation

COLLECTION = "tdb_esms"  # 331 columns
OF_THE_COUNTRY = "59"  # the département of the most ESMS


def measured(home: Installation, folder: Path, departement: str | None = None) -> dict[str, Any]:
    """The forms of a home, or of one of its départements: how many, their cost, the memory of each third of the time.

    Raises BenchFailed.
    """
    out = folder / "formulaires"
    whose = ["--departement", departement] if departement else ["--everyone"]
    words = [*DLNUF, "forms", COLLECTION, *whose, "--out", out]
    done = process_tree.run(words, folder / "formulaires.log", {"DLNUF_HOME": str(home.root)})
    written = [path.stat().st_size for path in out.iterdir()]
    made = len(list(out.glob("*.xlsx")))
    if not made:
        raise BenchFailed(f"« dlnuf forms {COLLECTION} » n'a rien écrit.")
    return {
        "collection": COLLECTION,
        "departement": departement,
        "forms": made,
        "bytes": sum(written),
        "wall_s": done.wall_s,
        "cpu_s": done.cpu_s,
        "peak_mb": done.peak_mb,
        "thirds_mb": thirds(done),
    }


def thirds(execution: Execution) -> list[float]:
    """The highest memory of each third of the time, in MB; a third that nobody looked at has that of the one before."""
    highest = [0.0, 0.0, 0.0]
    for sample in execution.samples:
        third = min(2, int(3 * (sample.at - execution.start) / execution.wall_s)) if execution.wall_s else 0
        highest[third] = max(highest[third], sample.memory / 1e6)
    for third in (1, 2):
        highest[third] = highest[third] or highest[third - 1]
    return [round(each, 1) for each in highest]
