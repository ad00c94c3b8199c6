"""Thresholds beyond which a figure calls for a look, as the declarations of indicators write them.

Belongs here: reading a threshold, and saying whether a value is beyond it. Does not belong here: who shows it.

A threshold that compares with something else than a number or the region (a decile, the year before) is not judged
here: nothing is said of it, rather than something false.
"""

from __future__ import annotations

import re

from dashboards.formats import number, with_unit

_BOUND = re.compile(r"([<>])\s*(\d+(?:,\d+)?)\s*(?:%|j|mois|points)?")
_REGION = re.compile(r"écart > ±(\d+)\s*% à la moyenne régionale")


def bounds(threshold: str | None) -> list[tuple[str, float]]:
    """« < 90 % ou > 105 % » → [("<", 90), (">", 105)]; nothing when a part of it is not a plain number."""
    parts = [_BOUND.fullmatch(part.strip()) for part in (threshold or "").split(" ou ")]
    if not all(parts):
        return []
    return [(part[1], float(part[2].replace(",", "."))) for part in parts if part]


def beyond(threshold: str | None, value: float | None, unit: str, region: float | None = None) -> str | None:
    """What a value is beyond, in French: « sous 90 % », « 24 % de plus que la région »; None when it is not."""
    if value is None:
        return None
    for sign, bound in bounds(threshold):
        if (value < bound) if sign == "<" else (value > bound):
            return f"{'sous' if sign == '<' else 'au-dessus de'} {with_unit(bound, unit)}"
    match = _REGION.fullmatch(threshold or "")
    if match and region:
        gap = 100 * (value - region) / region
        if abs(gap) > float(match[1]):
            return f"{number(abs(gap), 0)}\u00a0% de {'plus' if gap > 0 else 'moins'} que la région"
    return None
