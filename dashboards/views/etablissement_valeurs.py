"""Values of an establishment by theme, and « D'où vient ce chiffre ? ». Part of the page `etablissement`.

Belongs here: layout and wording. Does not belong here: where the figures come from
(`dashboards.queries.etablissements`).
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import Markdown, empty, sheet
from dashboards.controls import choose
from dashboards.formats import INCONNU, exact, plain, text, whole
from dashboards.labels import DATED, composante, dated, element_value, label, readable, regle, source, theme

LATEST, EVERY = "Le dernier connu", "Tous"
MARKS = {"divergent": "◆ ", "tolere": "◇ "}


def show(base: queries.Base, finess: str) -> None:
    values = queries.valeurs(base, finess)
    if values.is_empty():
        empty("Aucune valeur n'est retenue.", "Aucune collecte livrée ne porte sur cet établissement.")
        return
    groups = {g: theme(g) for g in dict.fromkeys(values["groupe"])}
    left, right = st.columns([2, 1])
    with left:
        group = choose("Thème", list(groups), groups.__getitem__, key="theme")
    years = sorted(set(values["millesime"]), reverse=True)
    with right:
        year = choose("Millésime", [LATEST, EVERY, *years], str, key="millesime")
    one_year = pl.col("millesime") == year if isinstance(year, int) else pl.lit(True)
    period = pl.col("est_derniere") if year == LATEST else one_year
    shown = values.filter(pl.col("groupe").eq_missing(pl.lit(group, dtype=pl.String)) & period)
    if shown.is_empty():
        empty("Aucune valeur de ce thème pour ce millésime.", f"Choisissez « {LATEST} » ou un autre millésime.")
        return
    rows = list(shown.iter_rows(named=True))
    sheet([_line(row) for row in rows], f"Valeurs retenues : {groups[group]}", "valeurs")
    st.caption("◆ réponses en désaccord · ◇ écart toléré · ▲ valeur signalée : gardée, à lire avec prudence.")
    _provenance(base, rows)


def _name(row: dict[str, Any]) -> str:
    name = row["element_libelle"] or readable(row["element_id"])
    return f"{name} · {composante(row['element_id'], row['composante'])}" if row["composante"] else name


def shown_value(row: dict[str, Any], element_id: str, unit: str | None) -> str:
    """A value as it is read: number as given with its unit, date, label of a code, text."""
    if row.get("valeur_nombre") is not None:
        return exact(row["valeur_nombre"], unit)
    value = row.get("valeur")
    if value is None:
        return INCONNU
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return "/".join(reversed(value.split("-")))
    return element_value(element_id, value)


def _line(row: dict[str, Any]) -> dict[str, str]:
    value = plain(shown_value(row, row["element_id"], row["unite_mesure"]))
    period = f"{row['millesime']}, {label('base_temporelle', row['base_temporelle'])}"
    return {
        "Donnée": MARKS.get(row["statut"], "") + _name(row),
        "Valeur": Markdown(f"**{value}** :orange-badge[▲ signalée]" if row["alerte"] else f"**{value}**"),
        "Millésime": period
        + {"groupe": " (groupe de sites)", "inconnu": " (périmètre non dit)"}.get(row["perimetre"], ""),
        "Source": source(row["source"]),
        "Accord": label("statut", row["statut"]),
        "Réponses": whole(row["n_reponses"]),
    }


def _provenance(base: queries.Base, rows: list[dict[str, Any]]) -> None:
    st.subheader("D'où vient ce chiffre ?", anchor=False)
    titles = {i: ", ".join((line["Donnée"], line["Millésime"])) for i, line in enumerate(map(_line, rows))}
    disputed_first = sorted(titles, key=lambda i: (rows[i]["statut"] != "divergent", rows[i]["n_reponses"] < 2))
    row = rows[choose("Choisir une valeur", disputed_first, titles.__getitem__, key="provenance")]
    value = shown_value(row, row["element_id"], row["unite_mesure"])
    st.markdown(f"**{plain(f'{_name(row)} : {value}')}**, retenue de **{source(row['source'])}**.")
    st.markdown(f"Règle : {plain(regle(row['regle']))}")
    if row["alerte"]:
        st.warning(f"Valeur signalée, gardée telle quelle : {label('alerte', row['alerte'])}.", icon=":material/flag:")
    answers = list(queries.reponses(base, row).iter_rows(named=True))
    if not answers:
        empty("Le détail des réponses n'est pas dans cette publication.", "Relancez `dlnuf run` pour le publier.")
        return
    sheet([_answer(answer, row) for answer in answers], f"Réponses reçues : {_name(row)}", "reponses")
    if row["statut"] == "divergent":
        st.caption("Un désaccord ne dit pas quelle valeur est juste : celle qui est retenue suit l'ordre des sources.")


def _answer(answer: dict[str, Any], row: dict[str, Any]) -> dict[str, str]:
    gap = "–"
    if not answer["est_retenue"]:
        known = answer["est_dans_tolerance"]
        gap = INCONNU if known is None else "dans la tolérance" if known else "hors tolérance"
        if answer["ecart"]:
            gap = f"{exact(answer['ecart'], row['unite_mesure'])}, {gap}"
    value = plain(shown_value(answer, row["element_id"], row["unite_mesure"]))
    alert = f" :orange-badge[▲ {label('alerte', answer['alerte'])}]" if answer["alerte"] else ""
    place = text(answer["nom_fichier"]) if answer["nom_fichier"] else f"livraison {answer['delivery_id'][:12]}"
    return {
        "Issue": "✔ Retenue" if answer["est_retenue"] else label("motif", answer["motif"]),
        "Réponse": Markdown(f"**{value}**{alert}"),
        "Source": source(answer["source"]),
        "Écart avec la valeur retenue": gap,
        DATED: dated(answer["source"], answer["collecte_le"]),
        "Fichier": place + (f", ligne {whole(answer['ligne'])}" if answer["ligne"] is not None else ""),
    }
