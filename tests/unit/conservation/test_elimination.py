"""From a list to an elimination: nothing goes without an approved list that did not change, and nothing else goes."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.loading import load_contracts
from data_contracts.retention import Conservation
from ingest import fingerprint, pipeline
from ingest.home import Home
from ingest.protect import keyrings
from ingest.receive import landing
from ingest.retain import bordereau, elimination, exclusions, register
from ingest.retain.bordereau import NotApplicable, WrongList
from ingest.retain.exclusions import from_ranges, in_ranges
from ingest.store import lake
from tests.instants import TODAY, now
from tests.unit.conservation.retention_home import pseudonym, receive, result_of, rows_of, sejour, usager

GONE, THERE = date(2018, 5, 5), None


def evaluation(name: str, on: date) -> dict[str, object]:
    told = {"evaluation_id": pseudonym(f"e {name} {on}"), "usager_id": pseudonym(name), "date_evaluation": on}
    return {**told, "type_evaluation": "MED-1293"}


def projet(name: str) -> dict[str, object]:
    return {"projet_id": pseudonym(f"p {name}"), "usager_id": pseudonym(name), "date_debut": date(2017, 1, 1)}


@pytest.fixture
def two(home: Home) -> str:
    """Anne left in 2018; Bruno is still there. One delivery tells of both."""
    rows = {
        "usagers": [usager("anne"), usager("bruno")],
        "sejours": [sejour("anne", date(2015, 1, 1), GONE), sejour("bruno", date(2015, 1, 1), THERE)],
        "projets": [projet("anne"), projet("bruno")],
    }
    return receive(home, "dui", rows, date(2018, 12, 1))


def issue(home: Home, rules: Conservation, on: date = TODAY) -> str:
    return bordereau.write(home, rules, bordereau.due(home, rules, on), now=now())


def approve(home: Home, number: str) -> str:
    return bordereau.approve(home, number, visa="AD01-2026-14", by="direction", on=TODAY, now=now())


def apply(home: Home, rules: Conservation, number: str) -> elimination.Elimination:
    return elimination.apply(home, rules, number, now=now())


def persons_in(home: Home, delivery: str, entity: str) -> set[str]:
    rows = rows_of(home, delivery, entity)
    return set(rows["usager_id"].to_list()) if rows.height else set()


def snapshot(home: Home) -> dict[str, bytes]:
    """Every byte of the lake and the landing."""
    files = [p for folder in (home.lake, home.landing) for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(home.root)): p.read_bytes() for p in files}


def test_an_approved_list_takes_out_the_rows_that_it_names_and_no_other(
    home: Home, rules: Conservation, two: str
) -> None:
    outcome = apply(home, rules, approve(home, issue(home, rules)))
    assert (outcome.rows, outcome.deliveries, outcome.destroyed, outcome.skipped) == (3, 1, 0, {})
    for entity in ("usagers", "sejours", "projets"):
        assert persons_in(home, two, entity) == {pseudonym("bruno")}
    assert landing.bytes_of(home, next(landing.manifests(home))).exists()


def test_counts_stay_honest(home: Home, rules: Conservation, two: str) -> None:
    apply(home, rules, approve(home, issue(home, rules)))
    result = result_of(home, two)
    assert (result.lues, result.acceptees, result.rejetees, result.eliminees) == (6, 6, 0, 3)
    assert result.entities["projets"] == {"lues": 2, "acceptees": 2, "rejetees": 0, "eliminees": 1}
    assert result.balances


def test_the_warehouse_goes_with_the_rows_and_a_publication_is_no_longer_up_to_date(
    home: Home, rules: Conservation, two: str
) -> None:
    number = approve(home, issue(home, rules))
    before = fingerprint.inputs_fingerprint(home, TODAY)
    apply(home, rules, number)
    assert not home.warehouse.exists()
    assert fingerprint.inputs_fingerprint(home, TODAY) != before


def test_applying_twice_changes_nothing(home: Home, rules: Conservation, two: str) -> None:
    number = approve(home, issue(home, rules))
    apply(home, rules, number)
    after = snapshot(home)
    assert apply(home, rules, number).already
    assert snapshot(home) == after
    assert elimination.to_apply(home) == []


def test_an_interrupted_elimination_ends_when_it_is_applied_again(
    home: Home, rules: Conservation, two: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = approve(home, issue(home, rules))
    with monkeypatch.context() as cut:
        cut.setattr(exclusions, "_prune", _power_cut)
        with pytest.raises(InterruptedError):
            apply(home, rules, number)
    assert persons_in(home, two, "usagers") == {pseudonym("anne"), pseudonym("bruno")}
    assert elimination.to_apply(home) == [number]
    assert lake.damage(home) == {}
    assert apply(home, rules, number).rows == 3
    assert persons_in(home, two, "usagers") == {pseudonym("bruno")}
    assert lake.damage(home) == {}
    assert set(result_of(home, two).sceaux) == {name for files in result_of(home, two).files.values() for name in files}
    assert result_of(home, two).eliminees == 3


def _power_cut(*_: object) -> None:
    raise InterruptedError


@pytest.mark.parametrize("approval", ["none", "of another list", "of what the list was before"])
def test_nothing_is_eliminated_without_an_approval_of_this_very_list(
    home: Home, rules: Conservation, two: str, approval: str
) -> None:
    number = issue(home, rules)
    if approval == "of another list":
        approve(home, issue(home, rules, date(2024, 1, 1)))
    if approval == "of what the list was before":
        approve(home, number)
        path = bordereau.path_of(home, number)
        path.write_text(
            path.read_text(encoding="utf-8").replace('"projets": "2"', '"projets": "2-3"'), encoding="utf-8"
        )
    before = snapshot(home)
    with pytest.raises(NotApplicable, match=r"rien n.est éliminé"):
        apply(home, rules, number)
    assert snapshot(home) == before


def test_a_list_whose_csv_was_retouched_is_neither_approved_nor_applied(
    home: Home, rules: Conservation, two: str
) -> None:
    number = issue(home, rules)
    path = bordereau.path_of(home, number).with_suffix(".csv")
    path.write_text(path.read_text(encoding="utf-8").replace("2018", "2017"), encoding="utf-8")
    with pytest.raises(NotApplicable, match="a changé depuis son émission"):
        approve(home, number)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"visa": " "}, "visa"),
        ({"by": ""}, "--by"),
        ({"on": date(2027, 1, 1)}, "dans le futur"),
        ({"on": date(2020, 1, 1)}, "avant l'émission"),
    ],
)
def test_an_approval_says_who_what_and_when(
    home: Home, rules: Conservation, two: str, changes: dict[str, Any], said: str
) -> None:
    number = issue(home, rules)
    told: dict[str, Any] = {"visa": "V", "by": "direction", "on": TODAY} | changes
    with pytest.raises(WrongList, match=said):
        bordereau.approve(home, number, now=now(), **told)
    assert elimination.to_apply(home) == []


def test_a_list_is_approved_once_and_an_unknown_one_never(home: Home, rules: Conservation, two: str) -> None:
    number = approve(home, issue(home, rules))
    with pytest.raises(WrongList, match="déjà approuvé"):
        approve(home, number)
    with pytest.raises(WrongList, match=rf"Bordereau inconnu.*{number}"):
        approve(home, "20200101-00000000")


def test_a_list_of_a_day_to_come_waits_for_it(home: Home, rules: Conservation, two: str) -> None:
    number = approve(home, issue(home, rules, date(2027, 6, 1)))
    with pytest.raises(NotApplicable, match="01/06/2027"):
        apply(home, rules, number)


def test_a_list_is_the_same_when_it_is_asked_again_and_is_for_this_account_alone(
    home: Home, rules: Conservation, two: str
) -> None:
    number = issue(home, rules)
    assert issue(home, rules) == number
    assert len(register.events(home, register.ISSUED)) == 1
    for path in (*bordereau.folder(home).iterdir(), register.path_of(home)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_says_the_list(home: Home, rules: Conservation, two: str) -> None:
    number = issue(home, rules)
    lines = bordereau.path_of(home, number).with_suffix(".csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[:5] for line in lines[1:]] == [
        ["010000001", pseudonym("anne"), "accompagnement", "05/05/2018", "05/05/2020"],
        ["010000001", pseudonym("anne"), "administratives", "05/05/2018", "05/05/2020"],
    ]
    assert "délibération 2023-095" in lines[1]
    told = json.loads(bordereau.path_of(home, number).read_text(encoding="utf-8"))
    assert told["lignes"][two]["tables"] == {"projets": "2", "sejours": "2", "usagers": "2"}
    assert told["livraisons_conservees"][0]["delivery_id"] == two


def test_a_person_who_came_back_since_the_list_stays(home: Home, rules: Conservation, two: str) -> None:
    number = approve(home, issue(home, rules))
    back = sejour("anne", date(2026, 10, 1), THERE, sejour_id=pseudonym("retour"))
    receive(home, "dui", {"usagers": [usager("anne")], "sejours": [back]}, date(2026, 11, 1))
    outcome = apply(home, rules, number)
    assert (outcome.rows, outcome.skipped) == (0, {elimination.LATER: 3})
    assert persons_in(home, two, "usagers") == {pseudonym("anne"), pseudonym("bruno")}


def test_a_suspension_after_the_approval_is_honoured_and_its_lifting_needs_a_new_list(
    home: Home, rules: Conservation, two: str
) -> None:
    number = approve(home, issue(home, rules))
    facts = {"finess_et": "010000001", "personne": pseudonym("anne"), "date": "2026-11-20", "motif": "TA 2026-1"}
    register.append(home, {"evenement": register.SUSPENDED, "reference": "S1", **facts}, now())
    assert apply(home, rules, number).rows == 0
    assert bordereau.due(home, rules, TODAY).kept["suspension"] == 2
    register.append(home, {"evenement": register.LIFTED, "reference": "S1", "date": "2026-11-21"}, now())
    assert bordereau.due(home, rules, TODAY).rows == 3


def test_deliveries_that_wait_stop_everything(home: Home, rules: Conservation, two: str) -> None:
    number = approve(home, issue(home, rules))
    other = receive(home, "dui", {"usagers": [usager("carole")]}, date(2026, 11, 1))
    lake.forget_result(home, other)
    for asked in (lambda: apply(home, rules, number), lambda: issue(home, rules)):
        with pytest.raises(NotApplicable, match="attendent d'être traitées"):
            asked()


def test_health_stays_twenty_years_and_who_it_is_about_with_it(home: Home, rules: Conservation) -> None:
    rows = {
        "usagers": [usager("anne")],
        "sejours": [sejour("anne", date(2015, 1, 1), GONE)],
        "evaluations": [evaluation("anne", date(2016, 1, 1))],
        "projets": [projet("anne")],
    }
    delivery = receive(home, "dui", rows, date(2018, 12, 1))
    apply(home, rules, approve(home, issue(home, rules)))
    assert rows_of(home, delivery, "projets").height == 0
    assert rows_of(home, delivery, "usagers").height == rows_of(home, delivery, "evaluations").height == 1


def test_the_last_contact_outlives_the_row_that_told_it(home: Home, rules: Conservation) -> None:
    """An event of 2019 goes; the twenty years of the health data still run from it, not from the exit of 2018."""
    event = {"evenement_id": pseudonym("v"), "usager_id": pseudonym("anne"), "statut": "REALISE"}
    rows = {
        "usagers": [usager("anne")],
        "sejours": [sejour("anne", date(2015, 1, 1), GONE)],
        "evaluations": [evaluation("anne", date(2016, 1, 1))],
        "evenements": [event | {"date_debut": datetime(2019, 9, 9, 10)}],
    }
    delivery = receive(home, "dui", rows, date(2019, 12, 1))
    apply(home, rules, approve(home, issue(home, rules)))
    assert rows_of(home, delivery, "evenements").height == 0
    assert bordereau.due(home, rules, date(2039, 9, 8)).is_empty
    assert set(bordereau.due(home, rules, date(2039, 9, 9)).persons["classe"]) == {"administratives", "sante"}


def test_bytes_whose_persons_have_all_gone_are_destroyed_and_never_read_again(home: Home, rules: Conservation) -> None:
    rows = {"usagers": [usager("anne")], "sejours": [sejour("anne", date(2015, 1, 1), GONE)]}
    delivery = receive(home, "dui", rows, date(2018, 12, 1))
    path = landing.bytes_of(home, next(landing.manifests(home)))
    outcome = apply(home, rules, approve(home, issue(home, rules)))
    assert (outcome.rows, outcome.destroyed) == (2, 1)
    assert not path.exists()
    assert result_of(home, delivery).detruite_le is not None
    # Everything about persons is to be read again, but for what is no longer there.
    keyrings.renew_pseudonyms(now=now())
    assert pipeline.pending(home) == []
    assert bordereau.due(home, rules, TODAY).is_empty


def test_bytes_with_rejected_lines_wait_for_the_end_of_their_own_time(home: Home, rules: Conservation) -> None:
    rows = {"usagers": [usager("anne")], "sejours": [sejour("anne", date(2015, 1, 1), GONE)]}
    delivery = receive(home, "dui", rows, date(2025, 6, 1), rejected=3)
    first = bordereau.due(home, rules, TODAY)
    assert first.destroyed == []
    assert "01/06/2027" in first.staying[0].reason
    assert bordereau.due(home, rules, date(2027, 6, 1)).destroyed == [delivery]


def test_a_delivery_that_held_nobody_goes_after_its_own_time(home: Home, rules: Conservation) -> None:
    delivery = receive(home, "dui", {}, date(2020, 6, 1), rejected=5)
    assert bordereau.due(home, rules, date(2022, 5, 31)).is_empty
    assert bordereau.due(home, rules, date(2022, 6, 1)).destroyed == [delivery]


def test_rows_of_the_other_collections_go_with_the_usager_of_the_same_esms(home: Home, rules: Conservation) -> None:
    traits = {"cle_nom_prenom": pseudonym("T4 anne"), "annee_naissance": 1940}
    receive(home, "dui", {"usagers": [usager("anne", **traits)], "sejours": [sejour("anne", date(2015, 1, 1), GONE)]},
            date(2018, 12, 1))  # fmt: skip
    resident = {"mois": "2016-01", "modalite": "HP", "date_entree": date(2015, 1, 1)} | traits
    elsewhere = resident | {"finess_et": "010000002"}
    receive(home, "resid_esms", {"residents": [resident, elsewhere]}, date(2016, 2, 1))
    ends = {
        (row["finess_et"], row["collectes"]): row["debut"]
        for row in bordereau.due(home, rules, TODAY).persons.iter_rows(named=True)
    }
    assert ends == {("010000001", "dui, resid_esms"): GONE, ("010000002", "resid_esms"): date(2016, 2, 1)}


@pytest.mark.parametrize(
    ("source", "table", "row"),
    [
        ("resid_esms", "residents", {"mois": "2026-10", "modalite": "HP"}),
        ("viatrajectoire_pa", "demandes", {"dossier_id": pseudonym("dossier"), "date_demande": date(2015, 1, 1)}),
    ],
)
def test_an_entry_without_exit_that_no_usager_is_tied_to_is_a_contact_on_the_day_of_its_file(
    home: Home, rules: Conservation, source: str, table: str, row: dict[str, Any]
) -> None:
    unlike = {"cle_nom_prenom": pseudonym("T4 written otherwise"), "date_entree": date(2015, 2, 1)}
    receive(home, source, {table: [row | unlike]}, date(2026, 11, 1))
    assert bordereau.due(home, rules, TODAY).is_empty


def test_two_files_of_one_person_in_an_esms_are_one_person(home: Home, rules: Conservation) -> None:
    rows = {
        "usagers": [usager("anne"), usager("anne bis", cle_traits=usager("anne")["cle_traits"])],
        "sejours": [sejour("anne", date(2015, 1, 1), GONE), sejour("anne bis", date(2026, 1, 1), THERE)],
    }
    receive(home, "dui", rows, date(2026, 11, 1))
    assert bordereau.due(home, rules, TODAY).is_empty


def test_a_stay_that_a_later_file_ends_is_over(home: Home, rules: Conservation) -> None:
    for stated_on, end in ((date(2017, 12, 1), THERE), (date(2018, 12, 1), GONE)):
        rows = {"usagers": [usager("anne")], "sejours": [sejour("anne", date(2015, 1, 1), end)]}
        receive(home, "dui", rows, stated_on)
    assert bordereau.due(home, rules, TODAY).rows == 4
    assert len(bordereau.due(home, rules, TODAY).destroyed) == 2


def test_an_opposition_in_force_outlives_the_data_and_a_withdrawn_one_goes_with_them(
    home: Home, rules: Conservation, two: str
) -> None:
    told = {"usager_id": pseudonym("anne"), "finalite": "toutes", "nature": "opposition", "date_effet": GONE}
    receive(home, "consentements", {"registre": [told]}, date(2018, 12, 1))
    assert "consentements" not in set(bordereau.due(home, rules, TODAY).persons["classe"])
    receive(home, "consentements", {"registre": [told | {"retire_le": date(2019, 1, 1)}]}, date(2019, 12, 1))
    assert "consentements" in set(bordereau.due(home, rules, TODAY).persons["classe"])


def test_what_was_eliminated_stays_out_when_the_delivery_is_read_again(
    home: Home, rules: Conservation, two: str
) -> None:
    again = {n: rows_of(home, two, n) for n in ("usagers", "sejours", "projets")}
    apply(home, rules, approve(home, issue(home, rules)))
    result = _read_again(home, two, again)
    exclusions.keep_out(home, result)
    lake.write_result(home, result)
    assert persons_in(home, two, "usagers") == {pseudonym("bruno")}
    assert (result.acceptees, result.eliminees, result.balances) == (6, 3, True)


@pytest.mark.parametrize("renewed", [False, True])
def test_a_delivery_that_reads_otherwise_than_before_is_refused_unless_its_pseudonyms_were_renewed(
    home: Home, rules: Conservation, two: str, renewed: bool
) -> None:
    swapped = {"anne": "bruno", "bruno": "anne"} if not renewed else {"anne": "x", "bruno": "y"}
    names = {pseudonym(a): pseudonym(b) for a, b in swapped.items()}
    again = {
        n: rows_of(home, two, n).with_columns(usager_id=rows_of(home, two, n)["usager_id"].replace(names))
        for n in ("usagers", "sejours", "projets")
    }
    apply(home, rules, approve(home, issue(home, rules)))
    result = _read_again(home, two, again)
    if renewed:
        result.pseudonymes = "autre"
    exclusions.keep_out(home, result)
    assert result.statut == (lake.ACCEPTED if renewed else lake.REFUSED)
    assert result.balances
    if not renewed:
        assert "export à jour" in (result.motif or "")
        assert not list((home.lake / "raw").rglob("*.parquet"))


def _read_again(home: Home, delivery: str, tables: dict[str, Any]) -> lake.Result:
    """What `process` has in hand before it writes the result."""
    result = result_of(home, delivery)
    result.eliminees = 0
    for name, rows in tables.items():
        entity = load_contracts()["dui"].entity(name).stored
        result.files[name], kept = lake.write_accepted(home, "dui", entity, delivery, [rows])
        result.entities[name] = {"lues": kept, "acceptees": kept, "rejetees": 0}
    return result


NUMBERS = st.lists(st.integers(1, 500), unique=True).map(sorted)


@given(NUMBERS)
def test_ranges_say_the_same_lines(numbers: list[int]) -> None:
    assert from_ranges(in_ranges(numbers)) == numbers


Fact = tuple[bool, bool, int]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(2000, 2026)), min_size=1, max_size=6))
def test_nothing_approved_nothing_eliminated(
    tmp_path_factory: pytest.TempPathFactory, rules: Conservation, facts: list[Fact]
) -> None:
    """Whatever the persons, and however many lists are made: no byte of the lake or the landing moves."""
    home = Home(tmp_path_factory.mktemp("foyer") / "var")
    _fill(home, facts)
    before = snapshot(home)
    for on in (date(2010, 1, 1), TODAY, date(2060, 1, 1)):
        found = bordereau.due(home, rules, on)
        if not found.is_empty:
            number = bordereau.write(home, rules, found, now=now())
            with pytest.raises(NotApplicable):
                elimination.apply(home, rules, number, now=datetime(2070, 1, 1, tzinfo=UTC))
    assert snapshot(home) == before


def _fill(home: Home, facts: list[Fact]) -> None:
    for position, (open_, old, year) in enumerate(facts):
        name = f"personne {position}"
        stay = sejour(name, date(1999, 1, 1), None if open_ else date(year, 1, 1))
        rows = {"usagers": [usager(name)], "sejours": [stay], "evaluations": [evaluation(name, date(2000, 1, 1))]}
        receive(home, "dui", rows, date(2001, 1, 1) if old else date(2026, 10, 1), text=name)
