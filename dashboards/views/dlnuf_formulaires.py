"""What comes back filled: shares by form, by département, and for one ESMS with its form. Part of the page `dlnuf`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.formulaires`),
making a form (`dashboards.form_download`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, form_download, queries, state
from dashboards.components import Column, download, drawing, empty, table
from dashboards.controls import choose, choose_territory, typed
from dashboards.exports import XLSX_MIME, Export
from dashboards.formats import count, plain, text, whole, with_unit

PARTS = {
    "preremplis": ("Préremplies", "une autre source le dit, sûrement ou à plusieurs"),
    "a_confirmer": ("À confirmer", "réponses qui diffèrent, douteuses, anciennes, ou seules"),
    "a_demander": ("À demander", "personne d'autre ne connaît la réponse"),
    "non_demandes": ("Non demandées", "la question porte sur un autre public"),
}
DEFINITION = (
    "Part des cases de chaque formulaire, avant toute réponse à la campagne : préremplies, à confirmer, à demander, ou "
    "non demandées."
)
ALL = "Tous les formulaires"
MORE = 25  # establishments listed by a search


def show(base: queries.Base) -> None:
    st.header("Ce qui revient prérempli", anchor=False)
    territories = {
        niveau: dict(zip(frame["territoire_code"], frame["territoire_libelle"], strict=True))
        for niveau in ("france", "region", "departement")
        if not (frame := queries.territoires(base, niveau)).is_empty()
    }
    if not territories:
        empty("La publication ne contient aucun territoire.", "Livrez une extraction FINESS, puis `dlnuf run`.")
        return
    niveau, code = choose_territory(territories, queries.narrowest_territory(base))
    by_form = queries.parts_par_formulaire(base, niveau, code)
    place = "France" if niveau == "france" else territories[niveau][code]
    if by_form.is_empty():
        empty(f"Aucun formulaire n'interroge d'établissement ici ({plain(place)}).", "Choisissez un autre territoire.")
        return
    _by_form(by_form, place)
    _by_departement(base, niveau, code, by_form, place)
    _one(base)


def _by_form(by_form: pl.DataFrame, place: str) -> None:
    year = by_form["millesime"].max()
    title = f"Cases des formulaires, {place}, année demandée : {year}"
    total = sum(int(by_form[f"n_{part}"].sum()) for part in PARTS if part != "non_demandes")
    filled, dui = (int(by_form[name].sum()) for name in ("n_preremplis", "n_depuis_dui"))
    said = (
        f"{place} : {whole(filled)} cases sur {whole(total)} demandées reviennent préremplies"
        f" ({with_unit(100 * filled / total if total else None, 'pct')}), dont {whole(dui)} depuis le dossier "
        "informatisé des établissements."
    )
    columns = {
        "formulaire_libelle": Column("Formulaire"),
        "n_esms": Column("Établissements interrogés", 0),
        **_share_columns(),
        **_dui_columns(),
    }
    about = Export(title, DEFINITION, date=str(year))
    picture = charts.states(_bars(by_form, "formulaire_libelle"), "Part des cases, en %", "Formulaire")
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
        **_share_columns(),
        **_dui_columns(),
    }
    table(found, columns, title, "formulaires_departements", about=Export(title, DEFINITION))


def _one(base: queries.Base) -> None:
    st.subheader("Pour un établissement", anchor=False)
    finess = _search(base)
    if finess is None:
        return
    found = queries.parts_d_un_esms(base, finess)
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
    columns = {"formulaire_libelle": Column("Formulaire"), **_count_columns(), **_dui_columns()}
    picture = charts.states(_bars(found, "formulaire_libelle"), "Part des cases, en %", "Formulaire")
    drawing(picture, title, plain(said), "formulaires_esms", found, columns, about=Export(title, DEFINITION))
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
        "complet, pour l'établissement lui-même : `dlnuf forms`."
    )
    if wanted:
        made = form_download.make(form, finess, forms[form]["millesime"] + 1)
        if isinstance(made, str):
            st.warning(plain(made), icon=":material/hourglass_empty:")
            return
        name, content = made
        download("Prendre le formulaire (XLSX)", lambda: content, name, XLSX_MIME, "formulaire_xlsx")


def _bars(found: pl.DataFrame, name: str) -> list[dict[str, Any]]:
    return [
        {"element": text(row[name]), "accord": title, "n": row[f"part_{part}"] or 0, "rang": rank,
         "texte": with_unit(row[f"part_{part}"], "pct")}
        for row in found.iter_rows(named=True)
        for rank, (part, (title, _)) in enumerate(PARTS.items())
    ]  # fmt: skip


def _share_columns() -> dict[str, Column]:
    return {f"part_{part}": Column(title, 1, "pct", said) for part, (title, said) in PARTS.items()}


def _count_columns() -> dict[str, Column]:
    return {f"n_{part}": Column(title, 0, definition=said) for part, (title, said) in PARTS.items()}


def _dui_columns() -> dict[str, Column]:
    return {
        "n_depuis_dui": Column(
            "Préremplies par le dossier informatisé", 0,
            definition="parmi les cases préremplies, celles que le dossier informatisé de l'établissement donne",
        ),
        "n_dui_a_confirmer": Column(
            "À confirmer d'après le dossier informatisé", 0,
            definition="parmi les cases à confirmer, celles dont il donne la première réponse",
        ),
    }  # fmt: skip
