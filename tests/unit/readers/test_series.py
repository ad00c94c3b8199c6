"""Workbooks of series: those of the survey Aide sociale that the Drees publishes.

The layout is that of drees_beneficiaires_aide_sociale_series_longues_1996_2020.xlsx and of its three neighbours: a
title, notes, a link « Retour au sommaire » at the end of a row, then the table by département with its totals, then the
same by region.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.loading import load_contracts
from data_contracts.nomenclatures import codes, read_list
from ingest.read import sniff, tables_of
from ingest.read.series import Shape, knows
from ingest.receive.recognise import recognise
from tests.instants import TODAY
from tests.unit.readers.conftest import FakeLayout

CONTRACT = load_contracts()["drees_aide_sociale"]
LAYOUTS = {layout.code: layout.options for layout in CONTRACT.layouts}
SERIES = LAYOUTS["beneficiaires_series"]
HOME_TITLE = "Tableau 5 - Bénéficiaires de l'APA à domicile, payés au titre du mois de décembre, depuis 2002"
FRANCE = "TOTAL estimé France entière (hors Mayotte)"
Rows = list[list[Any]]


def table(title: str, years: Sequence[Any], lines: Mapping[tuple[str, str, str], Sequence[Any]], *notes: str) -> Rows:
    """The rows of a sheet. lines: codes of region and département, name -> a figure a year."""
    totals = [sum(v[rank] or 0 for v in lines.values()) for rank in range(len(years))]
    regions: dict[str, list[int]] = {}
    for (region, _, _), values in lines.items():
        of_region = regions.setdefault(region, [0] * len(years))
        regions[region] = [a + (b or 0) for a, b in zip(of_region, values, strict=True)]
    return [
        [title],
        ["Source : DREES, Enquête Aide sociale.", *[None] * 7, "Retour au sommaire"],
        *([note] for note in notes),
        [],
        ["Code région", "Code département", "Département", *years],
        *([*codes, *values] for codes, values in lines.items()),
        [FRANCE, None, None, *totals],
        [],
        [title, *[None] * (1 + len(years)), "Retour en haut de la page"],
        ["Code région", "Région", "espace", *years],
        *([region, "Région", None, *values] for region, values in regions.items()),
        [FRANCE, FRANCE, None, *totals],
    ]


def book(*sheets: tuple[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    made = openpyxl.Workbook()
    notice = made.active
    assert notice is not None
    notice.title = "Présentation et méthode"
    notice["A1"], notice["A5"] = "Les bénéficiaires de l'aide sociale", 2020
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


AIN, RHONE = ("84", "01", "Ain"), ("84", "69", "Département du Rhône")
GUYANE = ("103", "973", "Guyane")
LINES: dict[tuple[str, str, str], Sequence[Any]] = {AIN: [5556, 5601], RHONE: [17000, None], GUYANE: [0, 3]}
HOME = table(HOME_TITLE, ["2019", 2020], LINES, "Champ : France métropolitaine et DROM (Hors Mayotte).")


def whole(path: Path, options: dict[str, Any] = SERIES) -> pl.DataFrame:
    return pl.concat([t.frame for t in tables_of(path, FakeLayout("series", options, ("series",)))], how="diagonal")


def test_one_row_a_figure(write: Callable[..., Path]) -> None:
    frame = whole(write(book(("Tab5-pa", HOME)), "drees.xlsx"))
    assert frame.columns[:8] == [
        "mesure", "annee", "partie", "maille", "region_code", "territoire_code", "territoire_libelle", "valeur",
    ]  # fmt: skip
    assert frame["_defaut"].null_count() == frame.height == 2 * (3 + 1) + 2 * (2 + 1)
    rows = frame.select(frame.columns[1:8]).rows()
    assert set(frame["mesure"]) == {"APA_DOMICILE"}
    assert rows[:4] == [
        ("2019", "1", "departement", "84", "01", "Ain", "5556"),
        ("2020", "1", "departement", "84", "01", "Ain", "5601"),
        ("2019", "1", "departement", "84", "69", "Département du Rhône", "17000"),
        ("2020", "1", "departement", "84", "69", "Département du Rhône", None),
    ]
    assert rows[6:] == [
        ("2019", "1", "regroupement", None, FRANCE, None, "22556"),
        ("2020", "1", "regroupement", None, FRANCE, None, "5604"),
        ("2019", "2", "region", None, "84", "Région", "22556"), ("2020", "2", "region", None, "84", "Région", "5601"),
        ("2019", "2", "region", None, "103", "Région", "0"), ("2020", "2", "region", None, "103", "Région", "3"),
        ("2019", "2", "regroupement", None, FRANCE, None, "22556"),
        ("2020", "2", "regroupement", None, FRANCE, None, "5604"),
    ]  # fmt: skip
    assert frame["_chemin"].to_list()[:2] == ["Tab5-pa!D6", "Tab5-pa!E6"]
    assert frame["_ligne"].is_unique().all()


@settings(max_examples=20)
@given(
    st.dictionaries(
        st.sampled_from([AIN, RHONE, GUYANE, ("94", "2A", "Corse-du-Sud"), ("84", "69M", "Métropole de Lyon")]),
        st.lists(st.none() | st.integers(0, 200_000), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_every_figure_comes_back_and_the_sums_are_those_of_the_sheet(
    tmp_path_factory: pytest.TempPathFactory, lines: dict[tuple[str, str, str], list[int | None]]
) -> None:
    path = tmp_path_factory.mktemp("series") / "drees.xlsx"
    path.write_bytes(book(("Tab5-pa", table(HOME_TITLE, [2018, 2019, 2020], lines))))
    frame = whole(path).with_columns(pl.col("valeur").cast(pl.Int64))
    own = frame.filter(pl.col("maille") == "departement")
    read = {code: v["valeur"].to_list() for (code,), v in own.group_by("territoire_code", maintain_order=True)}
    assert read == {code: values for (_, code, _), values in lines.items()}
    summed = own.group_by("annee").agg(pl.col("valeur").sum()).sort("annee").rows()
    for partie in ("1", "2"):
        total = frame.filter((pl.col("maille") == "regroupement") & (pl.col("partie") == partie))
        assert total.select("annee", "valeur").sort("annee").rows() == summed


@pytest.mark.parametrize(("name", "title", "mesure"), [
    ("Tab5-pa", HOME_TITLE, "APA_DOMICILE"),
    ("Tab99", HOME_TITLE.replace("Tableau 5", "Tableau 12"), "APA_DOMICILE"),  # a table that moved
    ("Tab5-pa", HOME_TITLE.replace("à domicile", "en établissement"), "APA_ETABLISSEMENT"),  # another one in its place
    ("Tab5-pa", HOME_TITLE.replace("depuis 2002", "depuis 2010"), "APA_DOMICILE"),
])  # fmt: skip
def test_a_sheet_is_told_by_its_title(write: Callable[..., Path], name: str, title: str, mesure: str) -> None:
    assert set(whole(write(book((name, [[title], *HOME[1:]])), "drees.xlsx"))["mesure"]) == {mesure}


@pytest.mark.parametrize("word", ["ND", "-", "NR", "ns"])
def test_a_word_by_which_nobody_answers_is_delivered_as_it_stands(write: Callable[..., Path], word: str) -> None:
    rows = [[word if cell == 17000 else cell for cell in row] for row in HOME]
    frame = whole(write(book(("Tab5-pa", rows)), "drees.xlsx"))
    assert frame.filter(pl.col("territoire_code") == "69")["valeur"].to_list() == [word, None]


def test_what_is_in_no_declared_place_is_said(write: Callable[..., Path]) -> None:
    rows = [*HOME, ["Note en pied de page."], ["Rappel", None, None, 12], ["84", "01", "Ain", 1, 2, 3]]
    rows[4] = [*rows[4], "Évolution"]
    rows[5] = [*rows[5], 0.8]
    carte = ("Carte", [["Une carte"], ["x", 1]])
    frame = whole(write(book(("Tab5-pa", rows), carte, ("Tab6-pa", HOME), hidden=["Tab6-pa"]), "drees.xlsx"))
    said = frame.filter(pl.col("_defaut").is_not_null())
    reasons = [(place, reason.split(" Remède : ")[0]) for place, reason in said.select("_chemin", "_defaut").rows()]
    assert reasons[:5] == [
        ("Tab5-pa!F6", "valeur dans une colonne qui n'est pas de celles que l'on attend (« Évolution »)."),
        ("Tab5-pa!17", "ligne de chiffres hors des tableaux de la feuille."),
        ("Tab5-pa!F18", "valeur dans une colonne qui n'est pas de celles que l'on attend (« sans titre »)."),
        ("Carte!1", "feuille « Carte » dont le titre n'est pas de ceux que l'on attend : elle n'est pas lue."),
        ("Carte!2", "feuille « Carte » dont le titre n'est pas de ceux que l'on attend : elle n'est pas lue."),
    ]
    assert {reason for _, reason in reasons[5:]} == {"feuille « Tab6-pa » masquée : elle n'est pas lue."}


EXPENSE = "Tableau 5 – Dépenses totales brutes d’APA à domicile par département"


@pytest.mark.parametrize(("note", "is_read"), [("en milliers d’euros", True), ("en euros", False)])
def test_figures_whose_unit_is_not_said_are_not_read(write: Callable[..., Path], note: str, is_read: bool) -> None:
    rows = [[note] if cell == ["espace"] else cell for cell in table(EXPENSE, [2019, 2020], LINES, note)]
    rows[-5] = [note]  # above the second table too, in the place of its title
    frame = whole(write(book(("PA-tab5", rows)), "drees.xlsx"), LAYOUTS["depenses_series"])
    assert (frame["_defaut"].null_count() == frame.height) is is_read
    assert is_read or "l'unité des chiffres n'est pas sûre" in frame["_defaut"][0]


def two_levels() -> Rows:
    title = (
        "Tableau 5 - PCH et ACTP : répartition des aides entre les personnes de moins de 60 ans et celles de 60 ans et "
        "plus, au 31 décembre 2020"
    )
    under = ["Bénéficiaires de moins de 60 ans", "Bénéficiaires de 60 ans et plus"]
    return [
        [title],
        [
            "Code\n région",
            "Code\ndépartement",
            "Département",
            "ACTP",
            None,
            None,
            "PCH",
            None,
            None,
            "TOTAL ACTP ET PCH",
        ],
        [None, None, None, *under, "TOTAL ACTP", *under, "TOTAL PCH"],
        ["84", "01", "Ain", 205, 118, 323, 2911, 917, 3828, 4151],
    ]


def test_titles_over_two_rows_are_one(write: Callable[..., Path]) -> None:
    frame = whole(write(book(("Tab5-ph", two_levels())), "drees.xlsx"), LAYOUTS["beneficiaires_annee"])
    assert frame["_defaut"].null_count() == frame.height
    assert frame.select("mesure", "annee", "valeur").rows() == [
        ("ACTP_MOINS_60", "2020", "205"), ("ACTP_60_PLUS", "2020", "118"), ("ACTP", "2020", "323"),
        ("PCH_MOINS_60", "2020", "2911"), ("PCH_60_PLUS", "2020", "917"), ("ACTP_PCH", "2020", "4151"),
    ]  # fmt: skip  # the total of PCH is read in another sheet


STAFF: Rows = [
    ["Effectifs au 31/12 exprimés en ETP -  Personnel médical"],
    ["> retour sommaire"],
    ["Numéro de département", "Département", "2019", "2020"],
    ["01", "Ain", "ND", 22.2],
    ["TOTAL estimé France métropolitaine", None, 3133.1, 2999.4],
    ["ND : non disponible. Lorsque la donnée n'a pu être fournie par la collectivité interrogée"],
]


@pytest.mark.parametrize(("sheet", "layout"), [
    (("Tab5-pa", HOME), "beneficiaires_series"),
    (("Tab5-ph", two_levels()), "beneficiaires_annee"),
    (("PA-tab5", table(EXPENSE, [2020], {AIN: [1]}, "en milliers d'euros")), "depenses_series"),
    (("etp - pers medical", STAFF), "personnel_series"),
])  # fmt: skip
def test_each_of_the_four_workbooks_is_recognised_by_itself(
    write: Callable[..., Path], sheet: tuple[str, Rows], layout: str
) -> None:
    path = write(book(sheet), "classeur.xlsx")
    found = recognise(path, load_contracts(), today=TODAY)
    assert (found.contract.id, found.layout.code) == ("drees_aide_sociale", layout)


@pytest.mark.parametrize("rows", [
    [["Bénéficiaires d'autre chose"], *HOME[1:]],
    [row for row in HOME if row[:1] != ["Code région"]],
])  # fmt: skip
def test_a_workbook_of_another_shape_is_not_taken_for_it(write: Callable[..., Path], rows: Rows) -> None:
    assert not knows(sniff(write(book(("Tab5-pa", rows)), "drees.xlsx")), SERIES)


def test_a_hidden_line_is_read_and_said_once(write: Callable[..., Path]) -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(("Tab5-pa", HOME))))
    made["Tab5-pa"].row_dimensions[6].hidden = True
    out = io.BytesIO()
    made.save(out)
    frame = whole(write(out.getvalue(), "drees.xlsx"))
    assert frame.filter(pl.col("_remarque").is_not_null())["_chemin"].to_list() == ["Tab5-pa!D6"]
    assert frame.height == 14


def test_every_mesure_of_the_list_is_read_somewhere_and_no_other() -> None:
    shapes = [Shape(options) for options in LAYOUTS.values()]
    forms = [form for shape in shapes for form in shape.sheets]
    read = {form.mesure for form in forms} | {code for form in forms for _, code in form.columns}
    assert read - {None} == codes("drees_aide_sociale_mesures")


METROPOLE = "TOTAL estimé France métropolitaine"
OVERSEAS = "Total estimé DROM (hors Mayotte)"
WITH_OVERSEAS = f"{METROPOLE} et DROM"
# Sums of the source that are not those of its départements, published so: mesure, year, part -> sum -> by how much.
GAPS = {
    # The Rhône is 0 in its row; its two parts are not, nor is any sum.
    ("DEP_ASH_PA", "2019", "1"): {METROPOLE: 33_423, FRANCE: 33_423},
    ("DEP_ASH_PA", "2019", "2"): {METROPOLE: 33_423, FRANCE: 33_423, "84": 33_423},
    # Sums of the table by region that were not revised with it; those of the table by département were.
    ("DEP_PH_ACCUEIL", "2015", "2"): {METROPOLE: 1_113, FRANCE: 1_113},
    ("DEP_PH_ACCUEIL", "2016", "2"): {METROPOLE: 2_307, FRANCE: 2_307},
    ("DEP_PH_ACCUEIL", "2017", "2"): {METROPOLE: 1_276, FRANCE: 1_276},
    ("DEP_PH_ACCUEIL", "2018", "2"): {METROPOLE: 1_314, FRANCE: 1_592, OVERSEAS: 278},
    ("PERS_ETP_SOCIAL", "2018", "1"): {METROPOLE: -164, f"{WITH_OVERSEAS} (hors Mayotte)": -164},
    # « Les résultats ici présentés sont arrondis »
    ("PERS_EFF", "2019", "1"): {WITH_OVERSEAS: -1, f"{WITH_OVERSEAS} (hors Mayotte)": -1},
    ("PERS_EFF_HORS_AF", "2020", "1"): {METROPOLE: -1},
    ("PERS_ETP_HORS_AF", "2019", "1"): {WITH_OVERSEAS: -1},
}
PARTS = {row["code"] for row in read_list("drees_collectivites")}  # 2A and 2B are in 20, 69D and 69M in 69


# What the source calls its groupings, in this order: the first that a label holds says which départements are in it.
GROUPINGS = {
    "métropolitaine et DROM (hors Mayotte)": pl.col("territoire_code") != "976",
    "métropolitaine et DROM": pl.lit(True),
    "métropolitaine": ~pl.col("territoire_code").str.starts_with("97"),
    "DROM": pl.col("territoire_code").str.starts_with("97") & (pl.col("territoire_code") != "976"),
    "entière": pl.col("territoire_code") != "976",
}


@pytest.mark.parametrize(("name", "layout", "figures"), [
    ("drees_beneficiaires_aide_sociale_2020", "beneficiaires_annee", 4_216),
    ("drees_beneficiaires_aide_sociale_series_longues_1996_2020", "beneficiaires_series", 97_146),
    ("drees_depenses_aide_sociale_series_longues_1999_2020", "depenses_series", 74_718),
    ("drees_personnel_departemental_2014_2020", "personnel_series", 11_984),
])  # fmt: skip
def test_the_sums_of_the_real_workbooks_are_those_of_their_departements(
    shared_data: Path, name: str, layout: str, figures: int
) -> None:
    frame = whole(shared_data / "drees_aide_sociale" / f"{name}.xlsx", LAYOUTS[layout])
    assert frame["_defaut"].null_count() == frame.height == figures
    if "region_code" not in frame.columns:  # the workbook of staff has no table by region
        frame = frame.with_columns(pl.lit(None, pl.String).alias("region_code"))
    frame = frame.with_columns(pl.col("valeur").replace(["ND", "-"], None).cast(pl.Float64))
    own = frame.filter((pl.col("maille") == "departement") & ~pl.col("territoire_code").is_in(list(PARTS)))
    published = frame.filter((pl.col("maille") != "departement") & pl.col("valeur").is_not_null())
    labels = published["territoire_code"].unique().to_list()
    compared = 0
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for label in labels:
        grouping = next((condition for word, condition in GROUPINGS.items() if word in label), None)
        members = own.filter(pl.col("region_code") == label if grouping is None else grouping)
        sums = members.group_by("mesure", "annee").agg(
            pl.when(pl.col("valeur").null_count() == 0).then(pl.col("valeur").sum()).alias("somme")
        )
        both = published.filter(pl.col("territoire_code") == label).join(sums, on=["mesure", "annee"])
        gaps = both.with_columns((pl.col("valeur") - pl.col("somme")).alias("ecart")).drop_nulls("ecart")
        compared += gaps.height
        for mesure, annee, partie, gap in gaps.select("mesure", "annee", "partie", "ecart").rows():
            if abs(gap) >= 0.5:
                found.setdefault((mesure, annee, partie), {})[label] = round(gap)
    assert compared >= figures / 100
    assert found == {key: gaps for key, gaps in GAPS.items() if key[0] in set(frame["mesure"])}
