"""AES-CMAC of many texts at once (NIST SP 800-38B, RFC 4493): the keyed function that pseudonyms are made with.

Belongs here: the function, over whole columns. Does not belong here: what it is computed of, and with which key
(`pseudonyms`).

A message is cut into blocks of 16 bytes; each is added to what the cipher made of the blocks before, and goes through
the cipher. Here the blocks of the same rank, of all texts, go through it in one call: a text costs what its bytes cost,
where a call of Python for each costs ten times that. The cipher is that of `cryptography`, as is the CMAC that the
tests hold this one against. docs/adr/0030 says why this function.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

Digests = npt.NDArray[np.uint64]  # one line a text, of two halves
Numbers = npt.NDArray[np.int64]
Lines = npt.NDArray[np.uint8]  # one line a text, of whole blocks

BLOCK = 16  # bytes
_PADDING = 0x80  # a bit 1, then zeros, after a message that does not fill its last block


class Cmac:
    """The function under one key, of 16, 24 or 32 bytes."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        # ECB is one call of the cipher a block, and nothing else: the chaining is below.
        self._encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        whole = _doubled(self._enciphered(np.zeros((1, 2), np.uint64)).tobytes())
        self._last = np.frombuffer(_doubled(whole) + whole, np.uint64).reshape(
            2, 2
        )  # of a padded block, of a whole one

    def digests(self, texts: pl.Series, after: Digests | None = None) -> Digests:
        """The digest of each text; no text is NULL.

        after: what `states` made of the beginning of each message; the text is then its end, and is not empty.
        """
        found = np.empty((len(texts), 2), np.uint64)
        for rows, size, lines in _by_blocks(texts):
            _pad(lines, size)
            found[rows] = self._ended(lines, size, None if after is None else after[rows])
        return found

    def states(self, texts: pl.Series) -> Digests:
        """What is made of each text as the beginning of a message, filled with zero bytes up to whole blocks."""
        found = np.empty((len(texts), 2), np.uint64)
        for rows, _, lines in _by_blocks(texts):
            found[rows] = self._absorbed(lines, None)
        return found

    def digests_less_one(self, texts: pl.Series, places: int, after: Digests) -> Digests:
        """The digests of each text without its first byte, without its second…: as many lines a text as `places`, the
        text being the end of its message. Where a text has no such byte, the digest is of no use."""
        found = np.empty((len(texts), places, 2), np.uint64)
        for rows, size, lines in _by_blocks(texts, less=1):
            _pad(lines, size)
            longest_first = np.argsort(-size)
            rows, size, lines = rows[longest_first], size[longest_first], lines[longest_first]
            state, width = after[rows], lines.shape[1] - BLOCK
            for place in range(min(places, size[0])):
                count = int(np.count_nonzero(size > place))  # those that have this byte are the first
                left = np.empty((count, width), np.uint8)
                left[:, :place] = lines[:count, :place]
                left[:, place:] = lines[:count, place + 1 : width + 1]
                found[rows[:count], place] = self._ended(left, size[:count] - 1, state[:count])
        return found

    def _ended(self, lines: Lines, size: Numbers, state: Digests | None) -> Digests:
        lines.view(np.uint64)[:, -2:] ^= self._last[(size == lines.shape[1]).view(np.int8)]
        return self._absorbed(lines, state)

    def _absorbed(self, lines: Lines, state: Digests | None) -> Digests:
        blocks = lines.view(np.uint64).reshape(len(lines), -1, 2)
        made = np.zeros((len(lines), 2), np.uint64) if state is None else state
        for rank in range(blocks.shape[1]):
            made = self._enciphered(made ^ blocks[:, rank])
        return made

    def _enciphered(self, blocks: Digests) -> Digests:
        made = np.empty(blocks.nbytes + BLOCK - 1, np.uint8)
        self._encryptor.update_into(blocks.data.cast("B") if blocks.size else b"", made.data)
        return made[: blocks.nbytes].view(np.uint64).reshape(-1, 2)


def _by_blocks(texts: pl.Series, less: int = 0) -> Iterator[tuple[Numbers, Numbers, Lines]]:
    """Texts that take as many blocks, one at least: their ranks, their lengths, and their bytes, filled with zeros.

    less: so many bytes of each will be taken away; what is left is what is counted, and one more block is there.
    """
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    counts = np.maximum(-(-(lengths - less) // BLOCK), 1)
    for count in np.flatnonzero(np.bincount(counts)):
        rows = np.flatnonzero(counts == count)
        size, width = lengths[rows], (int(count) + less) * BLOCK
        zeros = pl.Series(["\0" * n for n in range((1 + less) * BLOCK + 1)])
        filled = pl.select(pl.concat_str(texts.gather(rows), zeros.gather(width - size))).to_series()
        lines = np.frombuffer(bytearray(filled.str.join("").item().encode()), np.uint8)
        yield rows, size, lines.reshape(-1, width)


def _pad(lines: Lines, size: Numbers) -> None:
    """Ends each text that does not fill its line."""
    width = lines.shape[1]
    lines.reshape(-1)[(np.arange(len(lines)) * width + size)[size < width]] = _PADDING


def _doubled(block: bytes) -> bytes:
    """The product by x in GF(2^128), as SP 800-38B makes its subkeys."""
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(BLOCK, "big")
