"""Outlines of the territory: invented shapes around true places, as GeoJSON.

Belongs here: the two maps that are delivered (départements, communes), in the format of those that are published from
IGN ADMIN EXPRESS. Does not belong here: places (`geography`).

No true outline is needed. Each commune has what is nearer to it than to any other of its département, and each
département what is nearer to it than to any other: the pieces cover the country without holes nor overlaps. A
département is drawn within a square around its middle, so that those at an edge do not run to the horizon.
"""

from __future__ import annotations

import json

import numpy as np

from witness.generate import facts
from witness.generate.streams import Floats
from witness.generate.world import World

MILLESIME = 2024
NAMES = {level: f"contours/{MILLESIME}/{level}_fictifs.geojson" for level in ("communes", "departements")}
_REACH = 0.6  # degrees from the middle of a département to its sides, at most


def maps(world: World) -> dict[str, str]:
    """The files of the communes of the generation, and of every département."""
    departements = facts.table("departements")
    middles = departements.select("longitude", "latitude").cast({"longitude": float, "latitude": float}).to_numpy()
    shapes = dict(zip(departements["code"], (_around(middles, rank) for rank in range(len(middles))), strict=True))
    places = world.territoire.communes
    communes: list[dict[str, object]] = []
    for (code,), members in places.group_by("departement", maintain_order=True):
        points = members.select("longitude", "latitude").to_numpy()
        for rank, commune in enumerate(members.iter_rows(named=True)):
            piece = _nearest(_held(shapes[str(code)], points[rank]), points, rank)
            communes.append(_feature(commune["code"], commune["nom"], piece))
    named = dict(departements.select("code", "nom").iter_rows())
    listed = [_feature(code, named[code], shape) for code, shape in shapes.items()]
    return {NAMES["communes"]: _collection(communes), NAMES["departements"]: _collection(listed)}


def _around(middles: Floats, rank: int) -> Floats:
    x, y = middles[rank]
    corners = [(x - _REACH, y - _REACH), (x + _REACH, y - _REACH), (x + _REACH, y + _REACH), (x - _REACH, y + _REACH)]
    return _nearest(np.array(corners), middles, rank)


def _held(shape: Floats, point: Floats) -> Floats:
    """The shape, or a small square around a place that stands outside (its département is not round)."""
    following = np.roll(shape, -1, axis=0)
    edges, to_point = following - shape, point - shape
    inside = bool(np.all(edges[:, 0] * to_point[:, 1] - edges[:, 1] * to_point[:, 0] >= 0))
    return shape if inside else point + np.array([(-0.02, -0.02), (0.02, -0.02), (0.02, 0.02), (-0.02, 0.02)])


def _nearest(shape: Floats, points: Floats, rank: int) -> Floats:
    """The part of a convex shape that is nearer to one of the points than to the others, anticlockwise."""
    own = points[rank]
    away = np.hypot(*(points - own).T)
    for neighbour in np.argsort(away, kind="stable"):
        if away[neighbour] == 0:
            continue
        if len(shape) == 0 or away[neighbour] > 2 * np.hypot(*(shape - own).T).max():
            break  # this one is too far to take anything, and so are all those after it
        other = points[neighbour]
        side = ((own + other) / 2 - shape) @ (other - own)  # positive: nearer to `own`
        kept: list[Floats] = []
        for here, after, a, b in zip(shape, np.roll(shape, -1, axis=0), side, np.roll(side, -1), strict=True):
            if a >= 0:
                kept.append(here)
            if a * b < 0:
                kept.append(here + (after - here) * (a / (a - b)))
        shape = np.array(kept)
    return shape


def _feature(code: str, name: str, shape: Floats) -> dict[str, object]:
    ring = [[round(float(x), 4), round(float(y), 4)] for x, y in (*shape, shape[0])]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"code": code, "nom": name}}


def _collection(features: list[dict[str, object]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
