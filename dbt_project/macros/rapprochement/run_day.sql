{#- The day of the run, which gives it (`orchestration/dbt_runtime.py`): what is in force is in force that day. SQL reads no clock (ADR 17),
    and there is no default: `DLNUF_JOUR=2026-11-30 dbt build` does a run again as it was. -#}
{% macro run_day() -%}
{%- if execute -%} cast('{{ env_var("DLNUF_JOUR") }}' as date) {%- endif -%}
{%- endmacro %}
