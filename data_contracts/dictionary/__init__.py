"""The dictionary of elements: what is asked of ESMS, how answers compare, who is believed.

Belongs here: reading elements.csv, precedence.yaml, collections.csv, unites.csv, externes.csv, and ranking sources.
Does not belong here: indicators (`data_contracts.indicators`), comparing values (dbt does), contracts of sources
(`data_contracts.loading`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from data_contracts.contract import Contract
from data_contracts.dictionary.rows import AUTHORITIES, Element
from data_contracts.strict_yaml import DeclarationError, problems_of

FOLDER = Path(__file__).resolve().parent
UNRANKED = 900  # a source that carries an element without being in its order comes after all those that are


class DictionaryError(DeclarationError):
    """One or several elements are wrong. The message lists every problem, with its line."""

    title = "Dictionnaire invalide"


@dataclass(frozen=True)
class Precedence:
    """The order of sources, and the version of the dictionary that says so."""

    version: str
    collections: dict[str, tuple[str, ...]]
    elements: dict[str, tuple[str, ...]]


def read_table(name: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    """Rows of one CSV of the dictionary (comma separated, UTF-8), as text."""
    with (folder / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@lru_cache(maxsize=4)
def elements(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Every element by id, in the order of the file: its columns, and `n_demande_aux_esms`, which is counted from them.

    Raises:
        DictionaryError: with every problem of every line.
    """
    problems: list[str] = []
    found: dict[str, dict[str, str]] = {}
    named = names_of_collections(folder)
    with (folder / "elements.csv").open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            where = f"elements.csv:{reader.line_num} · {row['element_id']}"
            try:
                element = Element.model_validate(row)
            except ValidationError as error:
                problems += [f"{where} · {told}" for told in problems_of(error, Element)]
                continue
            if row["element_id"] in found:
                problems.append(f"{where} · element_id : déclaré deux fois")
            unknown = [name for name in element.ordre if name not in named]
            problems += [f"{where} · ordre_survivance_codes : « {name} » n'est pas une collecte" for name in unknown]
            found[row["element_id"]] = {**row, "n_demande_aux_esms": str(element.n_demande_aux_esms)}
    if problems:
        raise DictionaryError(problems)
    return found


@lru_cache(maxsize=1)
def units() -> dict[str, str]:
    """The sign by which people read each unit; '' for a bare number."""
    return {row["code"]: row["signe"] for row in read_table("unites.csv")}


@lru_cache(maxsize=1)
def outside() -> dict[str, dict[str, str]]:
    """Figures that no ESMS is asked for (populations, allowances) by code, with the contract of those that are held."""
    return {row["code"]: row for row in read_table("externes.csv")}


@lru_cache(maxsize=4)
def names_of_collections(folder: Path = FOLDER) -> frozenset[str]:
    """Whoever may answer: collections by code and by column of the matrix, authorities, who gives outside figures."""
    known = {row[key] for row in read_table("collections.csv", folder) for key in ("code", "colonne_matrice")}
    return frozenset(known | {*AUTHORITIES} | {row["collecte"] for row in outside().values()}) - {""}


def precedence(folder: Path = FOLDER) -> Precedence:
    """The order of sources inside collections. Source: dictionary/precedence.yaml."""
    node = yaml.safe_load((folder / "precedence.yaml").read_text(encoding="utf-8"))
    return Precedence(
        version=str(node["version"]),
        collections={k: tuple(v) for k, v in (node.get("collections") or {}).items()},
        elements={k: tuple(v) for k, v in (node.get("elements") or {}).items()},
    )


def ranks(contracts: dict[str, Contract], folder: Path = FOLDER) -> list[tuple[str, str, int]]:
    """(element, source, rank) for every source that carries the element; rank 1 is believed first.

    The rank of a source is the place of its collection in `ordre_survivance_codes`, then its place inside the
    collection. A source whose collection is not in the order comes after, in alphabetical order: never ignored.
    """
    order = precedence(folder)
    rows: list[tuple[str, str, int]] = []
    for element_id, element in elements(folder).items():
        declared = element["ordre_survivance_codes"].split(">")
        carriers = sorted(source for source, contract in contracts.items() if carries(contract, element_id))
        own = order.elements.get(element_id, ())
        placed: dict[str, tuple[int, int, int, str]] = {}
        for source in carriers:
            token = contracts[source].collection
            inside = order.collections.get(token, ())
            placed[source] = (
                own.index(source) if source in own else len(own),
                declared.index(token) if token in declared else UNRANKED,
                inside.index(source) if source in inside else len(inside),
                source,
            )
        rows += [
            (
                element_id,
                source,
                UNRANKED + position if placed[source][1] == UNRANKED and source not in own else position,
            )
            for position, source in enumerate(sorted(carriers, key=placed.__getitem__), start=1)
        ]
    return rows


def carries(contract: Contract, element_id: str) -> bool:
    """Whether a field of the contract, or the staging model of one of its entities, answers to this element."""
    return any(
        element_id in entity.staged_elements or any(field.element == element_id for field in entity.observed)
        for entity in contract.entities
    )
