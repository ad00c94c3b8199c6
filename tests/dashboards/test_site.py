"""The sheet of an establishment, on paper and on the site: only what is open, and no name can break it."""

from __future__ import annotations

import io
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards import printed, queries, sheets, site
from dashboards.access import OPEN
from dashboards.current import current_publication
from ingest.home import Home
from tests.browser import ABSENT, CHROMIUM, FLAGS
from tests.dashboards import publication_example as example

HOSTILE = """</title><script>alert(1)</script>"#set page(fill: red)" $x$ *gras* \\u{41} & 'L’Œuvre'"""


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, in which an establishment has a name made to harm."""
    home = tmp_path_factory.mktemp("hostile")
    folder = example.write_publication(home)
    for place in ("marts", "open_data"):
        path = folder / place / "mart_etablissements__fiche.parquet"
        named = pl.when(pl.col("finess_et") == example.MIMOSAS).then(pl.lit(HOSTILE)).otherwise("raison_sociale")
        pl.read_parquet(path).with_columns(named.alias("raison_sociale")).write_parquet(path)
    example.describe(folder)
    return home


@pytest.fixture(scope="module")
def written(hostile_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site.write(Home(hostile_home), tmp_path_factory.mktemp("sortie") / "site").folder


def base_of(home: Path) -> queries.Base:
    return queries.Base(current_publication(Home(home)), OPEN)


def pages(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.html"))}


class Outline(HTMLParser):
    """What a page is made of: its tags with their attributes, the text of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"balise {tag} mal fermée"

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.text.setdefault(tag, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_page_is_accessible_by_construction(written: Path) -> None:
    found = pages(written)
    assert len(found) >= len(example.DEPARTEMENTS) + len(example.REGIONS)
    titles = []
    for path, html in found.items():
        page = Outline(html)
        assert page.open == [], path
        assert page.all("html") == [{"lang": "fr"}], path
        titles.append("".join(page.text["title"]))
        assert not page.all("script"), path
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), path
        assert {th.get("scope") for th in page.all("th")} <= {"col", "row"}, path
        assert len(page.all("caption")) == len(page.all("table")), path
        assert [main["id"] for main in page.all("main")] == ["contenu"], path
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path
    assert len(set(titles)) >= len(titles) - 1  # of homonyms, the address tells which


def test_every_link_leads_to_a_page_or_a_file_of_the_site(written: Path) -> None:
    for path, html in pages(written).items():
        for tag, name in (("a", "href"), ("link", "href")):
            for attributes in Outline(html).all(tag):
                address = attributes[name] or ""
                assert not address.startswith(("http", "//", "javascript")), path
                if not address.startswith("#"):
                    assert (written / path).parent.joinpath(address).resolve().is_file(), f"{path} : {address}"


def test_a_name_made_to_harm_is_a_text(written: Path) -> None:
    html = pages(written)[f"etablissements/59/{example.MIMOSAS}.html"]
    assert "<script" not in html
    page = Outline(html)
    assert "".join(page.text["h1"]) == HOSTILE
    listed = (written / "fichiers" / "etablissements-59.csv").read_text(encoding="utf-8-sig")
    assert "Saint-Éloi" in listed  # closed establishments are listed, and said to be
    assert "Fermé le 30/06/2021" in listed


def test_the_site_reads_open_data_and_nothing_else(written: Path, hostile_home: Path) -> None:
    base = base_of(hostile_home)
    known = sheets.read(base, queries.etablissement(base, example.MIMOSAS))
    assert any(section.rows for section in known.figures)
    html = pages(written)[f"etablissements/59/{example.MIMOSAS}.html"]
    assert "Aucun chiffre n&#39;est connu" in html  # those tables of the example are not among its open data


def test_a_folder_that_is_no_site_is_left_alone(hostile_home: Path, tmp_path: Path) -> None:
    (tmp_path / "these.docx").write_text("irremplaçable")
    with pytest.raises(site.SiteFolder, match="autre chose"):
        site.write(Home(hostile_home), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["these.docx"]


def test_a_site_is_replaced_whole(hostile_home: Path, written: Path, tmp_path: Path) -> None:
    again = tmp_path / "site"
    shutil.copytree(written, again)
    (again / "departements" / "99.html").write_text("d'une publication d'avant")
    made = site.write(Home(hostile_home), again)
    assert pages(again) == pages(written)
    kept = [p for p in again.rglob("*") if p.is_file()]
    assert (made.n_pages, made.n_files) == (len(pages(again)), len(kept) - len(pages(again)))
    assert made.size == sum(p.stat().st_size for p in kept)


@pytest.fixture(scope="module")
def said(hostile_home: Path) -> tuple[queries.Base, sheets.Sheet]:
    base = base_of(hostile_home)
    return base, sheets.read(base, queries.etablissement(base, example.MIMOSAS))


def test_the_printed_sheet_is_the_same_bytes_tagged_in_french_with_its_title(said: Any) -> None:
    base, sheet = said
    made = printed.pdf(sheet, base)
    assert made == printed.pdf(sheet, base)
    assert made.startswith(b"%PDF-")
    for mark in (b"/MarkInfo", b"/StructTreeRoot", b"/Lang(fr-FR)", b"pdfuaid:part"):
        assert mark in made
    assert b"2026-11-20" in made  # the day of the publication, not that of the print


def test_no_section_is_left_out_of_paper(said: Any) -> None:
    _, sheet = said
    assert [s.title for s in sheet.sections if not s.has_marks] == [
        "Identité", "Autorisations", "Évolution", "Historique",
    ]  # fmt: skip
    assert sheet.figures
    authorised = next(s for s in sheet.sections if s.key == "autorisations").rows
    assert [r["Places autorisées"] for r in authorised] == ["82", "autorisation terminée"]
    assert authorised[0]["Autorisation, dernier acte"] == "04/01/2017"
    assert authorised[1]["Installation, dernière date"] == "inconnu"


@pytest.mark.lent
@pytest.mark.navigateur
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_axe_finds_nothing_at_any_width(written: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    looked = ["index.html", "departements/59.html", "regions/32.html", f"etablissements/59/{example.MIMOSAS}.html"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in looked:
            for width in (320, 1366):
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.goto(f"file://{written / path}")
                violations = [v["id"] for v in Axe().run(page).response["violations"]]
                found[f"{path} à {width}"] = violations
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                page.close()
        browser.close()
    assert {where: violations for where, violations in found.items() if violations} == {}


def test_a_workbook_of_the_site_opens(written: Path) -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO((written / "fichiers" / "etablissements-59.xlsx").read_bytes()))
    values = {str(cell.value) for row in book["Données"].iter_rows(min_row=2) for cell in row}
    assert example.ERABLES in values
