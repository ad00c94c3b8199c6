"""Maps (GeoJSON, RFC 7946): the features of a collection, streamed, one row each.

Belongs here: which columns a feature gives, and the refusal of what is not one. Does not belong here: what an outline
is used for, its simplification (`dbt_project`), opening (`json_stream`).

A feature is a row: its properties, and its geometry as GeoJSON text under the title `geometry`, as delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ijson

from data_contracts.limits import limit
from ingest.read.frames import (
    REMEDY,
    Document,
    LayoutLike,
    Over,
    Rows,
    Table,
    UnreadableFile,
    as_text,
    column_names,
)
from ingest.read.json_stream import json_stream

COLLECTION, GEOMETRY = "FeatureCollection", "geometry"
_NO_AREA = (
    "contour absent ou illisible : ni Polygon ni MultiPolygon en degrés (WGS84)"
    f"{REMEDY}exporter la carte en GeoJSON, projection WGS84 (EPSG:4326)."
)
# An outline is some hundred thousand signs of text: few of them make a chunk of bounded memory.
_CHUNK = 2_000


def sniff(path: Path) -> Document:
    """A collection of features: its header is all their properties, then the geometry."""
    return Document("json", "utf-8", _titles(path), {"root": COLLECTION, "content": "geojson"})


def read(path: Path, layout: LayoutLike, entities: Sequence[str]) -> Iterator[Table]:
    """One row per feature; `_ligne` is its number, `_chemin` its JSON path.

    A feature whose geometry draws no area in degrees is a row that cannot be trusted: its geometry is left out.
    """
    titles = _titles(path)
    rows = Rows(entities[0], column_names(titles))
    for feature in _features(path):
        properties, geometry = feature.get("properties") or {}, feature.get(GEOMETRY)
        texts = [as_text(properties.get(title)) for title in titles[:-1]]
        outline = as_text(geometry) if (draws := _draws_an_area(geometry)) else None
        if outline and len(outline) > limit("texte"):
            raise Over("texte")
        rows.add(
            dict(zip(rows.columns, [*texts, outline], strict=True)),
            path=f"features[{rows.count}]",
            defect=None if draws else _NO_AREA,
        )
        if rows.full or rows.count % _CHUNK == 0:
            yield rows.take()
    if not rows.empty or not rows.count:
        yield rows.take()


def _features(path: Path) -> Iterator[dict[str, Any]]:
    with json_stream(path) as stream:
        for number, feature in enumerate(ijson.items(stream, "features.item", use_float=True), start=1):
            if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
                what = f"l'élément n° {number} de la carte n'est pas un objet GeoJSON avec ses propriétés"
                raise UnreadableFile(path, what, "télécharger de nouveau la carte, puis la redéposer")
            yield feature


def _draws_an_area(geometry: Any) -> bool:
    """Whether a geometry is made of rings of points in degrees, as RFC 7946 says."""
    match geometry:
        case {"type": "Polygon", "coordinates": list(polygon)}:
            polygons: list[Any] = [polygon]
        case {"type": "MultiPolygon", "coordinates": list(polygons)}:
            pass
        case _:
            return False
    rings = [ring for polygon in polygons if isinstance(polygon, list) for ring in polygon]
    return bool(rings) and all(_surrounds(ring) for ring in rings)


def _surrounds(ring: Any) -> bool:
    return isinstance(ring, list) and len(ring) >= 4 and all(map(_is_point, ring))


def _is_point(point: Any) -> bool:
    """Two numbers or more, of which the first are a longitude and a latitude. In Python, a yes is a number too."""
    if not isinstance(point, list) or len(point) < 2 or not all(type(each) in (int, float) for each in point):
        return False
    return -180 <= point[0] <= 180 and -90 <= point[1] <= 90


def _titles(path: Path) -> tuple[str, ...]:
    keys: dict[str, None] = {}
    count = 0
    for count, feature in enumerate(_features(path), start=1):  # noqa: B007 - it says whether there was one
        keys.update(dict.fromkeys(feature.get("properties") or {}))
        if len(keys) >= limit("colonnes"):
            raise Over("colonnes")
    if not count:
        what = "c'est une carte (GeoJSON) qui ne dessine rien : sa liste « features » est vide"
        remedy = "télécharger de nouveau la carte, ou déposer le tableau de la même source (CSV)"
        raise UnreadableFile(path, what, remedy)
    return (*keys, GEOMETRY)
