"""Legal projections, against points computed with PROJ (EPSG:2154, 32620, 2972, 4467, 2975, 4471)."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.validate.projections import to_degrees

POINTS = [
    # département, x, y (metres), longitude, latitude (degrees)
    ("01", 882_630.01, 6_542_638.96, 5.358366, 45.958916),  # of FINESS+ itself: Lambert 93
    ("18", 675_342.392, 6_621_643.127, 2.677, 46.694),
    ("971", 514_723.777, 1_611_472.051, -62.863, 14.576),
    ("973", 361_632.981, 239_523.485, -52.244, 2.167),
    ("974", 332_596.277, 7_647_885.838, 55.387, -21.263),
    ("975", 543_368.183, 5_222_822.873, -56.428, 47.157),
    ("976", 526_926.361, 8_577_969.427, 45.248, -12.863),
]


@pytest.mark.parametrize(("departement", "x", "y", "longitude", "latitude"), POINTS)
def test_projected_coordinates_to_degrees(
    departement: str, x: float, y: float, longitude: float, latitude: float
) -> None:
    convert = to_degrees(departement)
    assert convert is not None
    found = convert(np.array([x, np.nan]), np.array([y, np.nan]))
    assert [round(float(v[0]), 3) for v in found] == [round(longitude, 3), round(latitude, 3)]
    assert all(np.isnan(v[1]) for v in found)  # unknown stays unknown


def test_lambert_93_ends_at_the_sea() -> None:
    assert to_degrees("988") is None  # New Caledonia has a projection of its own, which FINESS does not use


@pytest.mark.parametrize("departement", ["01", "974"])
def test_no_number_makes_a_projection_fail(departement: str) -> None:
    convert = to_degrees(departement)
    assert convert is not None
    wild = np.array([0.0, 1e300, -1e300, np.inf, 700_000.0, 12_655_612.05])
    longitude, latitude = convert(wild, wild[::-1].copy())
    assert longitude.shape == latitude.shape == wild.shape
