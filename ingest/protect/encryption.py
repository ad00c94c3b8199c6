"""Bytes at rest: authenticated encryption of a file, and a stream that decrypts it while it is read.

Belongs here: the format. Does not belong here: keys and their versions (`keyrings`), deliveries (`landed_keys`).

    header, 165 bytes
      magic 8 · size of a chunk 4 · name of the file 16 · salt of the file 16                         fixed for life
      fingerprint of the wrapping key 8 · its version 45 · nonce 12 · wrapped key and length 56       until re-wrapped
    chunks of 64 KiB, each with its tag of 16 bytes; what follows the last byte of the file is zeros

AES-256-GCM throughout. Each file has its own random key, wrapped by the key of the installation, so that a new version
of that key rewrites headers and no chunk. Chunks follow STREAM (Hoang, Reyhanitabar, Rogaway, Vizard, 2015): the nonce
holds the number of the chunk and whether it is the last, and the fixed part of the header is authenticated with each
chunk. So a chunk that was changed, moved, removed, or taken from another file cannot be read. ADR 12 says why.

Nothing of it tells the content: the name is keyed (`marks`), and zeros make the length one of few (`padded`).
Files of the first form are still read: they had the SHA-256 of the plain bytes for name, and their exact length.
docs/adr/0034.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ingest.protect.keyrings import Keyring, Secret

CHUNK = 65_536
_TAG = 16
_KEY = 32
PURPOSE = "chiffrement"


@dataclass(frozen=True)
class _Form:
    """How a header is laid out."""

    magic: bytes
    fixed: struct.Struct
    wrapped: struct.Struct

    @property
    def length(self) -> int:
        return self.fixed.size + self.wrapped.size


_FIRST = _Form(b"DLNUFC1\n", struct.Struct(">8sI32s16s"), struct.Struct(">8s45s12s48s"))
_CURRENT = _Form(b"DLNUFC2\n", struct.Struct(">8sI16s16s"), struct.Struct(">8s45s12s56s"))
_FORMS = {form.magic: form for form in (_FIRST, _CURRENT)}
_MAGIC_BYTES = len(_CURRENT.magic)
_LENGTH = struct.Struct(">Q")
_LONGEST = max(form.length for form in _FORMS.values())
HEADER = _CURRENT.length


class Damaged(Exception):
    """The file is not the one that was written: truncated, altered, or not of this format."""


class WrongKey(Exception):
    """The keyring lacks the key that wraps this file. `version`, `fingerprint`: those of the key that is needed."""

    def __init__(self, version: str, fingerprint: str) -> None:
        self.version, self.fingerprint = version, fingerprint
        super().__init__(f"clé {version} ({fingerprint})")


class Altered(Exception):
    """The bytes read are not those announced: the source changed meanwhile."""


def gcm(key: bytes) -> Any:
    """AES-GCM (NIST SP 800-38D) with a key of 32 bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def padded(size: int) -> int:
    """The length of a file of so many bytes once it is filled with zeros: one of few.

    Padmé (Nikitin and others, « Reducing metadata leakage from encrypted files », 2019), in whole chunks: a length
    tells its order of magnitude and a few bits more, and a file of several chunks grows by one chunk or 12 % at most.
    All that holds in a chunk, a register of one line as one of four hundred, is one chunk.
    """
    magnitude = max(size, 2).bit_length() - 1
    step = max(CHUNK, 1 << (magnitude - magnitude.bit_length()))
    return max(-(-size // step), 1) * step


def encrypt(source: BinaryIO, target: BinaryIO, keyring: Keyring, sha256: str, size: int, name: str) -> None:
    """Writes the encrypted form of a stream, whose SHA-256 and length are announced. Memory: two chunks.

    name: 32 hexadecimal characters, those of the file that is written: another one that takes its place is noticed.

    Raises:
        Altered: the bytes are not those announced, and what was written must be thrown away.
    """
    fixed = _CURRENT.fixed.pack(_CURRENT.magic, CHUNK, bytes.fromhex(name), os.urandom(16))
    key = os.urandom(_KEY)
    target.write(fixed + _wrap(key + _LENGTH.pack(size), fixed, keyring.current))
    cipher = gcm(key)
    hasher = hashlib.sha256()
    count = padded(size) // CHUNK
    left = size
    for number in range(count):
        block = source.read(min(CHUNK, left))
        hasher.update(block)
        left -= len(block)
        target.write(cipher.encrypt(_nonce(number, last=number == count - 1), block.ljust(CHUNK, b"\0"), fixed))
    if source.read(1) or hasher.hexdigest() != sha256:
        raise Altered


def rewrap(source: BinaryIO, target: BinaryIO, keyring: Keyring) -> None:
    """Writes the same file, its own key now wrapped by the current version. Raises Damaged, WrongKey."""
    header = Header(source.read(_LONGEST))
    target.write(header.fixed + _wrap(header.unwrapped(keyring), header.fixed, keyring.current))
    source.seek(header.length)
    while block := source.read(1 << 20):
        target.write(block)


def is_encrypted(path: Path) -> bool:
    """Whether a file has this format, by its first bytes."""
    with path.open("rb") as stream:
        return begins_encrypted(stream)


def begins_encrypted(stream: BinaryIO) -> bool:
    """Whether what stands first in a stream is a header of this format. The stream is left at its beginning."""
    start = stream.read(_MAGIC_BYTES)
    stream.seek(0)
    return start in _FORMS


def header_of(path: Path) -> Header:
    """The header of a file. Raises Damaged when it has none."""
    with path.open("rb") as stream:
        return Header(stream.read(_LONGEST))


def check(path: Path, keyring: Keyring, sha256: str) -> None:
    """Reads the whole file, which must hold the bytes of that SHA-256. Raises Damaged, WrongKey."""
    hasher = hashlib.sha256()
    with path.open("rb") as raw, decrypting(raw, keyring) as stream:
        while block := stream.read(1 << 20):
            hasher.update(block)
        if hasher.hexdigest() != sha256:
            raise Damaged


class Header:
    """What stands before the chunks. name: that of the file, without its suffix."""

    def __init__(self, content: bytes) -> None:
        form = _FORMS.get(content[:_MAGIC_BYTES])
        if form is None or len(content) < form.length:
            raise Damaged
        self.length, self.is_of_first_form = form.length, form is _FIRST
        self.fixed = content[: form.fixed.size]
        _, self.chunk, name, _ = form.fixed.unpack(self.fixed)
        self.name = name.hex()
        self._named, self._label, self._nonce, self._wrapped = form.wrapped.unpack(
            content[form.fixed.size : form.length]
        )
        self.fingerprint = self._named.hex()
        self.version = self._label.rstrip(b"\0").decode("utf-8", "replace")

    def unwrapped(self, keyring: Keyring) -> bytes:
        """The key of the chunks, then the length of the plain bytes (not in the first form).

        Raises WrongKey, or Damaged when the header was altered.
        """
        from cryptography.exceptions import InvalidTag

        secret = keyring.with_fingerprint(self.fingerprint)
        if secret is None:
            raise WrongKey(self.version, self.fingerprint)
        bound = self.fixed + self._named + self._label
        try:
            return gcm(secret.key(PURPOSE)).decrypt(self._nonce, self._wrapped, bound)
        except InvalidTag:
            raise Damaged from None


def _wrap(content: bytes, fixed: bytes, secret: Secret) -> bytes:
    named = bytes.fromhex(secret.fingerprint)
    label = secret.version.encode()[:45].ljust(45, b"\0")
    nonce = os.urandom(12)
    return named + label + nonce + gcm(secret.key(PURPOSE)).encrypt(nonce, content, fixed + named + label)


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
        header = Header(raw.read(_LONGEST))
        unwrapped = header.unwrapped(keyring)
        self._raw, self._fixed, self._begin, self._size_of_chunk = raw, header.fixed, header.length, header.chunk
        self._cipher = gcm(unwrapped[:_KEY])
        body = raw.seek(0, os.SEEK_END) - header.length
        self._chunks = -(-body // (header.chunk + _TAG))
        last = body - (self._chunks - 1) * (header.chunk + _TAG) - _TAG
        if self._chunks < 1 or last < 0:
            raise Damaged
        self._length = (self._chunks - 1) * header.chunk + last
        if not header.is_of_first_form:
            held, (self._length,) = self._length, _LENGTH.unpack(unwrapped[_KEY:])
            if held != padded(self._length):
                raise Damaged
        self._position = 0
        self._held, self._number = b"", -1
        self._chunk_at(self._chunks - 1)

    def _chunk_at(self, number: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        if number != self._number:
            self._raw.seek(self._begin + number * (self._size_of_chunk + _TAG))
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
        most = min(len(buffer), self._length - self._position)
        part = self._chunk_at(number)[offset : offset + most]
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
