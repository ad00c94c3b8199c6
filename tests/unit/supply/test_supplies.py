"""A file that was given back to a collection, delivered here again, is refused in one sentence, whatever its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.collection_forms import forms, heading
from data_contracts.loading import load_contracts
from ingest import supplies
from ingest.home import Home
from ingest.receive import landing
from ingest.receive.delivery import Receipt, deliver
from tests.instants import now

FORM = forms(load_contracts())["cnsa_gmp_pmp"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def table(folder: Path, name: str) -> Path:
    """A table in the layout of a collection, as one that is given back, and as one that it received."""
    path = folder / name
    separator = FORM.layout.options.get("separator", ";")
    row = {FORM.entity.unit_field: "010000024", FORM.layout.millesime.get("field"): "2024"}
    lines = ([heading(key) for key in FORM.columns], [row.get(field.name, "") for field in FORM.columns.values()])
    path.write_text("".join(separator.join(line) + "\r\n" for line in lines), encoding="utf-8")
    return path


def given(home: Home, path: Path) -> None:
    supplies.trace(
        home, source=FORM.contract.id, year=2024, rows=1, values=1, reasons=(),
        files=[(path.name, landing.sha256_of(path))], now=now(),
    )  # fmt: skip


def delivered(home: Home, path: Path) -> Receipt:
    [receipt] = deliver([path], home, now=now(), source=FORM.contract.id, millesime=2024)
    return receipt


def test_its_bytes_are_known_under_another_name(home: Home, tmp_path: Path) -> None:
    path = table(tmp_path, "gmp-pmp-2024.csv")
    given(home, path)
    receipt = delivered(home, path)
    assert receipt.status == "refused"
    assert "c'est ce que la couche a rendu à « cnsa_gmp_pmp » pour 2024" in (receipt.reason or "")
    assert "Remède : le remettre au responsable de la collecte" in (receipt.reason or "")


@pytest.mark.parametrize("end", [supplies.GIVEN, supplies.ORIGINS])
def test_its_name_is_known_whatever_was_done_to_it(end: str, home: Home, tmp_path: Path) -> None:
    receipt = delivered(home, table(tmp_path, f"cnsa-gmp-pmp-2024{end}"))
    assert receipt.status == "refused"
    assert "il parlerait une seconde fois" in (receipt.reason or "")


def test_what_the_collection_received_is_taken(home: Home, tmp_path: Path) -> None:
    given(home, table(tmp_path, f"cnsa-gmp-pmp-2024{supplies.GIVEN}"))
    other = table(tmp_path, "gmp-pmp-2024.csv")
    other.write_bytes(other.read_bytes().replace(b"010000024", b"010000032"))
    receipt = delivered(home, other)
    assert receipt.status == "received", receipt.reason


def test_a_damaged_journal_stops_no_delivery(home: Home, tmp_path: Path) -> None:
    supplies.journal(home).parent.mkdir(parents=True)
    supplies.journal(home).write_text("{pas du JSON\n", encoding="utf-8")
    assert delivered(home, table(tmp_path, "gmp-pmp-2024.csv")).status == "received"
