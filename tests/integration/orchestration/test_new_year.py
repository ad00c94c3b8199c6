"""The code location stays loaded across midnight and New Year: partitions grow by themselves, and what asks for a run,
what checks it and what executes it agree on the years."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

import dagster as dg
import pytest
from dagster._core.test_utils import freeze_time

from ingest import clock
from ingest.receive.delivery import Receipt
from orchestration import automation, definitions, inbox
from orchestration.assets import PUBLICATION, source_key
from orchestration.automation import WHOLE_JOB
from orchestration.partitions import RANGE_END, RANGE_START, all_years_tags, years
from orchestration.resources import served
from tests.integration.orchestration.conftest import Petit

# Legal time in France: the year changes at 23:00 UTC.
EVE = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)
MIDNIGHT = EVE + timedelta(seconds=10)
MORNING = datetime(2027, 1, 1, 4, 30, tzinfo=UTC)  # the tick of 5:30
SOURCES = [source_key("alpha"), source_key("beta")]


@contextmanager
def at(moment: datetime) -> Iterator[mock.Mock]:
    """The clock of Dagster and ours; gives ours, to count who asks it."""
    with freeze_time(moment), mock.patch.object(clock, "now", return_value=moment) as asked:
        yield asked


@pytest.fixture
def loaded(petit: Petit) -> dg.Definitions:
    """The code location, loaded in the last seconds of 2026."""
    with at(EVE):
        return definitions.build(petit.home, served(petit.home))


Execute = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def execute(loaded: dg.Definitions) -> Iterator[Execute]:
    """Runs these assets of the job."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda keys, **asked: loaded.resolve_job_def(WHOLE_JOB).execute_in_process(
            asset_selection=keys, instance=instance, **asked
        )


@pytest.mark.parametrize(
    "moment",
    [
        EVE,
        MIDNIGHT - timedelta(microseconds=1),
        MIDNIGHT,
        MORNING,
        datetime(2028, 2, 29, 12, tzinfo=UTC),
        datetime(2036, 11, 30, 8, tzinfo=UTC),
    ],
)
def test_partitions_are_the_years_of_the_moment(moment: datetime) -> None:
    today = clock.day(moment)
    with freeze_time(moment):
        assert list(definitions.MILLESIMES.get_partition_keys()) == years(today)
        tags = all_years_tags(today)
        assert definitions.MILLESIMES.has_partition_key(tags[RANGE_END])
        assert not definitions.MILLESIMES.has_partition_key(str(today.year + 2))


def test_the_tick_of_new_year_runs_on_definitions_of_the_year_before(
    petit: Petit, loaded: dg.Definitions, execute: Execute
) -> None:
    with at(MORNING):
        assert loaded.resolve_job_def(WHOLE_JOB).partitions_def == definitions.MILLESIMES
        context = dg.build_schedule_context(scheduled_execution_time=MORNING)
        (request,) = list(automation.every_day.evaluate_tick(context).run_requests or ())
        assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2015", "2028")
        assert execute(SOURCES, tags=dict(request.tags)).success
    assert petit.asked == [("alpha", None), ("beta", None)]


def test_what_was_asked_before_midnight_is_everything_after_it(
    petit: Petit, loaded: dg.Definitions, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sensor looks at 23:59:50; its run begins at midnight, and leaves out no delivery of no known year."""

    def deliver(paths: list, *_: object, **__: object) -> list[Receipt]:
        return [Receipt("a.csv", "alpha", "a", "received", None) for _ in paths]

    monkeypatch.setattr(inbox, "deliver", deliver)
    dropped = petit.home.inbox / "alpha" / "a.csv"
    dropped.parent.mkdir(parents=True)
    dropped.write_text("a", encoding="utf-8")
    resources = {"warehouse": served(petit.home)}
    with at(EVE):
        with dg.build_sensor_context(resources=resources) as looked:
            first = automation.inbox_sensor(looked)
        assert isinstance(first, dg.SensorResult)
        with dg.build_sensor_context(cursor=first.cursor, resources=resources) as looked:
            second = automation.inbox_sensor(looked)
        assert isinstance(second, dg.SensorResult)
        (request,) = list(second.run_requests or ())
    assert request.tags[RANGE_END] == "2027"
    with at(MIDNIGHT):
        assert execute(SOURCES, tags=dict(request.tags)).success
    assert petit.asked == [("alpha", None), ("beta", None)]


def test_a_year_is_a_partition_from_the_year_before_it(petit: Petit, execute: Execute) -> None:
    with at(EVE), pytest.raises(Exception, match="2028"):
        execute([SOURCES[0]], partition_key="2028")
    with at(MIDNIGHT):
        assert execute([SOURCES[0]], partition_key="2028").success
    assert petit.asked == [("alpha", 2028)]


def test_a_run_has_one_instant_and_the_next_one_its_own(petit: Petit, execute: Execute) -> None:
    for moment in (EVE, MORNING):
        with at(moment) as asked:
            assert execute([*SOURCES, PUBLICATION], tags=all_years_tags(clock.day(moment))).success
        assert asked.call_count == 1
    assert petit.moments == [EVE, MORNING]
