"""Each mistake about who a person is: made as often as asked of those it can touch, and only what its name says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from stdnum.fr import nir as stdnum_nir

from tests.unit.generate.departement_told import told
from witness.generate.personnes.person_defects import EFFECTS, Journal
from witness.generate.personnes.rates import PersonRates
from witness.generate.personnes.situations import COUPLE
from witness.generate.personnes.spellings import mistyped, write
from witness.generate.streams import Streams

Row = dict[str, Any]
DUI, RESID = "dui", "resid"


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: whom it can touch, given who the person is, and what is then written of them."""

    nature: str
    possible: Callable[[Row], bool]
    written: Callable[[Row, Row], bool]
    where: tuple[str, ...] = (DUI, RESID)


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFD", text or "").encode("ascii", "ignore").decode().upper()


def _same(a: Row, b: Row, *traits: str) -> bool:
    return all(_plain(a[t]) == _plain(b[t]) for t in traits)


def _day(a: Row) -> tuple[int, int, int]:
    day = a["date_naissance"]
    return day.year, day.month, day.day


def _born(b: Row) -> tuple[int, int, int]:
    return b["naissance"].year, b["naissance"].month, b["naissance"].day


def _one_letter_off(right: str, wrong: str) -> bool:
    """Two letters swapped, one left out, doubled, or taken for another."""
    right, wrong = _plain(right), _plain(wrong)
    if len(right) == len(wrong):
        apart = [i for i, (x, y) in enumerate(zip(right, wrong, strict=True)) if x != y]
        return len(apart) == 1 or (len(apart) == 2 and sorted(right) == sorted(wrong))
    short, long = sorted((right, wrong), key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _words(text: str) -> list[str]:
    return sorted(_plain(text).replace("-", " ").split())


def _anybody(_: Row) -> bool:
    return True


def _is_married(a: Row) -> bool:
    return a["nom_usage"] is not None and a["nom_usage"] != a["nom"]


def _place(nature: str) -> Kind:
    return Kind(nature, lambda a: a["lieu_cas"] == nature, lambda a, b: b["lieu"] == a["lieu_autre"] != a["lieu"])


def _of_a_later_century(a: Row) -> bool:
    year, month, day = _day(a)
    return year < 2000 and year // 10 % 10 != year % 10 and (month, day) != (2, 29)


KINDS = (
    Kind("nom_marital", _is_married, lambda a, b: _plain(b["nom"]) == _plain(a["nom_usage"])),
    Kind(
        "nom_epouse", _is_married,
        lambda a, b: _plain(b["nom"]) == f"{_plain(a['nom'])} EPOUSE {_plain(a['nom_usage'])}",
    ),
    Kind(
        "nom_double_coupe", lambda a: "-" in a["nom"], lambda a, b: _plain(b["nom"]) == _plain(a["nom"]).split("-")[0]
    ),
    Kind(
        "particule_omise", lambda a: a["particule"] is not None,
        lambda a, b: _plain(a["particule"]) + _plain(b["nom"]) == _plain(a["nom"]),
    ),
    Kind(
        "particule_rejetee", lambda a: a["particule"] is not None,
        lambda a, b: _plain(b["nom"]).endswith(f" ({_plain(a['particule']).strip()})"),
    ),
    Kind("nom_tronque", lambda a: len(a["nom"]) > 20, lambda a, b: _plain(b["nom"]) == _plain(a["nom"])[:20]),
    Kind("faute_dans_le_nom", _anybody, lambda a, b: _one_letter_off(a["nom"], b["nom"])),
    Kind("faute_dans_le_prenom", _anybody, lambda a, b: _one_letter_off(a["prenom"], b["prenom"])),
    Kind(
        "prenom_compose_coupe", lambda a: "-" in a["prenom"],
        lambda a, b: _plain(b["prenom"]) in {
            _plain(a["prenom"]).split("-")[0], *(_plain(a["prenom"]).replace("-", other) for other in (" ", "")),
        },
    ),
    Kind(
        "prenoms_permutes", lambda a: "-" in a["prenom"] or " " in a["prenoms"],
        lambda a, b: _plain(b["prenoms"]) != _plain(a["prenoms"]) and _words(b["prenoms"]) == _words(a["prenoms"]),
    ),
    Kind(
        "jour_mois_inverses", lambda a: _day(a)[2] <= 12 and _day(a)[1] != _day(a)[2],
        lambda a, b: _born(b) == (_day(a)[0], _day(a)[2], _day(a)[1]),
    ),
    Kind(
        "annee_inversee", _of_a_later_century,
        lambda a, b: _born(b) == (int(f"19{str(_day(a)[0])[:1:-1]}"), *_day(a)[1:]) != _day(a),
    ),
    Kind(
        "naissance_premier_janvier", lambda a: a["a_l_etranger"] and _day(a)[1:] != (1, 1),
        lambda a, b: _born(b) == (_day(a)[0], 1, 1),
    ),
    Kind(
        "naissance_sans_jour", lambda a: a["a_l_etranger"],
        lambda a, b: b["jour_inconnu"] and _born(b) == (_day(a)[0], 1, 1), (RESID,),
    ),
    Kind(
        "faute_dans_la_naissance", _anybody,
        lambda a, b: _born(b)[:2] == _day(a)[:2] and abs(_born(b)[2] - _day(a)[2]) == 10,
    ),
    Kind(
        "nom_et_naissance_faux", _anybody,
        lambda a, b: _one_letter_off(a["nom"], b["nom"]) and _born(b) != _day(a), (RESID,),
    ),
    Kind("sexe_absent", _anybody, lambda _, b: b["sexe"] is None, (DUI,)),
    Kind("sexe_inverse", _anybody, lambda a, b: b["sexe"] == ("M" if a["femme"] else "F")),
    _place("lieu_corse"), _place("lieu_fusionne"), _place("lieu_arrondissement"), _place("lieu_outre_mer"),
    _place("lieu_pays"),
    Kind(
        "lieu_code_postal", lambda a: a["lieu_postal"] not in (None, a["lieu"]),
        lambda a, b: b["lieu"] == a["lieu_postal"] != a["lieu"],
    ),
    Kind("lieu_absent", _anybody, lambda _, b: b["lieu"] is None, (DUI,)),
    Kind("lieu_absent", _anybody, lambda _, b: b["lieu"] == "99999", (RESID,)),
    Kind(
        "nia_puis_nir", lambda a: a["est_nia"],
        lambda a, b: b["nir"] == a["nir_definitif"] and b["cle"] == a["cle_definitive"] and not b["est_nia"],
    ),
    Kind(
        "nir_mal_saisi", lambda a: a["nir"][-1] != a["nir"][-2],
        lambda a, b: b["nir"] != a["nir"] and sorted(b["nir"]) == sorted(a["nir"]) and b["nir"][:11] == a["nir"][:11],
        (RESID,),
    ),
    Kind(
        "nir_du_conjoint", lambda a: a["nir_conjoint"] is not None, lambda a, b: b["nir"] == a["nir_conjoint"], (RESID,)
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """Who some persons are, what is written of them, and the rows that each kind touched."""

    true: list[Row]
    rows: list[Row]
    touched: dict[str, list[int]]


@pytest.fixture(scope="module")
def everybody() -> pl.DataFrame:
    """The persons of a département, and others of where the rare kinds are: Corsica, Mayotte."""
    ain, corsica, mayotte = told("01"), told("2B"), told("976")
    return pl.concat([ain.personnes, corsica.personnes, mayotte.personnes])


def _written(personnes: pl.DataFrame, where: str, rates: PersonRates, **asked: Any) -> Written:
    journal = Journal(Streams(1), "essai", rates)
    in_capitals = np.arange(len(personnes)) % 2 == 0
    of_kind = {"ins": where == DUI, "nir": where == RESID}
    table = write(journal, where, personnes, np.arange(len(personnes)), in_capitals, **of_kind, **asked)
    notes: dict[str, list[int]] = {}
    for nature, _, _, ranks in journal.notes:
        notes.setdefault(nature, []).extend(ranks.tolist())
    return Written(personnes.to_dicts(), table.to_dicts(), notes)


@pytest.fixture(scope="module", params=[DUI, RESID])
def all_kinds(request, everybody) -> tuple[str, Written]:
    return request.param, _written(everybody, request.param, PersonRates())


def test_each_kind_is_there_as_often_as_asked(all_kinds):
    where, found = all_kinds
    rates = PersonRates()
    for kind in (k for k in KINDS if where in k.where):
        possible = sum(kind.possible(a) for a in found.true)
        expected = getattr(rates, kind.nature) * possible
        # What a kind can touch may have been changed by another before it: rarely.
        assert len(found.touched[kind.nature]) == pytest.approx(expected, rel=0.03, abs=1), kind.nature


def test_each_kind_touches_whom_it_can_and_writes_what_it_says(all_kinds):
    where, found = all_kinds
    for kind in (k for k in KINDS if where in k.where):
        for i in found.touched[kind.nature]:
            a, b = found.true[i], found.rows[i]
            assert kind.possible(a), (kind.nature, a)
            assert kind.written(a, b), (kind.nature, a, b)


def test_who_is_touched_by_nothing_is_written_right(all_kinds):
    where, found = all_kinds
    touched = {i for ranks in found.touched.values() for i in ranks}
    for i, (a, b) in enumerate(zip(found.true, found.rows, strict=True)):
        if i in touched:
            continue
        assert _same(a, b, "nom", "prenoms", "lieu"), (a, b)
        assert _born(b) == _day(a)
        assert b["sexe"] == ("F" if a["femme"] else "M")
        assert (b["nir"], b["est_nia"]) == (a["nir"], a["est_nia"])
        assert where == RESID or (b["ins"], b["ins_cle"], b["ins_statut"]) == (a["nir"], a["cle"], "VALI")


def test_a_record_has_one_mistake_about_its_traits(all_kinds):
    _, found = all_kinds
    about_traits = {k.nature for k in KINDS} - {"nia_puis_nir", "nir_mal_saisi", "nir_du_conjoint"}
    ranks = [i for nature in about_traits for i in found.touched.get(nature, [])]
    assert len(ranks) == len(set(ranks))


def test_every_kind_about_identity_is_judged_here():
    others = {
        "identite_non_qualifiee",
        "ins_d_un_autre",
        "nir_du_parent",
        "fiche_en_double",
        "faute_dans_la_seconde_fiche",
    }
    assert {k.nature for k in KINDS} | others == {nature for nature, effect in EFFECTS.items() if effect == "identite"}


def test_second_files_are_often_mistyped(everybody):
    second = np.arange(len(everybody)) % 50 == 0
    rates = replace(PersonRates.none(), faute_dans_la_seconde_fiche=0.25)
    found = _written(everybody, DUI, rates, second=second)
    [(nature, touched)] = found.touched.items()
    assert nature == "faute_dans_la_seconde_fiche"
    assert len(touched) == round(0.25 * second.sum())
    assert all(second[i] and _one_letter_off(found.true[i]["nom"], found.rows[i]["nom"]) for i in touched)


def test_a_wife_may_have_the_number_of_her_husband():
    ain = told("01")
    numbers = ain.personnes["nir"].to_list()
    husbands = dict(zip(ain.pairs[COUPLE][1].tolist(), ain.pairs[COUPLE][0].tolist(), strict=True))
    of_husbands = ain.personnes["nir_conjoint"].to_list()
    assert {i for i, n in enumerate(of_husbands) if n is not None} <= set(husbands)
    assert all(n == numbers[husbands[i]] for i, n in enumerate(of_husbands) if n is not None)


def test_a_number_to_come_has_a_right_key(everybody):
    told_later = everybody.filter("est_nia").select("nir_definitif", "cle_definitive")
    assert len(told_later) > 100
    assert all(stdnum_nir.calc_check_digits(nir) == key for nir, key in told_later.iter_rows())


@pytest.mark.parametrize("draw", [0.0, 0.1, 0.24, 0.25, 0.4, 0.5, 0.74, 0.75, 0.9, 0.999])
@pytest.mark.parametrize("name", ["Vrabazeau", "De La Tsumazac", "D'Yvrosol", "WOLTABEC", "Plébabec-Zanrasart"])
def test_a_mistyped_name_is_one_letter_off_and_keeps_its_first(name, draw):
    wrong = mistyped(name, draw)
    assert wrong[0] == name[0]
    assert _one_letter_off(name, wrong)
    assert _plain(wrong) != _plain(name)
