{#- A text without case, accents, punctuation: what is left when two people write the same name. -#}
{% macro texte_normalise(a) -%}{{ return(adapter.dispatch('texte_normalise')(a)) }}{%- endmacro %}

{% macro default__texte_normalise(a) -%}trim(regexp_replace(lower(strip_accents({{ a }})), '[^a-z0-9]+', ' ', 'g')){%- endmacro %}
