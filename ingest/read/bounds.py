"""Bytes held to the declared limits while they are read: what a compressed file unfolds to, how deep a JSON goes.

Belongs here: counting in one pass, before anything is built from the bytes. Does not belong here: the limits
(`data_contracts.limits`), parsing.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import Any, BinaryIO

from data_contracts.limits import limit
from ingest.read.frames import Over

_MIB = 2**20
_SMALL = 64 * _MIB  # unfolded bytes under which the ratio is not judged: a nearly empty table may compress very well
_BLOCK = 2**20
_DIGITS = b"0123456789"
# What is left of a JSON to follow its nesting: quotes, and brackets of one kind.
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b'"[]{}'))
_AS_DIGITS = bytes(ord("9") if byte in _DIGITS else ord(".") for byte in range(256))
_RUN = re.compile(rb"[0-9]+")


def unfolded(size: int, delivered: int) -> None:
    """Checks how many bytes a compressed file gives. delivered: how many bytes hold those.

    Raises:
        Over: more than the declared size, or a ratio that no table has.
    """
    if size > limit("decompresse") * _MIB:
        raise Over("decompresse")
    if size > max(_SMALL, limit("taux") * delivered):
        raise Over("taux")


def members(archive: zipfile.ZipFile, delivered: int) -> None:
    """Checks what the directory of an archive says. zipfile gives of each part no more bytes than it says there.

    Raises:
        Over: too many parts, or too many bytes once they are decompressed.
    """
    parts = archive.infolist()
    if len(parts) > limit("entrees"):
        raise Over("entrees")
    unfolded(sum(part.file_size for part in parts), delivered)


def whole(stream: Any) -> bytes:
    """All the bytes of a stream that cannot be read in parts.

    Raises:
        Over: more than may be held in memory.
    """
    held, most = io.BytesIO(), limit("en_memoire") * _MIB
    while block := stream.read(_BLOCK):
        if held.write(block) and held.tell() > most:
            raise Over("en_memoire")
    return held.getvalue()


class Inflated(io.BufferedReader):
    """The bytes inside a gzip, counted as they come."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(_Inflating(stream), 1 << 17)


class _Inflating(io.RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._source = gzip.GzipFile(fileobj=stream, mode="rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._source.readinto(buffer)
        unfolded(self._source.tell(), self._stream.tell())
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def close(self) -> None:
        self._source.close()
        super().close()


class JsonBytes:
    """The bytes of a JSON, whose nesting and numbers are measured as they come, before a parser sees them.

    A parser takes a hundred bytes of memory and more for each level, and the C backend of ijson ends the process on a
    number that Python does not convert.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._depth = 0
        self._in_text = False
        self._escaped = False  # the next sign belongs to the backslash before it
        self._digits = 0  # that ended the block before
        self._deepest, self._longest = limit("profondeur"), limit("chiffres")

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        if block:
            self._measure(block)
        return block

    def _measure(self, block: bytes) -> None:
        if self._escaped:
            block = b" " + block[1:]
        self._escaped = False
        if b"\\" in block:
            block = block.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
            self._escaped = block.endswith(b"\\")
        self._measure_numbers(block)
        parts = block.translate(_ONE_KIND, _OTHERS).replace(b'""', b"").split(b'"')
        brackets = b"".join(parts[self._in_text :: 2])
        self._in_text ^= len(parts) % 2 == 0
        self._nest(brackets)

    def _nest(self, brackets: bytes) -> None:
        left, rounds = brackets, 0
        while b"[]" in left and rounds <= self._deepest:  # each round takes away the innermost level
            left = left.replace(b"[]", b"")
            rounds += 1
        opened = left.count(b"[")
        if self._depth + opened + rounds > self._deepest:  # perhaps too deep: go through them one by one
            depth = self._depth
            for bracket in brackets:
                depth += 1 if bracket == 0x5B else -1
                if depth > self._deepest:
                    raise Over("profondeur")
        self._depth += 2 * opened - len(left)

    def _measure_numbers(self, block: bytes) -> None:
        first = len(block) - len(block.lstrip(_DIGITS))
        if not self._in_text and self._digits + first > self._longest:
            raise Over("chiffres")
        self._digits = (self._digits if first == len(block) else 0) + len(block) - len(block.rstrip(_DIGITS))
        # A run of that many digits holds two neighbours of a sample taken twice as often.
        step = max(1, self._longest // 2)
        sample = block[::step].translate(_AS_DIGITS)
        place = sample.find(b"99")
        while place >= 0:
            start = place * step
            run = _RUN.match(block, len(block[:start].rstrip(_DIGITS)))
            if run and len(run[0]) > self._longest and self._in_text == bool(block.count(b'"', 0, start) % 2):
                raise Over("chiffres")
            place = sample.find(b"99", place + 1)
