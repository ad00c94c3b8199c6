"""FINESS XML of the standard flow: blocks to rows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.read import sniff

HEAD = '<?xml version="1.0" encoding="{0}"?>\n<fluxfiness xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
STAMP = "<horodatage><emetteur>finess</emetteur><datemaj>2021-12-14</datemaj></horodatage>"
RECALLED = (
    "<structureet><nofinesset>580006104</nofinesset><nofinessej>580000149</nofinessej><rs>SAVS</rs></structureet>"
)
EQUIPMENT = (
    "<equipementsocial><nofinesset>580006104</nofinesset><de>509</de><libde>Vie &amp; société à l’œuvre</libde>"
    '<capinstm xsi:nil="true"/><capinstf></capinstf><capinsthab>0</capinsthab></equipementsocial>'
)
EQUIPMENTS = f"{HEAD.format('UTF-8')}{STAMP}{RECALLED * 2}{EQUIPMENT * 3}</fluxfiness>"


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_sniff_says_which_file_of_the_flow_it_is(write: Callable[..., Path], wrap: Callable[[bytes], bytes]) -> None:
    document = sniff(write(wrap(EQUIPMENTS.encode()), "finess.xml"))
    assert document.family == "xml"
    assert document.facts == {
        "root": "fluxfiness",
        "flow": "cs1400105",
        "blocks": "structureet,equipementsocial",
        "emetteur": "finess",
        "datemaj": "2021-12-14",
    }


def test_headers_that_recall_an_et_are_not_equipments(write: Callable[..., Path], rows_of: Callable) -> None:
    frame = rows_of(write(EQUIPMENTS, "finess.xml"), "finess_xml", ("equipements",))["equipements"]
    assert frame.height == 3
    assert frame["_ligne"].to_list() == [1, 2, 3]  # unique though the file is one line
    assert frame["_chemin"].to_list()[-1] == "/fluxfiness/equipementsocial[3]"
    assert frame.select("libde", "capinstot", "capinstm", "capinstf", "capinsthab", "_defaut").row(0) == (
        "Vie & société à l’œuvre", None, None, None, "0", None,
    )  # fmt: skip


def test_the_declared_encoding_is_obeyed(write: Callable[..., Path], rows_of: Callable) -> None:
    text = EQUIPMENTS.replace("UTF-8", "windows-1252")
    frame = rows_of(write(text.encode("cp1252"), "finess.xml"), "finess_xml", ("equipements",))["equipements"]
    assert frame["libde"][0] == "Vie & société à l’œuvre"


def test_a_tag_never_seen_becomes_a_column_and_a_repeated_one_a_defect(
    write: Callable[..., Path], rows_of: Callable
) -> None:
    body = (
        "<structureej><nofiness>1</nofiness><neuf>x</neuf><pere><fils>y</fils></pere><rs>a</rs><rs>b</rs></structureej>"
    )
    frame = rows_of(write(f"<fluxfiness>{body}</fluxfiness>", "f.xml"), "finess_xml", ("ej",))["ej"]
    assert frame.select("neuf", "pere.fils", "rs", "_defaut").rows() == [
        ("x", "y", "b", "balise répétée dans le bloc : rs")
    ]


def test_another_block_is_named_by_the_layout(write: Callable[..., Path], rows_of: Callable) -> None:
    body = "<nomenclature><code>500</code></nomenclature>" * 2
    path = write(f"<fluxfiness>{body}</fluxfiness>", "f.xml")
    frame = rows_of(path, "finess_xml", ("categories",), blocks={"categories": "nomenclature"})["categories"]
    assert sniff(path).facts["flow"] == "nomenclature"
    assert frame["code"].to_list() == ["500", "500"]


def test_a_flow_without_a_block_gives_an_empty_table(write: Callable[..., Path], rows_of: Callable) -> None:
    frame = rows_of(write(f"<fluxfiness>{STAMP}</fluxfiness>", "f.xml"), "finess_xml", ("ej",))["ej"]
    assert frame.height == 0
    assert "nofiness" in frame.columns


def test_a_block_of_no_known_kind_is_said(write: Callable[..., Path], rows_of: Callable) -> None:
    text = EQUIPMENTS.replace("</fluxfiness>", "<autorisation><n>1</n></autorisation></fluxfiness>")
    frame = rows_of(write(text, "finess.xml"), "finess_xml", ("equipements",))["equipements"]
    assert frame.height == 4
    assert frame.row(3, named=True)["_defaut"] == "bloc inconnu du flux standard FINESS : « autorisation »"
