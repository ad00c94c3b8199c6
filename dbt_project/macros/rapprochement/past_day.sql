{#- A date of something that happened, told by a document: one that the document could not know yet is a forecast, hence unknown. -#}
{% macro past_day(day, collecte_le) -%}
case when {{ day }} <= {{ collecte_le }} or {{ collecte_le }} is null then {{ day }} end
{%- endmacro %}
