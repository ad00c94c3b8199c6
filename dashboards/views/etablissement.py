"""One establishment: its sheet by tabs, its trends, and where its values come from.

Belongs here: layout and wording of the page. Does not belong here: what the sheet says (`dashboards.sheets`), where the
figures come from (`dashboards.queries`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, printed, queries, sheets, trends
from dashboards.components import Column, download, drawing, empty, figure, heading, open_base, sheet
from dashboards.controls import choose, segments
from dashboards.exports import Export
from dashboards.formats import day_text, plain, text, with_unit
from dashboards.labels import label
from dashboards.queries import reperes
from dashboards.views import etablissement_valeurs
from dashboards.views.recherche import choose_establishment

FLAG = ":material/flag:"
HINT = "Les accents et les majuscules ne comptent pas ; plusieurs mots restreignent la recherche."
TABS = {
    "reperes": "Chiffres et repères",
    "identite": "Identité et autorisations",
    "evolution": "Évolution",
    "valeurs": "Valeurs et provenance",
    "historique": "Historique",
}


def show() -> None:
    heading("Fiche établissement", "Un établissement ou service : ce que l'on sait de lui, et d'où cela vient.")
    base = open_base()
    finess = choose_establishment(base, "etablissement", "finess", HINT)
    if finess is None:
        return
    row = queries.etablissement(base, finess)
    if not row:
        st.header(f"FINESS {plain(finess)}", anchor=False)
        st.warning("Ce numéro n'est pas dans les extractions FINESS livrées : son identité est inconnue.", icon=FLAG)
        etablissement_valeurs.show(base, finess)
        return
    said = sheets.read(base, row)
    _title(said)
    _print(base, said)
    tab = segments("Partie de la fiche", list(TABS), TABS.__getitem__, "onglet", label_visibility="collapsed")
    if tab == "reperes":
        _key_figures(row)
        _sections(said, [section.key for section in said.figures])
    elif tab == "identite":
        _sections(said, ["identite", "autorisations"])
    elif tab == "evolution":
        _trend(base, row)
        _sections(said, ["evolution"])
    elif tab == "valeurs":
        etablissement_valeurs.show(base, finess)
    else:
        _timeline(queries.historique(base, [finess]))
        _sections(said, ["historique"])


def _title(said: sheets.Sheet) -> None:
    st.header(plain(said.name), anchor=False)
    st.markdown(f"FINESS {said.finess} · {plain(said.lead)}")
    if said.closed:
        st.warning(said.closed, icon=":material/event_busy:")


def _print(base: queries.Base, said: sheets.Sheet) -> None:
    name = f"fiche_{said.finess}_{base.publication.version}.pdf"
    download("Fiche à imprimer (PDF)", lambda: printed.pdf(said, base), name, printed.MIME, "fiche_pdf")


def _key_figures(row: dict[str, Any]) -> None:
    left, middle, right = st.columns(3)
    with left:
        figure("Places autorisées", with_unit(row["cap_autorisee_totale"], "places"), "Dernier millésime connu")
    with middle:
        figure("Places installées", with_unit(row["cap_installee_totale"], "places"), "Dernier millésime connu")
    with right:
        figure("Autorité compétente", label("financeur", row["financeur"]), "D'après la catégorie, a priori")


def _sections(said: sheets.Sheet, keys: list[str]) -> None:
    for section in (s for s in said.sections if s.key in keys):
        st.subheader(section.title, anchor=False)
        if not section.rows:
            empty(section.empty, "")
            continue
        if section.reading:
            st.caption(plain(section.reading))
        about = Export(f"{section.title} : {said.name} ({said.finess})", definition=section.reading)
        sheet(section.rows, section.title, section.key, about=about)


def _trend(base: queries.Base, row: dict[str, Any]) -> None:
    """One figure over the years, with the medians of its category."""
    figures = reperes.figures(base, [row["finess_et"]]).filter(pl.col("valeur").is_not_null())
    several = {
        f"{group['code'][0]}|{group['modalite'][0]}": group.sort("millesime")
        for group in figures.partition_by("code", "modalite", maintain_order=True)
        if group.height > 1
    }
    if not several:
        return
    names = {key: sheets.name_of(group.row(0, named=True)) for key, group in several.items()}
    first = next((key for key in several if key.startswith("TO_")), None)
    chosen = choose("Chiffre", list(several), names.__getitem__, "chiffre", default=first)
    mine = several[chosen]
    unit = mine["unite_mesure"][0]
    marks = reperes.marks(base, row["categorie_code"], row["departement_code"], row["region_code"]).join(
        mine.select("code", "modalite", "millesime"), on=["code", "modalite", "millesime"]
    )
    series = [mine.select(pl.lit(trends.MINE).alias("serie"), "millesime", "valeur")]
    series += [
        marks.filter(pl.col("niveau") == level)
        .sort("millesime")
        .select(pl.lit(f"Médiane : {title}").alias("serie"), "millesime", pl.col("mediane").alias("valeur"))
        for level, title in sheets.LEVELS.items()
    ]
    frame = pl.concat(series).with_columns(pl.col("millesime").cast(pl.String))
    rows = [{**r, "texte": with_unit(r["valeur"], unit)} for r in frame.iter_rows(named=True)]
    columns = {"serie": "Série", "millesime": "Année", "valeur": Column("Valeur", unit=unit or "")}
    title = names[chosen]
    drawing(trends.lines(rows, title), f"Évolution : {title}", _sentence(mine, title, unit), "courbe", frame, columns)


def _sentence(mine: pl.DataFrame, name: str, unit: str | None) -> str:
    first, last = mine.row(0, named=True), mine.row(-1, named=True)
    return (
        f"{plain(name)} : {with_unit(first['valeur'], unit)} en {first['millesime']}, "
        f"{with_unit(last['valeur'], unit)} en {last['millesime']}. Médianes des établissements ouverts de "
        f"la même catégorie ; aucune de moins de {reperes.FEWEST} établissements. Une année sans point est inconnue."
    )


def _timeline(events: pl.DataFrame) -> None:
    dated = [
        {"date": r["date_evenement"].isoformat(), "jour": day_text(r["date_evenement"]),
         "evenement": label("evenement", r["evenement"]), "detail": text(r["valeur_apres"])}
        for r in events.iter_rows(named=True) if r["date_evenement"] is not None
    ]  # fmt: skip
    if len(dated) < 2:
        return
    reading = (
        "Un point par évènement, du plus ancien à gauche au plus récent à droite. Un changement constaté entre deux "
        "extractions porte la date de la première qui le montre."
    )
    frame = pl.DataFrame(dated)
    columns = {"jour": "Date", "evenement": "Évènement"}
    drawing(charts.timeline(dated), "Frise des évènements de l'établissement", reading, "frise", frame, columns)
