{#- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
    Under how many persons a value about persons stays in the warehouse: the setting of the warehouse, which is that of
    the publisher too, else the threshold of the project (data_contracts/disclosure.py). -#}
{% macro seuil_personnes() -%}
{{ return((env_var('DLNUF_SEUIL_PERSONNES', '') | trim or 11) | int) }}
{%- endmacro %}
