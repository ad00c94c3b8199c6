"""Bringing what is kept of files about persons to its present form: marks under the secret in force, nothing in clear.

Belongs here: former forms of the landing, and marks that a renewal of the secret left behind. Does not belong here: the
present form (`landing`), re-wrapping by another encryption key (`ingest.protect.landed_keys`).

It is done whenever somebody begins to write in a home, or to receive (`orchestration.lock`), costs the reading of the
manifests and one HMAC each when there is nothing to do (0.7 s of CPU for 5 000), and goes on where it was interrupted.
Readers see a whole delivery at each instant.

What the first form was, until 2026: the SHA-256 and the exact size of files about persons, in the names of files, in
manifests, in refusals, and in the header of the encrypted bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ingest.home import Home
from ingest.protect import encryption, keyrings, marks
from ingest.protect.keyrings import Keyring
from ingest.receive import landing
from ingest.receive.landing import Manifest


def bring_up_to_date(home: Home) -> None:
    """Gives every manifest and refusal its present form. The caller holds the home's lock.

    What cannot be made without a key that is not there waits for it, as it is: nothing is destroyed.
    """
    keyring = keyrings.if_any(home)
    if keyring is None:
        return
    known = landing.every_manifest(home)
    present = {manifest.delivery_id: manifest for manifest in known if manifest.sceau}
    for manifest in known:
        try:
            if manifest.sceau is not None:
                _mark_again(home, manifest, manifest.sceau, keyring)
            elif manifest.cle is not None:
                _from_first_form(home, manifest, present.get(manifest.delivery_id), keyring)
        except (encryption.WrongKey, encryption.Damaged, encryption.Altered):
            continue
    for refusal in landing.refusals(home):
        try:
            _refusal(home, refusal, keyring)
        except (encryption.WrongKey, encryption.Damaged):
            continue


def is_behind(home: Home) -> bool:
    """Whether a delivery about persons stands under the mark of another secret than the one in force."""
    keyring = keyrings.if_any(home)
    return keyring is not None and any(
        manifest.sceau is not None and not _is_marked(manifest, manifest.sceau, keyring)
        for manifest in landing.every_manifest(home)
    )


def _is_marked(manifest: Manifest, sceau: str, keyring: Keyring) -> bool:
    """What cannot be marked again, for the key of its seal is not there, is as it should be."""
    try:
        return marks.mark(marks.unsealed(sceau, keyring), keyring) == manifest.mark
    except (encryption.WrongKey, encryption.Damaged):
        return True


def _mark_again(home: Home, manifest: Manifest, sceau: str, keyring: Keyring) -> None:
    mark = marks.mark(marks.unsealed(sceau, keyring), keyring)
    if mark != manifest.mark:
        landing.supersede(home, replace(manifest, mark=mark), manifest)


def _from_first_form(home: Home, manifest: Manifest, present: Manifest | None, keyring: Keyring) -> None:
    """present: the manifest that stands already in the present form, when only the former is left to be removed."""
    if present is None:
        sha256, former = manifest.sha256 or "", landing.bytes_of(home, manifest)
        present = landing.marked(manifest, sha256, manifest.size, keyring)
        if former.exists():
            with former.open("rb") as raw, encryption.decrypting(raw, keyring) as plain:
                landing.encrypt(home, present, plain, sha256, manifest.size, keyring)
    landing.supersede(home, present, manifest)


def _refusal(home: Home, refusal: dict[str, Any], keyring: Keyring) -> None:
    """Of the first form, whether a file was surely about nobody is not known: it is treated as if it were about
    persons."""
    if "sceau" not in refusal:
        sha256, size = refusal["sha256"], encryption.padded(refusal["size"])
        sceau = marks.sealed(sha256, keyring)
    elif refusal["sceau"]:
        sha256, size, sceau = marks.unsealed(refusal["sceau"], keyring), refusal["size"], refusal["sceau"]
    else:
        return
    if marks.mark(sha256, keyring) != refusal["digest"]:
        landing.refusal_marked(home, refusal, sha256, size, sceau, keyring)
