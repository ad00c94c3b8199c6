"""Bytes at rest: what was written is what is read, wherever one looks; what was touched is not read at all."""

from __future__ import annotations

import hashlib
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.protect import encryption
from ingest.protect.encryption import CHUNK, HEADER, Altered, Damaged, WrongKey, decrypting, encrypt, padded, rewrap
from ingest.protect.keyrings import Keyring, Secret

SEALED = CHUNK + 16
V1, V2 = Secret("v1", "", b"\1" * 32), Secret("v2", "", b"\2" * 32)
PSEUDONYMS = Secret("p1", "", b"\3" * 32)
ONE, BOTH, OTHER = (Keyring("essai", secrets, PSEUDONYMS) for secrets in ((V1,), (V1, V2), (V2,)))
NAME = "0" * 32
SIZES = (0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7, 3 * CHUNK)


def sealed(plain: bytes, keyring: Keyring = ONE) -> bytes:
    target = io.BytesIO()
    encrypt(io.BytesIO(plain), target, keyring, hashlib.sha256(plain).hexdigest(), len(plain), NAME)
    return target.getvalue()


def plain_of(content: bytes, keyring: Keyring = ONE) -> bytes:
    return decrypting(io.BytesIO(content), keyring).read()


def sample(size: int) -> bytes:
    return hashlib.shake_128(str(size).encode()).digest(size)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_and_none_of_it_shows(size: int) -> None:
    plain = sample(size)
    content = sealed(plain)
    assert plain_of(content) == plain
    assert len(content) == HEADER + SEALED * max(1, -(-size // CHUNK))
    assert size < 16 or plain[:16] not in content


@given(size=st.integers(0, 1 << 44))
def test_a_length_tells_its_order_of_magnitude_and_little_more(size: int) -> None:
    """Padmé over whole chunks: at most 12 % more, or the rest of a chunk; few lengths of a magnitude are told apart."""
    found = padded(size)
    assert size <= found <= max(size * 1.12, size + CHUNK)
    assert found % CHUNK == 0
    assert padded(found) == found
    magnitude = max(size, 2).bit_length() - 1
    apart = {padded((1 << magnitude) + (step << magnitude >> 10)) for step in range(1024)}
    assert len(apart) <= 1 + 2 ** magnitude.bit_length()


def test_what_holds_in_a_chunk_has_one_length() -> None:
    assert {padded(size) for size in (0, 1, 100, CHUNK - 1, CHUNK)} == {CHUNK}


def test_the_same_bytes_never_give_the_same_file() -> None:
    assert sealed(b"x" * 100)[HEADER:] != sealed(b"x" * 100)[HEADER:]


@given(
    size=st.sampled_from(SIZES),
    moves=st.lists(
        st.tuples(st.integers(0, 3 * CHUNK + 10), st.integers(-1, 2 * CHUNK), st.sampled_from((0, 1, 2))), max_size=8
    ),
)
@settings(max_examples=60, deadline=None)
def test_seeking_and_reading_is_that_of_the_plain_bytes(size: int, moves: list[tuple[int, int, int]]) -> None:
    plain = sample(size)
    expected, found = io.BytesIO(plain), decrypting(io.BytesIO(sealed(plain)), ONE)
    for offset, length, whence in moves:
        origin = (0, expected.tell(), size)[whence]
        wanted = origin - offset if whence == 2 else origin + offset
        if wanted < 0:
            continue
        expected.seek(wanted)
        found.seek(offset if whence == 1 else -offset if whence == 2 else wanted, whence)
        assert found.tell() == expected.tell() == wanted
        assert found.read(length) == expected.read(length)


@given(size=st.sampled_from(SIZES), where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@settings(max_examples=120, deadline=None)
def test_one_changed_byte_anywhere_is_seen(size: int, where: float, flip: int) -> None:
    content = bytearray(sealed(sample(size)))
    content[int(where * len(content))] ^= flip
    with pytest.raises((Damaged, WrongKey)):
        plain_of(bytes(content))


@pytest.mark.parametrize(
    "cut", [0, 7, HEADER - 1, HEADER, HEADER + 3, HEADER + 16, HEADER + SEALED, HEADER + 2 * SEALED, -1, -16]
)
def test_a_truncated_file_is_known_as_soon_as_it_is_opened(cut: int) -> None:
    with pytest.raises(Damaged):
        decrypting(io.BytesIO(sealed(sample(2 * CHUNK + 7))[:cut]), ONE)


def chunks_of(content: bytes) -> tuple[bytes, list[bytes]]:
    body = content[HEADER:]
    return content[:HEADER], [body[i : i + SEALED] for i in range(0, len(body), SEALED)]


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 0, 1, 2), (0, 1, 1, 2), (2,), (0, 1), (0, 1, 2, 2)])
def test_chunks_moved_removed_or_repeated_are_seen(order: tuple[int, ...]) -> None:
    header, chunks = chunks_of(sealed(sample(3 * CHUNK)))
    with pytest.raises(Damaged):
        plain_of(header + b"".join(chunks[i] for i in order))


def test_a_chunk_or_a_header_of_another_file_is_seen() -> None:
    first, second = sealed(sample(3 * CHUNK)), sealed(sample(3 * CHUNK))
    header, chunks = chunks_of(first)
    other_header, others = chunks_of(second)
    for forged in (header + chunks[0] + others[1] + chunks[2], other_header + b"".join(chunks)):
        with pytest.raises(Damaged):
            plain_of(forged)


def test_a_file_closed_by_a_key_that_is_not_there_says_which() -> None:
    with pytest.raises(WrongKey) as raised:
        plain_of(sealed(b"secret"), OTHER)
    assert (raised.value.version, raised.value.fingerprint) == ("v1", V1.fingerprint)


def test_rewrapping_changes_the_key_and_no_chunk() -> None:
    content, target = sealed(sample(2 * CHUNK)), io.BytesIO()
    rewrap(io.BytesIO(content), target, BOTH)
    rewrapped = target.getvalue()
    assert rewrapped[HEADER:] == content[HEADER:]
    assert plain_of(rewrapped, OTHER) == sample(2 * CHUNK)
    with pytest.raises(WrongKey):
        plain_of(rewrapped, ONE)


@pytest.mark.parametrize("read", [b"autre", b"an", b"", b"annonce, et la suite", b"annonce\0"])
def test_bytes_that_are_not_those_announced_are_refused(read: bytes) -> None:
    with pytest.raises(Altered):
        encrypt(io.BytesIO(read), io.BytesIO(), ONE, hashlib.sha256(b"annonce").hexdigest(), 7, NAME)


def test_a_whole_file_is_checked_to_its_last_chunk(tmp_path) -> None:
    path = tmp_path / "fichier.enc"
    content = bytearray(sealed(sample(3 * CHUNK)))
    path.write_bytes(content)
    announced = hashlib.sha256(sample(3 * CHUNK)).hexdigest()
    encryption.check(path, ONE, announced)
    with pytest.raises(Damaged):
        encryption.check(path, ONE, "0" * 64)
    content[HEADER + SEALED + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged):
        encryption.check(path, ONE, announced)


def test_a_large_file_is_encrypted_and_read_in_little_memory(tmp_path) -> None:
    import tracemalloc

    plain, target = tmp_path / "clair", tmp_path / "chiffre"
    plain.write_bytes(os.urandom(1 << 20) * 24)
    announced = hashlib.sha256(plain.read_bytes()).hexdigest()
    tracemalloc.start()
    with plain.open("rb") as source, target.open("wb") as copy:
        encrypt(source, copy, ONE, announced, 24 << 20, NAME)
    encryption.check(target, ONE, announced)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
