"""Deliveries that were valid once: bytes, cells, nodes, tags and parts of archives changed, a few times each.

Belongs here: how a file is changed, whatever its form. Does not belong here: which files (`corpus_of`), what is
expected of what reads them (`attempt`).
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

# What people, programs and enemies write where something else was expected.
TEXTS = (
    "", " ", "0", "-1", "1e999", "-1e-999", "NaN", "Infinity", "9" * 40, "9" * 400, "1,5,2", "1.234.567,8", "٣", "１２",
    "null", "None", "VRAI", "secret", "\0", "\ufeff", "\u202e", "e\u0301", "🏠", "=1+1", '"', "'", ";", "\t", "|",
    "01/13/2024", "31/02/2024", "2024-02-30", "0000-00-00", "9999-12-31", "24/12/24", "2A004", "000000000", "x" * 5000,
    "2024-12-31T25:61:61Z", "3010000222/", "<a>", "&amp;", "%s", "{0}", "\\", "\u0001",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", [], {}, [[]], [None], {"": None}, [{"a": [{}]}], *TEXTS[:20],
)  # fmt: skip
BYTES = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xc3",
    b"\xe9",
    b"\r",
    b"\n\n",
    b'"',
    b"\x1a",
    b"[",
    b"}",
    b"<",
    b"\\u0000",
    b"\\ud800",
)


def mutated(content: bytes, chance: Random) -> bytes:
    """The delivery with one to four changes, inside whatever wraps it."""
    if content.startswith(b"\x1f\x8b") and chance.random() < 0.8:
        return gzip.compress(mutated(gzip.decompress(content), chance), compresslevel=1, mtime=0)
    if content.startswith(b"PK") and chance.random() < 0.8:
        return _in_archive(content, chance)
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(_ways(content))(content, chance)
    return content


def _ways(content: bytes) -> list[Callable[[bytes, Random], bytes]]:
    start = content.lstrip(b"\xef\xbb\xbf \r\n")[:1]
    if start in (b"{", b"["):
        return [_tree, _tree, _tree, _tree, _flip, _cut, _double, _token, _digits]
    if start == b"<":
        return [_tags, _tags, _attribute, _flip, _cut, _double, _token, _digits]
    if content.startswith((b"PK", b"PAR1")):
        return [_flip, _cut, _double]
    return [_cells, _cells, _cells, _swapped, _lines, _flip, _cut, _double, _token, _digits]


def _place(content: bytes, chance: Random) -> int:
    return chance.randint(0, max(0, len(content) - 1))


def _flip(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        if changed:
            changed[_place(content, chance)] = chance.randint(0, 255)
    return bytes(changed)


def _cut(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + (content[start + chance.randint(1, 200) :] if chance.random() < 0.7 else b"")


def _double(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    part = content[start : start + chance.randint(1, 300)]
    return content[:start] + part * chance.randint(2, 4) + content[start + len(part) :]


def _token(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + chance.choice([*BYTES, *(text.encode() for text in TEXTS)]) + content[start:]


def _digits(content: bytes, chance: Random) -> bytes:
    """A number becomes another one."""
    numbers = list(re.finditer(rb"\d+", content))
    if not numbers:
        return content
    chosen = chance.choice(numbers)
    return content[: chosen.start()] + chance.choice(TEXTS).encode() + content[chosen.end() :]


def _rows(content: bytes) -> tuple[list[list[bytes]], bytes]:
    separator = max((b";", b",", b"\t", b"|"), key=content.count)
    return [line.split(separator) for line in content.split(b"\n")], separator


def _cells(content: bytes, chance: Random) -> bytes:
    rows, separator = _rows(content)
    row = chance.choice(rows)
    row[chance.randrange(len(row))] = chance.choice(TEXTS).encode()
    return b"\n".join(separator.join(row) for row in rows)


def _swapped(content: bytes, chance: Random) -> bytes:
    """Two cells change places; sometimes in every row, as when two columns do."""
    rows, separator = _rows(content)
    widest = max(map(len, rows))
    one, other = chance.randrange(widest), chance.randrange(widest)
    for row in rows if chance.random() < 0.5 else [chance.choice(rows)]:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return b"\n".join(separator.join(row) for row in rows)


def _lines(content: bytes, chance: Random) -> bytes:
    lines = content.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    if chance.random() < 0.5:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines.insert(one, lines[other])
    return b"\n".join(lines)


def _tree(content: bytes, chance: Random) -> bytes:
    """A node of a JSON becomes another, goes, comes twice, or goes one level deeper."""
    with suppress(ValueError, RecursionError):
        tree = json.loads(content)
        places: list[tuple[Any, Any]] = []
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            places += [(node, key) for key in keys]
            waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
        if not places:
            return content
        node, key = chance.choice(places)
        match chance.randint(0, 5):
            case 0:
                del node[key]
            case 1:
                node[key] = [node[key], node[key]]
            case 2:
                other, there = chance.choice(places)
                node[key] = json.loads(json.dumps(other.get(there) if isinstance(other, dict) else other[there]))
            case 3 if isinstance(node, dict):
                node[chance.choice(TEXTS)] = node[key]
            case _:
                node[key] = chance.choice(VALUES)
        return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return content


def _tags(content: bytes, chance: Random) -> bytes:
    """An element goes, comes twice, or changes its text."""
    elements = list(re.finditer(rb"<([\w:]+)[^<>]*>[^<>]*</\1>|<[\w:]+[^<>]*/>", content))
    if not elements:
        return content
    chosen = chance.choice(elements)
    changed = chance.choice(
        [b"", chosen[0] * 2, re.sub(rb">[^<>]*<", lambda _: b">" + chance.choice(TEXTS).encode() + b"<", chosen[0])]
    )
    return content[: chosen.start()] + changed + content[chosen.end() :]


def _attribute(content: bytes, chance: Random) -> bytes:
    values = list(re.finditer(rb'="[^"<>]*"', content))
    if not values:
        return content
    chosen = chance.choice(values)
    return content[: chosen.start()] + b'="' + chance.choice(TEXTS).encode() + b'"' + content[chosen.end() :]


def _in_archive(content: bytes, chance: Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        changed = chance.choice(old.namelist() + ["xl/worksheets/sheet1.xml"] * 4)
        for name in old.namelist():
            part = old.read(name)
            if name == changed and chance.random() < 0.1:
                continue
            new.writestr(name, mutated(part, chance) if name == changed else part)
    return out.getvalue()
