{# Whether the answers of a collection are entered by ESMS, so that reuse would spare them that work. #}
{% macro is_entered_by_esms(collecte) -%}
    {{ collecte }} not in ({% for code in var('collectes_hors_saisie') %}'{{ code }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
