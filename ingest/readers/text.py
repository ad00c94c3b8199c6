"""The encoding of a text file, decided on the whole file and never lossy.

Belongs here: bytes to text. Does not belong here: separators, quotes, cells (`delimited`).
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.readers.model import UnreadableFile
from ingest.readers.opening import BOMS, opened

_BLOCK = 1 << 20
_REMEDY = "enregistrer le fichier en UTF-8 (« CSV UTF-8 » dans un tableur), puis le redéposer"


def encoding_of(path: Path) -> str:
    """utf-8-sig or utf-16 when a byte-order mark says so, else utf-8 if the whole file is, else cp1252.

    Raises:
        UnreadableFile: naming line and byte, when no encoding reads every byte; or nothing but blanks; or binary.
    """
    with opened(path) as stream:
        start = stream.read(3)
    for bom, encoding in BOMS:
        if start.startswith(bom):
            name = encoding.removesuffix("-sig")
            if problem := _undecodable(path, name):
                raise UnreadableFile(path, f"annoncé en {name.upper()} par sa marque, mais {problem}", _REMEDY)
            return encoding
    if (not_utf8 := _undecodable(path, "utf-8")) is None:
        return "utf-8"
    if not_cp1252 := _undecodable(path, "cp1252"):
        raise UnreadableFile(path, f"encodage inconnu : ni UTF-8 ({not_utf8}) ni Windows-1252 ({not_cp1252})", _REMEDY)
    return "cp1252"


@contextmanager
def lines_of(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The physical lines of a text file, with their ends of line as delivered."""
    with opened(path) as stream:
        yield io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")


def _undecodable(path: Path, encoding: str) -> str | None:
    """Where the file stops being of that encoding, or None when all of it is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)  # counts CRLF, LF and CR alike, across blocks
    line, offset, blank = 1, 0, True
    with opened(path) as stream:
        while True:
            block = stream.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            if encoding != "utf-16" and b"\0" in block:
                raise UnreadableFile(path, "fichier binaire, ou texte UTF-16 sans marque d'ordre des octets", _REMEDY)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(error.encoding, "ignore")
                line += newlines.decode(before).count("\n")
                position = offset - pending + error.start + 1
                return f"octet 0x{error.object[error.start]:02X} à la ligne {line}, octet n° {position}"
            blank = blank and not text.strip("\ufeff \t\r\n")
            line += newlines.decode(text, final=not block).count("\n")
            offset += len(block)
            if not block:
                break
    if blank:
        raise UnreadableFile(path, "le fichier ne contient que des blancs", "vérifier l'export, puis le redéposer")
    return None
