"""A text that a spreadsheet would compute is shown as a text, in every file that people open; nothing else changes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.exports import raw_csv
from ingest import owner_only
from ingest.spreadsheet_text import harmless

COMPUTED = (
    "=HYPERLINK(\"http://exemple.invalid\";\"ouvrir\")", "=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "-Martin", "=\n1", " =1+1", "\u00a0=1+1", "\ufeff@SUM(1)",
)  # fmt: skip
TEXTS = ("", "ZZEXEMPLE", "a=b", "-12", "+3,5", "-1 234,5", "-3 %", " -12 ", "'=1", "0100")


@pytest.mark.parametrize("text", COMPUTED)
def test_what_would_be_computed_is_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", TEXTS)
def test_what_would_not_stays(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.sampled_from(COMPUTED) | st.sampled_from(TEXTS) | st.text(max_size=5), max_size=4))
def test_a_table_and_a_text_are_judged_alike(texts: list[str]) -> None:
    kinds = {"=Titre": pl.String, "autre": pl.String, "n": pl.Int64}
    numbers = list(range(len(texts)))
    rows = pl.DataFrame({"=Titre": texts, "autre": texts, "n": numbers}, schema=kinds)
    safe = [harmless(text) for text in texts]
    expected = pl.DataFrame({"=Titre": safe, "autre": safe, "n": numbers}, schema=kinds).rename({"=Titre": "'=Titre"})
    assert raw_csv(rows) == b"\xef\xbb\xbf" + expected.write_csv(separator=";").encode()


def test_a_table_written_for_people_has_no_formula_and_its_numbers_stay() -> None:
    content = owner_only.table(("=Titre", "n"), [("=1+1", -3), ("x", None)], mark=False).decode()
    assert content == "'=Titre;n\r\n'=1+1;-3\r\nx;\r\n"
