{#- Share of common members of two sets of codes separated by « | », « , » or « ; » (Jaccard index). -#}
{% macro jaccard(a, b) -%}{{ return(adapter.dispatch('jaccard')(a, b)) }}{%- endmacro %}

{% macro default__jaccard(a, b) -%}
cast(len(list_intersect(list_distinct(string_split_regex(trim({{ a }}), '\s*[|,;]\s*')), list_distinct(string_split_regex(trim({{ b }}), '\s*[|,;]\s*')))) as double)
/ nullif(len(list_distinct(list_concat(string_split_regex(trim({{ a }}), '\s*[|,;]\s*'), string_split_regex(trim({{ b }}), '\s*[|,;]\s*')))), 0)
{%- endmacro %}
