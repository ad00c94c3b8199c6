"""Maps with outlines: départements by the value of an indicator, establishments over the communes of a territory.

Belongs here: outlines and data in, Altair charts out; nothing is fetched (no basemap). Does not belong here: geometry
(`outlines`), the map by tiles, which says the same without outlines (`charts.tile_map`).

No map says anything by colour alone: the code of a département is written on it, its value is in the table beside, an
unknown one is white with a dashed edge; establishments have a shape by domain, hollow at the middle of their commune.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from dashboards.charts import DOMAINS, GREY, INK, WHITE, classify, finish, shades_of
from dashboards.formats import INCONNU, number, with_unit
from dashboards.labels import label
from dashboards.outlines import Outline, flat

ORANGE = "#d64d00"
_WRITTEN = 0.35  # width on the plane under which a département has no room for its code
_NAMED = 14  # outlines whose name is written
_STEP = 0.006  # degrees between establishments that stand at the middle of one commune
_GOLDEN = math.pi * (3 - math.sqrt(5))
HERE, COMMUNE = "à ses coordonnées", "au milieu de sa commune, faute de coordonnées"


@dataclass(frozen=True)
class Placed:
    """Establishments on the plane, and how many could not be put anywhere. rows: x, y, nom, place…"""

    rows: list[dict[str, Any]]
    n_at_commune: int
    n_nowhere: int


def departements(
    outlines: Sequence[Outline], values: pl.DataFrame, bounds: list[float], unit: str, title: str, chosen: set[str]
) -> alt.LayerChart:
    """Map of the départements by class of their value. values, bounds, chosen: as for `charts.tile_map`."""
    framed, texts = classify(values, bounds, unit)
    known = {row["departement_code"]: row for row in framed.iter_rows(named=True)}
    colours = shades_of(len(texts))
    features: list[dict[str, Any]] = []
    for drawn in outlines:
        row = known.get(drawn.code) or {"rang": -1, "classe": INCONNU, "valeur": None, "effectif": None}
        features.append(
            {
                "type": "Feature",
                "geometry": drawn.geometry,
                "code": drawn.code if drawn.width >= _WRITTEN else "",
                "x": drawn.mark[0],
                "y": drawn.mark[1],
                "departement": f"{drawn.name} ({drawn.code})",
                "classe": row["classe"],
                "valeur": with_unit(row["valeur"], unit),
                "effectif": number(row["effectif"], 0),
                "encre": INK if row["rang"] < 0 else colours[row["rang"]][1],
                "est_connu": row["rang"] >= 0,
                "est_choisi": drawn.code in chosen,
            }
        )
    features.sort(key=lambda feature: feature["est_choisi"])  # drawn last: no neighbour covers the edge
    base = alt.Chart(alt.Data(values=features)).encode(
        tooltip=[
            alt.Tooltip("departement:N", title="Département"),
            alt.Tooltip("valeur:N", title=title),
            alt.Tooltip("effectif:N", title="Établissements renseignés"),
        ]
    )
    legend = alt.Legend(
        title=None, orient="top", columns=3, symbolType="square", symbolStrokeColor=GREY, symbolStrokeWidth=1
    )
    colour = alt.Scale(domain=[*texts, INCONNU], range=[*[shade for shade, _ in colours], WHITE])
    shapes = base.mark_geoshape().encode(
        color=alt.Color("classe:N", scale=colour, legend=legend),
        stroke=alt.condition("datum.est_choisi", alt.value(ORANGE), alt.value(GREY)),
        strokeWidth=alt.condition("datum.est_choisi", alt.value(3), alt.value(0.6)),
        strokeDash=alt.condition("datum.est_connu", alt.value([1, 0]), alt.value([3, 2])),
    )
    codes = base.mark_text(fontSize=10).encode(
        longitude="x:Q", latitude="y:Q", text="code:N", color=alt.Color("encre:N", scale=None)
    )
    layers = alt.layer(shapes, codes).resolve_scale(color="independent")
    return _on_plane(layers, 42 * 13 + 60)


def placed(rows: Iterable[dict[str, Any]], communes: Sequence[Outline]) -> Placed:
    """Establishments where they stand; those without coordinates, at the middle of their commune.

    The middle is that of the outline of the commune, else that of its establishments that have coordinates. Several at
    one middle stand around it, so that each is seen.
    """
    rows = list(rows)
    middles = _middles(rows, communes)
    at_commune: dict[str, int] = {}
    shown: list[dict[str, Any]] = []
    n_nowhere = 0
    for row in rows:
        x, y = row["longitude"], row["latitude"]
        known = x is not None and y is not None
        if x is None or y is None:
            middle = middles.get(row["commune_code"])
            if middle is None:
                n_nowhere += 1
                continue
            rank = at_commune.get(row["commune_code"], 0)
            at_commune[row["commune_code"]] = rank + 1
            angle, distance = rank * _GOLDEN, _STEP * math.sqrt(rank)
            x, y = middle[0] + distance * math.cos(angle), middle[1] + distance * math.sin(angle)
        shown.append(
            {
                **_on_map(x, y),
                "nom": row["raison_sociale"],
                "categorie": row["categorie_libelle"],
                "domaine": label("domaine", row["domaine"]),
                "commune": row["commune_libelle"],
                "places": number(row["cap_installee_totale"], 0),
                "place": HERE if known else COMMUNE,
                "est_exact": known,
            }
        )
    return Placed(shown, sum(at_commune.values()), n_nowhere)


def _on_map(longitude: float, latitude: float) -> dict[str, float]:
    x, y = flat(np.array((longitude, latitude)))
    return {"x": float(x), "y": float(y)}


def _middles(rows: list[dict[str, Any]], communes: Sequence[Outline]) -> dict[str, tuple[float, float]]:
    seen: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row["longitude"] is not None and row["latitude"] is not None:
            seen.setdefault(row["commune_code"], []).append((row["longitude"], row["latitude"]))
    middles = {code: (_mean(x for x, _ in points), _mean(y for _, y in points)) for code, points in seen.items()}
    return middles | {drawn.code: drawn.middle for drawn in communes}


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)


def establishments(
    shown: list[dict[str, Any]], outlines: Sequence[Outline], names: Iterable[dict[str, Any]] = ()
) -> alt.LayerChart:
    """Establishments over the outlines of the communes (or départements) around them. shown: rows of `placed`.

    The outlines that hold most establishments, else the largest, have their name written. Without outlines, names
    (longitude, latitude, nom) are all that says where one is.
    """
    most: dict[str, int] = {}
    for row in shown:
        most[row["commune"]] = most.get(row["commune"], 0) + 1
    ranked = sorted(outlines, key=lambda drawn: (-most.get(drawn.name, 0), -drawn.width))
    named = {drawn.code for drawn in ranked[:_NAMED]}
    grounds = [
        {
            "type": "Feature",
            "geometry": drawn.geometry,
            "nom": drawn.name,
            "ecrit": drawn.name if drawn.code in named else "",
            "x": drawn.mark[0],
            "y": drawn.mark[1],
        }
        for drawn in outlines
    ]
    places = [{"ecrit": place["nom"], **_on_map(place["longitude"], place["latitude"])} for place in names]
    ground = alt.Chart(alt.Data(values=grounds))
    shapes = ground.mark_geoshape(fill="#f6f6f6", stroke=GREY, strokeWidth=0.5).encode(
        tooltip=[alt.Tooltip("nom:N", title="Territoire")]
    )
    texts = (
        alt.Chart(alt.Data(values=places or grounds))
        .mark_text(color=INK, fontSize=11, fontStyle="italic", dy=-10)
        .encode(longitude="x:Q", latitude="y:Q", text="ecrit:N")
    )
    present = [name for name in DOMAINS if any(row["domaine"] == name for row in shown)]
    legend = alt.Legend(title="Domaine", orient="top", symbolSize=110, columns=3)
    colour = alt.Scale(domain=present, range=[DOMAINS[name][1] for name in present])
    points = (
        alt.Chart(alt.Data(values=shown))
        .mark_point(size=60, strokeWidth=1.6)
        .encode(
            longitude="x:Q",
            latitude="y:Q",
            shape=alt.Shape(
                "domaine:N", scale=alt.Scale(domain=present, range=[DOMAINS[n][0] for n in present]), legend=legend
            ),
            stroke=alt.Stroke("domaine:N", scale=colour, legend=legend),
            fill=alt.Fill("domaine:N", scale=colour, legend=legend),
            fillOpacity=alt.condition("datum.est_exact", alt.value(0.75), alt.value(0)),
            tooltip=[
                alt.Tooltip("nom:N", title="Établissement"),
                alt.Tooltip("categorie:N", title="Catégorie"),
                alt.Tooltip("commune:N", title="Commune"),
                alt.Tooltip("places:N", title="Places installées"),
                alt.Tooltip("place:N", title="Placé"),
            ],
        )
    )
    return _on_plane(alt.layer(*([shapes] if outlines else []), texts, points), 620)


def _on_plane(layers: Any, height: int) -> alt.LayerChart:
    """What is already on the plane is drawn as it is, the north above."""
    return finish(layers.project(type="identity", reflectY=True).properties(height=height))
