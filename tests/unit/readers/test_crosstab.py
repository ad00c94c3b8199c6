"""Tables of two entries: the workbooks of population that Insee publishes, and their neighbours.

The layout is that of estim-pop-dep-sexe-aq-1975-2019 to -2022.xlsx: a sheet a year, « À savoir » before them, titles
over two rows with merged cells, sums, notes; in 1990 to 1998 a second table for the départements overseas, whose last
band is « 90 ans et plus ».
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from data_contracts.loading import load_contracts
from ingest.read import sniff, tables_of
from ingest.read.crosstab import knows
from ingest.receive.recognise import DeliveryRefused, recognise
from tests.instants import TODAY
from tests.unit.readers.conftest import FakeLayout
from tests.unit.readers.test_xlsx import strict

CONTRACT = load_contracts()["insee_population"]
OPTIONS = CONTRACT.layout("classeur_departement_sexe_age").options
SEXES = ("Ensemble", "Hommes", "Femmes")
BANDS = ("0 à 4 ans", "5 à 9 ans", "95 ans et plus")
CLASSES = ("0 à 19 ans", "20 à 39 ans", "40 à 59 ans", "60 à 74 ans", "75 ans et plus")
TITLE = "Estimation de population au 1er janvier, par département, sexe et âge quinquennal"
Lines = Sequence[tuple[Any, ...]]


def table(lines: Lines, bands: Sequence[str] = BANDS, corner: str | None = "Départements") -> list[list[Any]]:
    """The rows of one table: its two rows of titles, then its lines (code, name, then a number a column)."""
    top: list[Any] = [corner, None]
    under: list[Any] = [None, None]
    for sexe in SEXES:
        top += [sexe, *[None] * len(bands)]
        under += [*bands, "Total"]
    return [top, under, *map(list, lines)]


def sheet_of(year: int, *tables: list[list[Any]]) -> tuple[str, list[list[Any]]]:
    rows: list[list[Any]] = [[TITLE], [f"Année {year}"]]
    for part in tables:
        rows += [[], *part]
    return str(year), [*rows, [], ["Source : Insee - Estimations de population"], ["(*)  Population au recensement"]]


def book(*sheets: tuple[str, list[list[Any]]], hidden: Sequence[str] = ()) -> bytes:
    made = openpyxl.Workbook()
    notice = made.active
    assert notice is not None
    notice.title = "À savoir"
    notice["A1"], notice["A5"] = "Quelques remarques", "Données actualisées au 15 janvier 2022"
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for row in sheet.iter_rows():
            if len(row) > 2 and row[2].value == SEXES[0]:
                width = (len(rows[4]) - 2) // 3
                sheet.merge_cells(start_row=row[0].row, end_row=row[0].row, start_column=3, end_column=2 + width)
        if name in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def numbers(first: int, width: int = 3) -> list[int]:
    """The cells of a line: for each sex, its bands and their sum."""
    cells: list[int] = []
    for rank in range(3):
        bands = [first + 10 * rank + i for i in range(width)]
        cells += [*bands, sum(bands)]
    return cells


METROPOLE = [
    ("01", "Ain", *numbers(100)),
    ("2A", "Corse-du-Sud", *numbers(200)),
    ("France métropolitaine ", None, *numbers(300)),
]
OVERSEAS = [(971, "Guadeloupe ", *numbers(400)), ("DOM", None, *numbers(500))]
RECENT = sheet_of(2022, table([*METROPOLE, *OVERSEAS]))


def whole(path: Path, **more: Any) -> pl.DataFrame:
    layout = FakeLayout("crosstab", {**OPTIONS, **more}, ("population",))
    return pl.concat(t.frame for t in tables_of(path, layout))


@pytest.mark.parametrize("form", [bytes, strict])
def test_one_row_a_figure(write: Callable[..., Path], form: Callable[[bytes], bytes]) -> None:
    frame = whole(write(form(book(RECENT)), "pop.xlsx"))
    assert frame.columns[:6] == ["annee", "territoire_code", "territoire_libelle", "sexe", "tranche_age", "population"]
    assert frame.height == 5 * 3 * 3
    assert frame["_defaut"].null_count() == frame.height
    assert frame["_ligne"].is_unique().all()
    assert frame.row(0) == ("2022", "01", "Ain", "Ensemble", "0 à 4 ans", "100", 1, "2022!C6", None)
    assert frame.row(8) == ("2022", "01", "Ain", "Femmes", "95 ans et plus", "122", 9, "2022!M6", None)
    assert frame.row(18)[:5] == ("2022", "France métropolitaine ", None, "Ensemble", "0 à 4 ans")
    assert frame.row(27)[:4] == ("2022", "971", "Guadeloupe ", "Ensemble")


def test_a_second_table_of_a_sheet_has_its_own_titles(write: Callable[..., Path]) -> None:
    overseas = table([(971, "Guadeloupe", *numbers(400)), ("DOM", None, *numbers(500))], BANDS, None)
    for row in overseas[1:]:  # « 90 ans et plus » over two columns, the second of which is empty
        row[4:] = ["90 ans et plus" if row[4] == BANDS[2] else row[4], None, *row[5:]]
    frame = whole(write(book(sheet_of(1990, table(METROPOLE), overseas)), "pop.xlsx"))
    assert frame["_defaut"].null_count() == frame.height
    last = frame.filter((pl.col("territoire_code") == "971") & (pl.col("sexe") == "Ensemble"))
    assert last.select("tranche_age", "population").rows() == [
        ("0 à 4 ans", "400"), ("5 à 9 ans", "401"), ("90 ans et plus", "402"),
    ]  # fmt: skip
    assert set(frame.filter(pl.col("territoire_code") == "01")["tranche_age"]) == set(BANDS)


def test_the_larger_classes_of_the_neighbour_are_read_alike(write: Callable[..., Path]) -> None:
    path = write(book(sheet_of(2024, table([("01", "Ain", *numbers(1, 5))], CLASSES))), "estim-pop-dep-sexe-gca.xlsx")
    found = recognise(path, load_contracts(), today=TODAY)
    assert (found.contract.id, found.layout.code) == ("insee_population", "classeur_departement_sexe_age")
    frame = whole(path)
    assert frame.filter(pl.col("sexe") == "Hommes")["tranche_age"].to_list() == list(CLASSES)
    assert set(CLASSES) | {"90 ans et plus"} <= set(known_bands())


def known_bands() -> list[str]:
    from data_contracts.nomenclatures import codes

    return list(codes("insee_tranches_age"))


def test_a_workbook_by_region_is_refused_by_its_name(write: Callable[..., Path]) -> None:
    regions = table([("Bretagne", None, *numbers(1))], corner="Régions")
    for row in regions:
        del row[1]  # no code there
    path = write(book(sheet_of(2024, regions)), "estim-pop-nreg-sexe-aq-1975-2024.xlsx")
    with pytest.raises(DeliveryRefused, match="population par région") as refusal:
        recognise(path, load_contracts(), today=TODAY)
    assert refusal.value.nearest == CONTRACT


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("2022", [["Nombre de places au 31 décembre"], [], *table(METROPOLE)]),  # about something else
        ("Tableau 1", RECENT[1]),
        ("2022", [*RECENT[1][:4], *RECENT[1][5:]]),  # one row of titles
        ("2022", [[TITLE]]),
    ],
)
def test_a_workbook_of_another_shape_is_not_taken_for_it(write: Callable[..., Path], name: str, rows: list) -> None:
    assert not knows(sniff(write(book((name, rows)), "pop.xlsx")), OPTIONS)
    assert knows(sniff(write(book(RECENT), "pop.xlsx")), OPTIONS)


def test_what_is_no_table_is_said_unless_it_is_known(write: Callable[..., Path]) -> None:
    name, rows = sheet_of(2022, table(METROPOLE))
    stray = [["Rappel des années précédentes"], ["01", None], [None, None, 12], ["03", "Allier", *numbers(1), 99]]
    path = write(
        book((name, [*rows, *stray]), ("Carte", [["x", 1]]), sheet_of(2021, table(METROPOLE)), hidden=["2021"]),
        "pop.xlsx",
    )
    frame = whole(path).filter(pl.col("_defaut").is_not_null())
    said = [(place, reason.split(" Remède : ")[0]) for place, reason in frame.select("_chemin", "_defaut").rows()]
    stray_line = "ligne hors des tableaux de la feuille."
    assert said[:5] == [
        ("2022!12", stray_line), ("2022!13", stray_line), ("2022!14", stray_line),
        ("2022!15", "valeur dans une colonne sans titre."),
        ("Carte!1", "feuille « Carte » qui n'est pas de celles que l'on attend : elle n'est pas lue."),
    ]  # fmt: skip
    assert len(said) == 5 + 9  # every row of the hidden sheet
    assert {reason for _, reason in said[5:]} == {"feuille « 2021 » masquée : elle n'est pas lue."}


def test_an_empty_figure_is_a_row_too(write: Callable[..., Path]) -> None:
    line = ["01", "Ain", *numbers(100)]
    line[3] = None
    frame = whole(write(book(sheet_of(2022, table([tuple(line)]))), "pop.xlsx"))
    assert frame.height == 9
    assert frame["population"].to_list()[:3] == ["100", None, "102"]


def test_a_hidden_line_is_read_and_said_once(write: Callable[..., Path]) -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(RECENT)))
    made["2022"].row_dimensions[7].hidden = True
    out = io.BytesIO()
    made.save(out)
    (table,) = tables_of(write(out.getvalue(), "pop.xlsx"), FakeLayout("crosstab", OPTIONS, ("population",)))
    assert table.frame.filter(pl.col("_remarque").is_not_null())["_chemin"].to_list() == ["2022!C7"]
    assert table.frame.height == 45


AGREED = ("annee", "territoire_code", "territoire_libelle", "sexe", "tranche_age", "population")


def as_delivered(shared_data: Path) -> pl.DataFrame:
    path = shared_data / "insee_population" / "insee_estim_pop_dep_sexe_age_quinq_1975_2022.csv.gz"
    return pl.read_csv(path, separator=";", infer_schema=False, new_columns=AGREED)


def test_the_real_numbers_come_back_from_such_a_workbook(shared_data: Path, write: Callable[..., Path]) -> None:
    real = as_delivered(shared_data).filter(pl.col("annee").is_in(["1975", "2022"]))
    sheets = []
    for (year,), rows in real.group_by("annee", maintain_order=True):
        bands = rows["tranche_age"].unique(maintain_order=True).to_list()
        lines = [
            (code, name or None, *(cell for i in range(3) for cell in [*map(int, n[i * 20 : i * 20 + 20]), 0]))
            for (code, name), cells in rows.group_by("territoire_code", "territoire_libelle", maintain_order=True)
            if len(n := cells["population"].to_list()) == 60
        ]
        assert len(lines) * 60 == rows.height
        sheets.append(sheet_of(int(str(year)), table(lines, bands)))
    frame = whole(write(book(*sheets), "pop.xlsx"))
    assert frame.select(AGREED).equals(real.with_columns(pl.col("territoire_libelle").replace("", None)).select(AGREED))


def test_the_real_workbook_says_what_was_once_converted_by_hand(shared_data: Path) -> None:
    path = shared_data / "insee_population" / "estim-pop-dep-sexe-aq-1975-2022.xlsx"
    if not path.exists():
        pytest.skip(f"le classeur de l'Insee n'est pas là ({path})")
    overseas = pl.col("annee").is_in([str(year) for year in range(1990, 1999)]) & (
        pl.col("tranche_age") == "90 ans et plus"
    )
    band = pl.when(overseas).then(pl.lit("90 à 94 ans")).otherwise("tranche_age").alias("tranche_age")  # as converted
    frame = whole(path)
    assert frame["_defaut"].null_count() == frame.height
    assert frame.filter(overseas).height == 9 * 6 * 3
    found = frame.with_columns(band).select(pl.col(AGREED).fill_null("").str.strip_chars(" \u00a0"))
    expected = as_delivered(shared_data).select(pl.col(AGREED).fill_null("").str.strip_chars(" \u00a0"))
    assert found.sort(AGREED).equals(expected.sort(AGREED))
