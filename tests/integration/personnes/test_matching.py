"""Who is one person, what is one stay: the whole way from the stored tables, on a few invented cases, one ESMS each."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from ingest.home import Home
from tests.integration.personnes.persons_warehouse import MODELES, Entrepot, Personne

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]

ALBA = Personne("ZZALBA", "FICTIVE", "1940-01-02", "F", "01999", ins="111", nir="111")
BRUME = Personne("ZZBRUME", "FICTIF", "1938-05-06", "M", "01999")
JUMELLES = tuple(
    Personne("ZZPAIRE", prenom, "2010-03-04", "F", "01999", nir=str(i)) for i, prenom in enumerate(("UNE", "DEUX"))
)
# What the DUI, RESID-ESMS and ViaTrajectoire know of the person, each of one establishment.
DEUX_INS, JUMEAUX, FAUTE, SANS_TRAIT, BORD, HORS, ADMISSION, SANS_AUTRE, OPPOSE = (f"0{i}0000000" for i in range(1, 10))
(ORPHELINS, RETOUR, PAPIER, CORRIGE, HOMONYMES, PREVU, OPPOSE_A, OPPOSE_B, MOIS, FICHES, SUITE) = (
    f"1{i:02d}000000" for i in range(11)
)
# Step 7: what goes to the only person who entered that day, and what does not.
SUIVI, SANS_CLE, DOUTE, TENU, TENU_AVANT, TENU_RESID, REVENU = (f"2{i:02d}000000" for i in range(7))
LEVEE = date(2025, 6, 1)


def quelqu_un(nom: str, prenom: str = "FICTIF", naissance: str = "1938-05-06", **plus: Any) -> Personne:
    return Personne(nom, prenom, naissance, "M", "01999", **plus)


def adverses(e: Entrepot) -> None:
    """Cases of an adversarial review: what was brought together, told apart or lost, and should not have been."""
    qui = quelqu_un("ZZORPHELIN")
    e.usager(ORPHELINS, "u1", qui)
    for usager, sejour in (("u1", "s1"), ("absent", "s2"), (None, "s3")):
        e.ajoute(
            "dui__sejours", finess_et=ORPHELINS, usager_id=usager, sejour_id=sejour, modalite="HP",
            date_entree="2024-01-05",
        )  # fmt: skip
    qui = quelqu_un("ZZRETOUR")
    e.usager(RETOUR, "u1", qui)
    e.sejour(RETOUR, "u1", "s1", modalite="HT", date_entree="2024-02-01", date_sortie="2024-02-02")
    e.resident(RETOUR, qui, "2024-02-01", modalite="HT", date_sortie="2024-02-02")
    e.resident(RETOUR, qui, "2024-02-04", modalite="HT", date_sortie="2024-02-20")
    qui = quelqu_un("ZZPAPIER")
    for dossier, papier in (("d10", False), ("d11", True)):
        dates = {"date_entree": "2024-03-01", "date_statut": "2024-03-01"}
        e.demande(PAPIER, dossier, qui, "ENTREE", papier=papier, **dates)
    qui = quelqu_un("ZZCORRIGE")
    e.usager(CORRIGE, "u1", qui)
    e.sejour(CORRIGE, "u1", "s1", modalite="HP", date_entree="2024-03-10")
    e.resident(CORRIGE, qui, "2024-03-01", mois="2024-03")
    e.resident(CORRIGE, qui, "2024-03-10", mois="2024-04")
    e.usager(HOMONYMES, "u1", quelqu_un("ZZUN", "MOHAMED", "1980-02-03", nir="1"))
    e.usager(HOMONYMES, "u2", quelqu_un("ZZDEUX", "MOHAMED", "1980-02-03", nir="2"))
    e.usager(HOMONYMES, "u3", quelqu_un("ZZTROIS", "PAUL", "1981-02-03", nir="3"))
    e.resident(HOMONYMES, quelqu_un("ZZQUATRE", "PAUL", "1981-02-03", nir="4"), "2024-03-01")
    e.usager(HOMONYMES, "u5", quelqu_un("ZZCINQ", "JEAN", "1982-02-03"))
    e.resident(HOMONYMES, quelqu_un("ZZCINCQ", "JEAN", "1982-02-03", nir="5"), "2024-03-01")
    e.usager(PREVU, "u1", quelqu_un("ZZPREVU"))
    e.sejour(PREVU, "u1", "s1", modalite="HP", date_entree_previsionnelle="2025-06-01")
    qui = quelqu_un("ZZPILOTE", ins="999")
    for et, usager in ((OPPOSE_A, "u1"), (OPPOSE_B, "u7")):
        e.usager(et, usager, qui)
        e.sejour(et, usager, "s1", modalite="HP", date_entree="2024-01-05")
    e.ajoute(
        "consentements__registre", finess_et=OPPOSE_A, usager_id="u1", finalite="toutes", nature="opposition",
        date_effet=date(2024, 3, 1),
    )  # fmt: skip
    qui = quelqu_un("ZZMOIS")
    e.resident(MOIS, qui, "2024-02-01", mois="2024-02", date_sortie="2024-03-30")
    e.resident(MOIS, qui, "2024-02-02", mois="2024-03", date_sortie="2024-03-30")
    qui = quelqu_un("ZZFICHES")
    for usager in ("u1", "u2"):
        e.usager(FICHES, usager, qui)
        e.sejour(FICHES, usager, usager + "a", modalite="HT", date_entree="2024-02-01", date_sortie="2024-02-02")
        e.sejour(FICHES, usager, usager + "b", modalite="HT", date_entree="2024-02-04", date_sortie="2024-02-20")
    qui = quelqu_un("ZZSUITE")
    e.resident(SUITE, qui, "2024-03-10", modalite="HT", mois="2024-03")
    e.resident(SUITE, qui, "2024-04-20", modalite="HT", mois="2024-04")


def entrees_seules(e: Entrepot) -> None:
    """Records that say nothing of who they are about, or a name alone, beside those who entered that day."""
    le_jour, un_mois_avant = "2024-03-01", "2024-02-01"

    def entre(et: str, usager: str, sejour: str, jour: str = le_jour) -> None:
        e.sejour(et, usager, sejour, date_entree=jour)

    sans_naissance = Personne("ZZDURAND", "PAUL", sexe="M")
    e.usager(SUIVI, "u1", quelqu_un("ZZSUIVI"))
    entre(SUIVI, "u1", "s1")
    e.orientation(SUIVI, "t1", le_jour)
    e.usager(SANS_CLE, "u1", Personne("ZZMARIE", "MARIE", "1940-01-02", "F", "01999"))
    entre(SANS_CLE, "u1", "s1")
    e.demande(SANS_CLE, "d20", sans_naissance, "ENTREE", date_entree=le_jour, date_statut=le_jour)
    e.usager(DOUTE, "u1", quelqu_un("ZZDOUTE"))
    e.usager(DOUTE, "u2", sans_naissance)
    entre(DOUTE, "u1", "s1")
    entre(DOUTE, "u2", "s2")
    e.orientation(DOUTE, "t2", le_jour)
    for et, nom, jour in (
        (TENU, "ZZTENU", le_jour), (TENU_AVANT, "ZZAUPARAVANT", un_mois_avant),
        (TENU_RESID, "ZZRESIDENT", un_mois_avant),
    ):  # fmt: skip
        e.usager(et, "u1", quelqu_un(nom))
        entre(et, "u1", "s1")
        entre(et, "absent", "s2", jour)
        e.ajoute("dui__decisions", finess_et=et, decision_id=f"decision{et}", usager_id="absent")
        e.orientation(et, f"t{et}", le_jour, id_decision=f"decision{et}")
    e.resident(TENU_RESID, quelqu_un("ZZRESIDENT"), le_jour)
    qui = quelqu_un("ZZREVENU")
    e.usager(REVENU, "u1", qui)
    entre(REVENU, "u1", "s1", un_mois_avant)
    entre(REVENU, "absent", "s2")
    e.resident(REVENU, qui, le_jour)


@pytest.fixture(scope="module")
def entrepot(tmp_path_factory: pytest.TempPathFactory) -> Entrepot:
    e = Entrepot(Home(tmp_path_factory.mktemp("personnes") / "var"), tmp_path_factory)
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
    adverses(e)
    entrees_seules(e)
    e.dbt("seed")
    e.dbt("run", "--select", "+dlnuf_sejours", "+int_evenements__uniques", "+int_dui__sejours", jour=date(2025, 5, 31))
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
    # Of the two, nobody knows which; and two numbers of one identity are a mistake somewhere: all are said so.
    assert sorted(doubtful) == [("dui",), ("dui",), ("viatrajectoire_pa",)]


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
        """SELECT (SELECT count(*) FROM staging.stg_dui__sejours)
               + (SELECT count(*) FROM staging.stg_resid_esms__residents)
               + (SELECT count(*) FROM staging.stg_viatrajectoire_pa__demandes)
               + (SELECT count(*) FROM staging.stg_viatrajectoire_ph__orientations),
               (SELECT count(*) FROM intermediate.int_sejours__declarations),
               (SELECT count(DISTINCT enonce_cle) FROM intermediate.int_sejours__declarations),
               (SELECT count(DISTINCT sejour_dlnuf_id) FROM intermediate.int_sejours__declarations),
               (SELECT count(*) FROM dlnuf.dlnuf_sejours)"""
    )
    ((stated, kept, once, numbers, real),) = said
    assert (stated, numbers) == (kept, real)
    assert kept == once
    entrepot.dbt("test", "--select", "declarations_en_autant_que_enonces")


def test_a_stay_whose_file_is_missing_is_of_a_person_of_its_own(entrepot: Entrepot) -> None:
    assert len(persons(entrepot, ORPHELINS)) == len(stays(entrepot, ORPHELINS, "sejour_dlnuf_id")) == 3
    kept = (
        f"SELECT count(*), count(DISTINCT personne) FROM intermediate.int_dui__sejours WHERE unite_id = '{ORPHELINS}'"
    )
    assert entrepot.lire(kept) == [(3, 3)]


def test_an_opposition_of_one_esms_holds_in_the_others(entrepot: Entrepot) -> None:
    query = "SELECT est_oppose FROM intermediate.int_dui__sejours WHERE unite_id = "
    assert [entrepot.lire(f"{query}'{et}'") for et in (OPPOSE_A, OPPOSE_B, FAUTE)] == [[(True,)], [(True,)], [(False,)]]


def test_what_one_dui_tells_apart_and_two_numbers_stay_two(entrepot: Entrepot) -> None:
    found = persons(entrepot, HOMONYMES)
    assert sorted(map(sorted, found.values())) == [
        ["dui:u1"], ["dui:u2"], ["dui:u3"], ["dui:u5", "resid_esms"], ["resid_esms"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("et", "expected"),
    [
        (SUIVI, [["dui:u1", "viatrajectoire_ph:t1"]]),
        (SANS_CLE, [["dui:u1"], ["viatrajectoire_pa:d20"]]),  # a name without birth is no key, and is a name
        (DOUTE, [["dui:u1"], ["dui:u2"], ["viatrajectoire_ph:t2"]]),  # who has a name alone entered that day too
        (TENU, [["dui:absent", f"viatrajectoire_ph:t{TENU}"], ["dui:u1"]]),  # one DUI keeps the two apart
        (TENU_AVANT, [["dui:absent", f"viatrajectoire_ph:t{TENU_AVANT}"], ["dui:u1"]]),
        (TENU_RESID, [["dui:absent", f"viatrajectoire_ph:t{TENU_RESID}"], ["dui:u1", "resid_esms"]]),
        (REVENU, [["dui:absent"], ["dui:u1", "resid_esms"]]),
    ],
)
def test_a_record_that_says_nothing_is_of_who_entered_that_day_unless_a_system_tells_them_apart(
    entrepot: Entrepot, et: str, expected: list[list[str]]
) -> None:
    assert sorted(map(sorted, persons(entrepot, et).values())) == expected


@pytest.mark.parametrize(
    ("et", "expected"),
    [
        (RETOUR, [("2024-02-01", "2024-02-02", 2), ("2024-02-04", "2024-02-20", 1)]),  # left, came back two days later
        (FICHES, [("2024-02-01", "2024-02-02", 2), ("2024-02-04", "2024-02-20", 2)]),  # the same, told by two files
        (PAPIER, [("2024-03-01", None, 2)]),  # a file and its paper, no DUI
        (MOIS, [("2024-02-01", "2024-03-30", 2)]),  # a day corrected from one month to the next
        (CORRIGE, [("2024-03-10", None, 3)]),  # nine days: the row of March is of that stay, and its date is no more
        (SUITE, [("2024-03-10", None, 1), ("2024-04-20", None, 1)]),  # came back a month later: nothing was corrected
        (PREVU, []),
    ],
)
def test_each_stay_is_there_once(entrepot: Entrepot, et: str, expected: list[tuple[Any, ...]]) -> None:
    found = stays(entrepot, et, "cast(date_entree as varchar)", "cast(date_sortie as varchar)", "n_declarations")
    assert found == expected


def test_an_entry_corrected_by_a_later_month_no_longer_counts(entrepot: Entrepot) -> None:
    assert stays(entrepot, CORRIGE, "resid_date_entree", "date_entree_statut") == [(date(2024, 3, 10), "concordante")]


def test_a_file_made_twice_keeps_each_stay_once(entrepot: Entrepot) -> None:
    kept = entrepot.lire(
        f"SELECT sejour_id FROM intermediate.int_dui__sejours WHERE unite_id = '{FICHES}' ORDER BY ALL"
    )
    assert kept == [("u1a",), ("u1b",)]


def test_no_identity_stands_in_what_was_built(entrepot: Entrepot) -> None:
    columns = entrepot.lire(
        "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema IN ('dlnuf', 'intermediate')"
    )
    assert not {name for (name,) in columns} & {"nom", "prenoms", "nir", "matricule_ins", "date_naissance"}


def test_who_opposes_matching_stands_alone_until_it_is_lifted(entrepot: Entrepot) -> None:
    assert sorted(map(sorted, persons(entrepot, OPPOSE).values())) == [["dui:u1"], ["resid_esms"]]
    assert {row[0] for row in stays(entrepot, OPPOSE, "entree_non_dite_resid")} == {None}
    assert len(entrepot.lire("SELECT * FROM intermediate.int_personnes__oppositions")) == 2 + 2  # OPPOSE_A, OPPOSE_B

    entrepot.dbt("run", "--select", *MODELES[1:], "intermediate.personnes", jour=LEVEE)
    assert list(persons(entrepot, OPPOSE).values()) == [{"dui:u1", "resid_esms"}]
    assert stays(entrepot, OPPOSE, "entree_non_dite_resid") == [(False,)]
    assert {
        row[0] for row in entrepot.lire("SELECT est_sans_pilotage FROM intermediate.int_personnes__oppositions")
    } == {True}
