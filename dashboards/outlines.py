"""Outlines of territories, made ready to be drawn: on a plane, with no more points than a screen shows.

Belongs here: geometry. Does not belong here: the query (`queries.cartes`), colours and marks (`maps`).

A point is (longitude, latitude) in degrees, a ring a closed list of points, a polygon its edge then its holes. On the
plane, x is the longitude, and y grows to the north as Mercator has it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (n, 2)
Point = tuple[float, float]

# On the map of the country, the départements overseas stand in frames at the left of the metropolitan ones, each at its
# own scale, as on printed maps: the centre of the frame of each, on the plane.
INSETS = {"971": (-8.6, 58.4), "972": (-8.6, 55.3), "973": (-8.6, 52.2), "974": (-8.6, 49.1), "976": (-8.6, 46.0)}
_INSET = 2.2  # side of a frame, on the plane
_SMALLEST = 4  # points of a ring that surrounds something


@dataclass(frozen=True)
class Outline:
    """A territory that can be drawn. geometry: GeoJSON, on the plane. middle: in degrees, in its largest part.

    mark: where its name is written, on the plane. width: from west to east, on the plane.
    """

    code: str
    name: str
    geometry: dict[str, object]
    middle: Point
    mark: Point
    width: float


def flat(points: Points) -> Points:
    """Points of the Earth on the plane (Mercator, in degrees)."""
    y = np.degrees(np.log(np.tan(np.pi / 4 + np.radians(points[..., 1]) / 2)))
    return np.stack([points[..., 0], y], axis=-1)


def outline(code: str, name: str, polygones: str, tolerance: float, inset: Point | None = None) -> Outline:
    """An outline as it is published (JSON, `mart_territoires__contours`), without the points that stray from it by less
    than `tolerance` degrees. Under a pixel, neighbours still seem to touch.

    inset: the centre of the frame in which it is drawn apart, instead of at its place.
    """
    polygons = [[np.array(ring, dtype=float) for ring in polygon] for polygon in json.loads(polygones)]
    largest = max((polygon[0] for polygon in polygons), key=_surface)
    kept = [p for p in polygons if np.ptp(p[0], axis=0).max() > 2 * tolerance] or [[largest]]
    scale, shift = (1.0, np.zeros(2)) if inset is None else _framed(flat(np.concatenate([p[0] for p in kept])), inset)
    drawn = [[(flat(simplified(ring, tolerance)) * scale + shift).round(4).tolist() for ring in p] for p in kept]
    middle = _middle(largest)
    x, y = flat(np.array(middle)) * scale + shift
    width = float(np.ptp(largest[:, 0])) * scale
    return Outline(code, name, {"type": "MultiPolygon", "coordinates": drawn}, middle, (float(x), float(y)), width)


def simplified(ring: Points, tolerance: float) -> Points:
    """A closed ring without the points that are at less than `tolerance` of the line that remains (Douglas-Peucker)."""
    if len(ring) <= _SMALLEST:
        return ring
    keep = np.zeros(len(ring), dtype=bool)
    far = int(np.argmax(np.hypot(*(ring - ring[0]).T)))
    keep[[0, far, -1]] = True
    todo = [(0, far), (far, len(ring) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        along, away = ring[last] - ring[first], ring[first + 1 : last] - ring[first]
        length = math.hypot(*along)
        gaps = np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / length if length else np.hypot(*away.T)
        worst = int(np.argmax(gaps))
        if gaps[worst] > tolerance:
            keep[first + 1 + worst] = True
            todo += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return ring[keep] if keep.sum() >= _SMALLEST else ring


def _framed(shape: Points, centre: Point) -> tuple[float, Points]:
    """(scale, shift) that bring a shape of the plane into its frame."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    scale = _INSET / float((high - low).max())
    return scale, np.array(centre) - (low + high) / 2 * scale


def _surface(ring: Points) -> float:
    x, y = (ring - ring[0]).T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def _middle(ring: Points) -> Point:
    """Centre of gravity of what a ring surrounds; the mean of its points when it surrounds nothing."""
    x, y = (ring - ring[0]).T  # near the ring, for the precision of the products
    after_x, after_y = np.roll(x, -1), np.roll(y, -1)
    cross = x * after_y - after_x * y
    total = float(cross.sum())
    if not total:
        return float(ring[:, 0].mean()), float(ring[:, 1].mean())
    cx, cy = (float(((a + b) * cross).sum()) / (3 * total) for a, b in ((x, after_x), (y, after_y)))
    return float(ring[0, 0]) + cx, float(ring[0, 1]) + cy
