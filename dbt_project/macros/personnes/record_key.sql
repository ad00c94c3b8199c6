{#- The number of the record that a row about a person is of, whichever source keeps that record (`person_roles`). -#}
{% macro record_key(role, alias='') -%}
{%- set prefix = alias ~ '.' if alias else '' -%}
{{ columns_hash(["'" ~ role.record.source ~ "'", prefix ~ 'finess_et', prefix ~ role.record.column]) }}
{%- endmacro %}

{#- The column of a row that says this (`date_entree`, `statut`…), or an unknown one of that type when its source does not tell it. -#}
{% macro told(role, name, type) -%}
{{ (role.fields or {}).get(name) or 'cast(null as ' ~ type ~ ')' }}
{%- endmacro %}
