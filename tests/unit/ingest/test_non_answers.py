"""What senders write when they do not answer. Sources: `dictionary/non_reponses.csv`, one a row."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from data_contracts import non_answers
from data_contracts.contract import Contract, Field, Layout
from data_contracts.dictionary import read_table
from data_contracts.loading import load_contracts
from data_contracts.non_answers import ERROR, NOTHING, SECRET, UNKNOWN, ZERO, meaning
from ingest.validate.chunk import DeliveryFacts, Validated, validate_chunk

NUMBER = Field("x", "X", "number", "")
TEXT = Field("x", "X", "string", "")
PATTERNED = Field("x", "X", "string", "", options=(("pattern", r"^[0-9]{9}$"),))
LISTED = Field("x", "X", "string", "", accepted_values=("NC", "S", "A"))


@pytest.mark.parametrize(
    ("text", "number", "patterned", "free"),
    [
        (r"\N", UNKNOWN, UNKNOWN, UNKNOWN),  # CNSA, prices of 2019 (case 01)
        (r"\0", UNKNOWN, UNKNOWN, UNKNOWN),
        ("-", UNKNOWN, UNKNOWN, UNKNOWN),
        ("—", UNKNOWN, UNKNOWN, UNKNOWN),
        (".", UNKNOWN, UNKNOWN, UNKNOWN),
        ("…", UNKNOWN, UNKNOWN, UNKNOWN),
        ("...", UNKNOWN, UNKNOWN, UNKNOWN),
        ("?", UNKNOWN, UNKNOWN, UNKNOWN),
        ("nd", UNKNOWN, UNKNOWN, None),  # in a free text, these may be somebody's initials
        ("NC", UNKNOWN, UNKNOWN, None),
        ("NR", UNKNOWN, UNKNOWN, None),
        ("n.s.", UNKNOWN, UNKNOWN, UNKNOWN),
        ("NULL", UNKNOWN, UNKNOWN, None),
        ("nan", UNKNOWN, UNKNOWN, None),
        ("Non renseignée", UNKNOWN, UNKNOWN, UNKNOWN),
        ("non communiqué", UNKNOWN, UNKNOWN, UNKNOWN),
        ("Inconnu", UNKNOWN, UNKNOWN, None),
        ("(vide)", UNKNOWN, UNKNOWN, UNKNOWN),
        ("///", NOTHING, NOTHING, NOTHING),
        ("Sans objet", NOTHING, NOTHING, None),  # the label of a code, in FINESS
        ("s.o.", NOTHING, NOTHING, NOTHING),
        ("s", SECRET, SECRET, None),
        ("S", SECRET, SECRET, None),
        ("c", SECRET, SECRET, None),
        ("<5", SECRET, SECRET, None),
        ("< 11", SECRET, SECRET, None),
        ("1 à 10", SECRET, SECRET, None),
        ("Moins de 5", SECRET, SECRET, None),
        ("***", SECRET, SECRET, SECRET),
        ("secret statistique", SECRET, SECRET, SECRET),
        ("#DIV/0!", ERROR, ERROR, ERROR),
        ("#N/A", ERROR, ERROR, ERROR),
        ("#REF!", ERROR, ERROR, ERROR),
        ("#VALEUR!", ERROR, ERROR, ERROR),
        ("#NOM?", ERROR, ERROR, ERROR),
        ("########", ERROR, ERROR, ERROR),
        ("Err:502", ERROR, ERROR, ERROR),
        ("0", None, None, None),
        ("12", None, None, None),
        ("-5", None, None, None),
        ("néant", None, None, None),  # nothing, or nobody knows? no convention says it
        ("Nancy", None, None, None),
        ("à compléter", None, None, None),
    ],
)
def test_a_word_means_the_same_wherever_it_cannot_be_an_answer(
    text: str, number: str | None, patterned: str | None, free: str | None
) -> None:
    assert [meaning(text, f, "CNSA_PRIXESMS") for f in (NUMBER, PATTERNED, TEXT)] == [number, patterned, free]


@pytest.mark.parametrize(
    ("collection", "text", "field", "means"),
    [
        ("INSEE", "-", NUMBER, ZERO),  # Insee: a result that is exactly nothing
        ("INSEE", "-", TEXT, UNKNOWN),
        ("TDB_ATIH", "NC", TEXT, UNKNOWN),  # an answer to a questionnaire, never a name
        ("TDB_ATIH", "Non concerné", TEXT, NOTHING),
        ("CNSA_PRIXESMS", "NC", TEXT, None),
    ],
)
def test_a_producer_may_mean_something_else(collection: str, text: str, field: Field, means: str | None) -> None:
    assert meaning(text, field, collection) == means


@pytest.mark.parametrize("text", ["NC", "nc", "S", "s"])
def test_a_code_of_the_field_is_an_answer(text: str) -> None:
    assert meaning(text, LISTED, "INSEE") is None
    assert meaning(text, replace(LISTED, accepted_values=("A",)), "INSEE") is not None


def test_the_table_says_of_each_word_what_it_means_where_and_from_whom() -> None:
    rows = read_table(non_answers.FILE)
    collections = {c.collection for c in load_contracts().values()}
    for row in rows:
        assert bool(row["mot"]) != bool(row["motif"]), row
        assert re.compile(row["motif"])
        assert row["sens"] in (
            non_answers.UNKNOWN,
            non_answers.NOTHING,
            non_answers.SECRET,
            non_answers.ERROR,
            non_answers.ZERO,
        )
        assert row["portee"] in (non_answers.EVERYWHERE, non_answers.NOT_IN_TEXT)
        assert set(row["collections"].split()) <= collections
        assert row["source"]
    said = [(row["mot"].lower() or row["motif"], row["portee"], row["collections"]) for row in rows]
    assert len(said) == len(set(said))


def taken(**cells: list[str | None]) -> Validated:
    """Rows of the CNSA prices, their columns named as the fields."""
    contract: Contract = load_contracts()["cnsa_prix_ehpad"]
    entity = contract.entity("prix")
    fields = tuple(replace(f, columns=None, title=f.name) for f in entity.fields)
    layout = Layout("l", "1", "csv", ("prix",), {}, None, {"none": True}, {})
    entity = replace(entity, fields=fields)
    rows = len(next(iter(cells.values())))
    told = {"finess_et": ["010002228", "010004059", "010004067"][:rows], **cells}
    frame = pl.DataFrame(
        {f.name: told.get(f.name, [None] * rows) for f in fields},
        schema=dict.fromkeys((f.name for f in fields), pl.String),
    ).with_columns(_ligne=pl.int_range(2, rows + 2, dtype=pl.Int64), _chemin=pl.lit(None, pl.String))
    facts = DeliveryFacts("d", contract.id, 2019, date(2020, 1, 1))
    return validate_chunk(frame, replace(contract, entities=(entity,)), layout, entity, facts)


def test_nobody_knows_is_null_and_no_defect() -> None:
    result = taken(prix_hp_cs_eur=["58,40", r"\N", "NC"], raison_sociale_et=["Les Lilas", r"\N", "Non renseigné"])
    assert result.accepted["prix_hp_cs_eur"].to_list() == [58.4, None, None]
    assert result.accepted["raison_sociale_et"].to_list() == ["Les Lilas", None, None]
    assert (result.rejects.height, result.flags.height) == (0, 0)


def test_secret_is_not_unknown() -> None:
    """Both are NULL; of the one a trace says that the value exists."""
    result = taken(prix_hp_cs_eur=["58,40", "s", "<5"])
    assert result.accepted["prix_hp_cs_eur"].to_list() == [58.4, None, None]
    assert result.flags.select("ligne", "valeur", "effet").rows() == [(3, "s", "secret"), (4, "<5", "secret")]
    assert all("secret" in rule for rule in result.flags["regle"])


def test_an_error_of_a_spreadsheet_is_signalled_and_not_used() -> None:
    result = taken(prix_hp_cs_eur=["#DIV/0!", "60"], raison_sociale_et=["#REF!", "Les Lilas"])
    assert result.accepted["prix_hp_cs_eur"].to_list() == [None, 60.0]
    assert result.accepted["raison_sociale_et"].to_list() == [None, "Les Lilas"]
    assert result.flags.select("champ", "valeur", "effet").sort("champ").rows() == [
        ("prix_hp_cs_eur", "#DIV/0!", "non_utilisee"), ("raison_sociale_et", "#REF!", "non_utilisee"),
    ]  # fmt: skip
    assert all("formule" in remedy for remedy in result.flags["remede"])


def test_a_key_that_is_no_answer_leaves_no_row() -> None:
    result = taken(finess_et=["#REF!", r"\N", "010002228"])
    assert result.accepted["finess_et"].to_list() == ["010002228"]
    assert result.rejects.select("ligne", "valeur").filter(pl.col("valeur").is_not_null()).rows() == [(2, "#REF!")]
    assert set(result.rejects["ligne"]) == {2, 3}
