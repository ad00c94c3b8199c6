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


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        (["2020", "2021", "2022"], [None]),
        (["2022", "2020"], [2020, 2022]),
        (["2021"], [2021]),
        ([], []),
    ],
)
def test_all_partitions_mean_whatever_the_year(selected: list[str], expected: list[int | None]) -> None:
    assert wanted(selected, ["2020", "2021", "2022"]) == expected
