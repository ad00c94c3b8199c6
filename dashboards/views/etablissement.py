"""One establishment: search, identity, history, values and where they come from, indicators.

Belongs here: layout and wording. Does not belong here: where the figures come from
(`dashboards.queries.etablissements`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, queries
from dashboards.components import drawing, empty, figure, heading, open_base, sheet
from dashboards.controls import choose, typed
from dashboards.formats import count, day_text, plain, text, with_unit
from dashboards.labels import label, nomenclature, source
from dashboards.views import etablissement_indicateurs, etablissement_valeurs

FLAG = ":material/flag:"
MORE = 50  # establishments listed by a search


def show() -> None:
    heading("Fiche établissement", "Un établissement ou service : ce que l'on sait de lui, et d'où cela vient.")
    base = open_base()
    finess = _search(base)
    if finess is None:
        return
    row = queries.etablissement(base, finess)
    if not row:
        st.header(f"FINESS {finess}", anchor=False)
        st.warning("Ce numéro n'est pas dans les extractions FINESS livrées : son identité est inconnue.", icon=FLAG)
        etablissement_valeurs.show(base, finess)
        return
    _title(row)
    identity, values, indicators, history = st.tabs(["Identité", "Valeurs et provenance", "Indicateurs", "Historique"])
    with identity:
        _identity(row)
    with values:
        etablissement_valeurs.show(base, finess)
    with indicators:
        etablissement_indicateurs.show(base, finess)
    with history:
        _history(base, finess)


def _search(base: queries.Base) -> str | None:
    """FINESS of the establishment chosen, or asked for in the address (?finess=)."""
    asked = typed(
        "Numéro FINESS, nom ou commune", "finess", placeholder="Exemple : 590782553, ou mimosas lille", forget=["choix"]
    )
    if not asked.strip():
        st.caption("Les accents et les majuscules ne comptent pas ; plusieurs mots restreignent la recherche.")
        return None
    matches = queries.search(base, asked, MORE)
    if matches.is_empty() and queries.has_values(base, asked.strip()):
        return asked.strip()
    if matches.is_empty():
        empty(f"Aucun établissement ne répond à « {plain(asked)} ».", "Essayez un seul mot, la commune ou le FINESS.")
        return None
    names = {
        r["finess_et"]: f"{text(r['raison_sociale'])} · {text(r['commune_libelle'])} ({text(r['departement_code'])}) · "
        f"{r['finess_et']}" + (" · fermé" if r["est_ouvert"] is False else "")
        for r in matches.iter_rows(named=True)
    }
    more = f" (les {MORE} premiers ; précisez la recherche)" if matches.height >= MORE else ""
    title = count(matches.height, "établissement trouvé", "établissements trouvés") + more
    return choose(title, list(names), names.__getitem__, key="choix")


def _title(row: dict[str, Any]) -> None:
    st.header(plain(text(row["raison_sociale"])), anchor=False)
    closed = f"Fermé le {day_text(row['date_fermeture'])}" if row["date_fermeture"] else "Fermé, date inconnue"
    state = {True: "Ouvert", False: closed}.get(row["est_ouvert"], "Ouvert ou fermé : inconnu")
    place = f"{plain(text(row['commune_libelle']))} ({text(row['departement_code'])})"
    st.markdown(f"{plain(text(row['categorie_libelle']))} · {place} · **{state}**")
    if row["est_ouvert"] is False:
        st.warning("Cet établissement est fermé : ses valeurs décrivent le passé.", icon=":material/event_busy:")


def _identity(row: dict[str, Any]) -> None:
    left, middle, right = st.columns(3)
    with left:
        figure("Places autorisées", with_unit(row["cap_autorisee_totale"], "places"), "Dernier millésime connu")
    with middle:
        figure("Places installées", with_unit(row["cap_installee_totale"], "places"), "Dernier millésime connu")
    with right:
        figure("Autorité compétente", label("financeur", row["financeur"]), "D'après la catégorie, a priori")
    located = row["longitude"] is not None and row["latitude"] is not None
    facts = {
        "Numéro FINESS": row["finess_et"],
        "SIRET": row["siret"],
        "Catégorie": nomenclature("finess_categories", row["categorie_code"]),
        "Domaine": label("domaine", row["domaine"]),
        "Gestionnaire": f"{text(row['raison_sociale_ej'])} (FINESS {text(row['finess_ej'])})",
        "Statut juridique": nomenclature("finess_statuts_juridiques", row["statut_juridique_code"]),
        "Statut regroupé": label("statut_agrege", row["statut_agrege"]),
        "Fixation des tarifs": nomenclature("finess_modes_tarification", row["mode_tarification_code"]),
        "Adresse": f"{text(row['adresse'])}, {text(row['code_postal'])} {text(row['commune_libelle'])}",
        "Département": f"{text(row['departement_libelle'])} ({text(row['departement_code'])})",
        "Région": row["region_libelle"],
        "Latitude et longitude": f"{row['latitude']:.5f} ; {row['longitude']:.5f}".replace(".", ",")
        if located
        else None,
        "Date d'ouverture": day_text(row["date_ouverture"]),
        "Extraction FINESS": day_text(row["date_extraction"]),
    }
    sheet([{"Information": name, "Valeur": text(value)} for name, value in facts.items()], "Identité", "identite")


def _history(base: queries.Base, finess: str) -> None:
    events = queries.historique(base, finess)
    if events.is_empty():
        empty(
            "Aucun évènement n'est connu.",
            "L'historique se construit à mesure que des extractions FINESS sont livrées.",
        )
        return
    rows = [
        {
            "date": "" if r["date_evenement"] is None else r["date_evenement"].isoformat(),
            "jour": day_text(r["date_evenement"]),
            "evenement": label("evenement", r["evenement"]),
            "detail": _detail(r),
            "source": source(r["source"]),
        }
        for r in events.iter_rows(named=True)
    ]
    columns = {"jour": "Date", "evenement": "Évènement", "detail": "Détail", "source": "Source"}
    dated = [row for row in rows if row["date"]]
    if len(dated) > 1:
        reading = (
            "Un point par évènement, du plus ancien à gauche au plus récent à droite. Un changement constaté entre "
            "deux extractions porte la date de la première qui le montre."
        )
        drawing(
            charts.timeline(dated),
            "Frise des évènements de l'établissement",
            reading,
            "frise",
            pl.DataFrame(rows),
            columns,
        )
        return
    sheet([{title: row[name] for name, title in columns.items()} for row in rows], "Évènements", "evenements")


def _detail(row: dict[str, Any]) -> str:
    before, after = text(row["valeur_avant"]), text(row["valeur_apres"])
    if row["evenement"] == "capacite":
        lists = {
            "finess_disciplines": row["discipline_code"],
            "finess_modes_fonctionnement": row["mode_fonctionnement_code"],
            "finess_clienteles": row["clientele_code"],
        }
        where = ", ".join(nomenclature(name, code) for name, code in lists.items() if code)
        return f"{before} → {after} places" + (f" ; {where}" if where else "")
    if row["evenement"] == "changement_ej":
        return f"Gestionnaire {before} → {after} (numéros FINESS)"
    return "–"
