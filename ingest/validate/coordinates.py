"""Coordinates of a row, checked against the département that the same row names.

Belongs here: recognising a pair that was exchanged, swapped, projected or shifted, that lost its sign or stands for
nothing. Does not belong here: which département a row names (`ingest.validate.places`), the formulas
(`ingest.validate.projections`).

A pair outside its département is put right on two conditions: one change, and only one, brings it inside; and either
the pair as written lies nowhere in France, or two places of the row name the same département. Otherwise the pair is
kept and signalled. Without a département, only coordinates that are nowhere in the world can be found wrong.

`coordinates` are degrees, WGS84; projected ones are metres, in the legal projection of the département.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from data_contracts import territoires
from data_contracts.loading import Field
from ingest.validate.places import Places, Remark
from ingest.validate.projections import to_degrees

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ZERO = "coordonnées à zéro : une absence écrite comme un nombre"
HALF = "coordonnée seule : l'autre manque"
OUTSIDE = "coordonnées hors du département que dit la ligne"
EXCHANGED = "coordonnées géographiques et projetées échangées, remises en place"
SWAPPED = "longitude et latitude inversées, remises en place"
SWAPPED_METRES = "coordonnées projetées inversées, remises en place"
SIGN = "signe d'une coordonnée perdu, rétabli"
SHIFTED = "virgule d'une coordonnée déplacée, remise en place"
PROJECTED = "coordonnées projetées dans les colonnes géographiques, converties en degrés"
_REMEDY = "Corriger les coordonnées à la source ; celles de la ligne ont été remises en place."
_VERIFY = "Vérifier l'adresse et les coordonnées ; elles sont conservées."
_SHIFTS = tuple(10.0**-k for k in (-2, -1, 1, 2, 3, 4, 5, 6, 7, 8))


@dataclass(frozen=True)
class _Pair:
    """The two fields of a pair, and their values; NaN is unknown."""

    fields: tuple[Field, Field]
    x: Floats
    y: Floats

    def known(self) -> Mask:
        return ~np.isnan(self.x) & ~np.isnan(self.y)


class _Extents:
    """The bounding box of the département of each row. Where it is unknown it is NaN, which holds no point."""

    def __init__(self, departement: pl.Series) -> None:
        boxes = departement.to_frame("departement_code").join(
            territoires.extents(), on="departement_code", how="left", maintain_order="left"
        )
        self.departement = departement
        self.west, self.east, self.south, self.north = (
            boxes[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in ("lon_min", "lon_max", "lat_min", "lat_max")
        )
        self.known: Mask = ~np.isnan(self.west)

    def hold(self, lon: Floats, lat: Floats) -> Mask:
        """Whether points (degrees) lie in the département of their row."""
        return (lon >= self.west) & (lon <= self.east) & (lat >= self.south) & (lat <= self.north)

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Degrees of projected coordinates, each in the projection of its département; NaN where it has none."""
        lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
        for code, rows in self._by_projection.items():
            convert = to_degrees(code)
            if convert is not None:
                lon[rows], lat[rows] = convert(x[rows], y[rows])
        return lon, lat

    @cached_property
    def _by_projection(self) -> dict[str, Mask]:
        """A département of each projection -> the rows in that projection. Metropolitan France has a single one."""
        of = self.departement.to_frame("d").select(
            pl.when(pl.col("d").str.contains("^9[78]")).then("d").when(pl.col("d").is_not_null()).then(pl.lit("01"))
        ).to_series()  # fmt: skip
        return {code: (of == code).fill_null(False).to_numpy() for code in of.drop_nulls().unique()}


@np.errstate(over="ignore", invalid="ignore")  # a number may be so large that it overflows: it is in no département
def judge(typed: pl.DataFrame, fields: list[Field], places: Places) -> list[Remark]:
    """The remarks on the coordinates of rows, in the order in which they must be applied."""
    degrees, metres = _pair(typed, fields, "longitude", "latitude"), _pair(typed, fields, "x_projete", "y_projete")
    remarks: list[Remark] = []
    if degrees and metres:
        exchanged = _exchanged(degrees, metres, _Extents(places.departement))
        remarks += _replaced(degrees, exchanged, metres.x, metres.y, EXCHANGED)
        remarks += _replaced(metres, exchanged, degrees.x, degrees.y, EXCHANGED)
        degrees, metres = (
            _Pair(one.fields, np.where(exchanged, other.x, one.x), np.where(exchanged, other.y, one.y))
            for one, other in ((degrees, metres), (metres, degrees))
        )
    for pair, changes in ((degrees, _changes_of_degrees), (metres, _changes_of_metres)):
        if pair is not None:
            remarks += _judged(pair, places, changes)
    return [remark for remark in remarks if remark.hit.any()]


def _pair(typed: pl.DataFrame, fields: list[Field], first: str, second: str) -> _Pair | None:
    by_place = {f.domain.place: f for f in reversed(fields) if f.domain}
    if first not in by_place or second not in by_place:
        return None
    x, y = (typed[by_place[p].name].cast(pl.Float64).fill_null(np.nan).to_numpy() for p in (first, second))
    return _Pair((by_place[first], by_place[second]), x, y)


def _exchanged(degrees: _Pair, metres: _Pair, extents: _Extents) -> Mask:
    """The rows whose two pairs were written in each other's place, as in some editions of FINESS+ (ansforge/finess,
    issue 24).

    The first pair, where there is one, cannot be degrees. The second one can, and lies in the département if that is
    known.
    """
    first_is_none = ~degrees.known() | ~_on_earth(degrees.x, degrees.y)
    second_is_degrees = _on_earth(metres.x, metres.y) & ((metres.x != 0) | (metres.y != 0))
    return first_is_none & second_is_degrees & (~extents.known | extents.hold(metres.x, metres.y))


def _on_earth(x: Floats, y: Floats) -> Mask:
    return (np.abs(x) <= 180) & (np.abs(y) <= 90)


# What a pair may have been: the rule that says so, and the values that it would then have.
_Change = tuple[str, Floats, Floats]


def _judged(pair: _Pair, places: Places, changes: Callable[[_Pair, _Extents], Iterator[_Change]]) -> Iterator[Remark]:
    """Sets half pairs and zeros aside; puts right or signals the other pairs that are outside their département."""
    known = pair.known()
    for field, mine in zip(pair.fields, (pair.x, pair.y), strict=True):
        yield Remark(field, _mask(~known & ~np.isnan(mine)), HALF, "Donner les deux coordonnées.", wrong=True)
    extents = _Extents(places.departement)
    inside = _inside(pair, extents, pair.x, pair.y)
    zero = known & ~inside & np.where(extents.known, (pair.x == 0) | (pair.y == 0), (pair.x == 0) & (pair.y == 0))
    for field in pair.fields:
        yield Remark(field, _mask(zero), ZERO, "Laisser vides les coordonnées inconnues.", wrong=True)
    lost = np.flatnonzero(known & extents.known & ~inside & ~zero)
    if not len(lost):
        return
    yield from _elsewhere(pair, lost, places, changes)


def _elsewhere(
    pair: _Pair, lost: npt.NDArray[np.intp], places: Places, changes: Callable[[_Pair, _Extents], Iterator[_Change]]
) -> Iterator[Remark]:
    """Remarks on pairs that are not in their département. lost: ranks of their rows."""
    few = _Pair(pair.fields, pair.x[lost], pair.y[lost])
    around = _Extents(places.departement.gather(lost.tolist()))
    n_inside, label = np.zeros(len(lost), dtype=int), np.zeros(len(lost), dtype=int)
    new_x, new_y = few.x.copy(), few.y.copy()
    rules: list[str] = []
    for rule, x, y in changes(few, around):
        hit = _inside(pair, around, x, y)
        if rule not in rules:
            rules.append(rule)
        n_inside += hit
        label[hit] = rules.index(rule)
        new_x[hit], new_y[hit] = x[hit], y[hit]
    elsewhere = _somewhere(*(around.degrees(few.x, few.y) if _is_metric(pair) else (few.x, few.y)))
    agreed = ~elsewhere | (places.witnesses.gather(lost.tolist()).to_numpy() >= 2)
    right = (n_inside == 1) & agreed
    for rank, rule in enumerate(rules):
        hit = np.zeros(len(pair.x), dtype=bool)
        hit[lost[right & (label == rank)]] = True
        x, y = pair.x.copy(), pair.y.copy()
        x[lost], y[lost] = new_x, new_y
        yield from _replaced(pair, hit, x, y, rule)
    doubtful = np.zeros(len(pair.x), dtype=bool)
    doubtful[lost[~right]] = True
    if not _is_metric(pair):
        doubtful &= _on_earth(pair.x, pair.y)  # the domain of the field signals the others
    for field in pair.fields:
        yield Remark(field, _mask(doubtful), OUTSIDE, _VERIFY)


def _is_metric(pair: _Pair) -> bool:
    domain = pair.fields[0].domain
    return domain is not None and domain.place == "x_projete"


def _inside(pair: _Pair, extents: _Extents, x: Floats, y: Floats) -> Mask:
    """Whether values, in the units of the pair, lie in the département of their row."""
    return extents.hold(*(extents.degrees(x, y) if _is_metric(pair) else (x, y)))


def _changes_of_degrees(pair: _Pair, extents: _Extents) -> Iterator[_Change]:
    yield SWAPPED, pair.y, pair.x
    yield SIGN, -pair.x, pair.y
    yield SIGN, pair.x, -pair.y
    yield SIGN, -pair.x, -pair.y
    for x, y in ((pair.x, pair.y), (pair.y, pair.x)):
        lon, lat = extents.degrees(x, y)
        yield PROJECTED, np.round(lon, 6), np.round(lat, 6)
    # Any longitude comes near Greenwich when it is divided often enough: there, a shifted mark proves nothing.
    sure = np.where((extents.west <= 0) & (extents.east >= 0), np.nan, pair.x)
    for of_x in (1.0, *_SHIFTS):
        for of_y in (1.0, *_SHIFTS):
            if (of_x, of_y) != (1.0, 1.0):
                x = pair.x if of_x == 1.0 else np.round(sure * of_x, 6)
                yield SHIFTED, x, np.round(pair.y * of_y, 6)


def _changes_of_metres(pair: _Pair, extents: _Extents) -> Iterator[_Change]:
    yield SWAPPED_METRES, pair.y, pair.x
    for factor in (1e3, *_SHIFTS):
        yield SHIFTED, np.round(pair.x * factor, 2), np.round(pair.y * factor, 2)


def _somewhere(lon: Floats, lat: Floats) -> Mask:
    """Whether points lie in the bounding box of some département."""
    boxes = territoires.extents()
    west, east, south, north = (boxes[name].to_numpy() for name in ("lon_min", "lon_max", "lat_min", "lat_max"))
    x, y = lon[:, None], lat[:, None]
    return np.asarray(((x >= west) & (x <= east) & (y >= south) & (y <= north)).any(axis=1), dtype=np.bool_)


def _replaced(pair: _Pair, hit: Mask, x: Floats, y: Floats, rule: str) -> Iterator[Remark]:
    for field, values in zip(pair.fields, (x, y), strict=True):
        yield Remark(field, _mask(hit), rule, _REMEDY, value=pl.Series(values).fill_nan(None))


def _mask(hit: Mask) -> pl.Series:
    return pl.Series(hit)
