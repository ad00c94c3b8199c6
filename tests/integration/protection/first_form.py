"""A landing as it was before marks (ADR 34), made by hand: SHA-256 and exact sizes of files about persons in the clear.

Belongs here: writing the former form, which the program only reads. Does not belong here: assertions.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest.home import Home
from ingest.protect.keyrings import Keyring

CHUNK = 65_536


def encrypted(plain: bytes, keyring: Keyring) -> bytes:
    """The former header (the SHA-256 of the plain bytes in it), then chunks as long as the plain bytes."""
    fixed = struct.pack(">8sI32s16s", b"DLNUFC1\n", CHUNK, hashlib.sha256(plain).digest(), os.urandom(16))
    key, nonce, secret = os.urandom(32), os.urandom(12), keyring.current
    named, label = bytes.fromhex(secret.fingerprint), secret.version.encode().ljust(45, b"\0")
    wrapped = AESGCM(secret.key("chiffrement")).encrypt(nonce, key, fixed + named + label)
    blocks = [plain[i : i + CHUNK] for i in range(0, len(plain), CHUNK)] or [b""]
    body = (
        AESGCM(key).encrypt(bytes(7) + struct.pack(">IB", number, number == len(blocks) - 1), block, fixed)
        for number, block in enumerate(blocks)
    )
    return fixed + named + label + nonce + wrapped + b"".join(body)


def received(home: Home, keyring: Keyring, plain: bytes, delivery: str, **told: Any) -> Path:
    """A delivery about persons, as it was stored; the path of its bytes."""
    sha256 = hashlib.sha256(plain).hexdigest()
    manifest = {
        "delivery_id": delivery, "source": "essai_personnes", "layout": "csv", "reader": "csv",
        "contract_version": "1.0.0", "filename": "essai_personnes_2025-01-31.csv", "sha256": sha256,
        "size": len(plain), "received_at": "2025-02-01T08:00:00.000000+00:00", "millesime": 2025,
        "collecte_le": "2025-01-31", "cle": keyring.current.version, "absentes": [], "guide": None,
    } | told  # fmt: skip
    path = home.landing / "essai_personnes" / f"{sha256}.enc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encrypted(plain, keyring))
    free = path.with_suffix(".json")
    (free if not free.exists() else path.with_name(f"{sha256}.{manifest['millesime']}.json")).write_text(
        json.dumps(manifest), encoding="utf-8"
    )
    return path


def refused(home: Home, plain: bytes, source: str | None = None) -> Path:
    """A refusal, as it was kept."""
    sha256 = hashlib.sha256(plain).hexdigest()
    path = home.landing / "refusees" / f"{sha256}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "filename": "inconnu.csv", "sha256": sha256, "size": len(plain), "source": source, "reason": "Inconnu.",
        "received_at": "2025-02-01T08:00:00.000000+00:00",
    }  # fmt: skip
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path
