"""The part of a snapshot that is open to everyone, and the files that hold it.

Belongs here: the rule of opening, applied as filters, and the open Parquet files. Does not belong here: describing the
files (`datapackage`, `html_pages`).

Nothing is open unless it is declared so. An element that has a diffusion threshold, or is not open to all, is left out
as a whole: none of those whose values may be hidden is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_contracts.disclosure import WITNESS
from data_contracts.loading import Field, Product
from orchestration.publication.declared import Declarations
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.manifest import DataFile
from orchestration.publication.parquet import quoted, write_query
from orchestration.publication.rules import Rule

FOLDER = "open_data"
OPEN, PARTIAL = "ouvert", "partiel"
ELEMENT, INDICATOR, OPENING = "element_id", "indicateur_code", "ouverture"
NO_COUNT = (
    "Tout élément soumis à un seuil de diffusion, ou non ouvert, est entièrement retiré de ce jeu : aucun effectif de "
    "personnes n'y figure."
)
ONLY_OPEN_INDICATORS = (
    "Seuls les indicateurs destinés à tous les publics et sans seuil de diffusion figurent dans ce jeu."
)
EXTRACT = "Ce jeu est l'extrait ouvert d'un produit restreint : une ligne absente n'est pas une valeur inconnue."


@dataclass(frozen=True)
class OpenDataset:
    """The open part of a product: fields, and the codes that rows may carry (column -> allowed codes)."""

    product: Product
    fields: tuple[Field, ...]
    allowed: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.product.id}.parquet"


def open_datasets(declared: Declarations) -> list[OpenDataset]:
    """The products that have an open part: those whose contract says `opening: ouvert` or `opening: partiel`.

    A product that is `partiel` mixes open and restricted rows, and a column says which are open: only these are opened.
    With any other value, a product is closed.

    Raises PublicationBlocked when a contract opens what its own fields close.
    """
    return [_dataset(p, declared) for p in declared.products.values() if p.opening in (OPEN, PARTIAL)]


def element_is_open(row: Mapping[str, str] | None) -> bool:
    """Whether an element is open to all, about structures, and without diffusion threshold.

    The columns of the dictionary are ouverture, niveau and seuil_diffusion.
    """
    if not row or row["seuil_diffusion"]:
        return False
    return row["ouverture"] == "ouvert" and row["niveau"] in ("structure", "agrégat")


def _may_open(element: str | None, declared: Declarations) -> bool:
    return element is None or element_is_open(declared.elements.get(element))


def _dataset(product: Product, declared: Declarations) -> OpenDataset:
    closed = [f for f in product.fields if f.is_restricted or not _may_open(f.element, declared)]
    in_key = [f.name for f in closed if f.name in product.primary_key]
    names = {f.name for f in product.fields}
    problems = [
        f"{name}, dans la clé, est restreinte, ou porte un élément non ouvert. Déclarez le produit restreint."
        for name in in_key
    ]
    if product.opening == PARTIAL and OPENING not in names:
        problems.append(f"La colonne « {OPENING} », qui dirait quelles lignes sont ouvertes, n'est pas au contrat.")
    if problems:
        raise PublicationBlocked(f"le contrat {product.id} ouvre ce qui ne peut pas l'être.", problems)
    allowed: dict[str, tuple[str, ...]] = {}
    warnings = list(product.usage_warnings)
    if ELEMENT in names:
        allowed[ELEMENT] = tuple(k for k, row in declared.elements.items() if element_is_open(row))
        warnings.append(NO_COUNT)
    if INDICATOR in names:
        allowed[INDICATOR] = tuple(k for k, indicator in declared.indicators.items() if indicator.is_open)
        warnings.append(ONLY_OPEN_INDICATORS)
    if OPENING in names:
        allowed[OPENING] = (OPEN,)
    if product.opening == PARTIAL:
        warnings.append(EXTRACT)
    if closed:
        listed = ", ".join(f.name for f in closed)
        warnings.append(f"Colonnes retirées car soumises à un seuil ou non ouvertes : {listed}.")
    fields = tuple(f for f in product.fields if f not in closed and not (product.withheld and f.name == WITNESS))
    return OpenDataset(product, fields, allowed, tuple(warnings))


def write(datasets: Iterable[OpenDataset], staging: Path) -> list[DataFile]:
    """Writes the open part of each product, taken from its staged file."""
    files: list[DataFile] = []
    with duckdb.connect() as connection:
        for dataset in datasets:
            product = dataset.product
            kept = " AND ".join(f"{quoted(c)} IN (SELECT unnest(?::VARCHAR[]))" for c in dataset.allowed)
            order = ", ".join(f"{quoted(c)} NULLS FIRST" for c in product.primary_key)
            query = (
                f"SELECT {', '.join(quoted(f.name) for f in dataset.fields)} FROM read_parquet(?) "
                f"{f'WHERE {kept} ' if kept else ''}ORDER BY {order}"
            )
            codes = [list(allowed) for allowed in dataset.allowed.values()]
            source = str(staging / "marts" / f"{product.id}.parquet")
            files.append(write_query(connection, query, staging / dataset.path, product, [source, *codes]))
    return files


def rules(dataset: OpenDataset) -> list[Rule]:
    """The rules that the written file must keep: it holds no code that is not open.

    The gate checks the file itself, and does not trust the filter that made it.
    """
    listed: list[Rule] = []
    for column, codes in dataset.allowed.items():
        listed.append(
            Rule(
                f"{FOLDER}/{dataset.product.id}",
                column,
                "expect_column_values_to_be_in_set",
                {"column": column, "value_set": list(codes)},
                f"Les données ouvertes ne portent que des codes ouverts à tous (« {column} »)",
                "Ne publiez pas : retirez ces lignes des données ouvertes ou changez l'ouverture au dictionnaire.",
            )
        )
    return listed
