{# 31 December of a year: the day of a stock. #}
{% macro year_end(millesime) -%}
    cast(cast({{ millesime }} as {{ dbt.type_string() }}) || '-12-31' as date)
{%- endmacro %}
