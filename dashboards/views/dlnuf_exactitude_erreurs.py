"""Where the layer is wrong on synthetic data, and why. Part of the page `dlnuf_exactitude`.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.exactitude`).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards.components import sheet, table
from dashboards.formats import INCONNU, count, share, whole
from dashboards.labels import label, labels, source

SHOWN = 15  # rows of the tables of causes and of proposals; the JSON holds them all
Score = dict[str, Any]


def show(score: Score) -> None:
    """Sections under the headline figures. score: what `queries.exactitude` returns."""
    _conflicts(score)
    _rows(score)
    _defects(score)
    _causes(score)
    _proposals(score)


def _conflicts(score: Score) -> None:
    st.header("Conflits", anchor=False)
    conflicts, badly = score["conflicts"], score["conflits_mal_vus"]
    st.markdown(
        f"{count(conflicts['annonces'], 'conflit annoncé', 'conflits annoncés')}, dont "
        f"{whole(conflicts['fondes'])} fondés ; "
        f"{count(conflicts['reels'], 'conflit réel', 'conflits réels')}, dont {whole(conflicts['trouves'])} trouvés."
    )
    kinds = {"manques": "Réel, non annoncé", "infondes": "Annoncé, non fondé"}
    rows = [
        {"Conflit": name, "Ce qui touche la question": _words("defaut", row["cause"]), "Cas": whole(row["n"])}
        for kind, name in kinds.items()
        for row in badly[kind]
    ]
    if rows:
        sheet(rows[:SHOWN], "Conflits mal vus")


def _rows(score: Score) -> None:
    st.header("Lignes rejetées", anchor=False)
    rejects = score["rejets"]
    accepted = count(rejects["a_rejeter_mais_acceptees"], "ligne acceptée", "lignes acceptées")
    st.markdown(
        f"{count(rejects['merites'], 'rejet mérité', 'rejets mérités')}, {whole(rejects['immerites'])} immérités ; "
        f"{accepted} à tort."
    )
    rows = [
        {
            "Défaut": _words("defaut", row["nature"]),
            "À rejeter": "oui" if row["a_rejeter"] else "non",
            "Lignes rejetées": whole(row["n_rejetees"]),
            "Lignes acceptées": whole(row["n_acceptees"]),
        }
        for row in rejects["par_nature"]
        if row["a_rejeter"] or row["n_rejetees"]
    ]
    if rows:
        sheet(rows, "Lignes rejetées par défaut")


def _defects(score: Score) -> None:
    st.header("Par nature de défaut", anchor=False)
    st.caption("Les questions qu'un défaut touche, et auxquelles une source au moins répond juste malgré lui.")
    rows = [
        {
            "Défaut": _words("defaut", row["nature"]),
            "Ce qu'il fait": label("effet_defaut", row["effet"]),
            "Questions": whole(row["n"]),
            "Valeurs justes": share(row["part"]),
        }
        for row in score["par_defaut"]
    ]
    if rows:
        sheet(rows, "Valeurs justes par nature de défaut")


def _causes(score: Score) -> None:
    st.header("Pourquoi une valeur est fausse", anchor=False)
    if not score["erreurs"]:
        st.markdown("Aucune : partout où une source répond juste, la valeur retenue est juste.")
        return
    rows = [
        {
            "Ce qui a été retenu": _words("defaut", row["cause"]),
            "De": INCONNU if row["source"] == "aucune" else source(row["source"]),
            "La bonne réponse": _words("motif", row["bonne_reponse"]),
            "Questions": whole(row["n"]),
            "Exemples": " · ".join(row["exemples"]),
        }
        for row in score["erreurs"][:SHOWN]
    ]
    sheet(rows, "Causes des valeurs fausses")


def _proposals(score: Score) -> None:
    st.header("À proposer aux propriétaires des données", anchor=False)
    if not score["propositions"]:
        st.markdown("Aucun autre ordre des sources ne donnerait sensiblement plus de valeurs justes.")
        return
    st.caption(
        "Un autre ordre des sources donnerait plus de valeurs justes, sur ces données inventées. À eux de décider."
    )
    columns = ("element_id", "ordre_actuel", "ordre_propose", "gain", "n_comparees")
    frame = (
        pl.DataFrame(score["propositions"][:SHOWN])
        .select(columns)
        .with_columns(pl.col("ordre_actuel", "ordre_propose").map_elements(_order, return_dtype=pl.String))
    )
    titles = ("Donnée", "Ordre actuel", "Ordre proposé", "Valeurs justes de plus", "Questions comparées")
    table(frame, dict(zip(columns, titles, strict=True)), "Ordres proposés", key="propositions")


def _order(sources: str) -> str:
    return ", puis ".join(source(code) for code in sources.split(">"))


def _words(kind: str, codes: str) -> str:
    """Codes of a kind, when these are codes; a rule that broke a row is in words already."""
    known, parts = labels(kind), codes.split(", ")
    return " ; ".join(known[p] for p in parts) if known.keys() >= set(parts) else codes
