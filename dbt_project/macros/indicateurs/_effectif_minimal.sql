{#- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
    Of how many establishments at least quartiles are shown (FEWEST of the declarations). -#}
{% macro effectif_minimal() -%}
5
{%- endmacro %}
