"""An unknown header compared with the nearest layout: what moved, appeared, vanished or was renamed since.

Belongs here: pairing the columns of a file with the fields of a contract, and the column of the table that follows
from it. Does not belong here: how that table is written (`data_contracts.columns`), whether a delivery is taken
(`recognise`), what its sender is told (`refusals`), the terminal.

A person has to review what is proposed, because two titles that are alike may not mean the same. Titles are quoted as
they are, since they are only shown to whoever holds the file. A first line that may be data is never compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from data_contracts import columns
from data_contracts.columns import UNTITLED
from data_contracts.loading import Contract, Entity, Field, Layout
from data_contracts.titles import normalise_title, rank_off, shown, title_key
from ingest.guard import guarded
from ingest.guard.guarded import Stopped, Work
from ingest.protect.vocabulary import looks_like_titles
from ingest.read import Document, UnreadableFile, sniff
from ingest.receive import landing
from ingest.receive.headers import Difference, difference, folded, nearness
from ingest.receive.refusals import has_header, is_readable_as

_NEAR = 0.3  # share of common titles below which no source is named, unless it is given
_AS_NEAR = 0.9  # part of the largest share from which a layout is as near: the differences are counted then
_ALIKE = 0.8  # likeness of two titles of which one may be the new name of the other
_ALIKE_IN_PLACE = 0.6  # the same, when it stands where the other one stood
_YEAR = re.compile(r"(?:19|20)\d\d")


class NothingToCompare(Exception):
    """A file that has no titles, or whose titles are near those of no source. The message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


@dataclass(frozen=True)
class ColumnOfField:
    """A column of the file that stands for a field.

    rank: its place in the file, from 1. title: as delivered. before: its column in the nearest layout, None when that
    layout does not carry the field. how: `same`, `moved`, `renamed`, or `back` when only another layout carried it.
    """

    field: Field
    rank: int
    title: str
    before: str | int | None
    how: str


@dataclass(frozen=True)
class Comparison:
    """A file compared with the nearest layout of a source, and the column that a new layout would have.

    share: the share of common titles. diff: how the header differs from the layout for a delivery; None when a delivery
    does not look at titles. appeared: rank and title of the columns that are no field. vanished: the fields that the
    layout has and the file lacks. by_position: the new layout gives its columns by position, because some titles come
    twice. code: the code of the new layout.
    """

    file: str
    contract: Contract
    layout: Layout
    entity: Entity
    header: tuple[str, ...]
    share: float
    diff: Difference | None
    fields: tuple[ColumnOfField, ...]
    appeared: tuple[tuple[int, str], ...]
    vanished: tuple[Field, ...]
    by_position: bool
    code: str

    def of(self, how: str) -> list[ColumnOfField]:
        """The columns of one kind, in the order of the file."""
        return sorted((each for each in self.fields if each.how == how), key=lambda each: each.rank)

    @property
    def status(self) -> str:
        """`connue`: deliveries know this header; `recevable`: they take it without some columns; `nouvelle`."""
        if self.diff is None:
            return "nouvelle" if self.appeared or self.of("renamed") else "connue"
        return "nouvelle" if not self.diff.is_bearable else "recevable" if self.diff else "connue"

    @cached_property
    def new_fields(self) -> dict[str, tuple[int, str]]:
        """Name proposed for the field of a column that has none -> its rank and title."""
        taken = {each.name for each in self.entity.fields}
        names: dict[str, tuple[int, str]] = {}
        for rank, title in self.appeared:
            bare = re.sub(r"[^a-z0-9]+", "_", folded(title)).strip("_")[:60].rstrip("_")
            base = bare if bare[:1].isalpha() else f"colonne_{bare or rank}"
            name, again = base, 1
            while name in taken:
                again += 1
                name = f"{base}_{again}"
            taken.add(name)
            names[name] = (rank, title)
        return names

    @property
    def cells(self) -> dict[str, str]:
        """The column to add to the table: field -> cell, for the fields that the file has and those to declare."""
        placed = {each.field.name: (each.rank, each.title, each.field.title) for each in self.fields}
        placed |= {name: (rank, title, title) for name, (rank, title) in self.new_fields.items()}
        return {name: self._cell(*place) for name, place in placed.items()}

    def _cell(self, rank: int, title: str, usual: str) -> str:
        if not self.by_position:
            return columns.written(normalise_title(title))
        is_usual = bool(_key(title)) and _key(title) in (_key(usual), title_key(usual))
        return columns.written(rank, None if is_usual else normalise_title(title))

    @property
    def shifts(self) -> list[tuple[int, int, int]]:
        """First place, last place and offset of the columns that keep their order and stand further or nearer."""
        moved = [(each.rank, each.rank - each.before) for each in self.of("same") if isinstance(each.before, int)]
        runs = ((offset, [rank for rank, _ in run]) for offset, run in groupby(moved, key=lambda pair: pair[1]))
        return [(ranks[0], ranks[-1], offset) for offset, ranks in runs if offset]

    @property
    def layout_line(self) -> str:
        """The line to add under the `layouts` of the contract."""
        major, minor, *_ = (*self.contract.version.split("."), "0")
        return f"      - {{code: {self.code}, like: {self.layout.code}, version: {major}.{int(minor) + 1}.0}}"

    @property
    def columns_line(self) -> str:
        """The line of the contract that names the entity among those of the table; empty when it is there already."""
        placed = [each.name for each in self.contract.entities if any(f.columns is not None for f in each.fields)]
        if self.entity.name in placed:
            return ""
        return f"  - {{property: columns, value: [{', '.join([*placed, self.entity.name])}]}}"

    @property
    def field_lines(self) -> str:
        """The lines to add under the `properties` of the entity, for the columns that no field is."""
        fields = [_declared(name, title) for name, (_, title) in self.new_fields.items()]
        text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=100, default_flow_style=None)
        return "\n".join(f"      {line}" for line in text.splitlines()) if fields else ""

    @property
    def facts(self) -> dict[str, Any]:
        """The same as plain values, for a program."""

        def described(each: ColumnOfField) -> dict[str, Any]:
            return {"field": each.field.name, "title": each.title, "column": each.rank, "before": each.before}

        return {
            "file": self.file,
            "source": self.contract.id,
            "entity": self.entity.name,
            "layout": self.layout.code,
            "share": round(self.share, 3),
            "status": self.status,
            "moved": [described(each) for each in self.of("moved")],
            "shifted": [{"from": first, "to": last, "offset": offset} for first, last, offset in self.shifts],
            "renamed": [{**described(each), "usual": each.field.title} for each in self.of("renamed")],
            "back": [described(each) for each in self.of("back")],
            "appeared": [
                {"field": name, "title": title, "column": rank} for name, (rank, title) in self.new_fields.items()
            ],
            "vanished": [{"field": each.name, "title": each.title} for each in self.vanished],
            "proposed": {"layout": self.code, "cells": self.cells},
            "contract": {
                "layouts": self.layout_line,
                "columns": self.columns_line,
                "properties": self.field_lines,
            },
        }  # fmt: skip


def _declared(name: str, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "physicalName": normalise_title(title) or UNTITLED,
        "logicalType": "string",
        "description": f"{normalise_title(title) or 'Colonne sans titre'}.",
        "customProperties": [{"property": "proof", "value": "S"}],
    }


def compare(
    path: Path, contracts: Mapping[str, Contract], *, source: str | None = None, code: str | None = None
) -> Comparison:
    """The layout that a file is nearest to, and what changed. source: compare with this one only, however far.

    code: of the layout to propose; by default that of the nearest one, with the year that the name of the file says.

    Raises:
        NothingToCompare: the file cannot be opened, or has no titles, or no source has enough of them.
    """
    document = _sniffed(path)
    considered = [contracts[source]] if source else list(contracts.values())
    share, contract, layout, header = _nearest(path, document, considered)
    if not source and share < _NEAR:
        raise NothingToCompare(
            f"Fichier « {path.name} » : aucune source n'a d'intitulés proches des siens. Remède : dire laquelle avec "
            "--source CODE ; si elle n'est pas déclarée, écrire son contrat (docs/contracts.md)."
        )
    if not looks_like_titles(header, considered):
        raise NothingToCompare(
            f"Fichier « {path.name} » : sa première ligne ne ressemble pas à des intitulés. Remède : y remettre la "
            "ligne de titres."
        )
    if layout.tables or layout.reader == "csv_produit":
        raise NothingToCompare(
            f"Fichier « {path.name} » : le plus proche de la forme « {layout.code} » de « {contract.name} », qui dit "
            "elle-même ses colonnes (tables) : les corriger là où elle est déclarée. « dlnuf deliver » dit ce qui "
            "diffère."
        )
    if code is not None and not columns.LAYOUT_CODE.fullmatch(code):
        raise NothingToCompare(
            f"« {code} » ne peut pas être le nom d'une forme, qui est celui d'une colonne de la table. "
            "Remède : un --layout en minuscules, chiffres et soulignés, qui commence par une lettre."
        )
    if code in {known for each in contract.layouts for known in each.codes}:
        raise NothingToCompare(f"La forme « {code} » existe déjà dans « {contract.id} ». Remède : un autre --layout.")
    entity = contract.entity(layout.entities[0])
    carried = contract.fields_in(layout, entity)
    keys = [_key(title) for title in header]
    by_position = any(isinstance(column, int) for column in carried.values()) or len(set(keys)) < len(keys)
    fields = paired(entity, carried, header, by_position=by_position)
    taken = {each.rank for each in fields}
    names = {each.field.name for each in fields}
    return Comparison(
        file=path.name,
        contract=contract,
        layout=layout,
        entity=entity,
        header=header,
        share=share,
        diff=difference(contract, layout, header) if has_header(layout) else None,
        fields=tuple(fields),
        appeared=tuple((rank, title) for rank, title in enumerate(header, start=1) if rank not in taken),
        vanished=tuple(each for each in entity.fields if each.name in carried and each.name not in names),
        by_position=by_position,
        code=code or _code(path, contract, layout),
    )


def _sniffed(path: Path) -> Document:
    """What the file is, seen by a process apart, as when it is delivered."""
    try:
        landing.refuse_special(path, None)
    except landing.Special as special:
        raise NothingToCompare(f"Fichier « {path.name} » {special}") from special
    answer = guarded.one(Work(_sniff, None, tuple[Document | None, str], lambda _: path.stat().st_size), path)
    if isinstance(answer, Stopped):
        raise NothingToCompare(answer.reason(path.name))
    document, refusal = answer
    if document is None:
        raise NothingToCompare(refusal)
    return document


def _sniff(_: None, path: Path) -> tuple[Document | None, str]:
    try:
        return sniff(path), ""
    except UnreadableFile as error:
        return None, str(error)


def table_of(comparison: Comparison, folder: Path) -> columns.Columns:
    """The table of columns of the source, in the folder of the contracts, with the layout that is proposed."""
    path = folder / f"{comparison.contract.id}{columns.SUFFIX}"
    table = columns.read(path) if path.is_file() else columns.Columns(path)
    return columns.with_column(table, comparison.contract, comparison.entity, comparison.code, comparison.cells)


def _nearest(
    path: Path, document: Document, contracts: Iterable[Contract]
) -> tuple[float, Contract, Layout, tuple[str, ...]]:
    """The layout, and which row of the file is its header. Of several as near, the one that differs least."""
    best = [
        (nearness(contract, layout, titles), contract, layout, titles)
        for contract in contracts
        for layout in contract.layouts
        if is_readable_as(layout, document) and (has_header(layout) or layout.reader == "json_records")
        for titles in document.headers
        if any(titles)
    ]
    if not best:
        raise NothingToCompare(
            f"Fichier « {path.name} » : il n'a pas de ligne de titres à comparer (famille {document.family}). Remède : "
            "« dlnuf deliver » dit ce qui le rend inconnu."
        )
    nearest = max(share for share, *_ in best)
    alike = (near for near in best if near[0] >= _AS_NEAR * nearest)
    return min(alike, key=lambda near: (_distance(*near[1:]), -near[0]))


def _distance(contract: Contract, layout: Layout, titles: Sequence[str]) -> int:
    if not has_header(layout):
        return 0
    diff = difference(contract, layout, titles)
    return sum(map(len, (diff.missing, diff.unknown, diff.repeated, diff.doubtful, diff.untitled)))


def _code(path: Path, contract: Contract, layout: Layout) -> str:
    base = re.sub(r"(_?(19|20)\d\d)+$", "", layout.code)
    year = _YEAR.search(path.name)
    code = f"{base}_{year[0]}" if year else f"{base}_nouvelle"
    known = {code for each in contract.layouts for code in each.codes}
    return next(c for c in (code, *(f"{code}_{again}" for again in range(2, 1000))) if c not in known)


def _key(title: str) -> str:
    """What a title is compared by: without the rank that tells it from another one alike; empty without title."""
    key = title_key(rank_off(title))
    return "" if key == UNTITLED else key


def paired(
    entity: Entity, carried: Mapping[str, str | int], header: Sequence[str], *, by_position: bool
) -> list[ColumnOfField]:
    """The fields that the file has: those in the order of the layout, then elsewhere, then under another title."""
    ranked = {name: place for name, place in carried.items() if isinstance(place, int)}
    order = sorted((f for f in entity.fields if f.name in carried), key=lambda each: ranked.get(each.name, 0))
    titles = [(each.title if each.name in ranked else str(carried[each.name]), *each.aliases) for each in order]
    accepted = [{_key(title) for title in written} for written in titles]
    keys = [_key(title) for title in header]
    places: dict[int, tuple[int, str]] = {}  # rank of a field in `order` -> rank of a column, and how

    likely = [next((key for key in known if key in keys), min(known)) for known in accepted]
    for a, b, size in SequenceMatcher(a=likely, b=keys, autojunk=False).get_matching_blocks():
        places |= {a + k: (b + k, "same") for k in range(size)}
    free = [j for j in range(len(keys)) if j not in {place for place, _ in places.values()}]
    for i, known in enumerate(accepted):
        if i not in places and (here := next((j for j in free if keys[j] in known), None)) is not None:
            places[i] = (here, "moved" if by_position else "same")
            free.remove(here)
    placed = [ColumnOfField(order[i], j + 1, header[j], carried[order[i].name], how) for i, (j, how) in places.items()]

    absent = [each for each in entity.fields if each.name not in carried]
    for each in absent:
        known = {_key(t) for t in (each.title, *each.aliases, *(str(c) for _, c in each.columns or ()))}
        if (here := next((j for j in free if keys[j] in known), None)) is not None:
            placed.append(ColumnOfField(each, here + 1, header[here], None, "back"))
            free.remove(here)
    taken = {i: j for i, (j, _) in places.items()}
    for i, j in _renamed(titles, taken, header, free):
        placed.append(ColumnOfField(order[i], j + 1, header[j], carried[order[i].name], "renamed"))
    return placed


def _renamed(
    titles: Sequence[tuple[str, ...]], taken: Mapping[int, int], header: Sequence[str], free: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Fields left and columns left whose titles are alike, the most alike first, each once."""
    pairs = []
    for i, written in enumerate(titles):
        for j in free if i not in taken else ():
            in_place = taken.get(i - 1) == j - 1 or taken.get(i + 1) == j + 1
            score = max(_likeness(title, header[j]) for title in written)
            if score >= (_ALIKE_IN_PLACE if in_place else _ALIKE):
                pairs.append((score + in_place, i, j))
    used: set[int] = set()
    done: set[int] = set()
    for _, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if i not in done and j not in used:
            done.add(i)
            used.add(j)
            yield i, j


def _likeness(one: str, other: str) -> float:
    """From 0 to 1. Titles whose numbers differ (« GIR 1 », « GIR 2 ») are two titles, years apart."""
    a, b = _YEAR.sub("", folded(rank_off(one))), _YEAR.sub("", folded(rank_off(other)))
    if not a or not b or re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return 0.0
    matcher = SequenceMatcher(a=a, b=b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE_IN_PLACE else 0.0
