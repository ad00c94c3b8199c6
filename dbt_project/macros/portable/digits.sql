{#- The digits of a text, a French telephone number's +33 or 0033 brought back to 0. -#}
{% macro digits(a) -%}{{ return(adapter.dispatch('digits')(a)) }}{%- endmacro %}

{% macro default__digits(a) -%}regexp_replace(regexp_replace({{ a }}, '[^0-9]', '', 'g'), '^(0033|33)', '0'){%- endmacro %}
