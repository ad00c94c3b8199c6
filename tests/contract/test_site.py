"""The documentation site: it is built without a broken link, holds every page, and needs nothing from elsewhere.

Belongs here: what `make site` makes. Does not belong here: what pages say (`test_docs`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.browser import ABSENT, CHROMIUM, FLAGS
from tests.patience import PATIENCE_S

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
SETTINGS = PROJECT / ".ci" / "mkdocs.yml"


class Loaded(HTMLParser):
    """What a browser fetches to show a page: scripts, images, frames, style sheets; not what a reader may click."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found += [value for name in ("src", "srcset", "data", "poster") if (value := values.get(name))]
        if tag == "link" and values.get("rel") != "canonical":
            self.found += [value for value in [values.get("href")] if value]


def loaded(html: str) -> list[str]:
    parser = Loaded()
    parser.feed(html)
    return parser.found


def build(settings: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """As `make site` does, elsewhere. Not with --quiet, which counts no warning: nothing would stop it."""
    line = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(settings), "--site-dir", str(folder)]
    return subprocess.run(line, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(SETTINGS, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_there_and_in_the_navigation(site: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    assert pages == {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
    home = (site / "index.html").read_text(encoding="utf-8")
    assert {page for page in pages if f'href="{page}"' not in home} == set()


def test_a_broken_link_stops_the_build(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Page\n\n[ailleurs](disparue.md) [plus bas](#nulle-part)\n", encoding="utf-8")
    settings = SETTINGS.read_text(encoding="utf-8")
    settings = settings[: settings.index("\n# In the order in which")].replace("hooks: [site_nav.py]\n", "")
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/mkdocs.yml").write_text(settings, encoding="utf-8")
    done = build(tmp_path / "ci/mkdocs.yml", tmp_path / "site")
    assert done.returncode == 1
    assert "disparue.md" in done.stderr
    assert "nulle-part" in done.stderr


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    assert loaded('<script src="https://x/y"></script><a href="https://x"></a>') == ["https://x/y"]
    pages = {path: loaded(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    assert all("assets/iframe-worker.js" in " ".join(found) for found in pages.values())
    elsewhere = {str(path): url for path, found in pages.items() for url in found if re.match(r"(\w+:)?//", url)}
    assert {path: url for path, url in elsewhere.items() if not url.startswith("data:")} == {}
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles
    assert [url for style in styles for url in re.findall(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)", style)] == []


@pytest.mark.navigateur
@pytest.mark.lent
@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_the_dictionary_is_found_by_a_search_without_a_server(site: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.get_by_role("textbox", name="Search").fill("GMP validé")
        found = page.locator(".md-search-result__item a").filter(has_text="GMP").first
        expect(found).to_be_visible(timeout=PATIENCE_S * 1000)
        links = page.locator(".md-search-result__item a").evaluate_all("all => all.map(a => a.href)")
        browser.close()
    assert any("/dictionnaire/cnsa_gmp_pmp.html" in link for link in links)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
