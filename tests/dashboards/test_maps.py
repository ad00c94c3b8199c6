"""Outlines and maps: shapes keep what they surround, an establishment without coordinates stands at its commune."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import maps, queries
from dashboards.formats import INCONNU
from dashboards.outlines import INSETS, flat, outline, simplified
from tests.dashboards import publication_example as example

SQUARE = [[2.0, 50.0], [4.0, 50.0], [4.0, 51.0], [2.0, 51.0], [2.0, 50.0]]


def drawn(*rings: list[Any], code: str = "59", tolerance: float = 0.01, **more: Any) -> Any:
    return outline(code, "Nord", json.dumps([[ring] for ring in rings]), tolerance, **more)


def gap(point: np.ndarray, ring: np.ndarray) -> float:
    """Distance from a point to the nearest edge of a ring."""
    starts, along = ring[:-1], ring[1:] - ring[:-1]
    length = (along**2).sum(axis=1)
    share = np.clip(((point - starts) * along).sum(axis=1) / np.where(length == 0, 1, length), 0, 1)
    return float(np.hypot(*(starts + along * share[:, None] - point).T).min())


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=4, max_size=40), st.floats(0.1, 5))
def test_a_simpler_ring_keeps_its_ends_and_strays_by_no_more_than_asked(points: list[Any], tolerance: float) -> None:
    ring = np.array([*points, points[0]], dtype=float)
    kept = simplified(ring, tolerance)
    assert kept[0].tolist() == kept[-1].tolist() == ring[0].tolist()
    assert {tuple(point) for point in kept.tolist()} <= {tuple(point) for point in ring.tolist()}
    assert max(gap(point, kept) for point in ring) <= tolerance + 1e-9


def test_the_middle_of_a_territory_is_in_its_largest_part() -> None:
    island = [[10.0, 40.0], [10.2, 40.0], [10.2, 40.2], [10.0, 40.2], [10.0, 40.0]]
    shape = drawn(island, SQUARE)
    assert shape.middle == pytest.approx((3.0, 50.5))
    assert len(shape.geometry["coordinates"]) == 2


def test_an_island_too_small_to_be_seen_is_not_drawn_unless_it_is_all_there_is() -> None:
    speck = [[5.0, 45.0], [5.001, 45.0], [5.001, 45.001], [5.0, 45.001], [5.0, 45.0]]
    assert len(drawn(SQUARE, speck).geometry["coordinates"]) == 1
    assert len(drawn(speck).geometry["coordinates"]) == 1


def test_the_plane_has_the_north_above_and_keeps_longitudes() -> None:
    low, high = flat(np.array([[2.0, 45.0], [2.0, 50.0]]))
    assert low[0] == high[0] == 2.0
    assert high[1] > low[1] > 45.0


def test_a_departement_overseas_stands_in_its_frame() -> None:
    shape = drawn([[55.2, -21.4], [55.8, -21.4], [55.8, -20.9], [55.2, -20.9], [55.2, -21.4]], code="974",
                  inset=INSETS["974"])  # fmt: skip
    points = np.array(shape.geometry["coordinates"][0][0])
    assert shape.mark == pytest.approx(INSETS["974"], abs=0.01)
    assert np.abs(points - np.array(INSETS["974"])).max() == pytest.approx(1.1, abs=0.01)
    assert shape.middle == pytest.approx((55.5, -21.15))  # where it really is


def row(finess: str, longitude: float | None, latitude: float | None, commune: str | None) -> dict[str, Any]:
    return {
        "finess_et": finess, "raison_sociale": f"ET {finess}", "categorie_libelle": "EHPAD", "domaine": "PA",
        "commune_code": commune, "commune_libelle": "Lieu", "cap_installee_totale": None,
        "longitude": longitude, "latitude": latitude,
    }  # fmt: skip


def test_who_has_no_coordinates_stands_at_the_commune_and_who_has_no_commune_is_counted() -> None:
    communes = [drawn(SQUARE, code="59001")]
    rows = [row("a", 2.5, 50.2, "59001"), row("b", None, None, "59001"), row("c", None, None, "59001"),
            row("d", 2.1, 50.9, "59002"), row("e", None, 50.0, "59002"), row("f", None, None, "59003"),
            row("g", None, None, None)]  # fmt: skip
    found = maps.placed(rows, communes)
    assert (len(found.rows), found.n_at_commune, found.n_nowhere) == (5, 3, 2)
    by_name = {each["nom"]: each for each in found.rows}
    assert by_name["ET b"]["x"] == pytest.approx(3.0)  # the middle of the outline, not of the establishments
    assert (by_name["ET b"]["x"], by_name["ET b"]["y"]) != (by_name["ET c"]["x"], by_name["ET c"]["y"])
    assert by_name["ET e"]["x"] == pytest.approx(2.1)  # no outline: where the others of the commune are
    assert by_name["ET a"]["est_exact"]
    assert by_name["ET e"]["place"] == maps.COMMUNE


def test_a_departement_without_value_is_unknown_on_the_map_with_outlines_too() -> None:
    values = pl.DataFrame({"territoire_code": ["59"], "valeur": [0.0], "effectif": [3]})
    shapes = [drawn(SQUARE), drawn(SQUARE, code="62")]
    spec = maps.departements(shapes, values, [0.0, 5.0], "pct", "Part", {"62"}).to_dict()
    listed = spec["data"]["values"]
    features = {f["departement"]: f for f in listed}
    assert features["Nord (59)"]["valeur"] == "0,0\u00a0%"
    assert features["Nord (62)"]["valeur"] == features["Nord (62)"]["classe"] == INCONNU
    assert listed[-1]["departement"] == "Nord (62)"  # the chosen one above


def test_outlines_are_those_of_the_level_and_of_the_place(home: Any) -> None:
    base = queries.current_base()
    assert [o.code for o in queries.outlines(base, "departement")] == ["59", "62"]
    assert [o.name for o in queries.outlines(base, "commune", departement="59")] == ["Lille"]
    assert queries.outlines(base, "commune", departement="62") == ()
    assert [o.code for o in queries.outlines(base, "departement", region="32")] == ["59", "62"]
    offered = queries.offer(base, "departement", "59", queries.Filters())
    assert example.JEANNE in offered["finess_et"]  # without coordinates, and there all the same
    assert example.ELOI not in offered["finess_et"]  # closed
