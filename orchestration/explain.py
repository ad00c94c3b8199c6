"""The whole story of one value: every answer received, the rule, the winner, and why the others lost.

Belongs here: reading it from the current publication. Does not belong here: deciding (dbt does), printing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.disclosure import HIDDEN, WITNESS
from ingest.home import Home
from orchestration.publication import read_current
from orchestration.publication.errors import PublicationDamaged
from orchestration.status import table

_KEY = ("perimetre", "composante", "base_temporelle")
# Why an answer was set aside, in words: the values of `motif` in dlnuf_reponses_ecartees.
REASONS = {
    "retiree": "retirée par l'établissement, sur un formulaire prérempli qu'il a rendu",
    "remplacee": "remplacée par une livraison plus récente de la même source",
    "depot_anterieur": "dépôt antérieur à un autre dépôt de la même source",
    "plus_ancienne": "document plus ancien qu'un autre de la même source",
    "repetition": "même source, même document : répétition",
    "autre_canal": "même document reçu par un autre canal",
    "atypique": "valeur signalée à la réception, alors qu'une autre réponse ne l'est pas",
    "rang_inferieur": "source moins prioritaire pour cette donnée",
}


class NothingToExplain(LookupError):
    """No answer is known for this unit and element; the message says what is."""


def explain(home: Home, unite_id: str, element_id: str, millesime: int | None = None) -> dict[str, Any]:
    """Answers for a unit and an element in a year (the most recent by default), in the shape of `dlnuf explain --json`.

    An element that has several facets (components, time bases, perimeters) has one entry a facet in `values`. The top
    of the object repeats the first entry: that of the site alone, without component when there is such a facet.

    Raises NothingToExplain.
    """
    import duckdb

    current = read_current(home)
    if current is None:
        raise NothingToExplain("Rien n'est encore publié. Lancez d'abord : dlnuf run")
    folder = current.path
    element = element_id.strip().upper()
    unit = unite_id.strip().upper()
    with duckdb.connect() as connection:
        retained = _rows(connection, folder, "dlnuf_valeurs", unit, element)
        lost = _rows(connection, folder, "dlnuf_reponses_ecartees", unit, element)
        if not retained:
            raise NothingToExplain(_why_nothing(connection, folder, unit, element))
    years = sorted({row["millesime"] for row in retained})
    year = millesime if millesime is not None else years[-1]
    if year not in years:
        known = ", ".join(str(known) for known in years)
        raise NothingToExplain(f"Aucune réponse pour {unit}, {element} en {year}. Millésimes connus : {known}.")
    values = [
        _facet(row, [other for other in lost if other["millesime"] == year and _facet_key(other) == _facet_key(row)])
        for row in sorted((row for row in retained if row["millesime"] == year), key=_order)
    ]
    return {
        "unite_id": unit,
        "element_id": element,
        "millesime": year,
        "millesimes": years,
        "version": current.version,
        "retained": values[0]["retained"],
        "answers": values[0]["answers"],
        "values": values,
    }


def _rows(connection: Any, folder: Path, name: str, unit: str, element: str) -> list[dict[str, Any]]:
    path = table(folder, name)
    if path is None:
        raise NothingToExplain(f"La publication {folder.name} ne contient pas la table {name}.")
    import duckdb

    try:
        cursor = connection.execute(
            "SELECT * FROM read_parquet(?) WHERE unite_id = ? AND element_id = ?", [str(path), unit, element]
        )
    except duckdb.Error as error:
        raise PublicationDamaged(path) from error
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _facet_key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEY)


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["perimetre"] != "site", row["composante"], row["base_temporelle"]


def _facet(row: dict[str, Any], lost: list[dict[str, Any]]) -> dict[str, Any]:
    answers = [_answer(row, None), *(_answer(other, other["motif"]) for other in lost)]
    return {
        **{name: row[name] for name in _KEY},
        "unit": row.get("unite_mesure"),
        "retained": {
            "value": _value(row),
            "source": row["source"],
            "rule": row["regle"],
            "status": HIDDEN if row.get(WITNESS) else row["statut"],
            "collection": row.get("collecte"),
            "warning": row.get("alerte"),
            "dictionary_version": row.get("dictionnaire_version"),
        },
        "answers": answers,
    }


def _answer(row: dict[str, Any], lost_because: str | None) -> dict[str, Any]:
    collected = row.get("collecte_le")
    return {
        "source": row["source"],
        "value": _value(row),
        "is_secret": bool(row.get(WITNESS)),
        "delivery_id": row["delivery_id"],
        "collected_on": collected.isoformat() if isinstance(collected, date) else collected,
        "lost_because": REASONS.get(lost_because or "", lost_because),
        "reason": lost_because,
        "collection": row.get("collecte"),
        "line": row.get("ligne"),
        "gap": row.get("ecart"),
        "within_tolerance": row.get("est_dans_tolerance"),
        "warning": row.get("alerte"),
    }


def _value(row: dict[str, Any]) -> float | str | None:
    """The number, the date as ISO text, or the text; None when it is hidden (`is_secret`)."""
    if row.get("valeur_nombre") is not None:
        return row["valeur_nombre"]
    if isinstance(row.get("valeur_date"), date):
        return row["valeur_date"].isoformat()
    return row.get("valeur_texte")


def _why_nothing(connection: Any, folder: Path, unit: str, element: str) -> str:
    """Why there is nothing to explain: the unit or the element is unknown, or this element has no answer here."""
    path = str(table(folder, "dlnuf_valeurs"))

    def known(column: str, value: str) -> bool:
        row = connection.execute(f"SELECT 1 FROM read_parquet(?) WHERE {column} = ? LIMIT 1", [path, value]).fetchone()
        return row is not None

    if not known("unite_id", unit):
        return f"Aucune réponse n'a été reçue pour l'unité {unit}. Vérifiez le numéro (FINESS, ou code de département)."
    if known("element_id", element):
        return f"Aucune collecte n'a demandé {element} à {unit}, ou aucune réponse n'a été reçue."
    rows = connection.execute(
        """SELECT element_id FROM read_parquet(?) GROUP BY element_id
           ORDER BY jaro_winkler_similarity(element_id, ?) DESC, element_id LIMIT 5""",
        [path, element],
    ).fetchall()
    near = ", ".join(row[0] for row in rows)
    return f"Aucune réponse ne porte l'élément {element}. Éléments proches : {near}."
