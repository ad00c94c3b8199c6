"""`dlnuf demo`: an invented territory, from its deliveries to its publication. It is what `make run` calls.

Belongs here: chaining the other commands. Does not belong here: any of them.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.home import Home
from orchestration.progress import Progress, silent
from orchestration.run import Outcome, run


def demo(home: Home, scale: str = "departement", seed: int = 1, progress: Progress = silent) -> Outcome:
    """Generate in `<home>/demo/<scale>-<seed>/`, deliver its `livraisons/`, run.

    The same scale and seed give the same bytes: playing it again receives nothing and publishes nothing.
    """
    from ingest.pipeline import deliver
    from ingest.synthetic import generate

    folder = home.root / "demo" / f"{scale}-{seed}"
    generate(folder, scale=scale, seed=seed, progress=lambda _, done, total: progress("Génération", done, total))
    receipts = deliver(
        [folder / "livraisons"], home, progress=lambda _, done, total: progress("Réception des fichiers", done, total)
    )
    outcome = run(home, progress=progress)
    refused = [
        f"fichier refusé : {receipt.path} : {receipt.reason}" for receipt in receipts if receipt.status == "refused"
    ]
    return replace(outcome, warnings=[*refused, *outcome.warnings])
