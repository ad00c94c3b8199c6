"""The tables of columns: what a cell says, what is wrong with a table, what a layout takes over from another one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts import columns, loading
from data_contracts.loading import SOURCES, ContractError, load_contracts
from ingest import fingerprint

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: sondage
name: Sondage
version: 1.0.0
domain: services
customProperties:
  - property: layouts
    value:
      - {code: an_1, entity: reponses, reader: csv, options: {separator: ';'}, millesime: {delivery: true}}
      - {code: an_2, like: an_1, version: 2.0.0}
      - {code: arbre, entity: avis, reader: json_records, tables: {avis: [note]}}
  - {property: columns, value: [reponses]}
schema:
  - name: reponses
    properties:
      - {name: finess_et, physicalName: FINESS, logicalType: string, required: true}
      - {name: places, physicalName: Places, logicalType: integer}
      - {name: lits, physicalName: Lits, logicalType: integer,
         customProperties: [{property: aliases, value: [Couchages]}]}
  - name: avis
    properties: [{name: note, logicalType: integer}]
"""
TABLE = """\
entity;field;an_1;an_2
reponses;finess_et;1;1
reponses;places;2;3
reponses;lits;;2 = Lits installés
"""


def written(folder: Path, table: str, contract: str = CONTRACT) -> Path:
    (folder / "sondage.odcs.yaml").write_text(contract, encoding="utf-8")
    (folder / "sondage.columns.csv").write_text(table, encoding="utf-8")
    return folder


def test_a_field_stands_where_its_cells_say(tmp_path: Path) -> None:
    contract = load_contracts(written(tmp_path, TABLE))["sondage"]
    [reponses, avis] = contract.entities
    assert contract.fields_in(contract.layout("an_1"), reponses) == {"finess_et": 1, "places": 2}
    assert contract.fields_in(contract.layout("an_2"), reponses) == {"finess_et": 1, "places": 3, "lits": 2}
    assert reponses.field("lits").aliases == ("Couchages", "Lits installés")
    assert contract.fields_in(contract.layout("arbre"), avis) == {"note": "note"}


def test_a_layout_says_what_differs_from_the_one_it_is_like(tmp_path: Path) -> None:
    contract = load_contracts(written(tmp_path, TABLE))["sondage"]
    first, second = contract.layout("an_1"), contract.layout("an_2")
    assert (first.version, second.version) == ("1.0.0", "2.0.0")
    assert (second.reader, second.entities, second.options) == (first.reader, first.entities, {"separator": ";"})


TITLES = TABLE.replace(";1;1", ";FINESS;=2019").replace(";2;3", ";(sans titre);Places").replace("2 = Lits", "Lits")


def test_a_title_may_be_of_digits_or_not_be_there(tmp_path: Path) -> None:
    contract = load_contracts(written(tmp_path, TITLES))["sondage"]
    assert contract.fields_in(contract.layout("an_1"), contract.entity("reponses")) == {
        "finess_et": "FINESS",
        "places": "",
    }
    assert contract.fields_in(contract.layout("an_2"), contract.entity("reponses"))["finess_et"] == "2019"


@given(st.integers(min_value=1) | st.text().map(str.strip).filter(lambda title: title != columns.UNTITLED))
def test_a_cell_says_the_column_that_it_was_written_for(column: str | int) -> None:
    assert columns.parsed(columns.written(column)) == (column, None)


@given(st.integers(min_value=1), st.none() | st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
def test_a_cell_says_the_title_of_its_position(position: int, title: str | None) -> None:
    assert columns.parsed(columns.written(position, title)) == (position, title)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("version: 2.0.0}", "version: 2.0.0, formerly: [an_1]}"),
         "sondage.odcs.yaml:12 · layouts.an_2.formerly : « an_1 » nomme déjà une forme de ce contrat"),
        (("version: 2.0.0}", "version: 2.0.0, formerly: [an_0, an_0]}"),
         "sondage.odcs.yaml:12 · layouts.an_2.formerly : « an_0 » nomme déjà une forme de ce contrat"),
        (("version: 2.0.0}", "version: 2.0.0, formerly: [arbre]}"),
         "sondage.odcs.yaml:13 · layouts.arbre.code : « arbre » nomme déjà une forme de ce contrat"),
        (("{code: arbre", "{code: an_1"), "sondage.odcs.yaml:13 · layouts.an_1.code : « an_1 » nomme déjà une forme"),
        (("version: 2.0.0}", "version: 2.0.0, formerly: ['a b']}"), "formerly : « a b » n'a pas la forme"),
    ],
)  # fmt: skip
def test_a_code_names_one_layout_now_and_formerly(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in CONTRACT
    with pytest.raises(ContractError, match=re.escape(said)):
        load_contracts(written(tmp_path, TABLE, CONTRACT.replace(*change)))


def test_a_layout_answers_to_the_code_that_it_had(tmp_path: Path) -> None:
    text = CONTRACT.replace("{code: an_1,", "{code: an_1, formerly: [premier],")
    contract = load_contracts(written(tmp_path, TABLE, text))["sondage"]
    found = {code: contract.received_as(code) for code in ("an_1", "premier", "an_2", "gone")}
    codes = {code: layout.code if layout else None for code, layout in found.items()}
    assert codes == {"an_1": "an_1", "premier": "an_1", "an_2": "an_2", "gone": None}
    assert contract.layout("an_2").formerly == ()  # a layout that is like it never had that name


SAME_TITLE = TITLES.replace("FINESS", "Lits  a").replace("(sans titre)", "Lits a")
DECOMPOSED = TITLES.replace("FINESS", "Durée").replace("(sans titre)", unicodedata.normalize("NFD", "Durée"))
CURLY = TITLES.replace("FINESS", "Nature de l'avis").replace("(sans titre)", "Nature de l\u2019avis")
AN_2_EMPTY = "entity;field;an_1;an_2\nreponses;finess_et;1;\nreponses;places;2;\nreponses;lits;3;\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("entity;field", "table;champ"), ":1 · attendu, « entity;field » puis une colonne par forme"),
        (("an_1;an_2", "an_1;an_1"), ":1 · la forme « an_1 » a 2 colonnes"),
        (("an_1;an_2", "an_1;"), ":1 · une colonne n'a pas de nom de forme"),
        (
            ("an_1;an_2", "an_1;an2"),
            ":1 · colonne « an2 » : le contrat n'a pas cette forme (vouliez-vous « an_2 » ?)",
        ),
        (("an_1;an_2", "an_1;an2"), ":1 · la forme « an_2 » du contrat n'a pas de colonne"),
        (("an_1;an_2", "an_1;arbre"), ":1 · colonne « arbre » : cette forme dit elle-même ses champs"),
        (("places;2;3", "places;2"), ":3 · 3 cellules, 4 attendues"),
        (
            ("reponses;places", "reponse;places"),
            ":3 · colonne « entity » : « reponse » n'est pas une table du contrat (vouliez-vous « reponses » ?)",
        ),
        (
            ("reponses;places", "reponses;place"),
            ":3 · colonne « field » : « reponses » n'a pas de champ « place » (vouliez-vous « places » ?)",
        ),
        (("reponses;places", "reponses;place"), ":1 · le champ « reponses.places » du contrat n'a pas de ligne"),
        (("reponses;places", "reponses;finess_et"), ":3 · le champ « reponses.finess_et » est déjà ligne 2"),
        (("reponses;places;2;3", "reponses;places;;"), ":3 · aucune forme ne porte « reponses.places »"),
        (
            ("places;2;3", "places;1;3"),
            ":3 · colonne « an_1 » : la position 1 désigne déjà le champ « finess_et », ligne 2",
        ),
        (
            ("places;2;3", "places;Places;3"),
            ":3 · colonne « an_1 » : « Places » et, ligne 2, « 1 » : attendu, des positions partout ou des "
            "intitulés partout",
        ),
        (("reponses;lits", "avis;note"), ":4 · colonne « an_2 » : cette forme ne porte pas la table « avis »"),
        (
            (TABLE, SAME_TITLE),
            ":3 · colonne « an_1 » : l'intitulé « Lits a » désigne déjà le champ « finess_et », ligne 2",
        ),
        (
            (TABLE, DECOMPOSED),
            f":3 · colonne « an_1 » : l'intitulé « {unicodedata.normalize('NFD', 'Durée')} » désigne déjà le champ",
        ),
        ((TABLE, CURLY), ":3 · colonne « an_1 » : l'intitulé « Nature de l\u2019avis » désigne déjà le champ"),
        (("places;2;3", "places;0;3"), ":3 · colonne « an_1 » : « 0 » n'est pas une position (attendu : un entier à"),
        (("places;2;3", "places;-2;3"), ":3 · colonne « an_1 » : « -2 » n'est pas une position"),
        (("places;2;3", "places;0 = Places;3"), ":3 · colonne « an_1 » : « 0 = Places » n'est pas une position"),
        (("places;2;3", "places;02;3"), ":3 · colonne « an_1 » : « 02 » n'est pas une position"),
        (("Lits installés", "Lits\0installés"), ":4 · caractère invisible U+0000 : le retirer"),
        (("Lits installés", 'Lits "installés'), ":4 · guillemet au milieu d'une cellule"),
        (("places;2;3", 'places;"2"x;3'), ":3 · guillemets mal placés ou cellule sans fin"),
        (("places;2;3", 'places;"2;3'), ":3 · guillemets mal placés ou cellule sans fin"),
        (("places;2;3\nreponses;lits;;2", 'places;"2;3\nreponses;lits;;"2'), ":3 · guillemets mal placés"),
        (("places;2;3", 'places;2;"3 = de\nplaces"'), ":3 · une cellule tient sur plusieurs lignes"),
        ((TABLE, AN_2_EMPTY), ":1 · colonne « an_2 » : vide, la forme ne porterait aucun champ de « reponses »"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    changed = TABLE.replace(*change)
    assert changed != TABLE
    with pytest.raises(ContractError, match=re.escape(f"sondage.columns.csv{said}")):
        load_contracts(written(tmp_path, changed))


@pytest.mark.parametrize("how", ["gone", "folder", "without the lines of the entity"])
def test_a_table_that_went_astray_is_missed(tmp_path: Path, how: str) -> None:
    table = written(tmp_path, TABLE) / "sondage.columns.csv"
    expected = "sondage.odcs.yaml:14 · columns : sondage.columns.csv ne dit pas les colonnes de « reponses »"
    if how == "gone":
        table.unlink()
    elif how == "folder":
        table.unlink()
        table.mkdir()
        expected = "sondage.columns.csv:1 · ceci n'est pas un fichier qui se lit"
    else:
        table.write_text("entity;field\n", encoding="utf-8")
    with pytest.raises(ContractError, match=re.escape(expected)):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("  - {property: columns, value: [reponses]}\n", ""),
            "sondage.odcs.yaml:8 · columns : « reponses » est dans sondage.columns.csv : la nommer ici",
        ),
        (
            ("value: [reponses]", "value: [reponse]"),
            "sondage.odcs.yaml:14 · columns : « reponse » n'est pas une table du contrat (vouliez-vous « reponses » ?)",
        ),
    ],
)
def test_a_contract_names_what_stands_in_its_table(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ContractError, match=re.escape(said)):
        load_contracts(written(tmp_path, TABLE, CONTRACT.replace(*change)))


@pytest.mark.parametrize("alias", ["Places", "Places\u00a0", "FINESS"])
def test_a_title_that_two_fields_of_a_layout_take_for_theirs_is_refused(tmp_path: Path, alias: str) -> None:
    """Which of them a delivered column is, nothing would say: the last one declared got it."""
    text = CONTRACT.replace("  - {property: columns, value: [reponses]}\n", "").replace("[Couchages]", f'["{alias}"]')
    (tmp_path / "sondage.odcs.yaml").write_text(text, encoding="utf-8")
    field = "finess_et" if alias == "FINESS" else "places"
    said = rf"sondage\.odcs\.yaml:19 · reponses\.lits : forme « an_1 » : « {alias} » désigne déjà « {field} »"
    with pytest.raises(ContractError, match=said):
        load_contracts(tmp_path)


def test_titles_that_the_reader_tells_apart_may_differ_by_a_capital(tmp_path: Path) -> None:
    text = CONTRACT.replace("  - {property: columns, value: [reponses]}\n", "").replace("[Couchages]", "[places]")
    (tmp_path / "sondage.odcs.yaml").write_text(text, encoding="utf-8")
    assert load_contracts(tmp_path)["sondage"].entity("reponses").field("lits").aliases == ("places",)


def test_a_table_that_a_spreadsheet_saved_is_read_or_said(tmp_path: Path) -> None:
    table = written(tmp_path, TABLE) / "sondage.columns.csv"
    expected = load_contracts(tmp_path)
    table.write_bytes(b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode())
    assert load_contracts(tmp_path) == expected
    table.write_text(TABLE, encoding="cp1252")
    with pytest.raises(ContractError, match=r"sondage\.columns\.csv:1 · ce fichier n'est pas en UTF-8"):
        load_contracts(tmp_path)


def test_all_that_is_wrong_with_a_contract_and_its_table_is_said_at_once(tmp_path: Path) -> None:
    table = TABLE.replace("places;2;3", "place;1;3").replace("an_2", "an2")
    (tmp_path / "orphelin.columns.csv").write_text(table, encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contracts(
            written(tmp_path, table, CONTRACT.replace("like: an_1", "like: an_0").replace("integer}]", "entier}]"))
        )
    said = "\n".join(raised.value.problems)
    for words in (
        "sondage.odcs.yaml:12 · layouts.an_2.like : « an_0 » n'est pas une forme déclarée au-dessus",
        "avis.note.logicalType : « entier » n'est pas admis",
        "sondage.columns.csv:1 · colonne « an2 »",
        "sondage.columns.csv:3 · colonne « field »",
        "sondage.columns.csv:3 · colonne « an_1 » : la position 1",
        "orphelin.columns.csv:1 · aucun contrat de ce nom à côté de cette table",
    ):
        assert words in said


TABLES = sorted(SOURCES.glob(f"*{columns.SUFFIX}"))


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.name)
def test_a_table_is_written_as_the_command_writes_it(path: Path) -> None:
    """So that a new column changes nothing but the end of each line."""
    assert columns.read(path).text == path.read_text(encoding="utf-8")


def test_a_change_of_a_table_is_seen_by_what_was_read_and_built_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "code_digest", lambda: "")
    monkeypatch.setattr(fingerprint, "PROJECT", tmp_path)
    monkeypatch.setattr(fingerprint, "DICTIONARY", tmp_path / "dictionary")
    monkeypatch.setattr(loading, "PRODUCTS", tmp_path / "products")

    def digests(table: str) -> tuple[str, str]:
        contract = load_contracts(written(tmp_path, table))["sondage"]
        with monkeypatch.context() as here:
            here.setattr(loading, "SOURCES", tmp_path)
            return fingerprint.digest(contract), fingerprint.declarations_digest()

    before, after = digests(TABLE), digests(TABLE.replace("places;2;3", "places;2;4"))
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert digests(TABLE) == before
