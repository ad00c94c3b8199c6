"""Legacy FINESS extractions: no header, sections, positions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.read import UnreadableFile, sniff, tables_of

ET = "structureet;010000024;010780054;CH DE FLEYRIAT;0474454647"
ET_QUOTED = 'structureet;010000032;010780055;"LES LILAS" EHPAD;'
GEO_2016 = "geolocalisation;010002301;882538.9;6542885.8;1;ATLASANTE;100;IGN;BD_ADRESSE;V2.1;LAMBERT_93;2016-02-29"
GEO = "geolocalisation;010000024;870215.7;6571590.5;2,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93;2023-01-10"
FILE = "\r\n".join(["finess;etalab;93;2023-01-10", ET, ET_QUOTED, GEO_2016, GEO, ""])
BOTH = {"et": "structureet", "geolocalisations": "geolocalisation"}


def test_sniff_says_number_date_and_sections(write: Callable[..., Path]) -> None:
    document = sniff(write(FILE.encode("cp1252")))
    assert (document.family, document.header) == ("csv", None)
    assert document.facts == {
        "etalab": "93",
        "date": "2023-01-10",
        "section": "geolocalisation",
        "sections": "structureet,geolocalisation",
    }


def test_one_section_keeps_only_its_lines_named_by_position(write: Callable[..., Path], rows_of: Callable) -> None:
    frame = rows_of(write(FILE), "csv", ("et",), header=False, section="structureet")["et"]
    assert frame.drop("_chemin", "_defaut").rows() == [
        ("010000024", "010780054", "CH DE FLEYRIAT", "0474454647", 2),
        ("010000032", "010780055", '"LES LILAS" EHPAD', "", 3),
    ]
    assert frame.columns[:4] == ["1", "2", "3", "4"]


def test_the_source_that_2016_cut_in_pieces_is_whole_again(write: Callable[..., Path], rows_of: Callable) -> None:
    both = rows_of(write(FILE), "csv", ("et", "geolocalisations"), header=False, sections=BOTH)
    frame = both["geolocalisations"]
    assert both["et"].height == 2
    assert frame["4"].to_list() == [
        "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.1,LAMBERT_93",
        "2,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93",
    ]
    assert frame["5"].to_list() == ["2016-02-29", "2023-01-10"]
    assert frame["_ligne"].to_list() == [4, 5]
    assert frame["_defaut"].null_count() == 2


def test_a_line_cut_in_two_is_two_defective_rows(write: Callable[..., Path], rows_of: Callable) -> None:
    cut = f"finess;etalab;93;2023-01-10\n{ET}\n{ET[:40]}\n{ET[40:]}\n{ET}\n"
    frame = rows_of(write(cut), "csv", ("et",), header=False, section="structureet")["et"]
    assert frame["_ligne"].to_list() == [2, 3, 4, 5]
    assert [d is not None for d in frame["_defaut"]] == [False, True, True, False]
    assert "aucun nom de section" in frame["_defaut"][2]


@pytest.mark.parametrize(
    ("lines", "section"),
    [
        (["structureej;1", "structurexx;1;2"], "structureej"),
        (["structureet;1", "structurexx;1;2"], "structureet"),
        (["coupee;1", "geolocalisation;1", "structureet;1", "structurexx;1;2"], "geolocalisation"),
        (["structureet;1", "structureej;1"], "structureet"),
        (["autrechose;1"], ""),
        ([], ""),
    ],
)
def test_a_stray_line_does_not_change_what_the_file_is(
    write: Callable[..., Path], lines: list[str], section: str
) -> None:
    document = sniff(write("\n".join(["finess;etalab;93;2023-01-10", *lines])))
    assert document.facts["section"] == section
    assert "structurexx" not in document.facts["sections"]


def test_a_line_of_an_unknown_section_is_a_defective_row_where_it_stands(
    write: Callable[..., Path], rows_of: Callable
) -> None:
    stray = "structurexx;1;2"
    lines = ["finess;etalab;93;2023-01-10", stray, ET, stray, ET, "structureej;1;2", stray, GEO, stray, ET[:30], stray]
    path = write("\n".join(lines))
    both = rows_of(path, "csv", ("et", "geolocalisations"), header=False, section="geolocalisation", sections=BOTH)
    defective = {
        entity: frame.filter(frame["_defaut"].str.contains("structurexx"))["_ligne"].to_list()
        for entity, frame in both.items()
    }
    # The first and the third stand in no section that is read: they go with the section that tells the file.
    assert defective == {"et": [4, 11], "geolocalisations": [2, 7, 9]}
    assert {entity: frame["_defaut"].null_count() for entity, frame in both.items()} == {"et": 2, "geolocalisations": 1}
    assert both["et"].row(1)[:3] == ("structurexx", "1", "2")
    only = rows_of(write("\n".join([*lines[:1], ET, stray])), "csv", ("et",), header=False, section="structureet")["et"]
    assert only["_ligne"].to_list() == [2, 3]
    assert only["_defaut"][1] is not None


def test_the_number_of_cells_is_said_in_agreement(write: Callable[..., Path], rows_of: Callable) -> None:
    path = write("\n".join(["finess;etalab;93;2023-01-10", ET, ET, "structureet;1"]))
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert frame["_defaut"][2] == "1 cellule après « structureet » au lieu de 4"


def test_a_file_without_the_section_is_refused(write: Callable[..., Path], layout: type) -> None:
    with pytest.raises(UnreadableFile, match="« structureej »"):
        list(tables_of(write(FILE), layout("csv", {"header": False, "section": "structureej"}, ("ej",))))


# `"LIEU DE VIE ""MAVOUNA MEMA 1"""` is a cell of etalab-cs1100502-stock-20260512-0339.csv; earlier editions, and most
# lines of that one, quote nothing.
CELLS = {
    "nothing quoted": ('EHPAD "LES LILAS"', 'EHPAD "LES LILAS"'),
    "quoted, its quotes doubled": ('"LIEU DE VIE ""MAVOUNA MEMA 1"""', 'LIEU DE VIE "MAVOUNA MEMA 1"'),
    "quoted from end to end": ('"""LES LILAS"""', '"LES LILAS"'),
    "quoted for its separator": ('"EHPAD ""L;ILE"" BLEUE"', 'EHPAD "L;ILE" BLEUE'),
    "quoted for nothing": ('"LES LILAS"', "LES LILAS"),
    "two names": ('"LES LILAS" ET "LES TILLEULS"', '"LES LILAS" ET "LES TILLEULS"'),
    "a name, then more": ('"LES LILAS" EHPAD', '"LES LILAS" EHPAD'),
    "a quote never closed": ('"LES LILAS', '"LES LILAS'),
    "a quote never opened": ('LES LILAS"', 'LES LILAS"'),
    "an empty quoted cell": ('""', ""),
    "inches": ('TUBE 5"', 'TUBE 5"'),
}


@pytest.mark.parametrize(("written", "name"), CELLS.values(), ids=CELLS.keys())
@pytest.mark.parametrize("last", ["0474454647", '"0474454647"', ""])
def test_each_cell_says_whether_it_is_quoted(
    write: Callable[..., Path], rows_of: Callable, written: str, name: str, last: str
) -> None:
    line = f"structureet;010000032;010780055;{written};{last}"
    path = write("\n".join(["finess;etalab;93;2026-05-12", ET, line, ET_QUOTED, ET, ""]))
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert frame.row(1) == ("010000032", "010780055", name, last.strip('"'), 3, None, None)
    assert frame["_defaut"].null_count() == frame.height == 4


def test_two_stray_quotes_do_not_make_one_cell_of_two(write: Callable[..., Path], rows_of: Callable) -> None:
    line = 'structureet;010000032;"010780055;LES LILAS";0474454647'
    path = write("\n".join(["finess;etalab;93;2026-05-12", ET, ET, line]))
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert frame.row(2)[:4] == ("010000032", '"010780055', 'LES LILAS"', "0474454647")
    assert frame["_defaut"][2] is None


def test_a_quoted_cell_may_go_over_lines_and_a_stray_quote_over_none(
    write: Callable[..., Path], rows_of: Callable
) -> None:
    over = 'structureet;010000032;010780055;"LES\r\nLILAS";0474454647'
    stray = 'structureet;010000032;010780055;"LES LILAS'
    path = write("\r\n".join(["finess;etalab;93;2026-05-12", ET, over, ET, stray, ET, "suite;x", ""]))
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert frame["3"].to_list()[1] == "LES\nLILAS"
    assert [(line, defect is None) for line, defect in frame.select("_ligne", "_defaut").rows()] == [
        (2, True), (3, True), (5, True), (6, False), (7, True), (8, False),
    ]  # fmt: skip


def test_a_file_that_was_quoted_throughout_is_known_and_read(write: Callable[..., Path], rows_of: Callable) -> None:
    quoted = "\n".join(";".join(f'"{cell}"' for cell in line.split(";")) for line in FILE.split("\r\n")[:2])
    path = write(f"\ufeff{quoted};\n")
    assert sniff(path).facts == {
        "etalab": "93", "date": "2023-01-10", "section": "structureet", "sections": "structureet",
    }  # fmt: skip
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert frame.row(0)[:4] == ("010000024", "010780054", "CH DE FLEYRIAT", "0474454647")


def test_separators_beyond_the_last_cell_carry_nothing(write: Callable[..., Path], rows_of: Callable) -> None:
    path = write("\n".join(["finess;etalab;93;2026-05-12;;", ET, f"{ET};;", ET, f"{ET};x"]))
    frame = rows_of(path, "csv", ("et",), header=False, section="structureet")["et"]
    assert [defect is None for defect in frame["_defaut"]] == [True, True, True, False]
