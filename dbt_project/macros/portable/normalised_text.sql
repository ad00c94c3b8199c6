{#- A text in lower case, without accents or punctuation: two people who write the same name give the same text. -#}
{% macro normalised_text(a) -%}{{ return(adapter.dispatch('normalised_text')(a)) }}{%- endmacro %}

{% macro default__normalised_text(a) -%}trim(regexp_replace(lower(strip_accents({{ a }})), '[^a-z0-9]+', ' ', 'g')){%- endmacro %}
