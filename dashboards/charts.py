"""Charts: shape, colours, French numbers in axes and tooltips.

Belongs here: data frames in, Altair charts out; nothing is fetched (no basemap, no web font).
Does not belong here: what is drawn for whom (pages), the table that stands beside every chart (`components.beside`).

No chart says anything by colour alone: tiles carry their number and their value, points have a shape by domain, the
chosen territory has a mark in its name. An unknown value is a white tile with a dashed edge and « ? », never the colour
of zero.
"""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl

from dashboards.formats import INCONNU, NUMBER_LOCALE, TIME_LOCALE, nbsp_unit, number, with_unit
from data_contracts.figures import rounded

TILES = Path(__file__).with_name("tuiles_departements.csv")
INK, GREY, WHITE, BLUE, PALE = "#161616", "#666666", "#ffffff", "#000091", "#c1c1fb"
# Five blues from pale to dark, each with the text colour that reads on it (contrast ≥ 4.5, checked by a test).
SCALE = (("#ececfe", INK), ("#c1c1fb", INK), ("#9a9af5", INK), ("#5050d8", WHITE), ("#000091", WHITE))
DOMAINS = {
    "Personnes âgées": ("circle", "#000091"),
    "Adultes handicapés": ("square", "#b34000"),
    "Enfants handicapés": ("triangle-up", "#18753c"),
    "Plusieurs publics": ("diamond", "#6e445a"),
    "Autre": ("cross", "#666666"),
}
DASHES = ([1, 0], [7, 4], [2, 3])  # of the chosen territory, of its region, of the country
_BESIDE = 24  # characters of a name that stands beside its row
_WIDTH = 42  # characters of a line of a name above its row: what a phone shows of it
_LINE, _MARKS = 16, 34  # pixels of such a line, and of the marks under it
FONT = "Source Sans, Source Sans Pro, sans-serif"


@lru_cache(maxsize=1)
def tiles() -> pl.DataFrame:
    """Place of every département on the tile map: departement_code, departement_libelle, colonne, ligne.

    The layout is ours: one square for each, neighbours kept together as far as squares allow, overseas on the left.
    """
    with TILES.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=";"))
    return pl.DataFrame(rows).with_columns(pl.col("colonne", "ligne").cast(pl.Int32))


def classes(bounds: list[float], unit: str) -> list[str]:
    """Texts of the classes between growing limits: « 30,1 à 45,2 pour 1 000 »."""
    if len(bounds) < 2:
        return [with_unit(bounds[0], unit)] if bounds else []
    decimals = 0 if max(abs(b) for b in bounds) >= 1000 or all(b == int(b) for b in bounds) else 1
    texts = [number(b, decimals) for b in bounds]
    return [f"{low} à {high}{nbsp_unit(unit)}" for low, high in pairwise(texts)]


def classify(values: pl.DataFrame, bounds: list[float], unit: str) -> tuple[pl.DataFrame, list[str]]:
    """Tiles joined with values (territoire_code, valeur, …), with the rank and the text of the class of each tile.

    The class of a département without value has rank -1 and is « inconnu ».
    """
    texts = classes(bounds, unit)
    joined = tiles().join(values, left_on="departement_code", right_on="territoire_code", how="left")
    cuts = bounds[1:-1]
    rank = (
        pl.when(pl.col("valeur").is_null())
        .then(-1)
        .otherwise(pl.sum_horizontal([(pl.col("valeur") > c).cast(pl.Int32) for c in cuts]) if cuts else 0)
    )
    framed = joined.with_columns(rank.cast(pl.Int32).alias("rang"))
    names = {-1: INCONNU, **dict(enumerate(texts))}
    return framed.with_columns(pl.col("rang").replace_strict(names, return_dtype=pl.String).alias("classe")), texts


def shades_of(n: int) -> list[tuple[str, str]]:
    """n shades spread over the scale."""
    if n <= 1:
        return [SCALE[2]][:n]
    return [SCALE[round(i * (len(SCALE) - 1) / (n - 1))] for i in range(n)]


def tile_map(values: pl.DataFrame, bounds: list[float], unit: str, title: str, chosen: set[str]) -> alt.LayerChart:
    """Map of France with one square by département.

    values: territoire_code, valeur, effectif. chosen: codes to outline (a département, or those of a region).
    """
    framed, texts = classify(values, bounds, unit)
    shades = shades_of(len(texts))
    rows = [
        {
            "code": row["departement_code"],
            "departement": f"{row['departement_libelle']} ({row['departement_code']})",
            "colonne": row["colonne"],
            "ligne": row["ligne"],
            "classe": row["classe"],
            "texte": "?" if row["rang"] < 0 else _short(row["valeur"]),
            "valeur": with_unit(row["valeur"], unit),
            "effectif": number(row["effectif"], 0),
            "encre": INK if row["rang"] < 0 else shades[row["rang"]][1],
            "est_connu": row["rang"] >= 0,
            "est_choisi": row["departement_code"] in chosen,
        }
        for row in framed.iter_rows(named=True)
    ]
    domain = [*texts, INCONNU]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("colonne:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
        y=alt.Y("ligne:O", axis=None, scale=alt.Scale(paddingInner=0.06)),
        tooltip=[
            alt.Tooltip("departement:N", title="Département"),
            alt.Tooltip("valeur:N", title=title),
            alt.Tooltip("effectif:N", title="Établissements renseignés"),
        ],
    )
    squares = base.mark_rect().encode(
        color=alt.Color(
            "classe:N",
            scale=alt.Scale(domain=domain, range=[*[s for s, _ in shades], WHITE]),
            legend=alt.Legend(
                title=None, orient="top", columns=3, symbolType="square", symbolStrokeColor=GREY, symbolStrokeWidth=1
            ),
        ),
        stroke=alt.condition("datum.est_choisi", alt.value("#d64d00"), alt.value(GREY)),
        strokeWidth=alt.condition("datum.est_choisi", alt.value(3.5), alt.value(0.8)),
        strokeDash=alt.condition("datum.est_connu", alt.value([1, 0]), alt.value([3, 2])),
    )
    ink = alt.Color("encre:N", scale=None)
    codes = base.mark_text(dy=-9, fontSize=13, fontWeight="bold").encode(text="code:N", color=ink)
    figures = base.mark_text(dy=9, fontSize=11).encode(text="texte:N", color=ink)
    layers = alt.layer(squares, codes, figures).resolve_scale(color="independent")
    return finish(layers.properties(height=42 * 13 + 60))


def _short(value: float) -> str:
    """A value that holds in a tile: 12 345 → 12 k."""
    if abs(value) >= 1_000_000:
        return f"{number(value / 1_000_000, 1)} M"
    if abs(value) >= 10_000:
        return f"{number(value / 1000, 0)} k"
    return number(value, 0 if abs(value) >= 1000 or value == int(value) else 1)


@dataclass(frozen=True)
class _Names:
    """What the rows of a chart are called: beside them when every name is short, else above them, on several lines.

    A name beside its row is cut by Vega where it has no room, and leaves none to the figures on a narrow screen.
    """

    names: Sequence[str]
    beside_step: int  # height of a row whose name stands beside it

    @property
    def _lines(self) -> int:
        """Of the longest name, above its row; 0: beside."""
        if max(map(len, self.names), default=0) <= _BESIDE:
            return 0
        return max(len(_folded(name)) for name in self.names)

    @property
    def height(self) -> int:
        step = _LINE * self._lines + _MARKS if self._lines else self.beside_step
        return step * len(self.names)

    @property
    def y(self) -> alt.Y:
        scale = alt.Scale(domain=[*self.names], padding=0) if self._lines else alt.Scale(domain=[*self.names])
        axis = None if self._lines else alt.Axis(labelLimit=240, labelFontSize=13, ticks=False)
        return alt.Y("nom:N", sort=None, title=None, scale=scale, axis=axis)

    @property
    def shift(self) -> float:
        """By how much the marks of a row stand under its middle."""
        return _LINE * self._lines / 2

    def thick(self, pixels: int) -> dict[str, Any]:
        """Of bars."""
        return {"height": pixels, "yOffset": self.shift}

    def _above(self, name: str) -> list[str]:
        lines = _folded(name)
        return [" "] * (self._lines - len(lines)) + lines

    def layers(self) -> list[alt.Chart]:
        """The names, when they stand above."""
        if not self._lines:
            return []
        # A short name stands just above its marks too, under the empty lines that others fill.
        rows = [{"nom": name, "ecrit": "\n".join(self._above(name))} for name in self.names]
        written = alt.Chart(alt.Data(values=rows)).mark_text(
            align="left", baseline="top", lineBreak="\n", lineHeight=_LINE, fontSize=13, color=INK, dy=2
        )
        y = alt.Y("nom:N", sort=None, scale=alt.Scale(domain=[*self.names], padding=0), axis=None, bandPosition=0)
        return [written.encode(x=alt.value(0), y=y, text="ecrit:N")]


def _folded(name: str) -> list[str]:
    return textwrap.wrap(name, _WIDTH) or [""]


def bars(rows: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Horizontal bars with their values, in the order given. rows: nom, valeur, texte, est_choisi, est_reference."""
    names = _Names(list(dict.fromkeys(row["nom"] for row in rows)), 28)
    longest = max((row["valeur"] or 0 for row in rows), default=0) or 1
    drawn_rows = [{**row, "fin": row["valeur"] or 0} for row in rows]
    base = alt.Chart(alt.Data(values=drawn_rows)).encode(
        x=alt.X("fin:Q", scale=alt.Scale(domain=[0, longest * 1.35]), axis=None),
        y=names.y,
        tooltip=[alt.Tooltip("nom:N", title="Nom"), alt.Tooltip("texte:N", title=title)],
    )
    drawn = base.mark_bar(**names.thick(18), stroke=BLUE).encode(
        color=alt.condition("datum.est_choisi", alt.value(BLUE), alt.value(PALE)),
        strokeDash=alt.condition("datum.est_reference", alt.value([4, 3]), alt.value([1, 0])),
        strokeWidth=alt.condition("datum.est_reference", alt.value(1.5), alt.value(0)),
    )
    texts = base.mark_text(align="left", dx=6, dy=names.shift, fontSize=13, color=INK).encode(text="texte:N")
    return finish(alt.layer(drawn, texts, *names.layers()).properties(height=names.height + 20))


def shares(rows: list[dict[str, Any]], title: str, reference: str | None) -> alt.LayerChart:
    """Shares of a distribution, in the order given, with those of a reference as upright marks.

    rows: nom, valeur (None: no bar), reference (None: no mark), texte, texte_reference.
    """
    names = _Names(list(dict.fromkeys(row["nom"] for row in rows)), 30)
    most = max((max(row["valeur"] or 0, row["reference"] or 0) for row in rows), default=0) or 1
    drawn_rows = [{**row, "fin": row["valeur"] or 0, "repere": row["reference"]} for row in rows]
    hints = [alt.Tooltip("nom:N", title=title), alt.Tooltip("texte:N", title="Part")]
    if reference:
        hints.append(alt.Tooltip("texte_reference:N", title=reference))
    base = alt.Chart(alt.Data(values=drawn_rows)).encode(y=names.y, tooltip=hints)
    along = alt.Scale(domain=[0, most * 1.9])  # room for the text after the longest bar
    drawn = base.mark_bar(**names.thick(18), color=PALE, stroke=BLUE, strokeWidth=0.6).encode(
        x=alt.X("fin:Q", scale=along, axis=None)
    )
    texts = base.mark_text(align="left", dx=8, dy=names.shift, fontSize=13, color=INK).encode(
        x=alt.X("loin:Q", scale=along), text="texte:N"
    )
    texts = texts.transform_calculate(loin="max(datum.fin, datum.repere || 0)")
    layers = [drawn, texts, *names.layers()]
    if reference:
        marks = base.transform_filter("isValid(datum.repere)").mark_tick(
            thickness=2.5, color=INK, size=20, orient="vertical", yOffset=names.shift
        )
        layers.insert(1, marks.encode(x=alt.X("repere:Q", scale=along)))
    return finish(alt.layer(*layers).properties(height=names.height + 20))


def spans(rows: list[dict[str, Any]], title: str, what: str = "Étape") -> alt.LayerChart:
    """Delays: a bar from the first to the third quartile, a point at the median. rows: nom, q1, mediane, q3, texte.

    what: what a row is.
    """
    names = _Names([row["nom"] for row in rows], 44)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=names.y, tooltip=[alt.Tooltip("nom:N", title=what), alt.Tooltip("texte:N", title=title)]
    )
    most = max((row["q3"] or row["mediane"] or 0 for row in rows), default=0) or 100  # days, when none is known
    along = alt.Scale(domain=[0, most * 1.8])  # room for the text after the longest bar
    axis = alt.Axis(title=title, grid=False, tickCount=6, format=",d")
    known = base.transform_filter("isValid(datum.mediane)")
    drawn = known.mark_bar(**names.thick(16), color=PALE, stroke=BLUE, strokeWidth=0.6).encode(
        x=alt.X("q1:Q", scale=along, axis=axis), x2="q3:Q"
    )
    middles = known.mark_point(filled=True, size=90, color=BLUE, opacity=1, yOffset=names.shift).encode(
        x=alt.X("mediane:Q", scale=along)
    )
    texts = base.mark_text(align="left", dx=10, dy=names.shift, fontSize=13, color=INK).encode(
        x=alt.X("loin:Q", scale=along), text="texte:N"
    )
    texts = texts.transform_calculate(loin="datum.q3 || datum.mediane || 0")
    return finish(alt.layer(drawn, middles, texts, *names.layers()).properties(height=names.height + 60))


def trend(rows: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Years of a figure, a line a territory, each with its dashes. rows: annee, valeur, nom, texte, est_choisi."""
    names = list(dict.fromkeys(row["nom"] for row in rows))
    years = sorted({row["annee"] for row in rows})
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("annee:O", title=None, axis=alt.Axis(labelAngle=0, labelFontSize=13), scale=alt.Scale(domain=years)),
        y=alt.Y("valeur:Q", title=None, scale=alt.Scale(zero=False, padding=20), axis=alt.Axis(tickCount=5)),
        tooltip=[
            alt.Tooltip("nom:N", title="Territoire"),
            alt.Tooltip("annee:O", title="Année"),
            alt.Tooltip("texte:N", title=title),
        ],
    )
    legend = alt.Legend(title=None, orient="top", symbolSize=900, symbolStrokeColor=INK)
    dash = alt.StrokeDash("nom:N", legend=legend, scale=alt.Scale(domain=names, range=DASHES[: len(names)]))
    colour = alt.condition("datum.est_choisi", alt.value(BLUE), alt.value(GREY))
    lines = base.mark_line(strokeWidth=2.5).encode(strokeDash=dash, color=colour, detail="nom:N")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(color=colour)
    return finish(alt.layer(lines, dots).properties(height=300))


def strips(rows: list[dict[str, Any]], medians: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """One mark an establishment along the values, a row a category; a thick mark at the median of each.

    rows: categorie, valeur, nom, texte. medians: categorie, mediane, texte.
    """
    names = _Names([row["categorie"] for row in medians], 34)
    along = alt.Scale(zero=False, padding=12)
    marks = (
        alt.Chart(alt.Data(values=[{**row, "nom": row["categorie"], "etablissement": row["nom"]} for row in rows]))
        .mark_tick(thickness=1.5, size=16, color=BLUE, opacity=0.55, yOffset=names.shift)
        .encode(
            x=alt.X("valeur:Q", title=title, scale=along, axis=alt.Axis(tickCount=6, grid=False)),
            y=names.y,
            tooltip=[alt.Tooltip("etablissement:N", title="Établissement"), alt.Tooltip("texte:N", title=title)],
        )
    )
    middles = (
        alt.Chart(alt.Data(values=[{**row, "nom": row["categorie"]} for row in medians]))
        .mark_tick(thickness=4, size=26, color=INK, yOffset=names.shift)
        .encode(
            x=alt.X("mediane:Q", scale=along),
            y=names.y,
            tooltip=[alt.Tooltip("nom:N", title="Catégorie"), alt.Tooltip("texte:N", title="Médiane")],
        )
    )
    return finish(alt.layer(marks, middles, *names.layers()).properties(height=names.height + 60))


def cells(rows: list[dict[str, Any]], marks: list[dict[str, Any]]) -> alt.LayerChart:
    """Number of establishments by cell of a grid. rows: longitude, latitude, n_et, texte."""
    most = max((row["n_et"] for row in rows), default=1)
    steps = sorted({1, max(1, most // 4), most})
    sizes = alt.Legend(title="Établissements ouverts", orient="top", format=",d", values=steps)
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_circle(color=BLUE, opacity=0.55)
        .encode(
            longitude="longitude:Q",
            latitude="latitude:Q",
            size=alt.Size("n_et:Q", scale=alt.Scale(range=[8, 500]), legend=sizes),
            tooltip=[alt.Tooltip("texte:N", title="Dans cette maille")],
        )
    )
    return _located(chart, marks)


def _located(chart: alt.Chart, marks: list[dict[str, Any]]) -> alt.LayerChart:
    """Points with the names of places instead of a basemap. marks: longitude, latitude, nom."""
    names = (
        alt.Chart(alt.Data(values=marks))
        .mark_text(color=GREY, fontSize=12, fontStyle="italic", dy=-10)
        .encode(longitude="longitude:Q", latitude="latitude:Q", text="nom:N")
    )
    return finish(alt.layer(chart, names).project("mercator").properties(height=600))


def timeline(rows: list[dict[str, Any]]) -> alt.Chart:
    """Events of an establishment along time. rows: date (ISO), jour, evenement, detail."""
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=True, size=130, color=BLUE, opacity=1)
        .encode(
            x=alt.X("date:T", title=None, axis=alt.Axis(format="%Y", tickCount=8), scale=alt.Scale(padding=25)),
            y=alt.Y("evenement:N", sort=None, title=None, axis=alt.Axis(labelLimit=240, labelFontSize=13, grid=True)),
            tooltip=[
                alt.Tooltip("jour:N", title="Date"),
                alt.Tooltip("evenement:N", title="Évènement"),
                alt.Tooltip("detail:N", title="Détail"),
            ],
        )
    )
    return finish(chart.properties(height=50 + 38 * len({row["evenement"] for row in rows})))


def stacked(rows: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Answers by element, split by agreement. rows: element, accord, n, rang (order of the parts), texte."""
    names = _Names(list(dict.fromkeys(row["element"] for row in rows)), 28)
    shades = {"Identiques": "#c1c1fb", "Écart toléré": "#7a7af0", "En désaccord": "#6b2500"}
    legend = alt.Legend(title="Accord entre les réponses", orient="top")
    scale = alt.Scale(domain=list(shades), range=list(shades.values()))
    chart = (
        alt.Chart(alt.Data(values=[{**row, "nom": row["element"]} for row in rows]))
        .mark_bar(**names.thick(18), stroke=WHITE)
        .encode(
            x=alt.X("n:Q", title=title, axis=alt.Axis(grid=False, tickCount=5, tickMinStep=1, format=",d")),
            y=names.y,
            color=alt.Color("accord:N", scale=scale, legend=legend),
            order=alt.Order("rang:Q"),
            tooltip=[
                alt.Tooltip("element:N", title="Donnée"),
                alt.Tooltip("accord:N", title="Accord"),
                alt.Tooltip("texte:N", title="Valeurs"),
            ],
        )
    )
    return finish(alt.layer(chart, *names.layers()).properties(height=names.height + 110))


# What becomes of the columns of forms, with the text colour that reads on each (contrast ≥ 4.5).
STATES = {
    "Préremplies": ("#000091", WHITE), "À confirmer": ("#c1c1fb", INK), "À demander": ("#f6d7b0", INK),
    "Non demandées": ("#e5e5e5", INK),
}  # fmt: skip


def states(rows: list[dict[str, Any]], of: str) -> alt.LayerChart:
    """Bars of 100, each split by what becomes of its columns. rows: nom, part for each of STATES. of: what a bar is.

    A part that is wide enough carries its number, so that colours are not alone to tell them apart.
    """
    drawn_rows: list[dict[str, Any]] = []
    for row in rows:
        start = 0.0
        for state, (_, ink) in STATES.items():
            part = float(row[state] or 0)
            middle, told = start + part / 2, number(part, 0) if part >= 6 else ""
            drawn_rows.append(
                {"nom": row["nom"], "etat": state, "debut": start, "fin": min(start + part, 100), "milieu": middle,
                 "dit": told, "texte": with_unit(part, "pct"), "encre": ink}
            )  # fmt: skip
            start += part
    base = alt.Chart(alt.Data(values=drawn_rows)).encode(
        y=alt.Y("nom:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelFontSize=13, ticks=False)),
        tooltip=[
            alt.Tooltip("nom:N", title=of),
            alt.Tooltip("etat:N", title="Ce que devient la case"),
            alt.Tooltip("texte:N", title="Part"),
        ],
    )
    shades = alt.Scale(domain=list(STATES), range=[shade for shade, _ in STATES.values()])
    bars_ = base.mark_bar(stroke=GREY, strokeWidth=0.6, height={"band": 0.7}).encode(
        x=alt.X("debut:Q", title="Part des cases, en %", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(grid=False)),
        x2="fin:Q",
        color=alt.Color("etat:N", scale=shades, legend=alt.Legend(title=None, orient="top", columns=2)),
    )
    figures = base.mark_text(fontSize=12).encode(
        x=alt.X("milieu:Q", title="Part des cases, en %"), text="dit:N", color=alt.Color("encre:N", scale=None)
    )
    layers = alt.layer(bars_, figures).resolve_scale(color="independent")
    return finish(layers.properties(height=28 * len(rows) + 130))


def gaps(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Rules compared with a reference, by group: one tile each, with its number. rows: groupe, regle, ecart, part, n.

    The tile of a rule that is ahead of the reference has a thick edge and a plus sign. The tile of one that is level
    with it is white.
    """
    drawn_rows = [
        {
            **row,
            "texte": number(row["ecart"], 1) if rounded(row["ecart"], 1) <= 0 else f"+{number(row['ecart'], 1)}",
            "est_devant": row["ecart"] > 0,
            "est_derriere": row["ecart"] < 0,
        }
        for row in rows
    ]
    base = alt.Chart(alt.Data(values=drawn_rows)).encode(
        x=alt.X(
            "regle:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0, labelFontSize=13, ticks=False)
        ),
        y=alt.Y("groupe:N", sort=None, title=None, axis=alt.Axis(labelLimit=330, labelFontSize=13, ticks=False)),
        tooltip=[
            alt.Tooltip("groupe:N", title="Thème"),
            alt.Tooltip("regle:N", title="Règle"),
            alt.Tooltip("part:N", title="Valeurs justes"),
            alt.Tooltip("n:N", title="Questions"),
        ],
    )
    tiles = base.mark_rect(stroke=INK).encode(
        color=alt.condition("datum.est_derriere", alt.value(PALE), alt.value(WHITE)),
        strokeWidth=alt.condition("datum.est_devant", alt.value(3), alt.value(0.3)),
    )
    texts = base.mark_text(fontSize=13, color=INK).encode(text="texte:N")
    return finish(alt.layer(tiles, texts).properties(height=30 * len({row["groupe"] for row in rows}) + 40))


def finish(chart: Any) -> Any:
    """Font, sober axes, no frame, French numbers and dates."""
    locale = {"number": NUMBER_LOCALE, "time": TIME_LOCALE}
    return (
        chart.configure(font=FONT, locale=locale, aria=False)  # the chart has its name, and its table: no mark is read
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, titleColor=INK, domainColor=GREY, tickColor=GREY, titleFontWeight="normal")
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=13, titleFontSize=13, labelLimit=300)
    )
