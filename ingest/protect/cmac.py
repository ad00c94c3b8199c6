"""AES-CMAC of many texts at once (NIST SP 800-38B, RFC 4493): the keyed function that pseudonyms are made with.

Belongs here: the function, over whole columns. Does not belong here: what it is computed of, and with which key
(`pseudonyms`).

A message is cut into blocks of 16 bytes; each is added to what the cipher made of the blocks before, and goes through
the cipher. Here the blocks of the same rank, of all texts, go through it in one call: a text costs what its bytes cost,
where a call of Python for each costs ten times that. The cipher is that of `cryptography`, as is the CMAC that the
tests hold this one against. docs/adr/0030 says why this function.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Blocks = npt.NDArray[np.uint64]  # one line a block, of two halves
Counts = npt.NDArray[np.int64]

BLOCK = 16  # bytes
_PADDING = 0x80  # a bit 1, then zeros, after a message that does not fill its last block
_ZEROS = pl.Series(["\0" * n for n in range(BLOCK + 1)])


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

    def digests(self, texts: pl.Series, after: Blocks | None = None) -> Blocks:
        """The digest of each text, one line a text; no text is NULL.

        after: what `states` made of the beginning of each message; the text is then its end, and is not empty.
        """
        lengths, blocks, first, counts = _cut(texts)
        is_whole = lengths == counts * BLOCK
        ends = (first * BLOCK + lengths)[~is_whole]
        blocks.view(np.uint8).reshape(-1)[ends] = _PADDING
        blocks[first + counts - 1] ^= self._last[is_whole.view(np.int8)]
        return self._chained(blocks, first, counts, np.zeros((len(texts), 2), np.uint64) if after is None else after)

    def states(self, texts: pl.Series) -> Blocks:
        """What is made of each text as the beginning of a message, filled with zero bytes up to whole blocks."""
        _, blocks, first, counts = _cut(texts)
        return self._chained(blocks, first, counts, np.zeros((len(texts), 2), np.uint64))

    def _chained(self, blocks: Blocks, first: Counts, counts: Counts, before: Blocks) -> Blocks:
        """The state after the blocks of each message: `counts` of them, from line `first` of `blocks`."""
        longest_first = np.argsort(-counts, kind="stable")
        state, first = before[longest_first], first[longest_first]
        for rank, active in enumerate(len(counts) - np.cumsum(np.bincount(counts))[:-1]):
            state[:active] = self._enciphered(state[:active] ^ blocks[first[:active] + rank])
        found = np.empty_like(state)
        found[longest_first] = state
        return found

    def _enciphered(self, blocks: Blocks) -> Blocks:
        made = np.empty(blocks.nbytes + BLOCK - 1, np.uint8)
        self._encryptor.update_into(blocks.data.cast("B") if blocks.size else b"", made.data)
        return made[: blocks.nbytes].view(np.uint64).reshape(-1, 2)


def _cut(texts: pl.Series) -> tuple[Counts, Blocks, Counts, Counts]:
    """The length of each text in bytes; all of them in blocks, the last of each filled with zeros; the first block of
    each text, and how many it has: one at least."""
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    counts = np.maximum(-(-lengths // BLOCK), 1)
    filled = pl.select(pl.concat_str(texts, _ZEROS.gather(counts * BLOCK - lengths))).to_series()
    blocks = np.frombuffer(bytearray(filled.str.join("").item().encode()), np.uint64).reshape(-1, 2)
    return lengths, blocks, np.cumsum(counts) - counts, counts


def _doubled(block: bytes) -> bytes:
    """The product by x in GF(2^128), as SP 800-38B makes its subkeys."""
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(BLOCK, "big")
