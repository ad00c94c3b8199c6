"""What a file about persons is recognised by when it comes again, without telling what is in it.

Belongs here: the mark of a SHA-256, and the SHA-256 itself, sealed. Does not belong here: where they are written
(`ingest.receive.landing`), when they are made again (`ingest.receive.upkeep`).

A register of one line is guessed in less than a second when its SHA-256 is known. A mark is the HMAC of that SHA-256
under the secret of pseudonyms: nobody confirms a guess without the keyring. When that secret is renewed, every mark is
made again from the sealed SHA-256, which the encryption keys open, so that the same file is recognised all the same,
even when its own bytes were destroyed. docs/adr/0034.
"""

from __future__ import annotations

import base64
import os

from ingest.protect.encryption import Damaged, WrongKey, gcm
from ingest.protect.keyrings import Keyring

PURPOSE = "sceaux"
_NONCE = 12


def mark(sha256: str, keyring: Keyring) -> str:
    """What stands for the SHA-256 of a file about persons: 32 hexadecimal characters."""
    from ingest.protect import pseudonyms  # tables of pseudonyms take polars, which the help of a command does without

    return pseudonyms.of_delivery(sha256, keyring.pseudonyms)


def sealed(sha256: str, keyring: Keyring) -> str:
    """A SHA-256 that the current encryption key alone opens, beside the fingerprint of that key."""
    nonce, secret = os.urandom(_NONCE), keyring.current
    content = nonce + gcm(secret.key(PURPOSE)).encrypt(nonce, bytes.fromhex(sha256), None)
    return f"{secret.fingerprint}:{base64.b64encode(content).decode()}"


def fingerprint_of(seal: str) -> str:
    """The fingerprint of the key that opens a seal."""
    return seal.partition(":")[0]


def unsealed(seal: str, keyring: Keyring) -> str:
    """The SHA-256 in a seal. Raises WrongKey, Damaged."""
    from cryptography.exceptions import InvalidTag

    fingerprint, _, text = seal.partition(":")
    secret = keyring.with_fingerprint(fingerprint)
    if secret is None:
        raise WrongKey("inconnue", fingerprint)
    try:
        content = base64.b64decode(text, validate=True)
        return gcm(secret.key(PURPOSE)).decrypt(content[:_NONCE], content[_NONCE:], None).hex()
    except (ValueError, InvalidTag):
        raise Damaged from None
