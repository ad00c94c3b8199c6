{# Rank of a source in an ordered list of sources, from 0: « errd=ca>tdb_esms » ranks errd and ca first, together. A source
   that the list does not name comes last. #}
{% macro rang_source(source, sources) -%}
    {%- set liste -%} ('=' || replace({{ sources }}, '>', '=>=') || '=') {%- endset -%}
    {%- set place -%} {{ dbt.position("'=' || " ~ source ~ " || '='", liste) }} {%- endset -%}
    {%- set avant -%} substring({{ liste }}, 1, {{ place }}) {%- endset -%}
    coalesce(case when {{ place }} > 0 then length({{ avant }}) - length(replace({{ avant }}, '>', '')) end, 99)
{%- endmacro %}
