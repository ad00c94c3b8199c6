"""From the legal projections of France to degrees (WGS84), and back.

Belongs here: the formulas, on arrays. Does not belong here: which projection a place has, and whether coordinates are
right (`ingest.validate.coordinates`).

Sources: IGN, « Projections cartographiques en usage en France », NTG 71 (Lambert 93) and NTG 76 (UTM); the decree of
26 December 2000 names the projection of each territory. RGF93, RGAF09, RGR92… and WGS84 agree within a metre.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Metres = npt.NDArray[np.float64]
Degrees = npt.NDArray[np.float64]

_A = 6_378_137.0  # semi-major axis of GRS80 (m)
_E2 = 0.006694380022900787  # its squared eccentricity
_E = math.sqrt(_E2)
# Lambert 93: exponent and constant of the cone, central meridian, coordinates of the pole (NTG 71, annex).
_N, _C, _LON0, _XS, _YS = 0.7256077650532670, 11_754_255.4260960, 3.0, 700_000.0, 12_655_612.0498760
_K0, _X0 = 0.9996, 500_000.0  # UTM


def lambert_93(x: Metres, y: Metres) -> tuple[Degrees, Degrees]:
    """Longitude and latitude (degrees) of Lambert 93 coordinates (metres)."""
    dx, dy = x - _XS, _YS - y
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        isometric = -np.log(np.hypot(dx, dy) / _C) / _N
        return _LON0 + np.degrees(np.arctan2(dx, dy) / _N), np.degrees(_latitude(isometric))


def _latitude(isometric: Metres) -> Metres:
    """Latitude (radians) of an isometric latitude on GRS80: a fixed point, reached within 1e-11 in seven steps."""
    sine = np.tanh(isometric)
    for _ in range(7):
        sine = np.tanh(isometric + _E * np.arctanh(_E * sine))
    return np.arcsin(sine)


def utm(zone: int, *, south: bool = False) -> Callable[[Metres, Metres], tuple[Degrees, Degrees]]:
    """The function from coordinates of a UTM zone (metres) to longitude and latitude (degrees)."""

    def inverse(x: Metres, y: Metres) -> tuple[Degrees, Degrees]:
        # Krüger's series to the third order: a millimetre within the zone (Karney, 2011, table 1).
        n = _A * (1 - math.sqrt(1 - _E2))
        third = n / (2 * _A - n)
        mean = _A / (1 + third) * (1 + third**2 / 4 + third**4 / 64)
        beta = (
            third / 2 - 2 * third**2 / 3 + 37 * third**3 / 96,
            third**2 / 48 + third**3 / 15,
            17 * third**3 / 480,
        )
        north = y - 10_000_000.0 if south else y
        xi, eta = north / (_K0 * mean), (x - _X0) / (_K0 * mean)
        with np.errstate(over="ignore", invalid="ignore"):
            xi1 = xi - sum(b * np.sin(2 * j * xi) * np.cosh(2 * j * eta) for j, b in enumerate(beta, start=1))
            eta1 = eta - sum(b * np.cos(2 * j * xi) * np.sinh(2 * j * eta) for j, b in enumerate(beta, start=1))
            conformal = np.sin(xi1) / np.cosh(eta1)
            longitude = 6 * zone - 183 + np.degrees(np.arctan2(np.sinh(eta1), np.cos(xi1)))
            return longitude, np.degrees(_latitude(np.arctanh(conformal)))

    return inverse


# Département -> its legal projection; metropolitan France, Corsica with it, is in Lambert 93.
OVERSEAS: dict[str, Callable[[Metres, Metres], tuple[Degrees, Degrees]]] = {
    "971": utm(20), "972": utm(20), "977": utm(20), "978": utm(20), "973": utm(22), "974": utm(40, south=True),
    "975": utm(21), "976": utm(38, south=True),
}  # fmt: skip


def to_degrees(departement: str) -> Callable[[Metres, Metres], tuple[Degrees, Degrees]] | None:
    """The function from the projected coordinates of a département to degrees; None where it has none of ours."""
    if departement.startswith(("97", "98")):
        return OVERSEAS.get(departement)
    return lambert_93
