{# A 64-bit float. `dbt.type_float()` is 32-bit on DuckDB: sums of euros would lose cents. #}
{% macro type_double() -%} {{ return(adapter.dispatch('type_double', 'dlnuf')()) }} {%- endmacro %}

{% macro default__type_double() -%} double {%- endmacro %}

{% macro postgres__type_double() -%} double precision {%- endmacro %}
