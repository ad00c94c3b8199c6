{#- How similar two normalised texts are, from 0 to 1 (Jaro-Winkler). -#}
{% macro text_similarity(a, b) -%}{{ return(adapter.dispatch('text_similarity')(a, b)) }}{%- endmacro %}

{% macro default__text_similarity(a, b) -%}jaro_winkler_similarity({{ a }}, {{ b }}){%- endmacro %}
