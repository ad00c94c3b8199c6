"""docs/adding/element.md, followed: an element more in a copy of the project, and a field that answers to it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.adding.page import Copy, Page

PAGE = Page.read("element.md")
ELEMENTS = "data_contracts/dictionary/elements.csv"
CONTRACT = "data_contracts/sources/cnsa_gmp_pmp.odcs.yaml"
LABEL = "Jardins thérapeutiques"


def test_an_element_is_its_line_and_the_field_that_answers_to_it(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    copy.write(ELEMENTS, copy.read(ELEMENTS) + _line(copy.read(ELEMENTS), PAGE.blocks[ELEMENTS]))
    assert len(copy.touched) == PAGE.counts["an element"] == 1
    assert copy.generate() == ["dbt_project/seeds/elements.csv", "docs/dictionnaire/elements.md"]

    copy.write(CONTRACT, copy.read(CONTRACT).rstrip("\n") + "\n" + PAGE.blocks[CONTRACT])
    assert len(copy.touched - {ELEMENTS}) == PAGE.counts["a field that answers to it"] == 1
    assert copy.generate() == [
        "dbt_project/models/intermediate/observations/obs_cnsa_gmp_pmp__gmp_pmp.sql",
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/seeds/ordres.csv",
        "dbt_project/seeds/precedence.csv",
        "docs/dictionnaire/cnsa_gmp_pmp.md",
        "docs/dictionnaire/elements.md",
    ]
    assert "NB_JARDINS,cnsa_gmp_pmp,1\n" in copy.read("dbt_project/seeds/precedence.csv")
    assert "('nb_jardins', 'NB_JARDINS', '', 'stock_3112', 'nombre', 1, none)" in copy.read(
        "dbt_project/models/intermediate/observations/obs_cnsa_gmp_pmp__gmp_pmp.sql"
    )
    [told] = [line for line in copy.read("docs/dictionnaire/elements.md").splitlines() if "`NB_JARDINS`" in line]
    assert LABEL in told
    assert told.endswith("| cnsa_gmp_pmp |")


def _line(table: str, told: str) -> str:
    """The line of the table that the page tells as column: value."""
    columns = next(csv.reader(io.StringIO(table)))
    values = dict(line.split(": ", 1) for line in told.splitlines())
    assert set(values) <= set(columns)
    written = io.StringIO()
    csv.DictWriter(written, columns, restval="", lineterminator="\n").writerow(values)
    return written.getvalue()
