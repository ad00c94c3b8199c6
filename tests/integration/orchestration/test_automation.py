"""What starts a run: the daily schedule, and files dropped in the inbox."""

from __future__ import annotations

import dagster as dg
import pytest

from ingest.home import Home
from ingest.receive.delivery import Receipt
from orchestration import automation, inbox
from orchestration.partitions import all_years_tags
from orchestration.resources import Warehouse
from tests.instants import NOW, TODAY


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "var")


@pytest.fixture
def landed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files taken; « mauvais » ones are refused, those already taken are known."""
    names: list[str] = []

    def deliver(paths, home, *, now, source, within):
        receipts = []
        for path in paths:
            status = "refused" if "mauvais" in path.name else "known" if path.name in names else "received"
            names.append(path.name)
            receipts.append(
                Receipt(str(path), source, None if status == "refused" else f"id-{path.name}", status, "dit")
            )
        return receipts

    monkeypatch.setattr(inbox, "deliver", deliver)
    return names


def look(home: Home, cursor: str | None) -> dg.SensorResult:
    """One tick of the sensor."""
    context = dg.build_sensor_context(cursor=cursor, resources={"warehouse": Warehouse(home, NOW)})
    result = automation.inbox_sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def drop(home: Home, name: str) -> None:
    path = home.inbox / "finess" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name, encoding="utf-8")


def test_an_empty_inbox_asks_for_nothing(home: Home, landed: list[str]) -> None:
    result = look(home, None)
    assert (result.run_requests, landed) == ([], [])
    assert result.skip_reason is not None


def test_a_dropped_file_is_taken_at_the_second_look_and_a_run_is_asked(home: Home, landed: list[str]) -> None:
    drop(home, "a.csv")
    first = look(home, None)
    assert (first.run_requests, landed) == ([], [])
    second = look(home, first.cursor)
    assert landed == ["a.csv"]
    assert second.run_requests is not None
    assert [(request.run_key, request.tags) for request in second.run_requests] == [("id-a.csv", all_years_tags(TODAY))]
    assert inbox.scan(home) == []
    assert look(home, second.cursor).run_requests == []


def test_files_that_bring_nothing_new_ask_for_no_run(home: Home, landed: list[str]) -> None:
    landed.append("deja.csv")
    drop(home, "deja.csv")
    drop(home, "mauvais.csv")
    result = look(home, look(home, None).cursor)
    assert result.run_requests == []
    assert "1 fichier(s) refusé(s)" in str(result.skip_reason)
    assert [path.name for path in sorted((home.inbox / inbox.REFUSED).iterdir())] == ["mauvais.csv", "mauvais.csv.txt"]


def test_every_morning_every_year_when_somebody_starts_the_schedule() -> None:
    schedule = automation.every_day
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 5 * * *", "Europe/Paris")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    request = schedule(dg.build_schedule_context(scheduled_execution_time=NOW))
    assert isinstance(request, dg.RunRequest)
    assert request.tags == all_years_tags(TODAY)


def test_nothing_starts_by_itself() -> None:
    assert automation.inbox_sensor.default_status == dg.DefaultSensorStatus.STOPPED
