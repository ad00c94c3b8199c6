"""What one ESMS has no longer to type, and its form to take. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.formulaires`),
making a form (`dashboards.form_download`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import form_download, queries
from dashboards.components import Column, download, drawing, empty
from dashboards.controls import choose
from dashboards.exports import XLSX_MIME, Export
from dashboards.formats import count, plain, text, with_unit
from dashboards.views import dlnuf_parts
from dashboards.views.recherche import choose_establishment

HINT = "Cherchez un établissement pour voir ce qu'il n'a plus à saisir, et prendre son formulaire."


def show(base: queries.Base) -> None:
    st.subheader("Pour un établissement", anchor=False)
    finess = choose_establishment(base, "dlnuf", "etablissement", HINT)
    if finess is None:
        return
    found = dlnuf_parts.named(queries.parts_d_un_esms(base, finess))
    name = f"{text(queries.etablissement(base, finess).get('raison_sociale'))} ({finess})"
    if found.is_empty():
        empty(f"Aucun formulaire n'interroge {plain(name)}.", "Il est fermé, ou aucune collecte ne le concerne.")
        return
    title = f"Cases des formulaires de {name}"
    best = found.row(0, named=True)
    said = (
        f"{name} : {count(found.height, 'formulaire', 'formulaires')} ; le plus rempli, "
        f"« {best['formulaire_libelle']} », revient prérempli à {with_unit(best['part_preremplis'], 'pct')}."
    )
    columns = {"formulaire_libelle": Column("Formulaire"), **dlnuf_parts.count_columns(), **dlnuf_parts.dui_columns()}
    picture = dlnuf_parts.picture(found)
    drawing(
        picture, title, plain(said), "formulaires_esms", found, columns, about=Export(title, dlnuf_parts.DEFINITION)
    )
    _file(finess, found)


def _file(finess: str, found: pl.DataFrame) -> None:
    """The form itself: made when it is asked for, then to be taken."""
    forms = {row["formulaire"]: row for row in found.iter_rows(named=True)}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        form = choose("Formulaire à prendre", list(forms), lambda f: forms[f]["formulaire_libelle"], "a_prendre")
    with right:
        wanted = st.button("Préparer ce formulaire", icon=":material/edit_document:", key="preparer_formulaire")
    st.caption(
        "Les effectifs de personnes que cette publication tient secrets y sont laissés à demander. Le formulaire "
        "complet, pour l'établissement lui-même : « dlnuf forms »."
    )
    if wanted:
        made = form_download.make(form, finess, forms[form]["millesime"] + 1)
        if isinstance(made, str):
            st.warning(plain(made), icon=":material/hourglass_empty:")
            return
        name, content = made
        download("Prendre le formulaire (XLSX)", lambda: content, name, XLSX_MIME, "formulaire_xlsx")
