"""Headers: which columns a file can do without, and where each field is when some are missing."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.loading import Contract, Layout, load_contracts
from ingest.read.frames import column_names
from ingest.receive.headers import difference, expected, located, written_otherwise
from ingest.receive.refusals import has_header

CONTRACTS = load_contracts()
TABLES = [(c.id, x.code) for c in CONTRACTS.values() for x in c.layouts if has_header(x)]


def of(source: str, code: str) -> tuple[Contract, Layout]:
    return CONTRACTS[source], CONTRACTS[source].layout(code)


def titles(source: str, code: str) -> list[str]:
    """The header of a layout as its files write it: repeated titles without the rank that tells them apart."""
    written = expected(*of(source, code))
    ordered = sorted(written, key=lambda c: (isinstance(c, str), c if isinstance(c, int) else 0))
    return [written[column][0].removesuffix(" (2)").replace("(sans titre)", "") for column in ordered]


def without(header: Sequence[str], *absent: str) -> list[str]:
    return [title for title in header if title not in absent]


@pytest.mark.parametrize(("source", "code"), TABLES)
def test_the_whole_header_of_a_layout_is_no_difference(source: str, code: str) -> None:
    assert not difference(*of(source, code), titles(source, code))


@pytest.mark.parametrize(
    ("source", "code", "absent", "needed"),
    [
        # Key, unit, year, deposit, required, perimeter.
        ("cnsa_occupation", "t3_2022", ["FINESS"], True),
        ("errd", "ann_errd_ej_et", ["Année"], True),
        ("errd", "ann_errd_ej_et", ["Id Dépôt"], True),
        ("insee_cog", "csv_v_region", ["LIBELLE"], True),
        ("insee_population", "departement_sexe_age", ["population"], True),
        ("drees_ehpa", "structure", ["STRUCTUR"], True),
        # What decides whether another column counts: the flag KO of a rate of DIAMANT.
        ("errd", "ann_errd_ej_et", ["Etat taux d'occupation global ERRD"], True),
        ("errd", "ann_errd_ej_et", ["Etat taux d'occupation global ERRD", "Taux d'occupation global ERRD"], False),
        # An empty cell that says something: a consent that was not withdrawn, a stay that goes on.
        ("consentements", "registre", ["retire_le"], True),
        ("dui", "residalia_sejours", ["Date de sortie"], True),
        ("resid_esms", "mensuel", ["DATE_SORTIE"], True),
        ("viatrajectoire_pa", "demandes", ["Statut"], True),
        # Three years side by side, each with its own FINESS.
        ("cnsa_occupation", "large_2019_2021", ["FINESS_19"], True),
        # The strict traits of a person; a condition, a part of a key, what a default stands for.
        ("dui", "residalia_sejours", ["Prénoms"], True),
        ("dui", "residalia_sejours", ["Matricule INS"], True),
        ("dui", "residalia_sejours", ["Date du GIR"], True),
        ("dui", "domicilia_interventions", ["PRESENT"], True),
        # And what a file can do without.
        ("cnsa_occupation", "t3_2022", ["NB_LITS_OCC_2022"], False),
        ("cnsa_occupation", "annuel_2021", ["", "CODE_REG", "NOM_REG", "OPTION_TARIFAIRE"], False),
        ("cnsa_prix_ehpad", "open_data_csv", ["title"], False),
        ("tdb_diamant", "ann_ms_tdp_et", ["Nombre de CDD de remplacement"], False),
        ("insee_cog", "csv_v_region", ["TNCC"], False),
        ("dui", "residalia_sejours", ["Motif de sortie", "Nom d'usage", "Type d'hébergement"], False),
        ("dui", "handisoft_presences", ["facturee"], False),
    ],
)
def test_which_columns_a_file_can_do_without(source: str, code: str, absent: list[str], needed: bool) -> None:
    contract, layout = of(source, code)
    header = titles(source, code)
    matching = [t for t in header if any(t == a or _alike(t, a) for a in absent)]
    assert len(matching) == len(absent), f"{absent} dans {header}"
    found = difference(contract, layout, without(header, *matching))
    assert bool(found.needed) is needed
    assert found.is_bearable is not needed
    assert set(found.missing) == set(matching)


def _alike(title: str, named: str) -> bool:
    return bool(named) and bool(title) and written_otherwise(named, title) is not None


@pytest.mark.parametrize(
    ("source", "code", "header"),
    [
        ("cnsa_occupation", "t3_2022", ["FINESS"]),
        ("cnsa_occupation", "annuel_2021", ["FINESS", "LIBELLE", "CODE_DPT"]),  # who, and where: nothing else
        ("cnsa_prix_ehpad", "open_data_csv", ["finessEt", "title"]),
        ("errd", "ann_errd_ej_et", ["Finess EJ", "Finess", "Année", "Id Dépôt"]),
        ("insee_cog", "csv_v_commune", ["COM", "TYPECOM", "LIBELLE"]),  # no element of the dictionary: half of it
    ],
)
def test_a_file_that_only_says_of_whom_it_speaks_is_not_one(source: str, code: str, header: list[str]) -> None:
    found = difference(*of(source, code), header)
    assert found.is_covered
    assert not found.is_bearable


@pytest.mark.parametrize(("source", "code"), [(s, c) for s, c in TABLES if len(titles(s, c)) > 3])
def test_another_title_is_never_borne(source: str, code: str) -> None:
    found = difference(*of(source, code), [*titles(source, code), "Commentaire libre"])
    assert not found.is_bearable
    assert [t for t in found.unknown if t.startswith("Commentaire libre")]


def test_a_column_without_title_is_borne_until_it_is_looked_into() -> None:
    contract, layout = of("cnsa_occupation", "t3_2022")
    header = titles("cnsa_occupation", "t3_2022")
    found = difference(contract, layout, [header[0], "", *header[1:]])
    assert (found.untitled, found.is_bearable, bool(found)) == ((2,), True, True)


TDB = [("tdb_esms", code) for code in ("export_2020", "export_2021_2022")]


@pytest.mark.parametrize(("source", "code"), TDB)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_by_position_a_field_is_where_its_title_is_or_the_file_is_refused(
    source: str, code: str, data: st.DataObject
) -> None:
    """Whatever columns are missing, no field takes the column of another: its title is the one declared, and its rank
    among the columns that are left is the one it had."""
    contract, layout = of(source, code)
    entity = contract.entities[0]
    carried = contract.fields_in(layout, entity)
    header = titles(source, code)
    few = st.lists(st.integers(0, len(header) - 1), min_size=1, max_size=12, unique=True)
    many = st.integers(0, 10**9).map(lambda seed: random.Random(seed).sample(range(len(header)), 200))
    gone = set(data.draw(st.one_of(few, many)))
    left = [i for i in range(len(header)) if i not in gone]
    delivered = [header[i] for i in left]
    found = difference(contract, layout, delivered)
    assert not found.unknown
    if not found.is_covered:
        return
    columns = column_names(delivered)
    where = located(entity, carried, columns)
    assert {name for name, column in where.items() if column is None} == {
        name for name, place in carried.items() if int(place) - 1 in gone
    }
    for name, column in where.items():
        if column is not None:
            assert columns.index(column) == left.index(int(carried[name]) - 1)


def test_one_of_two_columns_alike_that_is_missing_is_doubtful() -> None:
    contract, layout = of("tdb_esms", "export_2021_2022")
    header = titles("tdb_esms", "export_2021_2022")
    repeated = next(i for i, title in enumerate(header) if header.count(title) > 1)
    other = header.index(header[repeated], repeated + 1)
    # The columns between the two are gone as well: nothing says any more which of the two is there.
    found = difference(contract, layout, [t for i, t in enumerate(header) if not repeated <= i < other])
    assert found.doubtful == (header[repeated],)
    assert not found.is_bearable


@pytest.mark.parametrize(
    ("declared", "delivered", "way"),
    [
        ("Année", "Anne\u0301e", "accents décomposés"),
        ("Id Dépôt", "Id\u00a0De\u0301po\u0302t", "espaces ou apostrophes d'une autre sorte"),
        ("FINESS", "finess", "majuscules et minuscules"),
        ("Année", "Annee", "accents"),
        ("Année", "ANNÉE", "majuscules et minuscules"),
        ("Année", "Exercice", None),
        ("Taux", "Taux %", None),
    ],
)
def test_titles_that_a_reader_takes_for_one(declared: str, delivered: str, way: str | None) -> None:
    assert written_otherwise(declared, delivered) == way


def test_two_titles_of_one_field_are_that_field_twice() -> None:
    """An alias beside the title: reading one would leave the other out in silence."""
    found = difference(*of("cnsa_gmp_pmp", "trois_colonnes"), ["FINESS ET", "GMP", "PMP", "FINESS_ET"])
    assert found.repeated == ("FINESS ET", "FINESS_ET")
