{#- Under how many persons a value about persons stays in the warehouse. The setting of the publisher (`DLNUF_SEUIL_PERSONNES`,
    orchestration/publication/small_numbers.py) comes first, so that there is one; the variable of the project is its default. -#}
{% macro seuil_personnes() -%}
{%- set reglage = env_var('DLNUF_SEUIL_PERSONNES', '') | trim -%}
{{ return((reglage or var('seuil_diffusion_personnes', 11)) | int) }}
{%- endmacro %}
