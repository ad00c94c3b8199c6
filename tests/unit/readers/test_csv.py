"""CSV with a header: what each oddity of real exports becomes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from data_contracts.titles import title_key
from ingest.read import sniff
from ingest.read.delimited import separator_of
from ingest.read.frames import column_names

Rows = Callable[..., dict]
Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("nom;ville\nété;Nîmes\n".encode(), "utf-8"),
        (b"nom;ville\nx;y\n", "utf-8"),
        ("nom;ville\nété;Nîmes\n".encode("utf-8-sig"), "utf-8-sig"),
        ("nom;ville\nété;Nîmes\n".encode("utf-16"), "utf-16"),
        ("\ufeffnom;ville\nété;Nîmes\n".encode("utf-16-be"), "utf-16"),
        ("nom;ville\nété;L’œuvre – 3 €\n".encode("cp1252"), "cp1252"),
        (b"nom;ville\n" + b"a;b\n" * 400_000 + b"\xe9t\xe9;b\n", "cp1252"),  # the first accent beyond a megabyte
        (gzip.compress("nom;ville\nété;Nîmes\n".encode("cp1252"), mtime=0), "cp1252"),
    ],
)
def test_the_encoding_is_that_of_the_whole_file(write: Write, content: bytes, encoding: str) -> None:
    document = sniff(write(content))
    assert (document.family, document.encoding, document.header) == ("csv", encoding, ("nom", "ville"))


@pytest.mark.parametrize(
    ("sample", "separator"),
    [
        ("a;b;c\n1;2;3\n", ";"),
        ("a,b,c\n1,2,3\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("FINESS;Places, lits, sièges\n010000024;12\n020000015;8\n", ";"),  # more commas than separators in the titles
        ("finess;taux\n010000024;12,5\n", ";"),  # decimal commas
        ('"taux; en %";b,c,d\n1;2\n', ";"),
        ('"a;b;c",d\n"1;2;3",4\n', ","),
        ("une seule colonne\n1\n2\n", ";"),
        ("", ";"),
    ],
)
def test_the_separator_is_the_one_that_cuts_every_line_alike(sample: str, separator: str) -> None:
    assert separator_of(sample) == separator


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["a", "b"], ("a", "b")),
        (["Nom", "Nom", "Nom"], ("Nom", "Nom (2)", "Nom (3)")),
        (["Nom", "Nom (2)", "Nom"], ("Nom", "Nom (2)", "Nom (3)")),
        (["Taux d'ETP", "Taux\u00a0d’ETP "], ("Taux d'ETP", "Taux\u00a0d’ETP  (2)")),  # equal but for export artefacts
        (["a", "", " "], ("a", "(colonne 2 sans titre)", "(colonne 3 sans titre)")),
        (["_ligne"], ("_ligne (2)",)),
        ([], ()),
    ],
)
def test_every_column_has_its_own_name_in_file_order(titles: list[str], names: tuple[str, ...]) -> None:
    assert column_names(titles) == names


HEADER = "a;b;c\n"
CASES = {
    "values stay text, spaces and empty cells included": (
        "010000024; 1,50 ;\n",
        [("010000024", " 1,50 ", "", 2, None)],
    ),
    "CRLF, and no end on the last line": ("1;2;3\r\n4;5;6", [("1", "2", "3", 2, None), ("4", "5", "6", 3, None)]),
    "blank lines are counted and left out": (
        "\n1;2;3\n\n\n4;5;6\n\n",
        [("1", "2", "3", 3, None), ("4", "5", "6", 6, None)],
    ),
    "a line whose cells are all blank is not a row, whatever their number": (
        ';;\n1;2;3\n   \n ;\t;\u00a0\n\u202f\n"";" ";\n;;;;;\n"";\n4;5;6\n;;',
        [("1", "2", "3", 3, None), ("4", "5", "6", 10, None)],
    ),
    "a blank quoted cell over two lines counts them": ('"\n";;\n1;2;3\n', [("1", "2", "3", 4, None)]),
    "quoted separator, quote and newline": (
        '"1;1";"dit ""oui""";"x\ny"\n4;5;6\n',
        [("1;1", 'dit "oui"', "x\ny", 2, None), ("4", "5", "6", 4, None)],
    ),
    "a quote inside an unquoted cell is a character": (
        '1;5" tube;3\n4;5;6\n',
        [("1", '5" tube', "3", 2, None), ("4", "5", "6", 3, None)],
    ),
    "one cell alone": ("1\n", [("1", None, None, 2, "1 cellule au lieu de 3")]),
    "too few cells": ("1;2\n4;5;6\n", [("1", "2", None, 2, "2 cellules au lieu de 3"), ("4", "5", "6", 3, None)]),
    "too many cells": (
        "1;2;3;4;5\n",
        [("1", "2", "3", 2, "5 cellules au lieu de 3 (en trop : « 4 | 5 »)")],
    ),
    "separators that the titles lack carry nothing": (
        '1;2;3;\n4;5;6;;\n7;8;9; \u00a0;\n"x";y;z;\n1;2;3\n',
        [
            ("1", "2", "3", 2, None),
            ("4", "5", "6", 3, None),
            ("7", "8", "9", 4, None),
            ("x", "y", "z", 5, None),
            ("1", "2", "3", 6, None),
        ],
    ),
    "unless a value stands there": (
        "1;2;3;;x\n4;5;6;\n",
        [("1", "2", "3", 2, "5 cellules au lieu de 3 (en trop : «  | x »)"), ("4", "5", "6", 3, None)],
    ),
    "files put end to end: a mark and titles again": (
        "1;2;3\n\ufeffa;b;c\n4;5;6\n\ufeff7;\ufeff8;9\n",
        [("1", "2", "3", 2, None), ("4", "5", "6", 4, None), ("7", "8", "9", 5, None)],
    ),
    "titles again, quoted, after a blank line, with separators": (
        '1;2;3\n\n"a";"b";"c";\n4;5;6\na ;b;c\n',
        [("1", "2", "3", 2, None), ("4", "5", "6", 5, None)],
    ),
    "titles again in another order announce another table": (
        "1;2;3\nb;a;c\n4;5;6\na;b;c\n7;8;9\n",
        [
            ("1", "2", "3", 2, None),
            ("b", "a", "c", 3, "ligne d'un autre tableau"),
            ("4", "5", "6", 4, "ligne d'un autre tableau"),
            ("7", "8", "9", 6, None),
        ],
    ),
    "a title in a cell is a value": ("a;b;3\nc;2;1\n", [("a", "b", "3", 2, None), ("c", "2", "1", 3, None)]),
    "Ctrl-Z and NUL at the end of the file": (
        "1;2;3\n4;5;6\n\x1a\0\0\0",
        [("1", "2", "3", 2, None), ("4", "5", "6", 3, None)],
    ),
    "Ctrl-Z right after the last cell": ("1;2;3\x1a", [("1", "2", "3", 2, None)]),
    "cells padded with NUL": ('1\0\0;2\0;3\n"4"\0;5;6\n', [("1", "2", "3", 2, None), ("4", "5", "6", 3, None)]),
    "CR alone": ("1;2;3\r4;5;6\r", [("1", "2", "3", 2, None), ("4", "5", "6", 3, None)]),
    "accents apart from their letter": ("e\u0301te\u0301;2;3\n", [("été", "2", "3", 2, None)]),
    "a quoted row too long among regular ones": (
        '1;2;3\n"4";5;6;7\n8;9;0\n',
        [
            ("1", "2", "3", 2, None),
            ("4", "5", "6", 3, "4 cellules au lieu de 3 (en trop : « 7 »)"),
            ("8", "9", "0", 4, None),
        ],
    ),
    "text after a closing quote": (
        '1;"LES" LILAS;3\n4;5;6\n',
        [("1", '"LES" LILAS', "3", 2, "guillemet mal placé"), ("4", "5", "6", 3, None)],
    ),
    "a quote never closed costs one row, not the rest of the file": (
        '1;"LES LILAS;3\n4;5;6\n7;8;9\n',
        [("1", '"LES LILAS', "3", 2, "guillemet mal placé"), ("4", "5", "6", 3, None), ("7", "8", "9", 4, None)],
    ),
    "a stray quote closed by chance lines later costs one row": (
        '1;"LES LILAS;3\n4;5;6\n7;8;TILLEULS"\n0;0;0\n',
        [
            ("1", '"LES LILAS', "3", 2, "guillemet qui s'ouvre et ne se referme qu'à la ligne 4"),
            ("4", "5", "6", 3, None),
            ("7", "8", 'TILLEULS"', 4, None),
            ("0", "0", "0", 5, None),
        ],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("block", [1, 2, 1000])
def test_rows_and_their_lines(
    write: Write, rows_of: Rows, monkeypatch: pytest.MonkeyPatch, body: str, expected: list[tuple], block: int
) -> None:
    monkeypatch.setattr("ingest.read.delimited.chunk_rows", lambda _: block)
    frame = rows_of(write(HEADER + body))["table"]
    found = frame.select("a", "b", "c", "_ligne", "_defaut").rows()
    assert [f[:4] for f in found] == [e[:4] for e in expected]
    for (*_, defect), (*_, said) in zip(found, expected, strict=True):
        assert (defect is None) == (said is None)
        assert (defect or "").startswith(said or "")


@pytest.mark.parametrize("block", [1, 1000])
@pytest.mark.parametrize("more", ["", '7;"LES" LILAS;9\n'], ids=["regular block", "block of the csv module"])
def test_a_quoted_cell_may_be_of_any_length(
    write: Write, rows_of: Rows, monkeypatch: pytest.MonkeyPatch, more: str, block: int
) -> None:
    monkeypatch.setattr("ingest.read.delimited.chunk_rows", lambda _: block)
    long = "é;" * 100_000
    frame = rows_of(write(f'{HEADER}1;"{long}";3\n4;5;6\n{more}'))["table"]
    assert frame["b"].to_list()[:2] == [long, "5"]
    assert frame["_defaut"].to_list()[:2] == [None, None]


@pytest.mark.parametrize("cell", ['"plus de dix caractères"', "plus de dix caractères"])
def test_a_cell_over_the_limit_is_a_defective_row(
    cell: str, write: Write, rows_of: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLNUF_LIMITE_TEXTE", "10")
    frame = rows_of(write(HEADER + f"1;2;3\n4;{cell};6\n7;8;9\n"))["table"]
    assert frame["a"].to_list() == ["1", "4", "7"]
    assert frame["_ligne"].to_list() == [2, 3, 4]
    before, defect, after = frame["_defaut"].to_list()
    assert (before, after) == (None, None)
    assert "cellule de plus de 10 caractères" in defect
    assert "DLNUF_LIMITE_TEXTE" in defect


def test_the_titles_are_also_given_as_delivered(write: Write) -> None:
    document = sniff(write("GMP;;Nom;GMP ;;\n"))
    assert document.header == ("GMP", "(colonne 2 sans titre)", "Nom", "GMP  (2)")
    assert document.raw_header == ("GMP", "", "Nom", "GMP ")


def test_a_title_may_hold_a_newline_and_lines_still_count(write: Write, rows_of: Rows) -> None:
    frame = rows_of(write('"Nombre\nde places";b\n1;2\n'))["table"]
    assert frame.columns == ["Nombre\nde places", "b", "_ligne", "_chemin", "_defaut"]
    assert frame["_ligne"].to_list() == [3]


def test_untitled_last_columns_are_left_out_unless_they_hold_a_value(write: Write, rows_of: Rows) -> None:
    frame = rows_of(write('a;b;;\n1;2;;\n3;4;5;\n"6";7;;\n8;9\n'))["table"]
    assert frame.columns == ["a", "b", "_ligne", "_chemin", "_defaut"]
    assert frame["_defaut"].to_list() == [
        None,
        "valeur à droite de la dernière colonne titrée",
        None,
        None,
    ]
    assert frame.row(3)[:2] == ("8", "9")


def test_a_header_alone_gives_an_empty_table_with_its_columns(write: Write, rows_of: Rows) -> None:
    frame = rows_of(write("a;b\n"))["table"]
    assert frame.shape == (0, 5)
    assert frame.columns[:2] == ["a", "b"]


def test_the_layout_may_give_the_separator_and_refuse_quotes(write: Write, rows_of: Rows) -> None:
    frame = rows_of(write('a, b; c\n"x, y\n'), separator=",", quote="")["table"]
    assert frame.select("a", " b; c").rows() == [('"x', " y")]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('code;n\n="010002228";1\n', "010002228"),
        ('code;n\n"=""010002228""";1\n', "010002228"),  # the same, once a program has quoted the cell
        ('="code";n\n="010002228";1\n', "010002228"),
        ('code;n\n="";1\n', ""),
        ("code;n\n=A1;1\n", "=A1"),  # a formula that gives something else is shown as it is
    ],
)
def test_a_text_written_as_a_formula_is_that_text(write: Write, rows_of: Rows, content: str, value: str) -> None:
    """How a CSV keeps the zeros of a code from spreadsheets (RFC 4180 knows nothing of it)."""
    assert rows_of(write(content))["table"]["code"].to_list() == [value]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;;", "\ufeffsep=;", "sep=; "])
@pytest.mark.parametrize("options", [{}, {"separator": ";"}])
def test_the_line_by_which_a_spreadsheet_is_told_the_separator(
    write: Write, rows_of: Rows, first: str, options: dict
) -> None:
    path = write(f"{first}\r\na;b, c\r\n1;2,5\r\n")
    document = sniff(path)
    assert (document.header, document.facts) == (("a", "b, c"), {"separator": ";"})
    assert rows_of(path, **options)["table"].rows() == [("1", "2,5", 3, None, None)]


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_the_separator_that_a_file_announces_is_its_own(write: Write, rows_of: Rows, separator: str) -> None:
    path = write(f"sep={separator}\na{separator}b;c\n1{separator}2\n".encode("utf-16"))
    assert sniff(path).header == ("a", "b;c")
    assert rows_of(path, separator=";")["table"].rows() == [("1", "2", 3, None, None)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(write: Write, rows_of: Rows, encoding: str) -> None:
    path = write("nom;ville\nété;Nîmes\n".encode(encoding))
    assert (sniff(path).encoding, sniff(path).header) == (encoding, ("nom", "ville"))
    assert rows_of(path)["table"].rows() == [("été", "Nîmes", 2, None, None)]


def test_accents_apart_from_their_letter_make_the_same_title() -> None:
    assert title_key("Anne\u0301e  d\u2019ouverture") == title_key("Année d'ouverture")
    assert column_names(["Année", "Anne\u0301e"]) == ("Année", "Anne\u0301e (2)")


def test_gzip_members_put_end_to_end_are_all_read(write: Write, rows_of: Rows) -> None:
    path = write(gzip.compress(b"a;b\n1;2\n") + gzip.compress(b"a;b\n3;4\n"))
    assert rows_of(path)["table"].rows() == [("1", "2", 2, None, None), ("3", "4", 4, None, None)]


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_what_stands_below_the_table_is_said(
    write: Write, rows_of: Rows, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("ingest.read.delimited.chunk_rows", lambda _: block)
    body = "010000024;12;3\n010000032;4;5\nSource : CNSA;;\n;;\nRégion;Total;\n84;140;\n"
    frame = rows_of(write(HEADER + body))["table"]
    reasons = [
        (line, (said or "").split(" (")[0].split(",")[0]) for line, said in frame.select("_ligne", "_defaut").rows()
    ]
    other = "ligne d'un autre tableau"
    assert reasons == [(2, ""), (3, ""), (4, "ligne hors du tableau"), (6, other), (7, other)]


def test_the_331_columns_of_the_tdb_keep_their_positions(write: Write, rows_of: Rows, shared_data: Path) -> None:
    listed = (shared_data / "tdb_ms_headers" / "export-tdbesms-2021-region-agg.header.csv").read_text("utf-8")
    titles = [line.split(";", 2)[2].strip('"') for line in listed.splitlines()[1:]]
    body = ";".join(f"v{i}" for i in range(1, len(titles) + 1))
    path = write(f"{';'.join(titles)}\r\n{body}\r\n".encode("cp1252", "replace"))
    document = sniff(path)
    frame = rows_of(path)["table"]
    assert document.header is not None
    assert len(set(document.header)) == len(titles) == 331
    assert sum(name.endswith(" (2)") for name in document.header) >= 14
    assert frame.columns == [*document.header, "_ligne", "_chemin", "_defaut"]
    assert frame.row(0)[:331] == tuple(f"v{i}" for i in range(1, 332))


@pytest.mark.parametrize("words", [("Ensemble", "secret", "secret"), ("non communiqué",) * 3])
def test_words_that_are_no_titles_lose_no_row_below_them(
    write: Write, rows_of: Rows, words: tuple[str, str, str]
) -> None:
    frame = rows_of(write("code;x;y\n1;2;3\n\n" + ";".join(words) + "\n4;5;6\n7;8;9\n"))["table"]
    assert frame.filter(pl.col("code").is_in(["1", "4", "7"]))["_defaut"].to_list() == [None] * 3
