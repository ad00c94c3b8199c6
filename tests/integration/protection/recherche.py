"""Looks for texts in every byte of a folder: as they are, and in what Parquet, DuckDB, SQLite, JSON and gzip hold."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl


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
        nir = self.nir[:13]
        spaced = " ".join((nir[0], nir[1:3], nir[3:5], nir[5:7], nir[7:10], nir[10:13]))
        return {self.nom, self.prenom, nir, spaced, *dates, self.adresse, self.dossier}


def traces(folder: Path, identities: Iterable[Identity]) -> list[str]:
    """Where, under a folder, a writing of one of these persons is: file, place, writing."""
    needles = {folded(w) for person in identities for w in person.writings()}
    pattern = _pattern(needles)
    found: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        relative = str(path.relative_to(folder))
        for place, text in (("nom", relative), *_texts(path)):
            for hit in sorted(set(pattern.findall(folded(text)))):
                found.append(f"{relative} [{place}] : {hit}")
    return found


def in_text(text: str, identities: Iterable[Identity]) -> list[str]:
    """The writings of these persons that a text holds."""
    needles = {folded(w) for person in identities for w in person.writings()}
    return sorted(set(_pattern(needles).findall(folded(text))))


def folded(text: str) -> str:
    """Capitals and accents put aside."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.casefold()


def _pattern(needles: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(n) for n in sorted(needles, key=len, reverse=True)))


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    yield from _decoded(content)
    if content.startswith(b"\x1f\x8b"):
        yield from (("gzip " + place, text) for place, text in _decoded(gzip.decompress(content)))
    if content.startswith(b"PAR1"):
        yield from (("parquet " + name, text) for name, text in _frame(pl.read_parquet(path, hive_partitioning=False)))
    if path.suffix == ".duckdb":
        yield from _duckdb(path)
    if content.startswith(b"SQLite format 3"):
        yield from _sqlite(path)
    if path.suffix == ".json":
        yield "json", str(json.loads(content))


def _decoded(content: bytes) -> Iterator[tuple[str, str]]:
    """The bytes as each encoding reads them."""
    for encoding in ("utf-8", "cp1252", "utf-16-le"):
        yield encoding, content.decode(encoding, "ignore")
    yield "utf-16-le décalé", content[1:].decode("utf-16-le", "ignore")


def _frame(frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
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
