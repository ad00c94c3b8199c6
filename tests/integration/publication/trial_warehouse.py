"""A small warehouse made from product contracts, and the trial products that the tests of this folder publish.

Belongs here: tables and rows. Does not belong here: assertions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from data_contracts import dictionary, nomenclatures
from data_contracts.indicators import indicators
from data_contracts.loading import Field, Product, load_products
from data_contracts.schemas import SQL_TYPES
from ingest.home import Home
from orchestration.publication.acceptance import RuleOutcome
from orchestration.publication.declared import Declarations
from orchestration.publication.publisher import run
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from orchestration.publication.snapshot import schema_of
from orchestration.publication.store import Publication

HERE = Path(__file__).resolve().parent
NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
FICHE, VALEURS, LIVRAISONS = "mart_etablissements__fiche", "mart_etablissements__valeurs", "mart_qualite__livraisons"
RETENUES = "dlnuf_valeurs"

# Open with no threshold; open with a threshold; restricted; personal (data_contracts/dictionary/elements.csv).
OPEN_ELEMENT, COUNTED_ELEMENT, CLOSED_ELEMENT, PERSONAL_ELEMENT = (
    "CAP_INST_TOT",
    "TX_OCC_HP",
    "GMP_CONNU",
    "NIR_INS",
)


def trial_declarations() -> Declarations:
    """The trial products of this folder, with the project's dictionary."""
    return Declarations(
        products=load_products(HERE / "trial_products"),
        elements=dictionary.elements(),
        indicators=indicators(),
        dictionary_version="9.9.9",
    )


def fiches(count: int = 12) -> list[dict[str, Any]]:
    return [
        {
            "finess_et": f"{(i % 3) + 1:02d}{i:07d}",
            "raison_sociale": f"EHPAD n° {i}",
            "domaine": ("PA", "PH_ENFANT")[i % 2],
            "departement_code": f"{(i % 3) + 1:02d}",
            "est_ouvert": None if i == 5 else True,
            "date_ouverture": date(1990 + i % 30, 1, 1),
            "cap_autorisee_totale": 80,
            "cap_installee_totale": None if i == 3 else 70 + i % 10,
            "gmp": 700.5,
        }
        for i in range(count)
    ]


def valeurs(count: int = 12) -> list[dict[str, Any]]:
    kinds = ((OPEN_ELEMENT, "ouvert"), (COUNTED_ELEMENT, "ouvert"), (CLOSED_ELEMENT, "restreint"))
    return [
        {"finess_et": row["finess_et"], "millesime": 2024, "element_id": element, "valeur": "1", "ouverture": opening}
        for row in fiches(count)
        for element, opening in kinds
    ]


def retenues(count: int = 40) -> list[dict[str, Any]]:
    return [
        {
            "unite_id": f"{i:09d}",
            "millesime": 2023 + i % 2,
            "element_id": OPEN_ELEMENT,
            "composante": "",
            "valeur_nombre": i / 2,
            "collecte": ("FINESS", "TDB_ATIH")[i % 2],
            "statut": "divergent" if i % 4 == 0 else "concordant",
            "n_collectes": 2,
        }
        for i in range(count)
    ]


def trial_rows(count: int = 12) -> dict[str, list[dict[str, Any]]]:
    """Valid rows of the trial products."""
    deliveries = [{"delivery_id": f"d{i}", "recu_le": datetime(2026, 11, 1, 8, i % 60)} for i in range(3)]
    return {FICHE: fiches(count), VALEURS: valeurs(count), LIVRAISONS: deliveries, RETENUES: retenues()}


def build_warehouse(
    home: Home, products: Mapping[str, Product], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """(Re)create the table of every product. Rows are inserted in the order given."""
    home.root.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("CREATE SCHEMA marts; CREATE SCHEMA dlnuf")
        connection.execute(
            "CREATE TABLE dlnuf.dlnuf_secret (unite VARCHAR, unite_id VARCHAR, genre VARCHAR, code VARCHAR)"
        )
        for product in products.values():
            table = f"{schema_of(product)}.{product.id}"
            columns = ", ".join(f"{f.name} {SQL_TYPES[f.logical_type]}" for f in product.built)
            connection.execute(f"CREATE TABLE {table} ({columns})")
            names = [f.name for f in product.built]
            values = [[row.get(n) for n in names] for row in rows.get(product.id, ())]
            if values:
                connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in names)})", values)


def valid_rows(product: Product, count: int = 3) -> list[dict[str, Any]]:
    """Rows that keep the rules of any product contract: equal numbers, keys that differ, known codes."""
    return [{f.name: _valid(f, i, f.name in product.primary_key) for f in product.fields} for i in range(count)]


_SAMPLES = ("01000000{i}", "0100000000001{i}", "0{i}", "6900{i}", "2026-01-0{i}", "texte {i}")


def _valid(field: Field, i: int, in_key: bool) -> Any:
    if field.name == "element_id":
        return OPEN_ELEMENT if i == 0 else sorted(dictionary.elements())[i]
    if field.accepted_values:
        value = field.accepted_values[0]
        return int(value) if field.logical_type == "integer" else value
    if field.nomenclature:
        return sorted(nomenclatures.codes(field.nomenclature))[0]
    if field.logical_type == "string":
        samples = [s.format(i=i + 1) for s in _SAMPLES]
        pattern = field.option("pattern") or (r"\d{9}" if "finess" in field.name else "texte.*")
        fitting = [s for s in samples if re.search(pattern, s)]
        return fitting[0]
    if field.logical_type in ("integer", "number"):
        value = 2024 if "millesime" in field.name else max(1, field.option("minimum") or 0)
        return value + i if in_key and "millesime" not in field.name else value
    return {"boolean": True, "date": date(2024, 1, 1), "timestamp": datetime(2026, 11, 1, 8, i)}[field.logical_type]


def accept_all(rules: Sequence[Rule], frames: Mapping[str, Frame]) -> list[RuleOutcome]:
    """A gate that lets everything through: for tests of what is not the gate (GX takes six seconds to import)."""
    return [RuleOutcome(rule, kept=True, checked=1) for rule in rules]


def publish_trial(home: Home, fingerprint: str = "empreinte-1", **options: Any) -> Publication:
    """Publish the trial products without Great Expectations, unless a gate is given."""
    options.setdefault("now", NOW)
    options.setdefault("gate", accept_all)
    return run(home, options.pop("declared", None) or trial_declarations(), fingerprint, **options)


def tree_digest(folder: Path) -> dict[str, bytes]:
    """Content of every file under a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
