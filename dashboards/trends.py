"""A figure over the years, beside the medians of those it is compared with.

Belongs here: rows in, Altair chart out. Does not belong here: queries, the table beside (`components.drawing`).

Lines are told apart by their dashes and the shape of their points, and named in the legend, never by colour alone.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from dashboards.charts import BLUE, GREY, finish

MINE = "Cet établissement"
_LOOKS = (
    (BLUE, [1, 0], "circle"),
    ("#b34000", [6, 3], "square"),
    ("#18753c", [2, 2], "triangle-up"),
    (GREY, [8, 3, 2, 3], "diamond"),
)


def lines(rows: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """rows: serie, millesime, valeur, texte. The first series is the one that is looked at."""
    names = list(dict.fromkeys(row["serie"] for row in rows))
    looks = _LOOKS[: len(names)]
    legend = alt.Legend(title=None, orient="top", columns=2, symbolSize=140, symbolStrokeWidth=2)
    base = alt.Chart(alt.Data(values=[{**row, "annee": str(row["millesime"])} for row in rows])).encode(
        x=alt.X("annee:O", title=None, axis=alt.Axis(labelAngle=0, labelFontSize=13)),
        y=alt.Y("valeur:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, grid=True)),
        color=alt.Color("serie:N", scale=alt.Scale(domain=names, range=[look[0] for look in looks]), legend=legend),
        tooltip=[
            alt.Tooltip("serie:N", title="Série"),
            alt.Tooltip("annee:N", title="Année"),
            alt.Tooltip("texte:N", title=title),
        ],
    )
    drawn = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash(
            "serie:N", scale=alt.Scale(domain=names, range=[look[1] for look in looks]), legend=legend
        )
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        shape=alt.Shape("serie:N", scale=alt.Scale(domain=names, range=[look[2] for look in looks]), legend=legend)
    )
    return finish(alt.layer(drawn, points).properties(height=300))
