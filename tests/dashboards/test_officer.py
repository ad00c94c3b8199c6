"""Two tasks of an officer, in a real browser: find and export the least occupied EHPAD, then print the sheet of one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.browser import ABSENT, CHROMIUM, FLAGS
from tests.dashboards import publication_example as example
from tests.dashboards.served import served
from tests.patience import PATIENCE_S

# What they answer, in the order of their names and not of their rates; who is closed has the lowest.
RATES = {example.BETHESDA: 91.2, example.HIRSON: 84.5, example.SERENU: 97.1, example.VANILLE: 88.0, example.ELOI: 60.0}
LOWEST = [example.HIRSON, example.VANILLE, example.BETHESDA]
pytestmark = [
    pytest.mark.lent, pytest.mark.navigateur, pytest.mark.skipif(not CHROMIUM, reason=ABSENT),
]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("agent")
    folder = example.write_publication(home)
    path = folder / "marts" / "mart_indicateurs__esms.parquet"
    known = pl.read_parquet(path)
    of_mimosas = known.filter(pl.col("indicateur_code") == "TO_HP")
    others = [
        of_mimosas.with_columns(pl.lit(finess).alias("finess_et"), pl.lit(rate).alias("valeur"))
        for finess, rate in RATES.items()
    ]
    pl.concat([known, *others]).write_parquet(path)
    example.describe(folder)
    with served(home) as base:
        yield base


def test_the_three_least_occupied_are_found_and_exported_then_one_is_printed(address: str) -> None:
    from playwright.sync_api import sync_playwright

    wait = PATIENCE_S * 1000
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR")
        page.goto(address + "comparer?niveau=france&categorie=500&chiffre=TO_HP%7C&selon=TO_HP%7C&max=92")
        page.get_by_text("3 établissements répondent").wait_for(timeout=wait)
        with page.expect_download(timeout=wait) as download:
            page.get_by_role("button", name="CSV").first.click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        rows = list(csv.DictReader(lines, delimiter=";"))
        assert {row["FINESS"] for row in rows} == set(LOWEST)
        rate = next(title for title in rows[0] if title.startswith("Taux d'occupation"))
        assert sorted(float(row[rate].replace(",", ".")) for row in rows) == [84.5, 88.0, 91.2]

        leads = page.get_by_role("link", name="EHPAD d'Hirson").get_attribute("href")
        sheet = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR")
        sheet.goto(address + str(leads).lstrip("/"))
        sheet.get_by_role("heading", name="EHPAD d'Hirson").wait_for(timeout=wait)
        assert f"finess={example.HIRSON}" in sheet.url
        with sheet.expect_download(timeout=wait) as printed:
            sheet.get_by_role("button", name="Fiche à imprimer (PDF)").click()
        assert Path(printed.value.path()).read_bytes().startswith(b"%PDF-")
        assert example.HIRSON in printed.value.suggested_filename
        sheet.get_by_role("radio", name="Historique").click()
        sheet.wait_for_url("**onglet=historique**", timeout=wait)
        browser.close()
