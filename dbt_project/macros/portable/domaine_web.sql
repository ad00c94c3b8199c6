{#- The domain of a web address, without scheme, « www. » nor path. -#}
{% macro domaine_web(a) -%}{{ return(adapter.dispatch('domaine_web')(a)) }}{%- endmacro %}

{% macro default__domaine_web(a) -%}regexp_extract(lower({{ a }}), '^(?:https?://)?(?:www\.)?([^/:?#]+)', 1){%- endmacro %}
