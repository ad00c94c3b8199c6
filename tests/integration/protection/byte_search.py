"""Looks for texts in every byte of a folder: as they are, and in what Parquet, DuckDB, SQLite, JSON, gzip, zip hold.

JSON is not parsed, lest a file cut or of several lines be skipped: its escapes are undone wherever they are.
"""

from __future__ import annotations

import io
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

_ACCENTS = re.compile("[\u0300-\u036f]+")
_EMPTY = re.compile(rb"\0{2,}")


@dataclass(frozen=True)
class Identity:
    """An invented person, who cannot be real: born in place 99999, of a family nobody has."""

    nom: str
    prenom: str
    nir: str
    ne_le: date
    adresse: str
    dossier: str

    def writings(self) -> set[str]:
        """Every text that would give this person away, in the usual ways of writing it."""
        day, month, year = f"{self.ne_le.day:02d}", f"{self.ne_le.month:02d}", str(self.ne_le.year)
        dates = {
            sep.join(parts) for parts in ((day, month, year), (year, month, day)) for sep in ("/", "-", "", ".", " ")
        }
        dates |= {sep.join((day, month, year[2:])) for sep in ("/", ".")}
        nir = self.nir[:13]
        spaced = " ".join((nir[0], nir[1:3], nir[3:5], nir[5:7], nir[7:10], nir[10:13]))
        return {self.nom, self.prenom, nir, spaced, *dates, self.adresse, self.dossier}

    def short_date(self) -> str:
        """JJMMAA: six digits are a date only when they stand alone in a text."""
        return f"{self.ne_le:%d%m%y}"


def traces(folder: Path, identities: Iterable[Identity]) -> list[str]:
    """Where, under a folder, a writing of one of these persons is: file, place, writing."""
    pattern = _pattern(identities)
    found: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        relative = str(path.relative_to(folder))
        for place, text in (("nom", relative), *_texts(path)):
            for hit in sorted(set(pattern.findall(folded(text)))):
                found.append(f"{relative} [{place}] : {hit}")
    return found


def in_text(text: str, identities: Iterable[Identity]) -> list[str]:
    """The writings of these persons that a text holds."""
    return sorted(set(_pattern(identities).findall(folded(text))))


def folded(text: str) -> str:
    """Capitals and accents put aside."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def _pattern(identities: Iterable[Identity]) -> re.Pattern[str]:
    people = list(identities)
    needles = sorted({folded(w) for person in people for w in person.writings()}, key=len, reverse=True)
    alone = sorted({person.short_date() for person in people})
    return re.compile("|".join([*map(re.escape, needles), *(rf"(?<![\w.:/+-]){n}(?![\w.:/+-])" for n in alone)]))


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    if path.suffix == ".duckdb":  # it writes UTF-8 only, in blocks that are mostly empty
        yield "utf-8", _EMPTY.sub(b"\0", content).decode("utf-8", "ignore")
        yield from _duckdb(path)
        return
    yield from _held(content)
    if content.startswith(b"SQLite format 3"):
        yield from _sqlite(path)


def _held(content: bytes) -> Iterator[tuple[str, str]]:
    """What bytes hold: as they are, and inside their wrappings, one in the other."""
    yield from _decoded(content)
    if content.startswith(b"\x1f\x8b"):
        yield from (("gzip " + place, text) for place, text in _held(zlib.decompressobj(31).decompress(content)))
    if content.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield "zip", name
                yield from ((f"zip {place}", text) for place, text in _held(archive.read(name)))
    if content.startswith(b"PAR1"):
        frame = pl.read_parquet(io.BytesIO(content), hive_partitioning=False)
        yield from (("parquet " + name, text) for name, text in _frame(frame))


def _decoded(content: bytes) -> Iterator[tuple[str, str]]:
    """The bytes as each encoding reads them: ASCII is the same in all."""
    if content.isascii() and b"\0" not in content:
        text = content.decode()
        yield "ascii", text
        if "\\u" in text or "&#" in text:
            yield "échappé", _unescaped(text)
        return
    for encoding in ("utf-8", "cp1252", "utf-16-le"):
        yield encoding, content.decode(encoding, "ignore")
    if b"\\u" in content or b"&#" in content:
        yield "échappé", _unescaped(content.decode("utf-8", "ignore"))
    yield "utf-16-le décalé", content[1:].decode("utf-16-le", "ignore")


def _unescaped(text: str) -> str:
    """Without the escapes of JSON, nor those of XML (which workbooks are full of)."""
    text = re.sub(r"&#(\d{1,7});", lambda found: chr(int(found[1])), text)
    return re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _frame(frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
    if frame.is_empty():
        yield "colonnes", "\n".join(frame.columns)
        return
    for column in frame.columns:
        values = frame[column].drop_nulls().unique().to_list()
        yield column, "\n".join([column, *map(str, values)])


def _duckdb(path: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        for schema, table in tables:
            frame = connection.execute(f'SELECT * FROM "{schema}"."{table}"').pl()
            yield from ((f"duckdb {schema}.{table}.{name}", text) for name, text in _frame(frame))


def _sqlite(path: Path) -> Iterator[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            rows: list[Any] = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            yield f"sqlite {name}", str(rows)
