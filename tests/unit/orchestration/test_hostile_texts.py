"""Names of establishments, of files, values: words of senders, which no page, report or console takes for HTML or
Markdown. One test a writer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboards import formats
from data_contracts import loading
from ingest.home import Home
from ingest.store import lake
from orchestration import assets, checks
from orchestration.publication import html_pages, non_regression
from orchestration.publication.acceptance import RuleOutcome
from orchestration.publication.declared import Declarations
from orchestration.publication.non_regression import Comparison, Line
from orchestration.publication.rules import Rule
from orchestration.resources import Warehouse
from tests.instants import NOW
from tests.unit.orchestration.samples import land, process

EHPAD = "EHPAD Les Lilas"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><svg onload=alert(1)>",
    "[cliquez](javascript:alert(1))",
    "![](https://traceur.example/p.png)",
    "https://hameconnage.example",
    '=HYPERLINK("https://hameconnage.example";"cliquez")',
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;",
)


class Page(HTMLParser):
    """The elements of a page, their attributes, and what its reader reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs} | {f"{n}={v}" for n, v in attrs if n in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text += data


def shape(html: str) -> tuple[set[str], set[str]]:
    """What a page is made of: the same whatever words it holds."""
    page = Page(html)
    return page.elements, page.attributes


def acceptance(words: str) -> str:
    """A report in which all that comes from the data, or may, is these words: a blocking rule, a warning, a rule that
    could not be evaluated, a fall of volume."""
    rule = Rule("mart", "colonne", "expect_column_values_to_not_be_null", {}, words, words)
    outcomes = [
        RuleOutcome(rule, kept=False, checked=2, broken=1, examples=(words,)),
        RuleOutcome(replace(rule, blocking=False), kept=False, observed=words),
        RuleOutcome(rule, kept=False, error=words),
        RuleOutcome(rule, kept=True, observed=words),
    ]
    fall = Comparison((Line(words, words, 1, 2, 2),), replace(rule, scope=non_regression.VOLUMES))
    attempt = html_pages.Attempt("v2", datetime(2026, 1, 1, tzinfo=UTC), "v1", "a" * 64, words, {words: words}, True)
    return html_pages.acceptance_report(attempt, outcomes, [fall], {}, {"mart": words})


@pytest.mark.parametrize("words", HOSTILE)
def test_the_report_of_acceptance_shows_them_as_they_are(words: str) -> None:
    html = acceptance(words)
    assert shape(html) == shape(acceptance(EHPAD))
    assert Page(html).text.count(words) >= 8


@pytest.mark.parametrize("words", HOSTILE)
def test_the_dictionary_shows_them_as_they_are(words: str) -> None:
    def page(said: str) -> str:
        product = next(iter(loading.load_products().values()))
        field = replace(product.fields[0], description=said)
        hostile = replace(product, title=said, description=said, fields=(field, *product.fields[1:]))
        return html_pages.dictionary_pages(Declarations({product.id: hostile}), [])["dictionnaire.html"]

    assert shape(page(words)) == shape(page("Fiche"))
    assert words in Page(page(words)).text


def rendered(value: dg.MetadataValue) -> bool:
    """Whether Dagster renders a value, instead of showing it."""
    return isinstance(value, dg.MarkdownMetadataValue | dg.UrlMetadataValue | dg.NotebookMetadataValue)


def test_dagster_shows_the_reasons_of_refusals_as_text(tmp_path: Path) -> None:
    results = [lake.Result("essai-1", "essai", lake.REFUSED, words) for words in HOSTILE]
    said = assets.source_metadata(results, tmp_path)
    assert all(words in said["motifs_de_refus"].value for words in HOSTILE)
    assert [name for name, value in said.items() if isinstance(value, dg.MetadataValue) and rendered(value)] == []


def test_dagster_shows_the_names_of_refused_files_as_text(tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    for words in HOSTILE:
        name = f"{words}.csv".replace("/", "∕")
        process(home, land(home, name), lues=0, acceptees=0, motif=f"Fichier « {name} » : {words}")
    check = checks.deliveries_accepted(Warehouse(home, NOW))
    assert isinstance(check, dg.AssetCheckResult)
    assert all(words in str(check.metadata["motifs"].value) for words in HOSTILE)
    assert [name for name, value in check.metadata.items() if rendered(value)] == []


MARKDOWN = MarkdownIt("gfm-like", {"linkify": False, "html": True})


@given(st.one_of(st.sampled_from(HOSTILE), st.text(alphabet="ab \n\t<>[]()!*_`~#|$:\\&;-+=.@/1", max_size=30)))
def test_pages_show_them_as_they_are_in_markdown(words: str) -> None:
    """Inside a sentence, as pages write them."""
    tokens = MARKDOWN.parse(f"Nom : {formats.plain(words)} .")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inline = tokens[1].children or []
    assert {token.type for token in inline} <= {"text", "text_special"}
    assert "".join(token.content for token in inline) == f"Nom : {' '.join(words.split())} ."


@pytest.mark.parametrize(
    "words", ["www.hameconnage.example", "WWW.hameconnage.example", "https://a.example", "a@b.example"]
)
def test_pages_make_no_link_of_an_address(words: str) -> None:
    """GFM makes a link of what begins with www. or with a scheme, and of what has an at sign (6.9)."""
    assert formats.plain(words) != words
    for sign in ("www.", "WWW.", "://", "@"):
        assert sign not in formats.plain(words).replace("\\@", "").replace("\\:", "")
