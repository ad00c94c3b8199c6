"""Forms made from a département, given back, delivered and run: what the layer says before and after.

One run judges all that was given back. Each ESMS does one thing with its form; most leave it as it came.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from ingest.home import Home
from ingest.receive.delivery import Receipt, deliver
from ingest.returned_forms import CONFIRMED, PREFILLED, TO_CONFIRM
from ingest.store import lake
from orchestration.forms import known_columns, production
from orchestration.forms.cells import text_of
from orchestration.forms.filled import TO_ASK, Filled, FilledForm
from orchestration.forms.form_frame import TABLE
from tests import given_back, shared

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]
CAMPAIGN = 2025
YEAR = CAMPAIGN - 1
ESMS = 30


@dataclass(frozen=True)
class Returned:
    """The home after the run, the forms as they were given out, what each ESMS did, what was answered to it."""

    home: Home
    before: Path
    forms: dict[str, FilledForm]
    did: dict[str, str]
    receipts: dict[str, Receipt]
    on: datetime

    def who(self, did: str) -> str:
        return next(finess for finess, what in self.did.items() if what == did)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def row(self, finess: str) -> dict[str, Any]:
        """The row that its form gave."""
        [result] = [r for r in lake.results(self.home) if r.delivery_id == self.receipts[finess].delivery_id]
        return pl.read_parquet(self.home.lake / result.files["tableau_de_bord"][0]).row(0, named=True)

    def layer(self, finess: str, *, before: bool = False) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Question -> value, source, status, of the year that the forms ask about."""
        found = given_back.layer(self.before if before else self.home.warehouse, [finess], YEAR)
        return {question[1:]: said for question, said in found.items()}


def cell_of(book: Workbook, form: FilledForm, each: Filled) -> Any:
    return book[TABLE].cell(2, 1 + form.columns.index(each))


def first(form: FilledForm, state: str, source: str = "", kind: str = "integer") -> Filled:
    """The first column of a state, of whole numbers, whose first answer is of a source."""
    return next(
        each
        for each in form.columns
        if (each.state, each.field.logical_type) == (state, kind)
        and (not source or each.candidates[0].said.source == source)
    )


def _corrected(form: FilledForm, book: Workbook) -> None:
    each = first(form, PREFILLED, "finess")
    cell_of(book, form, each).value += 7


def _emptied(form: FilledForm, book: Workbook) -> None:
    cell_of(book, form, first(form, PREFILLED, "finess")).value = None


def _half(form: FilledForm, book: Workbook) -> None:
    """One question that nobody could answer, one that was to be confirmed; the rest is left."""
    cell_of(book, form, first(form, TO_ASK)).value = 3
    each = first(form, TO_CONFIRM)
    cell_of(book, form, each).value = each.candidates[0].cell


DONE: dict[str, Callable[[FilledForm, Workbook], None]] = {
    "corrigé": _corrected,
    "vidé": _emptied,
    "à moitié": _half,
}


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Returned:
    folder = tmp_path_factory.mktemp("rendus")
    home = Home(folder / "var")
    shutil.copytree(shared.played(tmp_path_factory).home.root, home.root, ignore=shutil.ignore_patterns("demo"))
    before = folder / "avant.duckdb"
    shutil.copy2(home.warehouse, before)
    forms, did = {}, {}
    form, later = production.form_of("tdb_esms"), given_back.later(home)
    esms = given_back.asked(home, form, ESMS)
    wanted = iter(DONE.items())
    doing = next(wanted, None)
    for path, filled in given_back.given_out(home, form, esms, CAMPAIGN, later, folder / "formulaires"):
        forms[finess := filled.esms.finess] = filled
        did[finess] = "rien"
        if doing:
            book = load_workbook(path)
            try:
                doing[1](filled, book)
            except StopIteration:  # this form has no such column: the next ESMS does it
                continue
            book.save(path)
            did[finess] = doing[0]
            doing = next(wanted, None)
    assert doing is None
    receipts = deliver(sorted((folder / "formulaires").iterdir()), home, now=later)
    done = subprocess.run(
        [shared.DLNUF, "run"], env={**os.environ, "DLNUF_HOME": str(home.root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Returned(home, before, forms, did, {Path(r.path).stem[-9:]: r for r in receipts}, later)


def test_every_form_is_received_and_none_of_its_rows_is_lost(returned: Returned) -> None:
    assert {receipt.status for receipt in returned.receipts.values()} == {"received"}
    ((read, accepted, rejected),) = returned.rows(
        """SELECT sum(n_lues), sum(n_acceptees), sum(n_rejetees) FROM raw.livraisons
           WHERE delivery_id IN (SELECT unnest($1))""",
        [receipt.delivery_id for receipt in returned.receipts.values()],
    )
    assert (read, accepted, rejected) == (ESMS, ESMS, 0)


def test_a_form_that_nobody_touched_says_again_what_its_esms_had_told(returned: Returned) -> None:
    compared = 0
    for finess, did in returned.did.items():
        if did == "rien":
            form, row = returned.forms[finess], returned.row(finess)
            assert {name: text_of(form.form.entity.field(name), row[name]) for name in form.own} == form.own
            compared += len(form.own)
    assert compared > 1000


def test_a_form_that_nobody_touched_confirms_every_prefilled_cell_of_that_day(returned: Returned) -> None:
    said = returned.rows(
        """SELECT r.champ, r.nature, r.valeur_proposee, l.recu_le FROM raw.retours r
           JOIN raw.livraisons l USING (delivery_id) WHERE r.delivery_id = ?""",
        returned.receipts[(finess := returned.who("rien"))].delivery_id,
    )
    prefilled = {each.field.name for each in returned.forms[finess].columns if each.state == PREFILLED}
    assert prefilled
    assert {row[0] for row in said} == prefilled
    assert {row[1] for row in said} == {CONFIRMED}
    assert {row[3].date() for row in said} == {returned.on.date()}


def _question(each: Filled) -> tuple[str, ...]:
    basis = each.field.time_basis or production.form_of("tdb_esms").entity.time_basis or ""
    return (each.field.element or "", each.field.component or "", basis, "site")


def test_a_correction_outranks_finess_and_what_it_corrects_is_kept(returned: Returned) -> None:
    finess = returned.who("corrigé")
    each = first(returned.forms[finess], PREFILLED, "finess")
    question = _question(each)
    was = returned.layer(finess, before=True)[question]
    now_is = returned.layer(finess)[question]
    assert was[1] == "finess"
    assert (float(now_is[0]), now_is[1]) == (float(was[0]) + 7, "tdb_esms")
    losers = returned.rows(
        """SELECT valeur, source FROM dlnuf.dlnuf_reponses_ecartees
           WHERE unite_id = ? AND millesime = ? AND element_id = ? AND composante = ? AND base_temporelle = ?""",
        finess, YEAR, *question[:3],
    )  # fmt: skip
    assert (was[0], "finess") in losers


def test_an_emptied_cell_takes_back_what_it_was_filled_with(returned: Returned) -> None:
    finess = returned.who("vidé")
    question = _question(first(returned.forms[finess], PREFILLED, "finess"))
    assert returned.layer(finess, before=True)[question][1] == "finess"
    assert returned.layer(finess).get(question, ("", "", ""))[1] != "finess"
    lost = returned.rows(
        """SELECT motif FROM dlnuf.dlnuf_reponses_ecartees WHERE source = 'finess'
           AND unite_id = ? AND millesime = ? AND element_id = ? AND composante = ? AND base_temporelle = ?""",
        finess, YEAR, *question[:3],
    )  # fmt: skip
    assert {motif for (motif,) in lost} == {"retiree"}


def test_what_was_half_filled_is_taken_and_the_rest_is_still_asked(returned: Returned) -> None:
    finess = returned.who("à moitié")
    form = returned.forms[finess]
    asked, doubted = first(form, TO_ASK), first(form, TO_CONFIRM)
    value, source, _ = returned.layer(finess)[_question(asked)]
    assert (float(value), source) == (3.0, "tdb_esms")
    with known_columns.opened(returned.home) as connection:
        again = known_columns.columns(connection, form.form, [finess], YEAR, before=False)[finess]
    assert (again[doubted.field.name].state, again[doubted.field.name].reason) == (PREFILLED, "confirme")
    still = {e.field.name for e in form.columns if e.state == TO_CONFIRM} - {doubted.field.name}
    assert still
    assert {again[name].state for name in still} == {TO_CONFIRM}


def test_the_same_forms_again_are_known(returned: Returned) -> None:
    again = deliver([Path(returned.receipts[returned.who("rien")].path)], returned.home, now=returned.on)
    assert [receipt.status for receipt in again] == ["known"]
