"""docs/adding/element.md: an element is a line of the dictionary, and a field answers to it."""

from __future__ import annotations

from pathlib import Path

from tests.adding.pages import Copy, Page

ELEMENTS = "data_contracts/dictionary/elements.csv"
CONTRACT = "data_contracts/sources/cnsa_gmp_pmp.odcs.yaml"
MODEL = "dbt_project/models/intermediate/observations/obs_cnsa_gmp_pmp__gmp_pmp.sql"


def test_an_element_is_its_line_and_the_field_that_answers_to_it(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    copy.follow("element")
    assert copy.touched() == {ELEMENTS}
    assert Page.read("element").files == 1
    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {ELEMENTS, "dbt_project/seeds/elements.csv", "docs/dictionnaire/elements.md"}

    copy.follow("element", "When one file is not enough")
    copy.dlnuf("contracts", "generate")
    assert copy.touched() == {
        ELEMENTS,
        CONTRACT,
        MODEL,
        "dbt_project/models/staging/_sources.yml",
        "dbt_project/seeds/champs_formulaires.csv",
        "dbt_project/seeds/elements.csv",
        "dbt_project/seeds/ordres.csv",
        "dbt_project/seeds/precedence.csv",
        "docs/dictionnaire/cnsa_gmp_pmp.md",
        "docs/dictionnaire/elements.md",
    }
    assert "NB_JARDINS,cnsa_gmp_pmp,1\n" in copy.text("dbt_project/seeds/precedence.csv")
    assert "('nb_jardins', 'NB_JARDINS', '', 'stock_3112', 'nombre', 1, none)" in copy.text(MODEL)
    [told] = [line for line in copy.text("docs/dictionnaire/elements.md").splitlines() if "`NB_JARDINS`" in line]
    assert "Jardins thérapeutiques" in told
    assert told.endswith("| cnsa_gmp_pmp |")
