{# A quantile of the known values of a column, between two of them when it falls there; NULL when there is none. #}
{% macro quantile(expression, part) -%} {{ return(adapter.dispatch('quantile', 'dlnuf')(expression, part)) }} {%- endmacro %}

{% macro default__quantile(expression, part) -%} quantile_cont({{ expression }}, {{ part }}) {%- endmacro %}

{% macro postgres__quantile(expression, part) -%} percentile_cont({{ part }}) within group (order by {{ expression }}) {%- endmacro %}

{% macro spark__quantile(expression, part) -%} percentile({{ expression }}, {{ part }}) {%- endmacro %}
