"""Quality of deliveries: what was received, refused, rejected, and how to correct it.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.livraisons`).
"""

from __future__ import annotations

from textwrap import shorten
from typing import Any

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.components import (
    Column,
    Markdown,
    empty,
    figure,
    heading,
    open_base,
    sheet,
    table,
    translated,
)
from dashboards.controls import choose
from dashboards.formats import INCONNU, SECRET, count, day_text, plain, text, whole, with_unit
from dashboards.labels import champ, label, source
from dashboards.views import qualite_non_regression

COUNTS = ("n_lues", "n_acceptees", "n_rejetees", "n_signalements")


def show() -> None:
    heading(
        "Qualité des livraisons",
        "Ce qui a été reçu, ce qui a été rejeté et pourquoi, et ce que l'expéditeur peut corriger.",
    )
    base = open_base()
    received = queries.livraisons(base)
    if received.is_empty():
        empty("Aucune livraison n'a été reçue.", "Déposez un fichier avec `dlnuf deliver`, puis lancez `dlnuf run`.")
        return
    _balance(received)
    _refused(received.filter(pl.col("statut") == "refused"))
    _by_source(base)
    _rules(base)
    qualite_non_regression.show(base)
    _deliveries(received)


def _balance(received: pl.DataFrame) -> None:
    shown = received.filter(pl.col("secret") == "")
    kept_back = received.height - shown.height
    read, accepted, rejected = (int(shown[c].sum()) for c in ("n_lues", "n_acceptees", "n_rejetees"))
    refused = received.filter(pl.col("statut") == "refused").height
    share = 100 * accepted / read if read else None
    first, second, third, fourth = st.columns(4)
    with first:
        figure("Livraisons reçues", whole(received.height), f"dont {count(refused, 'refusée', 'refusées')}")
    with second:
        figure("Lignes lues", whole(read), "dans les livraisons acceptées")
    with third:
        figure("Lignes acceptées", whole(accepted), f"{with_unit(share, 'pct')} des lignes lues")
    with fourth:
        figure("Lignes rejetées", whole(rejected), "gardées avec leur motif")
    if kept_back:
        few = count(kept_back, "livraison sur des personnes a", "livraisons sur des personnes ont")
        st.caption(f"{few} des comptes trop petits pour être montrés (**{SECRET}**) : hors de ces totaux.")
    if read == accepted + rejected:
        balance = f"{whole(read)} lues = {whole(accepted)} acceptées + {whole(rejected)} rejetées"
        st.caption(f"Le compte est juste : {balance}.")
    else:
        st.error(
            f"Le compte n'est pas juste : {whole(read)} lues, {whole(accepted)} acceptées, {whole(rejected)} rejetées. "
            "Prévenez l'exploitant de l'entrepôt.",
            icon=":material/error:",
        )


def _refused(refused: pl.DataFrame) -> None:
    st.header("Livraisons refusées", anchor=False)
    if refused.is_empty():
        st.markdown("Aucune livraison n'a été refusée.")
        return
    st.caption("Une livraison refusée n'arrête pas les autres ; rien de son contenu n'est utilisé.")
    for row in refused.iter_rows(named=True):
        with st.container(border=True):
            name = plain(text(row["nom_fichier"]))
            st.markdown(f"**{name}** · {source(row['source'])} · reçue le {day_text(row['recu_le'])}")
            st.text(text(row["motif"]))


def _by_source(base: queries.Base) -> None:
    st.header("Par source", anchor=False)
    named = queries.livraison_balance(base).with_columns(
        pl.col("source").map_elements(source, return_dtype=pl.String, skip_nulls=False)
    )
    columns = {
        "source": "Source",
        "n_acceptees": Column("Livraisons acceptées", 0),
        "n_refusees": Column("Livraisons refusées", 0),
        "lignes_lues": Column("Lignes lues", 0),
        "lignes_acceptees": Column("Lignes acceptées", 0),
        "lignes_rejetees": Column("Lignes rejetées", 0),
        "signalements": Column("Signalements", 0),
    }
    table(named, columns, "Lignes par source", key="par_source")


def _rules(base: queries.Base) -> None:
    st.header("Règles les plus souvent enfreintes", anchor=False)
    every = queries.regles(base)
    if every.is_empty():
        st.markdown("Aucune règle n'a été enfreinte.")
        return
    left, _ = st.columns([1, 1])
    with left:
        options = [None, *dict.fromkeys(every["source"])]
        chosen = choose(
            "Source", options, lambda c: "Toutes" if c is None else source(c), key="source", forget=["page_regles"]
        )
    rules = queries.regles(base, chosen)
    rows = [
        {
            "Source": source(r["source"]),
            "Champ": champ(r["source"], r["entite"], r["champ"]),
            "Règle": r["regle"],
            "Effet": label("effet", r["effet"]),
            "Lignes": SECRET if r["n_lignes"] is None else whole(r["n_lignes"]),
            "Exemple": _example(r),
            "Comment corriger": r["remede"] or "Aucun remède indiqué",
        }
        for r in rules.iter_rows(named=True)
    ]
    sheet(rows, "Règles les plus souvent enfreintes", "regles")


def _example(row: dict[str, Any]) -> str:
    """One value that broke the rule, exactly as delivered; none for a rule over a whole line."""
    value = row["exemple_valeur"]
    if not value or row["champ"] == "(ligne)":
        return "–"
    return Markdown("`" + shorten(value.replace("`", "'"), 40, placeholder="…") + "`")


def _deliveries(received: pl.DataFrame) -> None:
    st.header("Toutes les livraisons", anchor=False)
    named = received.with_columns(
        pl.col("source").map_elements(source, return_dtype=pl.String, skip_nulls=False),
        translated("statut", "livraison"),
        pl.col("recu_le").dt.date(),
        pl.col("millesimes").fill_null(INCONNU),
        pl.col("colonnes_absentes").fill_null(""),
        pl.when(pl.col("statut") == "refused").then(pl.col(*COUNTS).fill_null(0)).otherwise(pl.col(*COUNTS)),
    )
    columns = {
        "recu_le": "Reçue le",
        "nom_fichier": "Fichier",
        "source": "Source",
        "statut": "Issue",
        "millesimes": "Millésimes",
        "colonnes_absentes": "Colonnes absentes",
        "n_lues": Column("Lues", 0),
        "n_acceptees": Column("Acceptées", 0),
        "n_rejetees": Column("Rejetées", 0),
        "n_signalements": Column("Signalements", 0),
    }
    table(named, columns, "Livraisons reçues", key="livraisons", missing=SECRET)
