"""The RESID-ESMS file: what the DUI knows stands in it, the rest is to be confirmed, nothing is invented."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.loading import load_contracts
from orchestration.restitution.dui_told import SEJOURS, _Reading
from orchestration.restitution.known import Decision, Droit, Etablissement
from orchestration.restitution.resid_file import COLUMNS, EVERYBODY, Month, Prepared, prepare
from orchestration.restitution.warehouse import Known
from tests.unit.restitution.esms_examples import (
    EHPAD,
    IME,
    OCTOBER,
    RESIDENT,
    STAY,
    nir,
    with_file,
    with_stay,
    with_who,
)


def row(esms: Etablissement) -> dict[str, str]:
    """The only row of the file of October."""
    (only,) = prepare(esms, OCTOBER).rows
    return dict(zip(COLUMNS, only, strict=True))


def said(prepared: Prepared) -> set[tuple[str, str]]:
    """(field, what is said of it) for each line about a person."""
    return {(d.champ, d.constat) for d in prepared.doubts if d.dossier != EVERYBODY}


def test_a_resident_of_whom_everything_is_known() -> None:
    assert row(EHPAD) == {
        "FINESS": "010000001", "MOIS": "2026-10", "NIR": nir("2389999999001"), "TYPE_NIR": "NIR", "ORGANISME": "011",
        "NOM": "ZZEXEMPLE", "PRENOMS": "Aubépine, Marie", "DATE_NAISSANCE": "03/02/1938", "SEXE": "2",
        "LIEU_NAISSANCE": "01004", "DEPT_DOMICILE": "01", "DEPT_SECOURS": "01", "GIR": "2", "HANDICAP": "",
        "DECISION_CDAPH": "", "DATE_DECISION": "", "MODALITE": "HP", "DATE_ENTREE": "02/10/2026",
        "PROVENANCE": "DOMICILE", "PRISE_EN_CHARGE_ANTERIEURE": "SAAD", "DATE_SORTIE": "", "MOTIF_SORTIE": "",
    }  # fmt: skip
    assert said(prepare(EHPAD, OCTOBER)) == set()


@pytest.mark.parametrize("opposed", [False, True])
def test_a_stay_whose_person_has_no_record_in_use_is_said_not_to_be_in_the_file(opposed: bool) -> None:
    row = {
        "place": ("dui", "d", 4), "person": "p", "usager_id": "u", "clair_sejour_id": "S-9", "modalite": "HP",
        "date_admission": None, "date_entree": date(2026, 10, 2), "date_sortie": None, "mode_entree": None,
        "mode_entree_libelle_code": None, "motif_sortie_code": None,
    }  # fmt: skip
    known = Known(None, None, None, {}, opposed={"u"} if opposed else set())
    esms = _Reading(known, defaultdict(list, {SEJOURS: [row]})).establishment("010000001")
    assert prepare(esms, OCTOBER).rows == []
    told = [(d.sejour, d.champ, d.valeur) for d in prepare(esms, OCTOBER).doubts if d.dossier != EVERYBODY]
    assert told == ([] if opposed else [("S-9", "NOM", "entrée le 02/10/2026")])
    assert said(prepare(esms, Month(2026, 9))) == set()


def test_the_columns_are_those_of_the_contract() -> None:
    layout = load_contracts()["resid_esms"].layout("mensuel")
    fields = layout.options["tables"]["residents"]["fields"]
    assert tuple(source["column"] for source in fields.values()) == COLUMNS


@pytest.mark.parametrize(
    ("changes", "cell", "value", "doubt"),
    [
        ({"nir": None}, "NIR", nir("2389999999001"), None),
        ({"nir": None, "ins_type": "INS-NIA"}, "TYPE_NIR", "NIA", None),
        ({"nir": None, "ins": None}, "NIR", "", ("NIR", "NIR absent")),
        ({"ins_statut": "PROV"}, "NIR", nir("2389999999001"), ("INS", "INS non qualifiée (statut PROV)")),
        ({"ins_statut": None}, "NIR", nir("2389999999001"), ("INS", "INS non qualifiée (statut absent)")),
        ({"nir": "238999999900100"}, "NIR", "238999999900100", ("NIR", "NIR dont la clé est fausse")),
        ({"sexe": "M"}, "SEXE", "1", ("NIR", "Le NIR et le sexe ne s'accordent pas")),
        ({"sexe": "I"}, "SEXE", "", ("SEXE", "Sexe : rien dans le DUI")),
        ({"naissance": None}, "DATE_NAISSANCE", "", ("DATE_NAISSANCE", "Date de naissance : rien dans le DUI")),
        ({"lieu": None}, "LIEU_NAISSANCE", "", ("LIEU_NAISSANCE", "Lieu de naissance : rien dans le DUI")),
    ],
)
def test_who_the_resident_is(changes: dict[str, object], cell: str, value: str, doubt: tuple[str, str] | None) -> None:
    esms = with_who(EHPAD, **changes)
    assert row(esms)[cell] == value
    assert said(prepare(esms, OCTOBER)) == ({doubt} if doubt else set())


def test_an_ins_that_is_not_qualified_gives_no_number() -> None:
    esms = with_who(EHPAD, nir=None, ins_statut="PROV")
    assert (row(esms)["NIR"], row(esms)["TYPE_NIR"]) == ("", "")
    assert {champ for champ, _ in said(prepare(esms, OCTOBER))} == {"NIR", "INS"}


@pytest.mark.parametrize(
    ("girs", "gir", "doubt"),
    [
        pytest.param([(date(2025, 10, 31), 3)], "3", None, id="twelve months to the day"),
        pytest.param([(date(2025, 10, 30), 3)], "3", "GIR de plus de douze mois (du 30/10/2025)", id="older"),
        pytest.param([(None, 3)], "3", "GIR de plus de douze mois (sans date)", id="without date"),
        pytest.param([(date(2026, 1, 1), 3), (date(2026, 5, 1), 4)], "4", None, id="the last one"),
        pytest.param([(date(2026, 1, 1), 3), (date(2026, 11, 1), 1)], "3", None, id="not one to come"),
        pytest.param([(date(2026, 1, 1), 0)], "", "GIR hors de 1 à 6", id="impossible"),
        pytest.param([], "", "Aucun GIR connu", id="none"),
    ],
)
def test_the_gir_is_the_last_one_known_that_month(
    girs: list[tuple[date | None, int]], gir: str, doubt: str | None
) -> None:
    esms = with_file(EHPAD, girs=tuple(girs))
    assert row(esms)["GIR"] == gir
    assert said(prepare(esms, OCTOBER)) == ({("GIR", doubt)} if doubt else set())


def decided(kind: str, on: date | None, end: date | None) -> Decision:
    return Decision("D", "N", on, kind, (Droit("7.1", None, end),))


@pytest.mark.parametrize(
    ("decisions", "cells", "doubt"),
    [
        pytest.param([decided("1", date(2025, 6, 1), date(2030, 1, 1))], ("O", "01/06/2025"), None, id="granted"),
        pytest.param([decided("1", date(2025, 6, 1), date(2026, 9, 30))], ("O", "01/06/2025"), "Décision échue",
                     id="over"),
        pytest.param([decided("1", date(2025, 6, 1), date(2027, 1, 31))], ("O", "01/06/2025"),
                     "Décision qui expire dans les trois mois", id="soon over"),
        pytest.param([decided("2", date(2025, 6, 1), None)], ("", ""),
                     "La dernière décision connue n'est pas une attribution", id="rejected"),
        pytest.param([decided("1", date(2026, 11, 2), None)], ("", ""),
                     "La dernière décision connue n'est pas une attribution", id="granted later"),
        pytest.param([], ("", ""), "Décision de la CDAPH inconnue", id="unknown"),
    ],
)  # fmt: skip
def test_the_decision_is_known_or_left_empty(
    decisions: list[Decision], cells: tuple[str, str], doubt: str | None
) -> None:
    esms = with_file(IME, decisions=tuple(decisions))
    found = row(esms)
    assert (found["DECISION_CDAPH"], found["DATE_DECISION"]) == cells
    assert {text for _, text in said(prepare(esms, OCTOBER))} == ({doubt} if doubt else set())


@pytest.mark.parametrize(
    ("changes", "cells", "doubt"),
    [
        ({"resid_entree": date(2026, 10, 5)}, {"DATE_ENTREE": "02/10/2026"}, None),
        ({"resid_entree": date(2026, 10, 6)}, {"DATE_ENTREE": "02/10/2026"},
         "Date d'entrée divergente : 06/10/2026 dans RESID-ESMS"),
        ({"vt_entree": date(2026, 9, 25)}, {"DATE_ENTREE": "02/10/2026"},
         "Date d'entrée divergente : 25/09/2026 dans ViaTrajectoire"),
        ({"modalite": None}, {"MODALITE": ""}, "Modalité d'accueil inconnue"),
        ({"mode_entree": "AUTRE"}, {"PROVENANCE": ""}, "Provenance inconnue"),
        ({"sortie": date(2026, 10, 30), "motif_sortie": "124"}, {"DATE_SORTIE": "30/10/2026", "MOTIF_SORTIE": "124"},
         None),
        ({"sortie": date(2026, 10, 30), "motif_sortie": "AUTRE"}, {"DATE_SORTIE": "30/10/2026", "MOTIF_SORTIE": ""},
         "Motif de sortie absent, ou texte non reconnu"),
        ({"sortie": date(2026, 11, 3), "motif_sortie": "124"}, {"DATE_SORTIE": "", "MOTIF_SORTIE": ""}, None),
    ],
)  # fmt: skip
def test_the_stay_is_told_as_the_dui_tells_it(
    changes: dict[str, object], cells: dict[str, str], doubt: str | None
) -> None:
    esms = with_stay(EHPAD, **changes)
    found = row(esms)
    assert {name: found[name] for name in cells} == cells
    assert {text for _, text in said(prepare(esms, OCTOBER))} == ({doubt} if doubt else set())


@pytest.mark.parametrize(
    ("entree", "sortie", "there"),
    [
        (date(2026, 10, 31), None, True),
        (date(2026, 11, 1), None, False),
        (date(2020, 1, 1), date(2026, 10, 1), True),
        (date(2020, 1, 1), date(2026, 9, 30), False),
    ],
)
def test_a_month_holds_who_was_there_some_day_of_it(entree: date, sortie: date | None, there: bool) -> None:
    assert len(prepare(with_stay(EHPAD, entree=entree, sortie=sortie), OCTOBER).rows) == there


def test_an_admission_is_not_an_entry() -> None:
    prepared = prepare(with_stay(EHPAD, entree=None), OCTOBER)
    assert prepared.rows == []
    assert said(prepared) == {
        ("DATE_ENTREE", "Admission le 25/09/2026, entrée inconnue : non porté dans le fichier"),
    }


def test_a_death_without_exit_and_two_stays_at_once_are_told() -> None:
    twice = with_file(EHPAD, deces=date(2026, 10, 9), sejours=(STAY, replace(STAY, number="S-2")))
    assert {text for _, text in said(prepare(twice, OCTOBER))} == {
        "Décès connu, séjour sans sortie",
        "Deux séjours de même modalité se recouvrent",
    }


def test_what_the_dui_never_holds_is_told_once_for_all() -> None:
    others = replace(EHPAD, dossiers=(RESIDENT, replace(RESIDENT, resid=None)), opposed=2)
    told = {(d.champ, d.constat) for d in prepare(others, OCTOBER).doubts if d.dossier == EVERYBODY}
    assert ("ORGANISME", "1 ligne(s) : repris de la déclaration de 2026-09") in told
    assert ("ORGANISME", "1 ligne(s) : absent du DUI (TDDUI ne le porte pas)") in told
    assert ("", "2 personne(s) en opposition, non portée(s) dans le fichier") in told


@given(st.integers(2000, 2099), st.integers(1, 12), st.integers(-30, 30))
def test_months_follow_each_other(year: int, month: int, shift: int) -> None:
    found = Month(year, month)
    assert Month.parse(str(found)) == found
    assert found.plus(0) == found.last
    assert (found.plus(shift).year * 12 + found.plus(shift).month) - (year * 12 + month) == shift


def test_an_identity_is_in_no_repr() -> None:
    shown = repr(EHPAD) + repr(prepare(with_who(EHPAD, nir=None, ins_statut="PROV"), OCTOBER).doubts)
    assert not any(secret in shown for secret in ("ZZEXEMPLE", "Aubépine", "2389999999001", "1938", "D-17", "S-1"))
