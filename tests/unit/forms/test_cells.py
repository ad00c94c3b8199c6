"""A value of the layer, written in the conventions of a collection and observed again, is the same value."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.collection_forms import forms
from data_contracts.contract import Field
from data_contracts.loading import load_contracts
from orchestration.forms.cells import Value, observed, written

FIELDS = [(source, name) for source, form in forms(load_contracts()).items() for name in form.asked]


def values(field: Field) -> st.SearchStrategy[Value]:
    """What the layer may hold of a field: numbers as it rounds them, words, days, texts."""
    match field.logical_type:
        case "boolean":
            return st.sampled_from(["oui", "non"]).map(lambda word: Value(texte=word))
        case "integer" | "number":
            return st.decimals(-(10**7), 10**7, places=4).map(lambda number: Value(nombre=float(number)))
        case "date" | "timestamp":
            return st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(lambda day: Value(jour=day))
    return st.text(min_size=1).map(lambda text: Value(texte=text))


def read(field: Field, cell: object) -> object:
    """What the gate in makes of the cell: yes-no words become booleans."""
    if field.logical_type == "boolean":
        return {field.true_values[0]: True, field.false_values[0]: False}[str(cell)]
    return cell


@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    source, name = data.draw(st.sampled_from(FIELDS))
    field = forms(load_contracts())[source].asked[name]
    value = data.draw(values(field))
    cell = written(field, value)
    if cell is None:  # this layout cannot say it: the column is to be confirmed
        return
    again = observed(field, read(field, cell))  # type: ignore[arg-type]  what was written has a value
    if value.nombre is not None:
        assert again.nombre == pytest.approx(value.nombre, abs=1e-6)
    else:
        assert again == value


CASES = [
    # (source, field, value of the layer, cell): the convention of each collection, from its contract
    ("errd", "taux_occupation_hp", Value(nombre=96.5), 0.965),  # a fraction (DIAMANT)
    ("errd", "depenses_groupe_1", Value(nombre=120_000.0), -120_000),  # charges are negative (DIAMANT)
    ("tdb_esms", "cap_autorisee_hp", Value(nombre=80.0), 80),
    ("tdb_esms", "cap_autorisee_hp", Value(nombre=80.5), None),  # whole places
    ("tdb_esms", "a_cpom", Value(texte="oui"), "Oui"),
    ("tdb_esms", "finess_ej", Value(texte="010000024"), "010000024"),  # a text: its zero stays
    ("tdb_esms", "finess_ej", Value(texte="10000024"), None),  # not a number of FINESS
    ("tdb_esms", "date_autorisation", Value(jour=date(2003, 5, 1)), date(2003, 5, 1)),
    ("tdb_esms", "ville", Value(texte='=HYPERLINK("http://x")'), None),  # never a formula
    ("cnsa_prix_ehpad", "prix_hp_cs_eur", Value(nombre=61.37), 61.37),
]


@pytest.mark.parametrize(("source", "name", "value", "cell"), CASES)
def test_each_collection_writes_as_it_does(source: str, name: str, value: Value, cell: object) -> None:
    assert written(forms(load_contracts())[source].asked[name], value) == cell
