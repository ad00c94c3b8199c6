"""Bytes at rest: authenticated encryption of a file, and a stream that decrypts it while it is read.

Belongs here: the format. Does not belong here: keys and their versions (`keyrings`), deliveries (`landed_keys`).

    header, 173 bytes
      magic 8 · size of a chunk 4 · SHA-256 of the plain bytes 32 · salt of the file 16           fixed for life
      fingerprint of the wrapping key 8 · its version 45 · nonce 12 · wrapped key of the file 48  until re-wrapped
    chunks of 64 KiB, each with its tag of 16 bytes; the last one is shorter, perhaps empty

AES-256-GCM throughout. Each file has its own random key, wrapped by the key of the installation, so that a new version
of that key rewrites headers and no chunk. Chunks follow STREAM (Hoang, Reyhanitabar, Rogaway, Vizard, 2015): the nonce
holds the number of the chunk and whether it is the last, and the fixed part of the header is authenticated with each
chunk. So a chunk that was changed, moved, removed, or taken from another file cannot be read. ADR 12 says why.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

from ingest.protect.keyrings import Keyring, Secret

MAGIC = b"DLNUFC1\n"
CHUNK = 65_536
_TAG = 16
_FIXED = struct.Struct(">8sI32s16s")
_WRAPPED = struct.Struct(">8s45s12s48s")
HEADER = _FIXED.size + _WRAPPED.size
PURPOSE = "chiffrement"


class Damaged(Exception):
    """The file is not the one that was written: truncated, altered, or not of this format."""


class WrongKey(Exception):
    """The keyring lacks the key that wraps this file. `version`, `fingerprint`: those of the key that is needed."""

    def __init__(self, version: str, fingerprint: str) -> None:
        self.version, self.fingerprint = version, fingerprint
        super().__init__(f"clé {version} ({fingerprint})")


class Altered(Exception):
    """The bytes read are not those announced: the source changed meanwhile."""


def _gcm(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def encrypt(source: BinaryIO, target: BinaryIO, keyring: Keyring, sha256: str) -> None:
    """Writes the encrypted form of a stream, whose SHA-256 is announced. Memory: one chunk.

    Raises:
        Altered: the bytes have another SHA-256, and what was written must be thrown away.
    """
    fixed = _FIXED.pack(MAGIC, CHUNK, bytes.fromhex(sha256), os.urandom(16))
    key = os.urandom(32)
    target.write(fixed + _wrap(key, fixed, keyring.current))
    cipher = _gcm(key)
    hasher = hashlib.sha256()
    number, block = 0, source.read(CHUNK)
    while True:
        hasher.update(block)
        following = source.read(CHUNK) if len(block) == CHUNK else b""
        target.write(cipher.encrypt(_nonce(number, last=not following), block, fixed))
        if not following:
            break
        number, block = number + 1, following
    if hasher.hexdigest() != sha256:
        raise Altered


def rewrap(source: BinaryIO, target: BinaryIO, keyring: Keyring) -> None:
    """Writes the same file, its own key now wrapped by the current version. Raises Damaged, WrongKey."""
    header = Header(source.read(HEADER))
    target.write(header.fixed + _wrap(header.file_key(keyring), header.fixed, keyring.current))
    while block := source.read(1 << 20):
        target.write(block)


def is_encrypted(path: Path) -> bool:
    """Whether a file has this format, by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def header_of(path: Path) -> Header:
    """The header of a file. Raises Damaged when it has none."""
    with path.open("rb") as stream:
        return Header(stream.read(HEADER))


def check(path: Path, keyring: Keyring, sha256: str) -> None:
    """Reads the whole file, which must hold the bytes of that SHA-256. Raises Damaged, WrongKey."""
    hasher = hashlib.sha256()
    with path.open("rb") as raw, decrypting(raw, keyring) as stream:
        while block := stream.read(1 << 20):
            hasher.update(block)
        if hasher.hexdigest() != sha256:
            raise Damaged


class Header:
    """What stands before the chunks."""

    def __init__(self, content: bytes) -> None:
        if len(content) < HEADER or not content.startswith(MAGIC):
            raise Damaged
        self.fixed = content[: _FIXED.size]
        _, self.chunk, sha256, _ = _FIXED.unpack(self.fixed)
        self.sha256 = sha256.hex()
        self._named, self._label, self._nonce, self._wrapped = _WRAPPED.unpack(content[_FIXED.size : HEADER])
        self.fingerprint = self._named.hex()
        self.version = self._label.rstrip(b"\0").decode("utf-8", "replace")

    def file_key(self, keyring: Keyring) -> bytes:
        """The key of the chunks. Raises WrongKey, or Damaged when the header was altered."""
        from cryptography.exceptions import InvalidTag

        secret = keyring.with_fingerprint(self.fingerprint)
        if secret is None:
            raise WrongKey(self.version, self.fingerprint)
        bound = self.fixed + self._named + self._label
        try:
            return _gcm(secret.key(PURPOSE)).decrypt(self._nonce, self._wrapped, bound)
        except InvalidTag:
            raise Damaged from None


def _wrap(key: bytes, fixed: bytes, secret: Secret) -> bytes:
    named = bytes.fromhex(secret.fingerprint)
    label = secret.version.encode()[:45].ljust(45, b"\0")
    nonce = os.urandom(12)
    return _WRAPPED.pack(named, label, nonce, _gcm(secret.key(PURPOSE)).encrypt(nonce, key, fixed + named + label))


def _nonce(number: int, *, last: bool) -> bytes:
    """Seven zero bytes (the key serves one file only), the number of the chunk, and whether it is the last."""
    return bytes(7) + struct.pack(">IB", number, last)


def decrypting(raw: BinaryIO, keyring: Keyring) -> io.BufferedReader:
    """The plain bytes of an encrypted stream, seekable. Closing `raw` is left to whoever opened it.

    The header and the last chunk are read at once, so that a truncated file is noticed before any row of it is read.

    Raises:
        Damaged, WrongKey: at once; Damaged also later, at the chunk that was altered.
    """
    return io.BufferedReader(_Plain(raw, keyring), CHUNK)


class _Plain(io.RawIOBase):
    """Random access to the plain bytes. Only the chunk that was read last stays in memory."""

    def __init__(self, raw: BinaryIO, keyring: Keyring) -> None:
        raw.seek(0)
        header = Header(raw.read(HEADER))
        self._raw, self._fixed, self._size_of_chunk = raw, header.fixed, header.chunk
        self._cipher = _gcm(header.file_key(keyring))
        body = raw.seek(0, os.SEEK_END) - HEADER
        self._chunks = -(-body // (header.chunk + _TAG))
        last = body - (self._chunks - 1) * (header.chunk + _TAG) - _TAG
        if self._chunks < 1 or last < 0:
            raise Damaged
        self._length = (self._chunks - 1) * header.chunk + last
        self._position = 0
        self._held, self._number = b"", -1
        self._chunk_at(self._chunks - 1)

    def _chunk_at(self, number: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        if number != self._number:
            self._raw.seek(HEADER + number * (self._size_of_chunk + _TAG))
            sealed = self._raw.read(self._size_of_chunk + _TAG)
            try:
                nonce = _nonce(number, last=number == self._chunks - 1)
                self._held, self._number = self._cipher.decrypt(nonce, sealed, self._fixed), number
            except InvalidTag:
                raise Damaged from None
        return self._held

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._length:
            return 0
        number, offset = divmod(self._position, self._size_of_chunk)
        part = self._chunk_at(number)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        if origin + offset < 0:
            raise OSError("position avant le début du fichier")
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position
