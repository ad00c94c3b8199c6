"""Compare: several criteria, then up to 500 establishments side by side, with the figures chosen.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.reperes`).

Everything is in the address, the list included: no account exists, a link or a bookmark keeps the comparison. A list
too long for an address is kept in a file, and given back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import queries, sheets, state
from dashboards.components import Column, empty, heading, open_base, table
from dashboards.controls import choose, several, typed
from dashboards.exports import Export
from dashboards.formats import INCONNU, count, number, plain, with_unit
from dashboards.queries import reperes
from dashboards.views.lieu import known_territories
from data_contracts.indicators import published
from data_contracts.indicators.declaration import ESMS

MOST = 500  # establishments side by side
IN_ADDRESS = 150  # FINESS numbers that an address holds without harm
FIGURES = 6  # figures side by side
NO_FIGURE = ""
SEARCHED, LISTED = "criteres", "liste"
FINESS = re.compile(r"(?<![0-9A-Za-z])(?:\d{2}|2[ABab])\d{7}(?![0-9A-Za-z])")
LISTS = {SEARCHED: "Par critères", LISTED: "Par une liste de numéros FINESS"}


def show() -> None:
    heading(
        "Comparer",
        f"Jusqu'à {MOST} établissements côte à côte, choisis par critères ou par une liste de numéros FINESS.",
    )
    base = open_base()
    known = reperes.comparable(base)
    names = {f"{r['code']}|{r['modalite']}": sheets.name_of(r) for r in known.iter_rows(named=True)}
    units = {f"{r['code']}|{r['modalite']}": r["unite_mesure"] for r in known.iter_rows(named=True)}
    by = choose("Choisir les établissements", list(LISTS), LISTS.__getitem__, "par", forget=["page_compares"])
    found = _listed(base) if by == LISTED else _searched(base, names)
    if found.is_empty():
        return
    asked = several("Chiffres à comparer", names, "chiffre", every="Les chiffres habituels")
    wanted = (asked or [key for key in _usual() if key in names])[:FIGURES]
    if len(asked) > FIGURES:
        st.caption(f"{FIGURES} chiffres au plus sont montrés, les premiers choisis dans l'ordre de la liste.")
    _compare(base, found, wanted, names, units)


def _usual() -> list[str]:
    """The figures that are shown when none was chosen: of each, the whole or the first of its parts."""
    usual = (indicator for indicator in published(ESMS) if indicator.usual)
    first = ((i.code, i.parts[0]) for i in usual)
    return [f"{code}|{part.code if part.code != code else ''}" for code, part in first]


def _listed(base: queries.Base) -> pl.DataFrame:
    """The establishments of a list: pasted, in the address, or in a file that was kept."""
    pasted = typed("Numéros FINESS, séparés par des espaces, des virgules ou des retours", "finess")
    kept = st.file_uploader("Ou un fichier gardé (CSV, texte) qui contient des numéros FINESS", type=["csv", "txt"])
    content = kept.getvalue().decode("utf-8", "replace") if kept is not None else ""
    numbers = list(dict.fromkeys(number.upper() for number in FINESS.findall(f"{pasted} {content}")))
    if not numbers:
        empty("Aucun numéro FINESS n'est donné.", "Collez des numéros de neuf caractères, ou déposez un fichier.")
        return pl.DataFrame(schema={"finess_et": pl.String})
    if len(numbers) > MOST:
        st.warning(f"{number(len(numbers), 0)} numéros sont donnés ; les {MOST} premiers sont comparés.")
    elif content and len(numbers) <= IN_ADDRESS:
        state.write({"finess": [" ".join(numbers)]})
    if content and len(numbers) > IN_ADDRESS:
        st.caption("Cette liste est trop longue pour l'adresse : gardez le fichier, et déposez-le de nouveau.")
    return pl.DataFrame({"finess_et": numbers[:MOST]})


def _searched(base: queries.Base, names: dict[str, str]) -> pl.DataFrame:
    forget = ["page_compares"]
    words = typed("Nom, commune, gestionnaire ou numéro FINESS", "mots", placeholder="Exemple : mimosas", forget=forget)
    known = known_territories(base)
    niveau, code = known.choose(base) if known else ("france", "FR")
    offered = queries.categories(base, niveau, code, queries.Filters())
    named = dict(zip(offered["categorie_code"], offered["categorie_libelle"], strict=True))
    categories = several("Catégorie", named, "categorie", every="Toutes", forget=forget)
    left, low_side, high_side = st.columns([2, 1, 1])
    with left:
        figure = choose(
            "Chiffre dont la dernière valeur est comprise…", [NO_FIGURE, *names],
            lambda key: names.get(key, "Aucune condition"), "selon", forget=[*forget, "min", "max"],
        )  # fmt: skip
    low, high = None, None
    if figure != NO_FIGURE:
        low, high = _limit(low_side, "Au moins", "min"), _limit(high_side, "Au plus", "max")
    found = reperes.select_establishments(
        base, words=words, categories=categories, niveau=niveau, code=code,
        figure=_key(figure) if figure != NO_FIGURE else None, low=low, high=high, limit=MOST,
    )  # fmt: skip
    if found.is_empty():
        empty("Aucun établissement ouvert ne répond à ces critères.", "Retirez-en un.")
        return found
    total = found["n_en_tout"][0]
    more = f" ; les {MOST} premiers sont comparés, précisez les critères" if total > MOST else ""
    st.markdown(f"**{count(total, 'établissement répond', 'établissements répondent')} aux critères**{more}.")
    return found


def _limit(place: DeltaGenerator, title: str, key: str) -> float | None:
    """A number typed as people write it, none when there is none; what is no number is said."""
    with place:
        asked = typed(title, key, placeholder="Exemple : 92,5", forget=["page_compares"])
    bare = re.sub(r"[\s\u00a0\u202f%€]", "", asked).replace(",", ".").replace("−", "-")
    if not bare:
        return None
    try:
        return float(bare)
    except ValueError:
        st.warning(f"« {plain(asked)} » n'est pas un nombre : cette limite n'est pas appliquée.")
        return None


def _key(figure: str) -> tuple[str, str]:
    code, _, modality = figure.partition("|")
    return code, modality


def _compare(
    base: queries.Base, found: pl.DataFrame, wanted: Sequence[str], names: dict[str, str], units: dict[str, str | None]
) -> None:
    frame = reperes.side_by_side(base, found["finess_et"].to_list(), [_key(figure) for figure in wanted])
    unknown = frame.filter(pl.col("raison_sociale").is_null())["finess_et"].to_list()
    if unknown:
        shown = ", ".join(unknown[:10]) + ("…" if len(unknown) > 10 else "")
        st.warning(f"Numéros absents des extractions FINESS livrées, gardés dans la liste : {shown}.")
    ranks = range(len(wanted))
    frame = frame.with_columns(
        pl.Series("lien", [state.link("etablissement", finess=f) for f in frame["finess_et"]], dtype=pl.String),
        pl.col("raison_sociale").fill_null(INCONNU),
        pl.concat_str("commune_libelle", pl.lit(" ("), "departement_code", pl.lit(")")).alias("lieu"),
        pl.Series("annees", [_years(r, ranks) for r in frame.iter_rows(named=True)], dtype=pl.String),
        pl.Series("alertes", [_alerts(r, wanted, names) for r in frame.iter_rows(named=True)], dtype=pl.String),
        pl.Series("secret", [_hidden(r, ranks) for r in frame.iter_rows(named=True)], dtype=pl.String),
    )
    columns: dict[str, Column | str] = {
        "raison_sociale": Column("Établissement", link="lien"),
        "finess_et": "FINESS",
        "lieu": "Commune",
        **{f"v{i}": Column(names[figure], unit=units[figure] or "") for i, figure in enumerate(wanted)},
        "annees": Column("Années", definition="Année de chaque chiffre, dans l'ordre des colonnes."),
        "alertes": "Alertes",
    }
    if frame["categorie_libelle"].n_unique() > 1:
        columns["categorie_libelle"] = "Catégorie"
    _sentence(frame, wanted, names, units)
    about = Export(
        "Comparaison d'établissements",
        definition="Dernière valeur connue de chaque chiffre, avec l'année qu'elle décrit.",
        coverage=count(frame.height, "établissement comparé", "établissements comparés"),
    )
    table(frame, columns, "Établissements comparés", "compares", about=about)
    st.caption(
        "Le fichier CSV de cette comparaison se dépose de nouveau sous « Par une liste » : c'est ainsi qu'une liste se "
        "garde. L'adresse de cette page la garde aussi."
    )


def _sentence(frame: pl.DataFrame, wanted: Sequence[str], names: dict[str, str], units: dict[str, str | None]) -> None:
    for i, figure in enumerate(wanted):
        values = frame[f"v{i}"].drop_nulls().to_numpy()
        if not len(values):
            st.caption(f"{plain(names[figure])} : {INCONNU} pour tous.")
            continue
        low, middle, high = (with_unit(float(v), units[figure]) for v in np.quantile(values, (0.25, 0.5, 0.75)))
        st.caption(
            f"{plain(names[figure])} : médiane {middle}, la moitié entre {low} et {high} "
            f"({len(values)} renseignés sur {frame.height})."
        )


def _alerts(row: dict[str, object], wanted: Sequence[str], names: dict[str, str]) -> str:
    told = [f"▲ {names[figure]} hors des seuils d'affichage" for i, figure in enumerate(wanted) if row[f"t{i}"]]
    if row["est_ouvert"] is False:
        told.insert(0, "établissement fermé")
    return " ; ".join(told) or "–"


def _years(row: dict[str, object], ranks: range) -> str:
    """« 2024 » when all that is known is of one year; else « 2024, –, 2023 », in the order of the columns."""
    years = [str(row[f"a{i}"] or "–") for i in ranks]
    return ", ".join(years) if len({*years} - {"–"}) > 1 else min(years, default="–")


def _hidden(row: dict[str, object], ranks: range) -> str:
    return ", ".join(f"v{i}" for i in ranks if row[f"s{i}"])
