"""Records of persons and statements about stays, as a warehouse holds them, against what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.home import Home
from witness.installation import Installation
from witness.score import NothingToScore
from witness.score.persons_judged import STATUSES, judged

Rows = Sequence[tuple[Any, ...]]
# Two DUI and one RESID: Anna is told by both, Paul by the DUI alone; lines of files f1 (DUI) and f2 (RESID).
RECORDS = [("dui", "f1", 2, 1), ("dui", "f1", 3, 2), ("resid_esms", "f2", 2, 1)]
HELD = [("dui", "d1", 2, "a", "k1", None), ("dui", "d1", 3, "b", "k2", None), ("resid_esms", "d2", 2, "a", "k3", None)]


def warehouse(home: Home, held: Rows, statements: Rows, stays: Rows) -> None:
    home.root.mkdir(parents=True, exist_ok=True)
    flags = ", ".join(f"{status} BOOLEAN" for status in STATUSES)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE SCHEMA intermediate; CREATE SCHEMA dlnuf")
        connection.execute(
            "CREATE TABLE intermediate.int_personnes__groupes"
            " (source VARCHAR, delivery_id VARCHAR, ligne INTEGER, personne_id VARCHAR, fiche_cle VARCHAR)"
        )
        connection.execute(
            "CREATE TABLE intermediate.int_personnes__fiches"
            " (fiche_cle VARCHAR, cle_ins VARCHAR, qualite_numero VARCHAR)"
        )
        connection.execute(
            "CREATE TABLE intermediate.int_sejours__declarations"
            " (source VARCHAR, delivery_id VARCHAR, ligne INTEGER, sejour_dlnuf_id VARCHAR)"
        )
        connection.execute(f"CREATE TABLE dlnuf.dlnuf_sejours (sejour_dlnuf_id VARCHAR, {flags})")
        for *group, ins in held:
            connection.execute("INSERT INTO intermediate.int_personnes__groupes VALUES (?, ?, ?, ?, ?)", group)
            quality = "NIA_INS" if ins and ins.startswith("nia") else "NIR_INS"
            connection.execute(
                "INSERT INTO intermediate.int_personnes__fiches VALUES (?, ?, ?)", [group[-1], ins, quality]
            )
        for statement in statements:
            connection.execute("INSERT INTO intermediate.int_sejours__declarations VALUES (?, ?, ?, ?)", statement)
        for stay, *true in stays:
            values = [status in true for status in STATUSES]
            connection.execute(f"INSERT INTO dlnuf.dlnuf_sejours VALUES (?{', ?' * len(STATUSES)})", [stay, *values])


def judge(
    tmp_path: Path, held: Rows = HELD, statements: Rows = (), stays: Rows = (), statuses: Rows = (), told: Rows = (),
    faults: Rows = (), situations: Rows = (), opposed: Sequence[int] = (), stays_of_opposed: Sequence[int] = (),
) -> dict[str, Any]:  # fmt: skip
    home = Home(tmp_path / "var")
    warehouse(home, held, statements, stays)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE recues (livraison VARCHAR, delivery_id VARCHAR)")
        connection.execute("INSERT INTO recues VALUES ('f1', 'd1'), ('f2', 'd2')")
        for table, rows in (("fiches", RECORDS), ("declarations", told)):
            connection.execute(f"CREATE TABLE {table} (source VARCHAR, livraison VARCHAR, ligne BIGINT, vrai BIGINT)")
            for row in rows:
                connection.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", row)
            connection.execute(f"ALTER TABLE {table} ADD COLUMN entite VARCHAR DEFAULT 't'")
        connection.execute("CREATE TABLE statuts (sejour_vrai BIGINT, statut VARCHAR)")
        for status in statuses:
            connection.execute("INSERT INTO statuts VALUES (?, ?)", status)
        connection.execute("CREATE TABLE situations (nature VARCHAR, personne_a BIGINT, personne_b BIGINT)")
        connection.execute("CREATE TABLE fautes_personnes (livraison VARCHAR, ligne BIGINT, nature VARCHAR)")
        connection.execute("ALTER TABLE fautes_personnes ADD COLUMN entite VARCHAR DEFAULT 't'")
        for table, true in (("opposants", opposed), ("sejours_d_opposants", stays_of_opposed)):
            connection.execute(f"CREATE TABLE {table} (vrai BIGINT)")
            for each in true:
                connection.execute(f"INSERT INTO {table} VALUES (?)", [each])
        for situation in situations:
            connection.execute("INSERT INTO situations VALUES (?, ?, ?)", situation)
        for fault in faults:
            connection.execute("INSERT INTO fautes_personnes (livraison, ligne, nature) VALUES (?, ?, ?)", fault)
        return judged(connection, Installation(home.root), made=True)


def figures(found: dict[str, Any]) -> tuple[Any, Any]:
    return found["precision"], found["recall"]


def test_records_of_one_person_that_are_together(tmp_path: Path) -> None:
    found = judge(tmp_path)["persons"]
    assert figures(found) == (1.0, 1.0)
    assert (found["membres"], found["groupes_melanges"], found["plusieurs_ins"]) == (3, 0, 0)


def test_a_record_that_the_warehouse_does_not_hold_is_missed(tmp_path: Path) -> None:
    found = judge(tmp_path, held=HELD[:2])["persons"]
    assert figures(found) == (None, 0.0)
    assert found["membres"] == 3


def test_two_persons_in_one(tmp_path: Path) -> None:
    held = [("dui", "d1", 2, "a", "k1", "x"), ("dui", "d1", 3, "a", "k2", "y"), ("resid_esms", "d2", 2, "a", "k3", "x")]
    found = judge(tmp_path, held=held)["persons"]
    assert figures(found) == (1 / 3, 1.0)
    assert (found["groupes_melanges"], found["plusieurs_ins"]) == (1, 1)


@pytest.mark.parametrize(("numbers", "several"), [(("nia1", "x"), 0), (("nia1", "nia2"), 1), (("x", "y"), 1)])
def test_a_number_that_waits_and_the_one_it_became_are_of_one_person(
    tmp_path: Path, numbers: tuple[str, str], several: int
) -> None:
    held = [("dui", "d1", 2, "a", "k1", numbers[0]), ("dui", "d1", 3, "b", "k2", None),
            ("resid_esms", "d2", 2, "a", "k3", numbers[1])]  # fmt: skip
    assert judge(tmp_path, held=held)["persons"]["plusieurs_ins"] == several


def _kinds(found: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    names = ("fiches", "paires_reelles", "manquees", "fausses")
    return {each["nature"]: tuple(each[n] for n in names) for each in found["par_nature"]}


def test_what_a_kind_costs_is_counted_on_the_pairs_it_touches(tmp_path: Path) -> None:
    faults = [("f2", 2, "sexe_absent"), ("f1", 3, "accents")]
    found = judge(tmp_path, held=HELD[:2], faults=faults)["persons"]
    assert _kinds(found) == {"sexe_absent": (1, 1, 1, 0), "accents": (1, 0, 0, 0), "aucune": (1, 0, 0, 0)}
    assert {each["nature"]: each["recall"] for each in found["par_nature"]}["sexe_absent"] == 0.0


def test_two_persons_in_one_are_counted_for_what_makes_them_alike(tmp_path: Path) -> None:
    held = [
        ("dui", "d1", 2, "a", "k1", None),
        ("dui", "d1", 3, "a", "k2", None),
        ("resid_esms", "d2", 2, "a", "k3", None),
    ]
    found = judge(tmp_path, held=held, situations=[("homonymes", 1, 2)])["persons"]
    assert _kinds(found) == {"homonymes": (3, 1, 0, 2)}
    touched_once = judge(tmp_path / "b", held=held, faults=[("f1", 3, "accents")])["persons"]
    assert _kinds(touched_once) == {"accents": (1, 0, 0, 2), "aucune": (2, 1, 0, 0)}


def test_the_pairs_of_kinds_and_of_none_are_all_the_pairs(tmp_path: Path) -> None:
    found = judge(tmp_path, faults=[("f1", 2, "accents")])["persons"]
    told = sum(each["paires_annoncees"] for each in found["par_nature"])
    assert told == found["paires_annoncees"] == 1


ALONE = [("dui", "d1", 2, "a", "k1", None), ("dui", "d1", 3, "b", "k2", None), ("resid_esms", "d2", 2, "c", "k3", None)]


def test_records_of_who_opposes_that_stand_alone_are_not_missed(tmp_path: Path) -> None:
    assert judge(tmp_path / "a", held=ALONE)["persons"]["recall"] == 0.0
    found = judge(tmp_path / "b", held=ALONE, opposed=[1])["persons"]
    assert (found["recall"], found["membres"]) == (None, 1)
    assert found["opposants"] == {"personnes": 1, "fiches": 2, "fiches_rapprochees": []}


def test_a_record_of_who_opposes_that_stands_with_another_is_named(tmp_path: Path) -> None:
    found = judge(tmp_path, opposed=[1])["persons"]
    assert figures(found) == (None, None)
    assert found["opposants"]["fiches_rapprochees"] == [
        {"livraison": "f1", "entite": "t", "ligne": 2},
        {"livraison": "f2", "entite": "t", "ligne": 2},
    ]


def test_a_record_of_who_opposes_that_stands_with_a_stranger_s_is_named(tmp_path: Path) -> None:
    held = [*HELD[:1], ("dui", "d1", 3, "a", "k2", None)]
    found = judge(tmp_path, held=held, opposed=[2])["persons"]
    assert found["opposants"]["fiches_rapprochees"] == [{"livraison": "f1", "entite": "t", "ligne": 3}]


def test_stays_of_who_opposes_are_neither_missed_nor_late(tmp_path: Path) -> None:
    told = [("dui", "f1", 2, 10), ("resid_esms", "f2", 2, 10), ("dui", "f1", 3, 11)]
    held = [("dui", "d1", 2, "s"), ("resid_esms", "d2", 2, "t"), ("dui", "d1", 3, "u")]
    statuses = [(10, "deux_lieux"), (11, "deux_lieux")]
    found = judge(tmp_path, statements=held, told=told, statuses=statuses, stays_of_opposed=[10])
    assert (found["stays"]["recall"], found["stays"]["membres"]) == (None, 1)
    assert {each["statut"]: each["reels"] for each in found["statuses"]}["deux_lieux"] == 1


def test_statements_about_one_stay(tmp_path: Path) -> None:
    told = [("dui", "f1", 2, 10), ("resid_esms", "f2", 2, 10), ("dui", "f1", 3, 11)]
    held = [("dui", "d1", 2, "s"), ("resid_esms", "d2", 2, "s"), ("dui", "d1", 3, "t")]
    assert figures(judge(tmp_path, statements=held, told=told)["stays"]) == (1.0, 1.0)


def test_statuses_are_judged_on_the_stays_that_have_them(tmp_path: Path) -> None:
    told = [("dui", "f1", 2, 10), ("resid_esms", "f2", 2, 10), ("dui", "f1", 3, 11)]
    held = [("dui", "d1", 2, "s"), ("resid_esms", "d2", 2, "s"), ("dui", "d1", 3, "t")]
    found = judge(
        tmp_path,
        statements=held,
        told=told,
        stays=[("s", "deux_lieux"), ("t", "deux_lieux", "sans_decision")],
        statuses=[(10, "deux_lieux"), (11, "entree_non_dite_vt")],
    )["statuses"]
    by_name = {each["statut"]: (*figures(each), each["annonces"], each["reels"]) for each in found}
    assert by_name["deux_lieux"] == (0.5, 1.0, 2, 1)
    assert by_name["entree_non_dite_vt"] == (None, 0.0, 0, 1)
    assert by_name["sans_decision"] == (0.0, None, 1, 0)


def test_a_warehouse_without_persons_says_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    duckdb.connect(str(home.warehouse)).close()
    with duckdb.connect() as connection, pytest.raises(NothingToScore, match="lancez dlnuf run"):
        judged(connection, Installation(home.root), made=True)


def test_a_generation_without_persons_judges_none(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        found = judged(connection, Installation(tmp_path), made=False)
    assert found == {"persons": None, "stays": None, "statuses": None}
