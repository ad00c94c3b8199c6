"""The files of a table: what is shown, in three forms that say the same, with what must be known to read them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from dashboards.components import Markdown
from dashboards.exports import Column, Export, to_csv, to_parquet, to_xlsx
from dashboards.formats import decimals_of, number
from data_contracts.figures import rounded

COLUMNS = {
    "nom": Column("Établissement"),
    "n": Column("Personnes", 0, "personnes"),
    "taux": Column("Taux", unit="pct", definition="Journées réalisées sur journées théoriques."),
    "jour": Column("Ouvert le"),
}
FRAME = pl.DataFrame(
    [
        {"nom": "EHPAD « Les Érables »", "n": 12, "taux": 93.7649, "jour": date(1987, 9, 1), "secret": ""},
        {"nom": "=HYPERLINK(1)", "n": None, "taux": None, "jour": None, "secret": "n"},
        {"nom": None, "n": 0, "taux": 69.25, "jour": date(2024, 1, 31), "secret": None},
    ],
    schema={"nom": pl.String, "n": pl.Int64, "taux": pl.Float64, "jour": pl.Date, "secret": pl.String},
)
ABOUT = Export("Occupation", "Définition.", "2024", "3 répondants sur 4", "v1", COLUMNS)


def _csv(content: bytes) -> tuple[list[list[str]], dict[str, str]]:
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    notes = {line[0].removeprefix("# "): line[1] for line in lines if line[0].startswith("# ")}
    return [line for line in lines if not line[0].startswith("# ")], notes


def test_csv_opens_in_a_french_spreadsheet_and_says_secret_and_unknown() -> None:
    rows, notes = _csv(to_csv(FRAME, ABOUT))
    assert rows == [
        ["Établissement", "Personnes", "Taux", "Ouvert le"],
        ["EHPAD « Les Érables »", "12", "93,8", "01/09/1987"],
        ["'=HYPERLINK(1)", "secret", "inconnu", "inconnu"],
        ["inconnu", "0", "69,3", "31/01/2024"],
    ]
    assert notes["Couverture"] == "3 répondants sur 4"
    assert notes["Version de la publication"] == "v1"
    assert notes["Date des données"] == "2024"
    assert notes["Colonne « Taux »"] == "Journées réalisées sur journées théoriques. ; unité : %"


def test_workbook_has_typed_cells_and_a_sheet_to_read() -> None:
    book = load_workbook(io.BytesIO(to_xlsx(FRAME, ABOUT)))
    assert book.sheetnames == ["Données", "À lire"]
    rows = [[cell.value for cell in row] for row in book["Données"].iter_rows()]
    assert rows[0] == ["Établissement", "Personnes (personnes)", "Taux (%)", "Ouvert le"]
    assert rows[1][1:3] == [12, 93.8]
    assert rows[1][3] == datetime(1987, 9, 1)
    assert rows[2] == ["'=HYPERLINK(1)", "secret", "inconnu", "inconnu"]
    assert {cell.data_type for row in book["Données"].iter_rows() for cell in row} <= {"s", "n", "d"}  # no formula
    assert book["Données"]["C2"].number_format == "#,##0.0"
    read = {row[0].value: row[1].value for row in book["À lire"].iter_rows()}
    assert read["Définition"] == "Définition."
    assert str(read["secret"]).startswith("Effectif connu")


def test_parquet_keeps_types_names_the_hidden_and_describes_itself() -> None:
    content = to_parquet(FRAME, ABOUT)
    read = pl.read_parquet(io.BytesIO(content))
    assert read.columns == ["nom", "n", "taux", "jour", "secret"]
    assert read.schema["jour"] == pl.Date
    assert read["taux"].to_list() == [93.8, None, 69.3]
    assert read["secret"].to_list() == ["", "n", None]
    about = pl.read_parquet_metadata(io.BytesIO(content))
    assert about["Version de la publication"] == "v1"
    assert json.loads(about["Colonnes"])["taux"] == {
        "titre": "Taux", "unite": "%", "definition": "Journées réalisées sur journées théoriques.",
    }  # fmt: skip


def test_a_hidden_value_is_in_no_file_even_when_the_frame_holds_it() -> None:
    held = pl.DataFrame({"n": [7], "taux": [53.1], "secret": ["n, taux"]})
    about = Export("Essai", columns={name: COLUMNS[name] for name in ("n", "taux")})
    rows, _ = _csv(to_csv(held, about))
    assert rows[1] == ["secret", "secret"]
    sheet: Any = load_workbook(io.BytesIO(to_xlsx(held, about)))["Données"]
    assert [cell.value for cell in sheet[2]] == ["secret", "secret"]
    assert pl.read_parquet(io.BytesIO(to_parquet(held, about))).row(0) == (None, None, "n, taux")


@given(st.floats(-1e7, 1e7, allow_nan=False), st.sampled_from(["pct", "eur", "eur_par_jour", "places", ""]))
def test_the_files_hold_the_number_that_is_read_on_the_page(value: float, unit: str) -> None:
    frame = pl.DataFrame({"v": [value]})
    about = Export("Essai", columns={"v": Column("V", unit=unit)})
    shown = rounded(value, decimals_of(value, None, unit))
    assert float(_csv(to_csv(frame, about))[0][1][0].replace(",", ".")) == shown
    assert pl.read_parquet(io.BytesIO(to_parquet(frame, about)))["v"][0] == shown
    read = number(value, decimals_of(value, None, unit)).replace("\u202f", "").replace("−", "-").replace(",", ".")
    assert float(read) == shown


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [(69.125, 2, 69.13), (2.675, 2, 2.68), (-2.5, 0, -3.0), (1.25, 1, 1.3), (-0.04, 1, 0.0), (0.5, 0, 1.0)],
)
def test_numbers_are_rounded_as_a_spreadsheet_rounds_them(value: float, decimals: int, expected: float) -> None:
    assert rounded(value, decimals) == expected


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        (r"**−125 430 €**", "−125 430 €"),
        (r"[MAS \[Nord\]](/etablissement?finess=1)", "MAS [Nord]"),
        ("**48,2 %** :orange-badge[▲ signalée]", "48,2 % ▲ signalée"),
        ("`a[b](c)`", "a[b](c)"),
    ],
)
def test_what_is_written_of_a_marked_text_is_what_is_read_of_it(shown: str, read: str) -> None:
    assert Markdown(shown).text == read
