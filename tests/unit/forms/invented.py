"""Invented forms, filled by hand: what tests give out, and what an ESMS gives back.

Belongs here: filling, saving, delivering them to an empty home. Does not belong here: assertions on what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import Workbook, load_workbook

from data_contracts.collection_forms import forms
from data_contracts.loading import load_contracts
from ingest import pipeline, returned_forms
from ingest.home import Home
from ingest.receive.delivery import Receipt, deliver
from ingest.returned_forms import PREFILLED
from orchestration.forms.cells import Value
from orchestration.forms.filled import FilledForm, fill
from orchestration.forms.form_frame import TABLE
from orchestration.forms.form_workbook import workbook
from orchestration.forms.known_columns import Column, Esms, Said
from orchestration.forms.production import stem
from tests.instants import now

FORMS = forms(load_contracts())
EHPAD = Esms("010000024", "EHPAD des Mimosas (fictif)", "500", "01", "PA")
IME = Esms("010000032", "IME des Lilas (fictif)", "183", "01", "PH_ENFANT")
CAMPAIGN = 2025


def said(field: Any, value: Value, source: str = "finess") -> Column:
    first = Said(value, source, source.upper(), CAMPAIGN - 1, date(2025, 1, 6), f"{source}-1", 7)
    return Column(PREFILLED, "source_sure", first, (first,))


def plausible(field: Any) -> Value:
    """A value that the column may hold, of its type."""
    match field.logical_type:
        case "boolean":
            return Value(texte="oui")
        case "integer" | "number":
            low, high = field.plausible or (0, 10)
            return Value(nombre=float(int(((low or 0) + (high or (low or 0) + 10)) / 2)))
        case "date" | "timestamp":
            return Value(jour=date(2020, 3, 31))
    return Value(texte="010000016" if field.domain and field.domain.shape else "Réponse")


def filled(source: str, esms: Esms = EHPAD, **columns: Column) -> FilledForm:
    """A form in which every column that can be is prefilled, but those given."""
    form = FORMS[source]
    known = {name: said(field, plausible(field)) for name, field in form.asked.items()}
    return fill(form, esms, CAMPAIGN, {**known, **columns}, now())


def saved(form: FilledForm, home: Home, folder: Path, change: Callable[[Workbook], object] | None = None) -> Path:
    """The workbook of a form as an ESMS gives it back. change: what it does in it."""
    path = folder / f"{stem(form.form.contract.id, form.campaign, form.esms.finess)}.xlsx"
    folder.mkdir(exist_ok=True)
    path.write_bytes(workbook(form, returned_forms.key(home, make=True), now()))
    if change:
        book = load_workbook(path)
        change(book)
        book.save(path)
    return path


def cell_of(book: Workbook, form: FilledForm, name: str) -> Any:
    rank = next(rank for rank, each in enumerate(form.columns, start=1) if each.field.name == name)
    return book[TABLE].cell(2, rank)


def returned(home: Home, path: Path) -> tuple[Receipt, pl.DataFrame, pl.DataFrame]:
    """What is answered to the sender, the rows that are in the lake, and what the cells say."""
    [receipt] = deliver([path], home, now=now())
    results = pipeline.process_pending(home)
    frames = {"rows": pl.DataFrame(), "retours": pl.DataFrame()}
    for result in results:
        assert result.statut == "accepted", result.motif
        assert (result.lues, result.acceptees, result.rejetees) == (1, 1, 0)
        for kind, files in result.files.items():
            key = kind if kind == "retours" else "rows" if kind in result.entities else ""
            if key and files:
                frames[key] = pl.read_parquet(home.lake / files[0])
    return receipt, frames["rows"], frames["retours"]
