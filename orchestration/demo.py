"""`dlnuf demo`: an invented territory, from its deliveries to its publication. It is what `make run` calls.

Belongs here: chaining the other commands. Does not belong here: any of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ingest.home import Home
from ingest.protection import trousseau
from orchestration import summary
from orchestration.progress import Progress, silent
from orchestration.run import Outcome, run


def demo(
    home: Home, scale: str = "departement", seed: int = 1, progress: Progress = silent, *, now: datetime
) -> Outcome:
    """Generate in `<home>/demo/<scale>-<seed>/`, deliver its `livraisons/`, run.

    The same scale and seed give the same bytes: playing it again receives nothing and publishes nothing. The keyring is
    created when there is none.

    Raises:
        KeyringProblem: there is one, which cannot be used.
    """
    from ingest.pipeline import deliver
    from ingest.synthetic import generate

    created = _keyring(home, now)
    folder = home.root / "demo" / f"{scale}-{seed}"
    generate(folder, scale=scale, seed=seed, progress=lambda _, done, total: progress("Génération", done, total))
    receipts = deliver(
        [folder / "livraisons"],
        home,
        now=now,
        progress=lambda _, done, total: progress("Réception des fichiers", done, total),
    )
    outcome = run(home, progress=progress, now=now)
    refused = [
        f"fichier refusé : {receipt.path} : {receipt.reason}" for receipt in receipts if receipt.status == "refused"
    ]
    return replace(outcome, warnings=[*created, *refused, *outcome.warnings])


def _keyring(home: Home, now: datetime) -> list[str]:
    """Some deliveries are about (invented) persons: without a keyring they would be refused. Says where it was made."""
    try:
        trousseau.load(home)
    except trousseau.NoKeyring:
        return [summary.of_new_keyring(trousseau.create(home, now=now))]
    return []
