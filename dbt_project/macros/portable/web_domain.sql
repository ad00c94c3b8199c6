{#- The domain of a web address, without scheme, « www. » nor path. -#}
{% macro web_domain(a) -%}{{ return(adapter.dispatch('web_domain')(a)) }}{%- endmacro %}

{% macro default__web_domain(a) -%}regexp_extract(lower({{ a }}), '^(?:https?://)?(?:www\.)?([^/:?#]+)', 1){%- endmacro %}
