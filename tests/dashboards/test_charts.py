"""Charts: a unknown département is not a zero, and nothing is said by colour alone."""

from __future__ import annotations

import polars as pl
import pytest

from dashboards import charts
from dashboards.formats import INCONNU


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _values(**known: float | None) -> pl.DataFrame:
    codes = [code.removeprefix("d") for code in known]
    schema = {"territoire_code": pl.String, "valeur": pl.Float64, "effectif": pl.Int64}
    return pl.DataFrame(
        {"territoire_code": codes, "valeur": list(known.values()), "effectif": [3] * len(codes)}, schema
    )


def test_every_departement_has_its_own_tile() -> None:
    tiles = charts.tiles()
    assert tiles.height == 101
    assert tiles["departement_code"].n_unique() == 101
    assert tiles.select("colonne", "ligne").n_unique() == 101


@pytest.mark.parametrize(("background", "ink"), charts.SCALE)
def test_the_text_of_a_tile_can_be_read_on_its_colour(background: str, ink: str) -> None:
    assert _contrast(background, ink) >= 4.5


@pytest.mark.parametrize("colour", [colour for _, colour in charts.DOMAINS.values()])
def test_points_stand_out_from_the_page(colour: str) -> None:
    assert _contrast(colour, charts.WHITE) >= 4.5


def test_shapes_tell_domains_apart_without_colour() -> None:
    shapes = [shape for shape, _ in charts.DOMAINS.values()]
    assert len(set(shapes)) == len(shapes)


def test_a_departement_without_value_is_unknown_and_zero_is_a_value() -> None:
    framed, texts = charts.classify(_values(d59=0.0, d62=10.0, d02=None), [0.0, 5.0, 10.0], "pct")
    found = dict(zip(framed["departement_code"], framed["classe"], strict=True))
    assert found["59"] == texts[0]
    assert found["62"] == texts[1]
    assert found["02"] == found["75"] == INCONNU


def test_classes_are_written_in_french() -> None:
    assert charts.classes([1.25, 30.0, 45.5], "pour_mille") == [
        "1,3 à 30,0\u00a0pour\u00a01\u202f000", "30,0 à 45,5\u00a0pour\u00a01\u202f000",
    ]  # fmt: skip
    assert charts.classes([7.0], "places") == ["7\u00a0places"]
    assert charts.classes([], "places") == []


def test_the_map_shows_a_question_mark_for_unknown_and_the_value_otherwise() -> None:
    chart = charts.tile_map(_values(d59=12345.0), [12345.0], "places", "Places", {"59"})
    rows = {row["code"]: row for row in chart.to_dict()["data"]["values"]}
    assert rows["59"]["texte"] == "12 k"
    assert rows["59"]["valeur"] == "12\u202f345\u00a0places"
    assert rows["59"]["est_choisi"]
    assert (rows["75"]["texte"], rows["75"]["valeur"], rows["75"]["est_connu"]) == ("?", INCONNU, False)


def test_the_map_is_drawn_when_nothing_is_known() -> None:
    assert charts.tile_map(_values(), [], "pct", "Taux", set()).to_dict()


def test_charts_carry_the_french_locale_and_no_address() -> None:
    row = {"nom": "Nord", "valeur": 1.5, "texte": "1,5", "est_choisi": True, "est_reference": False}
    spec = charts.bars([row], "Taux").to_dict()
    assert spec["config"]["locale"]["number"]["decimal"] == ","
    assert not [v for k, v in spec.items() if k != "$schema" and "http" in str(v)]
