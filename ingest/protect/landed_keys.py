"""The keys of the landed files: which version closes each file, which files no key opens, re-wrapping, renewing.

Belongs here: the work of `dlnuf keys`. Does not belong here: the keyring itself (`keyrings`), the format of the files
(`encryption`), the command (`orchestration.cli.keys`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.home import Home
from ingest.protect import encryption, keyrings, marks
from ingest.protect.keyrings import Keyring
from ingest.receive import landing, upkeep
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
    """The keyring without its secrets, and how many landed files, received or refused, each version closes something
    of: the bytes, or the seal by which they are recognised.

    Raises:
        KeyringProblem: no keyring, or not a usable one.
    """
    keyring = keyrings.load(home)
    closed = Counter(fingerprint for needed in _needed(home) for fingerprint in needed)
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
    listed = [manifest for manifest in landing.manifests(home) if manifest.cle]
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
    for refusal in landing.refusals(home):
        with suppress(encryption.WrongKey, encryption.Damaged):  # nothing of it is lost: it is known again less well
            landing.refusal_recovered(home, refusal, keyring)
    return done


def renew(home: Home, now: datetime) -> Keyring:
    """Replaces the secret of pseudonyms, and makes every mark again. The caller holds the home's lock.

    Interrupted, the rest is done when somebody next writes in the home.

    Raises:
        KeyringProblem: no keyring, or not a usable one.
    """
    keyring = keyrings.renew_pseudonyms(home, now=now)
    upkeep.bring_up_to_date(home)
    return keyring


def sha256_by_delivery(home: Home) -> dict[str, str]:
    """The SHA-256 of the deliveries about persons, by delivery id, but for those whose key is not there.

    Raises:
        KeyringProblem: there are some, and no usable keyring.
    """
    sealed = {m.delivery_id: m.sceau for m in landing.manifests(home) if m.sceau}
    found: dict[str, str] = {}
    if sealed:
        keyring = keyrings.load(home)
        for delivery, sceau in sealed.items():
            with suppress(encryption.WrongKey, encryption.Damaged):
                found[delivery] = marks.unsealed(sceau, keyring)
    return found


def _recover_one(home: Home, manifest: landing.Manifest, keyring: Keyring, done: Recovery) -> None:
    if _is_gone(home, manifest) and not manifest.sceau:
        return
    if _closing(home, manifest) == {keyring.current.fingerprint}:
        done.current += 1
        return
    landing.recovered(home, manifest, keyring)
    done.recovered += 1


def _is_gone(home: Home, manifest: landing.Manifest) -> bool:
    """Whether the bytes were destroyed, at the end of their conservation."""
    return lake.destroyed_on(home, manifest.delivery_id) is not None


def _needed(home: Home) -> Iterator[set[str | None]]:
    """Of each landed file, the fingerprints of the keys that close something of it."""
    for manifest in landing.manifests(home):
        if manifest.cle:
            yield _closing(home, manifest)
    for refusal in landing.refusals(home):
        if refusal.get("sceau"):
            yield {marks.fingerprint_of(refusal["sceau"])}


def _closing(home: Home, manifest: landing.Manifest) -> set[str | None]:
    """The fingerprints of the keys that a delivery needs; None among them when its bytes are damaged or missing."""
    needed: set[str | None] = {marks.fingerprint_of(manifest.sceau)} if manifest.sceau else set()
    if not _is_gone(home, manifest):
        try:
            needed.add(encryption.header_of(landing.bytes_of(home, manifest)).fingerprint)
        except (encryption.Damaged, FileNotFoundError):
            needed.add(None)
    return needed
