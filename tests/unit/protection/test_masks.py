"""What is said of rows and files about persons: shapes, our own words, and places; nothing delivered."""

from __future__ import annotations

import polars as pl
import pytest

from data_contracts.loading import load_contracts
from ingest.protect import masks


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("Zébulon d'Ys", "xxxxxxx x'xx"), ("12/03/1940", "99/99/9999"), ("2A004", "9x999"), ("", ""), (None, None),
        ("E\u0301té", "xxx"), ("x" * 60, "x" * 40), ("٣", "9"), ("Иван²", "xxxx9"),
    ],
)  # fmt: skip
def test_a_value_becomes_its_shape(value: str | None, shape: str | None) -> None:
    assert pl.DataFrame({"v": [value]}, schema={"v": pl.String}).select(_=masks.shape(pl.col("v")))["_"][0] == shape


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("JSON tronqué ou mal formé (Zorglubine)", "JSON tronqué ou mal formé (xxxxxxxxxx)"),
        ("− colonne attendue absente : Zorglubine", "− colonne attendue absente : xxxxxxxxxx"),
        ("octet 12 à la ligne 345, 187019999900168", "octet 12 à la ligne 345, 999999999999999"),
        ("/dossier[12]/Zorglubine", "/dossier[12]/xxxxxxxxxx"),
        ("valeur 12/03/1940", "valeur 99/99/9999"),
        ("ligne 1 87 01 99 999 001 68", "ligne 1 99 99 99 999 999 99"),
        ("+ colonne inconnue : Zorg n° 4512", "+ colonne inconnue : xxxx n° 9999"),
        ("« ligne 4512 » à la ligne 12", "« ligne 9999 » à la ligne 12"),
        ("« a » ligne 4512 »", "« a » ligne 9999 »"),
        ("[23111937]", "[99999999]"),
        ("entry[3].resource", "entry[3].resource"),
        ("[3]", "[3]"),
        ("ligne 23111937", "ligne 99999999"),
        ("colonne 137119999", "colonne 999999999"),
        ("ligne 23/11/1937", "ligne 99/99/9999"),
        ("version 23111937", "version 99999999"),
        ("octet n° 14", "octet n° 14"),
        ("9123 lignes 1", "9999 lignes 1"),
    ],
)
def test_a_message_keeps_our_words_and_where_and_nothing_that_was_delivered(text: str, said: str) -> None:
    assert masks.message(text) == said


def test_the_titles_of_a_contract_are_words_of_the_project() -> None:
    contract = load_contracts()["finess"]
    title = contract.entity("et").fields[0].title
    assert masks.message(f"colonne inconnue : {title}", [contract]) == f"colonne inconnue : {title}"


def test_our_version_is_said_and_no_other_number_like_it() -> None:
    contract = load_contracts()["dui"]
    layout = contract.layouts[0]
    said = f"(la plus proche : {layout.code}, version {layout.version})"
    assert masks.message(said, [contract]) == said
    assert masks.message("version 23.11.1937", [contract]) == "version 99.99.9999"


def test_an_unexpected_error_is_told_by_its_type_and_its_place_only() -> None:
    try:
        raise ValueError("Zorglubine")
    except ValueError as error:
        said = masks.unexpected(error)
    assert said.startswith("Erreur inattendue")
    assert "ValueError (test_masks.py, ligne " in said
    assert "Zorglubine" not in said
