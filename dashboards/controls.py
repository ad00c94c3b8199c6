"""Controls that people change, each bound to the parameter of the address that has the name of its key.

Belongs here: selectboxes, segments, multiple choices, the territory and the year. Does not belong here: what the
address holds (`state`), what is offered to choose (pages).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import state
from dashboards.labels import labels
from dashboards.queries.populations import region_of

_TERRITORY = 300  # pixels of the name of a territory
LATEST = ""  # the year in which each figure was last known


def _code(option: Any) -> str:
    return "" if option is None else str(option)


def choose(
    title: str,
    options: Sequence[Any],
    names: Callable[[Any], str],
    key: str,
    *,
    default: Any = None,
    forget: Sequence[str] = (),
    help_text: str | None = None,
) -> Any:
    """One of the options, by a selectbox; the first one unless `default` is among them. It is in the address.

    forget: parameters that leave the address when this one changes (a page number, once the filter changes).
    """
    codes, first = _coded(options, default)
    st.session_state[key] = state.current().one(key, codes, first)
    chosen = st.selectbox(
        title,
        list(codes),
        format_func=lambda code: names(codes[code]),
        key=key,
        placeholder="Choisir…",
        help=help_text,
        on_change=state.on_change(key, lambda code: _unless(code, first), forget),
    )
    return codes[chosen]


def segments(
    title: str, options: Sequence[Any], names: Callable[[Any], str], key: str, *, default: Any = None,
    forget: Sequence[str] = (), label_visibility: Any = "visible",
) -> Any:  # fmt: skip
    """The same for few options, side by side: what tabs are for, and the address says which one is open."""
    codes, first = _coded(options, default)
    st.session_state[key] = state.current().one(key, codes, first)
    chosen: Any = st.segmented_control(
        title,
        list(codes),
        format_func=lambda code: names(codes[code]),
        key=key,
        required=True,
        label_visibility=label_visibility,
        on_change=state.on_change(key, lambda code: _unless(code, first), forget),
    )
    return codes[chosen]


def several(
    title: str, names: Mapping[str, str], key: str, *, every: str = "Tous", forget: Sequence[str] = ()
) -> list[str]:
    """Any number of options (code → name); none chosen is all of them. They are in the address, one parameter each."""
    st.session_state[key] = state.current().several(key, names)
    chosen: Any = st.multiselect(
        title,
        list(names),
        format_func=lambda code: names.get(code) or code,
        key=key,
        placeholder=every,
        on_change=state.on_change(key, lambda chosen: chosen, forget),
    )
    return chosen


def typed(title: str, key: str, *, placeholder: str = "", forget: Sequence[str] = ()) -> str:
    """A text that people type. It is in the address."""
    st.session_state[key] = state.current().text(key)
    text: Any = st.text_input(
        title,
        key=key,
        placeholder=placeholder,
        on_change=state.on_change(key, lambda asked: [asked] if asked.strip() else [], forget),
    )
    return text


def _coded(options: Sequence[Any], default: Any) -> tuple[dict[str, Any], str]:
    codes = {_code(option): option for option in options}
    return codes, _code(default) if default in options else next(iter(codes))


def _unless(code: str | None, first: str) -> list[str]:
    return [] if code is None or code == first else [code]


def choose_territory(
    known: Mapping[str, Mapping[str, str]], first: tuple[str, str], departements: Mapping[str, str]
) -> tuple[str, str]:
    """A level, then a territory of that level, kept from page to page and always told by the address.

    known: level → code → name. first: the level and the code of who has chosen nothing yet. departements: of each EPCI.
    """
    here = state.current()
    levels = [level for level in labels("niveau") if known.get(level)]
    niveau = here.one("niveau", levels, first[0])
    st.session_state["niveau"] = niveau
    names = known[niveau]
    by_code = niveau == "departement"
    beside = {code: code for code in names} if by_code else departements if niveau == "epci" else {}
    codes = sorted(names, key=lambda c: (len(c) > 2, c) if by_code else (False, names[c], c))
    code = here.one("code", codes, _first_code(codes, niveau, first, here.left("code"), departements))
    st.session_state["code"] = code
    with st.container(horizontal=True, vertical_alignment="bottom"):  # one under the other where there is no room
        st.segmented_control(
            "Niveau",
            levels,
            format_func=labels("niveau").__getitem__,
            required=True,
            key="niveau",
            on_change=state.on_change("niveau", lambda level: [level] if level else [], ["code"]),
            width="content",
        )
        if len(codes) > 1 or niveau != "france":
            st.selectbox(
                labels("niveau")[niveau],
                codes,
                format_func=lambda c: f"{names[c]} ({beside[c]})" if beside.get(c) else names[c],
                key="code",
                on_change=state.on_change("code", lambda c: [c] if c else []),
                width=_TERRITORY,
            )
    if here.left("code") or (niveau, code) != first:  # the first view of all is that of an address that says nothing
        state.write({"niveau": [niveau], "code": [code]})
    here.keep("niveau", niveau)
    here.keep("code", code)
    return niveau, code


def _first_code(
    codes: Sequence[str], niveau: str, first: tuple[str, str], left: str, departements: Mapping[str, str]
) -> str:
    """Of a level that was just asked for: what was shown before, in it or around it, else the first in order."""
    departement = departements.get(left, left)
    if niveau == "epci":
        inside = departement if departement in departements.values() else first[1]
        return next((code for code in codes if departements.get(code) == inside), codes[0])
    if niveau == "departement" and left in departements:
        wanted = departement
    else:
        around = region_of(departement) or region_of(first[1])
        wanted = first[1] if first[0] == niveau else around if niveau == "region" else None
    return wanted if wanted is not None and wanted in codes else codes[0]


def choose_year(years: Sequence[int]) -> int | None:
    """A year, kept from page to page; None: the last one known of each figure. years: the latest first.

    A year chosen on another page stays, even when nothing of this one is known then: its figures say so.
    """
    here = state.current()
    from_elsewhere = {year for year in (here.asked("annee"), here.left("annee")) if re.fullmatch(r"(19|20)\d\d", year)}
    options = [LATEST, *sorted({*map(str, years), *from_elsewhere}, reverse=True)]
    year = here.one("annee", options, LATEST)
    st.session_state["annee"] = year
    st.selectbox(
        "Année",
        options,
        format_func=lambda y: y or "La dernière connue",
        key="annee",
        on_change=state.on_change("annee", lambda y: [y] if y else []),
    )
    state.write({"annee": [year] if year else []})
    here.keep("annee", year)
    return int(year) if year else None


def choose_page(n_rows: int, size: int, key: str) -> int:
    """Which page of a long table is shown, from 0; without control when there is one page."""
    pages = -(-n_rows // size)
    if pages < 2:
        return 0
    return choose("Page", range(1, pages + 1), lambda n: f"{n} sur {pages}", key) - 1
