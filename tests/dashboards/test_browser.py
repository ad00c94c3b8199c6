"""The real application, alone then in a real browser: every page is drawn, and nothing leaves this machine."""

from __future__ import annotations

import io
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python
import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from ingest.home import Home
from orchestration.forms.form_frame import TABLE
from tests.browser import ABSENT, CHROMIUM, FLAGS
from tests.dashboards import publication_example as example
from tests.dashboards.served import served
from tests.patience import PATIENCE_S
from tests.unit.forms import small_layer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = {
    f"etablissement?finess={example.MIMOSAS}": "Fiche établissement",  # first: a link followed before anything else
    "": "Mon territoire",
    "accueil": "Mon territoire",
    "territoire?niveau=departement&code=59": "Offre et équipement",
    "activite": "Activité et occupation",
    "comparer": "Comparer",
    "publics": "Publics et besoins",
    "parcours": "Parcours et admissions",
    "domicile": "Domicile et APA",
    "ressources-humaines?niveau=departement&code=59": "Ressources humaines",
    "finances": "Finances et tarifs",
    "dlnuf": "Dites-le-nous une fois",
    "exactitude": "Exactitude (données synthétiques)",
    "qualite": "Qualité des livraisons",
    "cadre": "Cadre d'urbanisation",
    "donnees-ouvertes": "Données ouvertes",
    "glossaire": "Glossaire",
    "une-page-qui-n-existe-pas": "Page introuvable",
}
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
# What axe reads at once, at the widths of a phone and of a desk.
WIDTHS = (1366, 390)
# What is read or heard of a page: its lines, and the names of its controls.
TOLD = """() => {
    const named = [...document.querySelectorAll("[aria-label], [placeholder]")];
    const names = named.flatMap((e) => [e.getAttribute("aria-label"), e.getAttribute("placeholder")]);
    return [...document.body.innerText.split("\\n"), ...names].filter(Boolean);
}"""
# Nothing is drawn any more, nor fades: what is being drawn again is pale for a moment.
STILL = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !document.querySelector("[data-stale=true]")
    && document.getAnimations().every((each) => each.playState !== "running")"""
ENGLISH = ("Page not found", "Choose an option", "Skip to main content", "Main menu", "Sidebar", "Help for")
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


def _open(page: Page, url: str) -> None:
    """The page once it is whole: its last line is drawn."""
    page.goto(url)
    page.get_by_text("Ce n'est ni zéro, ni non : elle n'entre").wait_for(timeout=PATIENCE_S * 1000)


def _violations(page: Page, where: str) -> list[str]:
    """What axe finds wrong in a page as it is, at each width."""
    page.add_script_tag(path=AXE)
    wrong: list[str] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
        if width == max(WIDTHS):  # the menu opens by itself, in a moment
            page.locator("[data-testid=stSidebar] a").first.wait_for(timeout=PATIENCE_S * 1000)
        page.wait_for_function(STILL)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        wrong += [f"{where} ({width}) : {v['id']}, {v['nodes'][0]['html'][:150]}" for v in found]
    return wrong


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_every_page_is_drawn_and_nothing_leaves_the_machine(address: str, browser: Browser) -> None:
    """Drawn, in French, without any violation that axe sees, at the width of a phone and of a desk."""
    asked: list[str] = []
    crashes: list[str] = []
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900}, locale="fr-FR")
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    page.on("pageerror", lambda error: crashes.append(str(error)))
    for path, title in PAGES.items():
        _open(page, address + path)
        page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=PATIENCE_S * 1000)
        page.wait_for_function("document.documentElement.lang === 'fr'")
        assert page.title() == f"{title} – Données médico-sociales"
        assert page.get_by_test_id("stException").count() == 0
        assert page.locator("canvas").count() == 0, path
        wrong += _violations(page, path)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        told = page.evaluate(TOLD)
        wrong += [f"{path} : « {text} »" for text in ENGLISH if any(said.startswith(text) for said in told)]
    assert wrong == []
    assert crashes == []
    assert [url for url in asked if not url.startswith((address, "data:", f"blob:{address}"))] == []
    page.close()


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_an_officer_sends_a_link(address: str, browser: Browser) -> None:
    """A territory is chosen, another page is opened from the menu; a colleague opens the address and sees the same."""
    page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR")
    _open(page, address)
    page.get_by_role("radio", name="Département").click()
    page.wait_for_url("**niveau=departement**")
    page.get_by_role("heading", name="Aisne", exact=True).wait_for()
    page.locator("[data-testid=stSidebar] a[href*='code=02']").first.wait_for()  # the menu is drawn last
    page.get_by_test_id("stSidebar").get_by_role("link", name="Offre et équipement").click()
    page.get_by_role("heading", name="Chiffres du territoire").wait_for()
    assert "code=02" in page.url
    other = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR")
    _open(other, page.url)
    other.get_by_test_id("stMetric").first.wait_for()
    assert other.get_by_test_id("stMetric").all_inner_texts() == page.get_by_test_id("stMetric").all_inner_texts()
    page.close()
    other.close()


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_an_officer_compares_the_equipment_with_similar_departements(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR", accept_downloads=True)
    _open(page, f"{address}territoire?niveau=departement&code=59&indicateur=N_ESMS")
    page.get_by_role("radio", name="Même région").click()
    page.wait_for_url("**compares=region**")
    page.get_by_text("Départements comparés : ceux de la même région.").first.wait_for()  # the table before is gone
    table = page.get_by_role("table", name="Comparer : ESMS ouverts")
    page.get_by_text("Voir ces données en tableau").nth(1).click()
    table.wait_for()
    expect(table.locator("thead th")).to_have_text(["Territoire", "Code", "2022", "2025"], timeout=PATIENCE_S * 1000)
    with page.expect_download(timeout=PATIENCE_S * 1000) as download:
        page.locator(".st-key-comparer_table_csv button").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[:2] == ["Territoire;Code;2022;2025", "Nord;59;3;3"]
    page.close()


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_an_officer_finds_who_does_not_answer_with_the_keyboard_alone(address: str, browser: Browser) -> None:
    """From the top of the page, by Tab and Enter only, to the sheet of an establishment; what has the focus is seen."""
    page = browser.new_page(viewport={"width": 1366, "height": 900}, locale="fr-FR")
    _open(page, f"{address}ressources-humaines?niveau=france&code=FR")
    page.get_by_role("heading", name="Qui ne répond pas").wait_for()
    for _ in range(120):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e), p = getComputedStyle(e.parentElement);"
            " return [e.textContent, s.outlineStyle !== 'none' || p.outlineStyle !== 'none', e.tagName]; })()"
        )
        assert seen[1] or seen[2] == "BODY", seen
        if seen[0] == "EHPAD Bethesda":
            break
    else:
        pytest.fail("Le clavier n'atteint aucun établissement.")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    opened.value.get_by_role("heading", name="Fiche établissement").wait_for(timeout=PATIENCE_S * 1000)
    page.close()


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_open_data_are_downloaded(address: str, browser: Browser) -> None:
    page = browser.new_page(locale="fr-FR", accept_downloads=True)
    _open(page, f"{address}donnees-ouvertes")
    with page.expect_download(timeout=PATIENCE_S * 1000) as download:
        page.get_by_role("button", name="Télécharger en CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) == 1 + len(example.ESTABLISHMENTS)
    page.close()


@pytest.fixture(scope="module")
def with_forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application over a home whose warehouse can make the form of an ESMS of the example."""
    home = tmp_path_factory.mktemp("var_formulaires")
    example.write_publication(home)
    small_layer.know(Home(home), [example.MIMOSAS], "drees_ehpa")
    with served(home) as base:
        yield base


@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_an_esms_takes_its_form(with_forms: str, browser: Browser) -> None:
    """Prepared when it is asked for; what is then on the page has no violation that axe sees; it is a workbook."""
    page = browser.new_page(viewport={"width": WIDTHS[0], "height": 900}, locale="fr-FR", accept_downloads=True)
    _open(page, f"{with_forms}dlnuf?etablissement={example.MIMOSAS}&a_prendre=drees_ehpa")
    page.get_by_role("button", name="Préparer ce formulaire").click()
    take = page.get_by_role("button", name="Prendre le formulaire (XLSX)")
    take.wait_for(timeout=PATIENCE_S * 1000)
    page.wait_for_function("document.documentElement.lang === 'fr'")
    assert _violations(page, "formulaire préparé") == []
    with page.expect_download(timeout=PATIENCE_S * 1000) as download:
        take.click()
    assert download.value.suggested_filename.startswith("drees-ehpa-2024_finess-")
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert example.MIMOSAS in [cell.value for cell in book[TABLE][2]]
    page.close()
