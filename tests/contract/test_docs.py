"""What the documentation names exists: files of the project, decisions, and the numbers that `docs/adding.md` gives.

Belongs here: comparing pages with the tree. Does not belong here: building the site (`test_site`), doing what the
pages of `docs/adding` say (`tests/adding`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.adding.pages import PAGES, Page

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
ADR = DOCS / "adr"
# Where a path may start, besides the page's own folder.
ROOTS = (PROJECT, PROJECT / "dbt_project", PROJECT / "data_contracts", PROJECT / "orchestration")
ROOMS = re.compile(
    r"`((?:\.ci|data_contracts|dbt_project|ingest|orchestration|dashboards|witness|tests|docs|models|macros|seeds)"
    r"/[\w./-]+)`(?!:$)",  # « `path`: » before a block of code is a file to write
    re.MULTILINE,
)


def pages() -> list[Path]:
    """Pages that people write: those of the dictionary are derived."""
    found = [PROJECT / "README.md", PROJECT / "witness/generate/README.md", *DOCS.rglob("*.md")]
    return [page for page in found if page.parent.name != "dictionnaire"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    named = ROOMS.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not any((root / path).exists() for root in (page.parent, *ROOTS))] == []


def test_pages_do_name_files() -> None:
    assert sum(len(ROOMS.findall(page.read_text(encoding="utf-8"))) for page in pages()) > 100


def test_the_index_of_decisions_is_that_of_the_folder() -> None:
    expected = []
    for path in sorted(ADR.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        heading = re.match(r"# (\d+)\. (.+)\n", text)
        assert heading is not None, f"{path.name} ne commence pas par « # numéro. titre »"
        number, title = heading.groups()
        assert path.name.startswith(f"{int(number):04}-"), path.name
        replaced = re.search(r"^Superseded(.*) by \[ADR (\d+)\]", text, re.MULTILINE)
        settled = "proposed" if re.search(r"^\*\*Status: proposed\.\*\*", text, re.MULTILINE) else "accepted"
        status = f"superseded{replaced[1]} by {replaced[2]}" if replaced else settled
        expected.append(f"| [{number}]({path.name}) | {title} | {status} |")
    index = (ADR / "index.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line.startswith("| [")] == expected


def test_each_page_of_adding_is_in_its_table_with_its_number_of_files() -> None:
    table = (DOCS / "adding.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| \[[^\]]+\]\(adding/(\w+)\.md\) \| (\d+) \|", table, re.MULTILINE)
    assert {name: int(number) for name, number in told} == {name: Page.read(name).files for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_adding_have_one_form(name: str) -> None:
    page = Page.read(name)
    assert page.title.startswith("Add a")
    first, *_, last = page.sections
    assert (first, last) == ("What to do", "How to check")


def test_each_page_of_adding_is_followed_by_a_test_of_its_name() -> None:
    tests = (PROJECT / "tests" / "adding").glob("test_*.py")
    assert sorted(path.stem.removeprefix("test_") for path in tests) == PAGES
