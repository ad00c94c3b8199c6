"""The open data described to machines: Data Package v2 with Table Schema, and a DCAT-AP catalogue.

Belongs here: the two descriptors, derived from contracts and manifest entries. Does not belong here: pages for people.

No licence is stated, because the owner has not chosen one. No address is invented: every reference to a file is
relative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from data_contracts import nomenclatures
from data_contracts.loading import Field
from orchestration.publication.manifest import DataFile
from orchestration.publication.open_data import OpenDataset

TITLE = "Données médico-sociales ouvertes"
DESCRIPTION = (
    "Établissements et services sociaux et médico-sociaux : identité, offre, indicateurs territoriaux et redondance "
    "des collectes. Chaque donnée est collectée une fois, avec sa source et la règle qui l'a retenue."
)
LICENCE = "Licence à préciser par le propriétaire des données"
PUBLISHER = "Propriétaire des données, à préciser"
MEDIA_TYPE = "application/vnd.apache.parquet"
_PROFILE = "https://datapackage.org/profiles/2.0/"
_TYPES = {
    "string": "string", "integer": "integer", "number": "number",
    "boolean": "boolean", "date": "date", "timestamp": "datetime",
}  # fmt: skip
_CONSTRAINTS = ("pattern", "minimum", "maximum", "minLength", "maxLength")
_DEPARTEMENTS_OF_FRANCE = 101


def datapackage(datasets: Iterable[OpenDataset], files: Mapping[str, DataFile], created_at: str) -> dict[str, Any]:
    """Data Package v2 descriptor; `created_at` in ISO 8601."""
    return {
        "$schema": f"{_PROFILE}datapackage.json",
        "name": "donnees-medico-sociales-ouvertes",
        "title": TITLE,
        "description": f"{DESCRIPTION} {LICENCE}.",
        "created": created_at,
        "keywords": ["médico-social", "ESMS", "FINESS", "EHPAD", "handicap", "autonomie"],
        "resources": [_resource(d, files[d.path]) for d in datasets],
    }


def _resource(dataset: OpenDataset, file: DataFile) -> dict[str, Any]:
    product = dataset.product
    return {
        "name": product.id,
        "type": "table",
        "path": Path(dataset.path).name,
        "title": product.title,
        "description": product.description,
        "format": "parquet",
        "mediatype": MEDIA_TYPE,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "contractVersion": product.version,
        "rowCount": file.rows,
        "usageWarnings": list(dataset.warnings),
        "schema": {
            "$schema": f"{_PROFILE}tableschema.json",
            "fields": [_field(f, f.name in product.primary_key) for f in dataset.fields],
            "primaryKey": list(product.primary_key),
        },
    }


def _field(field: Field, in_key: bool) -> dict[str, Any]:
    constraints: dict[str, Any] = {k: v for k in _CONSTRAINTS if (v := field.option(k)) is not None}
    if field.required or in_key:
        constraints["required"] = True
    if field.unique:
        constraints["unique"] = True
    if field.accepted_values:
        constraints["enum"] = [int(v) if field.logical_type == "integer" else v for v in field.accepted_values]
    node: dict[str, Any] = {"name": field.name, "type": _TYPES[field.logical_type], "title": field.title}
    node["description"] = field.description
    declared = {"unit": field.unit, "nomenclature": field.nomenclature, "element": field.element}
    return node | {k: v for k, v in {"constraints": constraints, **declared}.items() if v}


@dataclass(frozen=True)
class Coverage:
    """The years and départements that a file is about; empty when its columns do not say."""

    years: tuple[int, int] | None = None
    departements: tuple[str, ...] = ()


def coverages(staging: Path, files: Iterable[DataFile]) -> dict[str, Coverage]:
    """Coverage of each file, read from its rows, by path."""
    with duckdb.connect() as connection:
        return {file.path: _coverage(connection, str(staging / file.path), file) for file in files}


def _coverage(connection: duckdb.DuckDBPyConnection, path: str, file: DataFile) -> Coverage:
    years = None
    if file.column("millesime"):
        row = connection.execute("SELECT min(millesime), max(millesime) FROM read_parquet(?)", [path]).fetchone()
        years = (row[0], row[1]) if row and row[0] is not None else None
    where = ""
    if file.column("departement_code"):
        where = "SELECT DISTINCT departement_code AS code FROM read_parquet(?) WHERE departement_code IS NOT NULL"
    elif file.column("niveau") and file.column("territoire_code"):
        where = "SELECT DISTINCT territoire_code AS code FROM read_parquet(?) WHERE niveau = 'departement'"
    codes = connection.execute(f"{where} ORDER BY code", [path]).fetchall() if where else []
    return Coverage(years, tuple(code for (code,) in codes))


def catalogue(
    datasets: Iterable[OpenDataset], files: Mapping[str, DataFile], covered: Mapping[str, Coverage], issued: str
) -> dict[str, Any]:
    """DCAT-AP catalogue as JSON-LD, which holds its own context. Identifiers are relative to the folder."""
    listed = [_dcat_dataset(d, files[d.path], covered[d.path], issued) for d in datasets]
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": "#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _fr(TITLE),
        "dct:description": _fr(DESCRIPTION),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _fr(PUBLISHER)},
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/FRA"},
        "dct:issued": _typed(issued, "dateTime"),
        "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _fr(LICENCE)},
        "dcat:dataset": listed,
    }


def _dcat_dataset(dataset: OpenDataset, file: DataFile, covered: Coverage, issued: str) -> dict[str, Any]:
    product = dataset.product
    name = Path(dataset.path).name
    node: dict[str, Any] = {
        "@id": f"#{product.id}",
        "@type": "dcat:Dataset",
        "dct:identifier": product.id,
        "dct:title": _fr(product.title),
        "dct:description": _fr(product.description),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _fr(PUBLISHER)},
        "dct:issued": _typed(issued, "dateTime"),
        "dcat:version": product.version,
        "dcat:keyword": [_fr(w) for w in ("médico-social", product.theme, product.domain)],
        "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/HEAL"},
        "dct:spatial": _places(covered.departements),
        "rdfs:comment": [_fr(w) for w in dataset.warnings],
        "foaf:page": {"@id": f"dictionnaire.html#{product.id}", "@type": "foaf:Document"},
        "dcat:distribution": {
            "@id": f"#{product.id}-parquet",
            "@type": "dcat:Distribution",
            "dct:title": _fr(f"{product.title} (Parquet)"),
            "dcat:accessURL": {"@id": name},
            "dcat:downloadURL": {"@id": name},
            "dcat:mediaType": {"@id": f"http://www.iana.org/assignments/media-types/{MEDIA_TYPE}"},
            "dcat:byteSize": _typed(str(file.bytes), "nonNegativeInteger"),
            "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _fr(LICENCE)},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": _typed(file.sha256, "hexBinary"),
            },
        },
    }
    if covered.years:
        node["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _typed(f"{covered.years[0]}-01-01", "date"),
            "dcat:endDate": _typed(f"{covered.years[1]}-12-31", "date"),
        }
    return node


def _places(departements: tuple[str, ...]) -> list[dict[str, Any]]:
    """The places that a file covers: its départements, or France when it does not say or covers all of them."""
    if not departements or len(departements) >= _DEPARTEMENTS_OF_FRANCE:
        return [{"@id": "http://publications.europa.eu/resource/authority/country/FRA", "@type": "dct:Location"}]
    names = {row["code"]: row["libelle"] for row in nomenclatures.read_list("insee_departements")}
    labels = {code: f"Département {code} {names.get(code, '')}".strip() for code in departements}
    return [
        {"@type": "dct:Location", "dct:identifier": code, "skos:prefLabel": _fr(label)}
        for code, label in labels.items()
    ]


def _fr(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "fr"}


def _typed(value: str, kind: str) -> dict[str, str]:
    return {"@value": value, "@type": f"xsd:{kind}"}
