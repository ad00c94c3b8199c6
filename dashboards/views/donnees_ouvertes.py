"""Open data: what can be downloaded, with its warnings and its dictionary.

Belongs here: layout and wording. Does not belong here: where the figures come from (`dashboards.queries.livraisons`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from dashboards import queries
from dashboards.components import download, empty, heading, open_base, sheet
from dashboards.exports import CSV_MIME, PARQUET_MIME, raw_csv
from dashboards.formats import count, instant_text, number, plain, unit_sign
from dashboards.labels import readable

TYPES = {
    "string": "texte", "integer": "entier", "number": "nombre", "boolean": "oui ou non", "date": "date",
    "datetime": "date et heure",
}  # fmt: skip


def show() -> None:
    heading("Données ouvertes", "Les jeux de données de la publication que chacun peut télécharger et réutiliser.")
    base = open_base()
    datasets = base.publication.open_datasets()
    if not datasets:
        empty("Cette publication ne contient aucun jeu ouvert.", "Lancez `dlnuf run` pour en produire une nouvelle.")
        return
    st.markdown(
        f"Version **{base.publication.version}** du **{instant_text(base.publication.published_at)}** · "
        f"{count(len(datasets), 'jeu', 'jeux')}. Une case vide veut dire « inconnu », jamais zéro."
    )
    for dataset in datasets:
        _dataset(base, dataset)


def _dataset(base: queries.Base, dataset: dict[str, Any]) -> None:
    name, version = dataset["name"], base.publication.version
    schema = dataset.get("schema") or {}
    with st.container(border=True):
        st.header(dataset.get("title") or readable(name), anchor=False)
        st.markdown(plain(dataset.get("description") or ""))
        rows = count(dataset.get("rowCount"), "ligne", "lignes")
        st.caption(f"{rows} · {_size(dataset.get('bytes'))} en Parquet · nom du fichier : {plain(name)}")
        warnings = dataset.get("usageWarnings") or []
        if warnings:
            st.markdown("**À savoir avant d'utiliser ce jeu**")
            st.markdown("\n".join(f"- {plain(warning)}" for warning in warnings))
        fields = schema.get("fields") or []
        if fields:
            with st.expander(f"Dictionnaire : {count(len(fields), 'colonne', 'colonnes')}"):
                sheet([_field(f, schema.get("primaryKey") or []) for f in fields], f"Dictionnaire de {name}")
        left, right, _ = st.columns([1, 1, 2])
        with left:
            parquet = base.publication.open_file(name).read_bytes
            download("Télécharger en Parquet", parquet, f"{name}_{version}.parquet", PARQUET_MIME, f"parquet_{name}")
        with right:
            text = partial(_csv, base, name)
            download("Télécharger en CSV", text, f"{name}_{version}.csv", CSV_MIME, f"csv_{name}")


def _csv(base: queries.Base, name: str) -> bytes:
    return raw_csv(queries.open_dataset(base, name))


def _field(field: dict[str, Any], key: list[str]) -> dict[str, str]:
    return {
        "Colonne": field["name"] + (" (clé)" if field["name"] in key else ""),
        "Type": TYPES.get(str(field.get("type")), "texte"),
        "Unité": unit_sign(field.get("unit")) or "–",
        "Description": field.get("description") or "–",
    }


def _size(size: int | None) -> str:
    """Bytes as ko or Mo."""
    if size is None:
        return "taille inconnue"
    return f"{number(size / 1e6, 1)} Mo" if size >= 1e6 else f"{number(max(size / 1e3, 1), 0)} ko"
