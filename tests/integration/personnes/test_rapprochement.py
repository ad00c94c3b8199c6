"""Who is one person, what is one stay: the whole way from the stored tables, on a few invented cases, one ESMS each."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from ingest.home import Home
from tests.integration.personnes.entrepot import MODELES, Entrepot, Personne

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

ALBA = Personne("ZZALBA", "FICTIVE", "1940-01-02", "F", "01999", ins="111", nir="111")
BRUME = Personne("ZZBRUME", "FICTIF", "1938-05-06", "M", "01999")
JUMELLES = tuple(
    Personne("ZZPAIRE", prenom, "2010-03-04", "F", "01999", nir=str(i)) for i, prenom in enumerate(("UNE", "DEUX"))
)
# What the DUI, RESID-ESMS and ViaTrajectoire know of the person, each of one establishment.
DEUX_INS, JUMEAUX, FAUTE, SANS_TRAIT, BORD, HORS, ADMISSION, SANS_AUTRE, OPPOSE = (f"0{i}0000000" for i in range(1, 10))
LEVEE = date(2025, 6, 1)


@pytest.fixture(scope="module")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Entrepot:
    e = Entrepot(Home(tmp_path_factory.mktemp("personnes") / "var"))
    autre_ins = Personne(**{**vars(ALBA), "ins": "222", "nir": "222"})
    e.usager(DEUX_INS, "u1", ALBA)
    e.usager(DEUX_INS, "u2", autre_ins)
    e.demande(DEUX_INS, "d1", ALBA, "LISTE_ATTENTE")
    for i, jumelle in enumerate(JUMELLES):
        e.usager(JUMEAUX, f"u{i}", jumelle)
        e.sejour(JUMEAUX, f"u{i}", f"s{i}", modalite="INT", date_entree="2024-02-01")
        e.resident(JUMEAUX, jumelle, "2024-02-01", modalite="INT")
    e.usager(FAUTE, "u1", BRUME)
    e.sejour(FAUTE, "u1", "s1", modalite="HP", date_entree="2024-02-01")
    e.resident(FAUTE, Personne(**{**vars(BRUME), "prenom": "FICITF"}), "2024-02-03")
    e.usager(SANS_TRAIT, "u1", Personne())
    e.demande(SANS_TRAIT, "d2", Personne(), "ENVOYEE")
    e.resident(SANS_TRAIT, Personne(), "2024-02-01")
    for et, ecart, sortie in ((BORD, 4, "2024-02-02"), (HORS, 5, "2024-02-02")):
        qui = Personne(f"ZZ{et}", "FICTIF", "1938-05-06", "M", "01999")
        e.usager(et, "u1", qui)
        e.sejour(et, "u1", "s1", modalite="HT", date_entree="2024-02-01", date_sortie=sortie)
        e.resident(et, qui, f"2024-02-0{ecart}", modalite="HT", date_sortie="2024-02-09")
    qui = Personne("ZZADMISE", "FICTIVE", "1938-05-06", "F", "01999")
    e.usager(ADMISSION, "u1", qui)
    e.sejour(ADMISSION, "u1", "s1", modalite="HP", date_admission="2024-01-02", date_entree="2024-02-01")
    e.demande(ADMISSION, "d3", qui, "ADMISSION", date_admission="2024-01-02", date_statut="2024-01-02")
    qui = Personne("ZZSEULE", "FICTIVE", "1938-05-06", "F", "01999")
    e.usager(SANS_AUTRE, "u1", qui)
    e.sejour(SANS_AUTRE, "u1", "s1", modalite="HP", date_entree="2024-02-01", date_sortie="2024-06-01")
    qui = Personne("ZZOPPOSE", "FICTIF", "1938-05-06", "M", "01999")
    e.usager(OPPOSE, "u1", qui)
    e.sejour(OPPOSE, "u1", "s1", modalite="HP", date_entree="2024-02-01")
    e.resident(OPPOSE, qui, "2024-02-01")
    e.ajoute(
        "consentements__registre", finess_et=OPPOSE, usager_id="u1", finalite="appariement", nature="opposition",
        date_effet=date(2024, 3, 1), retire_le=LEVEE,
    )  # fmt: skip
    e.dbt("seed")
    e.dbt("run", "--select", "+dlnuf_sejours", "+int_evenements__uniques", jour=date(2025, 5, 31))
    return e


def persons(entrepot: Entrepot, et: str) -> dict[str, set[str]]:
    """Person -> its records, `source:id` (RESID-ESMS has no id of its own)."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for person, source, record in entrepot.lire(
        f"SELECT personne_id, source, fiche_id FROM intermediate.int_personnes__groupes WHERE finess_et = '{et}'"
    ):
        found[person].add(source if source == "resid_esms" else f"{source}:{record}")
    return dict(found)


def stays(entrepot: Entrepot, et: str, *columns: str) -> list[tuple[Any, ...]]:
    return entrepot.lire(f"SELECT {', '.join(columns)} FROM dlnuf.dlnuf_sejours WHERE finess_et = '{et}' ORDER BY ALL")


def test_two_ins_are_two_persons_whatever_else_they_share(entrepot: Entrepot) -> None:
    found = persons(entrepot, DEUX_INS)
    assert sorted(map(sorted, found.values())) == [["dui:u1"], ["dui:u2"], ["viatrajectoire_pa:d1"]]
    doubtful = entrepot.lire(
        f"SELECT source FROM intermediate.int_personnes__groupes WHERE ambigu AND finess_et = '{DEUX_INS}'"
    )
    assert doubtful == [("viatrajectoire_pa",)]  # of the two, nobody knows which: apart, and said so


def test_twins_stay_two(entrepot: Entrepot) -> None:
    found = persons(entrepot, JUMEAUX)
    assert sorted(map(sorted, found.values())) == [["dui:u0", "resid_esms"], ["dui:u1", "resid_esms"]]
    assert len(stays(entrepot, JUMEAUX, "sejour_dlnuf_id")) == 2


def test_a_mistyped_given_name_is_known_by_the_stay(entrepot: Entrepot) -> None:
    assert list(persons(entrepot, FAUTE).values()) == [{"dui:u1", "resid_esms"}]
    assert stays(entrepot, FAUTE, "date_entree", "date_entree_source", "date_entree_statut") == [
        (date(2024, 2, 1), "dui", "toleree")
    ]


def test_records_of_whom_nothing_is_known_are_not_one_person(entrepot: Entrepot) -> None:
    assert len(persons(entrepot, SANS_TRAIT)) == 3


@pytest.mark.parametrize(("et", "expected"), [(BORD, 1), (HORS, 2)])
def test_the_tolerance_of_the_entry_is_three_days(entrepot: Entrepot, et: str, expected: int) -> None:
    assert len(persons(entrepot, et)) == 1
    assert len(stays(entrepot, et, "sejour_dlnuf_id")) == expected


def test_an_admission_is_never_an_entry(entrepot: Entrepot) -> None:
    columns = ("date_admission", "date_entree", "vt_date_admission", "vt_date_entree", "entree_non_dite_vt")
    assert stays(entrepot, ADMISSION, *columns) == [(date(2024, 1, 2), date(2024, 2, 1), date(2024, 1, 2), None, True)]


def test_a_system_that_was_never_sent_was_not_kept_in_the_dark(entrepot: Entrepot) -> None:
    columns = ("entree_non_dite_vt", "entree_non_dite_resid", "sortie_non_dite_vt", "sortie_non_dite_resid",
               "sans_decision", "decision_expirant")  # fmt: skip
    assert stays(entrepot, SANS_AUTRE, *columns) == [(None,) * 6]


def test_nothing_is_lost(entrepot: Entrepot) -> None:
    said = entrepot.lire(
        """SELECT (SELECT count(*) FROM staging.stg_dui__sejours) + (SELECT count(*) FROM staging.stg_resid__sejours)
               + (SELECT count(*) FROM staging.stg_viatrajectoire_pa__demandes),
               (SELECT count(*) FROM intermediate.int_sejours__declarations),
               (SELECT count(DISTINCT sejour_dlnuf_id) FROM intermediate.int_sejours__declarations),
               (SELECT count(*) FROM dlnuf.dlnuf_sejours)"""
    )
    ((stated, kept, numbers, real),) = said
    assert (stated, numbers) == (kept, real)


def test_no_identity_stands_in_what_was_built(entrepot: Entrepot) -> None:
    columns = entrepot.lire(
        "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema IN ('dlnuf', 'intermediate')"
    )
    assert not {name for (name,) in columns} & {"nom", "prenoms", "nir", "matricule_ins", "date_naissance"}


def test_who_opposes_matching_stands_alone_until_it_is_lifted(entrepot: Entrepot) -> None:
    assert sorted(map(sorted, persons(entrepot, OPPOSE).values())) == [["dui:u1"], ["resid_esms"]]
    assert {row[0] for row in stays(entrepot, OPPOSE, "entree_non_dite_resid")} == {None}
    assert len(entrepot.lire("SELECT * FROM intermediate.int_personnes__oppositions")) == 2

    entrepot.dbt("run", "--select", *MODELES[1:], "intermediate.personnes", jour=LEVEE)
    assert list(persons(entrepot, OPPOSE).values()) == [{"dui:u1", "resid_esms"}]
    assert stays(entrepot, OPPOSE, "entree_non_dite_resid") == [(False,)]
    assert entrepot.lire("SELECT * FROM intermediate.int_personnes__oppositions") == []
