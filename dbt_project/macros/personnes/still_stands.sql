{#- Of a decision, or a right, whose role tells when it is closed or replaced (`date_cloture`): those that are not when their document is written. -#}
{% macro still_stands(role, alias) -%}
{%- if 'date_cloture' in role.fields %} and coalesce({{ alias }}.{{ role.fields.date_cloture }} > {{ alias }}.collecte_le, true){% endif -%}
{%- endmacro %}
