"""The real application, alone then in a real browser: every page is drawn, and nothing leaves this machine."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import ABSENT, CHROMIUM, FLAGS
from tests.dashboards import publication_example as example
from tests.dashboards.served import served
from tests.patience import PATIENCE_S

PAGES = {
    f"etablissement?finess={example.MIMOSAS}": "Fiche établissement",  # first: a link followed before anything else
    "": "Données du secteur médico-social",
    "territoire": "Territoire",
    "comparer": "Comparer",
    "publics": "Publics et besoins",
    "parcours": "Parcours et admissions",
    "dlnuf": "Dites-le-nous une fois",
    "exactitude": "Exactitude (données synthétiques)",
    "qualite": "Qualité des livraisons",
    "donnees-ouvertes": "Données ouvertes",
}
pytestmark = pytest.mark.lent


@pytest.fixture(scope="module")
def address(published_home: Path) -> Iterator[str]:
    """The application, started as `dlnuf dashboard` starts it; once ended, nothing answers any more."""
    with served(published_home) as base:
        yield base
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(base, timeout=2)


def test_the_application_answers_on_one_address_only(address: str) -> None:
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
        assert answer.status == 200
    port = int(address.rstrip("/").rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):  # bound to every address, it would answer on this one too
        socket.create_connection(("127.0.0.2", port), timeout=2).close()


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_every_page_is_drawn_and_nothing_leaves_the_machine(address: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    crashes: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1400}, locale="fr-FR")
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
        page.on("pageerror", lambda error: crashes.append(str(error)))
        for path, title in PAGES.items():
            page.goto(address + path)
            page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=PATIENCE_S * 1000)
            page.get_by_text("Ce n'est ni zéro, ni non : elle n'entre").wait_for(timeout=PATIENCE_S * 1000)
            assert page.get_by_test_id("stException").count() == 0
            name = path.partition("?")[0] or "accueil"
            page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            assert (tmp_path / f"{name}.png").stat().st_size > 10_000
        page.goto(address + "territoire")
        chart = page.get_by_test_id("stVegaLiteChart").first
        chart.locator("svg, canvas").first.wait_for(timeout=PATIENCE_S * 1000)
        page.get_by_role("link", name="Données ouvertes").click()
        page.get_by_role("heading", name="Fiche des établissements et services").wait_for(timeout=PATIENCE_S * 1000)
        with page.expect_download(timeout=PATIENCE_S * 1000) as download:
            page.get_by_role("button", name="Télécharger en CSV").first.click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")
        browser.close()

    assert crashes == []
    assert len(text.splitlines()) == 1 + len(example.ESTABLISHMENTS)
    assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
