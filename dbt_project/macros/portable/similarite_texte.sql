{#- Likeness of two texts, 0 to 1 (Jaro-Winkler), on texts already normalised. -#}
{% macro similarite_texte(a, b) -%}{{ return(adapter.dispatch('similarite_texte')(a, b)) }}{%- endmacro %}

{% macro default__similarite_texte(a, b) -%}jaro_winkler_similarity({{ a }}, {{ b }}){%- endmacro %}
