"""Pieces that every page uses: heading, empty state, figures, tables, a chart with its table, footer.

Belongs here: Streamlit calls shared by pages. Does not belong here: queries (`queries`), charts (`charts`),
labels (`labels`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import altair as alt
import pandas as pd
import polars as pl
import polars.selectors as cs
import streamlit as st

from dashboards import queries
from dashboards.current import NoPublicationError
from dashboards.formats import INCONNU, SECRET, instant_text, plain, text, with_unit
from dashboards.labels import label, labels
from ingest.spreadsheet_text import harmless_frame

CSV_MIME = "text/csv"
SHORT = 15  # rows up to which a table is plain HTML


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and how its values are written when they are numbers."""

    title: str
    decimals: int | None = None
    unit: str = ""


def open_base() -> queries.Base:
    """The current publication. Without one, the page says what to do, and stops."""
    try:
        return queries.current_base()
    except NoPublicationError as error:
        empty(str(error), "Livrez des fichiers puis lancez `dlnuf run`, ou essayez la démonstration : `dlnuf demo`.")
        footer(None)
        st.stop()


def heading(title: str, lead: str) -> None:
    st.title(title, anchor=False)
    st.markdown(lead)


def empty(what: str, todo: str) -> None:
    """A state without data: what is missing, and what to do about it."""
    st.info(f"**{what}** {todo}", icon=":material/info:")


def figure(label: str, value: str, note: str = "", help_text: str | None = None) -> None:
    """One key figure in a frame, with a line of comparison or of explanation."""
    with st.container(border=True, height="stretch"):
        st.metric(label, value, help=help_text)
        if note:
            st.caption(note)


def withheld(row: Mapping[str, Any]) -> set[str]:
    """The columns of a row whose values are hidden because they count too few persons."""
    return {name for name in (row.get("secret") or "").split(", ") if name}


def shown(row: Mapping[str, Any], column: str, unit: str | None = None, decimals: int | None = None) -> str:
    """A value of a row with its unit; « secret » when it is hidden, « inconnu » when nobody knows it."""
    return SECRET if column in withheld(row) else with_unit(row.get(column), unit, decimals)


def secrecy(base: queries.Base) -> None:
    """Explains « secret » at the head of the pages that count persons."""
    least = base.publication.threshold
    few = f"moins de {least} personnes" if least else "trop peu de personnes"
    st.caption(
        f"**{SECRET}** : {few}, ou un effectif qui permettrait d'en retrouver un tel par différence. Ce n'est ni zéro, "
        f"ni « {INCONNU} ». Les moyennes et les parts suivent l'effectif qui les porte. Les personnes qui se sont "
        "opposées au traitement de leurs données ne sont pas comptées."
    )


class Markdown(str):
    """A text of ours, whose Markdown marks are interpreted. Any other text is shown as it is."""


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, Column | str],
    name: str,
    key: str,
    *,
    grid: bool = False,
    missing: str = INCONNU,
) -> None:
    """A table named `name`, with French titles and numbers. An unknown value reads « inconnu », or `missing` in a grid.

    A short table is plain HTML, which screen readers walk through. A long one, or a `grid`, scrolls and can be sorted.
    A table that counts persons is plain HTML whatever its length, so that its hidden values read « secret ».
    """
    wanted = {source: c if isinstance(c, Column) else Column(c) for source, c in columns.items()}
    if (frame.height <= SHORT or "secret" in frame.columns) and not grid:
        _short_table(frame, wanted, name)
        return
    shown = frame.select(list(wanted)).with_columns(cs.numeric().cast(pl.Float64)).to_pandas()
    shown.columns = [c.title for c in wanted.values()]
    numeric = {c.title: _writer(c) for source, c in wanted.items() if frame.schema[source].is_numeric()}
    dates = {c.title: _day for source, c in wanted.items() if frame.schema[source] == pl.Date}
    styled: Any = shown.style.format(cast(Any, {**numeric, **dates}))
    st.dataframe(styled, hide_index=True, width="stretch", placeholder=missing, alt=name, key=key)


def _short_table(frame: pl.DataFrame, wanted: Mapping[str, Column], name: str) -> None:
    columns: dict[str, Any] = {}
    writers: dict[str, Callable[[Any], str]] = {}
    for source, column in wanted.items():
        if frame.schema[source].is_numeric():  # kept as numbers, which stand at the right
            columns[column.title] = pd.Series(frame[source].cast(pl.Float64).to_list(), dtype="float64")
            writers[column.title] = _writer(column)
        else:
            write = _day if frame.schema[source] == pl.Date else _text
            columns[column.title] = [write(value) for value in frame[source]]
    styled: Any = pd.DataFrame(columns).style.format(cast(Any, writers))
    for place, row in enumerate(frame.iter_rows(named=True) if "secret" in frame.columns else ()):
        if names := [wanted[source].title for source in wanted if source in withheld(row)]:
            styled = styled.format(lambda _: SECRET, subset=([place], names))
    st.table(styled, hide_index=True, border="horizontal", alt=name)


def sheet(rows: Sequence[Mapping[str, str]], name: str) -> None:
    """A short table of texts, drawn as plain HTML that a screen reader walks through. rows: title → text."""
    columns = {title: [_text(row[title]) for row in rows] for title in rows[0]}
    st.table(columns, hide_index=True, border="horizontal", alt=name)


def _text(value: Any) -> str:
    return value if isinstance(value, Markdown) else plain(text(value))


def _day(value: Any) -> str:
    return INCONNU if pd.isna(value) else pd.Timestamp(value).strftime("%d/%m/%Y")


def _writer(column: Column) -> Callable[[Any], str]:
    return lambda value: INCONNU if pd.isna(value) else with_unit(float(value), column.unit, column.decimals)


def drawing(chart: alt.Chart | alt.LayerChart, name: str, reading: str, key: str) -> None:
    """A chart with its name for screen readers, and how to read it below. The page adds its table (`beside`)."""
    st.altair_chart(chart, theme=None, width="stretch", key=key, alt=name)
    st.caption(reading)


def beside(frame: pl.DataFrame, columns: Mapping[str, Column | str], name: str, key: str) -> None:
    """The data of a chart, in a folded table."""
    with st.expander("Voir ces données en tableau", key=f"{key}_pli"):
        table(frame, columns, name, key)


def to_csv(frame: pl.DataFrame) -> bytes:
    """CSV that a French spreadsheet opens as it is: semicolons, decimal comma, UTF-8 with its mark, no formula."""
    return b"\xef\xbb\xbf" + harmless_frame(frame).write_csv(separator=";", decimal_comma=True).encode("utf-8")


def download_csv(label: str, frame: Callable[[], pl.DataFrame], name: str, key: str) -> None:
    """A button that builds its file only when it is clicked."""
    st.download_button(
        label,
        data=lambda: to_csv(frame()),
        file_name=name,
        mime=CSV_MIME,
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )


def choose(label: str, options: Sequence[Any], names: Callable[[Any], str], key: str, **more: Any) -> Any:
    """A selectbox in French."""
    return st.selectbox(label, options, format_func=names, key=key, placeholder="Choisir…", **more)


def choose_territory(known: Mapping[str, Mapping[str, str]], first: tuple[str, str]) -> tuple[str, str]:
    """Lets the user choose a level, then a territory of that level.

    known: level → code → name. first: the level and the code that are chosen at the beginning.
    """
    left, right = st.columns([1, 2])
    with left:
        niveau = st.segmented_control(
            "Niveau",
            [level for level in labels("niveau") if known.get(level)],
            format_func=labels("niveau").__getitem__,
            default=first[0],
            required=True,
            key="niveau",
        )
    names = known[niveau]
    if niveau == "france":
        return niveau, next(iter(names))
    by_code = niveau == "departement"
    codes = sorted(names, key=lambda c: (len(c) > 2, c) if by_code else (False, names[c]))
    with right:
        code = choose(
            labels("niveau")[niveau],
            codes,
            lambda c: f"{names[c]} ({c})" if by_code else str(names[c]),
            key=f"code_{niveau}",
            index=codes.index(first[1]) if first[1] in codes else 0,
        )
    return niveau, code


def footer(base: queries.Base | None) -> None:
    """Which publication is read, and what « inconnu » means."""
    st.divider()
    if base is not None:
        st.caption(
            f"Publication **{base.publication.version}** du {instant_text(base.publication.published_at)} · "
            f"{base.perimeter.label}."
        )
    st.caption(
        "« inconnu » : aucune source livrée n'a donné cette information. Ce n'est ni zéro, ni non : "
        "elle n'entre dans aucune somme ni aucune moyenne."
    )


def translated(column: str, kind: str) -> pl.Expr:
    """A column of codes, replaced by their labels."""
    return pl.col(column).map_elements(lambda code: label(kind, code), return_dtype=pl.String, skip_nulls=False)
