"""What each collection would lose by being given the layer. Part of the page `qualite`.

Belongs here: layout and wording. Does not belong here: the measures (`dashboards.queries.formulaires`), the judgement
(`data_contracts.supply_rules`).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import Column, empty, sheet, table
from dashboards.controls import choose
from dashboards.exports import Export
from dashboards.formats import count, plain, whole
from data_contracts.supply_rules import Verdict, agreement, completeness, verdicts

KINDS = {"completude": "complétude", "accord": "accord", "volume": "volume"}
DEFINITION = (
    "Ce que la couche rendrait à la collecte pour la dernière année qu'elle a décrite, face à ce qu'elle a elle-même "
    "reçu (cadre d'urbanisation sectoriel, R8.1.5). Accord : part des réponses comparables dont ce qui serait rendu ne "
    "s'écarte pas au-delà de la tolérance."
)


def show(base: queries.Base) -> None:
    st.header("Non-régression par collecte", anchor=False)
    judged = verdicts(queries.non_regression(base))
    if not judged:
        empty("Aucune collecte n'a de réponse à comparer.", "Livrez-en une, puis `dlnuf run`.")
        return
    blocked = [each for each in judged if each.blocked]
    if blocked:
        few = count(len(blocked), "collecte y perdrait", "collectes y perdraient")
        them = "lui" if len(blocked) == 1 else "leur"
        st.markdown(f"**{few}** sur {whole(len(judged))} : rien ne {them} est rendu. Les autres reçoivent leur dû.")
    else:
        st.markdown(f"Aucune des {count(len(judged), 'collecte', 'collectes')} n'y perdrait à recevoir la couche.")
    about = Export("Non-régression par collecte", DEFINITION)
    sheet([_line(each) for each in judged], "Non-régression par collecte", "non_regression", about=about)
    _fields(judged)


def _line(verdict: Verdict) -> dict[str, str]:
    first = verdict.fields[0]
    return {
        "Collecte": verdict.label,
        "Année": str(verdict.millesime),
        "Établissements reçus": whole(first["n_repondants"]),
        "Lignes rejetées": whole(first["n_lignes_rejetees"]),
        "Établissements rendus": whole(first["n_esms_fournis"]),
        "Verdict": "bloquée" if verdict.blocked else "peut être rendue",
        "Pourquoi": " ; ".join(found.text for found in verdict.findings) or "–",
    }


def _fields(judged: list[Verdict]) -> None:
    by_source = {each.source: each for each in judged}
    left, _ = st.columns([2, 3])
    with left:
        source = choose("Collecte à détailler", list(by_source), lambda s: plain(by_source[s].label), "collecte",
                        forget=["page_non_regression_champs", "tri_non_regression_champs"])  # fmt: skip
    verdict = by_source[source]
    rows = [
        {
            "champ": row["element_libelle"] or row["element_id"],
            "nom": row["champ"],
            "n_recues": row["n_recues"],
            "n_fournies": row["n_fournies"],
            "recue": completeness(row)[0],
            "rendue": completeness(row)[1],
            "n_comparables": row["n_comparables"],
            "accord": agreement(row),
            "constat": ", ".join(KINDS[found.kind] for found in verdict.of(row["champ"])) or "–",
        }
        for row in verdict.fields
    ]
    schema = {"recue": pl.Float64, "rendue": pl.Float64, "accord": pl.Float64}
    frame = pl.DataFrame(rows, schema_overrides=schema)
    columns = {
        "champ": Column("Donnée"),
        "nom": Column("Champ"),
        "n_recues": Column("Réponses reçues", 0),
        "n_fournies": Column("Valeurs rendues", 0),
        "recue": Column("Complétude reçue", 1, "pct"),
        "rendue": Column("Complétude rendue", 1, "pct"),
        "n_comparables": Column("Réponses comparables", 0),
        "accord": Column("Accord", 1, "pct"),
        "constat": Column("Constat"),
    }
    title = f"Champ par champ, {verdict.label}"
    about = Export(title, DEFINITION, date=str(verdict.millesime))
    table(frame, columns, title, "non_regression_champs", about=about, missing="–")
