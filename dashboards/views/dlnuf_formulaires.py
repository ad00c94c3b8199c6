"""What comes back filled: shares by form and by département of a territory. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.formulaires`),
one ESMS (`dlnuf_esms`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import Column, drawing, empty, table
from dashboards.controls import choose
from dashboards.exports import Export
from dashboards.formats import plain, whole, with_unit
from dashboards.views import dlnuf_esms, dlnuf_parts
from dashboards.views.lieu import Known

ALL = "Tous les formulaires"


def show(base: queries.Base, known: Known) -> None:
    st.header("Ce qui revient prérempli", anchor=False)
    niveau, code = known.choose(base)
    by_form = dlnuf_parts.named(queries.parts_par_formulaire(base, niveau, code))
    place = "France" if niveau == "france" else known.names[niveau][code]
    if by_form.is_empty():
        empty(f"Aucun formulaire n'interroge d'établissement ici ({plain(place)}).", "Choisissez un autre territoire.")
        return
    _by_form(by_form, place)
    _by_departement(base, niveau, code, by_form, place)
    dlnuf_esms.show(base)


def _by_form(by_form: pl.DataFrame, place: str) -> None:
    year = by_form["millesime"].max()
    title = f"Cases des formulaires, {place}, année demandée : {year}"
    total = sum(int(by_form[f"n_{part}"].sum()) for part in dlnuf_parts.PARTS if part != "non_demandes")
    filled, dui = (int(by_form[name].sum()) for name in ("n_preremplis", "n_depuis_dui"))
    said = (
        f"{place} : {whole(filled)} cases sur {whole(total)} demandées reviennent préremplies"
        f" ({with_unit(100 * filled / total if total else None, 'pct')}), dont {whole(dui)} depuis le dossier "
        "informatisé des établissements."
    )
    columns = {
        "formulaire_libelle": Column("Formulaire"),
        "n_esms": Column("Établissements interrogés", 0),
        **dlnuf_parts.share_columns(),
        **dlnuf_parts.dui_columns(),
    }
    about = Export(title, dlnuf_parts.DEFINITION, date=str(year))
    picture = dlnuf_parts.picture(by_form)
    drawing(picture, title, said, "formulaires", by_form, columns, about=about)
    st.caption(
        "Depuis le dossier informatisé : ce qu'il publie de l'établissement. Ce qu'il tait, parce que trop peu de "
        "personnes sont comptées, ne préremplit que le formulaire remis à l'établissement lui-même."
    )


def _by_departement(base: queries.Base, niveau: str, code: str, by_form: pl.DataFrame, place: str) -> None:
    names = dict(zip(by_form["formulaire"], by_form["formulaire_libelle"], strict=True))
    st.subheader("Par département", anchor=False)
    left, _ = st.columns([2, 3])
    with left:
        form = choose("Formulaire", [None, *names], lambda f: ALL if f is None else names[f], "formulaire",
                      forget=["page_formulaires_departements"])  # fmt: skip
    found = queries.parts_par_departement(base, niveau, code, form)
    title = f"Part des cases par département, {ALL.lower() if form is None else names[form]}, {place}"
    columns = {
        "departement_libelle": Column("Département"),
        "departement_code": Column("Code"),
        "n_esms": Column("Établissements interrogés", 0),
        **dlnuf_parts.share_columns(),
        **dlnuf_parts.dui_columns(),
    }
    table(found, columns, title, "formulaires_departements", about=Export(title, dlnuf_parts.DEFINITION))
