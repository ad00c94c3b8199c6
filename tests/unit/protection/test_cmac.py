"""AES-CMAC over columns is AES-CMAC: that of the standard, and that of the library, text by text."""

from __future__ import annotations

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from ingest.protect.cmac import Cmac

KEYS = st.binary(min_size=32, max_size=32)
TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=80), max_size=30)


def of_library(key: bytes, message: bytes) -> bytes:
    function = CMAC(algorithms.AES(key))
    function.update(message)
    return function.finalize()


def digests(key: bytes, texts: list[str], after: list[str] | None = None) -> list[bytes]:
    cmac = Cmac(key)
    begun = None if after is None else cmac.states(pl.Series(after, dtype=pl.String))
    return [line.tobytes() for line in cmac.digests(pl.Series(texts, dtype=pl.String), begun)]


# Examples of SP 800-38B whose message is a text; the others are of bytes that no text has.
@pytest.mark.parametrize(
    ("key", "digest"),
    [
        ("2b7e151628aed2a6abf7158809cf4f3c", "bb1d6929e95937287fa37d129b756746"),
        ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "028962f61b7bf89efc6b551f4667d983"),
    ],
)
def test_the_empty_message_has_the_digest_of_the_standard(key: str, digest: str) -> None:
    assert [found.hex() for found in digests(bytes.fromhex(key), [""])] == [digest]


@given(KEYS, TEXTS)
def test_each_text_of_a_column_has_the_digest_that_the_library_gives_it(key: bytes, texts: list[str]) -> None:
    assert digests(key, texts) == [of_library(key, text.encode()) for text in texts]


@given(
    KEYS,
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8"), max_size=40), st.text("AZ+é", min_size=1, max_size=40)),
        max_size=20,
    ),
)
def test_a_message_in_two_parts_is_the_first_filled_with_zeros_then_the_second(
    key: bytes, parts: list[tuple[str, str]]
) -> None:
    found = digests(key, [end for _, end in parts], [f"{begin}|" for begin, _ in parts])
    begun = [f"{begin}|".encode() for begin, _ in parts]
    assert found == [
        of_library(key, first + bytes(-len(first) % 16) + end.encode())
        for first, (_, end) in zip(begun, parts, strict=True)
    ]


@given(
    KEYS, st.lists(st.tuples(st.text("AZ", max_size=20), st.text("ABCDEFGHI", min_size=2, max_size=40)), max_size=20)
)
def test_a_text_may_end_a_message_without_one_of_its_letters(key: bytes, parts: list[tuple[str, str]]) -> None:
    cmac, places = Cmac(key), 14
    begun = cmac.states(pl.Series([f"{begin}|" for begin, _ in parts], dtype=pl.String))
    found = cmac.digests_less_one(pl.Series([end for _, end in parts], dtype=pl.String), places, begun)
    for (begin, end), line in zip(parts, found, strict=True):
        less = [end[:i] + end[i + 1 :] for i in range(min(places, len(end)))]
        assert [digest.tobytes() for digest in line[: len(less)]] == digests(key, less, [f"{begin}|"] * len(less))
