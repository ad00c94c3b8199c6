"""dbt files derived from the roles of contracts about persons.

Belongs here: writing as text the macro that models loop over, the staging models of what needs no reshaping, and for
each system the step that matches its statements. Does not belong here: what a role must say (`person_entities`); the
SQL that does the work, which stands in `dbt_project/macros/{personnes,rapprochement}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from data_contracts.loading import Contract, Field, load_contracts
from data_contracts.person_entities import PersonEntity, find, person_entities
from data_contracts.person_role import STATEMENTS

DERIVED = "Derived from data_contracts by `dlnuf contracts generate`: do not edit."
STAGING = "dbt_project/models/staging/personnes/derives"
STEPS = "dbt_project/models/intermediate/sejours/etapes"
ROLES = "dbt_project/macros/personnes/person_roles.sql"
# The dates of a statement that the layer keeps apart, system by system, in the order of a stay.
_DATES = ("demande", "admission", "entree", "sortie")
_PAST = ("date_admission", "date_entree", "date_sortie")  # a document tells those that happened, or forecasts them


def person_files() -> dict[str, str]:
    """Path -> content of every file derived from the roles."""
    contracts = load_contracts()
    read = [each for each in person_entities(contracts) if each.role.kind != "other"]
    systems = _systems(read)
    plain = [each for each in read if not each.role.reshaped]
    files = {ROLES: _macros(read, systems, contracts)}
    files |= {f"{STAGING}/stg_{each.table}.sql": _staging(each) for each in plain}
    files[f"{STAGING}/_derives.yml"] = _described(
        {f"stg_{e.table}": f"Grain : {e.entity.grain or e.entity.description}. Le dernier mot de « {e.contract.name} »."
         for e in plain}
    )  # fmt: skip
    steps = {f"int_sejours__etape_{s['name']}": position for position, s in enumerate(systems, 1)}
    files |= {f"{STEPS}/{name}.sql": _step(systems, list(steps), position) for name, position in steps.items()}
    files[f"{STEPS}/_etapes.yml"] = _described(
        {name: f"Grain : un énoncé du système « {systems[position - 1]['name']} », avec son séjour (aucun : vide)."
         for name, position in steps.items()}
    )  # fmt: skip
    return files


def _systems(read: list[PersonEntity]) -> list[dict[str, Any]]:
    """The systems that tell stays, in the order in which they are believed, and what their statements say."""
    found: dict[str, dict[str, Any]] = {}
    for each in read:
        if each.role.kind not in STATEMENTS or each.contract.person is None:
            continue
        name = each.contract.person.system
        system = found.setdefault(name, {"name": name, "rank": each.contract.person.rank, "kinds": [], "fields": []})
        system["kinds"] = sorted({*system["kinds"], each.role.kind})
        system["fields"] = sorted({*system["fields"], *each.role.fields})
    for system in found.values():
        system["dates"] = [date for date in _DATES if f"date_{date}" in system["fields"]]
    return sorted(found.values(), key=lambda system: system["rank"])


def _macros(read: list[PersonEntity], systems: list[dict[str, Any]], contracts: Mapping[str, Contract]) -> str:
    lines = [
        f"{{#- {DERIVED}",
        "    What each table about persons tells, and the systems that tell stays, in the order in which they are",
        "    believed: the property `person` of the contracts (docs/adding/persons.md). -#}",
        "{% macro person_roles(kinds) -%}",
        "{%- set roles = [",
        *(f"    {json.dumps(_role(each, contracts), ensure_ascii=False)}," for each in read),
        "] -%}",
        "{{ return(roles | selectattr('kind', 'in', kinds) | list) }}",
        "{%- endmacro %}",
        "",
        "{% macro stay_systems() -%}",
        "{{ return([",
        *(f"    {json.dumps(system, ensure_ascii=False)}," for system in systems),
        "]) }}",
        "{%- endmacro %}",
        "",
    ]
    return "\n".join(lines)


def _role(each: PersonEntity, contracts: Mapping[str, Contract]) -> dict[str, Any]:
    """What models read of a role. record: the source that keeps its records, the column that holds their number; when
    another table keeps them, its relation and the number there. tells_who: absent when rows tell no trait of their
    person; true of one that may tell one, whatever this row tells."""
    role = each.role
    record: dict[str, Any] = {"source": each.contract.id, "column": role.number}
    if role.record and (kept := find(contracts, role.record.of)):
        record = {"source": kept.contract.id, "column": role.record.field,
                  "relation": f"stg_{kept.table}", "number": kept.role.number}  # fmt: skip
    told_here: dict[str, Any] = {
        "source": each.contract.id,
        "kind": role.kind,
        "relation": f"stg_{each.table}",
        "system": each.contract.person.system if each.contract.person else "",
        "rank": each.contract.person.rank if each.contract.person else 0,
        "number": role.number or "",
        "record": record,
        "fields": role.fields,
        "numbers": role.numbers,
        "public": role.public or "",
        "keys": list(each.identity_keys),
        "birth_year": each.birth_year or "",
        "tells_who": each.tells_who,
    }
    return {key: value for key, value in told_here.items() if value not in ("", {}, [], 0)}


def _staging(each: PersonEntity) -> str:
    key = ", ".join(f"'{name}'" for name in each.entity.stored.primary_key)
    columns = ",\n".join(f"    {_column(each, field)}" for field in each.entity.stored.fields)
    state = each.entity.state_field
    facts = (
        f"where {{{{ is_fact('{state}'{', plans=true' if each.role.kind in STATEMENTS else ''}) }}}}\n" if state else ""
    )
    return f"""-- {DERIVED}
-- The last word of {each.contract.id} on each row of {each.entity.name}.
{{{{ last_version(source('raw', '{each.table}'), [{key}]) }}}}

select
{columns},
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{{{ dbt.type_int() }}}}) as millesime
from dernieres
{facts}"""


def _column(each: PersonEntity, field: Field) -> str:
    """A stored column, as the layer takes it.

    A date that its document could not know is a forecast. A statement that names nobody is of somebody.
    """
    role, name = each.role, field.name
    if role.kind in STATEMENTS and role.record and name == role.record.field:
        return f"coalesce({name}, '?' || {role.number}) as {name}"
    if role.kind in STATEMENTS and name in {role.fields.get(date) for date in _PAST}:
        return f"{{{{ past_day('{name}', '_collecte_le') }}}} as {name}"
    if field.logical_type == "integer":
        return f"cast({name} as {{{{ dbt.type_int() }}}}) as {name}"
    return name


def _step(systems: list[dict[str, Any]], steps: list[str], position: int) -> str:
    system = systems[position - 1]
    before = ", ".join(f"ref('{name}')" for name in steps[: position - 1])
    monthly = "true" if "mois" in system["fields"] else "false"
    return f"""-- {DERIVED}
-- Statements of {system["name"]}, beside the stays that the systems believed before it tell.
{{{{ place_statements('{system["name"]}', before=[{before}], is_monthly={monthly}) }}}}
"""


def _described(models: dict[str, str]) -> str:
    content = {"version": 2, "models": [{"name": name, "description": said} for name, said in models.items()]}
    return f"# {DERIVED}\n" + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
