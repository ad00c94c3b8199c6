"""What a file holds is measured while it is read: as deep and as long as it is, whatever its blocks."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts import limits
from data_contracts.strict_yaml import DeclarationError
from ingest.read import bounds
from ingest.read.frames import Over

TEXTS = st.text(alphabet='[]{}"\\\\a1,:', max_size=8)
NODES = st.recursive(
    st.none() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture(autouse=True, scope="module")
def low() -> Iterator[None]:
    """Limits that small examples pass."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DLNUF_LIMITE_PROFONDEUR", "3")
        changed.setenv("DLNUF_LIMITE_CHIFFRES", "6")
        yield


def depth(node: Any) -> int:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
    return 0 if below is None else 1 + max(map(depth, below), default=0)


def numbers(node: Any) -> list[int]:
    if isinstance(node, dict | list):
        return [n for below in (node.values() if isinstance(node, dict) else node) for n in numbers(below)]
    return [len(str(abs(node)))] if isinstance(node, int) else []


def passed(content: bytes, size: int) -> str | None:
    """The limit that a JSON passes, read by blocks of that size."""
    stream = bounds.JsonBytes(io.BytesIO(content))
    try:
        while stream.read(size):
            pass
    except Over as over:
        return over.name
    return None


@given(NODES, st.integers(1, 40), st.booleans())
def test_a_json_passes_a_limit_when_it_does(node: Any, size: int, indented: bool) -> None:
    content = json.dumps(node, indent=1 if indented else None).encode()
    expected = set()
    if depth(node) > 3:
        expected.add("profondeur")
    if max(numbers(node), default=0) > 6:
        expected.add("chiffres")
    found = passed(content, size)
    assert (found in expected) if expected else found is None


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 100])
@pytest.mark.parametrize(
    ("content", "met"),
    [
        (b'["1234567"]', None),
        (b'["\\"1234567"]', None),
        (b'["\\\\",1234567]', "chiffres"),
        (b"[1234567]", "chiffres"),
        (b"[123456,123456]", None),
        (b"[0.123456]", None),
        (b"1234567", "chiffres"),
        (b"[" * 3 + b"]" * 3, None),
        (b"[" * 4 + b"]" * 4, "profondeur"),
        (b'{"]]]":{"]]]":{"]]]":{}}}}', "profondeur"),
        (b'["[[[[", "{{{{"]', None),
        (b'["\\\\\\"[[[["]', None),
        (b"[[],[],[[]],[]]", None),
        (b"]]]]]" + b"[" * 8, None),  # no JSON: its parser says so
    ],
)
def test_signs_inside_texts_do_not_count(content: bytes, met: str | None, size: int) -> None:
    assert passed(content, size) == met


def test_what_a_gzip_gives_is_counted_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_DECOMPRESSE", "1")
    content = gzip.compress(bytes(range(256)) * 4096)
    with bounds.Inflated(io.BytesIO(content)) as stream:
        assert len(stream.read(2**20)) == 2**20
        assert stream.seek(0) == 0
    with bounds.Inflated(io.BytesIO(content + gzip.compress(b"x"))) as stream, pytest.raises(Over, match="decompresse"):
        stream.read()


def test_a_table_that_is_nearly_empty_may_compress_very_well() -> None:
    bounds.unfolded(60 * 2**20, 1000)
    with pytest.raises(Over, match="taux"):
        bounds.unfolded(70 * 2**20, 1000)
    bounds.unfolded(70 * 2**20, 70 * 2**20 // 200)


@pytest.mark.parametrize("given_", ["0", "-1", "beaucoup", "1.5", "9" * 30, "٣"])
def test_a_setting_that_is_no_number_is_said(given_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_COLONNES", given_)
    with pytest.raises(DeclarationError, match=re.escape("DLNUF_LIMITE_COLONNES")):
        limits.limit("colonnes")


def test_limits_in_force_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    before = limits.in_force()
    monkeypatch.setenv("DLNUF_LIMITE_COLONNES", str(limits.limits()["colonnes"].declared))
    assert limits.in_force() == before
    monkeypatch.setenv("DLNUF_LIMITE_COLONNES", "17")
    assert limits.in_force() != before
