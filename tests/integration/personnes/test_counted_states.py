"""What is cancelled, entered in error, refused or only planned counts nowhere: from a delivered bundle to the layer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.pipeline import load_warehouse
from tests import dbt_here
from tests.instants import TODAY
from tests.integration.ingest.conftest import Guichet
from tests.unit.readers import examples as ex
from tests.unit.readers.examples import ET, Node

pytestmark = [pytest.mark.duckdb, pytest.mark.lent]
STAYS = {"in-progress": 1, "cancelled": 2, "entered-in-error": 3, "planned": 4}
SLOTS = {"busy": "01", "busy-tentative": "02", "entered-in-error": "03", "free": "04"}


def stay(person: int, rank: int, status: str = "in-progress", start: str = "2024-01-03", **changed: Any) -> Node:
    resource = ex.sejour(
        person,
        identifier=[ex.number("sejour", f"DOS-{person}-SEJOUR-{rank}")],
        status=status,
        period={"start": start},
        extension=[],
        hospitalization={},
    )
    return ex.entry(f"sejour-{person}-{rank}", {**resource, **changed})


def slot(person: int, rank: int, status: str, month: str, kind: str = "1") -> Node:
    resource = ex.absence(
        person,
        identifier=[ex.number("presenceabsence", f"DOS-{person}-PA-{rank}")],
        status=status,
        serviceType=[ex.concept(kind)],
        start=f"2024-{month}-01T08:00:00+01:00",
        end=f"2024-{month}-05T08:00:00+01:00",
        extension=[{"url": f"{ex.SD}tddui-encounter-reference", "valueReference": ex.ref(f"sejour-{person}-1")}],
    )
    resource.pop("appointmentType")
    return ex.entry(f"pa-{person}-{rank}", resource)


def person(n: int, **changed: Any) -> Node:
    """A person of its own: other names, other numbers."""
    resource = ex.patient(n, **{"birthDate": f"19{40 + n}-03-04", **changed})
    resource["identifier"] = [each for each in resource["identifier"] if "213.1.4" not in each["system"]]
    resource["name"] = [{"use": "official", "family": f"{ex.NOM}{chr(96 + n)}", "given": [ex.PRENOM]}]
    return ex.entry(f"patient-{n}", resource)


def project(n: int, rank: int, status: str, need: str) -> tuple[Node, Node]:
    """A project, and an active need of it."""
    plan = ex.profiled(
        "CarePlan", "tddui-careplan-projet-personnalise", status=status, intent="plan", subject=ex.ref(f"patient-{n}"),
        identifier=[ex.number("projetpersonnalise", f"DOS-{n}-PPER-{rank}")], period={"start": "2024-01-05"},
    )  # fmt: skip
    told = ex.profiled(
        "ServiceRequest", "tddui-service-request-besoin", status="active", intent="plan",
        subject=ex.ref(f"patient-{n}"), basedOn=[ex.ref(f"projet-{n}-{rank}")], category=[ex.concept(need)],
        identifier=[ex.number("besoin", f"DOS-{n}-BESO-{rank}")],
    )  # fmt: skip
    return ex.entry(f"projet-{n}-{rank}", plan), ex.entry(f"besoin-{n}-{rank}", told)


def agenda(n: int) -> Node:
    return ex.entry(f"agenda-{n}", ex.profiled("Schedule", "tddui-schedule", actor=[ex.ref(f"patient-{n}")]))


def first() -> Node:
    """Persons 1 to 5; the second delivery cancels what it says of 2, 3 and 4, and a row of 5 cancels another."""
    return ex.bundle(
        *(person(n) for n in range(1, 6)),
        *(agenda(n) for n in (1, 4)),
        *(stay(1, rank, status, f"2024-0{rank}-03") for status, rank in STAYS.items()),
        *(slot(1, rank, status, month) for rank, (status, month) in enumerate(SLOTS.items(), 1)),
        *project(1, 1, "active", "1.1.3"),
        *project(1, 2, "revoked", "1.1.4"),
        *project(1, 3, "draft", "1.1.5"),
        stay(2, 1),
        stay(3, 1),
        stay(4, 1),
        slot(4, 1, "busy", "06"),
        stay(5, 1),
        stay(5, 1, "cancelled"),
        stay(5, 2, start="2024-05-03"),
    )


def second() -> Node:
    return ex.bundle(
        person(2), person(3, active=False), person(4), agenda(4),
        stay(2, 1, "entered-in-error", period={"start": "2024-09-02", "end": "2024-09-01"}),
        stay(4, 1),
        slot(4, 1, "free", "06"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    guichet = Guichet(tmp_path_factory.mktemp("etats"))
    guichet.take("tddui_2024-12-30_a.json", ex.as_bytes(first()))
    guichet.take("tddui_2024-12-31_b.json", ex.as_bytes(second()))
    load_warehouse(guichet.home)
    for command in (
        ("seed",),
        ("run", "--select", "+dlnuf_sejours", "+int_dui__journees", "+int_dui__indicateurs", "+int_dui__besoins"),
    ):
        dbt_here.dbt(guichet.home, command, TODAY, tmp_path_factory)
    return duckdb.connect(str(guichet.home.warehouse), read_only=True)


def value(layer: duckdb.DuckDBPyConnection, query: str) -> Any:
    (found,) = layer.execute(query).fetchone() or (None,)
    return found


def test_nothing_disappears(layer: duckdb.DuckDBPyConnection) -> None:
    """Every statement is in the lake or in the rejects: the cancelled ones, and what one of the same file cancels."""
    assert value(layer, "SELECT count(*) FROM raw.dui__sejours") == 4 + 3 + 2 + 2
    assert value(layer, "SELECT count(*) FROM raw.rejets WHERE entite = 'sejours' AND regle LIKE 'énoncé annulé%'") == 1
    states = layer.execute("SELECT etat, count(*) FROM raw.dui__sejours GROUP BY 1 ORDER BY 1").fetchall()
    assert states == [("ANNULE", 2), ("ERREUR", 2), ("FAIT", 6), ("PREVU", 1)]
    said = value(layer, "SELECT count(*) FROM raw.signalements WHERE entite = 'sejours' AND champ = 'etat'")
    assert said == 2  # those that were an error


def test_one_stay_of_four_that_are_told(layer: duckdb.DuckDBPyConnection) -> None:
    """Persons 1, 3 and 4 have one stay each; that of 2 was an error; of 5, one of two was cancelled."""
    entries = layer.execute("SELECT date_entree FROM dlnuf.dlnuf_sejours ORDER BY 1").fetchall()
    assert [str(day) for (day,) in entries] == ["2024-01-03", "2024-01-03", "2024-01-03", "2024-05-03"]
    counted = "SELECT valeur FROM intermediate.int_dui__indicateurs WHERE indicateur = 'NB_PERS_3112'"
    assert value(layer, counted) == 4


def test_four_days_of_the_sixteen_that_are_told(layer: duckdb.DuckDBPyConnection) -> None:
    days = layer.execute("SELECT jours_presents FROM intermediate.int_dui__journees").fetchall()
    assert days == [(4.0,)]


def test_a_need_of_a_project_that_is_revoked_or_only_drafted_is_not_counted(layer: duckdb.DuckDBPyConnection) -> None:
    assert value(layer, "SELECT count(*) FROM staging.stg_dui__projet_elements") == 3
    assert layer.execute("SELECT besoin_code FROM intermediate.int_dui__besoins").fetchall() == [("1.1.3",)]


def test_a_record_out_of_use_says_no_longer_who_a_person_is(layer: duckdb.DuckDBPyConnection) -> None:
    """Its stay is not lost: it is of a record of which nothing is known."""
    known = value(layer, "SELECT count(*) FROM staging.stg_dui__usagers")
    assert known == 4
    nobody = "SELECT count(*) FROM intermediate.int_personnes__fiches WHERE finess_et = ? AND cle_traits IS NULL"
    assert layer.execute(nobody, [ET]).fetchone() == (1,)
    assert date(2024, 1, 3) < TODAY


def test_what_is_given_back_holds_only_what_stands(layer: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    from data_contracts.loading import load_contracts
    from orchestration.restitution import warehouse

    entity = load_contracts()["dui"].entity("sejours").stored
    assert len(warehouse._in_force(layer, "dui", entity, ET)) == 5  # four stays, and one that is planned
