"""Years as partitions."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.partitions import RANGE_END, RANGE_START, all_years_tags, wanted, years


def test_from_2015_to_next_year() -> None:
    assert years(date(2026, 11, 21))[0] == "2015"
    assert years(date(2026, 11, 21))[-1] == "2027"


def test_all_partitions_are_one_range() -> None:
    assert all_years_tags(date(2020, 1, 1)) == {RANGE_START: "2015", RANGE_END: "2021"}


EVERY = [str(year) for year in range(2015, 2028)]  # what there is in 2026


@pytest.mark.parametrize(
    ("selected", "today", "expected"),
    [
        pytest.param(EVERY, date(2026, 12, 31), [None], id="all"),
        pytest.param(EVERY, date(2027, 1, 1), [None], id="all, asked for the year before"),
        pytest.param(EVERY, date(2028, 1, 1), list(range(2015, 2028)), id="not what began since"),
        pytest.param(EVERY[1:], date(2026, 12, 31), list(range(2016, 2028)), id="not the first"),
        pytest.param(["2022", "2020"], date(2026, 12, 31), [2020, 2022], id="some, in order"),
        pytest.param([], date(2026, 12, 31), [], id="none"),
    ],
)
def test_every_year_begun_means_whatever_the_year(selected: list[str], today: date, expected: list[int | None]) -> None:
    assert wanted(selected, today) == expected
