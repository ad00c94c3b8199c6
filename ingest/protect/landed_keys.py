"""The keys of the landed files: which version closes each file, which files no key opens, re-wrapping them.

Belongs here: the work of `dlnuf keys`. Does not belong here: the keyring itself (`keyrings`), the format of the files
(`encryption`), the command (`orchestration.cli.keys`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ingest.home import Home
from ingest.protect import encryption, keyrings
from ingest.protect.keyrings import Keyring
from ingest.receive import landing
from ingest.store import lake

Progress = Callable[[str, int, int], None]


@dataclass
class Recovery:
    """What re-wrapping did: how many files it recovered, how many were current already, which ones it had to leave."""

    version: str
    recovered: int = 0
    current: int = 0
    left: dict[str, str] = field(default_factory=dict)  # delivery -> why


def state(home: Home) -> dict[str, Any]:
    """The keyring without its secrets, and how many landed files each version closes.

    Raises:
        KeyringProblem: no keyring, or not a usable one.
    """
    keyring = keyrings.load(home)
    closed = Counter(_fingerprint(home, manifest) for manifest in _encrypted(home))
    known = {secret.fingerprint for secret in keyring.encryption}
    return {
        "trousseau": keyring.place,
        "versions": [
            {
                "version": secret.version,
                "empreinte": secret.fingerprint,
                "creee_le": secret.created_at or None,
                "courante": secret == keyring.current,
                "fichiers": closed[secret.fingerprint],
            }
            for secret in keyring.encryption
        ],
        "pseudonymes": {
            "version": keyring.pseudonyms.version,
            "empreinte": keyring.pseudonyms.fingerprint,
            "creee_le": keyring.pseudonyms.created_at or None,
        },
        "fichiers_sans_cle": sum(count for fingerprint, count in closed.items() if fingerprint not in known),
    }


def recover(home: Home, progress: Progress | None = None) -> Recovery:
    """Wraps the key of every landed file by the current version, so that older versions are no longer needed.

    Contents are not encrypted again. Running it again does nothing. When it was interrupted, it goes on where it
    stopped.

    Raises:
        KeyringProblem: no keyring, or not a usable one.
    """
    keyring = keyrings.load(home)
    done = Recovery(keyring.current.version)
    listed = list(_encrypted(home))
    for number, manifest in enumerate(listed):
        if progress:
            progress(manifest.filename, number, len(listed))
        try:
            _recover_one(home, manifest, keyring, done)
        except encryption.WrongKey as wrong:
            done.left[manifest.delivery_id] = (
                f"clé {wrong.version} (empreinte {wrong.fingerprint}) absente du trousseau"
            )
        except (encryption.Damaged, FileNotFoundError):
            done.left[manifest.delivery_id] = "fichier absent, abîmé ou modifié"
    return done


def _recover_one(home: Home, manifest: landing.Manifest, keyring: Keyring, done: Recovery) -> None:
    header = encryption.header_of(landing.bytes_of(home, manifest))
    if header.fingerprint == keyring.current.fingerprint:
        done.current += 1
        return
    landing.recovered(home, manifest, keyring)
    done.recovered += 1


def _encrypted(home: Home) -> list[landing.Manifest]:
    """Deliveries whose encrypted bytes are there. Some were destroyed at the end of their conservation."""
    gone = {result.delivery_id for result in lake.results(home) if result.detruite_le}
    return [m for m in landing.manifests(home) if m.cle and m.delivery_id not in gone]


def _fingerprint(home: Home, manifest: landing.Manifest) -> str | None:
    try:
        return encryption.header_of(landing.bytes_of(home, manifest)).fingerprint
    except (encryption.Damaged, FileNotFoundError):
        return None
