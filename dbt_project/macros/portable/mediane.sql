{# Median of the known values of a column; NULL when there is none. #}
{% macro mediane(expression) -%} {{ return(adapter.dispatch('mediane', 'dlnuf')(expression)) }} {%- endmacro %}

{% macro default__mediane(expression) -%} median({{ expression }}) {%- endmacro %}

{% macro postgres__mediane(expression) -%} percentile_cont(0.5) within group (order by {{ expression }}) {%- endmacro %}
