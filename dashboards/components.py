"""Pieces that every page uses: heading, empty state, figures, tables, a chart with its table, footer.

Belongs here: Streamlit calls shared by pages. Does not belong here: queries (`requetes`), charts (`charts`),
labels (`libelles`).
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

from dashboards import requetes
from dashboards.formats import INCONNU, instant_text, plain, text, with_unit
from dashboards.libelles import label
from dashboards.snapshot import NoPublicationError

CSV_MIME = "text/csv"
SHORT = 15  # rows up to which a table is plain HTML


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and how its values are written when they are numbers."""

    title: str
    decimals: int | None = None
    unit: str = ""


def open_base() -> requetes.Base:
    """The current publication; without one, the page says what to do and stops."""
    try:
        return requetes.current_base()
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


class Markdown(str):
    """A text of ours, with its marks; any other text is written as it is."""


def table(frame: pl.DataFrame, columns: Mapping[str, Column | str], name: str, key: str, *, grid: bool = False) -> None:
    """A table named `name`, with French titles and numbers; unknown reads « inconnu ».

    A short one is plain HTML, which screen readers walk through; a long one, or a `grid`, scrolls and can be sorted.
    """
    wanted = {source: c if isinstance(c, Column) else Column(c) for source, c in columns.items()}
    if frame.height <= SHORT and not grid:
        _short_table(frame, wanted, name)
        return
    shown = frame.select(list(wanted)).with_columns(cs.numeric().cast(pl.Float64)).to_pandas()
    shown.columns = [c.title for c in wanted.values()]
    numeric = {c.title: _writer(c) for source, c in wanted.items() if frame.schema[source].is_numeric()}
    dates = {c.title: _day for source, c in wanted.items() if frame.schema[source] == pl.Date}
    styled: Any = shown.style.format(cast(Any, {**numeric, **dates}))
    st.dataframe(styled, hide_index=True, width="stretch", placeholder=INCONNU, alt=name, key=key)


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
    st.table(pd.DataFrame(columns).style.format(cast(Any, writers)), hide_index=True, border="horizontal", alt=name)


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
    """A chart with its name for screen readers, and under it how to read it. Its table is the page's (`beside`)."""
    st.altair_chart(chart, theme=None, width="stretch", key=key, alt=name)
    st.caption(reading)


def beside(frame: pl.DataFrame, columns: Mapping[str, Column | str], name: str, key: str) -> None:
    """The same data as a chart, in a folded table."""
    with st.expander("Voir ces données en tableau", key=f"{key}_pli"):
        table(frame, columns, name, key)


def to_csv(frame: pl.DataFrame) -> bytes:
    """CSV that a French spreadsheet opens as it is: semicolons, decimal comma, UTF-8 with its mark."""
    return b"\xef\xbb\xbf" + frame.write_csv(separator=";", decimal_comma=True).encode("utf-8")


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


def footer(base: requetes.Base | None) -> None:
    """Which publication is read, and what « inconnu » means."""
    st.divider()
    if base is not None:
        st.caption(
            f"Publication **{base.publication.version}** du {instant_text(base.publication.published_at)} · "
            f"{base.perimetre.libelle}."
        )
    st.caption(
        "« inconnu » : aucune source livrée n'a donné cette information. Ce n'est ni zéro, ni non : "
        "elle n'entre dans aucune somme ni aucune moyenne."
    )


def translated(column: str, kind: str) -> pl.Expr:
    """A column of codes with their labels instead."""
    return pl.col(column).map_elements(lambda code: label(kind, code), return_dtype=pl.String, skip_nulls=False)
