{#- The number of a pseudonym; unknown when it is: two persons of whom nothing is known are not the same. -#}
{% macro numero(colonne) -%}
case when {{ colonne }} is not null then {{ columns_hash([colonne]) }} end
{%- endmacro %}
