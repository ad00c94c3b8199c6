"""Coordinates at the gate in: where the row says it is, put right when it is certain, else kept and said."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.loading import Contract, load_contracts
from ingest.validate import coordinates as c
from ingest.validate.chunk import DeliveryFacts, Validated, validate_chunk
from witness.generate.geography import communes

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: positions
name: Positions inventées
version: 1.0.0
domain: administratives
customProperties:
  - {property: layouts, value: [{code: csv, entity: positions, reader: csv, millesime: {delivery: true}}]}
schema:
  - name: positions
    properties:
      - {name: finess_et, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1,
         customProperties: [{property: valueDomain, value: finess}]}
"""
FIELDS = {
    "commune": ("string", "commune"), "code_postal": ("string", "code_postal"), "lon": ("number", "longitude"),
    "lat": ("number", "latitude"), "x": ("number", "x_projete"), "y": ("number", "y_projete"),
}  # fmt: skip
BOURG = {"commune": "01053", "code_postal": "01000"}
BORDEAUX = {"commune": "33063", "code_postal": "33000"}
SAINT_DENIS = {"commune": "97411", "code_postal": "97400"}
KEPT = {"lon", "lat"}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    folder = tmp_path_factory.mktemp("contrats")
    fields = "".join(
        f"      - {{name: {name}, logicalType: {kind},"
        f" customProperties: [{{property: valueDomain, value: {domain}}}]}}\n"
        for name, (kind, domain) in FIELDS.items()
    )
    (folder / "positions.odcs.yaml").write_text(CONTRACT + fields, encoding="utf-8")
    return load_contracts(folder)["positions"]


def judged(contract: Contract, *rows: dict[str, object]) -> Validated:
    frame = pl.DataFrame(
        [{"finess_et": "010002228", **dict.fromkeys(FIELDS), **row} for row in rows],
        schema=dict.fromkeys(("finess_et", *FIELDS), pl.String), strict=False,
    ).with_columns(_ligne=pl.int_range(2, len(rows) + 2), _chemin=pl.lit(None, pl.String))  # fmt: skip
    facts = DeliveryFacts("d1", "positions", 2026, date(2026, 3, 1))
    return validate_chunk(frame, contract, contract.layouts[0], contract.entities[0], facts)


def position(checked: Validated) -> list[float | None]:
    return rounded(checked.accepted.select("lon", "lat", "x", "y").row(0))


def rounded(values: tuple[float | None, ...]) -> list[float | None]:
    return [None if value is None else round(value, 2) for value in values]


def said(checked: Validated) -> set[tuple[str, str]]:
    return set(checked.flags.select("regle", "effet").iter_rows())


@pytest.mark.parametrize(
    "row",
    [
        {**BOURG, "lon": "5.2461", "lat": "46.2052"},
        {**BOURG, "lon": "5.2461", "lat": "46.2052", "x": "873300", "y": "6569400"},
        {**SAINT_DENIS, "lon": "55.4482", "lat": "-20.8793"},
        {**SAINT_DENIS, "x": "338579", "y": "7690431"},
        {"commune": "14118", "lon": "0", "lat": "49.2"},  # on the meridian of Greenwich, in Calvados: no absence
        {"lon": "2.35", "lat": "48.85"},  # nothing tells the département but the FINESS number… of an ET that moved
        {**BOURG},
    ],
)  # fmt: skip
def test_a_position_in_its_departement_is_silent(contract: Contract, row: dict[str, object]) -> None:
    checked = judged(contract, {**row, "finess_et": "750000018"} if "commune" not in row else row)
    assert not {rule for rule, _ in said(checked)} & {v for k, v in vars(c).items() if k.isupper()}
    assert checked.rejects.height == 0


@pytest.mark.parametrize(
    ("row", "rule", "right"),
    [
        ({**BOURG, "lon": "46.2052", "lat": "5.2461"}, c.SWAPPED, (5.2461, 46.2052, None, None)),
        ({**SAINT_DENIS, "lon": "-20.8793", "lat": "55.4482"}, c.SWAPPED, (55.4482, -20.8793, None, None)),
        ({**SAINT_DENIS, "lon": "55.4482", "lat": "20.8793"}, c.SIGN, (55.4482, -20.8793, None, None)),
        ({**BORDEAUX, "lon": "0.5871", "lat": "44.8571"}, c.SIGN, (-0.5871, 44.8571, None, None)),
        ({**BOURG, "lon": "5246100", "lat": "46205200"}, c.SHIFTED, (5.2461, 46.2052, None, None)),
        ({**BOURG, "lon": "52.4610", "lat": "46.2052"}, c.SHIFTED, (5.2461, 46.2052, None, None)),
        ({**BOURG, "lon": "5.2461", "lat": "4.62052"}, c.SHIFTED, (5.2461, 46.2052, None, None)),
        ({**BOURG, "lon": "882630.01", "lat": "6542638.96"}, c.PROJECTED, (5.358, 45.959, None, None)),
        ({**BOURG, "lon": "6542638.96", "lat": "882630.01"}, c.PROJECTED, (5.358, 45.959, None, None)),
        ({**SAINT_DENIS, "lon": "338579", "lat": "7690431"}, c.PROJECTED, (55.4482, -20.8793, None, None)),
        # ansforge/finess, issue 24: some editions write each pair in the place of the other
        ({**BOURG, "lon": "882630.01", "lat": "6542638.96", "x": "5.358366", "y": "45.958916"}, c.EXCHANGED,
         (5.358, 45.959, 882630.01, 6542638.96)),
        ({"finess_et": "010002228", "lon": "882630.01", "lat": "6542638.96", "x": "5.358366", "y": "45.958916"},
         c.EXCHANGED, (5.358, 45.959, 882630.01, 6542638.96)),
        ({**BOURG, "x": "5.358366", "y": "45.958916"}, c.EXCHANGED, (5.358, 45.959, None, None)),
        ({**BOURG, "x": "6542638.96", "y": "882630.01"}, c.SWAPPED_METRES, (None, None, 882630.01, 6542638.96)),
        ({**BOURG, "x": "882.6300", "y": "6542.6390"}, c.SHIFTED, (None, None, 882630, 6542639)),
    ],
)  # fmt: skip
def test_what_two_things_agree_on_is_put_right_and_said(
    contract: Contract, row: dict[str, object], rule: str, right: tuple[float | None, ...]
) -> None:
    checked = judged(contract, row)
    assert said(checked) == {(rule, "reparee")}
    assert position(checked) == rounded(right)
    delivered = {row.get(name) for name in checked.flags["champ"]}
    assert set(checked.flags["valeur"]) == delivered  # what was written stays known


@pytest.mark.parametrize(
    "row",
    [
        {**BOURG, "lon": "2.35", "lat": "48.85"},  # in Paris
        {**BOURG, "lon": "-30", "lat": "40"},  # at sea
        {**BORDEAUX, "lon": "5.2461", "lat": "46.2052"},
        # Without the sign it is in Dordogne, with it in Gironde: the département, told once, may be the wrong one.
        {"commune": "33063", "lon": "0.5871", "lat": "44.8571"},
    ],
)
def test_what_is_elsewhere_is_kept_and_said(contract: Contract, row: dict[str, object]) -> None:
    checked = judged(contract, row)
    assert set(checked.flags.select("champ", "regle", "effet").iter_rows()) == {
        (field, c.OUTSIDE, "conservee") for field in KEPT
    }
    assert position(checked)[:2] == rounded((float(str(row["lon"])), float(str(row["lat"]))))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({**BOURG, "lon": "0", "lat": "0"}, c.ZERO),
        ({**BOURG, "lon": "5.2461", "lat": "0"}, c.ZERO),
        ({"finess_et": "990000018", "lon": "0", "lat": "0"}, c.ZERO),
        ({**BOURG, "lon": "5.2461"}, c.HALF),
        ({**BOURG, "x": "0", "y": "0"}, c.ZERO),
        ({**BOURG, "lon": "1000", "lat": "2000"}, "minimum"),  # nowhere in the world
        ({"finess_et": "990000018", "lon": "700000", "lat": "6600000"}, "minimum"),
    ],
)
def test_what_is_no_position_is_set_aside_and_the_row_goes_on(
    contract: Contract, row: dict[str, object], rule: str
) -> None:
    checked = judged(contract, row)
    told = said(checked)
    assert {effect for _, effect in told} <= {"non_utilisee", "conservee"}
    assert any(text.startswith(rule) or (rule == "minimum" and text.startswith("maximum")) for text, _ in told)
    assert position(checked) == [None] * 4
    assert checked.rejects.height == 0


def test_places_that_contradict_each_other_prove_nothing(contract: Contract) -> None:
    """Bourg with the postal code of Lyon: a position in the Rhône may be right, one in Ain too."""
    checked = judged(contract, {"commune": "01053", "code_postal": "69003", "lon": "46.2052", "lat": "5.2461"})
    assert (c.SWAPPED, "reparee") in said(checked)  # nowhere in France as written, in Ain once swapped: two things


PLACES = communes(["01", "2A", "33", "59", "75", "971", "973", "974", "976"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, len(PLACES) - 1), min_size=1, max_size=30))
def test_a_swapped_position_is_always_found_again(contract: Contract, drawn: list[int]) -> None:
    rows = PLACES[drawn]
    written = [
        {"commune": code, "code_postal": postal, "lon": f"{lat:.6f}", "lat": f"{lon:.6f}"}
        for code, postal, lon, lat in rows.select("code", "code_postal", "longitude", "latitude").iter_rows()
    ]
    checked = judged(contract, *written)
    assert checked.accepted["lon"].to_list() == rows["longitude"].to_list()
    assert checked.accepted["lat"].to_list() == rows["latitude"].to_list()
    assert said(checked) == {(c.SWAPPED, "reparee")}


@settings(deadline=None, max_examples=60)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_is_written_the_row_is_accepted_and_its_position_on_earth(
    contract: Contract, lon: float, lat: float
) -> None:
    checked = judged(contract, {**BOURG, "lon": repr(lon), "lat": repr(lat)})
    assert checked.rejects.height == 0
    x, y, *_ = position(checked)
    assert x is None or -180 <= x <= 180
    assert y is None or -90 <= y <= 90
