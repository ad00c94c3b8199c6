"""The encoding of a text file, decided on the whole file and never lossy.

Belongs here: bytes to text. Does not belong here: separators, quotes, cells (`delimited`).
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_contracts.limits import limit
from ingest.read.frames import Over, UnreadableFile
from ingest.read.opening import BOMS, opened

_BLOCK = 1 << 20
_BINARY = re.compile(rb"\0+[^\0\r\n\x1a;,\t|\"]")  # a NUL that pads neither a cell, nor a line, nor the file
# UTF-8 of what French is written with: à-ÿ À-ß, « » ° ² and the no-break space, œ Œ Ÿ, ’ “ ” – — … and the narrow
# no-break space, €. Read as cp1252 these bytes are Ã, Â, Å or â€ before a sign, as in « Ã© » or « â€™ »: no French word
# ends in Â, Ã or Å. The other sequences prove nothing: « É » before a no-break space, or « é » before two signs, are
# well-formed UTF-8 too, of letters (ɠ, 頻) that no French text holds.
_FRENCH_UTF8 = re.compile("\xc2[\xa0-\xbf]|\xc3[\x80-\xbf]|\xc5[\x92\x93\xb8]|\xe2\x80[\x90-\xaf]|\xe2\x82\xac")
_REMEDY = "enregistrer le fichier en UTF-8 (« CSV UTF-8 » dans un tableur), puis le redéposer"


def encoding_of(path: Path) -> str:
    """utf-8-sig or utf-16 when a byte-order mark says so, else utf-8 if the whole file is, else cp1252.

    UTF-16 without a mark is recognised by its NUL bytes, one in two (utf-16-le, utf-16-be). A file that is not UTF-8
    and yet holds one sequence of `_FRENCH_UTF8` mixes both encodings, and is refused.

    Raises:
        UnreadableFile: no encoding reads every byte, or two are mixed (the message names line and byte); the file holds
            only blanks; the file is binary.
    """
    with opened(path) as stream:
        start = stream.read(3)
    for bom, encoding in BOMS:
        if start.startswith(bom):
            name = encoding.removesuffix("-sig")
            if problem := _undecodable(path, name):
                raise UnreadableFile(path, f"annoncé en {name.upper()} par sa marque, mais {problem}", _REMEDY)
            return encoding
    if (unmarked := _unmarked_utf16(path)) and not _undecodable(path, unmarked):
        return unmarked
    if (not_utf8 := _undecodable(path, "utf-8")) is None:
        return "utf-8"
    if utf8 := _first_french_utf8(path):
        raise UnreadableFile(
            path,
            f"encodages mêlés, UTF-8 ({utf8}) et Windows-1252 ({not_utf8})",
            "corriger ces lignes ou exporter de nouveau, tout le fichier en UTF-8, puis le redéposer",
        )
    if not_cp1252 := _undecodable(path, "cp1252"):
        raise UnreadableFile(path, f"encodage inconnu : ni UTF-8 ({not_utf8}) ni Windows-1252 ({not_cp1252})", _REMEDY)
    return "cp1252"


@contextmanager
def lines_of(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The physical lines of a text file, with their ends of line as delivered."""
    with opened(path) as stream:
        yield io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")


def _unmarked_utf16(path: Path) -> str | None:
    """The UTF-16 that a file is written in, when its first bytes are NUL one time in two."""
    with opened(path) as stream:
        start = stream.read(1 << 12)
    low, high = (start[parity::2].count(0) / max(1, len(start) // 2) for parity in (0, 1))
    if min(low, high) > 0.05 or max(low, high) < 0.6:
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def _first_french_utf8(path: Path) -> str | None:
    """The first sequence of bytes that only UTF-8 explains, and its line."""
    with lines_of(path, "latin-1") as lines:
        for number, line in enumerate(lines, start=1):
            if match := _FRENCH_UTF8.search(line):
                octets = match[0].encode("latin-1")
                shown = octets.decode()
                shown = "espace insécable" if shown.isspace() else f"« {shown} »"
                return f"{shown}, octets {octets.hex(' ').upper()}, à la ligne {number}"
    return None


def _unended(block: bytes, before: int) -> int:
    """How many bytes stand after the last end of line. A block is shorter than the longest line."""
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    return before + len(block) if last < 0 else len(block) - last - 1


def _undecodable(path: Path, encoding: str) -> str | None:
    """Where the file stops being of that encoding, or None when all of it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)  # counts CRLF, LF and CR alike, across blocks
    line, offset, blank, padded = 1, 0, True, b""
    unended, longest = 0, limit("ligne") << 20  # bytes since the last end of line
    with opened(path) as stream:
        while True:
            block = stream.read(_BLOCK)
            unended = _unended(block, unended)
            if unended > longest:
                raise Over("ligne")
            pending = len(decoder.getstate()[0])
            if not encoding.startswith("utf-16"):
                if (padded or b"\0" in block) and _BINARY.search(padded + block):
                    raise UnreadableFile(path, "fichier binaire (octets nuls dans le texte)", _REMEDY)
                padded = block[-1:] if block.endswith(b"\0") else b""
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(error.encoding, "ignore")
                line += newlines.decode(before).count("\n")
                position = offset - pending + error.start + 1
                return f"octet 0x{error.object[error.start]:02X} à la ligne {line}, octet n° {position}"
            blank = blank and not text.strip("\ufeff \t\r\n\0\x1a")
            line += newlines.decode(text, final=not block).count("\n")
            offset += len(block)
            if not block:
                break
    if blank:
        raise UnreadableFile(path, "le fichier ne contient que des blancs", "vérifier l'export, puis le redéposer")
    return None
