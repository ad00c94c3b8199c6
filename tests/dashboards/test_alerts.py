"""Thresholds of indicators: what is beyond is said, what cannot be judged is not."""

from __future__ import annotations

import pytest

from dashboards.alerts import beyond, bounds

NBSP = "\u00a0"
AROUND = "écart > ±20 % à la moyenne régionale"


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ("< 90 % ou > 105 %", [("<", 90.0), (">", 105.0)]),
        ("> 180 j", [(">", 180.0)]),
        ("< 0,25", [("<", 0.25)]),
        ("> P90 régional", []),
        ("> 5 % pendant > 18 mois", []),
        ("< 40 % (PA)", []),
        ("> 0 et en hausse", []),
        (None, []),
    ],
)
def test_only_plain_numbers_are_bounds(threshold: str | None, expected: list[tuple[str, float]]) -> None:
    assert bounds(threshold) == expected


@pytest.mark.parametrize(
    ("threshold", "value", "region", "said"),
    [
        ("< 90 % ou > 105 %", 89.9, None, f"sous 90,0{NBSP}%"),
        ("< 90 % ou > 105 %", 90.0, None, None),
        ("< 90 % ou > 105 %", 105.1, None, f"au-dessus de 105,0{NBSP}%"),
        ("< 90 %", None, None, None),
        (AROUND, 124.9, 100.0, f"25{NBSP}% de plus que la région"),
        (AROUND, 79.0, 100.0, f"21{NBSP}% de moins que la région"),
        (AROUND, 120.0, 100.0, None),
        (AROUND, 500.0, None, None),  # the region is not known: nothing is said
        (AROUND, 500.0, 0.0, None),
    ],
)
def test_beyond_a_threshold(threshold: str, value: float | None, region: float | None, said: str | None) -> None:
    assert beyond(threshold, value, "pct", region) == said
