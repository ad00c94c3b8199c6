{# Rank of a source in an ordered list of sources, from 0: « errd=ca>tdb_esms » ranks errd and ca first, together. A source
   that the list does not name comes last. #}
{% macro source_rank(source, sources) -%}
    {%- set listed -%} ('=' || replace({{ sources }}, '>', '=>=') || '=') {%- endset -%}
    {%- set place -%} {{ dbt.position("'=' || " ~ source ~ " || '='", listed) }} {%- endset -%}
    {%- set before -%} substring({{ listed }}, 1, {{ place }}) {%- endset -%}
    coalesce(case when {{ place }} > 0 then length({{ before }}) - length(replace({{ before }}, '>', '')) end, 99)
{%- endmacro %}
