"""What one ESMS has no longer to type, and its form to take. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.formulaires`),
making a form (`dashboards.form_download`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import form_download, queries, state
from dashboards.components import Column, download, drawing, empty, table
from dashboards.controls import choose, typed
from dashboards.exports import XLSX_MIME, Export
from dashboards.formats import count, plain, text, with_unit
from dashboards.views import dlnuf_parts

MORE = 25  # establishments listed by a search


def show(base: queries.Base) -> None:
    st.subheader("Pour un établissement", anchor=False)
    finess = _search(base)
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


def _search(base: queries.Base) -> str | None:
    """FINESS of the ESMS in the address (?etablissement=), or of the only one that answers a search."""
    asked = typed(
        "Numéro FINESS, nom ou commune", "etablissement", placeholder="Exemple : 590782553, ou mimosas lille"
    ).strip()
    if not asked:
        st.caption("Cherchez un établissement pour voir ce qu'il n'a plus à saisir, et prendre son formulaire.")
        return None
    if queries.etablissement(base, asked):
        return asked
    matches = queries.search(base, asked, MORE)
    if matches.height == 1:
        return matches["finess_et"][0]
    if matches.is_empty():
        empty(f"Aucun établissement ne répond à « {plain(asked)} ».", "Essayez un seul mot, la commune ou le FINESS.")
        return None
    links = [state.link("dlnuf", etablissement=f) for f in matches["finess_et"]]
    found = matches.with_columns(pl.Series("lien", links, dtype=pl.String))
    columns = {
        "raison_sociale": Column("Établissement", link="lien"),
        "commune_libelle": Column("Commune"),
        "finess_et": Column("FINESS"),
    }
    table(found, columns, "Établissements trouvés", "formulaires_trouves")
    return None


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
