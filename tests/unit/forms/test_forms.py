"""A form in the layout of its collection: its headings to the character, its cells, and what they say on return."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell

from data_contracts.collection_forms import Form, forms, heading, rules
from data_contracts.dictionary import DictionaryError
from data_contracts.loading import load_contracts
from ingest import pipeline, returned_forms
from ingest.home import Home
from ingest.receive.delivery import deliver
from ingest.returned_forms import CONFIRMED, CORRECTED, PREFILLED, TO_CONFIRM, WITHDRAWN
from orchestration.forms.cells import Value, text_of, written
from orchestration.forms.filled import NOT_ASKED, TO_ASK, fill
from orchestration.forms.form_frame import TABLE
from orchestration.forms.known_columns import Column, Said
from tests.instants import now
from tests.unit.forms.invented import CAMPAIGN, EHPAD, FORMS, IME, cell_of, filled, returned, said, saved


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


@pytest.mark.parametrize("year", ["2021", "2022"])
def test_headings_are_those_of_the_collection_to_the_character(shared_data: Path, year: str) -> None:
    text = (shared_data / "tdb_ms_headers" / f"export-tdbesms-{year}-region-agg.header.csv").read_text("utf-8-sig")
    real = [row["column_name_verbatim"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]
    assert [heading(key) for key in FORMS["tdb_esms"].columns] == real


def test_each_collection_that_esms_fill_in_has_its_form() -> None:
    assert set(FORMS) == {
        "ca", "cnsa_gmp_pmp", "cnsa_occupation", "cnsa_prix_ehpad", "drees_ehpa", "errd", "tdb_esms",
    }  # fmt: skip


@pytest.mark.parametrize("source", list(FORMS))
def test_an_untouched_form_answers_nothing_and_confirms_all(source: str, home: Home, tmp_path: Path) -> None:
    form = filled(source)
    deposit = {each.field.name for each in form.columns} & {"id_depot"}  # given when the account is deposited

    def complete(book: Workbook) -> None:
        for name in deposit:
            cell_of(book, form, name).value = 1

    receipt, rows, told = returned(home, saved(form, home, tmp_path / "rendus", complete))
    assert receipt.status == "received", receipt.reason
    prefilled = {each.field.name for each in form.columns if each.state == PREFILLED}
    assert prefilled
    assert set(told["champ"]) == prefilled
    assert set(told["nature"]) == {CONFIRMED}
    assert set(told["origine_livraison"]) == {"finess-1"}
    needed = form.form.entity.needed(())  # the key, and the words that say how many sites answer
    assert {name for name in prefilled - needed if rows[name][0] is not None} == set()
    assert rows[str(form.form.entity.unit_field)][0] == EHPAD.finess


def test_changed_corrects_emptied_takes_back_chosen_confirms(home: Home, tmp_path: Path) -> None:
    one, two = Value(nombre=80.0), Value(nombre=84.0)
    told_by = [Said(v, s, s.upper(), 2024, date(2025, 1, 6), f"{s}-1", 7) for v, s in ((one, "errd"), (two, "ca"))]
    doubt = Column(TO_CONFIRM, "divergent", told_by[0], tuple(told_by))
    names = ("cap_installee_hp", "cap_installee_ht", "cap_installee_aj")
    form = filled("tdb_esms", **dict.fromkeys(names, doubt))
    assert all(each.cell is None for each in form.columns if each.field.name in names)

    def change(book: Workbook) -> None:
        cell_of(book, form, "cap_autorisee_hp").value = 61
        cell_of(book, form, "ville").value = None
        cell_of(book, form, "cap_installee_hp").value = 80  # the retained one
        cell_of(book, form, "cap_installee_ht").value = 84  # another one; the third is left as it came

    _, rows, told = returned(home, saved(form, home, tmp_path / "rendus", change))
    natures = {row["champ"]: row for row in told.iter_rows(named=True)}
    assert natures["cap_autorisee_hp"]["nature"] == CORRECTED
    assert natures["cap_autorisee_hp"]["valeur"] == "61"
    assert natures["ville"]["nature"] == WITHDRAWN
    assert natures["cap_installee_hp"]["nature"] == CONFIRMED
    assert natures["cap_installee_ht"]["nature"] == CORRECTED
    assert "cap_installee_aj" not in natures
    held = {name: rows[name][0] for name in ("cap_autorisee_hp", "ville", *names)}
    assert held == {"cap_autorisee_hp": 61, "ville": None, "cap_installee_hp": None, "cap_installee_ht": 84,
                    "cap_installee_aj": None}  # fmt: skip


def test_its_own_answer_stays_in_the_row(home: Home, tmp_path: Path) -> None:
    """A later row replaces the earlier one: what the ESMS told this very campaign must not be lost by confirming it."""
    field = FORMS["tdb_esms"].asked["cap_autorisee_hp"]
    form = filled("tdb_esms", cap_autorisee_hp=said(field, Value(nombre=80.0), "tdb_esms"))
    _, rows, told = returned(home, saved(form, home, tmp_path / "rendus"))
    assert rows["cap_autorisee_hp"][0] == 80
    assert told.filter(pl.col("champ") == "cap_autorisee_hp")["nature"].to_list() == [CONFIRMED]


def test_what_is_asked_of_another_public_is_not_asked() -> None:
    form = fill(FORMS["tdb_esms"], IME, CAMPAIGN, {}, now())
    states = {each.field.name: each.state for each in form.columns}
    assert states["nb_gir_1"] == NOT_ASKED
    assert states["cap_autorisee_ht"] == TO_ASK
    assert {each.state for each in fill(FORMS["tdb_esms"], EHPAD, CAMPAIGN, {}, now()).columns if
            each.field.name == "nb_gir_1"} == {TO_ASK}  # fmt: skip


def test_a_prefilled_cell_is_protected_typed_and_says_where_it_is_from(home: Home, tmp_path: Path) -> None:
    form = filled("tdb_esms")
    book = load_workbook(saved(form, home, tmp_path / "rendus"))
    cell = cell_of(book, form, "cap_autorisee_hp")
    assert book.sheetnames[:2] == ["À lire", TABLE]
    assert book[TABLE].protection.sheet
    assert book[TABLE].protection.password is None
    assert cell.protection.locked
    assert cell.data_type == "n"
    assert "FINESS, année 2024, reçu le 06/01/2025" in cell.comment.text
    number = cell_of(book, form, "finess_et")
    assert (number.value, number.data_type, number.number_format) == ("010000024", "s", "@")
    assert [sheet.title for sheet in book if sheet.sheet_state != "visible"] == ["_listes", "_dlnuf"]
    words = {str(row[2].value) for row in book["Colonnes"].iter_rows(min_row=2)}
    assert {"identité", "prérempli", "non demandé"} <= words
    assert words <= {"identité", "prérempli", "non demandé", "à confirmer"}
    assert book["À lire"].max_row == 10


def test_texts_that_xml_does_not_hold_spoil_no_workbook(home: Home, tmp_path: Path) -> None:
    esms = replace(EHPAD, nom='Les « Mimosas » & <fils>\x07 "2"')
    field = FORMS["tdb_esms"].asked["ville"]
    form = filled("tdb_esms", esms, ville=said(field, Value(texte="Bourg_x0041_\x0b & <Bresse>")))
    book = load_workbook(saved(form, home, tmp_path / "rendus"))
    assert 'Pour : Les « Mimosas » & <fils>  "2" (FINESS 010000024)' in str(book["À lire"]["A2"].value)
    assert cell_of(book, form, "ville").value is None
    assert "Bourg   & <Bresse>" in cell_of(book, form, "ville").comment.text
    assert {each.field.name: each.state for each in form.columns}["ville"] == TO_CONFIRM


def _drop(name: str) -> Callable[[Workbook], object]:
    return lambda book: book.remove(book[name])


def _swap(book: Workbook) -> None:
    sheet = book[TABLE]
    for row in (1, 2):
        a, b = (cast("Cell", sheet.cell(row, rank)) for rank in (30, 31))
        a.value, b.value = b.value, a.value


def _another(book: Workbook) -> None:
    for cell in cast("tuple[Cell, ...]", book[TABLE][2]):
        if cell.value == EHPAD.finess:
            cell.value = "010000032"


def _forge(book: Workbook) -> None:
    cell = cast("Cell", book["_dlnuf"]["A3"])
    cell.value = str(cell.value)[::-1]


REFUSED = [
    # what was done to the form, what its sender reads
    ("feuille cachée supprimée", _drop("_dlnuf"), "feuille cachée « _dlnuf » de ce formulaire a été supprimée"),
    ("état modifié", _forge, "n'est pas tel qu'il a été établi ici"),
    ("colonnes déplacées", _swap, "colonne"),
    ("ligne d'un autre établissement", _another, "a été établi pour l'établissement 010000024"),
]


@pytest.mark.parametrize(("what", "change", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_a_damaged_form_ends_with_one_message(
    what: str, change: Callable[[Workbook], object], message: str, home: Home, tmp_path: Path
) -> None:
    [receipt] = deliver([saved(filled("tdb_esms"), home, tmp_path / "rendus", change)], home, now=now())
    motifs = [receipt.reason, *(result.motif for result in pipeline.process_pending(home))]
    assert message in " ".join(filter(None, motifs)), what


def test_a_form_of_another_campaign_or_installation_is_refused(home: Home, tmp_path: Path) -> None:
    form = filled("tdb_esms")
    path = saved(form, home, tmp_path / "rendus")
    renamed = path.rename(path.with_name("tdb-esms-2024_finess-010000024.xlsx"))
    [receipt] = deliver([renamed], home, now=now())
    assert receipt.status == "refused"
    assert "celui de la campagne 2025" in (receipt.reason or "")
    elsewhere = Home(tmp_path / "ailleurs")
    [receipt] = deliver([renamed.rename(path)], elsewhere, now=now())
    assert receipt.status == "refused"
    assert "vient d'une autre installation" in (receipt.reason or "")


def test_a_form_delivered_twice_changes_nothing(home: Home, tmp_path: Path) -> None:
    path = saved(filled("tdb_esms"), home, tmp_path / "rendus")
    assert [deliver([path], home, now=now())[0].status for _ in range(2)] == ["received", "known"]


def test_a_truncated_form_ends_with_one_message(home: Home, tmp_path: Path) -> None:
    path = saved(filled("tdb_esms"), home, tmp_path / "rendus")
    path.write_bytes(path.read_bytes()[:20_000])
    [receipt] = deliver([path], home, now=now())
    assert receipt.status == "refused"
    assert "tronqué ou abîmé. Remède" in (receipt.reason or "")


def test_the_text_of_a_cell_is_that_which_the_reader_gives() -> None:
    field = FORMS["errd"].asked["taux_occupation_hp"]
    cell = written(field, Value(nombre=96.5))
    assert cell is not None
    assert returned_forms.same("0,965", text_of(field, cell), field)
    assert returned_forms.same("96,5 %", text_of(field, cell), field)
    assert not returned_forms.same("0,96", text_of(field, cell), field)


def test_an_invented_collection_has_its_form_by_its_contract_alone() -> None:
    invented = replace(load_contracts()["cnsa_gmp_pmp"], id="barometre", document="barometre")
    made = forms({**load_contracts(), "barometre": invented})["barometre"]
    assert isinstance(made, Form)
    assert list(made.asked) == list(FORMS["cnsa_gmp_pmp"].asked)


WRONG_RULES = [
    # a line of preremplissage.csv, what is said of it
    ("INCONNU,0,FINESS,,", "n'est pas un élément du dictionnaire"),
    ("CAP_AUT_HP,un an,FINESS,,", "fraicheur_mois"),
    ("CAP_AUT_HP,0,FINES,,", "vouliez-vous « FINESS »"),
    ("CAP_AUT_HP,0,FINESS,,un quart", "evolution_pct"),
    ("CAP_AUT_HP,0,FINESS,ADULTES,", "« ADULTES » n'est pas admis"),
]


@pytest.mark.parametrize(("line", "message"), WRONG_RULES, ids=[case[0] for case in WRONG_RULES])
def test_a_wrong_rule_is_said_where_it_stands(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "preremplissage.csv").write_text(
        f"element_id,fraicheur_mois,seules,publics,evolution_pct\n{line}\n", "utf-8"
    )
    with pytest.raises(DictionaryError, match=re.escape(message)) as said:
        rules(tmp_path)
    assert "preremplissage.csv:2" in str(said.value)


@pytest.mark.parametrize("source", ["ca", "drees_ehpa", "errd"])
def test_a_year_changed_by_hand_is_seen(source: str, home: Home, tmp_path: Path) -> None:
    form = filled(source)

    def change(book: Workbook) -> None:
        if source == "errd":
            cell_of(book, form, "id_depot").value = 1
        cell_of(book, form, "annee").value = 2019

    [receipt] = deliver([saved(form, home, tmp_path / "rendus", change)], home, now=now())
    said = [receipt.reason, *(result.motif for result in pipeline.process_pending(home))]
    assert "interroge sur l'année 2024, et sa ligne 2 dit « 2019 ». Remède" in " ".join(filter(None, said))


def test_a_form_without_its_protection_is_taken_as_it_is(home: Home, tmp_path: Path) -> None:
    form = filled("tdb_esms")

    def change(book: Workbook) -> None:
        for sheet in book:
            sheet.protection.sheet = False
        cell_of(book, form, "cap_autorisee_hp").value = 61

    _, rows, told = returned(home, saved(form, home, tmp_path / "rendus", change))
    assert rows["cap_autorisee_hp"][0] == 61
    assert told.filter(pl.col("nature") != CONFIRMED)["champ"].to_list() == ["cap_autorisee_hp"]


def test_what_the_esms_had_told_stands_in_cells_that_were_given_out_empty(home: Home, tmp_path: Path) -> None:
    """A later row replaces the earlier one: a cell to be confirmed that nobody filled must not take an answer back."""
    doubt = Said(Value(nombre=80.0), "errd", "ERRD", 2024, date(2025, 1, 6), "errd-1", 7)
    names = ("cap_installee_hp", "cap_installee_ht", "cap_installee_aj")
    known: dict[str, Column] = dict.fromkeys(names, Column(TO_CONFIRM, "divergent", doubt, (doubt,)))
    own = {"cap_installee_hp": "84", "cap_installee_ht": "12", "nb_gir_1": "3", "a_cpom": "Oui"}
    form = fill(FORMS["tdb_esms"], IME, CAMPAIGN, known, now(), own)

    def change(book: Workbook) -> None:
        cell_of(book, form, "structuration").value = "ESMS mono-site"
        cell_of(book, form, "cap_installee_ht").value = 13  # its ESMS thinks again

    _, rows, told = returned(home, saved(form, home, tmp_path / "rendus", change))
    held = {name: rows[name][0] for name in (*names, "nb_gir_1", "a_cpom")}
    assert held == {
        "cap_installee_hp": 84, "cap_installee_ht": 13, "cap_installee_aj": None, "nb_gir_1": 3, "a_cpom": True,
    }  # fmt: skip
    assert told["champ"].to_list() == ["cap_installee_ht"]  # nothing was confirmed by what was left empty


def test_what_the_esms_had_told_stands_under_what_another_filled(home: Home, tmp_path: Path) -> None:
    """Its own voice, which agreed, is still heard beside the one that filled the cell; an emptied cell has neither."""
    names = ("cap_autorisee_hp", "cap_autorisee_ht", "cap_autorisee_aj")
    columns = {name: said(FORMS["tdb_esms"].asked[name], Value(nombre=80.0)) for name in names}
    own: dict[str, str] = dict.fromkeys(names, "81")
    form = fill(FORMS["tdb_esms"], EHPAD, CAMPAIGN, columns, now(), own)

    def change(book: Workbook) -> None:
        cell_of(book, form, "structuration").value = "Site unique"
        cell_of(book, form, "cap_autorisee_ht").value = None
        cell_of(book, form, "cap_autorisee_aj").value = 90

    _, rows, told = returned(home, saved(form, home, tmp_path / "rendus", change))
    assert [rows[name][0] for name in names] == [81, None, 90]
    natures = {row["champ"]: row["nature"] for row in told.iter_rows(named=True)}
    assert natures == dict(zip(names, (CONFIRMED, WITHDRAWN, CORRECTED), strict=True))
