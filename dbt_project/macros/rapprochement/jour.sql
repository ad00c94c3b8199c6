{#- The day of the run: what is in force is in force that day. `--vars` sets it, so that a run can be done again as it was. -#}
{% macro jour() -%}
cast('{{ var("jour", run_started_at.strftime("%Y-%m-%d")) }}' as date)
{%- endmacro %}
