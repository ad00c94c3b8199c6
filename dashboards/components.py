"""Pieces that every page uses: heading, empty state, figures, tables, a chart with its table, their files, footer.

Belongs here: Streamlit calls shared by pages. Does not belong here: queries (`queries`), charts (`charts`),
labels (`labels`), controls (`controls`), the content of files (`exports`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, cast
from unicodedata import normalize

import altair as alt
import pandas as pd
import polars as pl
import streamlit as st

from dashboards import exports, queries, state
from dashboards.controls import choose, choose_page
from dashboards.current import NoPublicationError
from dashboards.exports import Column, Export
from dashboards.exports import hidden_columns as withheld
from dashboards.formats import INCONNU, SECRET, instant_text, plain, text, with_unit
from dashboards.labels import label

__all__ = [
    "Column", "Export", "Markdown", "download", "drawing", "empty", "figure", "files", "footer", "heading", "open_base",
    "read_sheet", "secrecy", "sheet", "shown", "table", "translated", "withheld",
]  # fmt: skip
SITE = "Données médico-sociales"
PAGE = 25  # rows of a table shown at once; its file holds them all
SORTABLE = 12  # rows from which an order can be chosen
_VERSION, _NOTES = "publication_lue", "place_des_avertissements"


def open_base() -> queries.Base:
    """The current publication. Without one, the page says what to do, and stops."""
    try:
        base = queries.current_base()
    except NoPublicationError as error:
        empty(str(error), "Livrez des fichiers puis lancez `dlnuf run`, ou essayez la démonstration : `dlnuf demo`.")
        footer(None)
        st.stop()
    st.session_state[_VERSION] = base.publication.version
    return base


def heading(title: str, lead: str) -> None:
    """The title of a page, on the page and in the browser; below it, what the page cannot do with its address."""
    state.begin()
    st.set_page_config(page_title=f"{title} – {SITE}")
    st.title(title, anchor=False)
    st.markdown(lead)
    st.session_state[_NOTES] = st.container()


def empty(what: str, todo: str) -> None:
    """A state without data: what is missing, and what to do about it."""
    st.info(f"**{what}** {todo}", icon=":material/info:")


def figure(label: str, value: str, note: str = "", help_text: str | None = None) -> None:
    """One key figure in a frame, with a line of comparison or of explanation."""
    with st.container(border=True, height="stretch"):
        st.metric(label, value, help=help_text)
        if note:
            st.caption(note)


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
    changed = f"d'au moins {least} personnes" if least else "d'assez de personnes"
    st.caption(
        "Les effectifs sont **arrêtés** : un effectif déjà publié n'est révisé que s'il a changé "
        f"{changed}, pour que deux publications ne disent pas, par différence, qui est venu ou parti. "
        "Il peut donc s'écarter un peu de ce qui est connu."
    )


class Markdown(str):
    """A text of ours, whose Markdown marks are interpreted. Any other text is shown as it is."""

    @property
    def text(self) -> str:
        """What is read of it: links by their words, marks left out."""
        if code := re.fullmatch(r"`([^`]*)`", self):
            return code[1]
        words = re.sub(r":[a-z]+-badge(?=\[)", "", self)
        words = re.sub(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\](?:\([^()]*\))?", r"\1", words)
        return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\*\*", "", words)).strip()


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, Column | str],
    name: str,
    key: str,
    *,
    about: Export | None = None,
    missing: str = INCONNU,
) -> None:
    """A table named `name`, with French titles and numbers, as plain HTML that screen readers walk through.

    A long one is shown a page at a time, in the order that people choose: both are in the address. Its files hold all
    its rows (`about`: what they say of it). An unknown value reads « inconnu », or `missing`; a hidden one « secret ».
    """
    wanted = _wanted(columns)
    ordered = _ordered(frame, wanted, key)
    first = PAGE * choose_page(ordered.height, PAGE, f"page_{key}")
    _html_table(ordered.slice(first, PAGE), wanted, name, missing)
    files(lambda: ordered, replace(about or Export(name), columns=wanted), key)


def _wanted(columns: Mapping[str, Column | str]) -> dict[str, Column]:
    return {source: c if isinstance(c, Column) else Column(c) for source, c in columns.items()}


def _ordered(frame: pl.DataFrame, wanted: Mapping[str, Column], key: str) -> pl.DataFrame:
    """The rows in the order chosen; that of the query when nothing is."""
    if frame.height < SORTABLE:
        return frame
    orders: dict[str, str] = {"": "L'ordre habituel"}
    for source, column in wanted.items():
        up, down = ("croissant", "décroissant") if frame.schema[source].is_numeric() else ("A à Z", "Z à A")
        if frame.schema[source].is_temporal():
            up, down = "du plus ancien", "du plus récent"
        orders |= {source: f"{column.title} : {up}", f"-{source}": f"{column.title} : {down}"}
    left, _ = st.columns([2, 3])
    with left:
        chosen = choose("Trier par", list(orders), orders.__getitem__, f"tri_{key}", forget=[f"page_{key}"])
    if not chosen:
        return frame
    return frame.sort(chosen.lstrip("-"), descending=chosen.startswith("-"), nulls_last=True, maintain_order=True)


def _html_table(frame: pl.DataFrame, wanted: Mapping[str, Column], name: str, missing: str) -> None:
    columns: dict[str, Any] = {}
    writers: dict[str, Callable[[Any], str]] = {}
    for source, column in wanted.items():
        if frame.schema[source].is_numeric():  # kept as numbers, which stand at the right
            columns[column.title] = pd.Series(frame[source].cast(pl.Float64).to_list(), dtype="float64")
            writers[column.title] = _writer(column, missing)
        elif column.link:
            columns[column.title] = [
                Markdown(f"[{plain(text(value))}]({address})") if address else plain(text(value))
                for value, address in zip(frame[source], frame[column.link], strict=True)
            ]
        else:
            write = _day if frame.schema[source].is_temporal() else _text
            columns[column.title] = [write(value) for value in frame[source]]
    styled: Any = pd.DataFrame(columns).style.format(cast(Any, writers))
    for place, row in enumerate(frame.iter_rows(named=True) if "secret" in frame.columns else ()):
        if names := [wanted[source].title for source in wanted if source in withheld(row)]:
            styled = styled.format(lambda _: SECRET, subset=([place], names))
    st.table(styled, hide_index=True, border="horizontal", alt=name)


def sheet(rows: Sequence[Mapping[str, str]], name: str, key: str | None = None, *, about: Export | None = None) -> None:
    """A table of texts, drawn as plain HTML that a screen reader walks through, a page at a time. rows: title → text.

    key: of its files; a table without key has none, because what stands beside it says how all of it is had.
    """
    first = PAGE * choose_page(len(rows), PAGE, f"page_{key}") if key is not None else 0
    drawn = rows if key is None else rows[first : first + PAGE]
    columns = {title: [_text(row[title]) for row in drawn] for title in rows[0]}
    st.table(columns, hide_index=True, border="horizontal", alt=name)
    if key is not None:
        files(lambda: read_sheet(rows), replace(about or Export(name), columns={t: Column(t) for t in rows[0]}), key)


def read_sheet(rows: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """The texts of a sheet as they are read, without their marks."""
    read = [{t: v.text if isinstance(v, Markdown) else v for t, v in row.items()} for row in rows]
    return pl.DataFrame(read, schema=dict.fromkeys(rows[0], pl.String))


def files(frame: Callable[[], pl.DataFrame], about: Export, key: str) -> None:
    """The three files of what is shown, each made when it is asked for."""
    about = replace(about, version=about.version or st.session_state.get(_VERSION, ""))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Télécharger :", width="content")
        for kind, (ending, mime, write) in exports.FORMATS.items():
            name = f"{_slug(about.title)}_{about.version}.{ending}"
            download(kind, partial(_made, write, frame, about), name, mime, f"{key}_{ending}", kind="tertiary")


def download(
    label: str,
    make: Callable[[], bytes],
    name: str,
    mime: str,
    key: str,
    *,
    kind: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """A button whose file is made when it is clicked, and only then."""
    st.download_button(
        label, data=make, file_name=name, mime=mime, key=key, type=kind, icon=":material/download:", on_click="ignore"
    )


def _made(write: Callable[[pl.DataFrame, Export], bytes], frame: Callable[[], pl.DataFrame], about: Export) -> bytes:
    return write(frame(), about)


def _slug(title: str) -> str:
    """« Âge moyen, en années » → « age_moyen_en_annees »."""
    bare = normalize("NFKD", title.lower().replace("œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[:60] or "tableau"


def _text(value: Any) -> str:
    return value if isinstance(value, Markdown) else plain(text(value))


def _day(value: Any) -> str:
    return INCONNU if pd.isna(value) else pd.Timestamp(value).strftime("%d/%m/%Y")


def _writer(column: Column, missing: str) -> Callable[[Any], str]:
    return lambda value: missing if pd.isna(value) else with_unit(float(value), column.unit, column.decimals)


def drawing(
    chart: Any,
    name: str,
    reading: str,
    key: str,
    frame: pl.DataFrame,
    columns: Mapping[str, Column | str],
    *,
    about: Export | None = None,
) -> None:
    """A chart with its name for screen readers, what it says in a sentence, and its data in a folded table with files.

    frame, columns: what is drawn, as a table shows it.
    """
    st.altair_chart(cast(alt.Chart, chart), theme=None, width="stretch", key=key, alt=name)
    st.caption(reading)
    with st.expander("Voir ces données en tableau", key=f"{key}_pli"):
        table(frame, columns, name, f"{key}_table", about=about)


def footer(base: queries.Base | None) -> None:
    """Which publication is read, and what « inconnu » means. By then, the page knows what of its address it ignored."""
    place = st.session_state.pop(_NOTES, None)
    for problem in [*state.current().problems, *state.current().unknown_names()] if place else ():
        place.warning(plain(problem), icon=":material/link_off:")
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
