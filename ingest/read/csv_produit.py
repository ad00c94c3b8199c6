"""Exports of products: one delimited file, or workbook, that fills one or several tables through a mapping.

Belongs here: from the columns of a product to the fields of a contract (codes, dates, parts, constants), as
docs/formats/csv.md says. Does not belong here: the mapping files (`data_contracts/mappings`), cutting lines into cells
(`csv_file`), rules about values (the contracts). A text that the mapping does not know stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.loading import load_contracts
from data_contracts.titles import title_key
from ingest.protect.masks import without_digits
from ingest.read import csv_file, xlsx_file
from ingest.read.frames import BLANKS, DEFAUT, LIGNE, TECHNICAL, LayoutLike, Table, UnreadableFile
from ingest.read.opening import family

_ISO = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%dT%H:%M:%S"}
_JOINED_BY = "-"


def columns(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Titles that a mapping reads, in order. A file has no other titles, but those that the mapping says to ignore."""
    named: dict[str, None] = {}
    for table in options.get("tables", {}).values():
        for title in [table.get("when"), *(t for source in table["fields"].values() for t in titles_of(source))]:
            if title is not None:
                named.setdefault(str(title))
    return tuple(named)


def titles_of(source: Mapping[str, Any]) -> list[str]:
    """Titles from which the value of a field is made."""
    named = [source.get("column"), *source.get("joined", ()), source.get("when")]
    return [str(title) for title in named if title is not None]


def leaned_upon(options: Mapping[str, Any]) -> frozenset[str]:
    """Titles that a file cannot lack without changing what is read: conditions, parts of a value, defaulted values."""
    named: set[str] = set()
    for table in options.get("tables", {}).values():
        named |= {str(table["when"])} if table.get("when") is not None else set()
        for source in table["fields"].values():
            if {"when", "joined", "default"} & source.keys():
                named |= set(titles_of(source))
    return frozenset(named)


def read(
    path: Path, layout: LayoutLike, entities: Sequence[str], knows: xlsx_file.Knows | None = None
) -> Iterator[Table]:
    """The rows of each table that the file fills. A line that is no record is a defective row of the first table.

    Each table says which titles of the mapping the file lacks: their values are unknown.

    Raises:
        UnreadableFile: a title that the mapping does not know: the file is of another product, or version.
    """
    options = layout.options
    tables = {name: _Mapped(name, options["tables"][name], options.get("dates") or ()) for name in entities}
    absent: tuple[str, ...] | None = None
    whole_file = csv_file.read if family(path) == "csv" else partial(xlsx_file.read, knows=knows)
    for whole in whole_file(path, layout, ["fichier"]):
        if absent is None:
            absent = _absent(path, options, whole.frame.columns)
        for rank, mapped in enumerate(tables.values()):
            yield Table(mapped.name, mapped.rows(whole.frame, first=rank == 0), absent)


def _absent(path: Path, options: Mapping[str, Any], delivered: Sequence[str]) -> tuple[str, ...]:
    """The titles of the mapping that the file lacks. An unknown title refuses it: the mapping may have changed."""
    wanted = {title_key(title): title for title in columns(options)}
    ignored = {title_key(str(title)) for title in options.get("ignored_titles") or ()}
    by_key = {title_key(name): name for name in delivered if name not in TECHNICAL}
    unknown = [name for key, name in by_key.items() if key and key not in wanted and key not in ignored]
    if unknown:
        raise UnreadableFile(
            path,
            "les titres ne sont pas ceux que la correspondance attend "
            f"({', '.join(f'+ {without_digits(name)}' for name in unknown)})",
            "vérifier de quel produit et de quelle version vient ce fichier, ou corriger sa correspondance",
        )
    return tuple(title for key, title in wanted.items() if key not in by_key)


class _Mapped:
    """One table of a mapping."""

    def __init__(self, name: str, table: Mapping[str, Any], dates: Sequence[str]) -> None:
        self.name = name
        self._fields: dict[str, Mapping[str, Any]] = table["fields"]
        self._when: str | None = table.get("when")
        self._types = _dated(name, set(self._fields))
        self._dates = tuple(dates)
        self._is_distinct = bool(table.get("distinct"))
        self._given = pl.DataFrame(schema={"a": pl.UInt64, "b": pl.UInt64})

    def rows(self, whole: pl.DataFrame, *, first: bool) -> pl.DataFrame:
        actual = {title_key(name): name for name in whole.columns}
        kept = whole
        if not first:
            kept = kept.filter(pl.col(DEFAUT).is_null())
        if self._when is not None:
            kept = kept.filter(_text(actual, self._when).is_not_null() | pl.col(DEFAUT).is_not_null())
        frame = kept.select(
            *(self._value(name, source, actual).alias(name) for name, source in self._fields.items()),
            *(pl.col(name) for name in TECHNICAL if name in whole.columns),
        )
        return self._distinct(frame) if self._is_distinct else frame

    def _value(self, name: str, source: Mapping[str, Any], actual: Mapping[str, str]) -> pl.Expr:
        if "constant" in source:
            value = pl.lit(str(source["constant"]))
        elif "joined" in source:
            parts = [_text(actual, title) for title in source["joined"]]
            value = pl.concat_str(parts, separator=str(source.get("separator", _JOINED_BY)), ignore_nulls=True)
            value = pl.when(value != "").then(value)
        else:
            value = _text(actual, source["column"])
            if "part" in source:
                cut = value.str.split(str(source.get("separator", _JOINED_BY)))
                value = _bare(cut.list.get(int(source["part"]) - 1, null_on_oob=True))
            if "pattern" in source:
                grouped = re.compile(source["pattern"]).groups > 0
                value = pl.coalesce(value.str.extract(source["pattern"], int(grouped)), value)
        if "codes" in source:
            codes = {str(text): str(code) for text, code in source["codes"].items()}
            value = _bare(value.replace(codes))
        if "default" in source:
            value = value.fill_null(str(source["default"]))
        if kind := self._types.get(name):
            value = _iso(value, kind, (*map(str, source.get("dates") or ()), *self._dates))
        if "prefix" in source:
            value = pl.lit(str(source["prefix"])) + value
        if "when" in source:
            value = pl.when(_text(actual, source["when"]).is_not_null()).then(value)
        return value.cast(pl.String)

    def _distinct(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keeps each row once over the whole file, by two hashes of 64 bits. Defective lines are all kept."""
        row = pl.struct(self._fields.keys())
        frame = frame.with_columns(a=row.hash(seed=1), b=row.hash(seed=2))
        sound = frame.filter(pl.col(DEFAUT).is_null()).unique(["a", "b"], keep="first", maintain_order=True)
        new = sound.join(self._given, on=["a", "b"], how="anti", maintain_order="left")
        self._given = pl.concat([self._given, new.select("a", "b")])
        kept = pl.concat([new, frame.filter(pl.col(DEFAUT).is_not_null())]).sort(LIGNE)
        return kept.drop("a", "b")


def _dated(entity: str, fields: set[str]) -> dict[str, str]:
    """The fields of a table that its contract says to be dates or timestamps."""
    return {
        field.name: field.logical_type
        for contract in load_contracts().values()
        for declared in contract.entities
        if declared.name == entity and fields <= {f.name for f in declared.fields}
        for field in declared.fields
        if field.logical_type in _ISO
    }


def _text(actual: Mapping[str, str], title: str) -> pl.Expr:
    """A column without surrounding blanks; NULL everywhere when the file lacks it."""
    name = actual.get(title_key(str(title)))
    return pl.lit(None, pl.String) if name is None else _bare(pl.col(name))


def _bare(text: pl.Expr) -> pl.Expr:
    """A text without surrounding blanks; NULL when nothing is left."""
    return text.str.strip_chars(BLANKS).replace("", None)


def _iso(text: pl.Expr, kind: str, formats: Sequence[str]) -> pl.Expr:
    """A date or a moment in ISO when one of the formats reads it whole, else the text."""
    if not formats:
        return text
    if kind == "date":
        read_as = [text.str.to_date(f, strict=False, exact=True) for f in formats if "%H" not in f]
    else:
        timed = [text.str.to_datetime(f, strict=False, exact=True, time_unit="us") for f in formats if "%H" in f]
        days = [text.str.to_date(f, strict=False, exact=True).cast(pl.Datetime("us")) for f in formats if "%H" not in f]
        read_as = timed + days
    if not read_as:
        return text
    moment = pl.coalesce(read_as)
    return pl.when(moment.dt.year() >= 1000).then(moment.dt.to_string(_ISO[kind])).otherwise(text)
