{#- Whether a text begins with a postal code: five digits, then a space. -#}
{% macro commence_par_un_code_postal(a) -%}{{ return(adapter.dispatch('commence_par_un_code_postal')(a)) }}{%- endmacro %}

{% macro default__commence_par_un_code_postal(a) -%}regexp_matches({{ a }}, '^[0-9]{5} ')
{%- endmacro %}
