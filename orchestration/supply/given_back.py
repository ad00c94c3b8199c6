"""The files that a collection is given: its table in its own layout, and where each cell comes from.

Belongs here: which collections, the block, the names of files, their rows. Does not belong here: what is given
(`supply_rows`), what a collection may lose (`data_contracts.supply_rules`).

A collection that would lose by it on one field is given nothing, and the report says which field and why; the others
are given theirs. Whatever was written for it before is taken away: a stale file would pass for what was refused.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import duckdb

from data_contracts.collection_forms import Form, forms, heading
from data_contracts.contract import Field
from data_contracts.loading import load_contracts
from data_contracts.supply_rules import Verdict
from ingest import owner_only, supplies
from ingest.home import Home
from ingest.spreadsheet_text import harmless
from orchestration.forms import cells
from orchestration.forms.cells import Typed
from orchestration.forms.production import form_of
from orchestration.publication import consumers_report as report
from orchestration.restitution import named_files
from orchestration.supply import supply_rows
from orchestration.supply.supply_rows import Given

ORIGINS = ("FINESS", "Intitulé", "Champ", "Élément", "Valeur rendue", "Source", "Statut", "Réponse reçue")
OWN = "réponse de la collecte"  # what the layer retains does not fit this layout, or is not to be told to it


@dataclass
class Supplied:
    """What became of one collection. values: cells written; rows: ESMS."""

    source: str
    label: str
    millesime: int | None
    reasons: list[str] = field(default_factory=list)
    rows: int = 0
    values: int = 0
    files: list[Path] = field(default_factory=list)

    @property
    def blocked(self) -> bool:
        return bool(self.reasons)


def supply(home: Home, names: Sequence[str], *, out: Path | None, now: datetime) -> list[Supplied]:
    """Gives collections their last year back, one after the other.

    names: none for all of them; out: None to judge only.

    Raises:
        UnknownForm, WrongFolder: wrong use. NotReady: the warehouse does not say what would be given.
    """
    wanted = [form_of(name) for name in names] or list(forms(load_contracts()).values())
    folder = named_files.folder(out, home) if out else None
    with supply_rows.opened(home) as connection:
        judged = supply_rows.judged(connection)
        made = [_one(connection, form, judged.get(form.contract.id), folder) for form in wanted]
        if folder:
            told = [judged[form.contract.id] for form in wanted if form.contract.id in judged]
            owner_only.write(folder / report.JSON, report.as_json(told, now).encode())
            owner_only.write(folder / report.HTML, report.as_html(told, now).encode())
            for each in made:
                _trace(home, each, now)
    return made


def _one(connection: duckdb.DuckDBPyConnection, form: Form, verdict: Verdict | None, folder: Path | None) -> Supplied:
    contract = form.contract
    if verdict is None:
        return Supplied(contract.id, contract.name, None)
    made = Supplied(contract.id, contract.name, verdict.millesime, [found.text for found in verdict.findings])
    if folder is None:
        return made
    stem = f"{contract.id.replace('_', '-')}-{verdict.millesime}"
    paths = [folder / f"{stem}{end}" for end in (supplies.GIVEN, supplies.ORIGINS)]
    if made.blocked:
        for path in paths:
            path.unlink(missing_ok=True)
        return made
    with ExitStack() as stack:
        table, origins = (_Csv(stack.enter_context(owner_only.opened(path)), form) for path in paths)
        origins.mark()
        table.write([heading(key) for key in form.columns])
        origins.write(ORIGINS)
        for answers in supply_rows.given(connection, contract.id):
            row, told = _row(form, verdict.millesime, answers)
            table.write(row)
            for line in told:
                origins.write(line)
            made.rows += 1
            made.values += len(told)
    made.files = paths
    return made


class _Csv:
    """Rows of a CSV in the conventions of a layout, written one after the other."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file = file
        self._separator = form.layout.options.get("separator", ";")

    def mark(self) -> None:
        """By which spreadsheets recognise UTF-8; the table itself is for the machine of its owner."""
        self._file.write(codecs.BOM_UTF8)

    def write(self, row: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, delimiter=self._separator, lineterminator="\r\n").writerow(row)
        self._file.write(line.getvalue().encode())


def _row(form: Form, millesime: int, answers: Sequence[Given]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The row of an ESMS, and a line for each of its cells that says where it comes from."""
    known = {answer.field: answer for answer in answers}
    year = form.layout.millesime.get("field")
    row: list[str] = []
    told: list[tuple[str, ...]] = []
    for key, each in form.columns.items():
        answer = known.get(each.name)
        if each.name == form.entity.unit_field:
            row.append(answers[0].finess)
        elif each.name == year:
            row.append(str(millesime))
        elif answer is None:
            row.append("")
        else:
            cell, source, status = _cell(form, each, answer)
            row.append(text_of(form, each, cell))
            if cell is not None:
                heard = cells.written(each, answer.received) if answer.received else None
                told.append(
                    (answer.finess, heading(key), each.name, each.element or "", row[-1], source, status,
                     text_of(form, each, heard))
                )  # fmt: skip
    return row, told


def _cell(form: Form, each: Field, answer: Given) -> tuple[Typed | None, str, str]:
    """What the cell holds, whose answer it is, its status; what the layout cannot write is left as it was received."""
    cell = cells.written(each, answer.value)
    if cell is not None or answer.received is None:
        return cell, answer.source, answer.status
    return cells.written(each, answer.received), form.contract.id, OWN


def text_of(form: Form, each: Field, cell: Typed | None) -> str:
    """A cell as this layout writes it: its decimal mark, its form of dates; never a formula."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.strftime(each.date_formats[0])
    if isinstance(cell, str):
        return harmless(cell)
    return cells.text_of(each, cell).replace(".", form.layout.decimal or ",")


def _trace(home: Home, made: Supplied, now: datetime) -> None:
    files = [(path.name, _digest(path)) for path in made.files]
    supplies.trace(
        home, source=made.source, year=made.millesime, rows=made.rows, values=made.values, reasons=made.reasons,
        files=files, now=now,
    )  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
