"""The year and the date a file about persons speaks from."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from data_contracts.loading import load_contracts
from ingest.receive.recognise import recognise
from tests.instants import TODAY
from tests.unit.readers import examples as ex

PERSONAL = ("dui", "resid_esms", "viatrajectoire_pa", "viatrajectoire_ph", "consentements")
CONSENTS = b"finess_et;usager_id;finalite;nature;date_effet;retire_le;preuve_ref\n"
BUNDLE = ex.as_bytes(ex.bundle(*ex.plain(1)))


def last_closed_year(day: date) -> int:
    return (day + timedelta(days=1)).year - 1


def test_every_layout_about_persons_speaks_of_the_last_closed_year() -> None:
    contracts = load_contracts()
    rules = {str(x.millesime) for name in PERSONAL for x in contracts[name].layouts}
    assert rules == {"{'none': True, 'closing': '12-31'}"}


@pytest.mark.parametrize(
    ("name", "content", "said", "millesime"),
    [
        ("tddui_2024-12-31_a.json", BUNDLE, date(2024, 12, 31), 2024),  # the last day itself closes the year
        ("tddui_2024-12-30_a.json", BUNDLE, date(2024, 12, 30), 2023),
        ("tddui_2025-01-01_a.json", BUNDLE, date(2025, 1, 1), 2024),
        ("tddui_2025-11-21_a.json", BUNDLE, date(2025, 11, 21), 2024),
        ("consentements_2024-12-31_a.csv", CONSENTS, date(2024, 12, 31), 2024),
        ("consentements_2025-06-30_a.csv", CONSENTS, date(2025, 6, 30), 2024),
        ("sdo_2025-02-28_a.json", ex.as_bytes(ex.orientation()), date(2025, 2, 28), 2024),
        ("tddui_2024-12-31_a.xml", ex.CDA.encode(), date(2024, 12, 31), 2024),
    ],
)
def test_the_date_of_the_name_gives_the_year(
    tmp_path: Path, name: str, content: bytes, said: date, millesime: int
) -> None:
    (tmp_path / name).write_bytes(content)
    found = recognise(tmp_path / name, load_contracts(), today=TODAY)
    assert (found.collecte_le, found.millesime) == (said, millesime)


@pytest.mark.parametrize(("month", "millesime"), [("2024-12", 2024), ("2024-11", 2023), ("2025-01", 2024)])
def test_a_month_speaks_from_its_last_day(tmp_path: Path, month: str, millesime: int) -> None:
    from tests.unit.readers.test_csv_products import RESID

    path = tmp_path / f"resid_esms_{month}_a.csv"
    path.write_text(RESID + "\n", encoding="utf-8")
    assert recognise(path, load_contracts(), today=TODAY).millesime == millesime


def test_a_name_without_a_date_speaks_from_today(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(BUNDLE)
    found = recognise(path, load_contracts(), today=TODAY)
    assert found.collecte_le is None
    assert found.millesime == last_closed_year(TODAY)


def test_the_year_that_the_sender_gives_wins(tmp_path: Path) -> None:
    path = tmp_path / "tddui_2024-12-31_a.json"
    path.write_bytes(BUNDLE)
    assert recognise(path, load_contracts(), millesime=2022, today=TODAY).millesime == 2022
