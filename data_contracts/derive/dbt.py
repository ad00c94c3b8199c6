"""dbt files derived from the contracts: sources, observation models, YAML of the marts.

Belongs here: writing those files as text. Does not belong here: the SQL that does the work (`dbt_project/macros/`),
writing seeds (`seeds`) or pages (`dictionary_pages`).
"""

from __future__ import annotations

from typing import Any

import yaml

from data_contracts.disclosure import SETTING, THRESHOLD
from data_contracts.loading import Contract, Entity, Field, Product, load_contracts, load_products

DERIVED = "Derived from data_contracts by `dlnuf contracts generate`: do not edit."
THRESHOLD_MACRO = "dbt_project/macros/personnes/seuil_personnes.sql"
OBSERVATIONS = "dbt_project/models/intermediate/observations"
_MART_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


def dbt_files() -> dict[str, str]:
    """Path -> content of every derived dbt file (seeds apart)."""
    contracts = load_contracts()
    files = {"dbt_project/models/staging/_sources.yml": _sources(contracts), THRESHOLD_MACRO: _threshold()}
    observed = [(c, e) for c in contracts.values() for e in c.entities if e.observed]
    for contract, entity in observed:
        elsewhere = any(
            other.perimeter_field for c in contracts.values() for other in c.entities
            if c.document == contract.document and c.id != contract.id
        )  # fmt: skip
        files[f"{OBSERVATIONS}/{_model_name(contract, entity)}.sql"] = _observation_model(
            contract, entity, perimeter_elsewhere=elsewhere
        )
    files[f"{OBSERVATIONS}/int_observations.sql"] = _union_model(contracts, observed)
    files[f"{OBSERVATIONS}/_observations.yml"] = _observation_yaml(observed)
    products = load_products().values()
    files["dbt_project/models/dlnuf/_produits.yml"] = _products([p for p in products if p.id.startswith("dlnuf_")])
    files["dbt_project/models/marts/_produits.yml"] = _products([p for p in products if p.id.startswith("mart_")])
    return files


def _threshold() -> str:
    return f"""\
{{#- {DERIVED}
    Under how many persons a value about persons stays in the warehouse: the setting of the warehouse, which is that of
    the publisher too, else the threshold of the project (data_contracts/disclosure.py). -#}}
{{% macro seuil_personnes() -%}}
{{{{ return((env_var('{SETTING}', '') | trim or {THRESHOLD}) | int) }}}}
{{%- endmacro %}}
"""


def _model_name(contract: Contract, entity: Entity) -> str:
    return f"obs_{contract.id}__{entity.name}"


def _dump(content: Any) -> str:
    body = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    return f"# {DERIVED}\n{body}"


def _sources(contracts: dict[str, Contract]) -> str:
    tables = []
    for contract in contracts.values():
        for entity in contract.entities:
            columns = [{"name": f.name, "description": f.description} for f in entity.stored.fields]
            tables.append(
                {
                    "name": f"{contract.id}__{entity.name}",
                    "description": f"{contract.name} · {entity.description}",
                    "meta": {"contrat": contract.id, "version": contract.version},
                    "columns": columns,
                }
            )
    tables += [
        {"name": "livraisons", "description": "Une ligne par livraison : reçue et traitée, ou refusée."},
        {"name": "rejets", "description": "Une ligne par problème d'une ligne rejetée."},
        {
            "name": "signalements",
            "description": "Une ligne par valeur conservée mais douteuse, non utilisée ou réparée.",
        },
        {
            "name": "retours",
            "description": "Une ligne par cellule préremplie d'un formulaire rendu : confirmée, corrigée, vidée.",
        },
        {"name": "modifications", "description": "Une ligne par unité à refaire depuis la dernière construction."},
    ]
    return _dump({"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": tables}]})


def _observation_model(contract: Contract, entity: Entity, *, perimeter_elsewhere: bool) -> str:
    """perimeter_elsewhere: another channel of the same document says whether the answer is grouped."""
    lines = [
        f"-- {DERIVED}",
        f"-- Contract {contract.id}, table {entity.name}: each field that names an element of the dictionary.",
        "{{ observations(",
        f"    relation=source('raw', '{contract.id}__{entity.name}'),",
        f"    source='{contract.id}', collecte='{contract.collection}', entity='{entity.name}',",
        f"    unit='{entity.unit}', unit_field='{entity.unit_field}',",
    ]
    if entity.perimeter_field:
        grouped, single = (", ".join(map(_quoted, v)) for v in (entity.perimeter_grouped, entity.perimeter_single))
        lines.append(f"    perimeter_field='{entity.perimeter_field}',")
        lines.append(f"    perimeter_grouped=[{grouped}],")
        lines.append(f"    perimeter_single=[{single}],")
    elif perimeter_elsewhere:
        lines.append("    perimeter_elsewhere=true,")
    if entity.tie_break_field:
        lines.append(f"    tie_break_field='{entity.tie_break_field}',")
    lines.append("    fields=[")
    lines += [f"        {_observed_field(entity, field)}," for field in entity.observed]
    lines += ["    ],", ") }}", ""]
    return "\n".join(lines)


def _observed_field(entity: Entity, field: Field) -> str:
    factor = field.factor * (100 if field.unit == "fraction" else 1)
    kind = "booleen" if field.logical_type == "boolean" else field.value_kind
    if field.domain and field.domain.place == "commune":
        kind = "commune"
    basis = field.time_basis or entity.time_basis
    unit = {"fraction": "pct"}.get(field.unit or "", field.unit)
    shown = f"'{unit}'" if unit and unit not in ("texte", "code", "date", "booleen") else "none"
    return f"('{field.name}', '{field.element}', {_quoted(field.component)}, '{basis}', '{kind}', {factor:g}, {shown})"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _union_model(contracts: dict[str, Contract], observed: list[tuple[Contract, Entity]]) -> str:
    models = [_model_name(c, e) for c, e in observed]
    staged = sorted(
        {f"int_{c.id}__observations" for c in contracts.values() for e in c.entities if e.observations == "staging"}
    )
    lines = [f"-- {DERIVED}", "{{ by_unit() }}", "{{ all_observations(["]
    lines += [f"    ref('{m}')," for m in (*models, *staged)]
    lines += ["]) }}", ""]
    return "\n".join(lines)


def _observation_yaml(observed: list[tuple[Contract, Entity]]) -> str:
    models: list[dict[str, Any]] = [
        {
            "name": _model_name(contract, entity),
            "description": f"Grain : une réponse de « {contract.name} » ({entity.name}) à un élément du dictionnaire.",
        }
        for contract, entity in observed
    ]
    models.append(
        {
            "name": "int_observations",
            "description": (
                "Grain : une réponse d'une collecte à une question (unité, millésime, élément, composante, base"
                " temporelle). Étapes : union des réponses de chaque contrat, puis alerte portée par les signalements."
            ),
            "columns": [
                {"name": "unite_id", "data_tests": ["not_null"]},
                {"name": "millesime", "data_tests": ["not_null"]},
                {
                    "name": "element_id",
                    "data_tests": [{"relationships": {"arguments": {"to": "ref('elements')", "field": "element_id"}}}],
                },
                {"name": "base_temporelle", "data_tests": ["not_null"]},
                {"name": "est_courante", "data_tests": ["not_null"]},
            ],
        }
    )
    return _dump({"version": 2, "models": models})


def _products(products: list[Product]) -> str:
    """Names and types, which dbt enforces. Keys, obligations and code lists are checked once: by the gate out."""
    models = [
        {
            "name": product.id,
            "description": f"{product.description} Grain : {product.grain}.",
            "config": {"contract": {"enforced": True}},
            "columns": [_mart_column(f) for f in product.built],
        }
        for product in products
    ]
    return _dump({"version": 2, "models": models})


def _mart_column(field: Field) -> dict[str, Any]:
    return {"name": field.name, "data_type": _MART_TYPES[field.logical_type], "description": field.description}
