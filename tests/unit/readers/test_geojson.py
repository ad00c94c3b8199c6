"""Maps: a feature is a row, whose geometry stays as delivered; what draws no area in degrees is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.loading import load_contracts
from ingest.read import UnreadableFile, sniff
from ingest.read.geojson import _draws_an_area  # pyright: ignore[reportPrivateUsage]  the rule itself is tried
from ingest.receive.recognise import recognise
from tests.instants import TODAY

SQUARE = [[4.0, 46.0], [4.1, 46.0], [4.1, 46.1], [4.0, 46.0]]


def feature(code: str, geometry: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"code": code, "nom": f"Lieu {code}", **more}}


def a_map(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def polygon(*rings: list[Any]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_feature_is_a_row_with_its_properties_and_its_geometry_as_delivered(
    write: Callable[..., Path], rows_of: Callable[..., Any]
) -> None:
    islands = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}
    path = write(a_map(feature("01", polygon(SQUARE)), feature("01001", islands)), "carte.geojson")
    assert sniff(path).header == ("code", "nom", "geometry")
    frame = rows_of(path, "geojson")["table"]
    assert frame["code"].to_list() == ["01", "01001"]
    assert [json.loads(text) for text in frame["geometry"]] == [polygon(SQUARE), islands]
    assert frame["_chemin"].to_list() == ["features[0]", "features[1]"]
    assert frame["_defaut"].to_list() == [None, None]


NO_AREA: dict[str, Any] = {
    "a point": {"type": "Point", "coordinates": [4.0, 46.0]},
    "none": None,
    "in metres (Lambert 93)": polygon([[870000.0, 6560000.0], [871000.0, 6560000.0], [871000.0, 6561000.0]] * 2),
    "a ring of three points": polygon(SQUARE[:3]),
    "no ring": polygon(),
    "a coordinate that is a text": polygon([["4", "46"]] * 4),
    "a point of one number": polygon([[4.0]] * 4),
    "a yes for a number": polygon([[True, True]] * 4),
    "coordinates that are no list": {"type": "Polygon", "coordinates": "x"},
    "a polygon one level short": {"type": "MultiPolygon", "coordinates": [SQUARE]},
}


@pytest.mark.parametrize("geometry", NO_AREA.values(), ids=NO_AREA.keys())
def test_what_draws_no_area_in_degrees_is_a_row_that_says_so(
    write: Callable[..., Path], rows_of: Callable[..., Any], geometry: Any
) -> None:
    path = write(a_map(feature("01", geometry), feature("02", polygon(SQUARE))), "carte.geojson")
    frame = rows_of(path, "geojson")["table"]
    assert frame["geometry"].is_null().to_list() == [True, False]
    assert "WGS84" in frame["_defaut"][0]
    assert frame["_defaut"][1] is None


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=9,
)


@given(st.sampled_from(["Polygon", "MultiPolygon"]), anything)
def test_no_geometry_breaks_the_reader(kind: str, coordinates: Any) -> None:
    assert _draws_an_area({"type": kind, "coordinates": coordinates}) in (True, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (a_map(), "ne dessine rien"),
        (b'{"type": "FeatureCollection", "features": [3]}', "n'est pas un objet GeoJSON"),
        (a_map(feature("01", polygon(SQUARE)))[:-9], "JSON tronqu"),
    ],
    ids=["empty", "a feature that is a number", "truncated"],
)
def test_what_is_no_map_is_refused_in_words(write: Callable[..., Path], content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        sniff(write(content, "carte.geojson"))


def test_a_map_is_recognised_by_its_properties_and_its_year_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "2024"
    folder.mkdir()
    path = folder / "departements.geojson"
    path.write_bytes(a_map(feature("01", polygon(SQUARE))))
    found = recognise(path, load_contracts(), today=TODAY)
    assert (found.contract.id, found.layout.code, found.millesime) == ("contours", "geojson", 2024)


@pytest.mark.parametrize(("name", "height"), [("departements-avec-outre-mer", 101), ("communes-01-ain", 407)])
def test_the_real_maps_are_read_whole(shared_data: Path, rows_of: Callable[..., Any], name: str, height: int) -> None:
    frame = rows_of(shared_data / "contours" / f"{name}.geojson.gz", "geojson")["table"]
    assert frame.height == height
    assert frame["_defaut"].null_count() == height
    assert frame["geometry"].null_count() == 0
