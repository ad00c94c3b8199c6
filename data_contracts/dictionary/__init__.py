"""The dictionary of elements: what is asked of ESMS, how answers compare, who is believed.

Belongs here: reading elements.csv, precedence.yaml, collections.csv, unites.csv, externes.csv, and ranking sources.
Does not belong here: indicators (`data_contracts.indicators`), comparing values (dbt does), contracts of sources
(`data_contracts.loading`).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import Field as Key
from pydantic import ValidationError

from data_contracts.contract import Contract
from data_contracts.dictionary.element_lines import AUTHORITIES, Element
from data_contracts.strict_yaml import DeclarationError, Strict, YamlFile, problems_of

FOLDER = Path(__file__).resolve().parent
PRECEDENCE = FOLDER / "precedence.yaml"
# The columns without which a table of the dictionary cannot be read.
_NEEDED = {
    "elements.csv": tuple(Element.model_fields),
    "collections.csv": ("code", "colonne_matrice", "repondants"),
    "unites.csv": ("code", "signe"),
    "externes.csv": ("code", "collecte", "source", "colonne", "domaines", "mesures"),
    "preremplissage.csv": ("element_id", "fraicheur_mois", "seules", "publics", "evolution_pct"),
    "non_regression.csv": (
        "source", "element_id", "completude_baisse_points", "accord_min_pct", "volume_baisse_pct", "comparables_min",
        "motif",
    ),
    "non_reponses.csv": ("mot", "motif", "sens", "portee", "collections"),
}  # fmt: skip
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


class PrecedenceDeclaration(Strict):
    """The file that says these orders."""

    version: str
    collections: dict[str, tuple[str, ...]] = Key(default_factory=dict)
    elements: dict[str, tuple[str, ...]] = Key(default_factory=dict)


def read_table(name: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    """Rows of one CSV of the dictionary (comma separated, UTF-8), as text."""
    return [row for _, row in read_lines(name, folder)]


def read_lines(name: str, folder: Path = FOLDER) -> list[tuple[int, dict[str, str]]]:
    """The same, each row with the number of its line in the file.

    Raises:
        DictionaryError: not UTF-8, a column that is read is absent, a row has not as many cells as the header.
    """
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DictionaryError([f"{name}:1 · ce fichier n'est pas en UTF-8 : l'enregistrer ainsi"]) from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in _NEEDED.get(name, ()) if column not in (rows.fieldnames or ())]
    problems = [f"{name}:1 · colonne absente : {', '.join(missing)} (séparateur attendu : « , »)"] if missing else []
    lines = [] if missing else [(rows.line_num, row) for row in rows]
    width = len(rows.fieldnames or ())
    problems += [f"{name}:{n} · {width} cellules sont attendues" for n, r in lines if None in r or None in r.values()]
    if problems:
        raise DictionaryError(problems)
    return lines


@lru_cache(maxsize=4)
def elements(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Every element by id, in the order of the file: its columns, and `n_demande_aux_esms`, which is counted from them.

    Under the name of each collection stands where it has the element, after the proof of it: `S` seen in a source, `C`
    category named, `K` to be confirmed by the owner, `D` derived from what the collection asks, so not asked itself.

    Raises:
        DictionaryError: with every problem of every line.
    """
    problems: list[str] = []
    known: dict[str, dict[str, str]] = {}
    for line, row in read_lines("elements.csv", folder):
        where = f"elements.csv:{line} · {row['element_id']}"
        try:
            Element.model_validate(row)
        except ValidationError as error:
            problems += [f"{where} · {problem}" for problem in problems_of(error, Element)]
            continue
        if row["element_id"] in known:
            problems.append(f"{where} · element_id : déclaré deux fois")
        known[row["element_id"]] = {**row, "n_demande_aux_esms": str(len(askers(row, folder)))}
    if problems:
        raise DictionaryError(problems)
    return known


@lru_cache(maxsize=1)
def units() -> dict[str, str]:
    """The sign by which people read each unit; '' for a bare number."""
    return {row["code"]: row["signe"] for row in read_table("unites.csv")}


@lru_cache(maxsize=1)
def outside() -> dict[str, dict[str, str]]:
    """Figures that no ESMS is asked for (populations, allowances) by code, with the contract of those that are held."""
    return {row["code"]: row for row in read_table("externes.csv")}


@lru_cache(maxsize=1)
def outside_measures() -> dict[tuple[str, str], tuple[str, str]]:
    """Figure from outside and its component ('' of the whole) -> its source, and the mesure that gives the figure.

    `PCH moins_60=PCH_MOINS_60` in the column `mesures`, for a source that publishes many.
    """
    measures = {}
    for code, row in outside().items():
        for said in row["mesures"].split():
            component, _, measure = said.rpartition("=")
            measures[code, component] = (row["source"], measure)
    return measures


@lru_cache(maxsize=4)
def names_of_collections(folder: Path = FOLDER) -> frozenset[str]:
    """Whoever may answer: collections by code and by column of the matrix, authorities, who gives outside figures."""
    known = {row[key] for row in read_table("collections.csv", folder) for key in ("code", "colonne_matrice")}
    return frozenset(known | {*AUTHORITIES} | {row["collecte"] for row in outside().values()}) - {""}


@lru_cache(maxsize=4)
def collections(folder: Path = FOLDER) -> frozenset[str]:
    """What a source may name as its collection: a collection, or the group of them that the orders name as one."""
    return frozenset(
        name for row in read_table("collections.csv", folder) for name in (row["code"], row["colonne_matrice"]) if name
    )


@lru_cache(maxsize=4)
def filled_by_esms(folder: Path = FOLDER) -> frozenset[str]:
    """The collections of the matrix that ESMS fill in themselves, by who answers them (column `repondants`)."""
    return frozenset(
        row["colonne_matrice"]
        for row in read_table("collections.csv", folder)
        if row["colonne_matrice"] and not row["repondants"].startswith(("Aucun", "Sans objet", "Départements"))
    )


def askers(element: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """The collections that ask ESMS for an element: those that ESMS fill in, and that do not derive it themselves."""
    return sorted(name for name in filled_by_esms(folder) if element[name] and not element[name].startswith("D:"))


def precedence(folder: Path = FOLDER) -> Precedence:
    """The order of sources inside collections. Source: dictionary/precedence.yaml.

    Raises:
        DeclarationError: with every problem of the file.
    """
    file = YamlFile(folder / PRECEDENCE.name)
    declared = file.read(PrecedenceDeclaration)
    if declared is None or file.problems:
        raise DeclarationError(file.problems)
    return Precedence(declared.version, declared.collections, declared.elements)


def ranks(contracts: dict[str, Contract], folder: Path = FOLDER) -> list[tuple[str, str, int]]:
    """(element, source, rank) for every source that carries the element; rank 1 is believed first.

    The rank of a source is the place of its collection in `ordre_survivance_codes`, then its place inside the
    collection. A source whose collection is not in the order comes after, in alphabetical order: never ignored.
    """
    order = precedence(folder)
    rows: list[tuple[str, str, int]] = []
    for element_id, element in elements(folder).items():
        declared = [token for token in element["ordre_survivance_codes"].split(">") if token]
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
