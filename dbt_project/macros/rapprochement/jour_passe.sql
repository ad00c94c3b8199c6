{#- A date of something that happened, told by a document: one that the document could not know yet is a forecast, hence unknown. -#}
{% macro jour_passe(jour, collecte_le) -%}
case when {{ jour }} <= {{ collecte_le }} or {{ collecte_le }} is null then {{ jour }} end
{%- endmacro %}
