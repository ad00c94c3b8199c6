{#- The number of a pseudonym; unknown when it is: two persons of whom nothing is known are not the same. -#}
{% macro pseudonym_number(column) -%}
case when {{ column }} is not null then {{ columns_hash([column]) }} end
{%- endmacro %}
