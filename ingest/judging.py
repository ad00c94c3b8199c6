"""One delivery judged: from its bytes to the rows that are accepted, rejected or flagged, persons already protected.

Belongs here: the order in which a file is read, validated and protected. Does not belong here: what is kept of it
(`pipeline`), any rule (`ingest.validate`).

Whatever this module imports decides what is accepted. When any of it changes, deliveries are read again
(`fingerprint`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from data_contracts.limits import limit
from data_contracts.loading import Contract, Entity, Layout
from data_contracts.titles import title_key
from ingest import returned_forms
from ingest.protect import masks, pseudonyms
from ingest.protect.birth_dates import Births
from ingest.protect.keyrings import Keyring
from ingest.read import Table, tables_of
from ingest.read.frames import DEFAUT, OverLimit
from ingest.receive import headers, refusals
from ingest.receive.refusals import DeliveryRefused
from ingest.returned_forms import State
from ingest.stages import during
from ingest.validate.chunk import FLAG_SCHEMA, TECHNICAL, DeliveryFacts, Validated, validate_chunk
from ingest.validate.duplicates import settle_duplicates
from ingest.validate.separators import Separators
from ingest.validate.spool import Spool


class Received(Protocol):
    """What the manifest of a delivery says of how it is read."""

    @property
    def delivery_id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def layout(self) -> str: ...
    @property
    def reader(self) -> str: ...
    @property
    def millesime(self) -> int | None: ...
    @property
    def collecte_le(self) -> str | None: ...
    @property
    def received_on(self) -> date: ...


@dataclass(frozen=True)
class JudgedTable:
    """What one table of a file gave: how many rows were read, the findings on them, and the accepted rows by chunks."""

    read: int
    rejects: pl.DataFrame
    flags: pl.DataFrame
    accepted: Iterator[pl.DataFrame]
    returned: pl.DataFrame  # of a form that came back: what its cells say of what they were filled with


@dataclass(frozen=True)
class Judged:
    """What a whole file gave: its tables by entity, and the titles that it could do without and lacks."""

    tables: dict[str, JudgedTable]
    absent: list[str]


def as_received(delivery: Received, contract: Contract) -> tuple[Layout, DeliveryFacts] | None:
    """How a delivery is read: its layout, by the reader of its family, and the year and the day that it speaks of.

    None: the layout under which it was received is no longer declared. A file that says no day speaks of the day when
    it was received.
    """
    declared = contract.received_as(delivery.layout)
    if declared is None:
        return None
    day = date.fromisoformat(delivery.collecte_le) if delivery.collecte_le else delivery.received_on
    facts = DeliveryFacts(delivery.delivery_id, delivery.source, delivery.millesime, day)
    return replace(declared, reader=delivery.reader), facts


def judge(
    path: Path,
    contract: Contract,
    layout: Layout,
    facts: DeliveryFacts,
    folder: Path,
    keyring: Keyring | None,
    form: State | None = None,
) -> Judged:
    """Reads and judges the whole file, twice if need be: a number may be ambiguous until its whole column is read.

    folder: where accepted rows wait. keyring: needed for a contract about persons. form: of a file that is a form which
    was given out filled, what it was filled with.

    Raises:
        DeliveryRefused, UnreadableFile, LostKey: the delivery as a whole cannot be taken.
    """
    marks = Separators(typed=layout.reader in ("xlsx", "crosstab", "series"))
    reading = _Reading(contract, layout, facts, folder, keyring, marks, form)
    reading.read(path)
    if not marks.settled:
        marks.begin_again()
        reading = _Reading(contract, layout, facts, folder, keyring, marks, form)
        reading.read(path)
    return Judged({name: reading.judged(name) for name in layout.entities}, list(reading.absent))


class _Reading:
    """One reading of a file. marks: what the numbers read so far show of their separators."""

    def __init__(
        self,
        contract: Contract,
        layout: Layout,
        facts: DeliveryFacts,
        folder: Path,
        keyring: Keyring | None,
        marks: Separators,
        form: State | None,
    ) -> None:
        self.contract, self.layout, self.facts, self.keyring, self.marks = contract, layout, facts, keyring, marks
        self.form = form
        self.returned: dict[str, list[pl.DataFrame]] = {name: [] for name in layout.entities}
        self.spools = {name: Spool(folder / name, contract.entity(name).stored) for name in layout.entities}
        self.rejects: dict[str, list[pl.DataFrame]] = {name: [] for name in layout.entities}
        self.flags: dict[str, list[pl.DataFrame]] = {name: [] for name in layout.entities}
        self.rows = dict.fromkeys(layout.entities, 0)
        self.absent: dict[str, None] = {}
        self.births = Births(facts, keyring.pseudonyms) if keyring else None

    def read(self, path: Path) -> None:
        """Validates and protects every chunk. Rows that hold a birth date which only a later row gives are then mended.

        Raises:
            DeliveryRefused: the file holds no row, or columns that its layout does not know.
        """
        knows = partial(headers.known, self.contract, self.layout)
        most = limit("lignes")
        for table in during("lecture", tables_of(path, self.layout, list(self.layout.entities), knows)):
            self._take(table)
            if self.rows[table.entity] > most:
                raise OverLimit(path, "lignes")
        for name, spool in self.spools.items():  # once all is read: a person may come after the rows that name them
            if self.births and self.births.concerns(self.contract.entity(name)):
                spool.look_again(partial(self._without_births, self.births, name))
        if not sum(self.rows.values()):
            raise DeliveryRefused(
                "Le fichier ne contient aucune ligne. Le renvoyer complet, ou dire qu'il n'y a rien à déclarer."
            )

    def judged(self, name: str) -> JudgedTable:
        """What a table gave, once the file is read and the rows that share a key are settled."""
        entity, spool = self.contract.entity(name), self.spools[name]
        copies = settle_duplicates(spool.same_keys(), entity, spool.key, self.facts, personal=self.contract.personal)
        rejects = pl.concat([*self.rejects[name], copies])
        flags = pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *self.flags[name]])
        flags = flags.filter(~pl.col("ligne").is_in(rejects["ligne"].implode()))
        returned = pl.concat([pl.DataFrame(schema=returned_forms.SCHEMA), *self.returned[name]])
        returned = returned.filter(~pl.col("ligne").is_in(rejects["ligne"].implode()))
        return JudgedTable(self.rows[name], rejects, flags, spool.chunks(without=copies["ligne"]), returned)

    def _take(self, table: Table) -> None:
        name, entity = table.entity, self.contract.entity(table.entity)
        self.absent |= dict.fromkeys(_absent(table, self.contract, self.layout, entity))
        frame = table.frame
        if self.form:
            frame = returned_forms.completed(frame, entity, self._held(frame, entity), self.form)
        checked = validate_chunk(frame, self.contract, self.layout, entity, self.facts, self.marks)
        if self.keyring and self.births:
            self.births.learn(checked.births, entity)
            checked = _protected(checked, self.contract, entity, self.keyring)
        if self.form:
            checked = self._without_what_was_filled(self.form, table.frame, checked, entity)
        self.rows[name] += frame.height
        self.spools[name].add(checked.accepted)
        self.rejects[name].append(checked.rejects)
        self.flags[name].append(checked.flags)

    def _without_what_was_filled(
        self, form: State, frame: pl.DataFrame, checked: Validated, entity: Entity
    ) -> Validated:
        """The same rows, but the cells that came back as they were filled: they confirm, and answer nothing anew."""
        held = self._held(frame, entity)
        said = returned_forms.compare(
            frame.filter(pl.col(DEFAUT).is_null()), entity, held, form, self.layout.millesime.get("field")
        )
        of_delivery = returned_forms.about_delivery(said, self.facts.delivery_id, self.facts.source, entity.name)
        self.returned[entity.name].append(of_delivery)
        rows = returned_forms.taken_out(checked.accepted, said)
        return replace(checked, accepted=rows, flags=returned_forms.flags_left(checked.flags, said))

    def _held(self, frame: pl.DataFrame, entity: Entity) -> dict[str, str | None]:
        columns = [c for c in frame.columns if c not in TECHNICAL]
        return headers.located(entity, self.contract.fields_in(self.layout, entity), columns)

    def _without_births(self, births: Births, name: str, rows: pl.DataFrame) -> pl.DataFrame:
        checked = births.taken_out(rows, self.contract.entity(name))
        self.rejects[name].append(checked.rejects)
        self.flags[name].append(checked.flags)
        return checked.accepted


def _protected(checked: Validated, contract: Contract, entity: Entity, keyring: Keyring) -> Validated:
    return Validated(
        pseudonyms.protected(checked.accepted, entity, keyring.pseudonyms),
        masks.rejects(checked.rejects, contract, entity),
        masks.flags(checked.flags, contract, entity),
    )


def _absent(table: Table, contract: Contract, layout: Layout, entity: Entity) -> tuple[str, ...]:
    """The titles that a table lacks.

    The header is compared again here, because the contract may have changed since the file was received, and because a
    path deep in a JSON or XML file is seen only when the file is read.

    Raises:
        DeliveryRefused: the table has a column that no title declares, or lacks one that is needed.
    """
    columns = [c for c in table.frame.columns if c not in TECHNICAL]
    if layout.reader == "csv_produit":
        diff = headers.judged(contract, layout, headers.Difference(missing=table.absent))
    elif refusals.has_header(layout):
        diff = headers.difference(contract, layout, columns)
    elif layout.options.get("header") is False:
        return ()
    else:  # a tree: an object that does not say something does not lack a column
        carried = contract.fields_in(layout, entity)
        known = {title_key(str(c)) for c in carried.values()}
        known |= {title_key(a) for f in entity.fields if f.name in carried for a in f.aliases}
        diff = headers.Difference(unknown=tuple(c for c in columns if title_key(c) not in known))
    filled = [columns[rank - 1] for rank in diff.untitled]
    filled = [c for c in filled if table.frame[c].str.strip_chars().replace("", None).count()]
    if diff.unknown or diff.needed or diff.repeated or diff.doubtful or filled:
        raise refusals.of_columns(contract, layout, entity, replace(diff, untitled=tuple(map(columns.index, filled))))
    return diff.missing
