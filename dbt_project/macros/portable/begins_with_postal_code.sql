{#- Whether a text begins with a postal code: five digits, then a space. -#}
{% macro begins_with_postal_code(a) -%}{{ return(adapter.dispatch('begins_with_postal_code')(a)) }}{%- endmacro %}

{% macro default__begins_with_postal_code(a) -%}regexp_matches({{ a }}, '^[0-9]{5} ')
{%- endmacro %}
