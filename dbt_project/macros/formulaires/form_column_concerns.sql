{#- Whether a column of a form is about the public of an ESMS: a column about everybody is, and an ESMS of several publics is asked all. -#}
{% macro form_column_concerns(publics, domaine) -%}
({{ publics }} is null or coalesce({{ domaine }}, '') not in ('PA', 'PH_ENFANT', 'PH_ADULTE') or '>' || {{ publics }} || '>' like '%>' || {{ domaine }} || '>%')
{%- endmacro %}
