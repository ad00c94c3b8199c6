"""What a page looks at, read from its address and written back to it (ADR 40).

Belongs here: the parameters of an address, what is said of those that a page does not know, what is kept from one page
to the next. Does not belong here: the controls that change them (`controls`), what a page shows.

The address is the truth: a control shows what it says, and a change of the control changes it. A link, the « back » of
the browser and a bookmark therefore give the same view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st

SHARED = ("niveau", "code", "annee")  # kept from page to page
_KEPT, _CURRENT = "etat_partage", "etat_de_la_page"
_SHOWN = 60  # characters of a wrong value that are said back


class State:
    """The parameters of one page, for one drawing of it.

    given: those of the address. kept: what the person chose on another page, used where the address says nothing.
    """

    def __init__(self, given: Mapping[str, Sequence[str]], kept: MutableMapping[str, str] | None = None) -> None:
        self._given = {name: list(values) for name, values in given.items()}
        self._kept = kept if kept is not None else {}
        self._declared: dict[str, list[str]] = {}
        self.problems: list[str] = []

    def one(self, name: str, allowed: Iterable[str], default: str) -> str:
        """The value of a parameter, among those allowed; the default when there is none, or another, which is said."""
        options = [*allowed]
        self._declared[name] = options
        values = self._given.get(name, [])
        if not values:
            kept = self._kept_for(name)
            return kept if kept in options else default
        if values[-1] in options:
            return values[-1]
        self._say_value(name, values[-1], options)
        return default

    def several(self, name: str, allowed: Iterable[str]) -> list[str]:
        """The values of a parameter that can be repeated, those allowed among them, in the order of `allowed`."""
        options = [*allowed]
        self._declared[name] = options
        for wrong in (value for value in self._given.get(name, []) if value not in options):
            self._say_value(name, wrong, options)
        return [option for option in options if option in self._given.get(name, [])]

    def text(self, name: str) -> str:
        """A parameter that may be any text; empty when there is none."""
        self._declared[name] = []
        return self.asked(name)

    def asked(self, name: str) -> str:
        """What the address says of a parameter, whatever is allowed; empty when it says nothing."""
        return next(iter(self._given.get(name, [])[-1:]), "")

    def keep(self, name: str, value: str) -> None:
        """What the next page starts from, when its address does not say."""
        self._kept[name] = value

    def left(self, name: str) -> str:
        """What the page before looked at."""
        return self._kept.get(name, "")

    def _kept_for(self, name: str) -> str:
        """What was kept of a parameter that the address leaves out; a code is one of the level it was kept with."""
        asked = self._given.get("niveau", [])
        other_level = name == "code" and bool(asked) and asked[-1] != self.left("niveau")
        return self.left(name) if name in SHARED and not other_level else ""

    def unknown_names(self) -> list[str]:
        """One sentence for each parameter of the address that the page, once drawn, turned out not to have."""
        names = [*self._declared, *SHARED]
        return [
            f"L'adresse demande « {_short(name)} », que cette page ne connaît pas{_suggestion(name, names)}."
            for name in self._given
            if name not in names
        ]

    def _say_value(self, name: str, value: str, options: Sequence[str]) -> None:
        near = _suggestion(value, options)
        known = "" if near or len(options) > 8 else f" ; connus : {', '.join(_short(o) or 'rien' for o in options)}"
        self.problems.append(
            f"L'adresse demande « {_short(name)}={_short(value)} », que cette page ne connaît pas{near}{known}. "
            "Le choix habituel est montré."
        )


def _short(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable if len(printable) <= _SHOWN else printable[: _SHOWN - 1] + "…"


def _suggestion(asked: str, known: Iterable[str]) -> str:
    near = get_close_matches(asked, [name for name in known if name], 1)
    return f" ; le plus proche : « {_short(near[0])} »" if near else ""


def begin() -> State:
    """The state of the page about to be drawn."""
    kept = st.session_state.setdefault(_KEPT, {})
    state = State({name: st.query_params.get_all(name) for name in st.query_params}, kept)
    st.session_state[_CURRENT] = state
    return state


def current() -> State:
    """The state of the page being drawn."""
    state = st.session_state.get(_CURRENT)
    return state if state is not None else begin()


def write(parameters: Mapping[str, Sequence[str]]) -> None:
    """Writes parameters to the address, at once; one without value leaves it."""
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    after = {name: [*values] for name, values in (before | dict(parameters)).items() if values}
    if after != before:
        st.query_params.from_dict({name: values[0] if len(values) == 1 else values for name, values in after.items()})


def on_change(name: str, encode: Callable[[Any], Sequence[str]], forget: Sequence[str] = ()) -> Callable[[], None]:
    """What a control calls when it changes: its value goes to the address, and what depended on it leaves."""

    def changed() -> None:
        values = encode(st.session_state[name])
        write({name: values, **dict.fromkeys(forget, ())})
        if not values:  # what was kept must not stand for what was just given up
            st.session_state.get(_KEPT, {}).pop(name, None)

    return changed


def link(page: str, **parameters: str) -> str:
    """Address of a page that keeps the territory and the year, with other parameters."""
    shared = {name: value for name, value in shared_parameters().items() if name not in parameters}
    return f"/{page}?{urlencode({**shared, **parameters}, quote_via=quote)}"


def fiches(finess: Iterable[str]) -> list[str]:
    """Addresses of the sheets of establishments. Not to be called by polars: its threads are of no session."""
    return [link("etablissement", finess=number) for number in finess]


def shared_parameters() -> dict[str, str]:
    """The territory and the year, as every link to another page carries them."""
    kept: Mapping[str, str] = st.session_state.get(_KEPT, {})
    return {name: kept[name] for name in SHARED if kept.get(name)}
